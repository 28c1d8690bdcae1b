// Markdown in which hostile text stays text: all of it stands in code, where nothing is a mark, a tag, a mention or a
// link.
#ifndef FLAMBEAU_RENDERERS_MARKDOWN_H
#define FLAMBEAU_RENDERERS_MARKDOWN_H

#include <stddef.h>

struct byte_sink;
struct bytes;

// `clean` (see text_clean) as a span of code.
void markdown_span(struct byte_sink *out, const char *clean);
// Lines of clean text as a block of code.
void markdown_block(struct byte_sink *out, const struct bytes *lines);

#endif
