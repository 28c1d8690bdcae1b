// A growing buffer. Invariant: size <= capacity <= limit, and once `failed` nothing is added until bytes_clear.
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY_BYTES 256

void bytes_init(struct bytes *bytes, size_t limit_bytes)
{
  *bytes = (struct bytes){.limit = limit_bytes};
}

void bytes_release(struct bytes *bytes)
{
  free(bytes->data);
  bytes_init(bytes, bytes->limit);
}

void bytes_clear(struct bytes *bytes)
{
  bytes->size = 0;
  bytes->failed = false;
}

static bool grow(struct bytes *bytes, size_t needed)
{
  size_t capacity = bytes->capacity ? bytes->capacity : FIRST_CAPACITY_BYTES;
  while (capacity < needed)
    capacity = capacity > bytes->limit / 2 ? bytes->limit : capacity * 2;
  if (capacity > bytes->limit)
    capacity = bytes->limit;
  uint8_t *data = realloc(bytes->data, capacity);
  if (!data)
    return false;
  bytes->data = data;
  bytes->capacity = capacity;
  return true;
}

uint8_t *bytes_reserve(struct bytes *bytes, size_t size)
{
  if (bytes->failed)
    return NULL;
  if (size > bytes->limit - bytes->size) {
    bytes->failed = true;
    return NULL;
  }
  size_t needed = bytes->size + size;
  if ((needed > bytes->capacity || !bytes->data) && !grow(bytes, needed)) {
    bytes->failed = true;
    return NULL;
  }
  uint8_t *room = bytes->data + bytes->size;
  bytes->size = needed;
  return room;
}

void bytes_append(struct bytes *bytes, const void *data, size_t size)
{
  if (size == 0)
    return;
  uint8_t *room = bytes_reserve(bytes, size);
  if (room)
    memcpy(room, data, size);
}

void bytes_append_u8(struct bytes *bytes, uint8_t value)
{
  uint8_t *room = bytes_reserve(bytes, 1);
  if (room)
    *room = value;
}

void bytes_append_be(struct bytes *bytes, uint64_t value, unsigned width_bytes)
{
  uint8_t *room = bytes_reserve(bytes, width_bytes);
  if (!room)
    return;
  for (unsigned i = width_bytes; i-- > 0; value >>= 8)
    room[i] = (uint8_t)value;
}

void bytes_append_decimal(struct bytes *bytes, uint64_t number)
{
  char digits[20]; // of the largest number
  size_t at = sizeof digits;
  do
    digits[--at] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  bytes_append(bytes, digits + at, sizeof digits - at);
}

void bytes_drop_front(struct bytes *bytes, size_t size)
{
  if (size >= bytes->size) {
    bytes->size = 0;
    return;
  }
  memmove(bytes->data, bytes->data + size, bytes->size - size);
  bytes->size -= size;
}
