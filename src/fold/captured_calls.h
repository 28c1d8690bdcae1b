// The captured calls of a fold, from the begin of each: as many as fit, the first ones.
#ifndef FLAMBEAU_FOLD_CAPTURED_CALLS_H
#define FLAMBEAU_FOLD_CAPTURED_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"

struct fold_tree;

struct captured_call {
  uint32_t process, function, caller; // ids; `caller` may be FUNCTION_NONE
  int64_t start_ns;
  uint64_t length_ns;
  enum profile_call_ending ending;
};

struct captured_calls {
  struct captured_call *items; // in the order in which they began
  size_t count, capacity;
  uint64_t seen; // kept or not
};

#define CAPTURED_CALL_NONE UINT32_MAX

void captured_calls_release(struct captured_calls *calls);
// Which one it is, for its end: CAPTURED_CALL_NONE when it is not kept. False when out of memory.
bool captured_calls_begin(struct captured_calls *calls, const struct captured_call *call, uint32_t *index);
void captured_calls_end(struct captured_calls *calls, uint32_t index, int64_t end_ns, enum profile_call_ending ending);

// Gives them to the profile. `rows`: of its processes, by id; `first_ns`: the time of the first event of all. 0 or -1.
int captured_calls_hand_over(const struct fold_tree *tree, const uint32_t *rows, int64_t first_ns);

#endif
