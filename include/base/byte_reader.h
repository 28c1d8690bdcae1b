// A bounded big-endian reader over bytes that nobody vouches for. Reading past the end latches `failed`
// and yields zeros; ask once at the end.
#ifndef FLAMBEAU_BASE_BYTE_READER_H
#define FLAMBEAU_BASE_BYTE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_reader {
  const uint8_t *at;
  const uint8_t *end;
  bool failed;
};

static inline void byte_reader_init(struct byte_reader *reader, const void *data, size_t size)
{
  reader->at = data;
  reader->end = reader->at + size;
  reader->failed = false;
}

static inline size_t byte_reader_left(const struct byte_reader *reader)
{
  return (size_t)(reader->end - reader->at);
}

// `width_bytes` 1 to 8.
static inline uint64_t byte_reader_be(struct byte_reader *reader, unsigned width_bytes)
{
  if (byte_reader_left(reader) < width_bytes) {
    reader->failed = true;
    reader->at = reader->end;
    return 0;
  }
  uint64_t value = 0;
  for (unsigned i = 0; i < width_bytes; i++)
    value = value << 8 | reader->at[i];
  reader->at += width_bytes;
  return value;
}

// The next `size` bytes, borrowed from the input; NULL (and failed) when there are fewer.
static inline const uint8_t *byte_reader_take(struct byte_reader *reader, size_t size)
{
  if (byte_reader_left(reader) < size) {
    reader->failed = true;
    reader->at = reader->end;
    return NULL;
  }
  const uint8_t *taken = reader->at;
  reader->at += size;
  return taken;
}

#endif
