// The one user of zlib.
#ifndef FLAMBEAU_BASE_GZIP_IO_H
#define FLAMBEAU_BASE_GZIP_IO_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct byte_sink;
struct bytes;

// A sink that writes RFC 1952 gzip (no file name, no time) to `inner`, which it owns and finishes.
// On failure `inner` is freed and NULL returned.
struct byte_sink *gzip_sink_new(struct byte_sink *inner, struct error *err);

// RFC 1950 zlib of `data` appended to `out`, from `level` 1, fast, to 9, small; 0 or -1.
int zlib_pack(const void *data, size_t size, int level, struct bytes *out, struct error *err);
// Exactly `unpacked_size` bytes must come out, into `out` (caller's, that large); else ERROR_DATA.
int zlib_unpack(const void *data, size_t size, void *out, size_t unpacked_size, struct error *err);
// CRC-32 as in RFC 1952, of one piece of memory.
uint32_t crc32_of(const void *data, size_t size);

#endif
