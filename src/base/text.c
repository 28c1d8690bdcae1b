// Enters: bytes that claim to be text. Leaves: text that can harm neither a terminal nor XML nor the eye.
#include "base/text.h"

#include <string.h>

#include "base/bytes.h"

// Drawn by nobody, or changing how the text around them is drawn.
static const struct text_interval invisible[] = {
    {0x00AD, 0x00AD}, {0x061C, 0x061C}, {0x180E, 0x180E}, {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
};

bool text_among(uint32_t character, const struct text_interval *intervals, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (character >= intervals[i].first && character <= intervals[i].last)
      return true;
  return false;
}

// The character of `lead` and the bytes behind it. How many bytes follow `lead`; 0 when that is no UTF-8.
static size_t decode_tail(unsigned char lead, const unsigned char *tail, size_t left, uint32_t *character)
{
  static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
  size_t tail_size = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC2 || lead > 0xF4 || left < tail_size)
    return 0;
  *character = lead & (0x3Fu >> tail_size);
  for (size_t i = 0; i < tail_size; i++) {
    if ((tail[i] & 0xC0) != 0x80)
      return 0;
    *character = *character << 6 | (tail[i] & 0x3Fu);
  }
  bool surrogate = *character >= 0xD800 && *character <= 0xDFFF;
  return *character < smallest[tail_size] || *character > 0x10FFFF || surrogate ? 0 : tail_size;
}

uint32_t text_next(const char **at, const char *end)
{
  unsigned char lead = (unsigned char)*(*at)++;
  if (lead < 0x80)
    return lead < 0x20 || lead == 0x7F ? TEXT_REPLACEMENT : lead;
  uint32_t character;
  size_t tail_size = decode_tail(lead, (const unsigned char *)*at, (size_t)(end - *at), &character);
  *at += tail_size;
  bool control = tail_size > 0 && (character < 0xA0 || (character & 0xFFFE) == 0xFFFE);
  return tail_size == 0 || control ? TEXT_REPLACEMENT : character;
}

static void append_escape(struct bytes *out, uint32_t character)
{
  static const char digits[] = "0123456789ABCDEF";
  bytes_append(out, "\\x{", 3);
  int shift = 20;
  while (shift > 0 && character >> shift == 0)
    shift -= 4;
  for (; shift >= 0; shift -= 4)
    bytes_append_u8(out, (uint8_t)digits[character >> shift & 0xF]);
  bytes_append_u8(out, '}');
}

const char *text_clean(struct bytes *scratch, const char *text)
{
  bytes_clear(scratch);
  const char *end = text + strlen(text);
  while (text < end) {
    if (scratch->size > TEXT_MAX_BYTES) {
      bytes_append(scratch, TEXT_ELLIPSIS, strlen(TEXT_ELLIPSIS));
      break;
    }
    const char *from = text;
    uint32_t character = text_next(&text, end);
    if (character == TEXT_REPLACEMENT)
      bytes_append(scratch, "\uFFFD", 3);
    else if (text_among(character, invisible, sizeof invisible / sizeof invisible[0]))
      append_escape(scratch, character);
    else
      bytes_append(scratch, from, (size_t)(text - from));
  }
  bytes_append_u8(scratch, 0);
  return scratch->failed ? "" : (const char *)scratch->data;
}

// Without control characters only these two need an escape (RFC 8259, section 7).
void text_append_json(struct bytes *out, const char *clean)
{
  bytes_append_u8(out, '"');
  for (; *clean != '\0'; clean++) {
    if (*clean == '"' || *clean == '\\')
      bytes_append_u8(out, '\\');
    bytes_append_u8(out, (uint8_t)*clean);
  }
  bytes_append_u8(out, '"');
}
