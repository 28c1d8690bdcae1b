// A profile in, its snapshot as text out: a header, stacks with their calls in the order of the tree, times of
// functions by name. SNAP.md is the specification; profile_snapshot() decides what is in it, here is how it is written.
#include "renderers/snap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "picture/measures.h"
#include "profile/profile_snapshot.h"
#include "profile/stack_walk.h"
#include "renderers/renderer.h"

#define COUNT_WIDTH 8 // of a column; what is wider moves its own line only

struct snap {
  const struct profile *snapshot;
  const struct profile *baseline; // NULL without
  struct byte_sink *out;
};

static void write_header(struct snap *snap)
{
  byte_sink_text(snap->out, SNAPSHOT_FIRST_LINE "\n");
  for (size_t i = 0; i < SNAPSHOT_FACTS; i++) {
    const char *value = profile_fact_value(snap->snapshot, snapshot_facts[i].fact);
    if (value)
      byte_sink_printf(snap->out, "%s: %s\n", snapshot_facts[i].key, value);
  }
}

// "12", or "25/2" where two captured calls have 25 together.
static void write_count(struct snap *snap, uint64_t calls)
{
  char text[48];
  uint64_t of = snap->snapshot->calls_seen ? snap->snapshot->calls_seen : 1,
           divisor = profile_common_divisor(calls, of);
  if (divisor == of)
    snprintf(text, sizeof text, "%" PRIu64, calls / of);
  else
    snprintf(text, sizeof text, "%" PRIu64 "/%" PRIu64, calls / divisor, of / divisor);
  byte_sink_printf(snap->out, "%*s  ", COUNT_WIDTH, text);
}

static void append_name(struct bytes *path, const char *name)
{
  if (path->size > 0)
    bytes_append_u8(path, ';');
  bytes_append(path, name, strlen(name));
}

// The path follows the walk; `ends` says where its outermost 0, 1, 2, ... frames end.
static int write_stacks(struct snap *snap, struct stack_walk *walk, struct bytes *path, size_t *ends, struct error *err)
{
  const struct profile *snapshot = snap->snapshot;
  size_t written = 0;
  while (stack_walk_next(walk)) {
    const struct profile_node *node = &snapshot->nodes[walk->node];
    path->size = ends[walk->depth - 1];
    append_name(path, snapshot->frames[node->frame].name);
    ends[walk->depth] = path->size;
    if (node->calls == 0)
      continue;
    written += path->size;
    if (path->failed || written > STACKS_MAX_BYTES)
      return error_set(err, ERROR_OUTPUT, "as a snapshot these stacks take more than %zu MiB; write an .flb instead",
                       STACKS_MAX_BYTES >> 20);
    write_count(snap, node->calls);
    byte_sink_write(snap->out, path->data, path->size);
    byte_sink_text(snap->out, "\n");
  }
  return 0;
}

static int write_calls(struct snap *snap, struct error *err)
{
  struct stack_walk walk;
  struct bytes path;
  byte_sink_printf(snap->out, "\n%s\n", snap->snapshot->calls_seen ? SNAPSHOT_CALLS_CAPTURED : SNAPSHOT_CALLS_TRACE);
  if (stack_walk_init(&walk, snap->snapshot, err) < 0)
    return -1;
  size_t *ends = calloc(walk.depth_max + 1, sizeof *ends);
  bytes_init(&path, STACKS_MAX_BYTES);
  int status =
      ends ? write_stacks(snap, &walk, &path, ends, err) : error_set(err, ERROR_MEMORY, "out of memory for a snapshot");
  free(ends);
  bytes_release(&path);
  stack_walk_release(&walk);
  return status;
}

// Two digits are what a time is worth: "1.2ms", "850us".
static const char *time_text(char text[32], uint64_t time_ns)
{
  static const char *const units[] = {"ns", "us", "ms", "s"};
  uint64_t unit_ns = 1, digit_ns = 1;
  size_t unit = 0;
  while (time_ns / digit_ns >= 100)
    digit_ns *= 10;
  uint64_t rounded_ns = (time_ns / digit_ns + (time_ns % digit_ns >= (digit_ns + 1) / 2 && digit_ns > 1)) * digit_ns;
  while (unit < 3 && rounded_ns / unit_ns >= 1000) {
    unit_ns *= 1000;
    unit++;
  }
  uint64_t whole = rounded_ns / unit_ns;
  if (unit > 0 && whole < 10)
    snprintf(text, 32, "%" PRIu64 ".%" PRIu64 "%s", whole, rounded_ns % unit_ns / (unit_ns / 10), units[unit]);
  else
    snprintf(text, 32, "%" PRIu64 "%s", whole, units[unit]);
  return text;
}

bool snap_same_time(const struct profile_spread *a, const struct profile_spread *b)
{
  return a->lower_quartile_ns <= b->upper_quartile_ns && b->lower_quartile_ns <= a->upper_quartile_ns;
}

static bool is_known(const struct profile_spread *spread)
{
  return spread->median_ns > 0;
}

// What was the time before stays, where it may still be the same; `before` is NULL where nothing is known of before.
static void write_time(struct snap *snap, const struct profile_spread *now, const struct profile_spread *before,
                       const char *name)
{
  char median[32], lower[32], upper[32];
  bool stays = before && is_known(before) && snap_same_time(now, before);
  if (!stays && now->median_ns < SNAP_MIN_NS)
    return;
  const struct profile_spread *shown = stays ? before : now;
  byte_sink_printf(snap->out, "%*s  %s-%s  %s\n", COUNT_WIDTH, time_text(median, shown->median_ns),
                   time_text(lower, shown->lower_quartile_ns), time_text(upper, shown->upper_quartile_ns), name);
}

struct named_time {
  const char *name;
  const struct profile_spread *spread;
};

static int by_name(const void *left, const void *right)
{
  return strcmp(((const struct named_time *)left)->name, ((const struct named_time *)right)->name);
}

// The times of all functions by name; NULL when out of memory. The caller frees.
static struct named_time *name_times(const struct profile *snapshot)
{
  struct named_time *times = calloc(snapshot->function_count + 1, sizeof *times);
  for (size_t i = 0; times && i < snapshot->function_count; i++)
    times[i] = (struct named_time){snapshot->frames[snapshot->functions[i].frame].name, &snapshot->function_times[i]};
  if (times)
    qsort(times, snapshot->function_count, sizeof *times, by_name);
  return times;
}

static int write_times(struct snap *snap, struct error *err)
{
  const struct profile *snapshot = snap->snapshot, *baseline = snap->baseline;
  if (snapshot->measured_calls < SNAP_MIN_MEASURED)
    return 0;
  bool compared = baseline && baseline->measured_calls >= SNAP_MIN_MEASURED;
  struct named_time *times = name_times(snapshot), *before = compared ? name_times(baseline) : NULL;
  int status = times && (before || !compared) ? 0 : error_set(err, ERROR_MEMORY, "out of memory for a snapshot");
  if (status == 0) {
    byte_sink_printf(snap->out, "\n" SNAPSHOT_TIMES_OF "%" PRIu64 SNAPSHOT_TIMES_CALLS "\n", snapshot->measured_calls);
    write_time(snap, &snapshot->call_time, compared ? &baseline->call_time : NULL, SNAPSHOT_WHOLE_CALL);
    for (size_t i = 0; i < snapshot->function_count; i++) {
      const struct named_time *same =
          before ? bsearch(&times[i], before, baseline->function_count, sizeof *before, by_name) : NULL;
      write_time(snap, times[i].spread, same ? same->spread : NULL, times[i].name);
    }
  }
  free(times);
  free(before);
  return status;
}

int snap_write(const struct profile *profile, const struct profile *baseline, struct byte_sink *out, struct error *err)
{
  struct profile *snapshot = profile_snapshot(profile, 0, err);
  if (!snapshot)
    return -1;
  struct snap snap = {.snapshot = snapshot, .baseline = baseline, .out = out};
  int status = 0;
  if (snapshot->node_count == 1)
    status = error_set(err, ERROR_EMPTY, "nothing to write: a snapshot has calls, and there are none");
  if (status == 0) {
    write_header(&snap);
    status = write_calls(&snap, err);
  }
  if (status == 0)
    status = write_times(&snap, err);
  profile_free(snapshot);
  return status;
}

static int snap_render(const struct picture *picture, struct byte_sink *out, struct error *err)
{
  return snap_write(picture->profile, NULL, out, err);
}

const struct renderer renderer_snap = {
    .name = "snap",
    .extension = ".snap",
    .summary = "calls as sorted text, the same in every run, to be kept in git",
    .render = snap_render,
};
