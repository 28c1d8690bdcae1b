// A growing byte buffer that is born with its maximum size. A failed append latches: later appends do
// nothing, and `failed` is asked once at the end.
#ifndef FLAMBEAU_BASE_BYTES_H
#define FLAMBEAU_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
  uint8_t *data; // owned; NULL while empty
  size_t size;
  size_t capacity;
  size_t limit; // never grows past this many bytes
  bool failed;  // out of memory or past the limit
};

void bytes_init(struct bytes *bytes, size_t limit_bytes);
void bytes_release(struct bytes *bytes);
void bytes_clear(struct bytes *bytes); // size 0 and not failed; keeps the memory

void bytes_append(struct bytes *bytes, const void *data, size_t size);
void bytes_append_u8(struct bytes *bytes, uint8_t value);
void bytes_append_be(struct bytes *bytes, uint64_t value, unsigned width_bytes); // big-endian, 1 to 8 bytes
void bytes_append_decimal(struct bytes *bytes, uint64_t number);
// Room for `size` more bytes at the end, counted in `size` at once; NULL when it failed.
uint8_t *bytes_reserve(struct bytes *bytes, size_t size);
void bytes_drop_front(struct bytes *bytes, size_t size); // forget the first bytes (memmove)

#endif
