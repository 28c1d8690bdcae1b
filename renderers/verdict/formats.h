// The formats of a verdict, and how they are the same.
#ifndef FLAMBEAU_RENDERERS_VERDICT_FORMATS_H
#define FLAMBEAU_RENDERERS_VERDICT_FORMATS_H

#include "renderers/verdict.h"

int verdict_write_text(const struct verdict *verdict, const struct verdict_page *page, struct byte_sink *out,
                       struct error *err);
int verdict_write_markdown(const struct verdict *verdict, const struct verdict_page *page, struct byte_sink *out,
                           struct error *err);
int verdict_write_junit(const struct verdict *verdict, const struct verdict_page *page, struct byte_sink *out,
                        struct error *err);
int verdict_write_github(const struct verdict *verdict, const struct verdict_page *page, struct byte_sink *out,
                         struct error *err);

#endif
