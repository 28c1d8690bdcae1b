// Whoever takes trace events: the fold, the capture writer, a tee of both, a filter in front of another.
#ifndef FLAMBEAU_EVENT_EVENT_SINK_H
#define FLAMBEAU_EVENT_EVENT_SINK_H

#include <stdint.h>

#include "base/error.h"
#include "event/trace_event.h"

struct event_sink;

// Every operation returns 0, or -1 with `err` set. Texts and arrays are borrowed for the call.
struct event_sink_ops {
  int (*function)(struct event_sink *sink, const struct function_definition *definition, struct error *err);
  int (*process)(struct event_sink *sink, const struct process_definition *definition, struct error *err);
  // A fact of the run, "key" and "value" as in src/capture/FORMAT.md; a key given again replaces the former value.
  int (*fact)(struct event_sink *sink, const char *key, const char *value, struct error *err);
  // A module that was loaded during the trace; `traced`: its calls are events from `time_ns` on.
  int (*module)(struct event_sink *sink, const char *name, int64_t time_ns, bool traced, struct error *err);
  // What its module's file says of a function. After its definition; once at most.
  int (*location)(struct event_sink *sink, const struct function_location *location, struct error *err);
  // Whose code a module is; what is told again replaces what was told before.
  int (*application)(struct event_sink *sink, const struct module_application *application, struct error *err);
  int (*event)(struct event_sink *sink, const struct trace_event *event, struct error *err);
};

// Embedded as the first member of the real sink.
struct event_sink {
  const struct event_sink_ops *ops;
};

// What stands in front of another sink and does more than pass on with some of its operations only. Embedded as the
// first member of the real one.
struct event_filter {
  struct event_sink sink;
  struct event_sink *next; // borrowed
};

// The operations of a filter that only passes on; the real one's table names them where it has nothing of its own, and
// its own operations end in them.
int event_filter_function(struct event_sink *filter, const struct function_definition *definition, struct error *err);
int event_filter_process(struct event_sink *filter, const struct process_definition *definition, struct error *err);
int event_filter_fact(struct event_sink *filter, const char *key, const char *value, struct error *err);
int event_filter_module(struct event_sink *filter, const char *name, int64_t time_ns, bool traced, struct error *err);
int event_filter_location(struct event_sink *filter, const struct function_location *location, struct error *err);
int event_filter_application(struct event_sink *filter, const struct module_application *application,
                             struct error *err);
int event_filter_event(struct event_sink *filter, const struct trace_event *event, struct error *err);

// Pushes everything to `first`, then to `second` (both borrowed).
struct event_tee {
  struct event_sink sink;
  struct event_sink *first;
  struct event_sink *second;
};

void event_tee_init(struct event_tee *tee, struct event_sink *first, struct event_sink *second);

#endif
