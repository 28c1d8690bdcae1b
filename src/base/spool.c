// Bytes in, the same bytes out again. Invariant: the file has no name from its first moment on, so that what was put
// aside in it cannot be left behind.
#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/byte_io.h"

struct spool {
  FILE *file;
};

struct spool_sink {
  struct byte_sink sink;
  FILE *file;
};

struct spool_source {
  struct byte_source source;
  FILE *file;
  off_t at;
};

// Where the file system knows no files without a name, one loses its name at once. -1 with errno.
static int open_in(const char *folder)
{
  char name[PATH_MAX];
  int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0)
    return fd;
  if (snprintf(name, sizeof name, "%s/flambeau-XXXXXX", folder) >= (int)sizeof name) {
    errno = ENAMETOOLONG;
    return -1;
  }
  fd = mkostemp(name, O_CLOEXEC);
  if (fd >= 0)
    unlink(name);
  return fd;
}

static FILE *open_unnamed(void)
{
  const char *folder = getenv("TMPDIR");
  if (!folder || !*folder)
    return tmpfile();
  int fd = open_in(folder);
  FILE *file = fd < 0 ? NULL : fdopen(fd, "w+");
  if (fd >= 0 && !file)
    close(fd);
  return file;
}

struct spool *spool_new(struct error *err)
{
  struct spool *spool = malloc(sizeof *spool);
  FILE *file = spool ? open_unnamed() : NULL;
  if (file) {
    spool->file = file;
    return spool;
  }
  error_set(err, ERROR_OUTPUT, "cannot make a temporary file: %s; set TMPDIR to a folder that can be written",
            strerror(errno));
  free(spool);
  return NULL;
}

void spool_free(struct spool *spool)
{
  if (spool)
    fclose(spool->file);
  free(spool);
}

static void fail(struct byte_sink *sink)
{
  error_set(&sink->error, ERROR_OUTPUT, "cannot write a temporary file: %s; set TMPDIR to a folder with more room",
            strerror(errno));
}

static void spool_write(struct byte_sink *sink, const void *data, size_t size)
{
  if (fwrite(data, 1, size, ((struct spool_sink *)sink)->file) != size)
    fail(sink);
}

static void spool_finish(struct byte_sink *sink)
{
  if (fflush(((struct spool_sink *)sink)->file) != 0)
    fail(sink);
}

static void spool_sink_free(struct byte_sink *sink)
{
  free(sink);
}

struct byte_sink *spool_sink_new(struct spool *spool, struct error *err)
{
  static const struct byte_sink_ops ops = {spool_write, spool_finish, spool_sink_free};
  struct spool_sink *sink = malloc(sizeof *sink);
  if (!sink) {
    error_set(err, ERROR_MEMORY, "out of memory");
    return NULL;
  }
  *sink = (struct spool_sink){.sink.ops = &ops, .file = spool->file};
  return &sink->sink;
}

static ptrdiff_t spool_read(struct byte_source *source, void *data, size_t size)
{
  struct spool_source *reader = (struct spool_source *)source;
  ssize_t got;
  do
    got = pread(fileno(reader->file), data, size, reader->at);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    error_set(&source->error, ERROR_DATA, "cannot read a temporary file: %s", strerror(errno));
  else
    reader->at += got;
  return got;
}

static void spool_source_free(struct byte_source *source)
{
  free(source);
}

struct byte_source *spool_source_new(struct spool *spool, struct error *err)
{
  static const struct byte_source_ops ops = {spool_read, spool_source_free};
  struct spool_source *source = malloc(sizeof *source);
  if (!source) {
    error_set(err, ERROR_MEMORY, "out of memory");
    return NULL;
  }
  *source = (struct spool_source){.source.ops = &ops, .file = spool->file};
  return &source->source;
}
