// A sink in front of another that keeps only the captured calls that took at least so long. A call's events are held
// back until it has lasted that long, then passed on, the rest of the call at once; one that ends before is dropped.
//
//   at least 10 ms    | held                      | passed on
//   0 ms  begin f     | begin                     |
//   4 ms  call g      | begin, call               |
//   6 ms  leave       |                           |                   6 ms: dropped
//   20 ms begin f     | begin                     |
//   21 ms call g      | begin, call               |
//   33 ms return f    |                           | begin, call, return
//   34 ms leave       |                           | leave             14 ms: kept
#ifndef FLAMBEAU_COLLECT_SLOW_CALLS_H
#define FLAMBEAU_COLLECT_SLOW_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "event/event_sink.h"

// Of all calls under way together: two million held events.
#define SLOW_CALLS_HELD_BYTES ((size_t)64 << 20)

struct slow_process;
struct held_call;

struct slow_calls {
  struct event_filter filter; // first: this is one
  uint64_t slower_than_ns;
  size_t limit_bytes;
  size_t held_bytes;              // of events held back, with the room they have reserved
  struct slow_process *processes; // by id
  size_t count;
  struct held_call *by_room[65]; // lists of held calls, by the number of bits of their events' room
  uint64_t kept, dropped;        // calls
};

// Definitions, facts, modules and locations pass through at once. Of a process no call of which was kept the next sink
// hears nothing but its definition, and never what a process did outside its captured calls.
//
// When what is held would take more than `limit_bytes`, the process that has most (within a factor of two) loses what
// is held of its call. Should that call turn out slow all the same, it is a begin, a loss of so many events, and what
// came from then on.
//
// A call that events are missing from (EVENT_LOST) is known to have lasted until there. After a loss in a call that was
// kept the next one of that process is kept whatever it took: it shows where the loss ends.
void slow_calls_init(struct slow_calls *slow, struct event_sink *next, uint64_t slower_than_ns, size_t limit_bytes);
void slow_calls_release(struct slow_calls *slow);

#endif
