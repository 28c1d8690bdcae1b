// What all sinks and sources share, and the two that live in memory. Invariant: after its first error a sink takes
// nothing and a source gives nothing; that error is the one reported.
#include "base/byte_io.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define SHORT_TEXT_BYTES 512

void byte_sink_write(struct byte_sink *sink, const void *data, size_t size)
{
  if (size > 0 && sink->error.code == ERROR_NONE)
    sink->ops->write(sink, data, size);
}

void byte_sink_text(struct byte_sink *sink, const char *text)
{
  byte_sink_write(sink, text, strlen(text));
}

static void print_long(struct byte_sink *sink, const char *format, va_list arguments)
{
  char *text = NULL;
  int size = vasprintf(&text, format, arguments);
  if (size < 0) {
    error_set(&sink->error, ERROR_MEMORY, "out of memory while writing");
    return;
  }
  byte_sink_write(sink, text, (size_t)size);
  free(text);
}

void byte_sink_printf(struct byte_sink *sink, const char *format, ...)
{
  if (sink->error.code != ERROR_NONE)
    return;
  char text[SHORT_TEXT_BYTES];
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int size = vsnprintf(text, sizeof text, format, arguments);
  if (size < 0)
    error_set(&sink->error, ERROR_OUTPUT, "cannot format a text to write");
  else if ((size_t)size < sizeof text)
    byte_sink_write(sink, text, (size_t)size);
  else
    print_long(sink, format, again);
  va_end(again);
  va_end(arguments);
}

int byte_sink_finish(struct byte_sink *sink, struct error *err)
{
  if (sink->error.code == ERROR_NONE)
    sink->ops->finish(sink);
  if (sink->error.code == ERROR_NONE)
    return 0;
  return error_set(err, sink->error.code, "%s", sink->error.message);
}

void byte_sink_free(struct byte_sink *sink)
{
  if (sink)
    sink->ops->free(sink);
}

ptrdiff_t byte_source_read(struct byte_source *source, void *data, size_t size)
{
  if (source->error.code != ERROR_NONE)
    return -1;
  return size ? source->ops->read(source, data, size) : 0;
}

ptrdiff_t byte_source_read_full(struct byte_source *source, void *data, size_t size)
{
  size_t done = 0;
  while (done < size) {
    ptrdiff_t got = byte_source_read(source, (char *)data + done, size - done);
    if (got < 0)
      return -1;
    if (got == 0)
      break;
    done += (size_t)got;
  }
  return (ptrdiff_t)done;
}

void byte_source_free(struct byte_source *source)
{
  if (source)
    source->ops->free(source);
}

struct memory_sink {
  struct byte_sink sink;
  struct bytes *bytes;
};

static void memory_sink_write(struct byte_sink *sink, const void *data, size_t size)
{
  struct bytes *bytes = ((struct memory_sink *)sink)->bytes;
  bytes_append(bytes, data, size);
  if (bytes->failed)
    error_set(&sink->error, ERROR_MEMORY, "out of memory, or the output is larger than %zu bytes", bytes->limit);
}

static void memory_sink_finish(struct byte_sink *sink)
{
  (void)sink;
}

static void memory_sink_free(struct byte_sink *sink)
{
  free(sink);
}

struct byte_sink *memory_sink_new(struct bytes *bytes, struct error *err)
{
  static const struct byte_sink_ops ops = {memory_sink_write, memory_sink_finish, memory_sink_free};
  struct memory_sink *memory = calloc(1, sizeof *memory);
  if (!memory) {
    error_set(err, ERROR_MEMORY, "out of memory");
    return NULL;
  }
  memory->sink.ops = &ops;
  memory->bytes = bytes;
  return &memory->sink;
}

struct memory_source {
  struct byte_source source;
  const char *at;
  size_t left;
};

static ptrdiff_t memory_source_read(struct byte_source *source, void *data, size_t size)
{
  struct memory_source *memory = (struct memory_source *)source;
  size_t taken = size < memory->left ? size : memory->left;
  if (taken) {
    memcpy(data, memory->at, taken);
    memory->at += taken;
    memory->left -= taken;
  }
  return (ptrdiff_t)taken;
}

static void memory_source_free(struct byte_source *source)
{
  free(source);
}

struct byte_source *memory_source_new(const void *data, size_t size, struct error *err)
{
  static const struct byte_source_ops ops = {memory_source_read, memory_source_free};
  struct memory_source *memory = calloc(1, sizeof *memory);
  if (!memory) {
    error_set(err, ERROR_MEMORY, "out of memory");
    return NULL;
  }
  memory->source.ops = &ops;
  memory->at = data;
  memory->left = size;
  return &memory->source;
}
