// Files and the standard streams as sinks and sources, buffered here. Invariant: a regular file appears under its name
// whole or not at all, because it is written as a file without a name in the same folder (so that nothing is left of it
// even when we are killed; under a temporary name where the file system knows no such files), synced, linked, renamed.
// What is there and is no regular file (a device, a pipe) is written straight. A link stays a link: what it leads to
// is replaced.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/byte_io.h"

#define BUFFER_BYTES ((size_t)64 * 1024)
#define NAME_TRIES 100
#define OPEN_FILES "/proc/self/fd"
#define SHOWN_BYTES 128 // of a path in a sentence; of a longer one its end

struct file_sink {
  struct byte_sink sink;
  int fd;
  bool owned;      // fd is ours to close
  char *path;      // as given, for sentences
  char *target;    // what finish renames to; NULL when written straight
  char *temporary; // its name until it is renamed; NULL when it has none
  size_t used;
  char buffer[BUFFER_BYTES];
};

struct file_source {
  struct byte_source source;
  int fd;
  bool owned;
  char *path;
  size_t at, end;
  char buffer[BUFFER_BYTES];
};

// The end of a path too long for a sentence, from a character boundary on.
static const char *shown(const char *path)
{
  size_t size = strlen(path);
  if (size <= SHOWN_BYTES)
    return path;
  const char *end = path + size - SHOWN_BYTES;
  while (((unsigned char)*end & 0xc0) == 0x80)
    end++;
  return end;
}

static bool is_standard(const char *path)
{
  return strcmp(path, "-") == 0;
}

// The folder part of `path` ("." without one). NULL when out of memory.
static char *folder_of(const char *path)
{
  const char *slash = strrchr(path, '/');
  if (!slash)
    return strdup(".");
  return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static void explain_write(const char *path, int reason, struct error *err)
{
  const char *name = is_standard(path) ? "to the standard output" : shown(path);
  char *folder = folder_of(path);
  const char *place = shown(folder ? folder : "");
  switch (reason) {
  case ENOENT:
    error_set(err, ERROR_OUTPUT, "cannot write %s: the folder %s does not exist", name, place);
    break;
  case ENOTDIR:
    error_set(err, ERROR_OUTPUT, "cannot write %s: %s is not a folder", name, place);
    break;
  case EISDIR:
    error_set(err, ERROR_OUTPUT, "cannot write %s: it is a folder", name);
    break;
  case EACCES:
  case EPERM:
    error_set(err, ERROR_OUTPUT, "cannot write %s: no permission to write there", name);
    break;
  case EROFS:
    error_set(err, ERROR_OUTPUT, "cannot write %s: that place is read-only", name);
    break;
  case ENOSPC:
  case EDQUOT:
    error_set(err, ERROR_OUTPUT, "cannot write %s: the disk is full", name);
    break;
  case EPIPE:
    error_set(err, ERROR_OUTPUT, "cannot write %s: its reader has gone away", name);
    break;
  default:
    error_set(err, ERROR_OUTPUT, "cannot write %s: %s", name, strerror(reason));
  }
  free(folder);
}

static void file_sink_fail(struct file_sink *file)
{
  explain_write(file->path, errno, &file->sink.error);
}

static void put(struct file_sink *file, const char *data, size_t size)
{
  while (size > 0) {
    ssize_t written = write(file->fd, data, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0) {
      file_sink_fail(file);
      return;
    }
    data += written;
    size -= (size_t)written;
  }
}

static void file_sink_flush(struct file_sink *file)
{
  put(file, file->buffer, file->used);
  file->used = 0;
}

static void file_sink_write(struct byte_sink *sink, const void *data, size_t size)
{
  struct file_sink *file = (struct file_sink *)sink;
  if (size > BUFFER_BYTES - file->used)
    file_sink_flush(file);
  if (sink->error.code != ERROR_NONE)
    return;
  if (size >= BUFFER_BYTES) {
    put(file, data, size);
    return;
  }
  memcpy(file->buffer + file->used, data, size);
  file->used += size;
}

static int make_named(struct file_sink *file, const char *name)
{
  file->fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  file->owned = file->fd >= 0;
  return file->owned ? 0 : -1;
}

static int make_link(struct file_sink *file, const char *name)
{
  char opened[64];
  snprintf(opened, sizeof opened, OPEN_FILES "/%d", file->fd);
  return linkat(AT_FDCWD, opened, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

// Finds a temporary name beside the target that `make` can make. 0, or -1 with errno.
static int make_temporary(struct file_sink *file, int (*make)(struct file_sink *file, const char *name))
{
  char *folder = folder_of(file->target);
  int failed = ENOMEM;
  for (unsigned try = 0; folder && !file->temporary && try < NAME_TRIES; try++) {
    char *name = NULL;
    if (asprintf(&name, "%s/.flambeau-%ld-%u.part", folder, (long)getpid(), try) < 0)
      break;
    if (make(file, name) == 0) {
      file->temporary = name;
      break;
    }
    failed = errno;
    free(name);
    if (failed != EEXIST)
      break;
  }
  free(folder);
  errno = failed;
  return file->temporary ? 0 : -1;
}

// Opens a new file in the folder of the target. 0, or -1 with errno.
static int open_temporary(struct file_sink *file)
{
  char *folder = folder_of(file->target);
  if (folder && access(OPEN_FILES, X_OK) == 0) // or it could not be linked
    file->fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  free(folder);
  file->owned = file->fd >= 0;
  return file->owned ? 0 : make_temporary(file, make_named);
}

static void file_sink_finish(struct byte_sink *sink)
{
  struct file_sink *file = (struct file_sink *)sink;
  file_sink_flush(file);
  if (sink->error.code != ERROR_NONE)
    return;
  bool synced = !file->target || fsync(file->fd) == 0 || errno == EINVAL || errno == ENOSYS;
  if (!synced || (file->target && !file->temporary && make_temporary(file, make_link) != 0)) {
    file_sink_fail(file);
    return;
  }
  if (file->owned) {
    file->owned = false; // whatever close says, the descriptor is gone
    if (close(file->fd) != 0 && errno != EINTR) {
      file_sink_fail(file);
      return;
    }
  }
  if (file->temporary) {
    if (rename(file->temporary, file->target) != 0) {
      file_sink_fail(file);
      return;
    }
    free(file->temporary);
    file->temporary = NULL;
  }
}

static void file_sink_free(struct byte_sink *sink)
{
  struct file_sink *file = (struct file_sink *)sink;
  if (file->owned)
    close(file->fd);
  if (file->temporary)
    unlink(file->temporary);
  free(file->temporary);
  free(file->target);
  free(file->path);
  free(file);
}

// Decides between writing straight and by way of a temporary file. 0, or -1 with errno.
static int open_sink(struct file_sink *file)
{
  struct stat there;
  bool exists = stat(file->path, &there) == 0;
  if (exists && S_ISDIR(there.st_mode)) {
    errno = EISDIR;
    return -1;
  }
  if (exists && !S_ISREG(there.st_mode)) {
    file->fd = open(file->path, O_WRONLY | O_CLOEXEC);
    file->owned = file->fd >= 0;
    return file->fd >= 0 ? 0 : -1;
  }
  if (exists && access(file->path, W_OK) != 0)
    return -1;
  file->target = exists ? realpath(file->path, NULL) : strdup(file->path);
  return file->target ? open_temporary(file) : -1;
}

struct byte_sink *file_sink_new(const char *path, struct error *err)
{
  static const struct byte_sink_ops ops = {file_sink_write, file_sink_finish, file_sink_free};
  if (!*path) {
    error_set(err, ERROR_OUTPUT, "cannot write a file without a name");
    return NULL;
  }
  struct file_sink *file = malloc(sizeof *file);
  char *copy = strdup(path);
  if (!file || !copy) {
    free(file);
    free(copy);
    error_set(err, ERROR_MEMORY, "out of memory");
    return NULL;
  }
  file->sink = (struct byte_sink){.ops = &ops};
  file->path = copy;
  file->target = file->temporary = NULL;
  file->used = 0;
  file->owned = false;
  file->fd = -1;
  if (is_standard(path)) {
    file->fd = STDOUT_FILENO;
  } else if (open_sink(file) != 0) {
    explain_write(path, errno, err);
    file_sink_free(&file->sink);
    return NULL;
  }
  return &file->sink;
}

static int explain_read(const char *path, int reason, struct error *err)
{
  const char *name = is_standard(path) ? "the standard input" : shown(path);
  if (reason == ENOENT)
    return error_set(err, ERROR_DATA, "cannot read %s: there is no such file", name);
  if (reason == EISDIR)
    return error_set(err, ERROR_DATA, "cannot read %s: it is a folder", name);
  if (reason == EACCES)
    return error_set(err, ERROR_DATA, "cannot read %s: no permission to read it", name);
  return error_set(err, ERROR_DATA, "cannot read %s: %s", name, strerror(reason));
}

static ptrdiff_t fetch(struct file_source *file, void *data, size_t size)
{
  ssize_t got;
  do
    got = read(file->fd, data, size);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    explain_read(file->path, errno, &file->source.error);
  return got;
}

static ptrdiff_t file_source_read(struct byte_source *source, void *data, size_t size)
{
  struct file_source *file = (struct file_source *)source;
  if (file->at == file->end) {
    if (size >= BUFFER_BYTES)
      return fetch(file, data, size);
    ptrdiff_t got = fetch(file, file->buffer, BUFFER_BYTES);
    if (got <= 0)
      return got;
    file->at = 0;
    file->end = (size_t)got;
  }
  size_t taken = file->end - file->at;
  if (taken > size)
    taken = size;
  memcpy(data, file->buffer + file->at, taken);
  file->at += taken;
  return (ptrdiff_t)taken;
}

static void file_source_free(struct byte_source *source)
{
  struct file_source *file = (struct file_source *)source;
  if (file->owned)
    close(file->fd);
  free(file->path);
  free(file);
}

struct byte_source *file_source_new(const char *path, struct error *err)
{
  static const struct byte_source_ops ops = {file_source_read, file_source_free};
  struct file_source *file = malloc(sizeof *file);
  char *copy = strdup(path);
  if (!file || !copy) {
    free(file);
    free(copy);
    error_set(err, ERROR_MEMORY, "out of memory");
    return NULL;
  }
  file->source = (struct byte_source){.ops = &ops};
  file->path = copy;
  file->at = file->end = 0;
  file->owned = !is_standard(path);
  file->fd = file->owned ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
  struct stat there;
  int failed = file->fd < 0 ? errno : 0;
  if (!failed && file->owned && fstat(file->fd, &there) == 0 && S_ISDIR(there.st_mode))
    failed = EISDIR;
  if (failed) {
    explain_read(path, failed, err);
    file->owned = file->fd >= 0;
    file_source_free(&file->source);
    return NULL;
  }
  return &file->source;
}
