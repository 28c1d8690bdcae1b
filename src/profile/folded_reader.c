// Lines of `frame;frame;frame WEIGHT` in, a profile out. The weight is what follows the last space of the line, so
// frames may hold spaces. Invariant: what a line does not say exactly is an error that names the line.
#include "profile/profile.h"

#include <string.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "profile/profile_builder.h"

#define FOLDED_MAX_LINE_BYTES ((size_t)16 << 20)
#define FOLDED_MAX_DEPTH 32768 // more than the deepest stack of one process that a fold writes
#define READ_BYTES ((size_t)64 << 10)

struct folded_reader {
  struct profile_builder *builder;
  struct error *err;
  size_t line; // number of the line at hand, from 1
  size_t stacks;
};

static const struct {
  const char *name;
  enum frame_kind kind;
} synthetic[] = {
    {"[waiting]", FRAME_WAITING}, {"[runnable]", FRAME_RUNNABLE}, {"[gc]", FRAME_GC},
    {"[lost]", FRAME_LOST},       {"[cut]", FRAME_CUT},           {"[deeper]", FRAME_DEEPER},
};

static enum frame_kind kind_of(const char *name, size_t size)
{
  for (size_t i = 0; i < sizeof synthetic / sizeof *synthetic; i++) {
    if (strlen(synthetic[i].name) == size && memcmp(synthetic[i].name, name, size) == 0)
      return synthetic[i].kind;
  }
  return FRAME_FUNCTION;
}

// The whole number that is all of `text`; false when it is none or needs more than 64 bits.
static bool read_weight(const char *text, size_t size, uint64_t *weight)
{
  *weight = 0;
  for (size_t i = 0; i < size; i++) {
    if (text[i] < '0' || text[i] > '9')
      return false;
    if (__builtin_mul_overflow(*weight, 10, weight) || __builtin_add_overflow(*weight, text[i] - '0', weight))
      return false;
  }
  return size > 0;
}

static int add_stack(struct folded_reader *reader, const char *at, const char *end, uint64_t weight)
{
  uint32_t node = 0;
  for (int depth = 0; at <= end; depth++) {
    const char *stop = memchr(at, ';', (size_t)(end - at));
    if (!stop)
      stop = end;
    if (depth == FOLDED_MAX_DEPTH)
      return error_set(reader->err, ERROR_DATA, "line %zu is more than %d frames deep", reader->line, FOLDED_MAX_DEPTH);
    size_t size = (size_t)(stop - at);
    uint32_t frame = profile_builder_frame(reader->builder, kind_of(at, size), at, size, "", 0, false);
    if (frame != PROFILE_FAILED)
      node = profile_builder_child(reader->builder, node, frame);
    if (frame == PROFILE_FAILED || node == PROFILE_FAILED)
      return error_set(reader->err, ERROR_MEMORY, "line %zu: out of memory, or more than %zu different stacks",
                       reader->line, PROFILE_MAX_NODES);
    at = stop + 1;
  }
  profile_builder_add(reader->builder, node, weight, 0);
  reader->stacks++;
  return 0;
}

static int read_line(struct folded_reader *reader, const char *line, size_t size)
{
  reader->line++;
  if (size > 0 && line[size - 1] == '\r')
    size--;
  if (size == 0 || strspn(line, " \t") >= size)
    return 0;
  if (memchr(line, '\0', size))
    return error_set(reader->err, ERROR_DATA, "line %zu holds a zero byte: this is not folded text", reader->line);
  const char *space = memrchr(line, ' ', size);
  uint64_t weight;
  if (!space || space == line || !read_weight(space + 1, (size_t)(line + size - space - 1), &weight))
    return error_set(
        reader->err, ERROR_DATA,
        "line %zu is not folded text: expected `frame;frame WEIGHT` with a whole number after the last space",
        reader->line);
  return add_stack(reader, line, space, weight);
}

// Reads all whole lines of `text` and forgets them. At the end of the input the rest is a line too.
static int read_lines(struct folded_reader *reader, struct bytes *text, size_t *searched, bool ended)
{
  size_t at = 0;
  for (;;) {
    size_t from = at > *searched ? at : *searched;
    const uint8_t *newline = text->size > from ? memchr(text->data + from, '\n', text->size - from) : NULL;
    if (!newline)
      break;
    if (read_line(reader, (const char *)text->data + at, (size_t)(newline - text->data) - at) < 0)
      return -1;
    at = (size_t)(newline - text->data) + 1;
  }
  bytes_drop_front(text, at);
  *searched = text->size;
  if (!ended || text->size == 0)
    return 0;
  bytes_append_u8(text, '\n'); // strspn above stops at it
  return text->failed ? 0 : read_line(reader, (const char *)text->data, text->size - 1);
}

static int read_all(struct folded_reader *reader, struct byte_source *source, struct bytes *text)
{
  size_t searched = 0;
  for (;;) {
    size_t had = text->size;
    uint8_t *room = bytes_reserve(text, READ_BYTES);
    if (!room)
      return error_set(reader->err, ERROR_DATA, "line %zu is longer than %zu MiB: this is not folded text",
                       reader->line + 1, FOLDED_MAX_LINE_BYTES >> 20);
    ptrdiff_t got = byte_source_read(source, room, READ_BYTES);
    if (got < 0)
      return error_set(reader->err, source->error.code, "%s", source->error.message);
    text->size = had + (size_t)got;
    if (read_lines(reader, text, &searched, got == 0) < 0)
      return -1;
    if (got == 0)
      break;
  }
  if (reader->stacks == 0)
    return error_set(reader->err, ERROR_DATA, "the folded input holds no stack");
  return 0;
}

struct profile *profile_read_folded(struct byte_source *source, struct error *err)
{
  struct folded_reader reader = {.builder = profile_builder_new(err), .err = err};
  if (!reader.builder)
    return NULL;
  struct bytes text;
  bytes_init(&text, FOLDED_MAX_LINE_BYTES + READ_BYTES);
  int result = read_all(&reader, source, &text);
  bytes_release(&text);
  if (result < 0) {
    profile_builder_free(reader.builder);
    return NULL;
  }
  return profile_builder_finish(reader.builder, &(struct profile_totals){.counts_known = false}, err);
}
