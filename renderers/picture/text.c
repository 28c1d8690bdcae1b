// Enters: bytes that claim to be text. Leaves: text that can harm neither XML nor the eye, and how wide it is.
#include "picture/text.h"

#include <string.h>

#include "base/bytes.h"

struct interval {
  uint32_t first, last;
};

// Drawn by nobody, or changing how the text around them is drawn.
static const struct interval invisible[] = {
    {0x00AD, 0x00AD}, {0x061C, 0x061C}, {0x180E, 0x180E}, {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F},
};
// Unicode's East Asian Wide and Fullwidth, and emoji, coarsely.
static const struct interval wide[] = {
    {0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD},
};
static const struct interval combining[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x064B, 0x065F}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A},
    {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};

static bool among(uint32_t character, const struct interval *intervals, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (character >= intervals[i].first && character <= intervals[i].last)
      return true;
  return false;
}
#define AMONG(character, intervals) among(character, intervals, sizeof(intervals) / sizeof(intervals)[0])

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
    else if (AMONG(character, invisible))
      append_escape(scratch, character);
    else
      bytes_append(scratch, from, (size_t)(text - from));
  }
  bytes_append_u8(scratch, 0);
  return scratch->failed ? "" : (const char *)scratch->data;
}

static unsigned cells_of(uint32_t character)
{
  if (character < 0x300)
    return 1;
  return AMONG(character, combining) ? 0 : AMONG(character, wide) ? 2 : 1;
}

unsigned text_cells(const char *clean)
{
  const char *end = clean + strlen(clean);
  unsigned cells = 0;
  while (clean < end)
    cells += cells_of(text_next(&clean, end));
  return cells;
}

size_t text_fit(const char *clean, unsigned cells, bool *cut)
{
  const char *end = clean + strlen(clean);
  const char *at = clean, *last = clean; // `last`: behind the last character that leaves room for the ellipsis
  unsigned used = 0;
  while (at < end) {
    used += cells_of(text_next(&at, end));
    if (used > cells) {
      *cut = true;
      return (size_t)(last - clean);
    }
    if (used + 1 <= cells)
      last = at;
  }
  *cut = false;
  return (size_t)(end - clean);
}
