// The one user of zlib: gzip as a sink around a sink, and zlib data in memory. Invariant: the same bytes always
// give the same output, since the gzip header names no file, time or system.
#include "base/gzip_io.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/byte_io.h"
#include "base/bytes.h"

#define CHUNK_BYTES ((size_t)64 * 1024)
#define GZIP_WINDOW_BITS (15 + 16) // 32 KiB, with a gzip header
#define GZIP_OS_UNKNOWN 255

struct gzip_sink {
  struct byte_sink sink;
  struct byte_sink *inner;
  z_stream stream;
  gz_header header;
  unsigned char out[CHUNK_BYTES];
};

static void deflate_into_inner(struct gzip_sink *gzip, int flush)
{
  z_stream *stream = &gzip->stream;
  do {
    stream->next_out = gzip->out;
    stream->avail_out = sizeof gzip->out;
    deflate(stream, flush); // cannot fail here: the stream is whole and there is room
    byte_sink_write(gzip->inner, gzip->out, sizeof gzip->out - stream->avail_out);
  } while (stream->avail_out == 0);
  if (gzip->inner->error.code != ERROR_NONE)
    gzip->sink.error = gzip->inner->error;
}

static void gzip_sink_write(struct byte_sink *sink, const void *data, size_t size)
{
  struct gzip_sink *gzip = (struct gzip_sink *)sink;
  const unsigned char *at = data;
  while (size > 0 && sink->error.code == ERROR_NONE) {
    uInt piece = size < UINT_MAX ? (uInt)size : UINT_MAX;
    gzip->stream.next_in = (unsigned char *)at;
    gzip->stream.avail_in = piece;
    deflate_into_inner(gzip, Z_NO_FLUSH);
    at += piece;
    size -= piece;
  }
}

static void gzip_sink_finish(struct byte_sink *sink)
{
  struct gzip_sink *gzip = (struct gzip_sink *)sink;
  gzip->stream.avail_in = 0;
  deflate_into_inner(gzip, Z_FINISH);
  if (sink->error.code == ERROR_NONE)
    byte_sink_finish(gzip->inner, &sink->error);
}

static void gzip_sink_free(struct byte_sink *sink)
{
  struct gzip_sink *gzip = (struct gzip_sink *)sink;
  deflateEnd(&gzip->stream);
  byte_sink_free(gzip->inner);
  free(gzip);
}

struct byte_sink *gzip_sink_new(struct byte_sink *inner, struct error *err)
{
  static const struct byte_sink_ops ops = {gzip_sink_write, gzip_sink_finish, gzip_sink_free};
  struct gzip_sink *gzip = calloc(1, sizeof *gzip);
  if (!gzip || deflateInit2(&gzip->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, MAX_MEM_LEVEL,
                            Z_DEFAULT_STRATEGY) != Z_OK) {
    free(gzip);
    byte_sink_free(inner);
    error_set(err, ERROR_MEMORY, "out of memory");
    return NULL;
  }
  gzip->header.os = GZIP_OS_UNKNOWN;
  deflateSetHeader(&gzip->stream, &gzip->header);
  gzip->sink.ops = &ops;
  gzip->inner = inner;
  return &gzip->sink;
}

int zlib_pack(const void *data, size_t size, int level, struct bytes *out, struct error *err)
{
  size_t before = out->size;
  uLong bound = compressBound((uLong)size);
  uint8_t *room = bytes_reserve(out, bound);
  if (!room)
    return error_set(err, ERROR_MEMORY, "out of memory, or more than %zu bytes to pack", out->limit);
  uLongf packed = bound;
  if (compress2(room, &packed, data, (uLong)size, level) != Z_OK) {
    out->size = before;
    return error_set(err, ERROR_MEMORY, "out of memory");
  }
  out->size = before + packed;
  return 0;
}

int zlib_unpack(const void *data, size_t size, void *out, size_t unpacked_size, struct error *err)
{
  uLongf got = (uLongf)unpacked_size;
  uLong used = (uLong)size;
  unsigned char nothing;
  int result = uncompress2(unpacked_size ? out : &nothing, &got, data, &used);
  if (result == Z_MEM_ERROR)
    return error_set(err, ERROR_MEMORY, "out of memory");
  if (result != Z_OK || got != unpacked_size || used != size)
    return error_set(err, ERROR_DATA, "the packed data is damaged");
  return 0;
}

uint32_t crc32_of(const void *data, size_t size)
{
  uLong crc = crc32(0, Z_NULL, 0);
  return (uint32_t)crc32_z(crc, data, size);
}
