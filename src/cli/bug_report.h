// What is attached to an issue: flame.svg, flame.png, report.md and capture.flb in a folder or a ZIP archive, without
// what is nobody else's business.
#ifndef FLAMBEAU_CLI_BUG_REPORT_H
#define FLAMBEAU_CLI_BUG_REPORT_H

#include <stdbool.h>

#include "base/error.h"
#include "capture_output.h"
#include "event/event_sink.h"
#include "options.h"

struct byte_sink;
struct byte_source;
struct drawing_settings;
struct outputs;
struct spool;

struct bug_report_settings {
  const char *path; // NULL: none is asked for
  bool redact;
};

extern const struct option_row bug_report_rows[];

// What must be right before any work is done: the settings, and the place, where nothing is left. The report stands
// in for the output that nobody named, and lies apart from the others and from `input` (or NULL). ERROR_USAGE or
// ERROR_OUTPUT.
int bug_report_check(const struct bug_report_settings *settings, struct outputs *outputs, const char *input,
                     struct error *err);

// A capture kept for the report, beside whatever else takes the events of a run.
struct bug_report_capture {
  struct spool *spool; // NULL when no report is asked for
  struct byte_sink *out;
  struct capture_output output;
  struct event_tee tee;
  bool cut; // its end is missing: known when the report is made
};

int bug_report_capture_init(struct bug_report_capture *capture, const struct bug_report_settings *settings,
                            struct error *err);
void bug_report_capture_release(struct bug_report_capture *capture);
// A sink for the events on their way to `next` (borrowed): `next` itself when no report is asked for. NULL when out of
// memory.
struct event_sink *bug_report_capture_sink(struct bug_report_capture *capture, struct event_sink *next,
                                           struct error *err);
// To be called once, after the events and before the report is written.
int bug_report_capture_finish(struct bug_report_capture *capture, struct error *err);
// Or a capture that was made before, read to its end. ERROR_DATA when it is none.
int bug_report_capture_read(struct bug_report_capture *capture, struct byte_source *source, struct error *err);

// Writes the report of a finished capture, whole or not at all.
int bug_report_make(const struct bug_report_settings *settings, const struct drawing_settings *drawing,
                    struct bug_report_capture *capture, struct error *err);

#endif
