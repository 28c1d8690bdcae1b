// What functions take in each of the captured calls.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "profile/profile_builder.h"
#include "stream.h"

static struct profile *fold_events(const char *events)
{
  struct stream stream;
  stream_init(&stream, false);
  stream_push(&stream, events);
  struct profile *profile = stream_finish(&stream);
  stream_release(&stream);
  return profile;
}

static void check_spread(const struct profile_spread *spread, uint64_t lower, uint64_t median, uint64_t upper)
{
  assert_int_equal(spread->lower_quartile_ns, lower);
  assert_int_equal(spread->median_ns, median);
  assert_int_equal(spread->upper_quartile_ns, upper);
}

static const struct profile_spread *time_of(const struct profile *profile, const char *name)
{
  for (size_t i = 0; i < profile->function_count; i++)
    if (strcmp(profile->frames[profile->functions[i].frame].name, name) == 0)
      return &profile->function_times[i];
  fail_msg("no function %s", name);
  return NULL;
}

// f takes 10, 20, 30 by itself; a 5, none, 15. So f has the quartiles 15 and 25, a 0 5 15: 2 and 10.
static void own_times_of_three_calls(void **state)
{
  (void)state;
  struct profile *profile = fold_events("0 begin f g\n10 call a f\n15 returned\n"
                                        "100 begin f g\n120 returned\n"
                                        "200 begin f g\n230 call a f\n245 returned\n");
  assert_int_equal(profile->measured_calls, 3);
  check_spread(&profile->call_time, 17, 20, 32); // 15, 20, 45
  check_spread(time_of(profile, "m:f/0"), 15, 20, 25);
  check_spread(time_of(profile, "m:a/0"), 2, 5, 10);
  profile_free(profile);
}

// A collection is in the call's time and in no function's.
static void what_is_no_function_is_not_its_own(void **state)
{
  (void)state;
  struct profile *profile = fold_events("0 begin f g\n4 gc+\n9 gc-\n11 returned\n");
  assert_int_equal(profile->measured_calls, 1);
  check_spread(&profile->call_time, 11, 11, 11);
  check_spread(time_of(profile, "m:f/0"), 6, 6, 6);
  profile_free(profile);
}

static void what_was_cut_off_is_not_measured(void **state)
{
  (void)state;
  struct profile *profile = fold_events("0 begin f g\n10 returned\n20 begin f g\n25 lost 2\n90 returned\n"
                                        "100 begin f g\n130 end\n");
  assert_int_equal(profile->measured_calls, 1);
  check_spread(time_of(profile, "m:f/0"), 10, 10, 10);
  profile_free(profile);
}

static void without_captured_calls_nothing_is(void **state)
{
  (void)state;
  struct profile *profile = fold_events("0 stack f\n10 call a f\n15 return f\n20 end\n");
  assert_int_equal(profile->measured_calls, 0);
  assert_null(profile->function_times);
  profile_free(profile);
}

// Of 1,200 calls that take 1, 2, 3, ... the first 1,000: their median is that of 1 to 1,000.
static void the_first_calls_are_measured(void **state)
{
  (void)state;
  struct stream stream;
  stream_init(&stream, false);
  uint64_t now = 0;
  for (uint64_t i = 1; i <= 1200; i++) {
    char events[128];
    snprintf(events, sizeof events, "%llu begin f g\n%llu returned\n", (unsigned long long)now,
             (unsigned long long)(now + i));
    stream_push(&stream, events);
    now += i + 1;
  }
  struct profile *profile = stream_finish(&stream);
  assert_int_equal(profile->calls_seen, 1200);
  assert_int_equal(profile->measured_calls, PROFILE_MAX_MEASURED);
  check_spread(&profile->call_time, 250, 500, 750); // 250.75, 500.5, 750.25
  check_spread(time_of(profile, "m:f/0"), 250, 500, 750);
  profile_free(profile);
  stream_release(&stream);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(own_times_of_three_calls),         cmocka_unit_test(what_is_no_function_is_not_its_own),
      cmocka_unit_test(what_was_cut_off_is_not_measured), cmocka_unit_test(without_captured_calls_nothing_is),
      cmocka_unit_test(the_first_calls_are_measured),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
