// What tracing cost the traced processes, as the capture says; taken out when all time is billed.
#ifndef FLAMBEAU_FOLD_TRACING_COST_H
#define FLAMBEAU_FOLD_TRACING_COST_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/profile_builder.h"

struct fold_tree;

struct tracing_cost {
  struct profile_costs each;
  uint64_t untraced_ns; // what a captured call takes when it is not traced; 0: not known
};

// A fact of the run, which may be one of these.
void tracing_cost_take_fact(struct tracing_cost *cost, const char *key, const char *value);

// The part of all processes' time that is of one kind, and how many processes there are.
struct tracing_cost_run {
  uint32_t processes;
  uint64_t waiting_ns, lost_ns;
};

// Where no costs are known nothing is done. False when out of memory.
bool tracing_cost_take_out(const struct tracing_cost *cost, const struct fold_tree *tree,
                           const struct tracing_cost_run *run, struct profile_tracing *taken);

#endif
