#ifndef FLAMBEAU_COLLECT_EVALUATE_H
#define FLAMBEAU_COLLECT_EVALUATE_H

#include <stddef.h>

#include "base/error.h"

struct node;
struct term_writer;

// Has the node evaluate `expressions` (agent/agent.h) in a process linked to us: erl_eval:exprs(Expressions, Bindings).
// Takes and frees `writer`, begun by evaluate_begin() and followed by the bindings: {Name, Value} tuples.
struct term_writer *evaluate_begin(const unsigned char *expressions, size_t size, int bindings);
int evaluate_spawn(struct node *node, struct term_writer *writer, struct error *err);

#endif
