// Files in, a ZIP archive out. Invariant: the same files make the same archive, so no time of day is in it.
#include "base/zip_io.h"

#include <stdint.h>
#include <stdlib.h>

#include <zip.h>

#include "base/byte_io.h"
#include "base/bytes.h"

#define FILE_MAX_BYTES ((size_t)1 << 30)
#define PIECE_BYTES ((size_t)64 << 10)
#define FIRST_DAY 0x21 // 1980-01-01, the first that a ZIP knows, in the words of DOS: those of no time zone

struct zip_archive {
  zip_source_t *memory; // where the archive is when it is closed
  zip_t *zip;           // NULL once it is
};

static int fail(struct error *err, const char *why)
{
  return error_set(err, ERROR_OUTPUT, "cannot make a ZIP archive: %s", why);
}

struct zip_archive *zip_archive_new(struct error *err)
{
  struct zip_archive *archive = calloc(1, sizeof *archive);
  if (archive)
    archive->memory = zip_source_buffer_create(NULL, 0, 0, NULL);
  if (archive && archive->memory) {
    zip_source_keep(archive->memory); // the archive takes one reference, one is ours
    archive->zip = zip_open_from_source(archive->memory, ZIP_TRUNCATE, NULL);
    if (archive->zip)
      return archive;
    zip_source_free(archive->memory);
  }
  zip_archive_free(archive);
  error_set(err, ERROR_MEMORY, "out of memory");
  return NULL;
}

void zip_archive_free(struct zip_archive *archive)
{
  if (!archive)
    return;
  if (archive->zip)
    zip_discard(archive->zip);
  if (archive->memory)
    zip_source_free(archive->memory);
  free(archive);
}

static int read_all(struct byte_source *source, struct bytes *all, struct error *err)
{
  uint8_t piece[PIECE_BYTES];
  ptrdiff_t got;
  while ((got = byte_source_read(source, piece, sizeof piece)) > 0)
    bytes_append(all, piece, (size_t)got);
  if (got < 0)
    return error_set(err, source->error.code, "%s", source->error.message);
  return all->failed ? fail(err, "a file in it is too large: name a folder instead") : 0;
}

int zip_archive_add(struct zip_archive *archive, const char *name, struct byte_source *source, struct error *err)
{
  struct bytes all;
  bytes_init(&all, FILE_MAX_BYTES);
  if (read_all(source, &all, err) < 0) {
    bytes_release(&all);
    return -1;
  }
  zip_source_t *held = zip_source_buffer(archive->zip, all.data, all.size, 1); // frees the bytes
  if (!held) {
    bytes_release(&all);
    return fail(err, zip_strerror(archive->zip));
  }
  zip_int64_t index = zip_file_add(archive->zip, name, held, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(held);
    return fail(err, zip_strerror(archive->zip));
  }
  if (zip_file_set_dostime(archive->zip, (zip_uint64_t)index, 0, FIRST_DAY, 0) < 0)
    return fail(err, zip_strerror(archive->zip));
  return 0;
}

int zip_archive_write(struct zip_archive *archive, struct byte_sink *out, struct error *err)
{
  if (zip_close(archive->zip) < 0)
    return fail(err, zip_strerror(archive->zip));
  archive->zip = NULL;
  if (zip_source_open(archive->memory) < 0)
    return fail(err, "it cannot be read back");
  uint8_t piece[PIECE_BYTES];
  zip_int64_t got;
  while ((got = zip_source_read(archive->memory, piece, sizeof piece)) > 0)
    byte_sink_write(out, piece, (size_t)got);
  zip_source_close(archive->memory);
  if (got < 0)
    return fail(err, "it cannot be read back");
  return out->error.code == ERROR_NONE ? 0 : error_set(err, out->error.code, "%s", out->error.message);
}
