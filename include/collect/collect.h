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
  uint64_t events;      // received so far
  uint64_t queue;       // messages waiting in the agent
  uint64_t elapsed_ns;  // since tracing began; 0 before
  uint64_t duration_ns; // 0: until told to stop
};

struct collect_options {
  const char *const *processes; // as typed: "<0.1.0>", "0.1.0", "shop_cart", "Shop.Cart", "supervisor:shop_sup"
  size_t process_count;
  const char *const *only; // globs over "Module:function/arity" as either language writes it
  size_t only_count;
  const char *const *skip;
  size_t skip_count;
  bool spawned;         // follow processes that a traced process spawns
  uint64_t duration_ns; // 0: until stop_fd
  struct collect_bounds bounds;
  const char *asked; // what was asked, as a command line without secrets: the fact `asked`
  int stop_fd;       // readable: a byte was written for each Ctrl-C; the first stops tracing, the second gives up
                     // the output but not the clean-up
  void (*on_progress)(void *context, const struct collect_progress *progress); // NULL: none; about 5 times a second
  void (*on_note)(void *context, const char *sentence); // -v: each step as it is done; NULL: none
  void *context;
};

struct collect_result {
  uint64_t events;
  uint64_t lost_events;
  uint64_t processes; // that had at least one event
  bool given_up;      // a second signal came: write nothing
  char ended[32];     // the fact `ended`: "deadline", "interrupted", "exited", "max-events", ...
};

// ERROR_REFUSED: no such process, another tracer holds it, ...; ERROR_UNREACHABLE: lost before anything was
// captured; ERROR_EMPTY: no event came. A connection lost later is not an error: `ended` is "disconnected" and what was
// captured is kept, its end marked as lost.
int collect_run(struct node *node, const struct collect_options *options, struct event_sink *sink,
                struct collect_result *result, struct error *err);

#endif
