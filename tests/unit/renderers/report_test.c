// The page that `report` prints.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "renderers/report.h"
#include "report_sample.h"

// The page as a string in `text`. Frees the profile.
static const char *page(struct profile *profile, const struct report_options *options, struct bytes *text)
{
  struct error err = {0};
  bytes_init(text, 1 << 16);
  struct byte_sink *sink = memory_sink_new(text, &err);
  assert_int_equal(report_write(profile, options, sink, &err), 0);
  bytes_append_u8(text, 0);
  assert_false(text->failed);
  byte_sink_free(sink);
  profile_free(profile);
  return (const char *)text->data;
}

static void check(bool capture, const struct report_options *options, const char *expected)
{
  struct bytes text;
  assert_string_equal(page(report_sample(capture), options, &text), expected);
  bytes_release(&text);
}

static void check_holds(struct profile *profile, const struct report_options *options, const char *expected)
{
  struct bytes text;
  const char *all = page(profile, options, &text);
  if (!strstr(all, expected))
    fail_msg("not there: %sin\n%s", expected, all);
  bytes_release(&text);
}

// 9,000 bytes / 1,236 events is 7.28. The fold counted 17 missing events, the agent 12: the larger. Shares are of 100
// ms.
static void a_capture(void **state)
{
  (void)state;
  check(true, &(struct report_options){0},
        "flambeau   0.0.9\n"
        "node       shop@host, OTP 25 (erts 13.1)\n"
        "traced     3.00 s, until its time was up\n"
        "bounds     5000 events\n"
        "patterns   8,778 functions\n"
        "events     1,266, 7.28 bytes each on the wire\n"
        "lost       17 events, 9.50 ms of time\n"
        "loaded     late during the trace, traced from then on\n"
        "\n"
        "     time  share  times  longest\n"
        "  47.0 ms  47.0%                  ran\n"
        "  38.5 ms  38.5%      4  20.0 ms  [waiting]\n"
        "  3.00 ms  3.00%      7  1.00 ms  [runnable]\n"
        "  2.00 ms  2.00%      3  1.50 ms  [gc]        2 minor, 1 major; 4,096 words given back\n"
        "  9.50 ms  9.50%                  [lost]\n"
        "   100 ms   100%                  in all\n"
        "\n"
        "     time  share  waited in\n"
        "  30.0 ms  30.0%  m:a/0\n"
        "  8.50 ms  8.50%  m:c/0\n"
        "\n"
        "2 processes\n"
        "\n"
        "  events  covered      ran  [waiting]  process\n"
        "   1,236  70.0 ms  46.5 ms    18.5 ms  <0.1.0>  ev\uFFFD[2Jil\n"
        "      30  30.0 ms   500 \u00b5s    20.0 ms  <0.2.0>            exited\n"
        "\n"
        "  sum of widths 100,000,000 ns, time covered 100,000,000 ns, difference 0 ns\n"
        "\n"
        "4 functions, by own time; own % of the 47.0 ms that ran, total % of 100 ms in all\n"
        "\n"
        "  calls      own  own %    total  total %     mean      min      max  function\n"
        "      1  40.0 ms  85.1%  59.0 ms    59.0%  1.20 ms  1.00 ms  1.40 ms  m:c/0  m.erl:7\n"
        "  1,234  5.50 ms  11.7%  10.5 ms    10.5%  1.00 ms   500 \u00b5s  1.50 ms  m:b/1\n"
        "      3  1.00 ms  2.13%  31.0 ms    31.0%  1.30 ms  1.30 ms  1.30 ms  m:a/0\n"
        "      0   500 \u00b5s  1.06%   500 \u00b5s    0.50%        -        -        -  m:n/2\n");
}

static void a_folded_file_leaves_out_what_it_does_not_know(void **state)
{
  (void)state;
  check(false, &(struct report_options){0},
        "folded stacks, 100,000,000 in all: calls, times and facts of the run are not in this file\n"
        "\n"
        "       weight  share\n"
        "   47,000,000  47.0%  ran\n"
        "   38,500,000  38.5%  [waiting]\n"
        "    3,000,000  3.00%  [runnable]\n"
        "    2,000,000  2.00%  [gc]\n"
        "    9,500,000  9.50%  [lost]\n"
        "  100,000,000   100%  in all\n"
        "\n"
        "      weight  share  waited in\n"
        "  30,000,000  30.0%  m:a/0\n"
        "   8,500,000  8.50%  m:c/0\n"
        "\n"
        "4 functions, by own time; own % of the 47,000,000 that ran, total % of 100,000,000 in all\n"
        "\n"
        "         own  own %       total  total %  function\n"
        "  40,000,000  85.1%  59,000,000    59.0%  m:c/0\n"
        "   5,500,000  11.7%  10,500,000    10.5%  m:b/1\n"
        "   1,000,000  2.13%  31,000,000    31.0%  m:a/0\n"
        "     500,000  1.06%     500,000    0.50%  m:n/2\n");
}

// The letters of m:?/ in the table of functions, from its first row to its last.
static void check_order(enum report_sort sort, const char *words, const char *expected)
{
  struct bytes text;
  const char *at = page(report_sample(true), &(struct report_options){.sort = sort}, &text);
  at = strstr(at, "4 functions, by ");
  assert_non_null(at);
  assert_memory_equal(at + strlen("4 functions, by "), words, strlen(words));
  char order[8] = "";
  for (size_t size = 0; (at = strstr(at, "  m:")) && size < 7; at++)
    order[size++] = at[4];
  assert_string_equal(order, expected);
  bytes_release(&text);
}

static void every_order_is_its_own(void **state)
{
  (void)state;
  check_order(REPORT_SORT_OWN, "own time; ", "cban");
  check_order(REPORT_SORT_TOTAL, "time with callees; ", "cabn");
  check_order(REPORT_SORT_CALLS, "calls; ", "bacn");
  check_order(REPORT_SORT_MEAN, "mean call; ", "acbn");
  check_order(REPORT_SORT_MAX, "longest call; ", "bcan");
  check_order(REPORT_SORT_NAME, "name; ", "abcn");
}

static void the_top_says_how_many_more(void **state)
{
  (void)state;
  const struct report_options options = {.sort = REPORT_SORT_CALLS, .top = 1};
  check_holds(report_sample(true), &options, "  <0.1.0>  ev\uFFFD[2Jil\n  and 1 more\n");
  check_holds(report_sample(true), &options, "  m:b/1\n  and 3 more\n");
}

// Two errors that cancel in the sum, a process that got too much, and a tree that holds less than was billed.
static void time_that_is_billed_wrongly_is_a_difference(void **state)
{
  (void)state;
  const struct report_options options = {0};
  check_holds(report_sample_processes(100, (uint64_t[]){50, 50}, (uint64_t[]){50, 50}, 2), &options,
              "  sum of widths 100 ns, time covered 100 ns, difference 0 ns\n");
  check_holds(report_sample_processes(100, (uint64_t[]){50, 50}, (uint64_t[]){49, 51}, 2), &options,
              "  sum of widths 100 ns, time covered 100 ns, difference 2 ns\n");
  check_holds(report_sample_processes(103, (uint64_t[]){100}, (uint64_t[]){103}, 1), &options,
              "  sum of widths 103 ns, time covered 100 ns, difference 3 ns\n");
  check_holds(report_sample_processes(93, (uint64_t[]){100}, (uint64_t[]){100}, 1), &options,
              "  sum of widths 93 ns, time covered 100 ns, difference 7 ns\n");
}

static struct profile *with_facts(const char *const facts[][2], size_t count, uint64_t lost_ns)
{
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  uint32_t lost = profile_builder_frame(builder, FRAME_LOST, "[lost]", 6, "", 0, false);
  profile_builder_add(builder, profile_builder_child(builder, 0, lost), lost_ns, 0);
  for (size_t i = 0; i < count; i++)
    profile_builder_fact(builder, facts[i][0], facts[i][1]);
  return report_sample_finish(builder, &(struct profile_totals){.counts_known = true});
}

static void losses_are_never_made_smaller(void **state)
{
  (void)state;
  static const char *const cut[][2] = {{"ended", "cut"}}, *const counted[][2] = {{"lost_events", "1200"}},
                           *const garbled[][2] = {{"lost_events", "-3"}};
  const struct report_options options = {0};
  check_holds(with_facts(NULL, 0, 0), &options, "\nlost       nothing\n");
  check_holds(with_facts(cut, 1, 0), &options, "\nlost       what came after the cut\n");
  check_holds(with_facts(cut, 1, 5), &options, "\nlost       an unknown number of events, 5 ns of time\n");
  check_holds(with_facts(counted, 1, 0), &options, "\nlost       1,200 events, 0 ns of time\n");
  check_holds(with_facts(garbled, 1, 5), &options, "\nlost       an unknown number of events, 5 ns of time\n");
}

static void nobody_waited(void **state)
{
  (void)state;
  struct bytes text;
  const char *all =
      page(report_sample_processes(100, (uint64_t[]){100}, (uint64_t[]){100}, 1), &(struct report_options){0}, &text);
  assert_null(strstr(all, "waited in"));
  assert_non_null(strstr(all, "    0 ns     0%                  [waiting]\n"));
  bytes_release(&text);
}

// Seven functions wait 10, 70, 30, 50, 20, 60 and 40: the five that waited most, in order.
static void the_longest_waits_are_named(void **state)
{
  (void)state;
  static const uint64_t waits[] = {10, 70, 30, 50, 20, 60, 40};
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  uint32_t waiting = profile_builder_frame(builder, FRAME_WAITING, "[waiting]", 9, "", 0, false);
  for (unsigned i = 0; i < 7; i++) {
    char name[16];
    snprintf(name, sizeof name, "m:f%u/0", i);
    uint32_t node = profile_builder_child(builder, 0, report_sample_frame(builder, name));
    profile_builder_add(builder, profile_builder_child(builder, node, waiting), waits[i], 0);
  }
  check_holds(report_sample_finish(builder, &(struct profile_totals){.counts_known = true}),
              &(struct report_options){0},
              "   time  share  waited in\n"
              "  70 ns  25.0%  m:f1/0\n"
              "  60 ns  21.4%  m:f5/0\n"
              "  50 ns  17.9%  m:f3/0\n"
              "  40 ns  14.3%  m:f6/0\n"
              "  30 ns  10.7%  m:f2/0\n"
              "\n");
}

#define MS UINT64_C(1000000)

static const struct profile_call five[] = {
    {0, SAMPLE_F, SAMPLE_H, 0, 1200000, PROFILE_CALL_RETURNED},
    {1, SAMPLE_F, SAMPLE_H, 500 * MS, 2 * MS, PROFILE_CALL_RAISED},
    {0, SAMPLE_F, SAMPLE_H, 1000 * MS, 9900000, PROFILE_CALL_RETURNED},
    {1, SAMPLE_F, SAMPLE_H, 2000 * MS, 3 * MS, PROFILE_CALL_EXITED},
    {0, SAMPLE_F, SAMPLE_H, 3200 * MS, 12 * MS, PROFILE_CALL_CUT},
};

// Four were whole: 1.2, 2, 3 and 9.9 ms are 16.1 ms, 4.025 in the mean; 2.5 is midway between the two in the middle.
// That one was cut off after 12 ms does not make it the longest: nobody knows how long it would have been.
static void every_call_is_listed(void **state)
{
  (void)state;
  check_holds(report_sample_calls(five, 5, 5), &(struct report_options){.sort = REPORT_SORT_NAME},
              "\n5 calls of m:f/1, all from m:h/2: shortest 1.20 ms, median 2.50 ms, mean 4.03 ms, longest 9.90 ms "
              "(<0.1.0> shop_price, 1.00 s after the start); 1 cut off, after 12.0 ms\n"
              "\n"
              "   length   start  process\n"
              "  12.0 ms  3.20 s  <0.1.0>  shop_price  cut off\n"
              "  9.90 ms  1.00 s  <0.1.0>  shop_price\n"
              "  3.00 ms  2.00 s  <0.2.0>              its process exited\n"
              "  2.00 ms  500 ms  <0.2.0>              raised an exception\n"
              "  1.20 ms    0 ns  <0.1.0>  shop_price\n"
              "\n"
              "2 processes\n");
}

// The median of three is the one in the middle. Of two that took as long the first is first.
static void functions_and_callers_have_columns_when_they_differ(void **state)
{
  (void)state;
  static const struct profile_call calls[] = {
      {1, SAMPLE_F, PROFILE_NO_FRAME, 0, 2 * MS, PROFILE_CALL_RETURNED},
      {0, SAMPLE_G, SAMPLE_H, 1 * MS, 5 * MS, PROFILE_CALL_RETURNED},
      {1, SAMPLE_F, SAMPLE_G, 9 * MS, 5 * MS, PROFILE_CALL_RETURNED},
  };
  check_holds(report_sample_calls(calls, 3, 3), &(struct report_options){0},
              "\n3 calls: shortest 2.00 ms, median 5.00 ms, mean 4.00 ms, longest 5.00 ms "
              "(<0.1.0> shop_price, 1.00 ms after the start)\n"
              "\n"
              "   length    start  process              function  called by\n"
              "  5.00 ms  1.00 ms  <0.1.0>  shop_price  m:g/0     m:h/2\n"
              "  5.00 ms  9.00 ms  <0.2.0>              m:f/1     m:g/0\n"
              "  2.00 ms     0 ns  <0.2.0>              m:f/1     -\n"
              "\n");
  check_holds(report_sample_calls(calls + 1, 2, 2), &(struct report_options){0},
              "   length    start  process              function  called by\n");
  check_holds(report_sample_calls((struct profile_call[]){calls[0], calls[2]}, 2, 2), &(struct report_options){0},
              "\n2 calls of m:f/1: shortest 2.00 ms, median 3.50 ms, mean 3.50 ms, longest 5.00 ms "
              "(<0.2.0>, 9.00 ms after the start)\n"
              "\n"
              "   length    start  process  called by\n"
              "  5.00 ms  9.00 ms  <0.2.0>  m:g/0\n"
              "  2.00 ms     0 ns  <0.2.0>  -\n");
}

static void one_call_has_one_length(void **state)
{
  (void)state;
  const struct report_options options = {0};
  check_holds(report_sample_calls(five + 2, 1, 1), &options,
              "\n1 call of m:f/1 from m:h/2: 9.90 ms (<0.1.0> shop_price, 1.00 s after the start)\n");
  static const struct profile_call by_nobody = {1, SAMPLE_F, PROFILE_NO_FRAME, 0, 2 * MS, PROFILE_CALL_RETURNED};
  check_holds(report_sample_calls(&by_nobody, 1, 1), &options,
              "\n1 call of m:f/1: 2.00 ms (<0.2.0>, 0 ns after the start)\n"
              "\n"
              "   length  start  process\n"
              "  2.00 ms   0 ns  <0.2.0>\n");
  check_holds(report_sample_calls(five + 4, 1, 1), &options,
              "\n1 call of m:f/1 from m:h/2: 1 cut off, after 12.0 ms\n");
  check_holds(report_sample_calls((struct profile_call[]){five[4], five[4]}, 2, 2), &options,
              "\n2 calls of m:f/1, all from m:h/2: 2 cut off, after 12.0 ms at most\n");
}

static void of_many_calls_the_slowest_are_listed(void **state)
{
  (void)state;
  check_holds(report_sample_calls(five, 5, 2000000), &(struct report_options){.top = 1},
              "\n2,000,000 calls of m:f/1, all from m:h/2, of the first 5: shortest 1.20 ms");
  check_holds(report_sample_calls(five, 5, 5), &(struct report_options){.top = 1},
              "  12.0 ms  3.20 s  <0.1.0>  shop_price  cut off\n  and 4 more\n\n2 processes\n");
}

static void time_between_calls_is_not_covered(void **state)
{
  (void)state;
  check_holds(report_sample_away(), &(struct report_options){0},
              "  events  covered    ran  [waiting]  process\n"
              "       4    70 ns  70 ns       0 ns  <0.1.0>  p\n"
              "\n"
              "  sum of widths 70 ns, time covered 70 ns, difference 0 ns\n");
}

static void what_was_asked_for_is_said(void **state)
{
  (void)state;
  static const char *const facts[][2] = {{"slower_than_ns", "50000000"}, {"calls", "20"}};
  const struct report_options options = {0};
  check_holds(with_facts(facts, 2, 0), &options, "calls      20 asked for, that took 50.0 ms at least\n");
  check_holds(with_facts(facts + 1, 1, 0), &options, "calls      20 asked for\n");
}

static void the_end_is_in_words(void **state)
{
  (void)state;
  static const char *const endings[][2] = {
      {"calls", "until all calls that were asked for had been captured"},
      {"returned", "until the call had ended"},
      {"timeout", "until the time to wait for a call was up"},
      {"other-tracer", "until another tracer came to the node"},
      {"in a way of its own", "in a way of its own"},
  };
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    char expected[128];
    const char *const fact[][2] = {{"ended", endings[i][0]}};
    snprintf(expected, sizeof expected, "traced     %s\n", endings[i][1]);
    check_holds(with_facts(fact, 1, 0), &(struct report_options){0}, expected);
  }
}

static void a_hostile_place_stays_in_its_line(void **state)
{
  (void)state;
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  uint32_t frame = report_sample_frame(builder, "m:a/0");
  profile_builder_add(builder, profile_builder_child(builder, 0, frame), 10, 1);
  profile_builder_locate(builder, frame, "a\nb\u202e.erl", 12);
  check_holds(report_sample_finish(builder, &(struct profile_totals){.counts_known = true}),
              &(struct report_options){0}, "  m:a/0  a\uFFFDb\\x{202E}.erl:12\n");
}

static void refuse(struct byte_sink *sink, const void *data, size_t size)
{
  (void)data, (void)size;
  error_set(&sink->error, ERROR_OUTPUT, "the disk is full");
}

static void a_full_disk_is_reported(void **state)
{
  (void)state;
  const struct byte_sink_ops ops = {.write = refuse};
  struct byte_sink sink = {.ops = &ops};
  struct error err = {0};
  struct profile *profile = report_sample(true);
  assert_int_equal(report_write(profile, &(struct report_options){0}, &sink, &err), -1);
  assert_int_equal(err.code, ERROR_OUTPUT);
  profile_free(profile);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_capture),
      cmocka_unit_test(a_folded_file_leaves_out_what_it_does_not_know),
      cmocka_unit_test(every_order_is_its_own),
      cmocka_unit_test(the_top_says_how_many_more),
      cmocka_unit_test(time_that_is_billed_wrongly_is_a_difference),
      cmocka_unit_test(losses_are_never_made_smaller),
      cmocka_unit_test(nobody_waited),
      cmocka_unit_test(the_longest_waits_are_named),
      cmocka_unit_test(every_call_is_listed),
      cmocka_unit_test(functions_and_callers_have_columns_when_they_differ),
      cmocka_unit_test(one_call_has_one_length),
      cmocka_unit_test(of_many_calls_the_slowest_are_listed),
      cmocka_unit_test(time_between_calls_is_not_covered),
      cmocka_unit_test(what_was_asked_for_is_said),
      cmocka_unit_test(the_end_is_in_words),
      cmocka_unit_test(a_hostile_place_stays_in_its_line),
      cmocka_unit_test(a_full_disk_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
