// Enters: the profile. Leaves: valgrind's callgrind format (its manual's chapter "Callgrind Format Specification"): for
// each function what it cost itself, then for each function it called how often and what that cost with all beneath.
// The picture's weight is the first event.
//
//     stacks         functions             calls                    A recursive call costs nothing again: only where
//     a        1     a  1      [all]-a 10  a-b 9                    the callee is not yet on the stack its time counts.
//     a;b      2     b  2 + 3  b-c 7       c-b 0 (on b already)     So a function's callers add up to its total, as
//     a;b;c    4     c  4                                           callgrind_annotate --inclusive=yes adds them.
//     a;b;c;b  3
//
// That holds for outermost frames too because [all] calls them. A frame that nobody saw called (it was there when the
// trace began, or is one of [waiting], [gc]) is written with calls=1: readers take calls=0 for the caller's own cost.
// How often a function really was called is its own cost in the event Calls.
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "base/string_table.h"
#include "picture/measures.h"
#include "picture/text.h"
#include "renderers/renderer.h"

#define ALL "[all]"

struct cost {
  uint64_t of[MEASURES_MAX]; // in the order of `measures`
};

// From one function to another; first of one node, then of all.
struct arc {
  uint32_t caller, callee; // frames; the caller of an outermost one is the number of all frames
  uint64_t calls;
  struct cost cost; // of the callee with all beneath it
};

struct file {
  const struct profile *profile;
  struct byte_sink *out;
  struct measure measures[MEASURES_MAX]; // the picture's first
  size_t measure_count;
  struct cost total;
  struct cost *own; // of each frame
  struct arc *arcs; // by caller, then by callee
  size_t arc_count;
  uint32_t *open;             // of each frame: how often it is on the stack of the walk
  bool *named;                // of each frame and of [all]: its name was written
  struct string_table *files; // names that were written
  struct bytes scratch;
};

static void choose_measures(struct file *file, enum weight first)
{
  const struct measure *measures = measures_of(file->profile, &file->measure_count);
  size_t at = 1;
  for (size_t i = 0; i < file->measure_count; i++)
    file->measures[measures[i].weight == first ? 0 : at++] = measures[i];
}

static void add_cost(struct cost *to, const struct cost *from)
{
  for (size_t i = 0; i < MEASURES_MAX; i++)
    to->of[i] += from->of[i];
}

static struct cost own_cost(const struct file *file, uint32_t node)
{
  struct cost cost = {0};
  for (size_t i = 0; i < file->measure_count; i++)
    cost.of[i] = profile_own_weight(file->profile, node, file->measures[i].weight);
  return cost;
}

// An arc for each node, at its index. A parent's index is smaller than its children's.
static void add_up(struct file *file)
{
  const struct profile_node *nodes = file->profile->nodes;
  for (uint32_t node = (uint32_t)file->profile->node_count; node-- > 1;) {
    struct arc *arc = &file->arcs[node];
    struct cost own = own_cost(file, node);
    uint32_t parent = nodes[node].parent;
    add_cost(&file->own[nodes[node].frame], &own);
    add_cost(&arc->cost, &own);
    add_cost(parent == 0 ? &file->total : &file->arcs[parent].cost, &arc->cost);
    arc->caller = parent == 0 ? (uint32_t)file->profile->frame_count : nodes[parent].frame;
    arc->callee = nodes[node].frame;
    arc->calls = nodes[node].calls > 0 ? nodes[node].calls : 1;
  }
}

// What a call of a function costs that is on the stack already is part of what the outer call costs.
static void leave_out_recursion(struct file *file)
{
  const struct profile_node *nodes = file->profile->nodes;
  for (uint32_t node = 1, above = 0; node < file->profile->node_count; above = node++) {
    for (; above != nodes[node].parent; above = nodes[above].parent)
      file->open[nodes[above].frame]--;
    if (file->open[nodes[node].frame]++ > 0)
      file->arcs[node].cost = (struct cost){0};
  }
}

static int by_functions(const void *left, const void *right)
{
  const struct arc *a = left, *b = right;
  if (a->caller != b->caller)
    return a->caller < b->caller ? -1 : 1;
  return (a->callee > b->callee) - (a->callee < b->callee);
}

static void merge_arcs(struct file *file)
{
  size_t count = 0;
  memmove(file->arcs, file->arcs + 1, (file->profile->node_count - 1) * sizeof *file->arcs); // the root has none
  qsort(file->arcs, file->profile->node_count - 1, sizeof *file->arcs, by_functions);
  for (size_t i = 0; i < file->profile->node_count - 1; i++) {
    struct arc *last = count > 0 ? &file->arcs[count - 1] : NULL;
    if (last && by_functions(last, &file->arcs[i]) == 0) {
      last->calls += file->arcs[i].calls;
      add_cost(&last->cost, &file->arcs[i].cost);
    } else {
      file->arcs[count++] = file->arcs[i];
    }
  }
  file->arc_count = count;
}

static void put_cost(struct file *file, const char *before, const struct cost *cost)
{
  byte_sink_text(file->out, before);
  for (size_t i = 0; i < file->measure_count; i++)
    byte_sink_printf(file->out, "%s%" PRIu64, i > 0 ? " " : "", cost->of[i]);
  byte_sink_text(file->out, "\n");
}

static void put_line_cost(struct file *file, uint32_t line, const struct cost *cost)
{
  byte_sink_printf(file->out, "%" PRIu32, line);
  put_cost(file, " ", cost);
}

// A name is written once and known by its number from then on.
static void put_name(struct file *file, const char *keyword, size_t number, bool known, const char *name)
{
  byte_sink_printf(file->out, "%s=(%zu)", keyword, number);
  if (!known) {
    byte_sink_text(file->out, " ");
    byte_sink_text(file->out, name);
  }
  byte_sink_text(file->out, "\n");
}

// Both lines that name a function. 0, or -1 when out of memory.
static int put_function(struct file *file, const char *file_keyword, const char *keyword, uint32_t index)
{
  const struct profile_frame *frame = index < file->profile->frame_count ? &file->profile->frames[index] : NULL;
  const char *source = frame && frame->line > 0 && *frame->file ? text_name(&file->scratch, frame->file) : "???";
  uint32_t known = string_table_count(file->files), number = string_table_intern(file->files, source, strlen(source));
  if (number == STRING_TABLE_FAILED)
    return -1;
  put_name(file, file_keyword, number, number < known, source);
  put_name(file, keyword, index + 1, file->named[index], frame ? text_name(&file->scratch, frame->name) : ALL);
  file->named[index] = true;
  return file->scratch.failed ? -1 : 0;
}

static uint32_t line_of(const struct file *file, uint32_t index)
{
  return index < file->profile->frame_count ? file->profile->frames[index].line : 0;
}

// A function with its arcs, from `*at` on; `*at` moves behind them.
static int put_costs(struct file *file, uint32_t index, const struct cost *own, size_t *at)
{
  byte_sink_text(file->out, "\n");
  if (put_function(file, "fl", "fn", index) < 0)
    return -1;
  put_line_cost(file, line_of(file, index), own);
  for (; *at < file->arc_count && file->arcs[*at].caller == index; ++*at) {
    const struct arc *arc = &file->arcs[*at];
    if (put_function(file, "cfi", "cfn", arc->callee) < 0)
      return -1;
    byte_sink_printf(file->out, "calls=%" PRIu64 " %" PRIu32 "\n", arc->calls, line_of(file, arc->callee));
    put_line_cost(file, line_of(file, index), &arc->cost);
  }
  return 0;
}

static void put_caption(struct file *file, const char *keyword, const char *caption)
{
  if (*caption)
    byte_sink_printf(file->out, "%s: %s\n", keyword, text_name(&file->scratch, caption));
}

static void put_head(struct file *file, const struct picture *picture)
{
  byte_sink_text(file->out, "# callgrind format\nversion: 1\ncreator: flambeau " FLAMBEAU_VERSION "\n");
  put_caption(file, "cmd", picture->title);
  put_caption(file, "desc", picture->subtitle);
  byte_sink_text(file->out, "positions: line\nevents:");
  for (size_t i = 0; i < file->measure_count; i++)
    byte_sink_printf(file->out, " %c%s", toupper(file->measures[i].name[0]), file->measures[i].name + 1);
  put_cost(file, "\nsummary: ", &file->total);
}

static int put_file(struct file *file, const struct picture *picture, struct error *err)
{
  const struct cost nothing = {0};
  uint32_t frame_count = (uint32_t)file->profile->frame_count;
  size_t at = 0;
  int status = 0;
  put_head(file, picture);
  for (uint32_t frame = 0; frame < frame_count && status == 0; frame++) {
    bool has_cost = memcmp(&file->own[frame], &nothing, sizeof nothing) != 0;
    if (has_cost || (at < file->arc_count && file->arcs[at].caller == frame))
      status = put_costs(file, frame, &file->own[frame], &at);
  }
  if (status == 0)
    status = put_costs(file, frame_count, &nothing, &at);
  put_cost(file, "\ntotals: ", &file->total);
  if (file->out->error.code != ERROR_NONE)
    return error_set(err, file->out->error.code, "%s", file->out->error.message);
  return status < 0 ? error_set(err, ERROR_MEMORY, "out of memory while writing") : 0;
}

static int callgrind_render(const struct picture *picture, struct byte_sink *out, struct error *err)
{
  const struct profile *profile = picture->profile;
  if (measures_check(picture, err) < 0)
    return -1;
  struct file file = {
      .profile = profile,
      .out = out,
      .own = calloc(profile->frame_count, sizeof *file.own),
      .arcs = calloc(profile->node_count, sizeof *file.arcs),
      .open = calloc(profile->frame_count, sizeof *file.open),
      .named = calloc(profile->frame_count + 1, sizeof *file.named),
      .files = string_table_new(),
  };
  bytes_init(&file.scratch, TEXT_SCRATCH_BYTES);
  int status;
  if (file.own && file.arcs && file.open && file.named && file.files) {
    choose_measures(&file, picture->weight);
    add_up(&file);
    leave_out_recursion(&file);
    merge_arcs(&file);
    status = put_file(&file, picture, err);
  } else {
    status = error_set(err, ERROR_MEMORY, "out of memory for %zu stacks", profile->node_count);
  }
  bytes_release(&file.scratch);
  string_table_free(file.files);
  free(file.named);
  free(file.open);
  free(file.arcs);
  free(file.own);
  return status;
}

const struct renderer renderer_callgrind = {
    .name = "callgrind",
    .extension = ".callgrind",
    .summary = "for KCachegrind and callgrind_annotate",
    .render = callgrind_render,
};
