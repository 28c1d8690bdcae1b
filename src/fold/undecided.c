// A hash table with open addressing, at most half full.
#include "undecided.h"

#include <stdlib.h>

#define FIRST_BITS 6
#define MAX_BITS 26

void undecided_release(struct undecided *undecided)
{
  free(undecided->times);
  *undecided = (struct undecided){0};
}

size_t undecided_size(const struct undecided *undecided)
{
  return undecided->bits ? (size_t)1 << undecided->bits : 0;
}

bool absence_add(struct profile_absence *absence, uint64_t count, uint64_t total_ns, uint64_t max_ns)
{
  absence->count += count;
  if (max_ns > absence->max_ns)
    absence->max_ns = max_ns;
  return !__builtin_add_overflow(absence->total_ns, total_ns, &absence->total_ns);
}

// Where the time of this process at this node is, or is to be.
static struct undecided_time *place_of(const struct undecided *undecided, uint32_t process, uint32_t node)
{
  size_t mask = undecided_size(undecided) - 1;
  uint64_t key = (uint64_t)process << 32 | node;
  size_t i = (size_t)(key * undecided->multiplier >> (64 - undecided->bits));
  while (undecided->times[i].node != 0 && (undecided->times[i].node != node || undecided->times[i].process != process))
    i = (i + 1) & mask;
  return &undecided->times[i];
}

static bool grow(struct undecided *undecided)
{
  struct undecided old = *undecided;
  undecided->bits = old.bits ? old.bits + 1 : FIRST_BITS;
  undecided->times = undecided->bits > MAX_BITS ? NULL : calloc(undecided_size(undecided), sizeof *undecided->times);
  if (!undecided->times) {
    *undecided = old;
    return false;
  }
  for (size_t i = 0; i < undecided_size(&old); i++) {
    if (old.times[i].node != 0)
      *place_of(undecided, old.times[i].process, old.times[i].node) = old.times[i];
  }
  free(old.times);
  return true;
}

bool undecided_add(struct undecided *undecided, uint32_t process, uint32_t node, uint32_t function, bool brief,
                   uint64_t length_ns)
{
  if (undecided->used * 2 >= undecided_size(undecided) && !grow(undecided))
    return false;
  struct undecided_time *time = place_of(undecided, process, node);
  if (time->node == 0) {
    undecided->used++;
    *time = (struct undecided_time){.process = process, .node = node};
  }
  time->function = function;
  return absence_add(brief ? &time->brief : &time->lasting, 1, length_ns, length_ns);
}
