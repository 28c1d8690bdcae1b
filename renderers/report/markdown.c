// Clean text in, code out. Invariant: the marks around it are longer than any run of them within, so it ends where it
// should and nothing in it is read as anything else. (A table cannot promise that: `|` ends its cells in code too.)
#include "report/markdown.h"

#include <stdbool.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/bytes.h"

#define BLOCK_MARKS 3u

static size_t longest_run(const char *text, size_t size)
{
  size_t longest = 0, run = 0;
  for (size_t i = 0; i < size; i++) {
    run = text[i] == '`' ? run + 1 : 0;
    longest = run > longest ? run : longest;
  }
  return longest;
}

static void marks(struct byte_sink *out, size_t count)
{
  while (count-- > 0)
    byte_sink_text(out, "`");
}

void markdown_span(struct byte_sink *out, const char *clean)
{
  size_t size = strlen(clean);
  if (size == 0)
    return;
  size_t count = longest_run(clean, size) + 1;
  // One space on either side is taken off again: it keeps marks apart, and spaces of the text alive.
  bool apart = strchr("` ", clean[0]) || strchr("` ", clean[size - 1]);
  marks(out, count);
  byte_sink_text(out, apart ? " " : "");
  byte_sink_text(out, clean);
  byte_sink_text(out, apart ? " " : "");
  marks(out, count);
}

void markdown_block(struct byte_sink *out, const struct bytes *lines)
{
  size_t count = longest_run((const char *)lines->data, lines->size) + 1;
  count = count < BLOCK_MARKS ? BLOCK_MARKS : count;
  marks(out, count);
  byte_sink_text(out, "text\n");
  byte_sink_write(out, lines->data, lines->size);
  marks(out, count);
  byte_sink_text(out, "\n");
}
