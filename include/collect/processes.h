// The node's processes, to find a target: one question, nothing loaded, nothing left there.
#ifndef FLAMBEAU_COLLECT_PROCESSES_H
#define FLAMBEAU_COLLECT_PROCESSES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct node;

struct process_row {
  char *pid;     // "<0.123.0>"
  char *name;    // registered name, else label, else initial call as Erlang writes it
  char *current; // the function it is in: "gen_server:loop/7"
  uint64_t reductions;
  uint64_t queue;
};

struct process_list {
  struct process_row *rows; // most reductions first
  size_t count;
};

int processes_list(struct node *node, int timeout_ms, struct process_list *list, struct error *err);
void processes_release(struct process_list *list);

#endif
