// The text of a snapshot, and what of a baseline's times stays in it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "profile/profile_builder.h"
#include "profile/profile_snapshot.h"
#include "profile/verdict.h"
#include "renderers/renderer.h"
#include "renderers/snap.h"

#define MS UINT64_C(1000000)
#define HEAD "flambeau snapshot 1\nrun: a:f(1)\notp: 27\nflambeau: 0.1.0\n"

struct timed {
  uint64_t measured;
  struct profile_spread call, f, g; // of a:f/0, b:g/1
};

// a:f/0 once and b:g/1 beneath it `g_calls` times, in so many captured calls.
static struct profile *captured(uint64_t calls_seen, uint64_t g_calls, const struct timed *timed)
{
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  uint32_t f = profile_builder_frame(builder, FRAME_FUNCTION, "a:f/0", 5, "a", 1, false);
  uint32_t g = profile_builder_frame(builder, FRAME_FUNCTION, "b:g/1", 5, "b", 1, false);
  uint32_t node = profile_builder_child(builder, 0, f);
  profile_builder_add(builder, node, 5 * MS, calls_seen ? calls_seen : 1);
  profile_builder_add(builder, profile_builder_child(builder, node, g), MS, g_calls);
  profile_builder_calls(builder, &(struct profile_call){0}, 0, calls_seen);
  profile_builder_fact(builder, "node", "n@h");
  profile_builder_fact(builder, "flambeau", "0.1.0");
  profile_builder_fact(builder, "target", "a:f(1)");
  profile_builder_fact(builder, "otp", "27");
  if (timed) {
    const struct profile_spread times[] = {timed->f, timed->g};
    profile_builder_measured(builder, timed->measured, &timed->call, times);
  }
  struct profile *profile = profile_builder_finish(builder, &(struct profile_totals){.counts_known = true}, &err);
  assert_non_null(profile);
  return profile;
}

static struct profile *read_back(const struct bytes *text)
{
  struct error err = {0};
  struct byte_source *source = memory_source_new(text->data, text->size, &err);
  struct profile *profile = profile_read_snap(source, &err);
  assert_string_equal(err.message, "");
  byte_source_free(source);
  return profile;
}

static void write_text(const struct profile *profile, const struct profile *baseline, struct bytes *text)
{
  struct error err = {0};
  bytes_init(text, 1 << 16);
  struct byte_sink *sink = memory_sink_new(text, &err);
  assert_int_equal(snap_write(profile, baseline, sink, &err), 0);
  byte_sink_free(sink);
}

// Frees the profile. What is read back is written as it was read.
static void check(struct profile *profile, const struct profile *baseline, const char *expected)
{
  struct bytes text, again;
  write_text(profile, baseline, &text);
  struct profile *read = read_back(&text);
  write_text(read, NULL, &again);
  bytes_append_u8(&text, 0);
  bytes_append_u8(&again, 0);
  assert_string_equal((const char *)text.data, expected);
  assert_string_equal((const char *)again.data, expected);
  bytes_release(&again);
  bytes_release(&text);
  profile_free(read);
  profile_free(profile);
}

static void as_many_calls_make_the_same_text(void **state)
{
  (void)state;
  static const char expected[] = HEAD "\ncalls in one captured call\n       1  a:f/0\n    1000  a:f/0;b:g/1\n";
  check(captured(5, 5000, NULL), NULL, expected);
  check(captured(10, 10000, NULL), NULL, expected);
}

static void what_does_not_divide_is_a_fraction(void **state)
{
  (void)state;
  check(captured(10, 10005, NULL), NULL, HEAD "\ncalls in one captured call\n       1  a:f/0\n  2001/2  a:f/0;b:g/1\n");
  check(captured(0, 123456789, NULL), NULL, HEAD "\ncalls in the trace\n       1  a:f/0\n123456789  a:f/0;b:g/1\n");
}

#define CALLS "\ncalls in one captured call\n       1  a:f/0\n       2  a:f/0;b:g/1\n"
#define TIMES "\nown times in 5 captured calls, median and quartiles\n"

static const struct timed before = {5, {1249999, 1150000, 1999999}, {950000, 900000, 995000}, {99999, 1, 200000}};

// Two digits; g takes no tenth of a millisecond.
static void times_have_two_digits(void **state)
{
  (void)state;
  check(captured(5, 10, &before), NULL,
        HEAD CALLS TIMES "   1.2ms  1.2ms-2.0ms  (the whole call)\n   950us  900us-1.0ms  a:f/0\n");
  struct timed few = before;
  few.measured = 4;
  check(captured(4, 8, &few), NULL, HEAD CALLS);
}

static void a_time_stays_while_it_may_be_the_same(void **state)
{
  (void)state;
  struct bytes text;
  struct profile *old = captured(5, 10, &before);
  write_text(old, NULL, &text);
  struct profile *baseline = read_back(&text);
  // f within the quartiles, the call beyond them, g still below the floor.
  const struct timed now = {5, {4 * MS, 3 * MS, 5 * MS}, {990000, 980000, 1200000}, {99999, 90000, 210000}};
  check(captured(5, 10, &now), baseline,
        HEAD CALLS TIMES "   4.0ms  3.0ms-5.0ms  (the whole call)\n   950us  900us-1.0ms  a:f/0\n");
  const struct timed slower = {5, {4 * MS, 3 * MS, 5 * MS}, {1200000, 1100000, 1300000}, {100000, 90000, 210000}};
  check(captured(5, 10, &slower), baseline,
        HEAD CALLS TIMES
        "   4.0ms  3.0ms-5.0ms  (the whole call)\n   1.2ms  1.1ms-1.3ms  a:f/0\n   100us  90us-210us  b:g/1\n");
  profile_free(baseline);
  bytes_release(&text);
  profile_free(old);
}

// What has no line is taken to be no longer.
static void a_verdict_takes_no_line_for_what_it_is(void **state)
{
  (void)state;
  assert_int_equal(SNAP_MIN_NS, VERDICT_TIME_FLOOR_NS);
}

static void ranges_that_meet_are_the_same_time(void **state)
{
  (void)state;
  const struct profile_spread a = {20, 10, 30}, meets = {35, 30, 40}, apart = {35, 31, 40};
  assert_true(snap_same_time(&a, &meets));
  assert_true(snap_same_time(&meets, &a));
  assert_false(snap_same_time(&a, &apart));
  assert_false(snap_same_time(&apart, &a));
}

static void without_calls_there_is_nothing_to_write(void **state)
{
  (void)state;
  struct error err = {0};
  struct bytes text;
  struct profile_builder *builder = profile_builder_new(&err);
  uint32_t f = profile_builder_frame(builder, FRAME_FUNCTION, "a:f/0", 5, "a", 1, false);
  profile_builder_add(builder, profile_builder_child(builder, 0, f), MS, 0);
  struct profile *profile = profile_builder_finish(builder, &(struct profile_totals){.counts_known = true}, &err);
  bytes_init(&text, 1 << 10);
  struct byte_sink *sink = memory_sink_new(&text, &err);
  assert_int_equal(snap_write(profile, NULL, sink, &err), -1);
  assert_int_equal(err.code, ERROR_EMPTY);
  assert_int_equal(text.size, 0);
  byte_sink_free(sink);
  bytes_release(&text);
  profile_free(profile);
}

static void the_row_of_the_format(void **state)
{
  (void)state;
  const struct renderer *renderer = renderer_by_path("base.snap");
  assert_non_null(renderer);
  assert_string_equal(renderer->name, "snap");
  assert_false(renderer->needs_layout);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(as_many_calls_make_the_same_text),
      cmocka_unit_test(what_does_not_divide_is_a_fraction),
      cmocka_unit_test(times_have_two_digits),
      cmocka_unit_test(a_time_stays_while_it_may_be_the_same),
      cmocka_unit_test(a_verdict_takes_no_line_for_what_it_is),
      cmocka_unit_test(ranges_that_meet_are_the_same_time),
      cmocka_unit_test(without_calls_there_is_nothing_to_write),
      cmocka_unit_test(the_row_of_the_format),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
