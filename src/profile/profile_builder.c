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
#define PROFILE_MAX_FACTS 1024
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
  bytes_init(&builder->processes, PROFILE_MAX_FRAMES * sizeof(struct profile_process));
  bytes_init(&builder->facts, PROFILE_MAX_FACTS * sizeof(struct build_fact));
  bytes_init(&builder->spans, PROFILE_MAX_NODES * sizeof(struct profile_span));
  bytes_init(&builder->calls, PROFILE_MAX_CALLS * sizeof(struct profile_call));
  bytes_init(&builder->modules, PROFILE_MAX_FRAMES * sizeof(struct profile_module));
  if (getrandom(&builder->multiplier, sizeof builder->multiplier, GRND_NONBLOCK) < 0)
    builder->multiplier = (uintptr_t)builder * 0x9e3779b97f4a7c15u;
  builder->multiplier |= 1;
  builder->slot_bits = FIRST_SLOT_BITS;
  builder->slots = calloc((size_t)1 << FIRST_SLOT_BITS, sizeof *builder->slots);
  builder->arena = arena_new(PROFILE_MAX_BYTES);
  builder->keys = string_table_new();
  struct build_node *root = (struct build_node *)bytes_reserve(&builder->nodes, sizeof *root);
  if (!builder->slots || !builder->arena || !builder->keys || !root) {
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
  bytes_release(&builder->processes);
  bytes_release(&builder->facts);
  bytes_release(&builder->spans);
  bytes_release(&builder->calls);
  bytes_release(&builder->modules);
  free(builder->slots);
  string_table_free(builder->keys);
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

int profile_builder_belongs(struct profile_builder *builder, uint32_t frame, const char *application,
                            enum frame_origin origin)
{
  struct profile_frame *owned = &builder_frames(builder)[frame];
  if (owned->origin != ORIGIN_UNKNOWN)
    return 0;
  const char *kept = keep(builder, application, strlen(application));
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

static bool grow_slots(struct profile_builder *builder)
{
  unsigned bits = builder->slot_bits + 1;
  struct node_slot *slots = calloc((size_t)1 << bits, sizeof *slots);
  if (!slots)
    return false;
  free(builder->slots);
  builder->slots = slots;
  builder->slot_bits = bits;
  uint32_t mask = (uint32_t)(((uint64_t)1 << bits) - 1);
  const struct build_node *nodes = builder_nodes(builder);
  for (uint32_t node = 1; node < builder->node_count; node++) {
    uint32_t i = slot_of(builder, nodes[node].parent, nodes[node].frame);
    while (slots[i].node)
      i = (i + 1) & mask;
    slots[i] = (struct node_slot){.parent = nodes[node].parent, .frame = nodes[node].frame, .node = node};
  }
  return true;
}

static uint32_t add_node(struct profile_builder *builder, uint32_t slot, uint32_t parent, uint32_t frame)
{
  struct build_node *node = (struct build_node *)bytes_reserve(&builder->nodes, sizeof *node);
  if (!node || builder->failed)
    return fail(builder);
  *node = (struct build_node){.frame = frame, .parent = parent};
  uint32_t index = builder->node_count++;
  builder->slots[slot] = (struct node_slot){.parent = parent, .frame = frame, .node = index};
  if ((uint64_t)builder->node_count * 2 > (uint64_t)1 << builder->slot_bits && !grow_slots(builder))
    return fail(builder);
  return index;
}

static uint32_t find_child(struct profile_builder *builder, uint32_t parent, uint32_t frame)
{
  uint32_t mask = (uint32_t)(((uint64_t)1 << builder->slot_bits) - 1);
  uint32_t i = slot_of(builder, parent, frame);
  for (; builder->slots[i].node; i = (i + 1) & mask) {
    if (builder->slots[i].parent == parent && builder->slots[i].frame == frame)
      return builder->slots[i].node;
  }
  return add_node(builder, i, parent, frame);
}

uint32_t profile_builder_child(struct profile_builder *builder, uint32_t parent, uint32_t frame)
{
  const struct build_node *from = &builder_nodes(builder)[parent];
  if (from->recent_frame == frame && from->recent_child)
    return from->recent_child;
  uint32_t child = find_child(builder, parent, frame);
  if (child != PROFILE_FAILED) {
    builder_nodes(builder)[parent].recent_child = child;
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
