// Medians and quartiles, worked out by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/profile_spread.h"

static void check(uint64_t *times_ns, size_t given, size_t count, uint64_t lower, uint64_t median, uint64_t upper)
{
  struct profile_spread spread = profile_spread_of(times_ns, given, count);
  assert_int_equal(spread.lower_quartile_ns, lower);
  assert_int_equal(spread.median_ns, median);
  assert_int_equal(spread.upper_quartile_ns, upper);
}

static void between_the_times(void **state)
{
  (void)state;
  check((uint64_t[]){7}, 1, 1, 7, 7, 7);
  check((uint64_t[]){30, 10, 50, 20, 40}, 5, 5, 20, 30, 40);
  // Three steps from the first to the last: a quarter of the way is 0.75 of the first step.
  check((uint64_t[]){400, 100, 300, 200}, 4, 4, 175, 250, 325);
  check((uint64_t[]){1, 2, 3, 4}, 4, 4, 1, 2, 3); // 1.75, 2.5, 3.25
  check((uint64_t[]){0, UINT64_MAX}, 2, 2, UINT64_MAX / 4, UINT64_MAX / 2, UINT64_MAX / 4 * 3 + 2);
}

static void what_is_not_given_is_zero(void **state)
{
  (void)state;
  check(NULL, 0, 0, 0, 0, 0);
  check(NULL, 0, 3, 0, 0, 0);
  check((uint64_t[]){8, 4}, 2, 5, 0, 0, 4); // 0 0 0 4 8
  check((uint64_t[]){8}, 1, 2, 2, 4, 6);    // 0 8
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(between_the_times), cmocka_unit_test(what_is_not_given_is_zero)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
