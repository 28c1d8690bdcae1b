// Pieces of text in, lines for people out.
#include "answer.h"

#include <stdio.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/text.h"
#include "console.h"
#include "print.h"

#define ANSWER_MAX_BYTES (64u << 20)

void answer_init(struct answer *answer)
{
  *answer = (struct answer){0};
  bytes_init(&answer->text, ANSWER_MAX_BYTES);
}

void answer_release(struct answer *answer)
{
  bytes_release(&answer->text);
}

void answer_add(struct answer *answer, bool raised, const char *text, size_t size)
{
  answer->raised = raised;
  bytes_append(&answer->text, text, size);
}

// One line at a time, in pieces that text_clean() does not cut.
static void write_line(struct bytes *scratch, const char *line, size_t size, struct byte_sink *out)
{
  char piece[TEXT_MAX_BYTES / 16 + 1];
  while (size > 0) {
    size_t length = size < sizeof piece ? size : sizeof piece - 1;
    while (length < size && length > 1 && ((unsigned char)line[length] & 0xc0) == 0x80)
      length--; // not within a character
    memcpy(piece, line, length);
    piece[length] = '\0';
    byte_sink_text(out, text_clean(scratch, piece));
    line += length;
    size -= length;
  }
  byte_sink_text(out, "\n");
}

static int write_lines(const void *opaque, struct byte_sink *out, struct error *err)
{
  const struct answer *answer = opaque;
  struct bytes scratch;
  bytes_init(&scratch, TEXT_SCRATCH_BYTES);
  const char *at = (const char *)answer->text.data, *end = at + answer->text.size;
  while (at < end) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *stop = newline ? newline : end;
    write_line(&scratch, at, (size_t)(stop - at), out);
    at = newline ? newline + 1 : end;
  }
  bool failed = scratch.failed;
  bytes_release(&scratch);
  return failed ? error_set(err, ERROR_MEMORY, "out of memory") : 0;
}

// Standard error may be anything, also what cannot be opened again by a name.
static int print_to_stderr(const struct answer *answer, struct error *err)
{
  struct bytes lines;
  bytes_init(&lines, 4 * ANSWER_MAX_BYTES);
  struct byte_sink *out = memory_sink_new(&lines, err);
  int status = out ? write_lines(answer, out, err) : -1;
  if (status == 0)
    status = byte_sink_finish(out, err);
  byte_sink_free(out);
  if (status == 0)
    fwrite(lines.data, 1, lines.size, stderr);
  bytes_release(&lines);
  return status;
}

int answer_print(const struct answer *answer, bool stdout_taken, struct error *err)
{
  if (answer->text.failed)
    return error_set(err, ERROR_OUTPUT, "the value is too long to be printed");
  if (answer->text.size == 0)
    return 0;
  return answer->raised || stdout_taken ? print_to_stderr(answer, err) : print_to("-", write_lines, answer, err);
}
