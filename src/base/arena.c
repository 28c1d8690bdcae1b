// Hands out zeroed pieces of large blocks and gives them all back at once. A piece too large to share a block gets
// one of its own. Invariant: used_bytes never passes limit_bytes.
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#define BLOCK_BYTES ((size_t)64 * 1024)
#define OWN_BLOCK_BYTES (BLOCK_BYTES / 4)

struct arena_block {
  struct arena_block *next;
  alignas(max_align_t) unsigned char data[];
};

struct arena {
  struct arena_block *blocks;
  unsigned char *free_at; // what is left of the newest shared block
  size_t free_bytes;
  size_t used_bytes;
  size_t limit_bytes;
};

struct arena *arena_new(size_t limit_bytes)
{
  struct arena *arena = calloc(1, sizeof *arena);
  if (arena)
    arena->limit_bytes = limit_bytes;
  return arena;
}

void arena_free(struct arena *arena)
{
  if (!arena)
    return;
  for (struct arena_block *block = arena->blocks, *next; block; block = next) {
    next = block->next;
    free(block);
  }
  free(arena);
}

static unsigned char *add_block(struct arena *arena, size_t size)
{
  struct arena_block *block = calloc(1, sizeof *block + size);
  if (!block)
    return NULL;
  block->next = arena->blocks;
  arena->blocks = block;
  return block->data;
}

void *arena_alloc(struct arena *arena, size_t size)
{
  const size_t alignment = alignof(max_align_t);
  if (size > SIZE_MAX - BLOCK_BYTES)
    return NULL;
  size_t rounded = size ? (size + alignment - 1) / alignment * alignment : alignment;
  if (rounded > arena->limit_bytes - arena->used_bytes)
    return NULL;

  unsigned char *piece;
  if (rounded > OWN_BLOCK_BYTES) {
    piece = add_block(arena, rounded);
    if (!piece)
      return NULL;
  } else {
    if (rounded > arena->free_bytes) {
      arena->free_at = add_block(arena, BLOCK_BYTES);
      arena->free_bytes = arena->free_at ? BLOCK_BYTES : 0;
      if (!arena->free_at)
        return NULL;
    }
    piece = arena->free_at;
    arena->free_at += rounded;
    arena->free_bytes -= rounded;
  }
  arena->used_bytes += rounded;
  return piece;
}

size_t arena_used_bytes(const struct arena *arena)
{
  return arena->used_bytes;
}
