// Formats one sentence into an error. Invariant: a message is NUL-terminated, whole UTF-8 characters where its
// input was, and holds no control character, so a hostile name in it cannot steer a terminal.
#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_continuation(char byte)
{
  return ((unsigned char)byte & 0xc0) == 0x80;
}

// Drops a character whose last bytes did not fit.
static void drop_partial_character(char *text, size_t size)
{
  size_t start = size;
  while (start > 0 && is_continuation(text[start - 1]))
    start--;
  if (start == 0)
    return;
  unsigned char lead = (unsigned char)text[start - 1];
  size_t needed = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
  if (size - start < needed)
    text[start - 1] = '\0';
}

static void blank_controls(char *text)
{
  for (unsigned char *at = (unsigned char *)text; *at; at++) {
    if (*at < 0x20 || *at == 0x7f) {
      *at = '?';
    } else if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0) { // U+0080 to U+009F
      at[0] = '?';
      at[1] = '?';
    }
  }
}

int error_set(struct error *err, enum error_code code, const char *format, ...)
{
  if (err->code != ERROR_NONE)
    return -1;
  va_list arguments;
  va_start(arguments, format);
  int size = vsnprintf(err->message, sizeof err->message, format, arguments);
  va_end(arguments);
  if (size < 0)
    err->message[0] = '\0';
  else if ((size_t)size >= sizeof err->message)
    drop_partial_character(err->message, strlen(err->message));
  blank_controls(err->message);
  err->code = code;
  return -1;
}
