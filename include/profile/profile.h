// The result of a fold: a tree of frames with own times and calls, totals per function, the run's facts.
// Read-only once built; the building half is in profile/profile_builder.h.
#ifndef FLAMBEAU_PROFILE_PROFILE_H
#define FLAMBEAU_PROFILE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct byte_source;

enum frame_kind {
  FRAME_FUNCTION,
  FRAME_PROCESS,  // a root that stands for one process
  FRAME_WAITING,  // [waiting]
  FRAME_RUNNABLE, // [runnable]
  FRAME_GC,       // [gc]
  FRAME_LOST,     // [lost]
  FRAME_CUT,      // [cut]: outer frames that could not be read
  FRAME_DEEPER,   // [deeper]: frames past a depth limit
  FRAME_VANISHED, // [vanished]: in a comparison, beside the outermost frames: beneath it are the stacks that only BASE
                  // has
};

// Whose code a module is.
enum frame_origin {
  ORIGIN_UNKNOWN,
  ORIGIN_OWN, // the user's: of an application that is no dependency, or of none
  ORIGIN_DEPENDENCY,
  ORIGIN_ELIXIR, // Elixir's own applications
  ORIGIN_OTP,
};

struct profile_frame {
  enum frame_kind kind;
  const char *name;        // as shown: "lists:sort/1", "Shop.Cart.total/2", "[gc]"; UTF-8, hostile
  const char *module;      // the VM's module name, "" when unknown
  const char *file;        // where its source begins, "" when unknown; hostile
  uint32_t line;           // 0 when unknown
  bool native;             // BIF or NIF
  const char *application; // its module's, "" when unknown or without one; hostile
  enum frame_origin origin;
};

// Index 0 is the root of everything: its frame is meaningless and it has no own time.
struct profile_node {
  uint32_t frame;
  uint32_t parent;
  uint32_t first_child;  // 0: none. Children are in byte order of their frames' names, [vanished] behind them
  uint32_t next_sibling; // 0: none
  uint64_t own;          // own weight: nanoseconds (or the folded file's unit), without what tracing cost
  uint64_t calls;        // `call` events at exactly this stack
};

// A function over the whole profile. Times in nanoseconds.
struct profile_function {
  uint32_t frame;
  uint64_t calls;
  uint64_t own_ns;                         // without callees; [gc], [waiting], [runnable] beneath it are not its own
  uint64_t total_ns;                       // a recursive function counted once per stack
  uint64_t tracing_ns, total_tracing_ns;   // taken out of its own time, and of its total
  uint64_t gc_ns, waiting_ns, runnable_ns; // [gc], [waiting], [runnable] directly beneath it
  uint64_t timed_calls;                    // calls seen from their start to their end
  uint64_t call_sum_ns;                    // their lengths, less their share of what was taken out
  uint64_t call_min_ns, call_max_ns;       // as they were traced
};

struct profile_process {
  const char *pid;
  const char *title; // registered name, label or initial call, in this order; the pid when nothing is known
  uint64_t events;
  int64_t first_ns, last_ns; // times of its first and last event
  uint64_t away_ns;          // between its captured calls, when it was not traced
  uint64_t width_ns; // sum of all its stacks' widths, and of what was taken out of them; equals last - first - away
  uint64_t waiting_ns, runnable_ns, gc_ns, lost_ns; // parts of that; the rest ran
  bool exited;
};

enum profile_call_ending {
  PROFILE_CALL_RETURNED,
  PROFILE_CALL_RAISED, // by an exception
  PROFILE_CALL_EXITED, // the process ended in it
  PROFILE_CALL_CUT,    // the trace ended, or events are missing, before it did
};

// One captured call of a function (`record -f`, `run`), from its begin to its end.
struct profile_call {
  uint32_t process;  // index in `processes`
  uint32_t frame;    // the function
  uint32_t caller;   // frame of the function it returns to; PROFILE_NO_FRAME when there is none
  uint64_t start_ns; // since the first event of all
  uint64_t length_ns;
  enum profile_call_ending ending;
};

#define PROFILE_NO_FRAME UINT32_MAX

// Times out of one kind, [waiting] or [runnable]: how often, how long in all, the longest.
struct profile_absence {
  uint64_t count, total_ns, max_ns;
};

struct profile_gc {
  uint64_t minor, major;     // how many
  uint64_t pause_ns, max_ns; // how long, all and longest
  uint64_t words_given_back;
};

// What tracing cost, as far as it is known, and taken out of the nodes' own times.
struct profile_tracing {
  uint64_t taken_ns; // of all nodes
  bool scaled;       // what untraced calls take is known:
  double factor;     // so many times what an event was measured to cost
};

// One side of a comparison at one node.
struct profile_side {
  uint64_t own, calls;
};

// How long something took in each of several captured calls: the middle one, and the quarters of them below and above
// it.
struct profile_spread {
  uint64_t median_ns, lower_quartile_ns, upper_quartile_ns;
};

struct profile_fact {
  const char *key;
  const char *value;
};

// A frame in time, for charts: `node`'s frame lay on its process's stack from `start_ns` for `width_ns`. Spans of one
// process nest as their nodes do.
struct profile_span {
  uint32_t process; // index in `processes`
  uint32_t node;
  uint64_t start_ns; // since the first event of all
  uint64_t width_ns;
};

struct profile_module {
  const char *name;
  int64_t time_ns;
  bool traced;
};

struct profile {
  const struct profile_frame *frames;
  size_t frame_count;
  const struct profile_node *nodes;
  size_t node_count;        // at least 1
  const uint64_t *tracing;  // per node, nanoseconds taken out of its own time; NULL: of none
  const uint8_t *own_kinds; // per node, the enum frame_kind its own time counts as; NULL: that of its frame
  // In a comparison (profile_compare), per node what BASE has there; else NULL. The nodes' own times and calls are
  // HEAD's, but beneath [vanished], where HEAD has none, BASE's: so wide the stacks are drawn.
  const struct profile_side *base;
  uint32_t vanished; // in a comparison, the node of [vanished]: it and all after it are BASE's alone. 0: none
  const struct profile_function *functions; // sorted: most own time first, then by name
  // In a comparison, what each of `functions` is in BASE, in the same order; else NULL. One that a side does not have
  // is all zero there.
  const struct profile_function *base_functions;
  size_t function_count;
  const struct profile_process *processes; // in order of first sight
  size_t process_count;
  const struct profile_call *calls; // captured ones, by start; at most PROFILE_MAX_CALLS, the first
  size_t call_count;
  uint64_t calls_seen; // captured, kept here or not
  // Times of the captured calls that were seen whole, the first PROFILE_MAX_MEASURED of them: how many there are, how
  // long they took, and for each of `functions`, in the same order, what was its own time in a call (zero in one that
  // does not come to it; all zero in a snapshot that was read where it does not say). Without captured calls, and in a
  // comparison: 0 and NULL.
  uint64_t measured_calls;
  struct profile_spread call_time;
  const struct profile_spread *function_times;
  const struct profile_fact *facts; // in order of first sight
  size_t fact_count;
  const struct profile_module *modules; // loaded during the trace
  size_t module_count;
  struct profile_gc gc;
  struct profile_absence waiting, runnable;
  struct profile_tracing taken_out;
  const struct profile_span *spans; // by process, then by start, outer before inner; NULL unless asked for
  size_t span_count;
  uint64_t span_min_ns; // spans shorter than this were left out
  uint64_t events;
  uint64_t lost_events;
  bool counts_known; // false for a folded file: no calls, unit unknown
  bool times_known;  // false for a snapshot: its nodes have calls, but no own times
};

void profile_free(struct profile *profile); // NULL is fine

// The value of a fact, or NULL.
const char *profile_fact_value(const struct profile *profile, const char *key);

// Its stacks were read at an interval (the fact `sampled`): there are times, but no calls, although `counts_known`.
bool profile_is_sampled(const struct profile *profile);
#define SAMPLING_BIAS                                                                                                  \
  "a stack is seen where the VM lets a process answer, at the end of its time slice, a long BIF or NIF at its own "    \
  "end; what lasts less than an interval is seen by chance"
// `counts_known`, and calls were counted.
bool profile_has_calls(const struct profile *profile);

enum weight { WEIGHT_WALL, WEIGHT_CPU, WEIGHT_WAIT, WEIGHT_GC, WEIGHT_CALLS };

// What `node` itself weighs: own time where its frame takes part in `weight`, or its calls.
uint64_t profile_own_weight(const struct profile *profile, uint32_t node, enum weight weight);
// What was taken out of that.
uint64_t profile_own_tracing(const struct profile *profile, uint32_t node, enum weight weight);
// Is more taken out than is left? Then a small error of the one is a large one of the other.
static inline bool profile_is_uncertain(uint64_t left, uint64_t tracing)
{
  return tracing > left;
}

// A new profile whose stacks are turned round (callers instead of callees). Facts and tables are kept.
struct profile *profile_reverse(const struct profile *profile, struct error *err);

// Text of `frame;frame;frame WEIGHT` lines (anybody's). ERROR_DATA names the first bad line.
struct profile *profile_read_folded(struct byte_source *source, struct error *err);

#endif
