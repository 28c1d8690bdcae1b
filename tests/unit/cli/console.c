// The exit status of every kind of error, as the manual promises.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "console.h"

static void every_error_has_its_status(void **state)
{
  (void)state;
  assert_int_equal(console_exit_status(ERROR_NONE), 0);
  assert_int_equal(console_exit_status(ERROR_USAGE), 2);
  assert_int_equal(console_exit_status(ERROR_UNREACHABLE), 3);
  assert_int_equal(console_exit_status(ERROR_REFUSED), 4);
  assert_int_equal(console_exit_status(ERROR_EMPTY), 5);
  assert_int_equal(console_exit_status(ERROR_DATA), 6);
  assert_int_equal(console_exit_status(ERROR_OUTPUT), 6);
  assert_int_equal(console_exit_status(ERROR_MEMORY), 6);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_error_has_its_status)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
