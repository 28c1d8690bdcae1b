// A sink in front of the real one; see the header. Ids are dense (decode/decoder.h), so an array does.
#include "process_ends.h"

#include <stdlib.h>
#include <string.h>

static struct process_ends *ends_of(struct event_sink *sink)
{
  return (struct process_ends *)sink;
}

static int on_process(struct event_sink *sink, const struct process_definition *definition, struct error *err)
{
  struct process_ends *ends = ends_of(sink);
  if (definition->id >= ends->count) {
    size_t count = (size_t)definition->id * 2 + 16;
    struct process_end *grown = realloc(ends->processes, count * sizeof *grown);
    if (!grown)
      return error_set(err, ERROR_MEMORY, "out of memory");
    memset(grown + ends->count, 0, (count - ends->count) * sizeof *grown);
    ends->processes = grown;
    ends->count = count;
  }
  return event_filter_process(sink, definition, err);
}

static int on_event(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  struct process_ends *ends = ends_of(sink);
  ends->events++;
  if (event->process < ends->count && event->kind != EVENT_STATUS) {
    struct process_end *process = &ends->processes[event->process];
    process->last_ns = event->time_ns;
    process->seen = true;
    process->over = event->kind == EVENT_EXIT || event->kind == EVENT_END;
    bool was_in_call = process->in_call;
    process->away = event->kind == EVENT_LEAVE || (process->away && event->kind != EVENT_BEGIN);
    process->in_call = event->kind == EVENT_BEGIN || (was_in_call && !process->over && event->kind != EVENT_LEAVE);
    ends->calls_begun += event->kind == EVENT_BEGIN;
    ends->calls_ended += was_in_call && !process->in_call && event->kind != EVENT_END;
  }
  return event_filter_event(sink, event, err);
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

void process_ends_init(struct process_ends *ends, struct event_sink *next)
{
  *ends = (struct process_ends){.filter = {.sink.ops = &ops, .next = next}};
}

void process_ends_release(struct process_ends *ends)
{
  free(ends->processes);
}

size_t process_ends_seen(const struct process_ends *ends)
{
  size_t seen = 0;
  for (size_t i = 0; i < ends->count; i++)
    seen += ends->processes[i].seen;
  return seen;
}

int process_ends_lose(struct process_ends *ends, uint64_t lost, int64_t end_ns, struct error *err)
{
  for (size_t i = 0; i < ends->count; i++) {
    const struct process_end *process = &ends->processes[i];
    if (!process->seen || process->over || process->away)
      continue;
    struct trace_event gap = {.kind = EVENT_LOST, .process = (uint32_t)i, .time_ns = process->last_ns, .lost = lost};
    struct trace_event end = {.kind = EVENT_END, .process = (uint32_t)i, .time_ns = process->last_ns};
    if (end_ns > end.time_ns)
      end.time_ns = end_ns;
    lost = 0;
    if (on_event(&ends->filter.sink, &gap, err) != 0 || on_event(&ends->filter.sink, &end, err) != 0)
      return -1;
  }
  return 0;
}
