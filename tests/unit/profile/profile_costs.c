// What is usual of many functions' intervals, and in which of them a function is felt.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "folded_text.h"
#include "profile/profile_builder.h"

struct costs_test {
  struct profile_builder *builder;
  struct profile_costs costs;
};

static int set_up(void **state)
{
  struct error err = {0};
  struct costs_test *test = calloc(1, sizeof *test);
  assert_non_null(test);
  test->builder = profile_builder_new(&err);
  assert_non_null(test->builder);
  *state = test;
  return 0;
}

static int tear_down(void **state)
{
  free(*state);
  return 0;
}

static void bill_under(struct costs_test *test, uint32_t parent, enum frame_kind frame_kind, const char *name,
                       enum interval_kind kind, unsigned count, uint64_t ns)
{
  struct profile_builder *builder = test->builder;
  uint32_t frame = profile_builder_frame(builder, frame_kind, name, strlen(name), "m", 1, false);
  uint32_t node = profile_builder_child(builder, parent, frame);
  for (unsigned i = 0; i < count; i++)
    profile_builder_bill_interval(builder, node, ns, kind);
}

static void bill(struct costs_test *test, const char *name, enum interval_kind kind, unsigned count, uint64_t ns)
{
  bill_under(test, 0, FRAME_FUNCTION, name, kind, count, ns);
}

// Of all that was billed so much is left.
static void check_left(struct costs_test *test, const char *left)
{
  struct error err = {0};
  struct profile_totals totals = {.counts_known = true};
  assert_int_equal(profile_builder_take_out(test->builder, &test->costs, 0, &totals.taken_out), 0);
  struct profile *profile = profile_builder_finish(test->builder, &totals, &err);
  assert_non_null(profile);
  char text[FOLDED_TEXT_MAX];
  folded_text(profile, WEIGHT_WALL, text);
  assert_string_equal(text, left);
  profile_free(profile);
}

// The table in profile_costs.c: f loses 600 of each 900, since a fifth more than the usual 500 is no difference.
static void what_is_no_longer_than_usual_is_not_felt(void **state)
{
  struct costs_test *test = *state;
  test->costs.interval_ns[INTERVAL_RETURN_CALL] = 500;
  test->costs.interval_ns[INTERVAL_CALL_RETURN] = 300;
  bill(test, "f", INTERVAL_RETURN_CALL, 1000, 900);
  bill(test, "g", INTERVAL_RETURN_CALL, 1000, 520);
  bill(test, "h", INTERVAL_RETURN_CALL, 1000, 600);
  bill(test, "h", INTERVAL_CALL_RETURN, 1000, 350);
  check_left(test, "f 300000\ng 1\nh 1\n");
}

// Where an untraced interval has 2 ns, so many are left of each.
static void what_is_not_felt_has_what_calls_take_anyhow(void **state)
{
  struct costs_test *test = *state;
  test->costs.interval_ns[INTERVAL_RETURN_CALL] = 500;
  test->costs.bare_ns = 2;
  bill(test, "g", INTERVAL_RETURN_CALL, 1000, 520);
  check_left(test, "g 2000\n");
}

// Of 4,000 intervals in functions that have at least 200 the median is 400, which is less than was measured. What
// seldom has 250 says nothing of what is usual. slow is felt: 700 - 480 of each is left.
static void the_usual_is_what_most_intervals_take(void **state)
{
  struct costs_test *test = *state;
  test->costs.interval_ns[INTERVAL_CALL_CALL] = 900;
  bill(test, "many", INTERVAL_CALL_CALL, 3000, 400);
  bill(test, "seldom", INTERVAL_CALL_CALL, 199, 250);
  bill(test, "slow", INTERVAL_CALL_CALL, 1000, 700);
  check_left(test, "many 1\nseldom 1\nslow 220000\n");
}

// One in a hundred intervals of `many` has 10,000 ns: 496,000 in all, 1,269/1,024 of 1,000 times 400. So 495 are usual
// in the mean, and `other` is felt: 620 - 594 of each is left.
static void long_intervals_are_usual_as_far_as_dense_functions_have_them(void **state)
{
  struct costs_test *test = *state;
  test->costs.interval_ns[INTERVAL_CALL_CALL] = 900;
  bill(test, "many", INTERVAL_CALL_CALL, 990, 400);
  bill(test, "many", INTERVAL_CALL_CALL, 10, 10000);
  bill(test, "other", INTERVAL_CALL_CALL, 1000, 620);
  check_left(test, "many 1\nother 26000\n");
}

// The short ones of f are as short as g's. But in all they have 1,390 each, more than half as much again: 1,390,000 -
// 1,000 times 480 is left. (A function in ten times as many says what is usual.)
static void a_function_with_many_long_intervals_is_felt(void **state)
{
  struct costs_test *test = *state;
  test->costs.interval_ns[INTERVAL_CALL_CALL] = 400;
  bill(test, "f", INTERVAL_CALL_CALL, 900, 400);
  bill(test, "f", INTERVAL_CALL_CALL, 100, 10300);
  bill(test, "g", INTERVAL_CALL_CALL, 10000, 400);
  check_left(test, "f 910000\ng 1\n");
}

// To be longer in a few of its intervals makes 30,000 more than is usual, which is less than a twentieth of 1,010,000.
static void a_function_is_not_felt_by_a_twentieth(void **state)
{
  struct costs_test *test = *state;
  test->costs.interval_ns[INTERVAL_CALL_CALL] = 1000;
  test->costs.interval_ns[INTERVAL_CALL_RETURN] = 1000;
  bill(test, "f", INTERVAL_CALL_CALL, 1000, 1000);
  bill(test, "f", INTERVAL_CALL_RETURN, 10, 4000);
  check_left(test, "f 1\n");
}

// f is felt between calls, where it has 400 of 1,000 left; in those that a collection ends it is not, and has none
// left.
static void what_is_not_felt_of_a_function_is_taken_out_whole(void **state)
{
  struct costs_test *test = *state;
  test->costs.interval_ns[INTERVAL_CALL_CALL] = 500;
  test->costs.interval_ns[INTERVAL_GC] = 2000;
  bill(test, "f", INTERVAL_CALL_CALL, 100, 1000);
  bill(test, "f", INTERVAL_GC, 2, 2100);
  check_left(test, "f 40000\n");
}

// To be scheduled in and out again costs 300.
static void turns_cost_what_was_measured(void **state)
{
  struct costs_test *test = *state;
  test->costs.interval_ns[INTERVAL_TURN] = 300;
  bill(test, "f", INTERVAL_TURN, 1000, 800);
  check_left(test, "f 500000\n");
}

// Nine words for each of 1,000 calls are half of all that was given back. Of the collections' 10,000 ns 1,000 are for
// their being traced, and of the rest half.
static void garbage_of_traced_calls_is_not_the_programs(void **state)
{
  struct costs_test *test = *state;
  test->costs = (struct profile_costs){.call_words = 9, .words = 18000};
  test->costs.interval_ns[INTERVAL_RETURN_CALL] = 500;
  test->costs.interval_ns[INTERVAL_GC] = 100;
  bill(test, "f", INTERVAL_RETURN_CALL, 1000, 500);
  bill_under(test, 0, FRAME_GC, "[gc]", INTERVAL_GC, 10, 1000);
  check_left(test, "[gc] 4500\nf 1\n");
}

int main(void)
{
#define COSTS_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      COSTS_TEST(what_is_no_longer_than_usual_is_not_felt),
      COSTS_TEST(what_is_not_felt_has_what_calls_take_anyhow),
      COSTS_TEST(the_usual_is_what_most_intervals_take),
      COSTS_TEST(long_intervals_are_usual_as_far_as_dense_functions_have_them),
      COSTS_TEST(a_function_with_many_long_intervals_is_felt),
      COSTS_TEST(a_function_is_not_felt_by_a_twentieth),
      COSTS_TEST(what_is_not_felt_of_a_function_is_taken_out_whole),
      COSTS_TEST(turns_cost_what_was_measured),
      COSTS_TEST(garbage_of_traced_calls_is_not_the_programs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
