// Stacks as text, `frame;frame;frame`, to nodes of a builder.
#ifndef FLAMBEAU_PROFILE_STACK_READER_H
#define FLAMBEAU_PROFILE_STACK_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct profile_builder;

struct stack_reader {
  struct profile_builder *builder; // borrowed
  // The stack before: sorted input begins with most of it again. Measured, half the time of reading such.
  struct bytes stack;
  uint32_t *nodes; // of its frames, from the outermost
  size_t *ends;    // where each frame's name ends in it
  int depth;
};

// 0, or -1 with ERROR_MEMORY. `limit`: no stack is longer, in bytes.
int stack_reader_init(struct stack_reader *reader, struct profile_builder *builder, size_t limit, struct error *err);
void stack_reader_release(struct stack_reader *reader);

// The node of a stack of line `line`, or PROFILE_FAILED with `err`: ERROR_DATA when it is too deep, ERROR_MEMORY. Names
// in square brackets are what they are elsewhere, [gc] and so on; all others are functions.
uint32_t stack_reader_node(struct stack_reader *reader, const char *stack, size_t size, size_t line, struct error *err);

#endif
