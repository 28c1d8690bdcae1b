// What tracing cost is taken out of the widths: by node, never below a nanosecond, scaled where the truth is known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream.h"

// A captured call, whose own times are, with what its intervals lie between:
//     f       4,500   1,000 and 400 to a call, 1,000 from a return to a call, 2,000 from a return to the end of the
//     call,
//                     100 to a collection's begin
//     f;g       900   500 and 400 from a call to a return
//     f;h       300   200 from a call to a call, 100 from a return to a return
//     f;h;i      50   from a call to a return
//     f;[gc]    700   to a collection's end
#define CALL                                                                                                           \
  "0 begin f\n1000 call g f\n1500 return f\n2500 call g f\n2900 return f\n3000 gc+\n3700 gc-\n4100 call h f\n"         \
  "4300 call i h\n4350 return h\n4450 return f\n6450 returned\n"
#define COSTS "k cost_call_ns 400\nk cost_return_ns 300\nk cost_gc_ns 50\n"
#define AS_MEASURED -1.0
#define AS_TRACED "f 4500\nf;[gc] 700\nf;g 900\nf;h 300\nf;h;i 50\n"

static struct profile *fold_with(const struct fold_options *options, const char *events, const char *more)
{
  struct stream stream;
  stream_init_with(&stream, options);
  stream_push(&stream, events);
  stream_push(&stream, more);
  struct profile *profile = stream_finish(&stream);
  stream_release(&stream);
  return profile;
}

// What taken out in all, and the factor; 0: the costs are not scaled.
static void check(const char *events, const char *facts, const char *times, uint64_t taken_ns, double factor)
{
  struct profile *profile = fold_with(&(struct fold_options){0}, events, facts);
  char text[FOLDED_TEXT_MAX];
  folded_text(profile, WEIGHT_WALL, text);
  assert_string_equal(text, times);
  assert_int_equal(profile->taken_out.taken_ns, taken_ns);
  assert_true(profile->taken_out.scaled == (factor >= 0));
  if (factor >= 0)
    assert_true(profile->taken_out.factor == factor);
  profile_free(profile);
}

static void nothing_is_known(void **state)
{
  (void)state;
  check(CALL, "", AS_TRACED, 0, AS_MEASURED);
  check(CALL, "k untraced_ns 2803\n", AS_TRACED, 0, AS_MEASURED);
}

// A fifth more than what was measured is usual. f pays 3 x 480 and 360, and all of the 100, in which it is hardly felt;
// g pays 2 x 360, the collection 50. h and i are not felt at all.
static void each_stack_pays_for_its_intervals(void **state)
{
  (void)state;
  check(CALL, COSTS, "f 2600\nf;[gc] 650\nf;g 180\nf;h 1\nf;h;i 1\n", 1900 + 720 + 299 + 49 + 50, AS_MEASURED);
}

// At 1.5 times the costs f has 4,500 - 2,850 left, the collection 700 - 75, and the others a nanosecond each.
static void costs_are_scaled_to_the_truth(void **state)
{
  (void)state;
  check(CALL, COSTS "k untraced_ns 2278\n", "f 1650\nf;[gc] 625\nf;g 1\nf;h 1\nf;h;i 1\n", 6450 - 2278, 1.5);
  // No more than four times: g, h, i and f then have a nanosecond left, the collection 700 - 200.
  check(CALL, COSTS "k untraced_ns 5\n", "f 1\nf;[gc] 500\nf;g 1\nf;h 1\nf;h;i 1\n", 6450 - 504, 4);
  // It took no longer than untraced.
  check(CALL, COSTS "k untraced_ns 7000\n", AS_TRACED, 0, 0);
}

#define OUT                                                                                                            \
  "0 begin f\n2000 call erlang:halt/0 f\n2400 out\n3400 in\n3700 return f\n6700 returned\n"                            \
  "k cost_call_ns 1000\nk cost_return_ns 100\n"

// f pays 1,200 and 120. What it calls is 400 until it is scheduled out, which is less than a call costs, so it pays all
// of them, and 300 to the return, of which it pays 120. At twice that f has 2,360 left. That the process was scheduled
// out for half as long again cannot be, so it was because it was traced.
static void being_scheduled_out_is_tracing(void **state)
{
  (void)state;
  check(OUT, "", "f 3680\nf;erlang:halt/0 180\nf;erlang:halt/0;[runnable] 1000\n", 1840, AS_MEASURED);
  check(OUT, "k untraced_ns 2361\n", "f 2360\nf;erlang:halt/0 1\nf;erlang:halt/0;[runnable] 1\n", 2640 + 699 + 999, 2);
}

// Where the truth is not known the costs are taken for what they were measured to be, and a fifth: 1,320 of f, 120 of
// a.
static void the_truth_has_to_be_known(void **state)
{
  (void)state;
#define OTHERWISE "k cost_call_ns 1000\nk cost_return_ns 100\nk untraced_ns 3000\n"
  const char *whole = "0 begin f\n2000 call a f\n2500 return f\n5000 returned\n", *more = "f 3180\nf;a 380\n";
  check(whole, "k cost_call_ns 1000\nk cost_return_ns 100\nk untraced_ns 3560\n", more, 1440, 1);
  // One of two calls was cut off.
  check("0 begin f\n2000 call a f\n2500 return f\n5000 returned\n6000 begin f\n6500 end\n", OTHERWISE,
        "f 3680\nf;a 380\n", 1440, AS_MEASURED);
  // Another process has had events.
  check("0 begin f\n2000 call a f\n2500 return f\n5000 returned\np 1 <0.2.0>\n0 begin b\n10 call c b\n20 raised\n",
        OTHERWISE, "b 1\nb;c 1\nf 3180\nf;a 380\n", 1440 + 9 + 9, AS_MEASURED);
  // It waited for a tenth of the truth, and a little more. (500 to being scheduled out are less than a call costs.)
  check("0 begin f\n2000 call a f\n2500 return f\n3000 out\n3000 waiting\n3301 in\n5301 returned\n", OTHERWISE,
        "f 2680\nf;[waiting] 301\nf;a 380\n", 1940, AS_MEASURED);
  // Events are missing.
  check("0 begin f\n2000 call a f\n2500 return f\n3000 lost 1\n3100 returned\n", OTHERWISE,
        "[lost] 100\nf 1300\nf;a 380\n", 1320, AS_MEASURED);
}

static void what_no_event_costs_is_not_believed(void **state)
{
  (void)state;
  static const char *const values[] = {"-5", "1000001", "4e2", "400ns", "x", "99999999999999999999999"};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    char fact[64];
    snprintf(fact, sizeof fact, "k cost_call_ns %s\n", values[i]);
    check(CALL, fact, AS_TRACED, 0, AS_MEASURED);
  }
}

static void raw_times_are_as_traced(void **state)
{
  (void)state;
  struct profile *profile = fold_with(&(struct fold_options){.raw_times = true}, CALL, COSTS "k untraced_ns 2803\n");
  char text[FOLDED_TEXT_MAX];
  folded_text(profile, WEIGHT_WALL, text);
  assert_string_equal(text, AS_TRACED);
  assert_null(profile->tracing);
  assert_int_equal(profile->taken_out.taken_ns, 0);
  profile_free(profile);
}

static const struct profile_function *function_named(const struct profile *profile, const char *name)
{
  for (size_t i = 0; i < profile->function_count; i++)
    if (strcmp(profile->frames[profile->functions[i].frame].name, name) == 0)
      return &profile->functions[i];
  fail_msg("no %s", name);
  return NULL;
}

// g's two calls took 900, of which 180 are left; h took 350 and has 2 left with i. The shortest and the longest are as
// traced.
static void check_functions(const struct profile *profile)
{
  const struct profile_function *g = function_named(profile, "m:g/0"), *h = function_named(profile, "m:h/0");
  assert_int_equal(g->own_ns, 180);
  assert_int_equal(g->tracing_ns, 720);
  assert_int_equal(g->call_sum_ns, 180);
  assert_int_equal(g->call_min_ns, 400);
  assert_int_equal(g->call_max_ns, 500);
  assert_int_equal(h->total_ns, 2);
  assert_int_equal(h->tracing_ns, 299);
  assert_int_equal(h->total_tracing_ns, 348);
  assert_int_equal(h->call_sum_ns, 2);
  assert_int_equal(h->calls, 1);
  assert_true(profile_is_uncertain(h->total_ns, h->total_tracing_ns));
  assert_false(profile_is_uncertain(300, 300));
  assert_int_equal(profile->call_time.median_ns, 6450);
}

static void functions_have_what_is_left(void **state)
{
  (void)state;
  struct error err = {0};
  struct profile *profile = fold_with(&(struct fold_options){0}, CALL, COSTS);
  check_functions(profile);
  struct profile *reversed = profile_reverse(profile, &err);
  assert_non_null(reversed);
  check_functions(reversed);
  uint64_t taken_ns = 0, gc_ns = 0;
  for (uint32_t i = 1; i < reversed->node_count; i++) {
    taken_ns += profile_own_tracing(reversed, i, WEIGHT_WALL);
    gc_ns += profile_own_tracing(reversed, i, WEIGHT_GC);
  }
  assert_int_equal(taken_ns, 3018);
  assert_int_equal(gc_ns, 50);
  assert_int_equal(reversed->taken_out.taken_ns, 3018);
  profile_free(reversed);
  profile_free(profile);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_known),
      cmocka_unit_test(each_stack_pays_for_its_intervals),
      cmocka_unit_test(costs_are_scaled_to_the_truth),
      cmocka_unit_test(being_scheduled_out_is_tracing),
      cmocka_unit_test(the_truth_has_to_be_known),
      cmocka_unit_test(what_no_event_costs_is_not_believed),
      cmocka_unit_test(raw_times_are_as_traced),
      cmocka_unit_test(functions_have_what_is_left),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
