#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rank.h"

static void ranks_from_the_largest(void **state)
{
  (void)state;
  uint64_t numbers[] = {3, UINT64_MAX, 0, 3, 7};
  assert_int_equal(rank_largest(numbers, 5, 0), UINT64_MAX);
  assert_int_equal(rank_largest(numbers, 5, 1), 7);
  assert_int_equal(rank_largest(numbers, 5, 3), 3);
  assert_int_equal(rank_largest(numbers, 5, 4), 0);
}

static void chooses_the_first_of_equals(void **state)
{
  (void)state;
  static const uint64_t numbers[] = {3, 7, 3, 0, 3};
  static const bool expected[][5] = {{0}, {0, 1}, {1, 1}, {1, 1, 1}, {1, 1, 1, 0, 1}, {1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}};
  for (size_t most = 0; most <= 6; most++) {
    bool chosen[5];
    assert_int_equal(rank_choose(numbers, 5, most, chosen), 0);
    assert_memory_equal(chosen, expected[most], sizeof chosen);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(ranks_from_the_largest),
                                     cmocka_unit_test(chooses_the_first_of_equals)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
