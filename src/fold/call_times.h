// What was the own time of each function in each of the captured calls: of the first ones that were seen whole. It is
// evidence, not truth: where there is no room for more, measuring ends, and what was measured stays.
#ifndef FLAMBEAU_FOLD_CALL_TIMES_H
#define FLAMBEAU_FOLD_CALL_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profile_builder;

#define CALL_TIMES_MAX_OWN ((size_t)1 << 21) // of all calls that have ended
#define CALL_TIMES_MAX_ON ((size_t)1 << 22)  // of all that are on: the sum of their highest frames

// One that is on. A process has one at most.
struct measured_call {
  struct call_times *times;
  bool given_up;
  uint64_t *own_ns; // by frame
  uint32_t capacity;
  uint32_t *frames; // that have any, in the order in which they came to it
  uint32_t frame_count, frame_capacity;
};

struct own_time {
  uint32_t frame;
  uint64_t ns;
};

struct call_times {
  struct own_time *own; // of the calls that have ended
  size_t own_count, own_capacity;
  uint64_t *lengths_ns; // of these calls
  size_t count;
  size_t on;          // calls that are on and measured
  size_t on_capacity; // of all these
  bool ended;         // no more are measured
};

void call_times_release(struct call_times *times);

// Begins to measure a call, or not: NULL.
struct measured_call *call_times_begin(struct call_times *times);
// The call has ended, or is forgotten where it was not seen `whole`. NULL is fine.
void call_times_end(struct measured_call *call, bool whole, uint64_t length_ns);

// Own time of a function, more than 0. Not to be inlined: measured, it makes the events of all others slower.
__attribute__((noinline)) void measured_call_add(struct measured_call *call, uint32_t frame, uint64_t ns);

// Gives the spreads to the profile. False when out of memory.
bool call_times_hand_over(const struct call_times *times, struct profile_builder *builder);

#endif
