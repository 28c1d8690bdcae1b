// A byte source in, its lines out.
#include "line_reader.h"

#include <string.h>

#include "base/byte_io.h"

#define READ_BYTES ((size_t)64 << 10)

void line_reader_init(struct line_reader *reader, struct byte_source *source, const char *kind)
{
  *reader = (struct line_reader){.source = source, .kind = kind};
  bytes_init(&reader->text, LINE_MAX_BYTES + READ_BYTES);
}

void line_reader_release(struct line_reader *reader)
{
  bytes_release(&reader->text);
}

// Forgets the lines that were given and reads on.
static int refill(struct line_reader *reader, struct error *err)
{
  bytes_drop_front(&reader->text, reader->at);
  reader->at = 0;
  size_t had = reader->text.size;
  uint8_t *room = had > LINE_MAX_BYTES ? NULL : bytes_reserve(&reader->text, READ_BYTES);
  if (!room)
    return error_set(err, ERROR_DATA, "line %zu is longer than %zu MiB: this is not %s", reader->number + 1,
                     LINE_MAX_BYTES >> 20, reader->kind);
  ptrdiff_t got = byte_source_read(reader->source, room, READ_BYTES);
  if (got < 0)
    return error_set(err, reader->source->error.code, "%s", reader->source->error.message);
  reader->text.size = had + (size_t)got;
  reader->ended = got == 0;
  return 0;
}

static int give(struct line_reader *reader, size_t size)
{
  reader->line = (const char *)reader->text.data + reader->at;
  reader->size = size;
  reader->number++;
  if (size > 0 && reader->line[size - 1] == '\r')
    reader->size--;
  return 1;
}

int line_reader_next(struct line_reader *reader, struct error *err)
{
  for (size_t searched = 0;;) {
    size_t left = reader->text.size - reader->at;
    const uint8_t *from = left > searched ? reader->text.data + reader->at : NULL;
    const uint8_t *newline = from ? memchr(from + searched, '\n', left - searched) : NULL;
    if (newline) {
      size_t size = (size_t)(newline - from);
      int given = give(reader, size);
      reader->at += size + 1;
      return given;
    }
    if (reader->ended) {
      int given = left > 0 ? give(reader, left) : 0;
      reader->at = reader->text.size;
      return given;
    }
    searched = left;
    if (refill(reader, err) < 0)
      return -1;
  }
}
