// Hostile bytes in, printable UTF-8 out. The invariant: the result holds no byte that a terminal could take for a
// command, and no character that changes the order in which the others are read.
#include "terminal_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static size_t utf8_size(unsigned char first)
{
  if (first < 0x80)
    return 1;
  if (first < 0xc0 || first >= 0xf8)
    return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

// Decodes the character at `text`; its size, or 0 when it is not well-formed (overlong, a surrogate, cut, too large).
static size_t decode_utf8(const unsigned char *text, uint32_t *character)
{
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  size_t size = utf8_size(text[0]);
  uint32_t value = size == 1 ? text[0] : text[0] & (0x7fu >> size);
  for (size_t i = 1; i < size; i++) {
    if ((text[i] & 0xc0) != 0x80)
      return 0;
    value = value << 6 | (text[i] & 0x3fu);
  }
  if (size > 0 && (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)))
    return 0;
  *character = value;
  return size;
}

static bool is_control(uint32_t character)
{
  return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

static bool reorders_or_breaks(uint32_t character)
{
  return character == 0x61c || (character >= 0x200b && character <= 0x200f) ||
         (character >= 0x2028 && character <= 0x202e) || (character >= 0x2060 && character <= 0x206f) ||
         character == 0xfeff;
}

size_t terminal_text(const char *text, char *safe, size_t size)
{
  const unsigned char *at = (const unsigned char *)text;
  size_t used = 0;
  size_t columns = 0;
  while (*at) {
    char piece[16];
    uint32_t character = 0;
    size_t taken = decode_utf8(at, &character);
    size_t width;
    if (taken == 0 || is_control(character)) {
      width = (size_t)snprintf(piece, sizeof piece, "\\x%02X", taken ? (unsigned)character : *at);
    } else if (reorders_or_breaks(character)) {
      width = (size_t)snprintf(piece, sizeof piece, "\\u{%04X}", (unsigned)character);
    } else {
      snprintf(piece, sizeof piece, "%.*s", (int)taken, (const char *)at);
      width = 1;
    }
    size_t length = strlen(piece);
    if (used + length >= size)
      break;
    memcpy(safe + used, piece, length);
    used += length;
    columns += width;
    at += taken ? taken : 1;
  }
  safe[used] = '\0';
  return columns;
}
