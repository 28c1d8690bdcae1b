// No byte of a name reaches the terminal as a command.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "terminal_text.h"

static size_t check(const char *text, const char *expected)
{
  char safe[256];
  size_t columns = terminal_text(text, safe, sizeof safe);
  assert_string_equal(safe, expected);
  return columns;
}

static void plain_text_and_utf8_stay(void **state)
{
  (void)state;
  assert_int_equal(check("lists:sort/1", "lists:sort/1"), 12);
  assert_int_equal(check("\xc3\xa4\xe6\x97\xa5\xf0\x9f\x94\xa5", "\xc3\xa4\xe6\x97\xa5\xf0\x9f\x94\xa5"), 3);
}

static void controls_are_spelled(void **state)
{
  (void)state;
  assert_int_equal(check("a\x1b[31mb", "a\\x1B[31mb"), 10);
  check("line\nline\r\t\x7f", "line\\x0Aline\\x0D\\x09\\x7F");
  check("\xc2\x9b", "\\x9B"); // U+009B, a one-character escape sequence
}

static void reordering_is_spelled(void **state)
{
  (void)state;
  check("a\xe2\x80\xae"
        "b",
        "a\\u{202E}b");
  check("\xe2\x81\xa6", "\\u{2066}");
  check("\xe2\x80\xa8", "\\u{2028}");
  check("\xef\xbb\xbf", "\\u{FEFF}");
}

static void bad_utf8_is_spelled_byte_by_byte(void **state)
{
  (void)state;
  check("\xff", "\\xFF");
  check("\x80z", "\\x80z");                          // a continuation without a start
  check("\xc3", "\\xC3");                            // cut
  check("\xe6\x97z", "\\xE6\\x97z");                 // cut inside
  check("\xc0\x9b", "\\xC0\\x9B");                   // overlong ESC
  check("\xed\xa0\x80", "\\xED\\xA0\\x80");          // a surrogate
  check("\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"); // past U+10FFFF
}

static void what_does_not_fit_is_cut_between_characters(void **state)
{
  (void)state;
  char safe[4];
  terminal_text("ab\xc3\xa4", safe, sizeof safe); // 4 bytes and the NUL
  assert_string_equal(safe, "ab");
  terminal_text("\x1b", safe, sizeof safe);
  assert_string_equal(safe, "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain_text_and_utf8_stay),
      cmocka_unit_test(controls_are_spelled),
      cmocka_unit_test(reordering_is_spelled),
      cmocka_unit_test(bad_utf8_is_spelled_byte_by_byte),
      cmocka_unit_test(what_does_not_fit_is_cut_between_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
