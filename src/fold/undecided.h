// Time for which a process was out although nobody looked at it then: it was in a receive, or it had been preempted
// where a function is entered or has returned. What decides is whether processes were ever seen waiting in that
// function, which may be learned later; so the time is kept here until the end of the fold.
#ifndef FLAMBEAU_FOLD_UNDECIDED_H
#define FLAMBEAU_FOLD_UNDECIDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"

struct undecided_time {
  uint32_t process;
  uint32_t node;                  // of the profile, on top of the process's stack; 0: an empty place in the table
  uint32_t function;              // of that node
  struct profile_absence brief;   // out after few calls and returns, so more likely in a receive
  struct profile_absence lasting; // out after so many that a time slice may have been used up
};

struct undecided {
  struct undecided_time *times; // a hash table by process and node
  unsigned bits;                // of its size; 0: there is none yet
  size_t used;
  uint64_t multiplier; // of the hash: odd, best secret
};

void undecided_release(struct undecided *undecided);
size_t undecided_size(const struct undecided *undecided); // of `times`, with its empty places

// Adds `count` times out. False past 64 bits of nanoseconds.
bool absence_add(struct profile_absence *absence, uint64_t count, uint64_t total_ns, uint64_t max_ns);

// `node` is not 0. False when out of memory, or past 64 bits of nanoseconds.
bool undecided_add(struct undecided *undecided, uint32_t process, uint32_t node, uint32_t function, bool brief,
                   uint64_t length_ns);

#endif
