// A filter: every definition, fact and event goes to the next sink.
// A tee: it goes to the first sink, then to the second, unless the first failed.
#include "event/event_sink.h"

static struct event_sink *next_of(struct event_sink *filter)
{
  return ((struct event_filter *)filter)->next;
}

int event_filter_function(struct event_sink *filter, const struct function_definition *definition, struct error *err)
{
  struct event_sink *next = next_of(filter);
  return next->ops->function(next, definition, err);
}

int event_filter_process(struct event_sink *filter, const struct process_definition *definition, struct error *err)
{
  struct event_sink *next = next_of(filter);
  return next->ops->process(next, definition, err);
}

int event_filter_fact(struct event_sink *filter, const char *key, const char *value, struct error *err)
{
  struct event_sink *next = next_of(filter);
  return next->ops->fact(next, key, value, err);
}

int event_filter_module(struct event_sink *filter, const char *name, int64_t time_ns, bool traced, struct error *err)
{
  struct event_sink *next = next_of(filter);
  return next->ops->module(next, name, time_ns, traced, err);
}

int event_filter_location(struct event_sink *filter, const struct function_location *location, struct error *err)
{
  struct event_sink *next = next_of(filter);
  return next->ops->location(next, location, err);
}

int event_filter_application(struct event_sink *filter, const struct module_application *application, struct error *err)
{
  struct event_sink *next = next_of(filter);
  return next->ops->application(next, application, err);
}

int event_filter_event(struct event_sink *filter, const struct trace_event *event, struct error *err)
{
  struct event_sink *next = next_of(filter);
  return next->ops->event(next, event, err);
}

static int tee_function(struct event_sink *sink, const struct function_definition *definition, struct error *err)
{
  struct event_tee *tee = (struct event_tee *)sink;
  if (tee->first->ops->function(tee->first, definition, err) != 0)
    return -1;
  return tee->second->ops->function(tee->second, definition, err);
}

static int tee_process(struct event_sink *sink, const struct process_definition *definition, struct error *err)
{
  struct event_tee *tee = (struct event_tee *)sink;
  if (tee->first->ops->process(tee->first, definition, err) != 0)
    return -1;
  return tee->second->ops->process(tee->second, definition, err);
}

static int tee_fact(struct event_sink *sink, const char *key, const char *value, struct error *err)
{
  struct event_tee *tee = (struct event_tee *)sink;
  if (tee->first->ops->fact(tee->first, key, value, err) != 0)
    return -1;
  return tee->second->ops->fact(tee->second, key, value, err);
}

static int tee_module(struct event_sink *sink, const char *name, int64_t time_ns, bool traced, struct error *err)
{
  struct event_tee *tee = (struct event_tee *)sink;
  if (tee->first->ops->module(tee->first, name, time_ns, traced, err) != 0)
    return -1;
  return tee->second->ops->module(tee->second, name, time_ns, traced, err);
}

static int tee_location(struct event_sink *sink, const struct function_location *location, struct error *err)
{
  struct event_tee *tee = (struct event_tee *)sink;
  if (tee->first->ops->location(tee->first, location, err) != 0)
    return -1;
  return tee->second->ops->location(tee->second, location, err);
}

static int tee_application(struct event_sink *sink, const struct module_application *application, struct error *err)
{
  struct event_tee *tee = (struct event_tee *)sink;
  if (tee->first->ops->application(tee->first, application, err) != 0)
    return -1;
  return tee->second->ops->application(tee->second, application, err);
}

static int tee_event(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  struct event_tee *tee = (struct event_tee *)sink;
  if (tee->first->ops->event(tee->first, event, err) != 0)
    return -1;
  return tee->second->ops->event(tee->second, event, err);
}

void event_tee_init(struct event_tee *tee, struct event_sink *first, struct event_sink *second)
{
  static const struct event_sink_ops ops = {
      .function = tee_function,
      .process = tee_process,
      .fact = tee_fact,
      .module = tee_module,
      .location = tee_location,
      .application = tee_application,
      .event = tee_event,
  };
  tee->sink.ops = &ops;
  tee->first = first;
  tee->second = second;
}
