// Grows a profile: frames by (kind, name), nodes by (parent, frame), tables beside them. Everything is an index into
// an array born with its limit. Invariant: a node's parent has a smaller index; after the first failure nothing is
// added and there will be no profile.
#include "builder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/string_table.h"

#define PROFILE_MAX_BYTES ((size_t)4 << 30)
#define PROFILE_MAX_KEY_BYTES ((size_t)1 << 24)

#define FIRST_SLOT_BITS 10

struct profile_builder *profile_builder_new(struct error *err)
{
  struct profile_builder *builder = calloc(1, sizeof *builder);
  if (!builder) {
    error_set(err, ERROR_MEMORY, "out of memory for a profile");
    return NULL;
  }
  bytes_init(&builder->key, PROFILE_MAX_KEY_BYTES);
  bytes_init(&builder->frames, PROFILE_MAX_FRAMES * sizeof(struct profile_frame));
  bytes_init(&builder->tallies, PROFILE_MAX_FRAMES * sizeof(struct frame_tally));
  bytes_init(&builder->nodes, PROFILE_MAX_NODES * sizeof(struct build_node));
  bytes_init(&builder->intervals, PROFILE_MAX_NODES * sizeof(struct interval_tally));
  bytes_init(&builder->frame_intervals, PROFILE_MAX_NODES * sizeof(struct frame_intervals));
  bytes_init(&builder->tracing, PROFILE_MAX_NODES * sizeof(uint64_t));
  bytes_init(&builder->processes, PROFILE_MAX_FRAMES * sizeof(struct profile_process));
  bytes_init(&builder->facts, PROFILE_MAX_FACTS * sizeof(struct build_fact));
  bytes_init(&builder->spans, PROFILE_MAX_NODES * sizeof(struct profile_span));
  bytes_init(&builder->calls, PROFILE_MAX_CALLS * sizeof(struct profile_call));
  bytes_init(&builder->frame_times, PROFILE_MAX_FRAMES * sizeof(struct profile_spread));
  bytes_init(&builder->modules, PROFILE_MAX_FRAMES * sizeof(struct profile_module));
  if (getrandom(&builder->multiplier, sizeof builder->multiplier, GRND_NONBLOCK) < 0)
    builder->multiplier = (uintptr_t)builder * 0x9e3779b97f4a7c15u;
  builder->multiplier |= 1;
  builder->slot_bits = FIRST_SLOT_BITS;
  builder->slots = calloc((size_t)1 << FIRST_SLOT_BITS, sizeof *builder->slots);
  builder->arena = arena_new(PROFILE_MAX_BYTES);
  builder->keys = string_table_new();
  builder->applications = string_table_new();
  bytes_init(&builder->application_texts, PROFILE_MAX_FRAMES * sizeof(const char *));
  bytes_append(&builder->application_texts, &(const char *){""}, sizeof(const char *)); // the table's first
  struct build_node *root = (struct build_node *)bytes_reserve(&builder->nodes, sizeof *root);
  if (!builder->slots || !builder->arena || !builder->keys || !builder->applications || !root) {
    profile_builder_free(builder);
    error_set(err, ERROR_MEMORY, "out of memory for a profile");
    return NULL;
  }
  *root = (struct build_node){0};
  builder->node_count = 1;
  return builder;
}

void profile_builder_free(struct profile_builder *builder)
{
  if (!builder)
    return;
  struct build_fact *facts = (struct build_fact *)builder->facts.data;
  for (size_t i = 0; i < builder->facts.size / sizeof *facts; i++) {
    free(facts[i].key);
    free(facts[i].value);
  }
  bytes_release(&builder->key);
  bytes_release(&builder->frames);
  bytes_release(&builder->tallies);
  bytes_release(&builder->nodes);
  bytes_release(&builder->intervals);
  bytes_release(&builder->frame_intervals);
  bytes_release(&builder->tracing);
  bytes_release(&builder->processes);
  bytes_release(&builder->facts);
  bytes_release(&builder->spans);
  bytes_release(&builder->calls);
  bytes_release(&builder->frame_times);
  bytes_release(&builder->modules);
  free(builder->slots);
  string_table_free(builder->keys);
  string_table_free(builder->applications);
  bytes_release(&builder->application_texts);
  arena_free(builder->arena);
  free(builder);
}

static uint32_t fail(struct profile_builder *builder)
{
  builder->failed = true;
  return PROFILE_FAILED;
}

static const char *keep(struct profile_builder *builder, const char *text, size_t size)
{
  if (size == 0)
    return "";
  char *copy = arena_alloc(builder->arena, size + 1);
  return copy ? memcpy(copy, text, size) : NULL;
}

uint32_t profile_builder_frame(struct profile_builder *builder, enum frame_kind kind, const char *name,
                               size_t name_size, const char *module, size_t module_size, bool native)
{
  name_size = strnlen(name, name_size);
  bytes_clear(&builder->key);
  bytes_append_u8(&builder->key, (uint8_t)kind);
  bytes_append(&builder->key, name, name_size);
  uint32_t count = builder_frame_count(builder);
  if (builder->failed || builder->key.failed)
    return fail(builder);
  uint32_t id = string_table_intern(builder->keys, (const char *)builder->key.data, builder->key.size);
  if (id == STRING_TABLE_FAILED)
    return fail(builder);
  if (id - 1 < count)
    return id - 1;

  struct profile_frame frame = {.kind = kind, .file = "", .native = native, .application = ""};
  frame.name = keep(builder, name, name_size);
  frame.module = keep(builder, module, strnlen(module, module_size));
  bytes_append(&builder->frames, &frame, sizeof frame);
  bytes_append(&builder->tallies, &(struct frame_tally){0}, sizeof(struct frame_tally));
  if (!frame.name || !frame.module || builder->frames.failed || builder->tallies.failed)
    return fail(builder);
  return count;
}

int profile_builder_rename(struct profile_builder *builder, uint32_t frame, const char *name)
{
  const char *kept = keep(builder, name, strlen(name));
  if (!kept) {
    fail(builder);
    return -1;
  }
  builder_frames(builder)[frame].name = kept;
  return 0;
}

int profile_builder_locate(struct profile_builder *builder, uint32_t frame, const char *file, uint32_t line)
{
  struct profile_frame *located = &builder_frames(builder)[frame];
  if (located->line)
    return 0;
  const char *kept = keep(builder, file, strlen(file));
  if (!kept) {
    fail(builder);
    return -1;
  }
  located->file = kept;
  located->line = line;
  return 0;
}

static const char *keep_application(struct profile_builder *builder, const char *application)
{
  uint32_t id = string_table_intern(builder->applications, application, strlen(application));
  if (id == STRING_TABLE_FAILED)
    return NULL;
  if (id == builder->application_texts.size / sizeof(const char *)) {
    const char *kept = keep(builder, application, strlen(application));
    bytes_append(&builder->application_texts, &kept, sizeof kept);
  }
  return builder->application_texts.failed ? NULL : ((const char **)builder->application_texts.data)[id];
}

int profile_builder_belongs(struct profile_builder *builder, uint32_t frame, const char *application,
                            enum frame_origin origin)
{
  struct profile_frame *owned = &builder_frames(builder)[frame];
  if (owned->origin != ORIGIN_UNKNOWN)
    return 0;
  const char *kept = keep_application(builder, application);
  if (!kept) {
    fail(builder);
    return -1;
  }
  owned->application = kept;
  owned->origin = origin;
  return 0;
}

static uint32_t slot_of(const struct profile_builder *builder, uint32_t parent, uint32_t frame)
{
  uint64_t key = (uint64_t)parent << 32 | frame;
  return (uint32_t)(key * builder->multiplier >> (64 - builder->slot_bits));
}

// The slot of this child, or the empty one where it belongs.
static struct node_slot *find_slot(const struct profile_builder *builder, uint32_t parent, uint32_t frame)
{
  uint32_t mask = (uint32_t)(((uint64_t)1 << builder->slot_bits) - 1);
  uint32_t i = slot_of(builder, parent, frame);
  while (builder->slots[i].node && (builder->slots[i].parent != parent || builder->slots[i].frame != frame))
    i = (i + 1) & mask;
  return &builder->slots[i];
}

static void fill_slot(struct profile_builder *builder, uint32_t node)
{
  const struct build_node *of = &builder_nodes(builder)[node];
  *find_slot(builder, of->parent, of->frame) =
      (struct node_slot){.parent = of->parent, .frame = of->frame, .node = node};
}

static bool grow_slots(struct profile_builder *builder)
{
  struct node_slot *slots = calloc((size_t)2 << builder->slot_bits, sizeof *slots);
  if (!slots)
    return false;
  free(builder->slots);
  builder->slots = slots;
  builder->slot_bits++;
  const struct build_node *nodes = builder_nodes(builder);
  for (uint32_t node = 1; node < builder->node_count; node++) {
    if (nodes[nodes[node].parent].branched)
      fill_slot(builder, node);
  }
  return true;
}

// A new node is its parent's only child, in no slot, or one of several, in a slot like all of them.
static uint32_t add_node(struct profile_builder *builder, uint32_t parent, uint32_t frame)
{
  struct build_node *node = (struct build_node *)bytes_reserve(&builder->nodes, sizeof *node);
  if (!node || builder->failed)
    return fail(builder);
  *node = (struct build_node){.frame = frame, .parent = parent};
  uint32_t index = builder->node_count++;
  struct build_node *above = &builder_nodes(builder)[parent];
  if (!above->recent_child)
    return index;
  bool second = !above->branched;
  above->branched = 1;
  if (second)
    fill_slot(builder, above->recent_child);
  fill_slot(builder, index);
  builder->slots_used += second ? 2 : 1;
  if ((uint64_t)builder->slots_used * 2 > (uint64_t)1 << builder->slot_bits && !grow_slots(builder))
    return fail(builder);
  return index;
}

uint32_t builder_find_child(const struct profile_builder *builder, uint32_t parent, uint32_t frame)
{
  const struct build_node *from = &builder_nodes(builder)[parent];
  if (from->recent_frame == frame && from->recent_child)
    return from->recent_child;
  uint32_t node = from->branched ? find_slot(builder, parent, frame)->node : 0;
  return node ? node : PROFILE_FAILED;
}

uint32_t profile_builder_child(struct profile_builder *builder, uint32_t parent, uint32_t frame)
{
  uint32_t child = builder_find_child(builder, parent, frame);
  if (child == PROFILE_FAILED)
    child = add_node(builder, parent, frame);
  if (child != PROFILE_FAILED) {
    builder_nodes(builder)[parent].recent_child = child & 0x7fffffff;
    builder_nodes(builder)[parent].recent_frame = frame;
  }
  return child;
}

void profile_builder_add(struct profile_builder *builder, uint32_t node, uint64_t own, uint64_t calls)
{
  struct build_node *to = &builder_nodes(builder)[node];
  builder->overflowed |= __builtin_add_overflow(to->own, own, &to->own);
  to->calls += calls;
}

uint32_t profile_builder_bill(struct profile_builder *builder, uint32_t node, uint64_t own)
{
  struct build_node *to = &builder_nodes(builder)[node];
  builder->overflowed |= __builtin_add_overflow(to->own, own, &to->own);
  return to->frame;
}

// Room for `count` items.
__attribute__((noinline)) static bool widen(struct bytes *column, size_t count, size_t item)
{
  size_t more = count * item - column->size;
  uint8_t *room = bytes_reserve(column, more);
  if (room)
    memset(room, 0, more);
  return room != NULL;
}

static void tally_interval(struct profile_builder *builder, uint32_t node, uint32_t frame, uint64_t own,
                           enum interval_kind kind)
{
  struct bytes *nodes = &builder->intervals, *frames = &builder->frame_intervals;
  if ((node >= nodes->size / sizeof(struct interval_tally) &&
       !widen(nodes, builder->node_count, sizeof(struct interval_tally))) ||
      (frame >= frames->size / sizeof(struct frame_intervals) &&
       !widen(frames, builder_frame_count(builder), sizeof(struct frame_intervals)))) {
    builder->failed = true;
    return;
  }
  struct interval_tally *tally = (struct interval_tally *)nodes->data + node;
  tally->count[kind]++;
  tally->sum_ns += own;
  struct interval_sums *sums = &((struct frame_intervals *)frames->data)[frame].of[kind];
  sums->count++;
  sums->sum_ns += own;
  if (own <= INTERVAL_SHORT_NS) {
    sums->short_count++;
    sums->short_ns += own;
  }
}

uint32_t profile_builder_bill_interval(struct profile_builder *builder, uint32_t node, uint64_t own,
                                       enum interval_kind kind)
{
  uint32_t frame = profile_builder_bill(builder, node, own);
  tally_interval(builder, node, frame, own, kind);
  return frame;
}

int profile_builder_taken(struct profile_builder *builder, uint32_t node, uint64_t tracing_ns)
{
  struct bytes *tracing = &builder->tracing;
  if (node >= tracing->size / sizeof(uint64_t) && !widen(tracing, builder->node_count, sizeof(uint64_t))) {
    fail(builder);
    return -1;
  }
  ((uint64_t *)tracing->data)[node] += tracing_ns;
  return 0;
}

void profile_builder_call_elsewhere(struct profile_builder *builder, uint32_t frame)
{
  ((struct frame_tally *)builder->tallies.data)[frame].calls_elsewhere++;
}

void profile_builder_call_end(struct profile_builder *builder, uint32_t node, uint64_t length_ns)
{
  struct build_node *of = &builder_nodes(builder)[node];
  if (of->timed_calls++ == 0 || length_ns < of->call_min_ns)
    of->call_min_ns = length_ns;
  if (length_ns > of->call_max_ns)
    of->call_max_ns = length_ns;
  if (__builtin_add_overflow(of->call_sum_ns, length_ns, &of->call_sum_ns))
    of->call_sum_ns = UINT64_MAX;
}

void profile_builder_call_length(struct profile_builder *builder, uint32_t frame, uint64_t length_ns)
{
  struct frame_tally *tally = &((struct frame_tally *)builder->tallies.data)[frame];
  if (tally->timed_calls++ == 0 || length_ns < tally->call_min_ns)
    tally->call_min_ns = length_ns;
  if (length_ns > tally->call_max_ns)
    tally->call_max_ns = length_ns;
  if (__builtin_add_overflow(tally->call_sum_ns, length_ns, &tally->call_sum_ns))
    tally->call_sum_ns = UINT64_MAX;
}

uint32_t profile_builder_process(struct profile_builder *builder, const struct profile_process *process)
{
  struct profile_process copy = *process;
  copy.pid = keep(builder, process->pid, strlen(process->pid));
  copy.title = keep(builder, process->title, strlen(process->title));
  uint32_t index = (uint32_t)(builder->processes.size / sizeof copy);
  bytes_append(&builder->processes, &copy, sizeof copy);
  return copy.pid && copy.title && !builder->processes.failed ? index : fail(builder);
}

int profile_builder_fact(struct profile_builder *builder, const char *key, const char *value)
{
  struct build_fact *facts = (struct build_fact *)builder->facts.data;
  size_t count = builder->facts.size / sizeof *facts;
  char *value_copy = strdup(value);
  if (!value_copy) {
    fail(builder);
    return -1;
  }
  for (size_t i = 0; i < count; i++) {
    if (strcmp(facts[i].key, key) == 0) {
      free(facts[i].value);
      facts[i].value = value_copy;
      return 0;
    }
  }
  struct build_fact fact = {.key = strdup(key), .value = value_copy};
  if (fact.key)
    bytes_append(&builder->facts, &fact, sizeof fact);
  if (fact.key && !builder->facts.failed)
    return 0;
  free(fact.key);
  free(fact.value);
  fail(builder);
  return -1;
}

int profile_builder_module(struct profile_builder *builder, const struct profile_module *module)
{
  struct profile_module copy = *module;
  copy.name = keep(builder, module->name, strlen(module->name));
  bytes_append(&builder->modules, &copy, sizeof copy);
  if (copy.name && !builder->modules.failed)
    return 0;
  fail(builder);
  return -1;
}

int profile_builder_spans(struct profile_builder *builder, const struct profile_span *spans, size_t count,
                          uint64_t min_ns)
{
  bytes_clear(&builder->spans);
  bytes_append(&builder->spans, spans, count * sizeof *spans);
  builder->span_min_ns = min_ns;
  if (!builder->spans.failed)
    return 0;
  fail(builder);
  return -1;
}

int profile_builder_calls(struct profile_builder *builder, const struct profile_call *calls, size_t count,
                          uint64_t seen)
{
  bytes_clear(&builder->calls);
  bytes_append(&builder->calls, calls, count * sizeof *calls);
  builder->calls_seen = seen;
  if (!builder->calls.failed)
    return 0;
  fail(builder);
  return -1;
}

int profile_builder_measured(struct profile_builder *builder, uint64_t measured_calls,
                             const struct profile_spread *call_time, const struct profile_spread *frame_times)
{
  bytes_clear(&builder->frame_times);
  bytes_append(&builder->frame_times, frame_times, builder_frame_count(builder) * sizeof *frame_times);
  builder->measured_calls = measured_calls;
  builder->call_time = *call_time;
  if (!builder->frame_times.failed)
    return 0;
  fail(builder);
  return -1;
}

uint32_t profile_builder_frame_count(const struct profile_builder *builder)
{
  return builder_frame_count(builder);
}
