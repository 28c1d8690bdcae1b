#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/numbers.h"

static char text[NUMBER_MAX];

static void times_have_three_digits(void **state)
{
  (void)state;
  assert_string_equal(number_time(text, 0), "0 ns");
  assert_string_equal(number_time(text, 999), "999 ns");
  assert_string_equal(number_time(text, 1000), "1.00 µs");
  assert_string_equal(number_time(text, 1234), "1.23 µs");
  assert_string_equal(number_time(text, 1235), "1.24 µs");
  assert_string_equal(number_time(text, 9994), "9.99 µs");
  assert_string_equal(number_time(text, 9995), "10.0 µs");
  assert_string_equal(number_time(text, 99949), "99.9 µs");
  assert_string_equal(number_time(text, 99951), "100 µs");
  assert_string_equal(number_time(text, 999499), "999 µs");
  assert_string_equal(number_time(text, 999500), "1.00 ms");
  assert_string_equal(number_time(text, 999499999), "999 ms");
  assert_string_equal(number_time(text, 999500000), "1.00 s");
  assert_string_equal(number_time(text, 10000000000), "10.0 s");
  assert_string_equal(number_time(text, 125400000000), "125 s");
  assert_string_equal(number_time(text, 600000000000), "10.0 min");
  assert_string_equal(number_time(text, 36000000000000), "10.0 h");
  assert_string_equal(number_time(text, UINT64_MAX), "5124096 h"); // 18446744073.7 s / 3600
}

static void counts_are_grouped(void **state)
{
  (void)state;
  assert_string_equal(number_count(text, 0), "0");
  assert_string_equal(number_count(text, 999), "999");
  assert_string_equal(number_count(text, 1000), "1,000");
  assert_string_equal(number_count(text, 12345678), "12,345,678");
  assert_string_equal(number_count(text, UINT64_MAX), "18,446,744,073,709,551,615");
}

static void shares_never_round_to_nothing_or_all(void **state)
{
  (void)state;
  assert_string_equal(number_share(text, 0, 10), "0%");
  assert_string_equal(number_share(text, 0, 0), "0%");
  assert_string_equal(number_share(text, 1, 1000000), "<0.01%");
  assert_string_equal(number_share(text, 4, 10000), "0.04%");
  assert_string_equal(number_share(text, 1, 80), "1.25%");
  assert_string_equal(number_share(text, 123, 1000), "12.3%");
  assert_string_equal(number_share(text, 99999, 100000), "99.9%");
  assert_string_equal(number_share(text, 9996, 10000), "99.9%");
  assert_string_equal(number_share(text, 10, 10), "100%");
}

static void changes_say_their_direction(void **state)
{
  (void)state;
  assert_string_equal(number_change(text, 0, 0), "0%");
  assert_string_equal(number_change(text, 7, 7), "0%");
  assert_string_equal(number_change(text, 0, 7), "from 0");
  assert_string_equal(number_change(text, 12300, 15100), "+22.8%"); // 2800 / 12300 is 22.76%
  assert_string_equal(number_change(text, 15100, 12300), "-18.5%");
  assert_string_equal(number_change(text, 7, 0), "-100%");
  assert_string_equal(number_change(text, 1000000, 1), "-99.9%");
  assert_string_equal(number_change(text, 1000000, 1000001), "+<0.01%");
  assert_string_equal(number_change(text, 10, 20), "+100%");
  assert_string_equal(number_change(text, 200, 500), "+150%");
  assert_string_equal(number_change(text, 100, 999), "+899%");
  assert_string_equal(number_change(text, 100, 1000), "x10.0");
  assert_string_equal(number_change(text, 3, 100), "x33.3");
  assert_string_equal(number_change(text, 1, 123456), "x123,456");
  assert_string_equal(number_change(text, UINT64_MAX, UINT64_MAX - 1), "-<0.01%");
  assert_string_equal(number_change(text, UINT64_MAX / 2, UINT64_MAX), "+100%");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(times_have_three_digits),
      cmocka_unit_test(counts_are_grouped),
      cmocka_unit_test(shares_never_round_to_nothing_or_all),
      cmocka_unit_test(changes_say_their_direction),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
