// Packed records (src/capture/FORMAT.md) to trace events. Bounded, no I/O; the bytes may be hostile.
#ifndef FLAMBEAU_DECODE_DECODER_H
#define FLAMBEAU_DECODE_DECODER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct event_sink;
struct string_table;

// Ids of functions and processes as the sinks see them; shared by all decoders that feed the same sinks, so
// that several agents, or nodes, never collide.
struct event_ids {
  uint32_t next_function;         // starts at 1
  uint32_t next_process;          // starts at 0
  struct string_table *functions; // NULL, or: a function that several senders define is one, told of once
};

void event_ids_init(struct event_ids *ids);
// For several senders that trace the same code.
int event_ids_init_common(struct event_ids *ids, struct error *err);
void event_ids_release(struct event_ids *ids);

struct decoder; // one per source of packed records; remembers its definitions

// `ids` and `sink` are borrowed. NULL when out of memory.
struct decoder *decoder_new(struct event_ids *ids, struct event_sink *sink);
void decoder_free(struct decoder *decoder);

// Decodes whole records (none are fine). Within one call the events of several processes are pushed in order of time,
// as FORMAT.md's "Order" has it.
// ERROR_DATA on anything that FORMAT.md does not allow (and the sink's own errors).
int decoder_push(struct decoder *decoder, const void *data, size_t size, struct error *err);

// What has been decoded so far.
uint64_t decoder_event_count(const struct decoder *decoder);

#endif
