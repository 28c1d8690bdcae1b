// The run on a live node: loads the agent, starts it, pushes what it sends into a sink until the deadline, a
// signal, a bound or the end of all traced processes, then sees to it that the node is as it was.
#ifndef FLAMBEAU_COLLECT_COLLECT_H
#define FLAMBEAU_COLLECT_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct event_sink;
struct node;

struct collect_bounds {
  uint64_t max_events;
  uint64_t max_queue;        // messages in the agent's queue
  uint64_t max_memory_bytes; // of the agent: queue and unsent batches
};

// The safe defaults, for the option table.
extern const struct collect_bounds collect_default_bounds;

struct collect_progress {
  uint64_t events;       // received so far
  uint64_t queue;        // messages waiting in the agent
  uint64_t elapsed_ns;   // since tracing began; 0 before
  uint64_t duration_ns;  // 0: until told to stop
  uint64_t calls;        // captured whole so far
  uint64_t calls_wanted; // 0: no calls are captured, but processes
  uint64_t waiting_ns;   // for the first call, at most; 0 once it has come, and without a limit
};

// A call of one's own (`run`).
struct collect_own_call {
  const char *expression; // "lists:sort([3,1,2])", "Shop.Cart.total(%{id: 7})"
  uint64_t repeat;        // captured calls
  uint64_t warmup;        // calls before, with the same arguments, not traced
  bool full;              // the whole value is wanted
};

enum collect_answer { COLLECT_VALUE, COLLECT_EXCEPTION };

struct collect_options {
  const char *const
      *processes; // as typed: "<0.1.0>", "0.1.0", "shop_cart", "Shop.Cart", "supervisor:shop_sup"; "all" with sample_ns
  size_t process_count;
  const char *const *functions; // or calls of these, in any process: "lists:sort/1", "Shop.Cart.total"
  size_t function_count;
  const struct collect_own_call *own_call; // or this; NULL otherwise
  uint64_t sample_ns;                      // stacks are read at this interval, and nothing is traced; 0: no
  uint64_t calls;                          // with functions: stop after so many whole calls
  uint64_t first_call_ns;                  // with functions: how long to wait for the first; 0: until stop_fd
  uint64_t slower_than_ns;                 // with functions: keep only calls that took at least so long
  const char *const *only; // globs over "Module:function/arity" as either language writes it, and app:NAME
  size_t only_count;
  const char *const *skip;
  size_t skip_count;
  const char *const *opaque; // what these call is not shown
  size_t opaque_count;
  bool spawned;         // follow processes that a traced process spawns
  uint64_t duration_ns; // 0: until stop_fd; with functions: from the first call on
  struct collect_bounds bounds;
  uint64_t overhead_percent; // how much slower the traced processes may become; 0: every call is traced
  const char *asked;         // what was asked, as a command line without secrets: the fact `asked`
  int stop_fd; // readable: a byte was written for each Ctrl-C; the first stops tracing, the second gives up
               // the output but not the clean-up
  void (*on_progress)(void *context, const struct collect_progress *progress); // NULL: none; about 5 times a second
  void (*on_note)(void *context, const char *sentence); // -v: each step as it is done; NULL: none
  // Of the own call: its value, or its exception, as the node writes it: UTF-8, hostile. In pieces, in order.
  void (*on_answer)(void *context, enum collect_answer kind, const char *text, size_t size);
  void *context;
};

struct collect_result {
  uint64_t events;
  uint64_t lost_events;
  uint64_t processes;  // that had at least one event
  uint64_t calls;      // captured, whole or not
  uint64_t calls_cut;  // of those: had not ended
  uint64_t calls_fast; // left out, because they took less than slower_than_ns
  bool raised;         // the own call ended in an exception
  bool given_up;       // a second signal came: write nothing
  char ended[32];      // the fact `ended`: "deadline", "interrupted", "exited", "max-events", ...
};

// ERROR_REFUSED: no such process, another tracer holds it, ...; ERROR_UNREACHABLE: lost before anything was
// captured; ERROR_EMPTY: no event came. A connection lost later is not an error: `ended` is "disconnected" and what was
// captured is kept, its end marked as lost.
int collect_run(struct node *node, const struct collect_options *options, struct event_sink *sink,
                struct collect_result *result, struct error *err);

#endif
