// Enters: a profile's facts and sums. Leaves: the two lines above every picture. Facts come from a file and are not
// clean yet: whoever draws cleans them.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/numbers.h"
#include "picture/sheet.h"
#include "profile/profile_calls.h"
#include "profile/profile_compare.h"
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
static void add_calls(struct bytes *line, const struct profile *profile, const struct profile_call_lengths *lengths)
{
  const char *target = profile_fact_value(profile, "target");
  char number[NUMBER_MAX];
  add(line, number_count(number, profile->calls_seen));
  if (lengths->one_function) {
    add(line, profile->calls_seen == 1 ? " call of " : " " CALLS_OF);
    add(line, profile->frames[profile->calls[0].frame].name);
  } else { // all that were asked for
    add(line, " ");
    add(line, target && !are_own_calls(profile) ? target : "calls");
  }
}

static void measure_calls(struct bytes *line, const struct profile *profile, struct profile_call_lengths *lengths)
{
  if (profile_measure_calls(profile, lengths, &(struct error){0}) < 0)
    line->failed = true;
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
  if (!profile->times_known && profile->calls_seen > 0) {
    add(&line, " in ");
    add(&line, number_count(number, profile->calls_seen));
    add(&line, profile->calls_seen == 1 ? " captured call" : " captured calls");
  } else if (profile->call_count > 0) {
    struct profile_call_lengths lengths;
    measure_calls(&line, profile, &lengths);
    add(&line, " in ");
    add_calls(&line, profile, &lengths);
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

struct totals {
  uint64_t base, head;
};

static struct totals compare_totals(const struct profile *comparison, enum weight weight)
{
  struct totals totals = {0};
  for (size_t i = 1; i < comparison->node_count; i++) {
    totals.base += profile_base_weight(comparison, (uint32_t)i, weight);
    totals.head += profile_head_weight(comparison, (uint32_t)i, weight);
  }
  return totals;
}

static const char *weight_text(char text[NUMBER_MAX], const struct profile *profile, enum weight weight, uint64_t value)
{
  return picture_unit(profile, weight) == UNIT_TIME ? number_time(text, value) : number_count(text, value);
}

// "From BASE to HEAD: 12.3 s → 15.1 s of wall time (+22.8%)": the order is said, so that nobody reads it backwards.
static char *comparison_title(const struct profile *comparison, enum weight weight)
{
  struct totals totals = compare_totals(comparison, weight);
  struct bytes line;
  char number[NUMBER_MAX];
  bytes_init(&line, CAPTION_MAX_BYTES);
  add(&line, "From BASE to HEAD: ");
  add(&line, weight_text(number, comparison, weight, totals.base));
  add(&line, " → ");
  add(&line, weight_text(number, comparison, weight, totals.head));
  if (picture_unit(comparison, weight) == UNIT_CALLS)
    add(&line, " calls");
  else if (picture_unit(comparison, weight) == UNIT_TIME)
    add(&line, " of "), add(&line, time_of[weight]);
  add(&line, " (");
  add(&line, number_change(number, totals.base, totals.head));
  add(&line, ")");
  return caption_take(&line);
}

const char *sheet_doubt(const struct sheet *sheet, char *text, size_t size, const struct box *box)
{
  char left[2 * NUMBER_MAX], all[2 * NUMBER_MAX];
  *text = '\0';
  if (profile_is_uncertain(box->width, box->tracing))
    snprintf(text, size, "uncertain: %s left of %s, the rest was tracing",
             sheet_weight(sheet, left, sizeof left, box->width),
             sheet_weight(sheet, all, sizeof all, box->width + box->tracing));
  return text;
}

char *picture_default_title(const struct profile *profile, enum weight weight, bool chart)
{
  if (profile->base)
    return comparison_title(profile, weight);
  return chart ? chart_title(profile) : graph_title(profile, weight);
}

// "10.0 s traced", or nothing.
static void add_time_covered(struct bytes *line, const char *separator, const char *begin, const char *end,
                             bool sampled)
{
  if (begin == NULL || end == NULL)
    return;
  long long begin_ns = strtoll(begin, NULL, 10), end_ns = strtoll(end, NULL, 10);
  if (end_ns <= begin_ns)
    return;
  char number[NUMBER_MAX];
  add(line, separator);
  add(line, number_time(number, (uint64_t)end_ns - (uint64_t)begin_ns));
  add(line, sampled ? " sampled" : " traced");
}

// 2026-01-31T12:00:00Z to 2026-01-31 12:00 UTC; what is written otherwise stays.
static void add_date(struct bytes *line, const char *started)
{
  if (strlen(started) != strlen("2026-01-31T12:00:00Z") || started[10] != 'T' || started[19] != 'Z') {
    add(line, started);
    return;
  }
  bytes_append(line, started, 10);
  add(line, " ");
  bytes_append(line, started + 11, 5);
  add(line, " UTC");
}

// "stacks sampled every 10.0 ms".
static void part_sampling(struct bytes *line, const struct profile *profile)
{
  char number[NUMBER_MAX];
  const char *interval = profile_fact_value(profile, "sampled");
  if (!interval)
    return;
  part(line, "stacks sampled every ");
  add(line, number_time(number, strtoull(interval, NULL, 10)));
}

static void part_losses(struct bytes *line, const struct profile *profile)
{
  char number[NUMBER_MAX];
  part(line, number_count(number, profile->events));
  add(line, profile->events == 1 ? " event, " : " events, ");
  add(line, profile->lost_events == 0 ? "none" : number_count(number, profile->lost_events));
  add(line, " lost");
}

static void part_tracing(struct bytes *line, const struct profile *profile, bool chart)
{
  char number[NUMBER_MAX];
  if (profile->taken_out.taken_ns == 0)
    return;
  part(line, number_time(number, profile->taken_out.taken_ns));
  add(line, chart ? " of tracing in it" : " of tracing taken out");
}

// "20 calls of shop_price:discount/5 in 4 processes, 1.20 ms to 9.90 ms, 2 cut off". How long it would have taken is
// not known of a call that was cut off.
static void part_calls(struct bytes *line, const struct profile *profile)
{
  struct profile_call_lengths lengths;
  char number[NUMBER_MAX];
  measure_calls(line, profile, &lengths);
  part(line, "");
  add_calls(line, profile, &lengths);
  if (!are_own_calls(profile))
    add_whose(line, " in ", profile);
  if (lengths.longest) {
    add(line, ", ");
    add(line, number_time(number, lengths.shortest_ns));
  }
  if (lengths.longest && lengths.shortest_ns < lengths.longest->length_ns) {
    add(line, " to ");
    add(line, number_time(number, lengths.longest->length_ns));
  }
  if (lengths.cut > 0) {
    add(line, ", ");
    add(line, number_count(number, lengths.cut));
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

static void add_fact(struct bytes *line, const char *separator, const char *value)
{
  if (value && *value) {
    add(line, separator);
    add(line, value);
  }
}

// "BASE: before.flb, shop@host, shop_cart, OTP 25, 10.0 s traced, 2026-01-31 12:00 UTC".
static void part_side(struct bytes *line, const struct profile *comparison, const char *heading, const char *name_key,
                      const char *const keys[6], uint64_t lost_events)
{
  char number[NUMBER_MAX];
  const char *values[6];
  for (size_t i = 0; i < 6; i++)
    values[i] = profile_fact_value(comparison, keys[i]);
  part(line, heading);
  add_fact(line, "", profile_fact_value(comparison, name_key));
  add_fact(line, ", ", values[0]);
  add_fact(line, ", ", values[1]);
  add_fact(line, ", OTP ", values[2]);
  add_time_covered(line, ", ", values[3], values[4], profile_is_sampled(comparison));
  if (values[5]) {
    add(line, ", ");
    add_date(line, values[5]);
  }
  if (lost_events > 0) {
    add(line, ", ");
    add(line, number_count(number, lost_events));
    add(line, lost_events == 1 ? " event lost" : " events lost");
  }
}

static uint64_t number_fact(const struct profile *profile, const char *key)
{
  const char *value = profile_fact_value(profile, key);
  return value ? strtoull(value, NULL, 10) : 0;
}

static void part_scale(struct bytes *line, const struct profile *comparison, enum weight weight)
{
  char number[NUMBER_MAX];
  const char *key = weight == WEIGHT_CALLS ? "base_calls" : "base_own";
  if (!profile_fact_value(comparison, key))
    return;
  enum weight of = weight == WEIGHT_CALLS ? weight : WEIGHT_WALL;
  part(line, "BASE is scaled from ");
  add(line, weight_text(number, comparison, of, number_fact(comparison, key)));
  add(line, " to HEAD's ");
  add(line, weight_text(number, comparison, of, compare_totals(comparison, of).head));
  add(line, weight == WEIGHT_CALLS ? " calls" : comparison->counts_known ? " of wall time" : "");
}

static char *comparison_subtitle(const struct profile *comparison, enum weight weight)
{
  static const char *const base[6] = {"base.node",     "base.target", "base.otp",
                                      "base.begin_ns", "base.end_ns", "base.started"};
  static const char *const head[6] = {"node", "target", "otp", "begin_ns", "end_ns", "started"};
  struct bytes line;
  bytes_init(&line, CAPTION_MAX_BYTES);
  part_side(&line, comparison, "BASE: ", "base", base, number_fact(comparison, "base.lost"));
  part_side(&line, comparison, "HEAD: ", "head", head, comparison->lost_events);
  part_scale(&line, comparison, weight);
  return caption_take(&line);
}

char *picture_default_subtitle(const struct profile *profile, enum weight weight, bool chart)
{
  if (profile->base)
    return comparison_subtitle(profile, weight);
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
  add_time_covered(&line, line.size > 0 ? CAPTION_SEPARATOR : "", profile_fact_value(profile, "begin_ns"),
                   profile_fact_value(profile, "end_ns"), profile_is_sampled(profile));
  if ((value = profile_fact_value(profile, "started")) != NULL) {
    part(&line, "");
    add_date(&line, value);
  }
  if (profile->counts_known && profile->times_known) {
    part_sampling(&line, profile);
    part_losses(&line, profile);
    part_tracing(&line, profile, chart);
  } else if (profile->counts_known) {
    part(&line, "a snapshot: calls, no times");
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
