// The profile as the text of a bug report.
#ifndef FLAMBEAU_RENDERERS_BUG_REPORT_H
#define FLAMBEAU_RENDERERS_BUG_REPORT_H

#include "base/error.h"
#include "profile/profile.h"

struct byte_sink;

// Writes Markdown that can be pasted in an issue to `out` (borrowed, not finished): what was asked and seen, on what
// system, where the time went, and how to open capture.flb, flame.svg and flame.png, which are to lie beside it.
// Whatever a name holds, it is shown and does nothing. It says what was left out when the profile has the fact
// `redacted`. 0, or -1 with `err`.
int bug_report_write(const struct profile *profile, struct byte_sink *out, struct error *err);

#endif
