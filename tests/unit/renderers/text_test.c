#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "picture/text.h"

static void assert_clean(const char *text, const char *expected)
{
  struct bytes scratch;
  bytes_init(&scratch, TEXT_MAX_BYTES + 64);
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
}

static void replaces_what_is_no_text(void **state)
{
  (void)state;
  assert_clean("a\nb\tc\rd\x01\x1f\x7f", "a\uFFFDb\uFFFDc\uFFFDd\uFFFD\uFFFD\uFFFD");
  assert_clean("\xC2\x85", "\uFFFD");       // a C1 control, one character
  assert_clean("\x80", "\uFFFD");           // a tail byte alone
  assert_clean("a\xC3", "a\uFFFD");         // cut off
  assert_clean("\xC3(", "\uFFFD(");         // the byte after it is not swallowed
  assert_clean("\xE4\xBA", "\uFFFD\uFFFD"); // one each
  assert_clean("\xC0\xAF", "\uFFFD\uFFFD"); // overlong '/'
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
  assert_clean("\u00AD\uFEFF", "\\x{AD}\\x{FEFF}");
  assert_clean("\xF3\xA0\x80\xA1", "\\x{E0021}"); // a tag character
}

static void cuts_what_nobody_reads(void **state)
{
  (void)state;
  static char name[3 * TEXT_MAX_BYTES];
  memset(name, 'a', sizeof name - 1);
  struct bytes scratch;
  bytes_init(&scratch, TEXT_MAX_BYTES + 64);
  const char *clean = text_clean(&scratch, name);
  assert_int_equal(strlen(clean), TEXT_MAX_BYTES + 1 + strlen(TEXT_ELLIPSIS));
  bytes_release(&scratch);
}

static void assert_fit(const char *clean, unsigned cells, const char *expected, bool expected_cut)
{
  bool cut = !expected_cut;
  size_t size = text_fit(clean, cells, &cut);
  assert_int_equal(size, strlen(expected));
  assert_memory_equal(clean, expected, size);
  assert_int_equal(cut, expected_cut);
}

static void cuts_between_characters(void **state)
{
  (void)state;
  assert_fit("lists:sort/1", 12, "lists:sort/1", false);
  assert_fit("lists:sort/1", 11, "lists:sort", true);
  assert_fit("lists:sort/1", 1, "", true);
  assert_fit("lists:sort/1", 0, "", true);
  assert_fit("", 0, "", false);
  // Wide characters take two columns: 4 of them 8.
  assert_fit("商店总计", 8, "商店总计", false);
  assert_fit("商店总计", 7, "商店总", true);
  assert_fit("商店总计", 6, "商店", true); // 4, the ellipsis, and one free
  // A combining mark stays with its letter.
  assert_fit("e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301", false);
  assert_fit("e\u0301e\u0301e\u0301", 2, "e\u0301", true);
}

static void measures_columns(void **state)
{
  (void)state;
  assert_int_equal(text_cells(""), 0);
  assert_int_equal(text_cells("lists:sort/1"), 12);
  assert_int_equal(text_cells("总计/2"), 6);
  assert_int_equal(text_cells("e\u0301"), 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keeps_text_in_any_script),       cmocka_unit_test(replaces_what_is_no_text),
      cmocka_unit_test(spells_out_what_cannot_be_seen), cmocka_unit_test(cuts_what_nobody_reads),
      cmocka_unit_test(cuts_between_characters),        cmocka_unit_test(measures_columns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
