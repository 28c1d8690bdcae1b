// The head of the page: what the capture says of its run.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/numbers.h"
#include "profile/profile.h"
#include "report/page.h"

#define LABEL_WIDTH 11
#define MAX_MODULES_NAMED 12

static const char *fact(struct report *report, const char *key)
{
  const char *value = profile_fact_value(report->profile, key);
  return value && *value ? page_clean(report, value) : NULL;
}

static void write_label(struct report *report, const char *label)
{
  byte_sink_printf(report->out, "%-*s", LABEL_WIDTH, label);
}

static void write_fact(struct report *report, const char *label, const char *key)
{
  const char *value = fact(report, key);
  if (!value)
    return;
  write_label(report, label);
  byte_sink_printf(report->out, "%s\n", value);
}

static bool number_fact(const struct report *report, const char *key, int64_t *number)
{
  const char *value = profile_fact_value(report->profile, key);
  char *end;
  if (!value || !*value)
    return false;
  *number = strtoll(value, &end, 10);
  return *end == '\0';
}

static void write_node(struct report *report)
{
  const char *node = fact(report, "node");
  if (!node && !profile_fact_value(report->profile, "otp"))
    return;
  write_label(report, "node");
  byte_sink_text(report->out, node ? node : "(left out)"); // as in the capture of a bug report
  const char *otp = fact(report, "otp");
  if (otp)
    byte_sink_printf(report->out, ", OTP %s", otp);
  const char *erts = fact(report, "erts");
  if (erts)
    byte_sink_printf(report->out, " (erts %s)", erts);
  const char *elixir = fact(report, "elixir");
  if (elixir)
    byte_sink_printf(report->out, ", Elixir %s", elixir);
  byte_sink_text(report->out, "\n");
}

// What the fact `ended` means.
const char *page_ended(const char *how)
{
  static const char *const words[][2] = {
      {"deadline", "until its time was up"},
      {"interrupted", "until it was interrupted"},
      {"exited", "until all traced processes were gone"},
      {"calls", "until all calls that were asked for had been captured"},
      {"returned", "until the call had ended"},
      {"timeout", "until the time to wait for a call was up"},
      {"other-tracer", "until another tracer came to the node"},
      {"max-events", "until the bound --max-events"},
      {"max-queue", "until the bound --max-queue"},
      {"max-memory", "until the bound --max-memory"},
      {"unanswered", "until flambeau stopped answering"},
      {"disconnected", "until the connection was lost"},
      {"cut", "until where the capture was cut off"},
  };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (strcmp(words[i][0], how) == 0)
      return words[i][1];
  }
  return how;
}

static void write_span(struct report *report)
{
  char text[NUMBER_MAX];
  int64_t begin_ns, end_ns;
  const char *how = fact(report, "ended");
  bool known =
      number_fact(report, "begin_ns", &begin_ns) && number_fact(report, "end_ns", &end_ns) && end_ns >= begin_ns;
  if (!known && !how)
    return;
  write_label(report, profile_is_sampled(report->profile) ? "sampled" : "traced");
  if (known)
    byte_sink_printf(report->out, "%s%s", number_time(text, (uint64_t)end_ns - (uint64_t)begin_ns), how ? ", " : "");
  byte_sink_printf(report->out, "%s\n", how ? page_ended(how) : "");
}

static void write_events(struct report *report)
{
  char text[NUMBER_MAX];
  int64_t bytes, events;
  write_label(report, "events");
  byte_sink_text(report->out, number_count(text, report->profile->events));
  if (number_fact(report, "wire_bytes", &bytes) && number_fact(report, "wire_events", &events) && bytes >= 0 &&
      events > 0)
    byte_sink_printf(report->out, ", %" PRId64 ".%02" PRId64 " bytes each on the wire", bytes / events,
                     (int64_t)((double)(bytes % events) / (double)events * 100));
  int64_t queue;
  if (number_fact(report, "max_queue", &queue) && queue >= 0)
    byte_sink_printf(report->out, ", longest queue %s", number_count(text, (uint64_t)queue));
  byte_sink_text(report->out, "\n");
}

static void write_losses(struct report *report)
{
  char count[NUMBER_MAX], time[NUMBER_MAX];
  const struct figures *figures = &report->figures;
  const char *how = fact(report, "ended");
  write_label(report, "lost");
  if (figures->lost_events_known && figures->lost_events == 0)
    byte_sink_text(report->out, "nothing\n");
  else if (figures->split.lost == 0 && how && strcmp(how, "cut") == 0)
    byte_sink_text(report->out, "what came after the cut\n");
  else
    byte_sink_printf(report->out, "%s events, %s of time\n",
                     figures->lost_events_known ? number_count(count, figures->lost_events) : "an unknown number of",
                     number_time(time, figures->split.lost));
}

// What a captured call takes when nobody looks.
static void write_untraced(struct report *report)
{
  char text[NUMBER_MAX];
  int64_t untraced_ns;
  if (!number_fact(report, "untraced_ns", &untraced_ns) || untraced_ns <= 0)
    return;
  write_label(report, "untraced");
  byte_sink_printf(report->out, "%s a call, in the median of those before\n", number_time(text, (uint64_t)untraced_ns));
}

// What a budget has cost the profile.
static void write_overhead(struct report *report)
{
  char text[NUMBER_MAX];
  int64_t folded;
  const char *budget = fact(report, "overhead");
  if (!budget || strcmp(budget, "full") == 0)
    return;
  write_label(report, "overhead");
  byte_sink_printf(report->out, "at most %s\n", budget);
  if (!number_fact(report, "folded", &folded) || folded <= 0)
    return;
  write_label(report, "folded");
  const char *names = fact(report, "folded_names"); // a bug report leaves them out
  byte_sink_printf(report->out, "%s switched off for a while or for good, their time is their callers'%s%s\n",
                   number_count(text, (uint64_t)folded), names ? " (calls seen): " : "", names ? names : "");
}

// How stacks were sampled, and what that leaves out.
static void write_sampling(struct report *report)
{
  char text[NUMBER_MAX];
  int64_t interval_ns, looks, stacks;
  if (!number_fact(report, "sampled", &interval_ns) || interval_ns <= 0)
    return;
  write_label(report, "stacks");
  byte_sink_printf(report->out, "sampled every %s", number_time(text, (uint64_t)interval_ns));
  if (number_fact(report, "looks", &looks) && looks >= 0)
    byte_sink_printf(report->out, ", %s looks", number_count(text, (uint64_t)looks));
  if (number_fact(report, "stacks_read", &stacks) && stacks >= 0)
    byte_sink_printf(report->out, ", %s stacks read", number_count(text, (uint64_t)stacks));
  byte_sink_text(report->out, "; processes that wait less often\n");
  write_label(report, "bias");
  byte_sink_printf(report->out, "%s\n", SAMPLING_BIAS);
}

static void write_patterns(struct report *report)
{
  char text[NUMBER_MAX];
  int64_t functions;
  if (profile_is_sampled(report->profile) || !number_fact(report, "functions", &functions) || functions < 0)
    return;
  write_label(report, "patterns");
  byte_sink_printf(report->out, "%s functions\n", number_count(text, (uint64_t)functions));
}

static void write_modules(struct report *report)
{
  const struct profile *profile = report->profile;
  for (size_t i = 0; i < profile->module_count; i++) {
    write_label(report, i == 0 ? "loaded" : "");
    if (i == MAX_MODULES_NAMED) {
      byte_sink_printf(report->out, "and %zu more modules\n", profile->module_count - i);
      return;
    }
    byte_sink_printf(report->out, "%s during the trace, %s\n", page_clean(report, profile->modules[i].name),
                     profile->modules[i].traced ? "traced from then on" : "not traced");
  }
}

// What `record -f` was asked for.
static void write_calls_asked(struct report *report)
{
  char text[NUMBER_MAX];
  int64_t calls, slower_than_ns;
  if (!number_fact(report, "calls", &calls) || calls < 0)
    return;
  write_label(report, "calls");
  byte_sink_printf(report->out, "%s asked for", number_count(text, (uint64_t)calls));
  if (number_fact(report, "slower_than_ns", &slower_than_ns) && slower_than_ns > 0)
    byte_sink_printf(report->out, ", that took %s at least", number_time(text, (uint64_t)slower_than_ns));
  byte_sink_text(report->out, "\n");
}

void page_write_facts(struct report *report)
{
  write_fact(report, "flambeau", "flambeau");
  write_node(report);
  write_fact(report, "system", "system");
  write_fact(report, "asked", "asked");
  write_fact(report, "target", "target");
  write_fact(report, "selection", "selection");
  write_calls_asked(report);
  write_fact(report, "started", "started");
  write_span(report);
  write_fact(report, "bounds", "bounds");
  write_sampling(report);
  write_patterns(report);
  write_overhead(report);
  write_untraced(report);
  write_fact(report, "untraced", "untraced");
  write_events(report);
  write_losses(report);
  write_modules(report);
}

void page_write_snapshot_facts(struct report *report)
{
  const char *how = fact(report, "ended");
  write_fact(report, "flambeau", "flambeau");
  write_fact(report, "OTP", "otp");
  write_fact(report, "Elixir", "elixir");
  write_fact(report, "target", "target");
  write_fact(report, "selection", "selection");
  if (how) {
    write_label(report, "traced");
    byte_sink_printf(report->out, "%s\n", page_ended(how));
  }
  write_fact(report, "lost", "lost_events");
  write_fact(report, "loaded", "loaded");
}
