// Counters in, one line for a person out.
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/numbers.h"
#include "collect/collect.h"

#define SECOND_NS UINT64_C(1000000000)

struct ending {
  const char *ended; // the fact
  bool well;         // as asked
  bool told;         // the node said what it lost
  const char *words;
};

static const struct ending endings[] = {
    {"deadline", true, true, ""},
    {"interrupted", true, true, ", stopped by a signal"},
    {"exited", true, true, ", until all traced processes had ended"},
    {"max-events", false, true, ", stopped at --max-events"},
    {"max-queue", false, true, ", stopped at --max-queue: the node made events faster than they could be sent"},
    {"max-memory", false, true, ", stopped at --max-memory: the node made events faster than they could be sent"},
    {"unanswered", false, true, ", stopped by the node because flambeau did not answer"},
    {"disconnected", false, false, ", until the connection was lost"},
};

static const struct ending *find_ending(const char *ended)
{
  for (size_t i = 0; ended && i < sizeof endings / sizeof endings[0]; i++)
    if (strcmp(endings[i].ended, ended) == 0)
      return &endings[i];
  return NULL;
}

bool progress_ended_well(const struct collect_result *result)
{
  const struct ending *ending = find_ending(result->ended);
  return ending && ending->well;
}

void progress_line(struct progress *last, const struct collect_progress *now, char line[PROGRESS_LINE_MAX])
{
  char events[NUMBER_MAX], rate[NUMBER_MAX], queue[NUMBER_MAX], left[NUMBER_MAX + 8];
  if (now->elapsed_ns == 0) {
    snprintf(line, PROGRESS_LINE_MAX, "preparing ...");
    return;
  }
  double seconds = (double)(now->elapsed_ns - last->elapsed_ns) / (double)SECOND_NS;
  double per_second = seconds > 0 ? (double)(now->events - last->events) / seconds : 0;
  if (now->duration_ns == 0)
    snprintf(left, sizeof left, "Ctrl-C ends it");
  else if (now->elapsed_ns >= now->duration_ns)
    snprintf(left, sizeof left, "finishing");
  else
    snprintf(left, sizeof left, "%" PRIu64 " s left", (now->duration_ns - now->elapsed_ns + SECOND_NS - 1) / SECOND_NS);
  snprintf(line, PROGRESS_LINE_MAX, "%s events  %s/s  queue %s  %s", number_count(events, now->events),
           number_count(rate, (uint64_t)per_second), number_count(queue, now->queue), left);
  *last = (struct progress){.events = now->events, .elapsed_ns = now->elapsed_ns};
}

void progress_summary(const struct collect_result *result, uint64_t covered_ns, const char *written,
                      char summary[SUMMARY_MAX])
{
  char events[NUMBER_MAX], processes[NUMBER_MAX], lost[NUMBER_MAX];
  char losses[2 * NUMBER_MAX] = "";
  const struct ending *ending = find_ending(result->ended);
  if (result->lost_events > 0)
    snprintf(losses, sizeof losses, ", %s event%s lost", number_count(lost, result->lost_events),
             result->lost_events == 1 ? "" : "s");
  else if (!ending || ending->told)
    snprintf(losses, sizeof losses, ", nothing lost");
  snprintf(summary, SUMMARY_MAX, "%s event%s of %s process%s in %.1f s%s%s: %s", number_count(events, result->events),
           result->events == 1 ? "" : "s", number_count(processes, result->processes),
           result->processes == 1 ? "" : "es", (double)covered_ns / (double)SECOND_NS, losses,
           ending ? ending->words : "", written);
}
