// The page of text while it is written, part after part.
#ifndef FLAMBEAU_RENDERERS_PAGE_H
#define FLAMBEAU_RENDERERS_PAGE_H

#include <stddef.h>

#include "base/bytes.h"
#include "report/figures.h"

struct byte_sink;
struct profile;
struct profile_process;
struct report_options;

#define PAGE_INDENT 2

struct report {
  const struct profile *profile;
  const struct report_options *options;
  struct byte_sink *out;
  struct figures figures;
  struct bytes scratch; // of the text last cleaned
  struct bytes cell;    // being put together
};

// `text` made safe for a terminal; good until the next call.
const char *page_clean(struct report *report, const char *text);

// What the process is called besides its pid, as page_clean gives it; "" when nothing is known.
const char *page_title_of(struct report *report, const struct profile_process *process);

// "  and 12 more" below a table that was cut; nothing for 0.
void page_write_rest(struct report *report, size_t rest);

// What a value of the fact `ended` means, in words.
const char *page_ended(const char *how);

void page_write_facts(struct report *report);
void page_write_snapshot_facts(struct report *report);
void page_write_calls(struct report *report); // nothing when none were captured

#endif
