// Any bytes as packed records. Whatever the decoder lets through keeps the promises of trace_event.h, and comes back
// the same from a capture.
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "capture/capture.h"
#include "decode/decoder.h"
#include "log_sink.h"

#define IDS_MAX 65536u // more than an input of libFuzzer's usual size can define
#define FILE_MAX_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Aborts on an event that breaks a promise.
struct strict_sink {
  struct event_sink sink;
  uint32_t functions, processes; // how many are defined; ids count
  int64_t last_ns[IDS_MAX];
};

static void require(bool promise)
{
  if (!promise)
    abort();
}

static int strict_function(struct event_sink *sink, const struct function_definition *definition, struct error *err)
{
  (void)err;
  struct strict_sink *strict = (struct strict_sink *)sink;
  require(definition->id == ++strict->functions);
  return 0;
}

static int strict_process(struct event_sink *sink, const struct process_definition *definition, struct error *err)
{
  struct strict_sink *strict = (struct strict_sink *)sink;
  require(definition->id <= strict->processes);
  require(definition->parent == PROCESS_NONE || definition->parent < strict->processes);
  if (definition->id < strict->processes)
    return 0;
  if (strict->processes == IDS_MAX)
    return error_set(err, ERROR_MEMORY, "too many processes for this test");
  strict->last_ns[strict->processes++] = INT64_MIN;
  return 0;
}

static int strict_fact(struct event_sink *sink, const char *key, const char *value, struct error *err)
{
  (void)sink;
  (void)err;
  require(strlen(key) > 0 && strlen(value) <= 65536);
  return 0;
}

static int strict_module(struct event_sink *sink, const char *name, int64_t time_ns, bool traced, struct error *err)
{
  (void)sink;
  (void)time_ns;
  (void)traced;
  (void)err;
  require(strlen(name) <= 1020);
  return 0;
}

static int strict_location(struct event_sink *sink, const struct function_location *location, struct error *err)
{
  (void)err;
  struct strict_sink *strict = (struct strict_sink *)sink;
  require(location->function != FUNCTION_NONE && location->function <= strict->functions);
  require((location->line > 0) == (strlen(location->file) > 0) && strlen(location->file) <= 4096);
  return 0;
}

static int strict_application(struct event_sink *sink, const struct module_application *application, struct error *err)
{
  (void)sink;
  (void)err;
  require(application->origin >= MODULE_OWN && application->origin <= MODULE_OTP);
  require(application->module_size <= 1020 && strlen(application->application) <= 1020);
  return 0;
}

static int strict_event(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  (void)err;
  struct strict_sink *strict = (struct strict_sink *)sink;
  require(event->kind >= EVENT_CALL && event->kind <= EVENT_SAMPLE);
  require(event->process < strict->processes);
  require(event->function <= strict->functions && event->caller <= strict->functions);
  require((event->kind != EVENT_CALL && event->kind != EVENT_BEGIN) || event->function != FUNCTION_NONE);
  require(event->kind != EVENT_LEAVE || event->ending == CALL_RETURNED || event->ending == CALL_RAISED);
  require(event->kind != EVENT_SPAWN || event->child < strict->processes);
  require(event->status <= STATUS_EXITING && (event->kind != EVENT_STATUS || event->status != STATUS_UNKNOWN));
  for (size_t i = 0; i < event->stack_size; i++)
    require(event->stack[i] != FUNCTION_NONE && event->stack[i] <= strict->functions);
  if (event->kind != EVENT_STATUS) {
    require(event->time_ns >= strict->last_ns[event->process]);
    strict->last_ns[event->process] = event->time_ns;
  }
  return 0;
}

static const struct event_sink_ops strict_ops = {
    .function = strict_function,
    .process = strict_process,
    .fact = strict_fact,
    .module = strict_module,
    .location = strict_location,
    .application = strict_application,
    .event = strict_event,
};

static void require_same_replay(const struct bytes *file, const struct log_sink *live)
{
  struct error err = {0};
  struct capture_status status;
  struct log_sink replayed;
  log_sink_init(&replayed);
  struct byte_source *source = memory_source_new(file->data, file->size, &err);
  require(capture_read(source, &replayed.sink, &status, &err) == 0);
  require(!status.cut);
  require(replayed.log.size == live->log.size);
  require(live->log.size == 0 || memcmp(replayed.log.data, live->log.data, live->log.size) == 0);
  byte_source_free(source);
  log_sink_release(&replayed);
}

// Two senders of the same: the sink is told of a function once, whatever it is called.
static void push_from_two(const uint8_t *data, size_t size)
{
  static struct strict_sink strict;
  strict.sink.ops = &strict_ops;
  strict.functions = strict.processes = 0;
  struct error err = {0};
  struct event_ids ids;
  require(event_ids_init_common(&ids, &err) == 0);
  uint32_t functions = 0;
  for (int i = 0; i < 2; i++) {
    struct decoder *decoder = decoder_new(&ids, &strict.sink);
    if (decoder_push(decoder, data, size, &err) != 0)
      require(err.code == ERROR_DATA || err.code == ERROR_MEMORY);
    require(i == 0 || strict.functions == functions);
    functions = strict.functions;
    err = (struct error){0};
    decoder_free(decoder);
  }
  event_ids_release(&ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct strict_sink strict;
  strict.sink.ops = &strict_ops;
  strict.functions = strict.processes = 0;
  struct error err = {0};
  struct bytes file;
  bytes_init(&file, FILE_MAX_BYTES);
  struct byte_sink *out = memory_sink_new(&file, &err);
  struct capture_writer *writer = capture_writer_new(out, &err);
  struct log_sink live;
  log_sink_init(&live);
  struct event_tee inner, outer;
  event_tee_init(&inner, capture_writer_sink(writer), &live.sink);
  event_tee_init(&outer, &strict.sink, &inner.sink);
  struct event_ids ids;
  event_ids_init(&ids);
  struct decoder *decoder = decoder_new(&ids, &outer.sink);

  if (decoder_push(decoder, data, size, &err) != 0)
    require(err.code == ERROR_DATA || err.code == ERROR_MEMORY);
  err = (struct error){0};
  require(capture_writer_finish(writer, &err) == 0);
  require_same_replay(&file, &live);

  decoder_free(decoder);
  log_sink_release(&live);
  capture_writer_free(writer);
  byte_sink_free(out);
  bytes_release(&file);
  push_from_two(data, size);
  return 0;
}
