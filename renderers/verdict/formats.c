// The table of the formats of a verdict: a row each.
#include "verdict/formats.h"

#include <stddef.h>

const struct verdict_format verdict_formats[] = {
    {"text", verdict_write_text},
    {"markdown", verdict_write_markdown},
    {"junit", verdict_write_junit},
    {"github", verdict_write_github},
    {NULL, NULL},
};
