// Time for which a process was out although nobody looked at it then: it was in a receive, or it had been preempted
// where a function is entered or has returned. What decides is whether processes were ever seen waiting in that
// function, which may be learned later; so the time is kept here until the end of the fold.
#ifndef FLAMBEAU_FOLD_UNDECIDED_H
#define FLAMBEAU_FOLD_UNDECIDED_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/profile.h"

struct undecided_time {
  uint32_t function;              // on top of the stack
  struct profile_absence brief;   // out after few calls and returns, so more likely in a receive
  struct profile_absence lasting; // out after so many that a time slice may have been used up
};

struct undecided {
  struct undecided_time *by_node; // of the profile; no time: no entry
  uint32_t capacity;
};

void undecided_release(struct undecided *undecided);

// Adds `count` times out. False past 64 bits of nanoseconds.
bool absence_add(struct profile_absence *absence, uint64_t count, uint64_t total_ns, uint64_t max_ns);

// False when out of memory, or past 64 bits of nanoseconds.
bool undecided_add(struct undecided *undecided, uint32_t node, uint32_t function, bool brief, uint64_t length_ns);

#endif
