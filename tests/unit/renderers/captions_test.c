#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profile/profile.h"
#include "renderers/renderer.h"

static const struct profile_frame frames[] = {
    {.name = ""}, {.name = "a:f/0"}, {.name = "[waiting]", .kind = FRAME_WAITING}};
// 1.5 s of its own, 3 calls; 500 ms of waiting.
static const struct profile_node nodes[] = {
    {0, 0, 1, 0, 0, 0}, {1, 0, 2, 0, 1500000000, 3}, {2, 1, 0, 0, 500000000, 0}};
static const struct profile_process processes[] = {{.pid = "<0.1.0>", .title = "shop_cart"},
                                                   {.pid = "<0.2.0>", .title = "shop_log"}};

static struct profile example(void)
{
  return (struct profile){.frames = frames,
                          .frame_count = 3,
                          .nodes = nodes,
                          .node_count = 3,
                          .processes = processes,
                          .process_count = 1,
                          .events = 1234,
                          .counts_known = true,
                          .times_known = true};
}

static void assert_title(const struct profile *profile, enum weight weight, const char *expected)
{
  char *title = picture_default_title(profile, weight, false);
  assert_string_equal(title, expected);
  free(title);
}

static void assert_subtitle(const struct profile *profile, const char *expected)
{
  char *subtitle = picture_default_subtitle(profile, WEIGHT_WALL, false);
  assert_string_equal(subtitle, expected);
  free(subtitle);
}

static void titles_say_how_much_of_what_and_whose(void **state)
{
  (void)state;
  struct profile profile = example();
  assert_title(&profile, WEIGHT_WALL, "2.00 s of wall time in shop_cart");
  assert_title(&profile, WEIGHT_CPU, "1.50 s of CPU time in shop_cart");
  assert_title(&profile, WEIGHT_WAIT, "500 ms of waiting in shop_cart");
  assert_title(&profile, WEIGHT_CALLS, "3 calls in shop_cart");
  profile.process_count = 2;
  assert_title(&profile, WEIGHT_WALL, "2.00 s of wall time in 2 processes");
  profile.counts_known = false;
  assert_title(&profile, WEIGHT_WALL, "Flame graph");
}

static void subtitles_list_the_facts_there_are(void **state)
{
  (void)state;
  static const struct profile_fact facts[] = {
      {"node", "shop@10.0.0.7"},
      {"target", "shop_cart"},
      {"otp", "27.3.4"},
      {"begin_ns", "-576460752000000000"},
      {"end_ns", "-576460742000000000"},
      {"started", "2026-01-31T12:00:59Z"},
      {"ended", "max-queue"},
  };
  struct profile profile = example();
  assert_subtitle(&profile, "1,234 events, none lost");
  profile.facts = facts;
  profile.fact_count = sizeof facts / sizeof facts[0];
  profile.lost_events = 56789;
  assert_subtitle(&profile, "shop@10.0.0.7 · shop_cart · OTP 27.3.4 · 10.0 s traced · 2026-01-31 12:00 UTC · "
                            "1,234 events, 56,789 lost · stopped at --max-queue");
  profile.counts_known = false;
  profile.fact_count = 0;
  assert_subtitle(&profile, "total weight 2,000,000,000");
}

static void facts_of_another_shape_do_no_harm(void **state)
{
  (void)state;
  static const struct profile_fact facts[] = {
      {"begin_ns", "x"}, {"end_ns", "99999999999999999999999"}, {"started", "yesterday"}, {"ended", "disconnected"}};
  struct profile profile = example();
  profile.facts = facts;
  profile.fact_count = 4;
  // The end is the largest number there is: 9223372036.9 s.
  assert_subtitle(&profile, "2562048 h traced · yesterday · 1,234 events, none lost · cut short: disconnected");
}

static void charts_say_so(void **state)
{
  (void)state;
  static const struct profile_span spans[] = {{0, 1, 0, 1500000000}, {1, 2, 500000000, 2000000000}};
  static const struct profile_fact facts[] = {{"node", "shop@10.0.0.7"}, {"ended", "cut"}};
  struct profile profile = example();
  profile.spans = spans;
  profile.span_count = 2;
  profile.process_count = 2;
  profile.facts = facts;
  profile.fact_count = 2;
  char *title = picture_default_title(&profile, WEIGHT_WALL, true);
  assert_string_equal(title, "2.50 s of 2 processes in time order"); // to the end of the second
  free(title);
  char *subtitle = picture_default_subtitle(&profile, WEIGHT_WALL, true);
  assert_string_equal(subtitle, "shop@10.0.0.7 · 1,234 events, none lost · time from left to right · "
                                "the capture was cut off here");
  free(subtitle);
}

#define MS UINT64_C(1000000)

// Shortest, longest and cut off; in place of the target, which is what was asked for.
static void captured_calls_are_counted(void **state)
{
  (void)state;
  static const struct profile_fact facts[] = {
      {"node", "shop@10.0.0.7"}, {"target", "calls of a:f/0, a:g"}, {"ended", "calls"}};
  static const struct profile_call calls[] = {
      {.process = 0, .frame = 1, .length_ns = 3 * MS},
      {.process = 1, .frame = 1, .length_ns = 9900000, .ending = PROFILE_CALL_RAISED},
      {.process = 0, .frame = 1, .length_ns = 1200000, .ending = PROFILE_CALL_EXITED},
      {.process = 0, .frame = 1, .length_ns = 20 * MS, .ending = PROFILE_CALL_CUT},
      {.process = 0, .frame = 2, .length_ns = 1 * MS},
  };
  struct profile profile = example();
  profile.facts = facts, profile.fact_count = 3;
  profile.calls = calls, profile.call_count = profile.calls_seen = 1;
  assert_subtitle(&profile, "shop@10.0.0.7 · 1 call of a:f/0 in shop_cart, 3.00 ms · 1,234 events, none lost");
  assert_title(&profile, WEIGHT_WALL, "2.00 s of wall time in 1 call of a:f/0");
  static const struct profile_fact own = {"target", "a:f()"};
  profile.facts = &own, profile.fact_count = 1; // whose process nobody knows by a name
  assert_subtitle(&profile, "1 call of a:f/0, 3.00 ms · 1,234 events, none lost");
  profile.facts = facts, profile.fact_count = 3;
  profile.process_count = 2;
  profile.call_count = profile.calls_seen = 3;
  assert_subtitle(&profile, "shop@10.0.0.7 · 3 calls of a:f/0 in 2 processes, 1.20 ms to 9.90 ms · "
                            "1,234 events, none lost");
  profile.call_count = profile.calls_seen = 4;
  assert_subtitle(&profile, "shop@10.0.0.7 · 4 calls of a:f/0 in 2 processes, 1.20 ms to 9.90 ms, 1 cut off · "
                            "1,234 events, none lost");
  profile.calls = calls + 2, profile.call_count = 3, profile.calls_seen = 2000;
  assert_subtitle(&profile, "shop@10.0.0.7 · 2,000 calls of a:f/0, a:g in 2 processes, 1.00 ms to 1.20 ms, 1 cut off · "
                            "1,234 events, none lost");
  profile.fact_count = 1; // a target is not said
  assert_subtitle(&profile, "shop@10.0.0.7 · 2,000 calls in 2 processes, 1.00 ms to 1.20 ms, 1 cut off · "
                            "1,234 events, none lost");
  profile.calls = calls + 3, profile.call_count = profile.calls_seen = 1;
  assert_subtitle(&profile, "shop@10.0.0.7 · 1 call of a:f/0 in 2 processes, 1 cut off · 1,234 events, none lost");
}

static void an_end_that_nobody_asked_for_is_said(void **state)
{
  (void)state;
  static const char *const endings[][2] = {
      {"calls", "1,234 events, none lost"},
      {"returned", "1,234 events, none lost"},
      {"timeout", "1,234 events, none lost · stopped at --timeout"},
      {"other-tracer", "1,234 events, none lost · cut short: another tracer came to the node"},
  };
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    const struct profile_fact ended = {"ended", endings[i][0]};
    struct profile profile = example();
    profile.facts = &ended, profile.fact_count = 1;
    assert_subtitle(&profile, endings[i][1]);
  }
}

static void comparisons_say_from_what_to_what(void **state)
{
  (void)state;
  static const struct profile_fact facts[] = {
      {"node", "shop@b"},           {"otp", "27"},       {"started", "2026-01-31T12:00:59Z"},
      {"base", "old.flb"},          {"head", "new.flb"}, {"base.node", "shop@a"},
      {"base.target", "cart"},      {"base.otp", "26"},  {"base.begin_ns", "5"},
      {"base.end_ns", "500000005"}, {"base.lost", "1"},  {"base_own", "800000000"},
      {"base_calls", "8"},
  };
  static const struct profile_side base[] = {{0, 0}, {1000000000, 2}, {600000000, 0}};
  struct profile profile = example();
  profile.base = base;
  profile.lost_events = 1200;
  profile.facts = facts, profile.fact_count = 11;
  assert_title(&profile, WEIGHT_WALL, "From BASE to HEAD: 1.60 s → 2.00 s of wall time (+25.0%)");
  assert_title(&profile, WEIGHT_WAIT, "From BASE to HEAD: 600 ms → 500 ms of waiting (-16.7%)");
  assert_title(&profile, WEIGHT_CALLS, "From BASE to HEAD: 2 → 3 calls (+50.0%)");
  assert_subtitle(&profile, "BASE: old.flb, shop@a, cart, OTP 26, 500 ms traced, 1 event lost · "
                            "HEAD: new.flb, shop@b, OTP 27, 2026-01-31 12:00 UTC, 1,200 events lost");
  profile.facts = facts + 3, profile.fact_count = 10, profile.lost_events = 0;
  assert_subtitle(&profile, "BASE: old.flb, shop@a, cart, OTP 26, 500 ms traced, 1 event lost · HEAD: new.flb · "
                            "BASE is scaled from 800 ms to HEAD's 2.00 s of wall time");
  char *subtitle = picture_default_subtitle(&profile, WEIGHT_CALLS, false);
  assert_non_null(strstr(subtitle, " · BASE is scaled from 8 to HEAD's 3 calls"));
  free(subtitle);
  profile.vanished = 2; // what was waited is BASE's alone
  assert_title(&profile, WEIGHT_WALL, "From BASE to HEAD: 1.60 s → 1.50 s of wall time (-6.25%)");
  profile.counts_known = false;
  assert_title(&profile, WEIGHT_WALL, "From BASE to HEAD: 1,600,000,000 → 1,500,000,000 (-6.25%)");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(titles_say_how_much_of_what_and_whose),
      cmocka_unit_test(subtitles_list_the_facts_there_are),
      cmocka_unit_test(facts_of_another_shape_do_no_harm),
      cmocka_unit_test(charts_say_so),
      cmocka_unit_test(captured_calls_are_counted),
      cmocka_unit_test(an_end_that_nobody_asked_for_is_said),
      cmocka_unit_test(comparisons_say_from_what_to_what),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
