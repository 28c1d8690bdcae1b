// Enters: the events of captured calls, of many processes mixed. Leaves: those of the slow ones, in the order in which
// they came in each process. Invariant: a held call's events are all from its begin to now, or all of them are counted
// as lost; held_bytes is the sum of their room.
#include "slow_calls.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

enum following {
  BETWEEN_CALLS, // or not in one yet
  HOLDING,       // `call` has what is held
  PASSING,       // the call is slow: its events go on as they come
};

struct slow_process {
  struct held_call *call;
  enum following following;
  bool mentioned; // the next sink has events of it
};

// An event in 32 bytes. The functions of a stack follow it, in the room of whole held events.
struct held_event {
  int64_t time_ns;
  uint64_t words; // or how many functions the stack has
  uint32_t function;
  uint32_t other; // the caller, or the child
  uint8_t kind;
  uint8_t status;
  bool major;
  bool stack_cut;
  bool stack_again;
};

struct held_call {
  struct held_call *next, **link; // in by_room; `link` is what points here
  struct trace_event begin;
  struct bytes events; // after `begin`
  uint64_t held;       // how many
  uint64_t lost;       // events that had no room; when there are any, none are held
};

static struct slow_calls *slow_of(struct event_sink *sink)
{
  return (struct slow_calls *)sink;
}

static unsigned bits_of(size_t room)
{
  return room ? 64 - (unsigned)__builtin_clzll(room) : 0;
}

static void link_by_room(struct slow_calls *slow, struct held_call *call)
{
  struct held_call **list = &slow->by_room[bits_of(call->events.capacity)];
  call->next = *list;
  call->link = list;
  if (call->next)
    call->next->link = &call->next;
  *list = call;
  slow->held_bytes += call->events.capacity;
}

static void unlink_by_room(struct slow_calls *slow, struct held_call *call)
{
  *call->link = call->next;
  if (call->next)
    call->next->link = call->link;
  slow->held_bytes -= call->events.capacity;
}

static void lose_events(struct slow_calls *slow, struct held_call *call)
{
  unlink_by_room(slow, call);
  bytes_release(&call->events);
  call->lost = call->held;
  call->held = 0;
  link_by_room(slow, call);
}

// Every round empties a call that has room, so this ends.
static void keep_to_the_limit(struct slow_calls *slow)
{
  size_t bits = sizeof slow->by_room / sizeof *slow->by_room - 1;
  while (slow->held_bytes > slow->limit_bytes) {
    while (bits > 0 && !slow->by_room[bits])
      bits--;
    lose_events(slow, slow->by_room[bits]);
  }
}

static size_t room_of_stack(size_t functions)
{
  size_t size = functions * sizeof(uint32_t), whole = sizeof(struct held_event);
  return (size + whole - 1) / whole * whole;
}

static bool has_stack(enum event_kind kind)
{
  return kind == EVENT_STACK || kind == EVENT_SAMPLE;
}

static void append_event(struct bytes *events, const struct trace_event *event)
{
  const struct held_event held = {
      .time_ns = event->time_ns,
      .words = has_stack(event->kind) ? event->stack_size : event->words,
      .function = event->function,
      .other = event->kind == EVENT_SPAWN ? event->child : event->caller,
      .kind = (uint8_t)event->kind,
      .status = (uint8_t)event->status,
      .major = event->major,
      .stack_cut = event->stack_cut,
      .stack_again = event->stack_again,
  };
  bytes_append(events, &held, sizeof held);
  if (!has_stack(event->kind) || event->stack_size == 0)
    return;
  uint8_t *room = bytes_reserve(events, room_of_stack(event->stack_size));
  if (room)
    memcpy(room, event->stack, event->stack_size * sizeof *event->stack);
}

// `held` as it came in; the stack is borrowed from where it is held.
static struct trace_event event_of(const struct held_event *held, uint32_t process)
{
  struct trace_event event = {
      .kind = held->kind,
      .process = process,
      .time_ns = held->time_ns,
      .function = held->function,
      .status = held->status,
      .major = held->major,
      .stack_cut = held->stack_cut,
      .stack_again = held->stack_again,
  };
  switch (event.kind) {
  case EVENT_STACK:
  case EVENT_SAMPLE:
    event.stack = (const uint32_t *)(held + 1);
    event.stack_size = held->words;
    break;
  case EVENT_SPAWN:
    event.child = held->other;
    break;
  default:
    event.caller = held->other;
    event.words = held->words;
  }
  return event;
}

static void hold_event(struct slow_calls *slow, struct held_call *call, const struct trace_event *event)
{
  if (call->lost > 0) {
    call->lost++;
    return;
  }
  unlink_by_room(slow, call);
  append_event(&call->events, event);
  call->held++;
  link_by_room(slow, call);
  if (call->events.failed) // there is no more room, by the limit or at all
    lose_events(slow, call);
  keep_to_the_limit(slow);
}

static void forget_call(struct slow_calls *slow, struct slow_process *process)
{
  unlink_by_room(slow, process->call);
  bytes_release(&process->call->events);
  free(process->call);
  process->call = NULL;
  process->following = BETWEEN_CALLS;
}

static int pass_held(struct slow_calls *slow, const struct held_call *call, struct error *err)
{
  struct event_sink *sink = &slow->filter.sink;
  const struct trace_event gap = {
      .kind = EVENT_LOST, .process = call->begin.process, .time_ns = call->begin.time_ns, .lost = call->lost};
  if (event_filter_event(sink, &call->begin, err) != 0 || (call->lost > 0 && event_filter_event(sink, &gap, err) != 0))
    return -1;
  const uint8_t *at = call->events.data;
  for (uint64_t i = 0; i < call->held; i++) {
    const struct trace_event event = event_of((const struct held_event *)at, call->begin.process);
    if (event_filter_event(sink, &event, err) != 0)
      return -1;
    at += sizeof(struct held_event) + room_of_stack(event.stack_size);
  }
  return 0;
}

static int pass(struct slow_calls *slow, struct slow_process *process, const struct trace_event *event,
                struct error *err)
{
  bool ends = event->kind == EVENT_LEAVE || event->kind == EVENT_EXIT || event->kind == EVENT_END;
  process->mentioned = true;
  process->following = ends ? BETWEEN_CALLS : PASSING;
  slow->kept += event->kind == EVENT_BEGIN;
  return event_filter_event(&slow->filter.sink, event, err);
}

static int begin_call(struct slow_calls *slow, struct slow_process *process, const struct trace_event *event,
                      struct error *err)
{
  struct held_call *call = malloc(sizeof *call);
  if (!call)
    return error_set(err, ERROR_MEMORY, "out of memory");
  *call = (struct held_call){.begin = *event};
  bytes_init(&call->events, slow->limit_bytes);
  link_by_room(slow, call);
  process->call = call;
  process->following = HOLDING;
  return 0;
}

// A status says when somebody looked, which may be later than what happened next.
static bool is_slow(const struct slow_calls *slow, const struct trace_event *begin, const struct trace_event *event)
{
  return event->kind != EVENT_STATUS && event->time_ns >= begin->time_ns &&
         (uint64_t)event->time_ns - (uint64_t)begin->time_ns >= slow->slower_than_ns;
}

static bool ends_call(enum event_kind kind)
{
  return kind == EVENT_LEAVE || kind == EVENT_EXIT || kind == EVENT_END || kind == EVENT_LOST || kind == EVENT_BEGIN;
}

static int take_between(struct slow_calls *slow, struct slow_process *process, const struct trace_event *event,
                        struct error *err)
{
  if (event->kind == EVENT_BEGIN && slow->slower_than_ns > 0)
    return begin_call(slow, process, event, err);
  bool over = event->kind == EVENT_EXIT || event->kind == EVENT_END;
  return event->kind == EVENT_BEGIN || (over && process->mentioned) ? pass(slow, process, event, err) : 0;
}

static int take_held(struct slow_calls *slow, struct slow_process *process, const struct trace_event *event,
                     struct error *err)
{
  if (is_slow(slow, &process->call->begin, event)) {
    int passed = pass_held(slow, process->call, err);
    forget_call(slow, process);
    slow->kept++;
    return passed == 0 ? pass(slow, process, event, err) : -1;
  }
  if (!ends_call(event->kind)) {
    hold_event(slow, process->call, event);
    return 0;
  }
  forget_call(slow, process);
  slow->dropped++;
  return take_between(slow, process, event, err);
}

static int on_process(struct event_sink *sink, const struct process_definition *definition, struct error *err)
{
  struct slow_calls *slow = slow_of(sink);
  if (definition->id >= slow->count) {
    size_t count = (size_t)definition->id * 2 + 16;
    struct slow_process *grown = realloc(slow->processes, count * sizeof *grown);
    if (!grown)
      return error_set(err, ERROR_MEMORY, "out of memory");
    memset(grown + slow->count, 0, (count - slow->count) * sizeof *grown);
    slow->processes = grown;
    slow->count = count;
  }
  return event_filter_process(sink, definition, err);
}

static int on_event(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  struct slow_calls *slow = slow_of(sink);
  if (event->process >= slow->count)
    return 0;
  struct slow_process *process = &slow->processes[event->process];
  switch (process->following) {
  case BETWEEN_CALLS:
    return take_between(slow, process, event, err);
  case HOLDING:
    return take_held(slow, process, event, err);
  case PASSING:
    break;
  }
  return pass(slow, process, event, err);
}

static const struct event_sink_ops ops = {
    .function = event_filter_function,
    .process = on_process,
    .fact = event_filter_fact,
    .module = event_filter_module,
    .location = event_filter_location,
    .application = event_filter_application,
    .event = on_event,
};

void slow_calls_init(struct slow_calls *slow, struct event_sink *next, uint64_t slower_than_ns, size_t limit_bytes)
{
  *slow = (struct slow_calls){
      .filter = {.sink.ops = &ops, .next = next}, .slower_than_ns = slower_than_ns, .limit_bytes = limit_bytes};
}

void slow_calls_release(struct slow_calls *slow)
{
  for (size_t i = 0; i < slow->count; i++)
    if (slow->processes[i].call)
      forget_call(slow, &slow->processes[i]);
  free(slow->processes);
}
