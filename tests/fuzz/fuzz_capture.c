// Any bytes as a .flb file: read, or refused with a sentence.
#include <stdlib.h>

#include "base/byte_io.h"
#include "capture/capture.h"
#include "event/event_sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int ignore_function(struct event_sink *sink, const struct function_definition *definition, struct error *err)
{
  (void)sink;
  (void)definition;
  (void)err;
  return 0;
}

static int ignore_process(struct event_sink *sink, const struct process_definition *definition, struct error *err)
{
  (void)sink;
  (void)definition;
  (void)err;
  return 0;
}

static int ignore_fact(struct event_sink *sink, const char *key, const char *value, struct error *err)
{
  (void)sink;
  (void)key;
  (void)value;
  (void)err;
  return 0;
}

static int ignore_module(struct event_sink *sink, const char *name, int64_t time_ns, bool traced, struct error *err)
{
  (void)sink;
  (void)name;
  (void)time_ns;
  (void)traced;
  (void)err;
  return 0;
}

static int ignore_location(struct event_sink *sink, const struct function_location *location, struct error *err)
{
  (void)sink;
  (void)location;
  (void)err;
  return 0;
}

static int ignore_application(struct event_sink *sink, const struct module_application *application, struct error *err)
{
  (void)sink;
  (void)application;
  (void)err;
  return 0;
}

static int ignore_event(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  (void)sink;
  (void)event;
  (void)err;
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const struct event_sink_ops ops = {
      .function = ignore_function,
      .process = ignore_process,
      .fact = ignore_fact,
      .module = ignore_module,
      .location = ignore_location,
      .application = ignore_application,
      .event = ignore_event,
  };
  struct event_sink sink = {.ops = &ops};
  struct error err = {0};
  struct capture_status status;
  struct byte_source *source = memory_source_new(data, size, &err);
  int result = capture_read(source, &sink, &status, &err);
  byte_source_free(source);
  if ((result == 0) != (err.code == ERROR_NONE) || (result == 0) != (err.message[0] == '\0'))
    abort();
  if (result == 0 && status.cut && status.blocks == 0)
    abort();
  return 0;
}
