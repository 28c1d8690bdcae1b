// The text of snapshots, good and bad.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/byte_io.h"
#include "folded_text.h"
#include "profile/profile_snapshot.h"

#define HEAD "flambeau snapshot 1\n"
#define CALLS "calls in one captured call\n"
#define TIMES "own times in 10 captured calls, median and quartiles\n"

static struct profile *read_bytes(const char *text, size_t size, struct error *err)
{
  struct byte_source *source = memory_source_new(text, size, err);
  assert_non_null(source);
  struct profile *profile = profile_read_snap(source, err);
  byte_source_free(source);
  return profile;
}

static struct profile *read_text(const char *text)
{
  struct error err = {0};
  struct profile *profile = read_bytes(text, strlen(text), &err);
  assert_string_equal(err.message, "");
  assert_non_null(profile);
  assert_true(profile->counts_known);
  assert_false(profile->times_known);
  return profile;
}

static void check(const char *text, const char *expected, uint64_t calls_seen)
{
  char calls[FOLDED_TEXT_MAX];
  struct profile *profile = read_text(text);
  folded_text(profile, WEIGHT_CALLS, calls);
  assert_string_equal(calls, expected);
  assert_int_equal(profile->calls_seen, calls_seen);
  profile_free(profile);
}

static void check_bad(const char *text, const char *says)
{
  struct error err = {0};
  assert_null(read_bytes(text, strlen(text), &err));
  assert_int_equal(err.code, ERROR_DATA);
  if (!strstr(err.message, says))
    fail_msg("%s\nnot in: %s", says, err.message);
}

static void counts_and_stacks(void **state)
{
  (void)state;
  check(HEAD CALLS "       1  m:f/0\n 1000  m:f/0;'a  b':g/2\n", "f 1\nf;'a  b':g/2 1000\n", 1);
  check(HEAD "calls in the trace\n1  m:f/0\n", "f 1\n", 0);
  check(HEAD CALLS "1  m:f/0\n2  m:f/0\n", "f 3\n", 1); // what two branches added, merged
  check(HEAD CALLS "1  m:f/0", "f 1\n", 1);
  check("flambeau snapshot 1\r\n" CALLS "\r\n1  m:f/0\r\n", "f 1\n", 1);
  check(HEAD CALLS, "", 1);
}

// Halves and thirds are sixths; 10/4 is 5/2.
static void fractions_are_of_one_number_of_calls(void **state)
{
  (void)state;
  check(HEAD CALLS "1  m:f/0\n1/2  m:f/0;m:a/0\n 7/3  m:f/0;m:b/0\n", "f 6\nf;a 3\nf;b 14\n", 6);
  check(HEAD CALLS "10/4  m:f/0\n", "f 5\n", 2);
  check_bad(HEAD "calls in the trace\n1/2  m:f/0\n", "line 3 ");
  check_bad(HEAD CALLS "1/0  m:f/0\n", "line 3 ");
  check_bad(HEAD CALLS "1/1000003  m:f/0\n", "line 3: the fractions are of more than 1000000");
  check_bad(HEAD CALLS "1/1009  m:f/0\n1/997  m:g/0\n", "line 4: the fractions");
}

static void facts_of_the_run(void **state)
{
  (void)state;
  struct profile *profile = read_text(HEAD "run: m:f(\"a: b\")\notp: 27\nlost: 3\nmood: good\n\n" CALLS "1  m:f/0\n");
  assert_string_equal(profile_fact_value(profile, "target"), "m:f(\"a: b\")");
  assert_string_equal(profile_fact_value(profile, "otp"), "27");
  assert_string_equal(profile_fact_value(profile, "lost_events"), "3");
  assert_int_equal(profile->fact_count, 3);
  profile_free(profile);
}

static void times_of_functions(void **state)
{
  (void)state;
  struct profile *profile =
      read_text(HEAD CALLS "1  m:f/0\n2  m:f/0;m:g/0\n" TIMES
                           "   1.2s  1.1s-1300ms  (the whole call)\n 850us  0.8ms-900000ns  m:g/0\n");
  assert_int_equal(profile->measured_calls, 10);
  assert_int_equal(profile->call_time.median_ns, 1200000000);
  assert_int_equal(profile->call_time.upper_quartile_ns, 1300000000);
  for (size_t i = 0; i < profile->function_count; i++) {
    bool g = strcmp(profile->frames[profile->functions[i].frame].name, "m:g/0") == 0;
    assert_int_equal(profile->function_times[i].median_ns, g ? 850000 : 0);
    assert_int_equal(profile->function_times[i].lower_quartile_ns, g ? 800000 : 0);
    assert_int_equal(profile->function_times[i].upper_quartile_ns, g ? 900000 : 0);
  }
  profile_free(profile);
  check_bad(HEAD CALLS TIMES "1ms  2ms-3ms  m:g/0\n", "line 4 "); // a median below its quartiles
  check_bad(HEAD CALLS TIMES "1  1-1  m:g/0\n", "line 4 ");
  check_bad(HEAD CALLS TIMES "1ms  1ms-1ms  \n", "line 4 ");
  check_bad(HEAD CALLS TIMES "18446744074s  0ns-18446744074s  m:g/0\n", "line 4 "); // 2^64 ns and a little
  check_bad(HEAD CALLS TIMES CALLS, "line 4 ");
}

static void what_is_no_snapshot(void **state)
{
  (void)state;
  struct error err = {0};
  check_bad("", "before its calls");
  check_bad("flambeau snapshot 2\n" CALLS, "line 1: this flambeau reads snapshots that begin with");
  check_bad(HEAD "otp: 27\n", "ends after line 2, before its calls");
  check_bad(HEAD "otp 27\n" CALLS, "line 2 ");
  check_bad(HEAD TIMES, "line 2 ");
  check_bad(HEAD CALLS "m:f/0 1\n", "line 3 is not a line of a snapshot: expected `COUNT  frame;frame`");
  check_bad(HEAD CALLS "1 m:f/0\n", "line 3 ");
  check_bad(HEAD CALLS "0  m:f/0\n", "line 3 ");
  check_bad(HEAD CALLS "1  \n", "line 3 ");
  check_bad(HEAD CALLS "<<<<<<< HEAD\n", "line 3 ");
  check_bad(HEAD CALLS "18446744073709551616  m:f/0\n", "line 3 ");
  check_bad(HEAD CALLS "18446744073709551615  m:f/0\n1  m:g/0\n", "more than a 64-bit number holds");
  assert_null(read_bytes(HEAD CALLS "1  m\0f\n", sizeof HEAD CALLS "1  m\0f\n" - 1, &err));
  assert_string_equal(err.message, "line 3 holds a zero byte: this is not a snapshot");
  assert_true(profile_is_snapshot(HEAD, strlen(HEAD)));
  assert_false(profile_is_snapshot(HEAD, 10));
  assert_false(profile_is_snapshot("m:f/0 1\nflambeau snapshot 1\n", 28));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(counts_and_stacks),   cmocka_unit_test(fractions_are_of_one_number_of_calls),
      cmocka_unit_test(facts_of_the_run),    cmocka_unit_test(times_of_functions),
      cmocka_unit_test(what_is_no_snapshot),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
