// One sentence, first failure kept, whole characters, nothing that steers a terminal.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/error.h"

static void keeps_the_first_failure(void **state)
{
  (void)state;
  struct error err = {0};
  assert_int_equal(error_set(&err, ERROR_DATA, "line %d is bad", 7), -1);
  assert_int_equal(error_set(&err, ERROR_OUTPUT, "later"), -1);
  assert_int_equal(err.code, ERROR_DATA);
  assert_string_equal(err.message, "line 7 is bad");
}

// 255 bytes fit: 254 of "a" leave one byte, too little for the two of "é".
static void cuts_at_a_character(void **state)
{
  (void)state;
  char text[300];
  memset(text, 'a', 254);
  strcpy(text + 254, "\xc3\xa9 and more");
  struct error err = {0};
  error_set(&err, ERROR_DATA, "%s", text);
  assert_int_equal(strlen(err.message), 254);

  memset(text, 'a', 253);
  strcpy(text + 253, "\xc3\xa9 and more");
  struct error fits = {0};
  error_set(&fits, ERROR_DATA, "%s", text);
  assert_int_equal(strlen(fits.message), 255);
  assert_string_equal(fits.message + 253, "\xc3\xa9");
}

static void blanks_control_characters(void **state)
{
  (void)state;
  struct error err = {0};
  error_set(&err, ERROR_DATA, "no process %s",
            "a\n\x1b[31m\x7f\xc2\x9b"
            "b\xc3\xa9");
  assert_string_equal(err.message, "no process a??[31m???b\xc3\xa9");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keeps_the_first_failure),
      cmocka_unit_test(cuts_at_a_character),
      cmocka_unit_test(blanks_control_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
