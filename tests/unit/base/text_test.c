// No byte of a name reaches a terminal as a command, or a picture as anything but text.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/text.h"

static void assert_clean(const char *text, const char *expected)
{
  struct bytes scratch;
  bytes_init(&scratch, TEXT_SCRATCH_BYTES);
  assert_string_equal(text_clean(&scratch, text), expected);
  bytes_release(&scratch);
}

static void keeps_text_in_any_script(void **state)
{
  (void)state;
  assert_clean("lists:sort/1", "lists:sort/1");
  assert_clean("", "");
  assert_clean("商店:总计/2 и ещё <&>\"'", "商店:总计/2 и ещё <&>\"'");
  assert_clean("\xEF\xBF\xBD", "\uFFFD"); // U+FFFD itself is one character
  assert_clean("\xF4\x8F\xBF\xBD", "\xF4\x8F\xBF\xBD");
  assert_clean("\xC3\xA4\xE6\x97\xA5\xF0\x9F\x94\xA5", "\xC3\xA4\xE6\x97\xA5\xF0\x9F\x94\xA5"); // 2, 3 and 4 bytes
}

static void replaces_what_is_no_text(void **state)
{
  (void)state;
  assert_clean("a\nb\tc\rd\x01\x1f\x7f", "a\uFFFDb\uFFFDc\uFFFDd\uFFFD\uFFFD\uFFFD");
  assert_clean("a\x1b[31mb", "a\uFFFD[31mb");
  assert_clean("line\nline\r\t\x7f", "line\uFFFDline\uFFFD\uFFFD\uFFFD");
  assert_clean("\xC2\x85", "\uFFFD"); // a C1 control, one character
  assert_clean("\xC2\x9B", "\uFFFD"); // U+009B, a one-character escape sequence
  assert_clean("\xFF", "\uFFFD");
  assert_clean("\x80", "\uFFFD"); // a tail byte alone
  assert_clean("\x80z", "\uFFFDz");
  assert_clean("a\xC3", "a\uFFFD"); // cut off
  assert_clean("\xC3", "\uFFFD");
  assert_clean("\xC3(", "\uFFFD(");         // the byte after it is not swallowed
  assert_clean("\xE4\xBA", "\uFFFD\uFFFD"); // one each
  assert_clean("\xE6\x97z", "\uFFFD\uFFFDz");
  assert_clean("\xC0\xAF", "\uFFFD\uFFFD"); // overlong '/'
  assert_clean("\xC0\x9B", "\uFFFD\uFFFD"); // overlong ESC
  assert_clean("\xE0\x80\xAF", "\uFFFD\uFFFD\uFFFD");
  assert_clean("\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD");           // a surrogate
  assert_clean("\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"); // past U+10FFFF
  assert_clean("\xEF\xBF\xBF", "\uFFFD");                       // U+FFFF: no XML character
}

static void spells_out_what_cannot_be_seen(void **state)
{
  (void)state;
  assert_clean("\u202Egnp.exe", "\\x{202E}gnp.exe");
  assert_clean("a\u200Bb", "a\\x{200B}b");
  assert_clean("a\u202Eb", "a\\x{202E}b");
  assert_clean("\u2066", "\\x{2066}");
  assert_clean("\u2028", "\\x{2028}");
  assert_clean("\uFEFF", "\\x{FEFF}");
  assert_clean("\u00AD\uFEFF", "\\x{AD}\\x{FEFF}");
  assert_clean("\xF3\xA0\x80\xA1", "\\x{E0021}"); // a tag character
}

static size_t characters(const char *text)
{
  const char *end = text + strlen(text);
  size_t count = 0;
  for (; text < end; count++)
    text_next(&text, end);
  return count;
}

static void walks_by_characters(void **state)
{
  (void)state;
  assert_int_equal(characters(""), 0);
  assert_int_equal(characters("lists:sort/1"), 12);
  assert_int_equal(characters("\xC3\xA4\xE6\x97\xA5\xF0\x9F\x94\xA5"), 3);
  assert_int_equal(characters("a\x1b[31mb"), 7);

  const char *at = "\xF0\x9F\x94\xA5\xFFz";
  const char *end = at + 6;
  assert_int_equal(text_next(&at, end), 0x1F525);
  assert_int_equal(text_next(&at, end), TEXT_REPLACEMENT);
  assert_int_equal(text_next(&at, end), 'z');
  assert_ptr_equal(at, end);
}

static void cuts_what_nobody_reads(void **state)
{
  (void)state;
  static char name[3 * TEXT_MAX_BYTES];
  memset(name, 'a', sizeof name - 1);
  struct bytes scratch;
  bytes_init(&scratch, TEXT_SCRATCH_BYTES);
  const char *clean = text_clean(&scratch, name);
  assert_int_equal(strlen(clean), TEXT_MAX_BYTES + 1 + strlen(TEXT_ELLIPSIS));
  bytes_release(&scratch);
}

static void cuts_between_whole_characters(void **state)
{
  (void)state;
  static char name[3 * TEXT_MAX_BYTES + 1];
  for (size_t i = 0; i < TEXT_MAX_BYTES; i++)
    memcpy(name + 3 * i, "\u65E5", 3);
  struct bytes scratch;
  bytes_init(&scratch, TEXT_SCRATCH_BYTES);
  const char *clean = text_clean(&scratch, name);
  size_t kept = 2731 * 3; // the first multiple of 3 above 8192
  assert_int_equal(strlen(clean), kept + strlen(TEXT_ELLIPSIS));
  assert_memory_equal(clean, name, kept);
  assert_string_equal(clean + kept, TEXT_ELLIPSIS);
  bytes_release(&scratch);
}

static void the_longest_result_fits_the_scratch(void **state)
{
  (void)state;
  static char name[4 * TEXT_MAX_BYTES + 1];
  for (size_t i = 0; i < TEXT_MAX_BYTES; i++)
    memcpy(name + 4 * i, "\xF3\xA0\x80\xA1", 4); // 9 bytes when spelled out
  struct bytes scratch;
  bytes_init(&scratch, TEXT_SCRATCH_BYTES);
  assert_int_equal(strlen(text_clean(&scratch, name)), 911 * 9 + strlen(TEXT_ELLIPSIS)); // 910 * 9 is 8190
  assert_false(scratch.failed);
  bytes_release(&scratch);
}

static void no_room_is_no_text(void **state)
{
  (void)state;
  struct bytes scratch;
  bytes_init(&scratch, 4);
  assert_string_equal(text_clean(&scratch, "ab\xC3\xA4"), ""); // 4 bytes and the NUL
  assert_true(scratch.failed);
  assert_string_equal(text_clean(&scratch, "abc"), "abc");
  assert_false(scratch.failed);
  bytes_release(&scratch);
}

static void clean_text_is_quoted_for_json(void **state)
{
  (void)state;
  struct bytes out;
  bytes_init(&out, 64);
  text_append_json(&out, "a\"b\\x{202E}/\u00e9");
  bytes_append_u8(&out, 0);
  assert_string_equal((const char *)out.data, "\"a\\\"b\\\\x{202E}/\u00e9\"");
  bytes_release(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keeps_text_in_any_script),
      cmocka_unit_test(replaces_what_is_no_text),
      cmocka_unit_test(spells_out_what_cannot_be_seen),
      cmocka_unit_test(walks_by_characters),
      cmocka_unit_test(cuts_what_nobody_reads),
      cmocka_unit_test(cuts_between_whole_characters),
      cmocka_unit_test(the_longest_result_fits_the_scratch),
      cmocka_unit_test(no_room_is_no_text),
      cmocka_unit_test(clean_text_is_quoted_for_json),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
