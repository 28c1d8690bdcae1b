// Chunks of packed events in, trace events out, in order of time. A heap holds, for every process, its first chunk
// that is not used up, by the time of the next event in it; the top one runs ahead until it passes the next.
// Invariants: no byte is read outside the chunk; every id that reaches the sink was defined; the times of a process
// never fall, but for a status, which goes with the event before it.
//
//   noted     0: process A: 10 12 30     1: process B: 11 13 14     2: process A: 31
//   heap      0@10 1@11 (2 waits for 0)
//   pushed    A 10, B 11, A 12, B 13, B 14, A 30, A 31
#include "chunks.h"

#include <stdbool.h>
#include <stdlib.h>

#include "decode/packed.h"
#include "event/event_sink.h"

#define FIRST_CAPACITY 16u
#define SHORT_HEAD_BYTES 4 // tag and delta
#define LONG_HEAD_BYTES 9
#define SHORT_DELTA_MASK (PACKED_SHORT_DELTA_LIMIT - 1) // of the tag and delta together

struct chunk {
  const uint8_t *at, *end;
  int64_t clock_ns;           // time of the event before `at`; the base at first
  int64_t event_ns;           // time of the event at `at`, once peeked
  int64_t place_ns;           // where that event stands in the order
  uint32_t process;           // the sender's id
  uint32_t next;              // the following chunk of the same process, or NO_CHUNK
  uint32_t previous_function; // for calls that leave out their caller
  bool has_previous;
};

static int damaged(struct error *err, const char *what)
{
  return error_set(err, ERROR_DATA, "the trace data is damaged: %s", what);
}

static int no_memory(struct error *err)
{
  return error_set(err, ERROR_MEMORY, "out of memory while decoding the trace");
}

static unsigned id_width(uint8_t tag)
{
  return tag & PACKED_LONG_IDS ? 4 : 2;
}

static unsigned head_size(uint8_t tag)
{
  return tag & PACKED_LONG_DELTA ? LONG_HEAD_BYTES : SHORT_HEAD_BYTES;
}

static unsigned size_of_operands(uint8_t tag)
{
  switch (tag & PACKED_KIND_MASK) {
  case EVENT_CALL:
    return tag & PACKED_SAME_CALLER ? id_width(tag) : 2 * id_width(tag);
  case EVENT_RETURN_TO:
  case EVENT_OUT:
  case EVENT_IN:
    return id_width(tag);
  case EVENT_GC_START:
  case EVENT_STATUS:
    return 1;
  case EVENT_GC_END:
    return 1 + 8;
  case EVENT_STACK:
    return 1 + 4;
  case EVENT_SAMPLE:
    return 1 + 1 + 4;
  case EVENT_SPAWN:
    return 2 * id_width(tag);
  case EVENT_LOST:
    return 8;
  case EVENT_BEGIN:
    return 2 * id_width(tag);
  case EVENT_LEAVE:
    return 1;
  default: // EVENT_EXIT, EVENT_END
    return 0;
  }
}

static uint8_t size_of_event(uint8_t tag)
{
  unsigned kind = tag & PACKED_KIND_MASK;
  if (kind < EVENT_CALL || kind > EVENT_SAMPLE || (tag & PACKED_SAME_CALLER && kind != EVENT_CALL))
    return 0;
  return (uint8_t)(head_size(tag) + size_of_operands(tag));
}

void chunks_init(struct chunks *chunks, const struct id_map *map, struct event_sink *sink)
{
  *chunks = (struct chunks){.map = map, .sink = sink};
  for (unsigned tag = 0; tag < sizeof chunks->event_size; tag++)
    chunks->event_size[tag] = size_of_event((uint8_t)tag);
}

void chunks_release(struct chunks *chunks)
{
  free(chunks->noted);
  free(chunks->heap);
  free(chunks->stack);
  *chunks = (struct chunks){0};
}

void chunks_clear(struct chunks *chunks)
{
  chunks->count = 0;
}

int chunks_note(struct chunks *chunks, uint32_t process, int64_t base_ns, const uint8_t *events, size_t size,
                struct error *err)
{
  if (size == 0)
    return 0;
  if (chunks->count == chunks->capacity) {
    uint32_t capacity = chunks->capacity ? chunks->capacity * 2 : FIRST_CAPACITY;
    struct chunk *noted = realloc(chunks->noted, capacity * sizeof *noted);
    if (!noted)
      return no_memory(err);
    chunks->noted = noted;
    uint32_t *heap = realloc(chunks->heap, capacity * sizeof *heap);
    if (!heap)
      return no_memory(err);
    chunks->heap = heap;
    chunks->capacity = capacity;
  }
  chunks->noted[chunks->count++] =
      (struct chunk){.at = events, .end = events + size, .clock_ns = base_ns, .process = process, .next = NO_CHUNK};
  return 0;
}

// Plain shifts: compilers make one load and one byte swap of each.
static inline uint32_t load_be16(const uint8_t *at)
{
  return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t load_be32(const uint8_t *at)
{
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint64_t load_be64(const uint8_t *at)
{
  return (uint64_t)load_be32(at) << 32 | load_be32(at + 4);
}

static inline uint32_t load_id(const uint8_t *at, uint8_t tag)
{
  return tag & PACKED_LONG_IDS ? load_be32(at) : load_be16(at);
}

// Reads the head of the event at the chunk's place. 1: it is whole, 0: the chunk has ended, -1: damage.
static inline int peek(const struct chunks *chunks, struct chunk *chunk, struct error *err)
{
  const uint8_t *at = chunk->at;
  if (at == chunk->end)
    return 0;
  uint8_t size = *at < sizeof chunks->event_size ? chunks->event_size[*at] : 0;
  if (size == 0)
    return damaged(err, "an event of an unknown kind");
  if (size > (size_t)(chunk->end - at))
    return damaged(err, "an event reaches past its chunk");
  uint64_t delta_ns = *at & PACKED_LONG_DELTA ? load_be64(at + 1) : load_be32(at) & SHORT_DELTA_MASK;
  if (__builtin_add_overflow(chunk->clock_ns, delta_ns, &chunk->event_ns))
    return damaged(err, "a time past the end of the clock");
  chunk->place_ns = (*at & PACKED_KIND_MASK) == EVENT_STATUS ? chunk->clock_ns : chunk->event_ns;
  return 1;
}

// `at` is where the stack's flags stand; its ids are behind the fixed part of the event.
static int read_stack(struct chunks *chunks, struct chunk *chunk, const uint8_t *at, uint8_t tag,
                      struct trace_event *event, struct error *err)
{
  uint8_t flags = at[0];
  size_t count = load_be32(at + 1);
  at += 5;
  if (flags > (event->kind == EVENT_SAMPLE ? PACKED_STACK_CUT : PACKED_STACK_AGAIN))
    return damaged(err, "a stack with unknown flags");
  if (count > PACKED_STACK_MAX)
    return damaged(err, "a stack is too deep");
  if (count > (size_t)(chunk->end - at) / id_width(tag))
    return damaged(err, "a stack reaches past its chunk");
  if (count > chunks->stack_capacity) {
    uint32_t *stack = realloc(chunks->stack, count * sizeof *stack);
    if (!stack)
      return no_memory(err);
    chunks->stack = stack;
    chunks->stack_capacity = count;
  }
  for (size_t i = 0; i < count; i++, at += id_width(tag))
    if (!id_map_function(chunks->map, load_id(at, tag), &chunks->stack[i]) || chunks->stack[i] == FUNCTION_NONE)
      return damaged(err, "a stack names a function that was not defined");
  event->stack = chunks->stack;
  event->stack_size = count;
  event->stack_cut = flags & PACKED_STACK_CUT;
  event->stack_again = flags & PACKED_STACK_AGAIN;
  chunk->at += count * id_width(tag);
  return 0;
}

static int read_spawn(const struct chunks *chunks, const uint8_t *operands, uint8_t tag, struct trace_event *event,
                      struct error *err)
{
  const struct process_slot *child = id_map_process(chunks->map, load_id(operands, tag));
  if (!child)
    return damaged(err, "a spawned process that was not defined");
  event->child = child->global_plus_one - 1;
  if (!id_map_function(chunks->map, load_id(operands + id_width(tag), tag), &event->function))
    return damaged(err, "a function that was not defined");
  return 0;
}

static int read_begin(const struct chunks *chunks, struct chunk *chunk, uint8_t tag, struct trace_event *event,
                      struct error *err)
{
  const uint8_t *operands = chunk->at + head_size(tag);
  if (!id_map_function(chunks->map, load_id(operands, tag), &event->function) || event->function == FUNCTION_NONE)
    return damaged(err, "a captured call of a function that was not defined");
  if (!id_map_function(chunks->map, load_id(operands + id_width(tag), tag), &event->caller))
    return damaged(err, "a caller that was not defined");
  chunk->previous_function = event->function;
  chunk->has_previous = true;
  return 0;
}

// The operands of the kinds that `run` does not read itself. A stack's ids are taken from the chunk.
static int read_rare(struct chunks *chunks, struct chunk *chunk, uint8_t tag, struct trace_event *event,
                     struct error *err)
{
  const uint8_t *operands = chunk->at + head_size(tag);
  switch (event->kind) {
  case EVENT_GC_START:
  case EVENT_GC_END:
    if (operands[0] > 1)
      return damaged(err, "a garbage collection that is neither minor nor major");
    event->major = operands[0];
    event->words = event->kind == EVENT_GC_END ? load_be64(operands + 1) : 0;
    return 0;
  case EVENT_STACK:
    return read_stack(chunks, chunk, operands, tag, event, err);
  case EVENT_SAMPLE:
    if (operands[0] > STATUS_EXITING)
      return damaged(err, "an unknown status of a process");
    event->status = (enum process_status)operands[0];
    return read_stack(chunks, chunk, operands + 1, tag, event, err);
  case EVENT_STATUS:
    if (operands[0] < STATUS_WAITING || operands[0] > STATUS_EXITING)
      return damaged(err, "an unknown status of a process");
    event->status = (enum process_status)operands[0];
    return 0;
  case EVENT_SPAWN:
    return read_spawn(chunks, operands, tag, event, err);
  case EVENT_LOST:
    event->lost = load_be64(operands);
    return 0;
  case EVENT_BEGIN:
    return read_begin(chunks, chunk, tag, event, err);
  case EVENT_LEAVE:
    if (operands[0] < CALL_RETURNED || operands[0] > CALL_RAISED)
      return damaged(err, "a captured call that neither returned nor raised");
    event->ending = (enum call_ending)operands[0];
    return 0;
  default: // EVENT_EXIT, EVENT_END
    return 0;
  }
}

// The function and caller of a call, return to, out or in.
static inline int read_functions(const struct chunks *chunks, struct chunk *chunk, uint8_t tag,
                                 struct trace_event *event, struct error *err)
{
  const uint8_t *operands = chunk->at + head_size(tag);
  if (!id_map_function(chunks->map, load_id(operands, tag), &event->function))
    return damaged(err, "a function that was not defined");
  event->caller = FUNCTION_NONE;
  if (event->kind == EVENT_CALL) {
    if (event->function == FUNCTION_NONE)
      return damaged(err, "a call of no function");
    if (!(tag & PACKED_SAME_CALLER)) {
      if (!id_map_function(chunks->map, load_id(operands + id_width(tag), tag), &event->caller))
        return damaged(err, "a caller that was not defined");
    } else if (chunk->has_previous) {
      event->caller = chunk->previous_function;
    } else {
      return damaged(err, "a call leaves out its caller where none is known");
    }
  }
  chunk->previous_function = event->function;
  chunk->has_previous = true;
  return 0;
}

// Pushes the chunk's events that stand at or before `until_ns`. 1: there are more, 0: it has ended, -1: failure.
static int run(struct chunks *chunks, struct chunk *noted, int64_t until_ns, struct error *err)
{
  struct event_sink *sink = chunks->sink;
  struct process_slot *slot = id_map_process(chunks->map, noted->process);
  struct chunk chunk = *noted; // a copy nobody points to is kept in registers
  int64_t last_ns = slot->last_ns;
  int more;
  while ((more = peek(chunks, &chunk, err)) == 1 && chunk.place_ns <= until_ns) {
    uint8_t tag = *chunk.at;
    struct trace_event event = {
        .kind = tag & PACKED_KIND_MASK, .process = slot->global_plus_one - 1, .time_ns = chunk.event_ns};
    int failed = event.kind <= EVENT_IN ? read_functions(chunks, &chunk, tag, &event, err)
                                        : read_rare(chunks, &chunk, tag, &event, err);
    if (failed)
      return -1;
    if (event.kind != EVENT_STATUS) {
      if (chunk.event_ns < last_ns)
        return damaged(err, "the time of a process falls");
      chunk.clock_ns = last_ns = chunk.event_ns;
    }
    chunk.at += chunks->event_size[tag];
    if (sink->ops->event(sink, &event, err) != 0)
      return -1;
    chunks->events++;
  }
  slot->last_ns = last_ns;
  *noted = chunk;
  return more;
}

static inline bool stands_before(const struct chunks *chunks, uint32_t left, uint32_t right)
{
  int64_t left_ns = chunks->noted[left].place_ns, right_ns = chunks->noted[right].place_ns;
  return left_ns < right_ns || (left_ns == right_ns && left < right);
}

static void sift_down(struct chunks *chunks, uint32_t at)
{
  uint32_t *heap = chunks->heap;
  uint32_t moved = heap[at];
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= chunks->heap_count)
      break;
    if (child + 1 < chunks->heap_count && stands_before(chunks, heap[child + 1], heap[child]))
      child++;
    if (!stands_before(chunks, heap[child], moved))
      break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = moved;
}

// Links the chunks of one process and puts each process's first one into the heap.
static int fill_heap(struct chunks *chunks, struct error *err)
{
  chunks->heap_count = 0;
  for (uint32_t i = 0; i < chunks->count; i++)
    id_map_process(chunks->map, chunks->noted[i].process)->last_chunk = NO_CHUNK;
  for (uint32_t i = 0; i < chunks->count; i++) {
    struct process_slot *slot = id_map_process(chunks->map, chunks->noted[i].process);
    if (slot->last_chunk != NO_CHUNK)
      chunks->noted[slot->last_chunk].next = i;
    else if (peek(chunks, &chunks->noted[i], err) < 0)
      return -1;
    else
      chunks->heap[chunks->heap_count++] = i;
    slot->last_chunk = i;
  }
  for (uint32_t i = chunks->heap_count / 2; i-- > 0;)
    sift_down(chunks, i);
  return 0;
}

// How far the chunk at the top of the heap may run before another one's turn comes.
static int64_t turn_ends_ns(const struct chunks *chunks)
{
  if (chunks->heap_count < 2)
    return INT64_MAX;
  uint32_t top = chunks->heap[0], rival = chunks->heap[1];
  if (chunks->heap_count > 2 && stands_before(chunks, chunks->heap[2], rival))
    rival = chunks->heap[2];
  int64_t rival_ns = chunks->noted[rival].place_ns;
  return top < rival ? rival_ns : rival_ns - 1; // no underflow: the top stands before its rival
}

static int push_in_order(struct chunks *chunks, struct error *err)
{
  if (fill_heap(chunks, err) != 0)
    return -1;
  while (chunks->heap_count > 0) {
    struct chunk *top = &chunks->noted[chunks->heap[0]];
    int more = run(chunks, top, turn_ends_ns(chunks), err);
    if (more < 0)
      return -1;
    if (!more && top->next != NO_CHUNK) {
      chunks->heap[0] = top->next;
      if (peek(chunks, &chunks->noted[top->next], err) < 0)
        return -1;
    } else if (!more) {
      chunks->heap[0] = chunks->heap[--chunks->heap_count];
    }
    if (chunks->heap_count > 0)
      sift_down(chunks, 0);
  }
  return 0;
}

int chunks_push(struct chunks *chunks, struct error *err)
{
  int result = push_in_order(chunks, err);
  chunks_clear(chunks);
  return result;
}
