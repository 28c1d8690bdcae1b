// Lines of `frame;frame;frame WEIGHT` in, a profile out. The weight is what follows the last space of the line, so
// frames may hold spaces. Invariant: what a line does not say exactly is an error that names the line.
#include "profile/profile.h"

#include <stdlib.h>
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
  // The stack before: sorted input begins with most of it again. Measured, half the time of reading such.
  struct bytes stack;
  uint32_t *nodes; // of its frames, from the outermost
  size_t *ends;    // where each frame's name ends in it
  int depth;
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

// How many frames a stack has in common with the one before.
static int common_depth(const struct folded_reader *reader, const char *stack, size_t size)
{
  size_t most = size < reader->stack.size ? size : reader->stack.size, same = 0;
  while (same + 8 <= most && memcmp(stack + same, reader->stack.data + same, 8) == 0) // one comparison of a word
    same += 8;
  while (same < most && stack[same] == (char)reader->stack.data[same])
    same++;
  int depth = 0;
  while (depth < reader->depth && reader->ends[depth] <= same &&
         (reader->ends[depth] == size || stack[reader->ends[depth]] == ';'))
    depth++;
  return depth;
}

static int add_frame(struct folded_reader *reader, const char *name, size_t size, int depth)
{
  uint32_t parent = depth == 0 ? 0 : reader->nodes[depth - 1];
  uint32_t frame = profile_builder_frame(reader->builder, kind_of(name, size), name, size, "", 0, false);
  uint32_t node = frame == PROFILE_FAILED ? frame : profile_builder_child(reader->builder, parent, frame);
  if (node == PROFILE_FAILED)
    return error_set(reader->err, ERROR_MEMORY, "line %zu: out of memory, or more than %zu different stacks",
                     reader->line, PROFILE_MAX_NODES);
  reader->nodes[depth] = node;
  return 0;
}

static int add_stack(struct folded_reader *reader, const char *stack, size_t size, uint64_t weight)
{
  int depth = common_depth(reader, stack, size);
  size_t at = depth == 0 ? 0 : reader->ends[depth - 1] + 1;
  for (; at <= size; depth++) {
    const char *stop = memchr(stack + at, ';', size - at);
    size_t end = stop ? (size_t)(stop - stack) : size;
    if (depth == FOLDED_MAX_DEPTH)
      return error_set(reader->err, ERROR_DATA, "line %zu is more than %d frames deep", reader->line, FOLDED_MAX_DEPTH);
    if (add_frame(reader, stack + at, end - at, depth) < 0)
      return -1;
    reader->ends[depth] = end;
    at = end + 1;
  }
  reader->depth = depth;
  bytes_clear(&reader->stack);
  bytes_append(&reader->stack, stack, size);
  profile_builder_add(reader->builder, reader->nodes[depth - 1], weight, 0);
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
  return add_stack(reader, line, (size_t)(space - line), weight);
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

static int read_stacks(struct folded_reader *reader, struct byte_source *source)
{
  struct bytes text;
  bytes_init(&text, FOLDED_MAX_LINE_BYTES + READ_BYTES);
  bytes_init(&reader->stack, FOLDED_MAX_LINE_BYTES + READ_BYTES);
  reader->nodes = malloc(FOLDED_MAX_DEPTH * sizeof *reader->nodes);
  reader->ends = malloc(FOLDED_MAX_DEPTH * sizeof *reader->ends);
  int result = reader->nodes && reader->ends ? read_all(reader, source, &text)
                                             : error_set(reader->err, ERROR_MEMORY, "out of memory");
  free(reader->nodes);
  free(reader->ends);
  bytes_release(&reader->stack);
  bytes_release(&text);
  return result;
}

struct profile *profile_read_folded(struct byte_source *source, struct error *err)
{
  struct folded_reader reader = {.builder = profile_builder_new(err), .err = err};
  if (!reader.builder)
    return NULL;
  if (read_stacks(&reader, source) < 0) {
    profile_builder_free(reader.builder);
    return NULL;
  }
  return profile_builder_finish(reader.builder, &(struct profile_totals){.counts_known = false}, err);
}
