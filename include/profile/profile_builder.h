// The building half of a profile: used by the fold and the folded-file reader only.
#ifndef FLAMBEAU_PROFILE_PROFILE_BUILDER_H
#define FLAMBEAU_PROFILE_PROFILE_BUILDER_H

#include "profile/profile.h"

struct profile_builder; // opaque

struct profile_builder *profile_builder_new(struct error *err);
void profile_builder_free(struct profile_builder *builder);

#define PROFILE_FAILED UINT32_MAX // out of memory or past a limit: profile_builder_finish will fail too

#define PROFILE_MAX_FRAMES ((size_t)1 << 23)
#define PROFILE_MAX_NODES ((size_t)1 << 23)
#define PROFILE_MAX_CALLS ((size_t)1 << 20)
#define PROFILE_MAX_MEASURED 1000

// The frame with this name (cut at a NUL) and kind, made if new, or PROFILE_FAILED.
uint32_t profile_builder_frame(struct profile_builder *builder, enum frame_kind kind, const char *name,
                               size_t name_size, const char *module, size_t module_size, bool native);
// Shows `frame` under another name. It is still found by the name it was made with.
int profile_builder_rename(struct profile_builder *builder, uint32_t frame, const char *name);
// Where the frame's source begins; the first time counts.
int profile_builder_locate(struct profile_builder *builder, uint32_t frame, const char *file, uint32_t line);
// Whose code the frame is; the first time counts.
int profile_builder_belongs(struct profile_builder *builder, uint32_t frame, const char *application,
                            enum frame_origin origin);
// The child of `parent` (0 is the root) for `frame`, made if new, or PROFILE_FAILED.
uint32_t profile_builder_child(struct profile_builder *builder, uint32_t parent, uint32_t frame);
void profile_builder_add(struct profile_builder *builder, uint32_t node, uint64_t own, uint64_t calls);

// Which two events an interval lies between, as far as tracing them takes time: after the one was stamped it is still
// sent, and before the other is stamped it is prepared. To be scheduled in is taken for a call, to be scheduled out,
// too.
enum interval_kind {
  INTERVAL_OTHER,
  INTERVAL_CALL_CALL,
  INTERVAL_RETURN_CALL,
  INTERVAL_CALL_RETURN,
  INTERVAL_RETURN_RETURN,
  INTERVAL_TURN, // scheduled in, and out again
  INTERVAL_GC,   // up to a collection's begin, or its end
  INTERVAL_KINDS,
};

// Own time alone; the node's frame.
uint32_t profile_builder_bill(struct profile_builder *builder, uint32_t node, uint64_t own);
// The same, of one interval.
uint32_t profile_builder_bill_interval(struct profile_builder *builder, uint32_t node, uint64_t own,
                                       enum interval_kind kind);

// How much longer an interval is for being traced.
struct profile_costs {
  uint64_t interval_ns[INTERVAL_KINDS];
  uint64_t bare_ns;    // how long one between calls and returns is untraced, at least
  uint64_t call_words; // what a call leaves on the heap for being traced
  uint64_t words;      // what all collections gave back
};

// The costs may turn out to be so many times what they were measured to be. Work that is traced leaves caches cold and
// waits for locks, which the measurement saw less of; a factor past this is another mistake.
#define PROFILE_MAX_FACTOR 4

// Takes off each node's own time what its intervals cost (profile_costs.c says how that is found), and no more than is
// there but for the time that so many calls and returns take anyhow, and a nanosecond, so that every stack stays. Where
// `truth_ns` is not 0, it is what all time would be if nothing had been traced: the costs are multiplied by the
// smallest factor that leaves no more than that, and [runnable] is taken out whole, since whoever is scheduled out for
// so long is so because of the tracing. Call it when all time is billed; `taken` is what it came to. -1 when the
// builder has failed.
int profile_builder_take_out(struct profile_builder *builder, const struct profile_costs *costs, uint64_t truth_ns,
                             struct profile_tracing *taken);
// A node's share of what was taken out of another profile.
int profile_builder_taken(struct profile_builder *builder, uint32_t node, uint64_t tracing_ns);
uint32_t profile_builder_frame_count(const struct profile_builder *builder);
// A call of the function `frame` at a node that is not its own ([deeper]): counted in the function's table row only.
void profile_builder_call_elsewhere(struct profile_builder *builder, uint32_t frame);
// One call at `node`, seen from its start to its end.
void profile_builder_call_end(struct profile_builder *builder, uint32_t node, uint64_t length_ns);
// The same, of the function `frame` at a node that is not its own.
void profile_builder_call_length(struct profile_builder *builder, uint32_t frame, uint64_t length_ns);
// Copies; an index, or PROFILE_FAILED.
uint32_t profile_builder_process(struct profile_builder *builder, const struct profile_process *process);
int profile_builder_fact(struct profile_builder *builder, const char *key, const char *value);
int profile_builder_module(struct profile_builder *builder, const struct profile_module *module);

struct profile_totals {
  uint64_t events, lost_events;
  struct profile_gc gc;
  struct profile_absence waiting, runnable;
  struct profile_tracing taken_out;
  bool counts_known;
  bool calls_only; // no own time was added because none is known
};

// `spans` of the builder's nodes, in any order; copied.
int profile_builder_spans(struct profile_builder *builder, const struct profile_span *spans, size_t count,
                          uint64_t min_ns);

// Captured calls with frames of the builder, in any order; copied. `seen`: how many there were in all.
int profile_builder_calls(struct profile_builder *builder, const struct profile_call *calls, size_t count,
                          uint64_t seen);

// What `measured_calls` captured calls took, and what was the own time of each frame of the builder in them: of as many
// as it has at this moment; copied.
int profile_builder_measured(struct profile_builder *builder, uint64_t measured_calls,
                             const struct profile_spread *call_time, const struct profile_spread *frame_times);

// Sorts children, computes the function table, hands over the profile and frees the builder. NULL on failure:
// ERROR_MEMORY, or ERROR_DATA when the weights add up to more than 64 bits hold.
struct profile *profile_builder_finish(struct profile_builder *builder, const struct profile_totals *totals,
                                       struct error *err);

#endif
