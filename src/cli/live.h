// What `record` and `run` share: a run on a live node, from its options to its outputs.
#ifndef FLAMBEAU_CLI_LIVE_H
#define FLAMBEAU_CLI_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "bug_report.h"
#include "collect/collect.h"
#include "drawing.h"
#include "options.h"
#include "outputs.h"
#include "reach.h"

struct trace_settings {
  bool spawned;
  struct text_list only;
  struct text_list skip;
  struct text_list opaque;
  uint64_t duration_ns; // OPTION_NOT_GIVEN: the verb's default
  struct collect_bounds bounds;
  const char *overhead; // "20%", "full"; NULL: the verb's default
};

struct message_settings {
  bool quiet;
  bool verbose;
};

struct live_settings {
  bool verify; // say how long a call takes untraced
  struct reach_settings reach;
  struct trace_settings trace;
  struct output_settings outputs;
  struct drawing_settings drawing;
  struct bug_report_settings bug_report;
  struct message_settings messages;
};

extern const struct option_row trace_rows[];
extern const struct option_row message_rows[];

// The groups of a verb whose settings have a struct live_settings as `member`.
#define LIVE_GROUPS(settings, member)                                                                                  \
  {"Reaching the node", reach_rows, offsetof(settings, member.reach)},                                                 \
      {"How to trace", trace_rows, offsetof(settings, member.trace)},                                                  \
      {"What to write", output_and_capture_rows, offsetof(settings, member.outputs)},                                  \
      {"How to draw it", drawing_rows, offsetof(settings, member.drawing)},                                            \
      {"A bug report", bug_report_rows, offsetof(settings, member.bug_report)},                                        \
  {                                                                                                                    \
    "Messages", message_rows, offsetof(settings, member.messages)                                                      \
  }

void live_init(struct live_settings *settings);
int live_check(const struct live_settings *settings, const char *verb, struct error *err);

// Everything else of a run. `what` has what the verb itself asks for: processes, functions or an own call, and
// `duration_ns`; the rest of it is filled from the settings. `name` is for an output that nobody named. ERROR_REFUSED,
// with all outputs written, when the own call raised.
int live_run(const struct live_settings *settings, struct collect_options what, const char *name, const char *asked,
             struct error *err);

#endif
