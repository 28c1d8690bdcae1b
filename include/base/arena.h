// Memory that is given back all at once: one arena per profile.
#ifndef FLAMBEAU_BASE_ARENA_H
#define FLAMBEAU_BASE_ARENA_H

#include <stddef.h>

struct arena; // opaque

struct arena *arena_new(size_t limit_bytes); // NULL when out of memory
void arena_free(struct arena *arena);        // NULL is fine

// Zeroed, aligned for any type, valid until arena_free. NULL past the limit or out of memory.
void *arena_alloc(struct arena *arena, size_t size);
size_t arena_used_bytes(const struct arena *arena);

#endif
