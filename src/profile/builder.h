// What a profile is while it grows. Only profile_builder.c writes it; profile_finish.c reads it out.
#ifndef FLAMBEAU_PROFILE_BUILDER_H
#define FLAMBEAU_PROFILE_BUILDER_H

#include "base/bytes.h"
#include "profile/profile_builder.h"

struct arena;
struct string_table;

#define PROFILE_MAX_FACTS 1024

__extension__ typedef unsigned __int128 wide; // of products

struct frame_tally {
  uint64_t calls_elsewhere;
  uint64_t timed_calls;
  uint64_t call_sum_ns, call_min_ns, call_max_ns;
};

// One cache line: an event touches a node or two.
struct build_node {
  uint64_t own;
  uint64_t calls;
  uint64_t timed_calls;
  uint64_t call_sum_ns, call_min_ns, call_max_ns;
  uint32_t frame;
  uint32_t parent;            // always a smaller index than the node's own
  uint32_t recent_child : 31; // the child last asked for (0: none), and its frame: loops ask again and again
  uint32_t branched : 1;      // it has more than one, which are in the slots; an only child is not
  uint32_t recent_frame;
};

// A node's intervals.
struct interval_tally {
  uint64_t count[INTERVAL_KINDS]; // by enum interval_kind
  uint64_t sum_ns;                // of all
};

// A frame's intervals of one kind. A few of many are long because the process or the whole machine was kept from work.
#define INTERVAL_SHORT_NS 4096
struct interval_sums {
  uint64_t count, sum_ns;
  uint64_t short_count, short_ns; // of those that are no longer than that
};

struct frame_intervals {
  struct interval_sums of[INTERVAL_KINDS];
};

struct node_slot {
  uint32_t parent;
  uint32_t frame;
  uint32_t node; // 0: empty
};

struct build_fact {
  char *key; // both owned
  char *value;
};

struct profile_builder {
  struct arena *arena;       // of the texts, later of the whole profile
  struct string_table *keys; // a frame's kind and name; the id less one is the frame's index
  struct bytes key;          // the key being looked up
  struct string_table *applications;
  struct bytes application_texts; // const char *, by id: many frames share one
  struct bytes frames;            // struct profile_frame
  struct bytes tallies;           // struct frame_tally, one per frame
  struct bytes nodes;             // struct build_node
  struct bytes intervals;         // struct interval_tally, of the nodes that have any
  struct bytes frame_intervals;   // struct frame_intervals, of the frames whose nodes have any
  struct bytes tracing;           // uint64_t, of the nodes that something was taken out of
  struct bytes processes;         // struct profile_process
  struct bytes facts;             // struct build_fact
  struct bytes modules;           // struct profile_module
  struct bytes spans;             // struct profile_span
  uint64_t span_min_ns;
  struct bytes calls; // struct profile_call
  uint64_t calls_seen;
  uint64_t measured_calls;
  struct profile_spread call_time;
  struct bytes frame_times; // struct profile_spread, one per frame there was then
  struct node_slot *slots;  // open addressing, at most half full
  uint32_t slots_used;
  uint32_t node_count;
  unsigned slot_bits;
  uint64_t multiplier; // odd and random: no input can aim at one slot
  bool overflowed;     // a sum is more than fits 64 bits
  bool failed;         // out of memory or past a limit
};

static inline struct build_node *builder_nodes(const struct profile_builder *builder)
{
  return (struct build_node *)builder->nodes.data;
}

static inline struct profile_frame *builder_frames(const struct profile_builder *builder)
{
  return (struct profile_frame *)builder->frames.data;
}

static inline uint32_t builder_frame_count(const struct profile_builder *builder)
{
  return (uint32_t)(builder->frames.size / sizeof(struct profile_frame));
}

// The child of `parent` for `frame`, or PROFILE_FAILED where there is none.
uint32_t builder_find_child(const struct profile_builder *builder, uint32_t parent, uint32_t frame);

// What a profile that is made of another one copies from it. `frame_map` says which frame of the builder each frame of
// `profile` is; the first fills it. -1 when the builder has failed.
int builder_copy_frames(struct profile_builder *builder, const struct profile *profile, uint32_t *frame_map);
int builder_copy_tables(struct profile_builder *builder, const struct profile *profile); // processes, facts, modules
int builder_copy_calls(struct profile_builder *builder, const struct profile *profile, const uint32_t *frame_map);
// Times of functions that become one frame are added up.
int builder_copy_times(struct profile_builder *builder, const struct profile *profile, const uint32_t *frame_map);

// What cannot be computed from the tree of a profile that is made of another one, in frames and nodes of the builder.
struct builder_given {
  const struct profile *original;                            // its totals
  const struct profile_function *functions, *base_functions; // the latter NULL but in a comparison
  size_t function_count;
  const struct profile_side *base; // of each node; NULL but in a comparison
  bool counts_known, times_known;
  bool turned; // what an own weight is made of is decided by the outermost frame
};

// Makes the profile as profile_builder_finish does, but with these tables.
struct profile *builder_finish_given(struct profile_builder *builder, const struct builder_given *given,
                                     struct error *err);

#endif
