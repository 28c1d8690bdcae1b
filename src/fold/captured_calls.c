// An array, in which a call has its place when it begins: so those that are kept are the first, whichever ends first.
#include "captured_calls.h"

#include <stdlib.h>

#include "cursor.h"

#define FIRST_CAPACITY ((size_t)16)

void captured_calls_release(struct captured_calls *calls)
{
  free(calls->items);
  *calls = (struct captured_calls){0};
}

bool captured_calls_begin(struct captured_calls *calls, const struct captured_call *call, uint32_t *index)
{
  calls->seen++;
  *index = CAPTURED_CALL_NONE;
  if (calls->count == PROFILE_MAX_CALLS)
    return true;
  if (calls->count == calls->capacity) {
    size_t capacity = calls->capacity ? calls->capacity * 2 : FIRST_CAPACITY;
    struct captured_call *items = realloc(calls->items, capacity * sizeof *items);
    if (!items)
      return false;
    calls->items = items;
    calls->capacity = capacity;
  }
  *index = (uint32_t)calls->count;
  calls->items[calls->count++] = *call;
  return true;
}

void captured_calls_end(struct captured_calls *calls, uint32_t index, int64_t end_ns, enum profile_call_ending ending)
{
  if (index == CAPTURED_CALL_NONE)
    return;
  struct captured_call *call = &calls->items[index];
  call->length_ns = (uint64_t)end_ns - (uint64_t)call->start_ns;
  call->ending = ending;
}

int captured_calls_hand_over(const struct fold_tree *tree, const uint32_t *rows, int64_t first_ns)
{
  const struct captured_calls *from = &tree->calls;
  struct profile_call *calls = malloc((from->count + 1) * sizeof *calls);
  if (!calls)
    return -1;
  for (size_t i = 0; i < from->count; i++) {
    const struct captured_call *call = &from->items[i];
    bool called = call->caller != FUNCTION_NONE;
    calls[i] = (struct profile_call){.process = rows[call->process],
                                     .frame = tree->functions[call->function].frame,
                                     .caller = called ? tree->functions[call->caller].frame : PROFILE_NO_FRAME,
                                     .start_ns = (uint64_t)call->start_ns - (uint64_t)first_ns,
                                     .length_ns = call->length_ns,
                                     .ending = call->ending};
  }
  int status = profile_builder_calls(tree->builder, calls, from->count, from->seen);
  free(calls);
  return status;
}
