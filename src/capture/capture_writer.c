// An event sink that packs everything it is given and writes it as a .flb file. Invariant: reading the file pushes
// the same definitions, facts, modules and events in the same order.
#include "capture/capture.h"

#include <stdlib.h>
#include <string.h>

#include "block_writer.h"
#include "decode/packed.h"
#include "event/event_sink.h"
#include "event_group.h"

struct capture_writer {
  struct event_sink sink;
  struct event_group group;
  struct block_writer blocks;
  bool barrier_due; // the last record of the block is a chunk
};

static int too_long(struct error *err, const char *what, unsigned max_bytes)
{
  return error_set(err, ERROR_MEMORY, "cannot keep %s of more than %u bytes in a capture", what, max_bytes);
}

static void put_text(struct bytes *records, unsigned size_width, const char *text, size_t size)
{
  bytes_append_be(records, size, size_width);
  bytes_append(records, text, size);
}

static int end_group(struct capture_writer *writer, struct error *err)
{
  if (event_group_is_empty(&writer->group))
    return 0;
  if (writer->barrier_due)
    bytes_append_u8(&writer->blocks.records, PACKED_BARRIER);
  event_group_write(&writer->group, &writer->blocks.records);
  int result = block_writer_records_end(&writer->blocks, err);
  writer->barrier_due = writer->blocks.records.size > 0;
  return result;
}

// Where a record that is no chunk is to be appended; NULL on failure.
static struct bytes *begin_record(struct capture_writer *writer, enum packed_tag tag, struct error *err)
{
  if (end_group(writer, err) != 0)
    return NULL;
  struct bytes *records = &writer->blocks.records;
  if (writer->barrier_due)
    bytes_append_u8(records, PACKED_BARRIER);
  writer->barrier_due = false;
  bytes_append_u8(records, (uint8_t)tag);
  return records;
}

static int write_function(struct event_sink *sink, const struct function_definition *definition, struct error *err)
{
  struct capture_writer *writer = (struct capture_writer *)sink;
  if (definition->module_size > PACKED_NAME_MAX_BYTES || definition->name_size > PACKED_NAME_MAX_BYTES)
    return too_long(err, "a function's name", PACKED_NAME_MAX_BYTES);
  if (definition->id >= PACKED_FUNCTION_LIMIT)
    return error_set(err, ERROR_MEMORY, "cannot keep more than %u functions in a capture", PACKED_FUNCTION_LIMIT);
  struct bytes *records = begin_record(writer, PACKED_FUNCTION, err);
  if (!records)
    return -1;
  bytes_append_be(records, definition->id, 4);
  bytes_append_u8(records, (uint8_t)(definition->native | definition->opaque << 1));
  bytes_append_u8(records, definition->arity);
  put_text(records, 2, definition->module, definition->module_size);
  put_text(records, 2, definition->name, definition->name_size);
  return block_writer_records_end(&writer->blocks, err);
}

static int write_process(struct event_sink *sink, const struct process_definition *definition, struct error *err)
{
  struct capture_writer *writer = (struct capture_writer *)sink;
  if (definition->pid_size > PACKED_PID_MAX_BYTES)
    return too_long(err, "a pid", PACKED_PID_MAX_BYTES);
  if (definition->name_size > PACKED_NAME_MAX_BYTES)
    return too_long(err, "a registered name", PACKED_NAME_MAX_BYTES);
  if (definition->label_size > PACKED_TEXT_MAX_BYTES || definition->initial_call_size > PACKED_TEXT_MAX_BYTES)
    return too_long(err, "a label or initial call", PACKED_TEXT_MAX_BYTES);
  if (definition->id >= PACKED_PROCESS_LIMIT)
    return error_set(err, ERROR_MEMORY, "cannot keep more than %u processes in a capture", PACKED_PROCESS_LIMIT);
  if (event_group_define_process(&writer->group, definition->id, err) != 0)
    return -1;
  struct bytes *records = begin_record(writer, PACKED_PROCESS, err);
  if (!records)
    return -1;
  bytes_append_be(records, definition->id, 4);
  bytes_append_be(records, definition->parent, 4);
  put_text(records, 2, definition->pid, definition->pid_size);
  put_text(records, 2, definition->name, definition->name_size);
  put_text(records, 2, definition->label, definition->label_size);
  put_text(records, 2, definition->initial_call, definition->initial_call_size);
  return block_writer_records_end(&writer->blocks, err);
}

static int write_fact(struct event_sink *sink, const char *key, const char *value, struct error *err)
{
  struct capture_writer *writer = (struct capture_writer *)sink;
  size_t key_size = strlen(key), value_size = strlen(value);
  if (key_size > PACKED_KEY_MAX_BYTES)
    return too_long(err, "a fact's key", PACKED_KEY_MAX_BYTES);
  if (value_size > PACKED_VALUE_MAX_BYTES)
    return too_long(err, "a fact", PACKED_VALUE_MAX_BYTES);
  struct bytes *records = begin_record(writer, PACKED_FACT, err);
  if (!records)
    return -1;
  put_text(records, 2, key, key_size);
  put_text(records, 4, value, value_size);
  return block_writer_records_end(&writer->blocks, err);
}

static int write_module(struct event_sink *sink, const char *name, int64_t time_ns, bool traced, struct error *err)
{
  struct capture_writer *writer = (struct capture_writer *)sink;
  size_t name_size = strlen(name);
  if (name_size > PACKED_NAME_MAX_BYTES)
    return too_long(err, "a module's name", PACKED_NAME_MAX_BYTES);
  struct bytes *records = begin_record(writer, PACKED_MODULE, err);
  if (!records)
    return -1;
  bytes_append_be(records, (uint64_t)time_ns, 8);
  bytes_append_u8(records, traced);
  put_text(records, 2, name, name_size);
  return block_writer_records_end(&writer->blocks, err);
}

static int write_location(struct event_sink *sink, const struct function_location *location, struct error *err)
{
  struct capture_writer *writer = (struct capture_writer *)sink;
  size_t file_size = strlen(location->file);
  if (file_size > PACKED_FILE_MAX_BYTES)
    return too_long(err, "a source file's name", PACKED_FILE_MAX_BYTES);
  struct bytes *records = begin_record(writer, PACKED_LOCATION, err);
  if (!records)
    return -1;
  bytes_append_be(records, location->function, 4);
  bytes_append_u8(records, location->receives);
  bytes_append_be(records, location->line, 4);
  put_text(records, 2, location->file, file_size);
  return block_writer_records_end(&writer->blocks, err);
}

static int write_application(struct event_sink *sink, const struct module_application *application, struct error *err)
{
  struct capture_writer *writer = (struct capture_writer *)sink;
  size_t size = strlen(application->application);
  if (application->module_size > PACKED_NAME_MAX_BYTES || size > PACKED_NAME_MAX_BYTES)
    return too_long(err, "the name of a module or an application", PACKED_NAME_MAX_BYTES);
  struct bytes *records = begin_record(writer, PACKED_APPLICATION, err);
  if (!records)
    return -1;
  bytes_append_u8(records, (uint8_t)application->origin);
  put_text(records, 2, application->module, application->module_size);
  put_text(records, 2, application->application, size);
  return block_writer_records_end(&writer->blocks, err);
}

static int write_event(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  struct capture_writer *writer = (struct capture_writer *)sink;
  enum group_outcome outcome = event_group_add(&writer->group, event, err);
  if (outcome != GROUP_ENDED)
    return outcome;
  if (end_group(writer, err) != 0)
    return -1;
  return event_group_add(&writer->group, event, err);
}

struct capture_writer *capture_writer_new(struct byte_sink *out, struct error *err)
{
  static const struct event_sink_ops ops = {
      .function = write_function,
      .process = write_process,
      .fact = write_fact,
      .module = write_module,
      .location = write_location,
      .application = write_application,
      .event = write_event,
  };
  struct capture_writer *writer = malloc(sizeof *writer);
  if (!writer) {
    error_set(err, ERROR_MEMORY, "out of memory");
    return NULL;
  }
  writer->sink.ops = &ops;
  writer->barrier_due = false;
  event_group_init(&writer->group);
  block_writer_init(&writer->blocks, out);
  return writer;
}

void capture_writer_free(struct capture_writer *writer)
{
  if (!writer)
    return;
  event_group_release(&writer->group);
  block_writer_release(&writer->blocks);
  free(writer);
}

struct event_sink *capture_writer_sink(struct capture_writer *writer)
{
  return &writer->sink;
}

int capture_writer_finish(struct capture_writer *writer, struct error *err)
{
  if (end_group(writer, err) != 0)
    return -1;
  return block_writer_finish(&writer->blocks, err);
}
