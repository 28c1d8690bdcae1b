// Lines such as "call p0 10 f1 from f2". Every field of an event that its kind uses is in its line.
#include "log_sink.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOG_MAX_BYTES ((size_t)1 << 30)

static void print(struct log_sink *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void print(struct log_sink *log, const char *format, ...)
{
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  bytes_append(&log->log, text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1);
}

static void print_text(struct log_sink *log, const char *text, size_t size)
{
  print(log, " %zu:", size);
  bytes_append(&log->log, text, size);
}

static int log_function(struct event_sink *sink, const struct function_definition *definition, struct error *err)
{
  (void)err;
  struct log_sink *log = (struct log_sink *)sink;
  print(log, "function f%" PRIu32 "%s%s", definition->id, definition->native ? " native" : "",
        definition->opaque ? " opaque" : "");
  print_text(log, definition->module, definition->module_size);
  print_text(log, definition->name, definition->name_size);
  print(log, " /%u\n", definition->arity);
  return 0;
}

static int log_process(struct event_sink *sink, const struct process_definition *definition, struct error *err)
{
  (void)err;
  struct log_sink *log = (struct log_sink *)sink;
  print(log, "process p%" PRIu32, definition->id);
  if (definition->parent != PROCESS_NONE)
    print(log, " of p%" PRIu32, definition->parent);
  print_text(log, definition->pid, definition->pid_size);
  print_text(log, definition->name, definition->name_size);
  print_text(log, definition->label, definition->label_size);
  print_text(log, definition->initial_call, definition->initial_call_size);
  print(log, "\n");
  return 0;
}

static int log_fact(struct event_sink *sink, const char *key, const char *value, struct error *err)
{
  (void)err;
  struct log_sink *log = (struct log_sink *)sink;
  print(log, "fact %s = ", key);
  bytes_append(&log->log, value, strlen(value));
  print(log, "\n");
  return 0;
}

static int log_module(struct event_sink *sink, const char *name, int64_t time_ns, bool traced, struct error *err)
{
  (void)err;
  struct log_sink *log = (struct log_sink *)sink;
  print(log, "module %" PRId64 "%s ", time_ns, traced ? " traced" : "");
  bytes_append(&log->log, name, strlen(name));
  print(log, "\n");
  return 0;
}

static int log_location(struct event_sink *sink, const struct function_location *location, struct error *err)
{
  (void)err;
  struct log_sink *log = (struct log_sink *)sink;
  print(log, "location f%" PRIu32 "%s line %" PRIu32 " ", location->function, location->receives ? " receives" : "",
        location->line);
  bytes_append(&log->log, location->file, strlen(location->file));
  print(log, "\n");
  return 0;
}

static int log_application(struct event_sink *sink, const struct module_application *application, struct error *err)
{
  (void)err;
  struct log_sink *log = (struct log_sink *)sink;
  print(log, "application %d of", (int)application->origin);
  print_text(log, application->module, application->module_size);
  print(log, " ");
  bytes_append(&log->log, application->application, strlen(application->application));
  print(log, "\n");
  return 0;
}

static void print_operands(struct log_sink *log, const struct trace_event *event)
{
  switch (event->kind) {
  case EVENT_CALL:
  case EVENT_BEGIN:
    print(log, " f%" PRIu32 " from f%" PRIu32, event->function, event->caller);
    break;
  case EVENT_RETURN_TO:
  case EVENT_OUT:
  case EVENT_IN:
    print(log, " f%" PRIu32, event->function);
    break;
  case EVENT_GC_START:
    print(log, " %s", event->major ? "major" : "minor");
    break;
  case EVENT_GC_END:
    print(log, " %s %" PRIu64, event->major ? "major" : "minor", event->words);
    break;
  case EVENT_SAMPLE:
    print(log, " %d", (int)event->status);
    // fall through
  case EVENT_STACK:
    print(log, "%s", event->stack_cut ? " cut" : event->stack_again ? " again" : "");
    for (size_t i = 0; i < event->stack_size; i++)
      print(log, " f%" PRIu32, event->stack[i]);
    break;
  case EVENT_STATUS:
    print(log, " %d", (int)event->status);
    break;
  case EVENT_LEAVE:
    print(log, " %d", (int)event->ending);
    break;
  case EVENT_SPAWN:
    print(log, " p%" PRIu32 " f%" PRIu32, event->child, event->function);
    break;
  case EVENT_LOST:
    print(log, " %" PRIu64, event->lost);
    break;
  default: // EVENT_EXIT, EVENT_END
    break;
  }
}

static int log_event(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  (void)err;
  static const char *const names[] = {"?",     "call",   "return", "out",  "in",  "gc-start", "gc-end", "exit",
                                      "stack", "status", "spawn",  "lost", "end", "begin",    "leave",  "sample"};
  struct log_sink *log = (struct log_sink *)sink;
  print(log, "%s p%" PRIu32 " %" PRId64, names[event->kind], event->process, event->time_ns);
  print_operands(log, event);
  print(log, "\n");
  return 0;
}

void log_sink_init(struct log_sink *log)
{
  static const struct event_sink_ops ops = {
      .function = log_function,
      .process = log_process,
      .fact = log_fact,
      .module = log_module,
      .location = log_location,
      .application = log_application,
      .event = log_event,
  };
  log->sink.ops = &ops;
  bytes_init(&log->log, LOG_MAX_BYTES);
}

void log_sink_release(struct log_sink *log)
{
  bytes_release(&log->log);
}

const char *log_sink_text(struct log_sink *log)
{
  bytes_append_u8(&log->log, 0);
  log->log.size--;
  return (const char *)log->log.data;
}
