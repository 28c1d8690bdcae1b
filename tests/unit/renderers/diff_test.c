// The page that `diff` prints.
#include "compared.h"

#include "base/bytes.h"
#include "profile/profile_builder.h"
#include "renderers/report.h"

// The page as a string in `text`. Frees the comparison.
static const char *page(struct profile *comparison, const struct diff_options *options, struct bytes *text)
{
  struct error err = {0};
  bytes_init(text, 1 << 16);
  struct byte_sink *sink = memory_sink_new(text, &err);
  assert_int_equal(report_write_diff(comparison, options, sink, &err), 0);
  bytes_append_u8(text, 0);
  assert_false(text->failed);
  byte_sink_free(sink);
  profile_free(comparison);
  return (const char *)text->data;
}

static void check(struct profile *comparison, const struct diff_options *options, const char *expected)
{
  struct bytes text;
  assert_string_equal(page(comparison, options, &text), expected);
  bytes_release(&text);
}

static void check_holds(struct profile *comparison, const struct diff_options *options, const char *expected)
{
  struct bytes text;
  const char *all = page(comparison, options, &text);
  if (!strstr(all, expected))
    fail_msg("not there: %s\nin\n%s", expected, all);
  bytes_release(&text);
}

// One stack a:f/0;b:g/1 and, with `waiting_ns`, a wait in a:f/0.
static struct profile *captured(uint64_t f_ns, uint64_t g_ns, uint64_t g_calls, uint64_t waiting_ns)
{
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  uint32_t f = profile_builder_frame(builder, FRAME_FUNCTION, "a:f/0", 5, "a", 1, false);
  uint32_t g = profile_builder_frame(builder, FRAME_FUNCTION, "b:g/1", 5, "b", 1, false);
  uint32_t waiting = profile_builder_frame(builder, FRAME_WAITING, "[waiting]", 9, "", 0, false);
  uint32_t node = profile_builder_child(builder, 0, f);
  profile_builder_add(builder, node, f_ns, 1);
  profile_builder_add(builder, profile_builder_child(builder, node, g), g_ns, g_calls);
  if (waiting_ns)
    profile_builder_add(builder, profile_builder_child(builder, node, waiting), waiting_ns, 0);
  struct profile *profile = profile_builder_finish(builder, &(struct profile_totals){.counts_known = true}, &err);
  assert_non_null(profile);
  return profile;
}

static const char base_text[] = "a 5\nb 7\nc 10\n[waiting] 2\n", head_text[] = "a 25\nc 4\nd 1\ne 3\ne;[gc] 2\n";

// c lost 6 of 10; e is new with 3 of its own.
static void what_changed_most_comes_first(void **state)
{
  (void)state;
  check(compared_texts(base_text, head_text), &(struct diff_options){0},
        "BASE: old\n"
        "HEAD: new\n"
        "\n"
        "  BASE  HEAD  change\n"
        "    22    33     +11  +50.0%  ran\n"
        "     2     0      -2   -100%  [waiting]\n"
        "     0     2      +2  from 0  [gc]\n"
        "    24    35     +11  +45.8%  in all\n"
        "\n"
        "The largest change: a grew from 5 to 25 of own weight (+400%).\n"
        "\n"
        "5 functions: 2 changed, 2 appeared, 1 vanished, 0 the same; the most changed first, by own weight\n"
        "\n"
        "  change          own BASE  own HEAD  function\n"
        "     +20   +400%         5        25  a\n"
        "      -7    gone         7         -  b\n"
        "      -6  -60.0%        10         4  c\n"
        "      +3     new         -         3  e\n"
        "      +1     new         -         1  d\n");
}

static void the_top_says_how_many_more(void **state)
{
  (void)state;
  check_holds(compared_texts(base_text, head_text), &(struct diff_options){.top = 2}, "  b\n  and 3 more\n");
  check_holds(compared_texts(base_text, head_text), &(struct diff_options){.top = 5}, "  d\n");
}

// 40 + 60 + 10 = 110 ns before, 40 + 90 after. g is called six times instead of three.
static void calls_stand_beside(void **state)
{
  (void)state;
  check(compared(captured(40, 60, 3, 10), captured(40, 90, 6, 0)), &(struct diff_options){0},
        "BASE: old\n"
        "HEAD: new\n"
        "\n"
        "    BASE    HEAD  change\n"
        "  100 ns  130 ns  +30 ns  +30.0%  ran\n"
        "   10 ns    0 ns  -10 ns   -100%  [waiting]\n"
        "  110 ns  130 ns  +20 ns  +18.2%  in all\n"
        "\n"
        "The largest change: b:g/1 grew from 60 ns to 90 ns of own time (+50.0%), calls 3 \u2192 6.\n"
        "\n"
        "2 functions: 1 changed, 0 appeared, 0 vanished, 1 the same; the most changed first, by own time\n"
        "\n"
        "  change          own BASE  own HEAD  calls BASE  HEAD  function\n"
        "  +30 ns  +50.0%     60 ns     90 ns           3     6  b:g/1\n");
}

static void every_weight_has_its_columns(void **state)
{
  (void)state;
  const struct diff_options waits = {.weight = WEIGHT_WAIT}, calls = {.weight = WEIGHT_CALLS, .by_calls = true};
  check_holds(compared(captured(40, 60, 3, 10), captured(40, 60, 3, 40)), &waits,
              "  change         waits BASE  waits HEAD  calls BASE  HEAD  function\n"
              "  +30 ns  +300%       10 ns       40 ns           1     1  a:f/0\n");
  check_holds(compared(captured(40, 60, 3, 10), captured(40, 60, 3, 40)), &waits,
              "The largest change: a:f/0 grew from 10 ns to 40 ns of waiting (+300%), with as many calls.\n");
  check_holds(compared(captured(40, 60, 3, 10), captured(90, 60, 2000, 10)), &calls,
              "  BASE   HEAD  change\n"
              "     4  2,001  +1,997  x500  in all\n"
              "\n"
              "The largest change: b:g/1 grew from 3 to 2,000 calls (x667).\n");
  check_holds(compared(captured(40, 60, 3, 10), captured(90, 60, 2000, 10)), &calls,
              "  change        calls BASE  calls HEAD  function\n"
              "  +1,997  x667           3       2,000  b:g/1\n");
}

// By time a leads, by calls b.
static void the_order_is_chosen(void **state)
{
  (void)state;
  check_holds(compared(captured(40, 60, 3, 0), captured(90, 61, 5, 0)), &(struct diff_options){.by_calls = true},
              "   +1 ns  +1.67%     60 ns     61 ns           3     5  b:g/1\n"
              "  +50 ns   +125%     40 ns     90 ns           1     1  a:f/0\n");
  check_holds(compared(captured(40, 60, 3, 0), captured(90, 61, 5, 0)), &(struct diff_options){.by_calls = false},
              "  +50 ns   +125%     40 ns     90 ns           1     1  a:f/0\n"
              "   +1 ns  +1.67%     60 ns     61 ns           3     5  b:g/1\n");
}

static void no_change_is_said(void **state)
{
  (void)state;
  check_holds(compared_texts("a;b 3\n", "a;b 3\n"), &(struct diff_options){0},
              "     3     3       0  in all\n\nNothing changed: every stack has the same weight on both sides.\n");
  check_holds(compared(captured(1, 2, 3, 4), captured(1, 2, 3, 4)), &(struct diff_options){0},
              "\nNothing changed: every stack has the same time and calls on both sides.\n");
  // c moved from a to b: its own sum stays.
  check_holds(compared_texts("a 1\nb 1\na;c 3\n", "a 1\nb 1\nb;c 3\n"), &(struct diff_options){0},
              "\nNo function changed in sum, but 2 stacks did.\n");
}

static void strangers_are_noticed(void **state)
{
  (void)state;
  check_holds(compared_texts("a 1\n", "b 2\n"), &(struct diff_options){0},
              "\nThe two have no function in common: are they runs of the same program?\n"
              "\nThe largest change: b appeared, with 2 of own weight.\n");
}

static void hostile_names_stay_in_their_line(void **state)
{
  (void)state;
  check_holds(compared_texts("ev\x1b[2Jil\xe2\x80\xae 1\n", "b 1\n"), &(struct diff_options){0},
              "  -1  gone         1         -  ev\uFFFD[2Jil\\x{202E}\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_changed_most_comes_first),
      cmocka_unit_test(the_top_says_how_many_more),
      cmocka_unit_test(calls_stand_beside),
      cmocka_unit_test(every_weight_has_its_columns),
      cmocka_unit_test(the_order_is_chosen),
      cmocka_unit_test(no_change_is_said),
      cmocka_unit_test(strangers_are_noticed),
      cmocka_unit_test(hostile_names_stay_in_their_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
