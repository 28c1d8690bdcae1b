// The calls of two profiles in one tree: what a verdict looks at.
#ifndef FLAMBEAU_PROFILE_CALL_PAIRS_H
#define FLAMBEAU_PROFILE_CALL_PAIRS_H

#include "profile/profile.h"

struct profile_builder;

struct both_calls {
  uint64_t base, head;
};

// A function where it is called on a path of callers; no function is twice on a path. Parents come before their
// children; node 0 is the root.
struct pair_node {
  uint32_t parent, frame;
  struct both_calls first; // by the caller
  struct both_calls again; // by itself, or by what it called
};

struct pair_frame {
  const char *name; // hostile
  const char *file; // "" when unknown
  uint32_t line;
  struct both_calls calls;                    // everywhere
  struct profile_spread base_time, head_time; // zero when unknown
};

struct call_pairs {
  struct profile_builder *names; // owned
  struct pair_node *nodes;
  uint32_t node_count;
  struct pair_frame *frames;
  uint32_t frame_count;
};

// Functions that `chosen` refuses are not there: whom they call is called by their callers. ERROR_MEMORY only.
int call_pairs_init(struct call_pairs *pairs, const struct profile *base, const struct profile *head,
                    bool (*chosen)(const void *context, const char *name), const void *context, struct error *err);
void call_pairs_release(struct call_pairs *pairs);

#endif
