// From a sender's ids of functions and processes to those the sinks know, with what is remembered per process.
#ifndef FLAMBEAU_DECODE_ID_MAP_H
#define FLAMBEAU_DECODE_ID_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "event/trace_event.h"

#define NO_CHUNK UINT32_MAX

struct process_slot {
  int64_t last_ns;          // of its last event; INT64_MIN before the first
  uint32_t global_plus_one; // 0: not defined
  uint32_t last_chunk;      // while chunks are put in order: its latest one, or NO_CHUNK
};

struct id_map {
  uint32_t *functions; // 0: not defined
  struct process_slot *processes;
  uint32_t function_capacity, process_capacity;
};

void id_map_init(struct id_map *map);
void id_map_release(struct id_map *map);

// Both are for ids below the limits of decode/packed.h. False when out of memory.
bool id_map_define_function(struct id_map *map, uint32_t id, uint32_t global);
bool id_map_define_process(struct id_map *map, uint32_t id, uint32_t global);

// The sinks' id for the sender's. FUNCTION_NONE is itself; false when `id` was not defined.
static inline bool id_map_function(const struct id_map *map, uint32_t id, uint32_t *global)
{
  *global = id < map->function_capacity ? map->functions[id] : FUNCTION_NONE;
  return *global != FUNCTION_NONE || id == FUNCTION_NONE;
}

// NULL when `id` was not defined.
static inline struct process_slot *id_map_process(const struct id_map *map, uint32_t id)
{
  if (id >= map->process_capacity || map->processes[id].global_plus_one == 0)
    return NULL;
  return &map->processes[id];
}

#endif
