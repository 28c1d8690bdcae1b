// Passes everything on, and remembers of each process when its last event was: for the case that its end never comes.
#ifndef FLAMBEAU_COLLECT_PROCESS_ENDS_H
#define FLAMBEAU_COLLECT_PROCESS_ENDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event_sink.h"

struct process_end {
  int64_t last_ns;
  bool seen;
  bool over;
  bool away; // between captured calls: not traced
  bool in_call;
};

struct process_ends {
  struct event_filter filter;    // first: this is one
  struct process_end *processes; // by id
  size_t count;
  uint64_t calls_begun, calls_ended; // captured ones; ended: whole
  uint64_t events;
};

void process_ends_init(struct process_ends *ends, struct event_sink *next);
void process_ends_release(struct process_ends *ends);

size_t process_ends_seen(const struct process_ends *ends); // processes with at least one event

// For every process that is not over, nor away: events are lost from its last one to `end_ns`, where its trace ended.
// `lost` events are known lost in all; the first such process carries the number.
int process_ends_lose(struct process_ends *ends, uint64_t lost, int64_t end_ns, struct error *err);

#endif
