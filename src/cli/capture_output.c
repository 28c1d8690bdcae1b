// Events in, a capture out, and a promise to the run: this sink never fails. A full disk costs the capture, not the
// graph that the same events grow; the failure is kept for the end.
#include "capture_output.h"

#include "capture/capture.h"

static struct capture_output *capture_of(struct event_sink *sink)
{
  return (struct capture_output *)sink;
}

// The writer's sink, or NULL once it has failed.
static struct event_sink *writer_sink(struct capture_output *capture)
{
  return capture->failure.code == ERROR_NONE ? capture_writer_sink(capture->writer) : NULL;
}

static int keep_function(struct event_sink *sink, const struct function_definition *definition, struct error *err)
{
  (void)err;
  struct event_sink *writer = writer_sink(capture_of(sink));
  if (writer)
    writer->ops->function(writer, definition, &capture_of(sink)->failure);
  return 0;
}

static int keep_process(struct event_sink *sink, const struct process_definition *definition, struct error *err)
{
  (void)err;
  struct event_sink *writer = writer_sink(capture_of(sink));
  if (writer)
    writer->ops->process(writer, definition, &capture_of(sink)->failure);
  return 0;
}

static int keep_fact(struct event_sink *sink, const char *key, const char *value, struct error *err)
{
  (void)err;
  struct event_sink *writer = writer_sink(capture_of(sink));
  if (writer)
    writer->ops->fact(writer, key, value, &capture_of(sink)->failure);
  return 0;
}

static int keep_module(struct event_sink *sink, const char *name, int64_t time_ns, bool traced, struct error *err)
{
  (void)err;
  struct event_sink *writer = writer_sink(capture_of(sink));
  if (writer)
    writer->ops->module(writer, name, time_ns, traced, &capture_of(sink)->failure);
  return 0;
}

static int keep_location(struct event_sink *sink, const struct function_location *location, struct error *err)
{
  (void)err;
  struct event_sink *writer = writer_sink(capture_of(sink));
  if (writer)
    writer->ops->location(writer, location, &capture_of(sink)->failure);
  return 0;
}

static int keep_application(struct event_sink *sink, const struct module_application *application, struct error *err)
{
  (void)err;
  struct event_sink *writer = writer_sink(capture_of(sink));
  if (writer)
    writer->ops->application(writer, application, &capture_of(sink)->failure);
  return 0;
}

static int keep_event(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  (void)err;
  struct event_sink *writer = writer_sink(capture_of(sink));
  if (writer)
    writer->ops->event(writer, event, &capture_of(sink)->failure);
  return 0;
}

int capture_output_init(struct capture_output *capture, struct byte_sink *out, struct error *err)
{
  static const struct event_sink_ops ops = {
      .function = keep_function,
      .process = keep_process,
      .fact = keep_fact,
      .module = keep_module,
      .location = keep_location,
      .application = keep_application,
      .event = keep_event,
  };
  *capture = (struct capture_output){.sink.ops = &ops};
  capture->writer = capture_writer_new(out, err);
  return capture->writer ? 0 : -1;
}

void capture_output_release(struct capture_output *capture)
{
  capture_writer_free(capture->writer);
  capture->writer = NULL;
}

int capture_output_finish(struct capture_output *capture, struct error *err)
{
  if (capture->failure.code == ERROR_NONE)
    return capture_writer_finish(capture->writer, err);
  return error_set(err, capture->failure.code, "%s", capture->failure.message);
}
