// Events on their way into chunks, one chunk per process.
#ifndef FLAMBEAU_CAPTURE_EVENT_GROUP_H
#define FLAMBEAU_CAPTURE_EVENT_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct trace_event;
struct open_chunk;
struct staged_run;
struct group_process;

struct event_group {
  struct bytes staged;         // packed events in the order they came
  struct staged_run *runs;     // which of them are whose
  struct open_chunk *chunks;   // in order of first use
  struct group_process *known; // by process id
  size_t run_count, run_capacity, chunk_count, chunk_capacity, known_capacity;
  uint64_t number;       // of this group, from 1 on
  int64_t last_place_ns; // where the last event stands in a reader's order: time, then chunk
  uint32_t last_chunk;
};

void event_group_init(struct event_group *group);
void event_group_release(struct event_group *group);
static inline bool event_group_is_empty(const struct event_group *group)
{
  return group->run_count == 0;
}

int event_group_define_process(struct event_group *group, uint32_t id, struct error *err);

enum group_outcome {
  GROUP_FAILED = -1,
  GROUP_TAKEN = 0,
  GROUP_ENDED, // not taken: write the group, then add the event again
};

enum group_outcome event_group_add(struct event_group *group, const struct trace_event *event, struct error *err);

// Appends the chunks to `records` and begins the next group.
void event_group_write(struct event_group *group, struct bytes *records);

#endif
