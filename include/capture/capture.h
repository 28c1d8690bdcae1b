// The .flb file: what came from the node, kept. src/capture/FORMAT.md is its specification.
#ifndef FLAMBEAU_CAPTURE_CAPTURE_H
#define FLAMBEAU_CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct byte_sink;
struct byte_source;
struct event_sink;

struct capture_writer; // opaque

// Writes to `out` (borrowed; the caller finishes it after capture_writer_finish). NULL when out of memory.
struct capture_writer *capture_writer_new(struct byte_sink *out, struct error *err);
void capture_writer_free(struct capture_writer *writer);
struct event_sink *capture_writer_sink(struct capture_writer *writer); // valid as long as the writer
// Writes the last block and the end mark; 0, or -1 with the first error of `out` too.
int capture_writer_finish(struct capture_writer *writer, struct error *err);

struct capture_status {
  bool cut;              // the file ends before its end mark; everything up to the last whole block was read
  uint64_t blocks;       // whole blocks read
  uint64_t unread_bytes; // bytes of a last block that is not whole
};

// Pushes everything in the capture into `sink`. 0 also for a file that was cut after at least one whole block
// (see `status`); ERROR_DATA for an empty file, another kind of file, a newer version, a damaged block.
int capture_read(struct byte_source *source, struct event_sink *sink, struct capture_status *status, struct error *err);

// Does this look like a capture? Of the first bytes of a file.
bool capture_is(const void *head, size_t size);

#endif
