// Where bytes go and where they come from. Both latch their first error; ask for it once at the end.
#ifndef FLAMBEAU_BASE_BYTE_IO_H
#define FLAMBEAU_BASE_BYTE_IO_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct bytes;
struct byte_sink;

struct byte_sink_ops {
  // Take `size` bytes. On failure sets sink->error.
  void (*write)(struct byte_sink *sink, const void *data, size_t size);
  // Make what was written final (flush, rename into place). Called at most once, only without an error.
  void (*finish)(struct byte_sink *sink);
  // Release everything; without a finish before it, leave no trace of what was written.
  void (*free)(struct byte_sink *sink);
};

struct byte_sink {
  const struct byte_sink_ops *ops;
  struct error error;
};

void byte_sink_write(struct byte_sink *sink, const void *data, size_t size); // nothing after an error
void byte_sink_text(struct byte_sink *sink, const char *text);
void byte_sink_printf(struct byte_sink *sink, const char *format, ...) __attribute__((format(printf, 2, 3)));
// 0, or -1 with the first error of the whole life of the sink.
int byte_sink_finish(struct byte_sink *sink, struct error *err);
void byte_sink_free(struct byte_sink *sink); // NULL is fine

// A file that appears whole or not at all: written beside its place under a temporary name, renamed by
// finish. `path` "-" is standard output. NULL on failure with ERROR_OUTPUT.
struct byte_sink *file_sink_new(const char *path, struct error *err);
// Collects into `bytes` (borrowed).
struct byte_sink *memory_sink_new(struct bytes *bytes, struct error *err);

struct byte_source;

struct byte_source_ops {
  // Up to `size` bytes; 0 at the end; -1 on failure with source->error set.
  ptrdiff_t (*read)(struct byte_source *source, void *data, size_t size);
  void (*free)(struct byte_source *source);
};

struct byte_source {
  const struct byte_source_ops *ops;
  struct error error;
};

ptrdiff_t byte_source_read(struct byte_source *source, void *data, size_t size);
// Reads until `size` bytes are there or the input ends; how many, or -1.
ptrdiff_t byte_source_read_full(struct byte_source *source, void *data, size_t size);
void byte_source_free(struct byte_source *source);

// "-" is standard input. NULL on failure with ERROR_DATA.
struct byte_source *file_source_new(const char *path, struct error *err);
// Reads from borrowed memory.
struct byte_source *memory_source_new(const void *data, size_t size, struct error *err);

#endif
