// Packed records in, definitions and trace events out. Definitions, facts and modules go to the sink as they are met;
// chunks are noted, and their events pushed in order of time at a barrier and at the end. Invariant: nothing reaches
// the sink that FORMAT.md does not allow, and a batch with damage in it ends in an error.
#include "decode/decoder.h"

#include <stdlib.h>
#include <string.h>

#include "base/byte_reader.h"
#include "base/string_table.h"
#include "chunks.h"
#include "decode/packed.h"
#include "event/event_sink.h"
#include "id_map.h"

#define FUNCTION_KEY_MAX_BYTES (3 + 2 * PACKED_NAME_MAX_BYTES)

struct decoder {
  struct event_ids *ids;
  struct event_sink *sink;
  struct id_map map;
  struct chunks chunks;
};

struct text {
  const char *data;
  size_t size;
};

static int damaged(struct error *err, const char *what)
{
  return error_set(err, ERROR_DATA, "the trace data is damaged: %s", what);
}

static int no_memory(struct error *err)
{
  return error_set(err, ERROR_MEMORY, "out of memory while decoding the trace");
}

void event_ids_init(struct event_ids *ids)
{
  *ids = (struct event_ids){.next_function = 1, .next_process = 0};
}

int event_ids_init_common(struct event_ids *ids, struct error *err)
{
  event_ids_init(ids);
  ids->functions = string_table_new();
  return ids->functions ? 0 : no_memory(err);
}

void event_ids_release(struct event_ids *ids)
{
  string_table_free(ids->functions);
  ids->functions = NULL;
}

struct decoder *decoder_new(struct event_ids *ids, struct event_sink *sink)
{
  struct decoder *decoder = malloc(sizeof *decoder);
  if (!decoder)
    return NULL;
  decoder->ids = ids;
  decoder->sink = sink;
  id_map_init(&decoder->map);
  chunks_init(&decoder->chunks, &decoder->map, sink);
  return decoder;
}

void decoder_free(struct decoder *decoder)
{
  if (!decoder)
    return;
  chunks_release(&decoder->chunks);
  id_map_release(&decoder->map);
  free(decoder);
}

uint64_t decoder_event_count(const struct decoder *decoder)
{
  return decoder->chunks.events;
}

// A text whose size comes first. One that is too long, or not all there, fails the reader.
static struct text read_text(struct byte_reader *reader, unsigned size_width, size_t max_size)
{
  size_t size = byte_reader_be(reader, size_width);
  if (size > max_size)
    reader->failed = true;
  const uint8_t *data = reader->failed ? NULL : byte_reader_take(reader, size);
  return data ? (struct text){(const char *)data, size} : (struct text){"", 0};
}

// An id for the definition; `is_known` when it has been told of. False when there is none left, or no memory. The
// table's ids count from 1 as well: 0 is its empty text.
static bool identify(struct event_ids *ids, struct function_definition *definition, bool *is_known)
{
  *is_known = false;
  definition->id = ids->next_function;
  if (ids->functions) {
    char key[FUNCTION_KEY_MAX_BYTES] = {(char)definition->arity, (char)(definition->module_size >> 8),
                                        (char)definition->module_size};
    memcpy(key + 3, definition->module, definition->module_size);
    memcpy(key + 3 + definition->module_size, definition->name, definition->name_size);
    definition->id = string_table_intern(ids->functions, key, 3 + definition->module_size + definition->name_size);
    *is_known = definition->id < ids->next_function;
  }
  if (definition->id >= UINT32_MAX - 1)
    return false;
  ids->next_function += !*is_known;
  return true;
}

static int read_function(struct decoder *decoder, struct byte_reader *reader, struct error *err)
{
  uint32_t id = (uint32_t)byte_reader_be(reader, 4);
  uint8_t flags = (uint8_t)byte_reader_be(reader, 1);
  uint8_t arity = (uint8_t)byte_reader_be(reader, 1);
  struct text module = read_text(reader, 2, PACKED_NAME_MAX_BYTES);
  struct text name = read_text(reader, 2, PACKED_NAME_MAX_BYTES);
  if (reader->failed)
    return damaged(err, "a function's definition is not whole, or a name in it is too long");
  uint32_t defined;
  if (id == FUNCTION_NONE || id >= PACKED_FUNCTION_LIMIT || flags > 3)
    return damaged(err, "a function's definition is out of bounds");
  if (id_map_function(&decoder->map, id, &defined))
    return damaged(err, "a function is defined twice");
  struct function_definition definition = {
      .module = module.data,
      .module_size = module.size,
      .name = name.data,
      .name_size = name.size,
      .arity = arity,
      .native = flags & 1,
      .opaque = flags & 2,
  };
  bool is_known;
  if (!identify(decoder->ids, &definition, &is_known))
    return error_set(err, ERROR_MEMORY, "too many functions in one trace");
  if (!id_map_define_function(&decoder->map, id, definition.id))
    return no_memory(err);
  return is_known ? 0 : decoder->sink->ops->function(decoder->sink, &definition, err);
}

static int read_process(struct decoder *decoder, struct byte_reader *reader, struct error *err)
{
  uint32_t id = (uint32_t)byte_reader_be(reader, 4);
  uint32_t parent_id = (uint32_t)byte_reader_be(reader, 4);
  struct text pid = read_text(reader, 2, PACKED_PID_MAX_BYTES);
  struct text name = read_text(reader, 2, PACKED_NAME_MAX_BYTES);
  struct text label = read_text(reader, 2, PACKED_TEXT_MAX_BYTES);
  struct text initial_call = read_text(reader, 2, PACKED_TEXT_MAX_BYTES);
  if (reader->failed)
    return damaged(err, "a process's definition is not whole, or a text in it is too long");
  if (id >= PACKED_PROCESS_LIMIT)
    return damaged(err, "a process's definition is out of bounds");
  const struct process_slot *parent = id_map_process(&decoder->map, parent_id);
  if (parent_id != PROCESS_NONE && (!parent || parent_id == id))
    return damaged(err, "a process's parent was not defined before it");
  struct process_definition definition = {
      .parent = parent ? parent->global_plus_one - 1 : PROCESS_NONE,
      .pid = pid.data,
      .pid_size = pid.size,
      .name = name.data,
      .name_size = name.size,
      .label = label.data,
      .label_size = label.size,
      .initial_call = initial_call.data,
      .initial_call_size = initial_call.size,
  };
  const struct process_slot *known = id_map_process(&decoder->map, id);
  if (known) {
    definition.id = known->global_plus_one - 1;
  } else {
    if (decoder->ids->next_process == PROCESS_NONE - 1)
      return error_set(err, ERROR_MEMORY, "too many processes in one trace");
    definition.id = decoder->ids->next_process++;
    if (!id_map_define_process(&decoder->map, id, definition.id))
      return no_memory(err);
  }
  return decoder->sink->ops->process(decoder->sink, &definition, err);
}

// NUL-terminates `text` in `room` (its size and one more). False when it holds a zero byte itself.
static bool terminate(struct text text, char *room)
{
  memcpy(room, text.data, text.size);
  room[text.size] = '\0';
  return memchr(text.data, 0, text.size) == NULL;
}

static int read_fact(struct decoder *decoder, struct byte_reader *reader, struct error *err)
{
  struct text key = read_text(reader, 2, PACKED_KEY_MAX_BYTES);
  struct text value = read_text(reader, 4, PACKED_VALUE_MAX_BYTES);
  if (reader->failed || key.size == 0)
    return damaged(err, "a fact is not whole, or too long");
  char key_text[PACKED_KEY_MAX_BYTES + 1];
  char *value_text = malloc(value.size + 1);
  if (!value_text)
    return no_memory(err);
  int result = terminate(key, key_text) && terminate(value, value_text)
                   ? decoder->sink->ops->fact(decoder->sink, key_text, value_text, err)
                   : damaged(err, "a zero byte in a fact");
  free(value_text);
  return result;
}

static int read_module(struct decoder *decoder, struct byte_reader *reader, struct error *err)
{
  int64_t time_ns = (int64_t)byte_reader_be(reader, 8);
  uint8_t traced = (uint8_t)byte_reader_be(reader, 1);
  struct text name = read_text(reader, 2, PACKED_NAME_MAX_BYTES);
  if (reader->failed || traced > 1)
    return damaged(err, "the notice of a loaded module is not whole, or out of bounds");
  char name_text[PACKED_NAME_MAX_BYTES + 1];
  if (!terminate(name, name_text))
    return damaged(err, "a zero byte in a module's name");
  return decoder->sink->ops->module(decoder->sink, name_text, time_ns, traced, err);
}

static int read_location(struct decoder *decoder, struct byte_reader *reader, struct error *err)
{
  uint32_t id = (uint32_t)byte_reader_be(reader, 4);
  uint8_t flags = (uint8_t)byte_reader_be(reader, 1);
  struct function_location location = {.receives = flags & 1, .line = (uint32_t)byte_reader_be(reader, 4)};
  struct text file = read_text(reader, 2, PACKED_FILE_MAX_BYTES);
  if (reader->failed || flags > 1 || (location.line == 0) != (file.size == 0))
    return damaged(err, "a function's location is not whole, or out of bounds");
  if (!id_map_function(&decoder->map, id, &location.function) || location.function == FUNCTION_NONE)
    return damaged(err, "the location of a function that was not defined");
  char file_text[PACKED_FILE_MAX_BYTES + 1];
  if (!terminate(file, file_text))
    return damaged(err, "a zero byte in a file's name");
  location.file = file_text;
  return decoder->sink->ops->location(decoder->sink, &location, err);
}

static int read_application(struct decoder *decoder, struct byte_reader *reader, struct error *err)
{
  struct module_application application = {.origin = (enum module_origin)byte_reader_be(reader, 1)};
  struct text module = read_text(reader, 2, PACKED_NAME_MAX_BYTES);
  struct text name = read_text(reader, 2, PACKED_NAME_MAX_BYTES);
  if (reader->failed || application.origin < MODULE_OWN || application.origin > MODULE_OTP)
    return damaged(err, "the application of a module is not whole, or out of bounds");
  char name_text[PACKED_NAME_MAX_BYTES + 1];
  if (!terminate(name, name_text))
    return damaged(err, "a zero byte in an application's name");
  application.module = module.data;
  application.module_size = module.size;
  application.application = name_text;
  return decoder->sink->ops->application(decoder->sink, &application, err);
}

static int note_chunk(struct decoder *decoder, struct byte_reader *reader, struct error *err)
{
  uint32_t process = (uint32_t)byte_reader_be(reader, 4);
  int64_t base_ns = (int64_t)byte_reader_be(reader, 8);
  size_t size = byte_reader_be(reader, 4);
  if (size > PACKED_CHUNK_MAX_BYTES)
    return damaged(err, "a chunk of events is too long");
  const uint8_t *events = byte_reader_take(reader, size);
  if (reader->failed)
    return damaged(err, "a chunk of events is not whole");
  if (!id_map_process(&decoder->map, process))
    return damaged(err, "events of a process that was not defined");
  return chunks_note(&decoder->chunks, process, base_ns, events, size, err);
}

static int read_record(struct decoder *decoder, struct byte_reader *reader, struct error *err)
{
  switch (byte_reader_be(reader, 1)) {
  case PACKED_FUNCTION:
    return read_function(decoder, reader, err);
  case PACKED_PROCESS:
    return read_process(decoder, reader, err);
  case PACKED_FACT:
    return read_fact(decoder, reader, err);
  case PACKED_CHUNK:
    return note_chunk(decoder, reader, err);
  case PACKED_MODULE:
    return read_module(decoder, reader, err);
  case PACKED_LOCATION:
    return read_location(decoder, reader, err);
  case PACKED_APPLICATION:
    return read_application(decoder, reader, err);
  case PACKED_BARRIER:
    return chunks_push(&decoder->chunks, err);
  default:
    return damaged(err, "a record of an unknown kind");
  }
}

int decoder_push(struct decoder *decoder, const void *data, size_t size, struct error *err)
{
  if (size == 0)
    return 0;
  struct byte_reader reader;
  byte_reader_init(&reader, data, size);
  while (byte_reader_left(&reader) > 0) {
    if (read_record(decoder, &reader, err) != 0) {
      chunks_clear(&decoder->chunks);
      return -1;
    }
  }
  return chunks_push(&decoder->chunks, err);
}
