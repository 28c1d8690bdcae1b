// What a live run tells while it goes and when it is done.
#ifndef FLAMBEAU_CLI_PROGRESS_H
#define FLAMBEAU_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct collect_progress;
struct collect_result;

struct progress {
  uint64_t events; // at the last line, for the rate
  uint64_t elapsed_ns;
};

#define PROGRESS_LINE_MAX 160
// "12,345 events  8,000/s  queue 3  7 s left"; of calls "waiting for the first call, 12 s left", then "3 of 20 calls  "
// and the same.
void progress_line(struct progress *last, const struct collect_progress *now, char line[PROGRESS_LINE_MAX]);

// Did the trace end as it was asked to, or by a bound or an accident?
bool progress_ended_well(const struct collect_result *result);

#define SUMMARY_MAX 2048
// "12,345 events of 3 processes in 10.0 s, nothing lost: a.svg, a.png", or with calls "20 calls in 4 processes, 12,345
// events, 3.2 s, nothing lost: a.svg"; `covered_ns` is how long tracing was on,
// `written` the list of files.
void progress_summary(const struct collect_result *result, uint64_t covered_ns, const char *written,
                      char summary[SUMMARY_MAX]);

#endif
