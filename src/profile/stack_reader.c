// Text of stacks in, nodes out; what a stack has in common with the one before is not looked up again.
#include "stack_reader.h"

#include <stdlib.h>
#include <string.h>

#include "profile/profile_builder.h"

#define STACK_MAX_DEPTH 32768 // more than the deepest stack of one process that a fold writes

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

int stack_reader_init(struct stack_reader *reader, struct profile_builder *builder, size_t limit, struct error *err)
{
  *reader = (struct stack_reader){.builder = builder,
                                  .nodes = malloc(STACK_MAX_DEPTH * sizeof *reader->nodes),
                                  .ends = malloc(STACK_MAX_DEPTH * sizeof *reader->ends)};
  bytes_init(&reader->stack, limit);
  return reader->nodes && reader->ends ? 0 : error_set(err, ERROR_MEMORY, "out of memory");
}

void stack_reader_release(struct stack_reader *reader)
{
  free(reader->nodes);
  free(reader->ends);
  bytes_release(&reader->stack);
}

// How many frames a stack has in common with the one before.
static int common_depth(const struct stack_reader *reader, const char *stack, size_t size)
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

static uint32_t add_frame(struct stack_reader *reader, const char *name, size_t size, int depth)
{
  uint32_t parent = depth == 0 ? 0 : reader->nodes[depth - 1];
  uint32_t frame = profile_builder_frame(reader->builder, kind_of(name, size), name, size, "", 0, false);
  return frame == PROFILE_FAILED ? frame : profile_builder_child(reader->builder, parent, frame);
}

uint32_t stack_reader_node(struct stack_reader *reader, const char *stack, size_t size, size_t line, struct error *err)
{
  int depth = common_depth(reader, stack, size);
  size_t at = depth == 0 ? 0 : reader->ends[depth - 1] + 1;
  for (; at <= size; depth++) {
    const char *stop = memchr(stack + at, ';', size - at);
    size_t end = stop ? (size_t)(stop - stack) : size;
    if (depth == STACK_MAX_DEPTH) {
      error_set(err, ERROR_DATA, "line %zu is more than %d frames deep", line, STACK_MAX_DEPTH);
      return PROFILE_FAILED;
    }
    reader->nodes[depth] = add_frame(reader, stack + at, end - at, depth);
    if (reader->nodes[depth] == PROFILE_FAILED) {
      error_set(err, ERROR_MEMORY, "line %zu: out of memory, or more than %zu different stacks", line,
                PROFILE_MAX_NODES);
      return PROFILE_FAILED;
    }
    reader->ends[depth] = end;
    at = end + 1;
  }
  reader->depth = depth;
  bytes_clear(&reader->stack);
  bytes_append(&reader->stack, stack, size);
  return reader->nodes[depth - 1];
}
