// Chunks of events that wait to be pushed, and their pushing in order of time.
#ifndef FLAMBEAU_DECODE_CHUNKS_H
#define FLAMBEAU_DECODE_CHUNKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "id_map.h"

struct event_sink;

struct chunk;

struct chunks {
  const struct id_map *map; // borrowed
  struct event_sink *sink;  // borrowed
  uint64_t events;          // pushed so far
  struct chunk *noted;      // in the order they stand
  uint32_t *heap;           // indices into `noted`; the first one's event is the next to push
  uint32_t count, capacity, heap_count;
  uint32_t *stack; // of the EVENT_STACK being pushed
  size_t stack_capacity;
  uint8_t event_size[128]; // by tag: bytes of the event without a stack's ids; 0: no such event
};

void chunks_init(struct chunks *chunks, const struct id_map *map, struct event_sink *sink);
void chunks_release(struct chunks *chunks);
void chunks_clear(struct chunks *chunks); // forgets what is noted

// Notes a chunk of `process` (the sender's id, defined). `events` is borrowed until the push.
int chunks_note(struct chunks *chunks, uint32_t process, int64_t base_ns, const uint8_t *events, size_t size,
                struct error *err);
// Pushes all events noted, in order of time, and forgets them. 0 or -1.
int chunks_push(struct chunks *chunks, struct error *err);

#endif
