// Files without names in, a folder or an archive of them out. Invariant: a new folder appears with all its files at
// once, by a rename. A folder that is there already is filled, not replaced: it may be a mount point, a link, or where
// somebody stands; its files are whole when they come, one after another, and all or none stay.
#include "report_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/byte_io.h"
#include "base/spool.h"
#include "base/zip_io.h"

#define PIECE_BYTES ((size_t)64 << 10)
#define STAGE_TRIES 100
#define ARCHIVE_FOLDER "flambeau-report/" // of the files in an archive: it unpacks into one place

static bool is_archive(const char *path)
{
  size_t size = strlen(path);
  return size > 4 && strcasecmp(path + size - 4, ".zip") == 0;
}

static int refuse(const char *path, const char *why, struct error *err)
{
  return error_set(err, ERROR_OUTPUT, "cannot write the bug report %.120s: %s", path, why);
}

// Is it a folder that is there, and empty? -1 with `err` when it is anything else that is there.
static int find_folder(const char *path, struct error *err)
{
  struct stat there;
  if (stat(path, &there) < 0 && errno != ENOENT)
    return refuse(path, strerror(errno), err);
  if (stat(path, &there) < 0)
    return lstat(path, &there) < 0 ? 0 : refuse(path, "it is a link that leads nowhere", err);
  if (!S_ISDIR(there.st_mode))
    return refuse(path, "it is a file; name a new folder, or a file that ends in .zip", err);
  DIR *folder = opendir(path);
  if (!folder)
    return refuse(path, strerror(errno), err);
  char why[NAME_MAX + 64] = "";
  for (const struct dirent *entry; !*why && (entry = readdir(folder)) != NULL;)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      snprintf(why, sizeof why, "the folder is not empty, %.80s is in it; name a new one", entry->d_name);
  closedir(folder);
  return *why ? refuse(path, why, err) : 1;
}

struct stage {
  char path[PATH_MAX];   // of the folder, without a slash at its end
  char folder[PATH_MAX]; // made for the time being, "" when it is not there
  bool exists;
};

// Fails where what is above `path` is not there, or cannot be written.
static int stage_init(struct stage *stage, const char *path, struct error *err)
{
  size_t size = strlen(path);
  while (size > 1 && path[size - 1] == '/')
    size--;
  if (size >= sizeof stage->path / 2)
    return refuse(path, "its name is too long", err);
  *stage = (struct stage){0};
  memcpy(stage->path, path, size);
  int exists = find_folder(stage->path, err);
  if (exists < 0)
    return -1;
  stage->exists = exists > 0;
  const char *slash = strrchr(stage->path, '/');
  int above = stage->exists ? (int)size : slash == stage->path ? 1 : slash ? (int)(slash - stage->path) : 0;
  for (unsigned try = 0; try < STAGE_TRIES; try++) {
    snprintf(stage->folder, sizeof stage->folder, "%.*s/.flambeau-%ld-%u.part", above ? above : 1,
             above ? stage->path : ".", (long)getpid(), try);
    if (mkdir(stage->folder, 0777) == 0)
      return 0;
    if (errno != EEXIST)
      break;
  }
  int reason = errno;
  stage->folder[0] = '\0';
  return refuse(stage->path, reason == ENOENT ? "the folder it is to be in does not exist" : strerror(reason), err);
}

static void name_in(char *name, const char *folder, const char *file)
{
  snprintf(name, PATH_MAX, "%.*s/%s", PATH_MAX - 64, folder, file);
}

static void stage_release(struct stage *stage, const char *const *names, size_t count)
{
  char name[PATH_MAX];
  if (!*stage->folder)
    return;
  for (size_t i = 0; i < count; i++) {
    name_in(name, stage->folder, names[i]);
    unlink(name);
  }
  rmdir(stage->folder);
}

int report_place_check(const char *path, const char *const *names, size_t count, struct error *err)
{
  if (is_archive(path)) {
    struct byte_sink *trial = file_sink_new(path, err);
    if (!trial)
      return -1;
    byte_sink_free(trial);
    return 0;
  }
  struct stage stage;
  if (stage_init(&stage, path, err) < 0)
    return -1;
  stage_release(&stage, names, count);
  return 0;
}

static int copy(struct spool *file, const char *name, struct error *err)
{
  char piece[PIECE_BYTES];
  ptrdiff_t got = -1;
  struct byte_source *source = spool_source_new(file, err);
  struct byte_sink *out = source ? file_sink_new(name, err) : NULL;
  while (out && (got = byte_source_read(source, piece, sizeof piece)) > 0)
    byte_sink_write(out, piece, (size_t)got);
  int status = -1;
  if (out && got < 0)
    error_set(err, source->error.code, "%s", source->error.message);
  else if (out)
    status = byte_sink_finish(out, err);
  byte_sink_free(out);
  if (source)
    byte_source_free(source);
  return status;
}

// Not over what is there, also where the file system knows no links, or no such renaming.
static int move_new(const char *from, const char *to)
{
  struct stat there;
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return -1;
  if (lstat(to, &there) < 0)
    return rename(from, to);
  errno = EEXIST;
  return -1;
}

// Into the folder that is there, where nothing of these names may have come meanwhile.
static int move_files(const struct stage *stage, const char *const *names, size_t count, struct error *err)
{
  char from[PATH_MAX], to[PATH_MAX];
  for (size_t i = 0; i < count; i++) {
    name_in(from, stage->folder, names[i]);
    name_in(to, stage->path, names[i]);
    if (move_new(from, to) == 0)
      continue;
    refuse(stage->path, strerror(errno), err);
    while (i-- > 0) {
      name_in(to, stage->path, names[i]);
      unlink(to);
    }
    return -1;
  }
  return 0;
}

static int fill_folder(const char *path, const char *const *names, struct spool *const *files, size_t count,
                       struct error *err)
{
  struct stage stage;
  if (stage_init(&stage, path, err) < 0)
    return -1;
  int status = 0;
  for (size_t i = 0; i < count && status == 0; i++) {
    char name[PATH_MAX];
    name_in(name, stage.folder, names[i]);
    status = copy(files[i], name, err);
  }
  if (status == 0 && stage.exists) {
    status = move_files(&stage, names, count, err);
  } else if (status == 0) {
    status = rename(stage.folder, stage.path) < 0 ? refuse(stage.path, strerror(errno), err) : 0;
    if (status == 0)
      stage.folder[0] = '\0';
  }
  stage_release(&stage, names, count);
  return status;
}

static int add_files(struct zip_archive *archive, const char *const *names, struct spool *const *files, size_t count,
                     struct error *err)
{
  int status = 0;
  for (size_t i = 0; i < count && status == 0; i++) {
    char name[NAME_MAX];
    snprintf(name, sizeof name, ARCHIVE_FOLDER "%s", names[i]);
    struct byte_source *source = spool_source_new(files[i], err);
    status = source ? zip_archive_add(archive, name, source, err) : -1;
    if (source)
      byte_source_free(source);
  }
  return status;
}

static int fill_archive(const char *path, const char *const *names, struct spool *const *files, size_t count,
                        struct error *err)
{
  struct zip_archive *archive = zip_archive_new(err);
  struct byte_sink *out = archive ? file_sink_new(path, err) : NULL;
  int status = out ? add_files(archive, names, files, count, err) : -1;
  if (status == 0)
    status = zip_archive_write(archive, out, err);
  if (status == 0)
    status = byte_sink_finish(out, err);
  byte_sink_free(out);
  zip_archive_free(archive);
  return status;
}

int report_place_fill(const char *path, const char *const *names, struct spool *const *files, size_t count,
                      struct error *err)
{
  return is_archive(path) ? fill_archive(path, names, files, count, err) : fill_folder(path, names, files, count, err);
}
