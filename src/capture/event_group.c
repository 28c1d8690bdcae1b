// The events of a while are staged in one buffer in the order they came, with a list of whose they are, and sorted
// into one chunk per process when the group is written: so a stream in which many processes alternate stays compact.
// Invariant: a reader, who takes a group's events in order of time and at equal times of the first chunk, gets exactly
// the order in which they came; an event that would break this ends the group.
//
//   came              A@10 A@11 B@11 A@12 B@13, then A@12: would come back before B@13
//   chunks, written   A: 10 11 12     B: 11 13             a new group with A: 12
#include "event_group.h"

#include <stdlib.h>
#include <string.h>

#include "decode/packed.h"
#include "event/trace_event.h"

#define TARGET_BYTES ((size_t)64 * 1024) // a group as large as this has ended
#define CHUNKS_MAX 4096u
#define FIRST_CAPACITY 64u
#define FIXED_EVENT_MAX_BYTES 24u // of any event without a stack's ids
#define STAGED_MAX_BYTES (TARGET_BYTES + FIXED_EVENT_MAX_BYTES + sizeof(uint32_t) * PACKED_STACK_MAX)

struct open_chunk {
  uint32_t process;
  uint32_t previous_function; // as a reader knows it, for calls that leave out their caller
  bool has_previous;
  int64_t base_ns, clock_ns;
  size_t size;
  size_t end; // while the group is written: how far the chunk is filled, in the records
};

struct staged_run {
  uint32_t chunk;
  uint32_t size;
};

struct group_process {
  uint64_t group; // the number of the group in which `chunk` is its chunk; 0: none yet
  int64_t last_ns;
  uint32_t chunk;
  bool defined;
};

void event_group_init(struct event_group *group)
{
  *group = (struct event_group){.number = 1};
  bytes_init(&group->staged, STAGED_MAX_BYTES);
}

void event_group_release(struct event_group *group)
{
  bytes_release(&group->staged);
  free(group->runs);
  free(group->chunks);
  free(group->known);
}

static int no_memory(struct error *err)
{
  return error_set(err, ERROR_MEMORY, "out of memory while writing the capture");
}

// Makes room for element `index`, new ones zeroed. False when out of memory.
static bool make_room(void **array, size_t *capacity, size_t index, size_t element_size)
{
  if (index < *capacity)
    return true;
  size_t wanted = *capacity ? *capacity : FIRST_CAPACITY;
  while (wanted <= index)
    wanted *= 2;
  char *larger = realloc(*array, wanted * element_size);
  if (!larger)
    return false;
  memset(larger + *capacity * element_size, 0, (wanted - *capacity) * element_size);
  *array = larger;
  *capacity = wanted;
  return true;
}

int event_group_define_process(struct event_group *group, uint32_t id, struct error *err)
{
  if (!make_room((void **)&group->known, &group->known_capacity, id, sizeof *group->known))
    return no_memory(err);
  struct group_process *process = &group->known[id];
  if (!process->defined)
    *process = (struct group_process){.last_ns = INT64_MIN, .defined = true};
  return 0;
}

static uint8_t *put_be16(uint8_t *at, uint32_t value)
{
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
  return at + 2;
}

static uint8_t *put_be32(uint8_t *at, uint32_t value)
{
  return put_be16(put_be16(at, value >> 16), value & 0xffff);
}

static uint8_t *put_be64(uint8_t *at, uint64_t value)
{
  return put_be32(put_be32(at, (uint32_t)(value >> 32)), (uint32_t)value);
}

static uint8_t *put_id(uint8_t *at, uint32_t id, uint8_t tag)
{
  return tag & PACKED_LONG_IDS ? put_be32(at, id) : put_be16(at, id);
}

static bool has_long_id(const struct trace_event *event)
{
  if ((event->function | event->caller | event->child) >= PACKED_SHORT_ID_LIMIT)
    return true;
  for (size_t i = 0; i < event->stack_size; i++)
    if (event->stack[i] >= PACKED_SHORT_ID_LIMIT)
      return true;
  return false;
}

static bool names_function(enum event_kind kind)
{
  return kind == EVENT_CALL || kind == EVENT_RETURN_TO || kind == EVENT_OUT || kind == EVENT_IN || kind == EVENT_BEGIN;
}

static uint8_t tag_of(const struct trace_event *event, uint64_t delta_ns, const struct open_chunk *chunk)
{
  uint8_t tag = (uint8_t)event->kind;
  if (delta_ns >= PACKED_SHORT_DELTA_LIMIT)
    tag |= PACKED_LONG_DELTA;
  if (has_long_id(event))
    tag |= PACKED_LONG_IDS;
  if (event->kind == EVENT_CALL && chunk->has_previous && event->caller == chunk->previous_function)
    tag |= PACKED_SAME_CALLER;
  return tag;
}

static uint8_t *put_operands(uint8_t *at, const struct trace_event *event, uint8_t tag)
{
  switch (event->kind) {
  case EVENT_CALL:
    at = put_id(at, event->function, tag);
    return tag & PACKED_SAME_CALLER ? at : put_id(at, event->caller, tag);
  case EVENT_RETURN_TO:
  case EVENT_OUT:
  case EVENT_IN:
    return put_id(at, event->function, tag);
  case EVENT_GC_START:
    *at = event->major;
    return at + 1;
  case EVENT_GC_END:
    *at = event->major;
    return put_be64(at + 1, event->words);
  case EVENT_SAMPLE:
    *at++ = (uint8_t)event->status;
    // fall through
  case EVENT_STACK:
    *at = event->stack_cut ? PACKED_STACK_CUT : event->stack_again ? PACKED_STACK_AGAIN : 0;
    at = put_be32(at + 1, (uint32_t)event->stack_size);
    for (size_t i = 0; i < event->stack_size; i++)
      at = put_id(at, event->stack[i], tag);
    return at;
  case EVENT_STATUS:
    *at = (uint8_t)event->status;
    return at + 1;
  case EVENT_SPAWN:
    return put_id(put_id(at, event->child, tag), event->function, tag);
  case EVENT_LOST:
    return put_be64(at, event->lost);
  case EVENT_BEGIN:
    return put_id(put_id(at, event->function, tag), event->caller, tag);
  case EVENT_LEAVE:
    *at = (uint8_t)event->ending;
    return at + 1;
  default: // EVENT_EXIT, EVENT_END
    return at;
  }
}

// Stages the packed event. Its size, or 0 when out of memory.
static size_t stage(struct event_group *group, const struct open_chunk *chunk, const struct trace_event *event)
{
  size_t before = group->staged.size;
  uint8_t *start = bytes_reserve(&group->staged, FIXED_EVENT_MAX_BYTES + sizeof(uint32_t) * event->stack_size);
  if (!start)
    return 0;
  uint64_t delta_ns = (uint64_t)event->time_ns - (uint64_t)chunk->clock_ns;
  uint8_t tag = tag_of(event, delta_ns, chunk);
  uint8_t *at = start;
  if (tag & PACKED_LONG_DELTA) {
    *at = tag;
    at = put_be64(at + 1, delta_ns);
  } else {
    at = put_be32(at, (uint32_t)tag << 24 | (uint32_t)delta_ns);
  }
  size_t size = (size_t)(put_operands(at, event, tag) - start);
  group->staged.size = before + size;
  return size;
}

static bool note_run(struct event_group *group, uint32_t chunk, size_t size)
{
  if (group->run_count > 0 && group->runs[group->run_count - 1].chunk == chunk) {
    group->runs[group->run_count - 1].size += (uint32_t)size;
    return true;
  }
  if (!make_room((void **)&group->runs, &group->run_capacity, group->run_count, sizeof *group->runs))
    return false;
  group->runs[group->run_count++] = (struct staged_run){.chunk = chunk, .size = (uint32_t)size};
  return true;
}

// Would a reader bring the event of this chunk, standing at `place_ns`, after all that came before?
static bool keeps_order(const struct event_group *group, int64_t place_ns, uint32_t chunk)
{
  if (event_group_is_empty(group) || place_ns > group->last_place_ns)
    return true;
  return place_ns == group->last_place_ns && chunk >= group->last_chunk;
}

static int check(const struct event_group *group, const struct trace_event *event, struct error *err)
{
  if (event->process >= group->known_capacity || !group->known[event->process].defined)
    return error_set(err, ERROR_DATA, "the trace data is damaged: events of a process that was not defined");
  if (event->kind != EVENT_STATUS && event->time_ns < group->known[event->process].last_ns)
    return error_set(err, ERROR_DATA, "the trace data is damaged: the time of a process falls");
  if (event->stack_size > PACKED_STACK_MAX)
    return error_set(err, ERROR_MEMORY, "a stack of more than %u frames cannot be kept", PACKED_STACK_MAX);
  return 0;
}

// Opens the process's chunk in this group. False when out of memory.
static bool open_chunk(struct event_group *group, uint32_t process_id, int64_t base_ns)
{
  if (!make_room((void **)&group->chunks, &group->chunk_capacity, group->chunk_count, sizeof *group->chunks))
    return false;
  struct group_process *process = &group->known[process_id];
  process->group = group->number;
  process->chunk = (uint32_t)group->chunk_count;
  group->chunks[group->chunk_count++] =
      (struct open_chunk){.process = process_id, .base_ns = base_ns, .clock_ns = base_ns};
  return true;
}

// Where the clock of a new chunk starts. A status does not move it, so it must stand no later than what follows.
static int64_t base_for(const struct group_process *process, const struct trace_event *event)
{
  if (event->kind != EVENT_STATUS || process->last_ns == INT64_MIN || process->last_ns > event->time_ns)
    return event->time_ns;
  return process->last_ns;
}

enum group_outcome event_group_add(struct event_group *group, const struct trace_event *event, struct error *err)
{
  if (check(group, event, err) != 0)
    return GROUP_FAILED;
  struct group_process *process = &group->known[event->process];
  bool is_status = event->kind == EVENT_STATUS;
  bool is_open = process->group == group->number;
  uint32_t index = is_open ? process->chunk : (uint32_t)group->chunk_count;
  int64_t clock_ns = is_open ? group->chunks[index].clock_ns : base_for(process, event);
  int64_t place_ns = is_status ? clock_ns : event->time_ns;
  if (group->staged.size >= TARGET_BYTES || event->time_ns < clock_ns || !keeps_order(group, place_ns, index) ||
      (!is_open && group->chunk_count == CHUNKS_MAX))
    return GROUP_ENDED;

  if (!is_open && !open_chunk(group, event->process, clock_ns))
    return (enum group_outcome)no_memory(err);
  struct open_chunk *chunk = &group->chunks[index];
  size_t size = stage(group, chunk, event);
  if (size == 0 || !note_run(group, index, size))
    return (enum group_outcome)no_memory(err);
  chunk->size += size;
  if (!is_status)
    chunk->clock_ns = process->last_ns = event->time_ns;
  if (names_function(event->kind)) {
    chunk->previous_function = event->function;
    chunk->has_previous = true;
  }
  group->last_place_ns = place_ns;
  group->last_chunk = index;
  return GROUP_TAKEN;
}

static void begin_next(struct event_group *group)
{
  bytes_clear(&group->staged);
  group->run_count = group->chunk_count = 0;
  group->number++;
}

void event_group_write(struct event_group *group, struct bytes *records)
{
  for (size_t i = 0; i < group->chunk_count; i++) {
    struct open_chunk *chunk = &group->chunks[i];
    bytes_append_u8(records, PACKED_CHUNK);
    bytes_append_be(records, chunk->process, 4);
    bytes_append_be(records, (uint64_t)chunk->base_ns, 8);
    bytes_append_be(records, chunk->size, 4);
    chunk->end = records->size;
    bytes_reserve(records, chunk->size);
  }
  const uint8_t *from = group->staged.data;
  for (size_t i = 0; i < group->run_count && !records->failed; i++) {
    const struct staged_run *run = &group->runs[i];
    struct open_chunk *chunk = &group->chunks[run->chunk];
    memcpy(records->data + chunk->end, from, run->size);
    chunk->end += run->size;
    from += run->size;
  }
  begin_next(group);
}
