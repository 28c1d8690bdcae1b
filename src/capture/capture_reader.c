// A .flb file in, its definitions, facts, modules and events out, block by block. Invariant: nothing of a block is
// pushed before its checksum has been found right, so what a sink has seen is what was written, up to a whole block.
#include "capture/capture.h"

#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/gzip_io.h"
#include "decode/decoder.h"
#include "file_format.h"

struct capture_reader {
  struct byte_source *source;
  struct capture_status *status;
  struct event_ids ids;
  struct decoder *decoder;
  struct bytes packed;
  struct bytes records;
};

struct block_head {
  uint8_t bytes[BLOCK_HEAD_BYTES];
  bool is_end;
  size_t records_size, packed_size;
  uint32_t crc;
};

enum block_outcome { BLOCK_FAILED = -1, BLOCK_READ, BLOCK_END, BLOCK_CUT };

struct kind_of_file {
  const char *head;
  size_t size;
  const char *name;
};

bool capture_is(const void *head, size_t size)
{
  return size >= FILE_MAGIC_BYTES && memcmp(head, FILE_MAGIC, FILE_MAGIC_BYTES) == 0;
}

static const char *guess(const uint8_t *head, size_t size)
{
  static const struct kind_of_file kinds[] = {
      {"\xff\xd8\xff", 3, "a JPEG picture"}, {"\x89PNG", 4, "a PNG picture"},
      {"\x1f\x8b", 2, "gzip data"},          {"%PDF", 4, "a PDF document"},
      {"PK\x03\x04", 4, "a ZIP archive"},    {"\177ELF", 4, "a program"},
      {"<", 1, "an SVG, XML or HTML text"},  {"{", 1, "a JSON text"},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (size >= kinds[i].size && memcmp(head, kinds[i].head, kinds[i].size) == 0)
      return kinds[i].name;
  return "another kind of file";
}

static int damaged(const struct capture_reader *reader, struct error *err, const char *what)
{
  return error_set(err, ERROR_DATA,
                   "this capture is damaged: %s (block %llu); copy it again from where it was made, or record again",
                   what, (unsigned long long)reader->status->blocks + 1);
}

// `size` bytes, or as many as there are; -1 on failure.
static ptrdiff_t take(struct capture_reader *reader, void *data, size_t size, struct error *err)
{
  ptrdiff_t got = byte_source_read_full(reader->source, data, size);
  if (got < 0)
    error_set(err, reader->source->error.code, "%s", reader->source->error.message);
  return got;
}

static int read_file_head(struct capture_reader *reader, struct error *err)
{
  uint8_t head[FILE_HEAD_BYTES];
  ptrdiff_t got = take(reader, head, sizeof head, err);
  if (got < 0)
    return -1;
  size_t size = (size_t)got;
  if (size == 0)
    return error_set(err, ERROR_DATA, "this capture is empty: nothing was ever written to it; record again");
  if (memcmp(head, FILE_MAGIC, size < FILE_MAGIC_BYTES ? size : FILE_MAGIC_BYTES) != 0)
    return error_set(err, ERROR_DATA,
                     "this is not a capture but %s; captures are made with flambeau record -o NAME.flb",
                     guess(head, size));
  if (size < FILE_HEAD_BYTES) {
    reader->status->cut = true;
    return 0;
  }
  unsigned version = (unsigned)head[FILE_MAGIC_BYTES] << 8 | head[FILE_MAGIC_BYTES + 1];
  if (version > FILE_VERSION)
    return error_set(err, ERROR_DATA,
                     "this capture is of version %u and this flambeau reads version %u: use the flambeau that made it, "
                     "or a newer one",
                     version, FILE_VERSION);
  if (version == 0)
    return damaged(reader, err, "it has no version");
  return 0;
}

static bool is_end_mark(const uint8_t head[BLOCK_HEAD_BYTES])
{
  static const uint8_t end_mark[BLOCK_HEAD_BYTES] = END_MARK;
  return memcmp(head, end_mark, BLOCK_HEAD_BYTES) == 0;
}

static int parse_head(const struct capture_reader *reader, struct block_head *head, struct error *err)
{
  head->is_end = is_end_mark(head->bytes);
  if (head->is_end)
    return 0;
  if (memcmp(head->bytes, BLOCK_MARK, MARK_BYTES) != 0)
    return damaged(reader, err, "something else stands where a block begins");
  struct byte_reader fields;
  byte_reader_init(&fields, head->bytes + MARK_BYTES, BLOCK_HEAD_BYTES - MARK_BYTES);
  head->records_size = byte_reader_be(&fields, 4);
  head->packed_size = byte_reader_be(&fields, 4);
  head->crc = (uint32_t)byte_reader_be(&fields, 4);
  if (head->records_size > BLOCK_RECORDS_MAX_BYTES || head->packed_size > BLOCK_PACKED_MAX_BYTES)
    return damaged(reader, err, "a block says it is larger than blocks are");
  return 0;
}

// The file ends inside a block. If its end mark is there nevertheless, the block's size is wrong: damage, no cut.
static enum block_outcome judge_short_block(struct capture_reader *reader, size_t got, struct error *err)
{
  if (got >= BLOCK_HEAD_BYTES && is_end_mark(reader->packed.data + got - BLOCK_HEAD_BYTES))
    return (enum block_outcome)damaged(reader, err, "a block says it is larger than it is");
  reader->status->unread_bytes = BLOCK_HEAD_BYTES + got;
  return BLOCK_CUT;
}

static int unpack(struct capture_reader *reader, const struct block_head *head, struct error *err)
{
  struct error failure = {0};
  bytes_clear(&reader->records);
  uint8_t *records = bytes_reserve(&reader->records, head->records_size);
  if (!records)
    return error_set(err, ERROR_MEMORY, "out of memory while reading the capture");
  if (zlib_unpack(reader->packed.data, head->packed_size, records, head->records_size, &failure) != 0)
    return failure.code == ERROR_DATA ? damaged(reader, err, "a block cannot be unpacked")
                                      : error_set(err, failure.code, "%s", failure.message);
  if (crc32_of(records, head->records_size) != head->crc)
    return damaged(reader, err, "a block's checksum is wrong");
  return 0;
}

static enum block_outcome read_end(struct capture_reader *reader, struct error *err)
{
  uint8_t byte;
  ptrdiff_t got = take(reader, &byte, 1, err);
  if (got > 0)
    return (enum block_outcome)damaged(reader, err, "something follows its end");
  return got < 0 ? BLOCK_FAILED : BLOCK_END;
}

static enum block_outcome read_block(struct capture_reader *reader, struct error *err)
{
  struct block_head head;
  ptrdiff_t got = take(reader, head.bytes, sizeof head.bytes, err);
  if (got < 0)
    return BLOCK_FAILED;
  if ((size_t)got < sizeof head.bytes) {
    reader->status->unread_bytes = (uint64_t)got;
    return BLOCK_CUT;
  }
  if (parse_head(reader, &head, err) != 0)
    return BLOCK_FAILED;
  if (head.is_end)
    return read_end(reader, err);
  bytes_clear(&reader->packed);
  uint8_t *packed = bytes_reserve(&reader->packed, head.packed_size);
  if (!packed)
    return (enum block_outcome)error_set(err, ERROR_MEMORY, "out of memory while reading the capture");
  got = take(reader, packed, head.packed_size, err);
  if (got < 0)
    return BLOCK_FAILED;
  if ((size_t)got < head.packed_size)
    return judge_short_block(reader, (size_t)got, err);
  if (unpack(reader, &head, err) != 0 ||
      decoder_push(reader->decoder, reader->records.data, reader->records.size, err) != 0)
    return BLOCK_FAILED;
  reader->status->blocks++;
  return BLOCK_READ;
}

static int read_file(struct capture_reader *reader, struct error *err)
{
  if (read_file_head(reader, err) != 0)
    return -1;
  enum block_outcome outcome = reader->status->cut ? BLOCK_CUT : BLOCK_READ;
  while (outcome == BLOCK_READ)
    outcome = read_block(reader, err);
  reader->status->cut = outcome == BLOCK_CUT;
  if (reader->status->cut && reader->status->blocks == 0)
    return error_set(err, ERROR_DATA,
                     "this capture was cut before its first whole block, so nothing in it can be read; record again");
  return outcome == BLOCK_FAILED ? -1 : 0;
}

int capture_read(struct byte_source *source, struct event_sink *sink, struct capture_status *status, struct error *err)
{
  *status = (struct capture_status){0};
  struct capture_reader reader = {.source = source, .status = status};
  event_ids_init(&reader.ids);
  bytes_init(&reader.packed, BLOCK_PACKED_MAX_BYTES);
  bytes_init(&reader.records, BLOCK_RECORDS_MAX_BYTES);
  reader.decoder = decoder_new(&reader.ids, sink);
  int result = reader.decoder ? read_file(&reader, err) : error_set(err, ERROR_MEMORY, "out of memory");
  decoder_free(reader.decoder);
  bytes_release(&reader.packed);
  bytes_release(&reader.records);
  return result;
}
