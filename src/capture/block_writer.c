// Records in, blocks of the .flb file out. Invariant: a block holds whole records and never more than a reader takes.
#include "block_writer.h"

#include <string.h>

#include "base/byte_io.h"
#include "base/gzip_io.h"
#include "file_format.h"

// Past this a block is written. zlib looks back 32 KiB, so larger blocks would not pack better.
#define PACK_LEVEL 1 // packs a call trace to within a tenth of level 6, several times as fast
#define BLOCK_TARGET_BYTES ((size_t)512 * 1024)

void block_writer_init(struct block_writer *writer, struct byte_sink *out)
{
  writer->out = out;
  bytes_init(&writer->records, BLOCK_RECORDS_MAX_BYTES);
  bytes_init(&writer->packed, BLOCK_PACKED_MAX_BYTES);
  const uint8_t version[] = {FILE_VERSION >> 8, FILE_VERSION & 0xff};
  byte_sink_write(out, FILE_MAGIC, FILE_MAGIC_BYTES);
  byte_sink_write(out, version, sizeof version);
}

void block_writer_release(struct block_writer *writer)
{
  bytes_release(&writer->records);
  bytes_release(&writer->packed);
}

static void put_be32(uint8_t *at, uint32_t value)
{
  for (unsigned i = 4; i-- > 0; value >>= 8)
    at[i] = (uint8_t)value;
}

static void write_head(struct block_writer *writer, const char *mark, uint32_t crc)
{
  uint8_t head[BLOCK_HEAD_BYTES];
  memcpy(head, mark, MARK_BYTES);
  put_be32(head + 4, (uint32_t)writer->records.size);
  put_be32(head + 8, (uint32_t)writer->packed.size);
  put_be32(head + 12, crc);
  byte_sink_write(writer->out, head, sizeof head);
}

static int sink_state(const struct block_writer *writer, struct error *err)
{
  const struct error *error = &writer->out->error;
  return error->code == ERROR_NONE ? 0 : error_set(err, error->code, "%s", error->message);
}

static int write_block(struct block_writer *writer, struct error *err)
{
  bytes_clear(&writer->packed);
  if (writer->records.failed)
    return error_set(err, ERROR_MEMORY, "out of memory while writing the capture");
  if (writer->records.size == 0)
    return sink_state(writer, err);
  if (zlib_pack(writer->records.data, writer->records.size, PACK_LEVEL, &writer->packed, err) != 0)
    return -1;
  write_head(writer, BLOCK_MARK, crc32_of(writer->records.data, writer->records.size));
  byte_sink_write(writer->out, writer->packed.data, writer->packed.size);
  bytes_clear(&writer->records);
  bytes_clear(&writer->packed);
  return sink_state(writer, err);
}

int block_writer_records_end(struct block_writer *writer, struct error *err)
{
  if (writer->records.size < BLOCK_TARGET_BYTES && !writer->records.failed)
    return 0;
  return write_block(writer, err);
}

int block_writer_finish(struct block_writer *writer, struct error *err)
{
  if (write_block(writer, err) != 0)
    return -1;
  write_head(writer, END_MARK, 0);
  return sink_state(writer, err);
}
