// Gathers whole records into blocks and writes these.
#ifndef FLAMBEAU_CAPTURE_BLOCK_WRITER_H
#define FLAMBEAU_CAPTURE_BLOCK_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct byte_sink;

struct block_writer {
  struct byte_sink *out; // borrowed
  struct bytes records;  // of the block being gathered
  struct bytes packed;
};

// Writes the head of the file.
void block_writer_init(struct block_writer *writer, struct byte_sink *out);
void block_writer_release(struct block_writer *writer);

// To be called after whole records were appended to `records`: writes the block if it is large enough. 0 or -1.
int block_writer_records_end(struct block_writer *writer, struct error *err);
// Writes the last block and the end mark. 0 or -1.
int block_writer_finish(struct block_writer *writer, struct error *err);

#endif
