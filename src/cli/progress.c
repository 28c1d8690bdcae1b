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
    {"calls", true, true, ""},
    {"returned", true, true, ""},
    {"timeout", false, true, ", until the time to wait for a call was up"},
    {"other-tracer", false, true, ", until another tracer came to the node"},
    {"max-events", false, true, ", stopped at --max-events"},
    {"max-queue", false, true, ", stopped at --max-queue: the node made events faster than they could be sent"},
    {"max-memory", false, true, ", stopped at --max-memory: the node made events faster than they could be sent"},
    {"unanswered", false, true, ", stopped by the node because flambeau did not answer"},
    {"disconnected", false, false, ", until the connection was lost"},
    {"agent-ended", false, false, ", until its agent on the node ended before its time"},
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

static void seconds_left(char *text, size_t size, uint64_t left_ns)
{
  snprintf(text, size, "%" PRIu64 " s left", (left_ns + SECOND_NS - 1) / SECOND_NS);
}

// Once events come a call has begun.
static bool waits_for_a_call(const struct collect_progress *now)
{
  return now->calls_wanted > 0 && now->calls == 0 && (now->waiting_ns > 0 || now->events == 0);
}

void progress_line(struct progress *last, const struct collect_progress *now, char line[PROGRESS_LINE_MAX])
{
  char events[NUMBER_MAX], rate[NUMBER_MAX], queue[NUMBER_MAX], left[NUMBER_MAX + 8], calls[2 * NUMBER_MAX + 16] = "";
  char captured[NUMBER_MAX], wanted[NUMBER_MAX];
  if (now->elapsed_ns == 0) {
    snprintf(line, PROGRESS_LINE_MAX, "preparing ...");
    return;
  }
  if (waits_for_a_call(now)) {
    seconds_left(left, sizeof left, now->waiting_ns);
    snprintf(line, PROGRESS_LINE_MAX, "waiting for the first call%s%s", now->waiting_ns ? ", " : "",
             now->waiting_ns ? left : "");
    return;
  }
  if (now->duration_ns == 0)
    snprintf(left, sizeof left, "Ctrl-C ends it");
  else if (now->elapsed_ns >= now->duration_ns)
    snprintf(left, sizeof left, "finishing");
  else
    seconds_left(left, sizeof left, now->duration_ns - now->elapsed_ns);
  if (now->calls_wanted > 0)
    snprintf(calls, sizeof calls, "%s of %s call%s  ", number_count(captured, now->calls),
             number_count(wanted, now->calls_wanted), now->calls_wanted == 1 ? "" : "s");
  double seconds = (double)(now->elapsed_ns - last->elapsed_ns) / (double)SECOND_NS;
  double per_second = seconds > 0 ? (double)(now->events - last->events) / seconds : 0;
  snprintf(line, PROGRESS_LINE_MAX, "%s%s events  %s/s  queue %s  %s", calls, number_count(events, now->events),
           number_count(rate, (uint64_t)per_second), number_count(queue, now->queue), left);
  *last = (struct progress){.events = now->events, .elapsed_ns = now->elapsed_ns};
}

// "12,345 events of 3 processes in 10.0 s", or of calls "20 calls in 4 processes, 12,345 events, 3.2 s".
static void say_how_much(const struct collect_result *result, uint64_t covered_ns, char *text, size_t size)
{
  char calls[NUMBER_MAX], events[NUMBER_MAX], processes[NUMBER_MAX];
  const char *event_end = result->events == 1 ? "" : "s", *process_end = result->processes == 1 ? "" : "es";
  double seconds = (double)covered_ns / (double)SECOND_NS;
  number_count(events, result->events);
  number_count(processes, result->processes);
  if (result->calls > 0)
    snprintf(text, size, "%s call%s in %s process%s, %s event%s, %.1f s", number_count(calls, result->calls),
             result->calls == 1 ? "" : "s", processes, process_end, events, event_end, seconds);
  else
    snprintf(text, size, "%s event%s of %s process%s in %.1f s", events, event_end, processes, process_end, seconds);
}

// ", 1 had not ended, 112 were faster".
static void say_which_calls(const struct collect_result *result, char *text, size_t size)
{
  char cut[NUMBER_MAX], fast[NUMBER_MAX];
  size_t used = 0;
  *text = '\0';
  if (result->calls_cut)
    used = (size_t)snprintf(text, size, ", %s had not ended", number_count(cut, result->calls_cut));
  if (result->calls_fast)
    snprintf(text + used, size - used, ", %s %s faster", number_count(fast, result->calls_fast),
             result->calls_fast == 1 ? "was" : "were");
}

void progress_summary(const struct collect_result *result, uint64_t covered_ns, const char *written,
                      char summary[SUMMARY_MAX])
{
  char lost[NUMBER_MAX], much[6 * NUMBER_MAX], losses[2 * NUMBER_MAX] = "", calls[4 * NUMBER_MAX];
  const struct ending *ending = find_ending(result->ended);
  if (result->lost_events > 0)
    snprintf(losses, sizeof losses, ", %s event%s lost", number_count(lost, result->lost_events),
             result->lost_events == 1 ? "" : "s");
  else if (!ending || ending->told)
    snprintf(losses, sizeof losses, ", nothing lost");
  say_how_much(result, covered_ns, much, sizeof much);
  say_which_calls(result, calls, sizeof calls);
  snprintf(summary, SUMMARY_MAX, "%s%s%s%s: %s", much, losses, calls, ending ? ending->words : "", written);
}
