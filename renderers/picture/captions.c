// Enters: a profile's facts and sums. Leaves: the two lines above every picture. Facts come from a file and are not
// clean yet: whoever draws cleans them.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/numbers.h"
#include "picture/sheet.h"
#include "renderers/renderer.h"

#define CAPTION_MAX_BYTES (256 * 1024) // whoever draws it cuts it

#define CALLS_OF "calls of " // so begins the fact `target` where calls in any process were captured

static const char *const time_of[] = {
    [WEIGHT_WALL] = "wall time",        [WEIGHT_CPU] = "CPU time", [WEIGHT_WAIT] = "waiting",
    [WEIGHT_GC] = "garbage collection", [WEIGHT_CALLS] = "calls",
};

enum picture_unit picture_unit(const struct profile *profile, enum weight weight)
{
  if (!profile->counts_known)
    return UNIT_PLAIN;
  return weight == WEIGHT_CALLS ? UNIT_CALLS : UNIT_TIME;
}

static void add(struct bytes *line, const char *text)
{
  bytes_append(line, text, strlen(text));
}

// Starts the next part of the line.
static void part(struct bytes *line, const char *text)
{
  if (line->size > 0)
    add(line, CAPTION_SEPARATOR);
  add(line, text);
}

static char *caption_take(struct bytes *line)
{
  bytes_append_u8(line, 0);
  char *text = line->failed ? NULL : strdup((const char *)line->data);
  bytes_release(line);
  return text;
}

uint64_t picture_total(const struct profile *profile, enum weight weight)
{
  uint64_t total = 0;
  for (size_t i = 0; i < profile->node_count; i++)
    total += profile_own_weight(profile, (uint32_t)i, weight);
  return total;
}

static void add_whose(struct bytes *line, const char *preposition, const struct profile *profile)
{
  char number[NUMBER_MAX];
  if (profile->process_count == 0)
    return;
  add(line, preposition);
  if (profile->process_count == 1) {
    add(line, profile->processes[0].title);
  } else {
    add(line, number_count(number, profile->process_count));
    add(line, " processes");
  }
}

// One's own call has a process made for it, which nobody knows by a name.
static bool are_own_calls(const struct profile *profile)
{
  const char *target = profile_fact_value(profile, "target");
  return target && strncmp(target, CALLS_OF, strlen(CALLS_OF)) != 0;
}

// "20 calls of shop_price:discount/5".
static void add_calls(struct bytes *line, const struct profile *profile)
{
  const struct profile_call *calls = profile->calls;
  const char *target = profile_fact_value(profile, "target");
  bool one_function = true;
  char number[NUMBER_MAX];
  for (size_t i = 0; i < profile->call_count; i++)
    one_function &= calls[i].frame == calls[0].frame;
  add(line, number_count(number, profile->calls_seen));
  if (one_function) {
    add(line, profile->calls_seen == 1 ? " call of " : " " CALLS_OF);
    add(line, profile->frames[calls[0].frame].name);
  } else { // all that were asked for
    add(line, " ");
    add(line, target && !are_own_calls(profile) ? target : "calls");
  }
}

static char *graph_title(const struct profile *profile, enum weight weight)
{
  uint64_t total = picture_total(profile, weight);
  struct bytes line;
  char number[NUMBER_MAX];
  bytes_init(&line, CAPTION_MAX_BYTES);
  switch (picture_unit(profile, weight)) {
  case UNIT_PLAIN:
    add(&line, "Flame graph"); // whatever was counted, the input does not say
    return caption_take(&line);
  case UNIT_CALLS:
    add(&line, number_count(number, total));
    add(&line, total == 1 ? " call" : " calls");
    break;
  case UNIT_TIME:
    add(&line, number_time(number, total));
    add(&line, " of ");
    add(&line, time_of[weight]);
    break;
  }
  if (profile->call_count > 0) {
    add(&line, " in ");
    add_calls(&line, profile);
  } else {
    add_whose(&line, " in ", profile);
  }
  return caption_take(&line);
}

static uint64_t elapsed_ns(const struct profile *profile)
{
  uint64_t elapsed = 0;
  for (size_t i = 0; i < profile->span_count; i++) {
    uint64_t end = profile->spans[i].start_ns + profile->spans[i].width_ns;
    elapsed = end > elapsed ? end : elapsed;
  }
  return elapsed;
}

static char *chart_title(const struct profile *profile)
{
  struct bytes line;
  char number[NUMBER_MAX];
  bytes_init(&line, CAPTION_MAX_BYTES);
  add(&line, number_time(number, elapsed_ns(profile)));
  add_whose(&line, " of ", profile);
  add(&line, " in time order");
  return caption_take(&line);
}

char *picture_default_title(const struct profile *profile, enum weight weight, bool chart)
{
  return chart ? chart_title(profile) : graph_title(profile, weight);
}

static void part_time_covered(struct bytes *line, const struct profile *profile)
{
  const char *begin = profile_fact_value(profile, "begin_ns"), *end = profile_fact_value(profile, "end_ns");
  if (begin == NULL || end == NULL)
    return;
  long long begin_ns = strtoll(begin, NULL, 10), end_ns = strtoll(end, NULL, 10);
  if (end_ns <= begin_ns)
    return;
  char number[NUMBER_MAX];
  part(line, number_time(number, (uint64_t)end_ns - (uint64_t)begin_ns));
  add(line, " traced");
}

// 2026-01-31T12:00:00Z to 2026-01-31 12:00 UTC; what is written otherwise stays.
static void part_date(struct bytes *line, const char *started)
{
  if (strlen(started) != strlen("2026-01-31T12:00:00Z") || started[10] != 'T' || started[19] != 'Z') {
    part(line, started);
    return;
  }
  part(line, "");
  bytes_append(line, started, 10);
  add(line, " ");
  bytes_append(line, started + 11, 5);
  add(line, " UTC");
}

static void part_losses(struct bytes *line, const struct profile *profile)
{
  char number[NUMBER_MAX];
  part(line, number_count(number, profile->events));
  add(line, profile->events == 1 ? " event, " : " events, ");
  add(line, profile->lost_events == 0 ? "none" : number_count(number, profile->lost_events));
  add(line, " lost");
}

// "20 calls of shop_price:discount/5 in 4 processes, 1.20 ms to 9.90 ms, 2 cut off". How long it would have taken is
// not known of a call that was cut off.
static void part_calls(struct bytes *line, const struct profile *profile)
{
  const struct profile_call *calls = profile->calls;
  uint64_t shortest_ns = UINT64_MAX, longest_ns = 0, cut = 0;
  char number[NUMBER_MAX];
  for (size_t i = 0; i < profile->call_count; i++) {
    if (calls[i].ending == PROFILE_CALL_CUT) {
      cut++;
      continue;
    }
    shortest_ns = calls[i].length_ns < shortest_ns ? calls[i].length_ns : shortest_ns;
    longest_ns = calls[i].length_ns > longest_ns ? calls[i].length_ns : longest_ns;
  }
  part(line, "");
  add_calls(line, profile);
  if (!are_own_calls(profile))
    add_whose(line, " in ", profile);
  if (shortest_ns <= longest_ns) {
    add(line, ", ");
    add(line, number_time(number, shortest_ns));
  }
  if (shortest_ns < longest_ns) {
    add(line, " to ");
    add(line, number_time(number, longest_ns));
  }
  if (cut > 0) {
    add(line, ", ");
    add(line, number_count(number, cut));
    add(line, " cut off");
  }
}

// Ends that nobody asked for belong above the picture.
static void part_end(struct bytes *line, const char *ended)
{
  if (strncmp(ended, "max-", 4) == 0 || strcmp(ended, "timeout") == 0) {
    part(line, "stopped at --");
    add(line, ended);
  } else if (strcmp(ended, "unanswered") == 0 || strcmp(ended, "disconnected") == 0) {
    part(line, "cut short: ");
    add(line, ended);
  } else if (strcmp(ended, "other-tracer") == 0) {
    part(line, "cut short: another tracer came to the node");
  } else if (strcmp(ended, "cut") == 0) {
    part(line, "the capture was cut off here");
  }
}

char *picture_default_subtitle(const struct profile *profile, enum weight weight, bool chart)
{
  struct bytes line;
  bytes_init(&line, CAPTION_MAX_BYTES);
  const char *value;
  if ((value = profile_fact_value(profile, "node")) != NULL)
    part(&line, value);
  if (profile->call_count > 0)
    part_calls(&line, profile);
  else if ((value = profile_fact_value(profile, "target")) != NULL)
    part(&line, value);
  if ((value = profile_fact_value(profile, "otp")) != NULL) {
    part(&line, "OTP ");
    add(&line, value);
  }
  part_time_covered(&line, profile);
  if ((value = profile_fact_value(profile, "started")) != NULL)
    part_date(&line, value);
  if (profile->counts_known) {
    part_losses(&line, profile);
  } else {
    char number[NUMBER_MAX];
    part(&line, "total weight ");
    add(&line, number_count(number, picture_total(profile, weight)));
  }
  if (chart)
    part(&line, "time from left to right");
  if ((value = profile_fact_value(profile, "ended")) != NULL)
    part_end(&line, value);
  return caption_take(&line);
}
