// Two arrays indexed by the sender's ids, grown to the largest id defined. Invariant: all elements up to the capacity
// are set, zero meaning that the id was not defined.
#include "id_map.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64u

void id_map_init(struct id_map *map)
{
  *map = (struct id_map){0};
}

void id_map_release(struct id_map *map)
{
  free(map->functions);
  free(map->processes);
  id_map_init(map);
}

// The array with room for element `index`, new ones zeroed; NULL when out of memory.
static void *grown(void *array, uint32_t *capacity, uint32_t index, size_t element_size)
{
  if (index < *capacity)
    return array;
  uint32_t wanted = *capacity ? *capacity : FIRST_CAPACITY;
  while (wanted <= index)
    wanted *= 2;
  char *larger = realloc(array, wanted * element_size);
  if (!larger)
    return NULL;
  memset(larger + *capacity * element_size, 0, (wanted - *capacity) * element_size);
  *capacity = wanted;
  return larger;
}

bool id_map_define_function(struct id_map *map, uint32_t id, uint32_t global)
{
  uint32_t *functions = grown(map->functions, &map->function_capacity, id, sizeof *functions);
  if (!functions)
    return false;
  map->functions = functions;
  functions[id] = global;
  return true;
}

bool id_map_define_process(struct id_map *map, uint32_t id, uint32_t global)
{
  struct process_slot *processes = grown(map->processes, &map->process_capacity, id, sizeof *processes);
  if (!processes)
    return false;
  map->processes = processes;
  processes[id] = (struct process_slot){.last_ns = INT64_MIN, .global_plus_one = global + 1, .last_chunk = NO_CHUNK};
  return true;
}
