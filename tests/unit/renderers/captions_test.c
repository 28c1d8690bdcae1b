#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

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
                          .counts_known = true};
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

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(titles_say_how_much_of_what_and_whose),
      cmocka_unit_test(subtitles_list_the_facts_there_are),
      cmocka_unit_test(facts_of_another_shape_do_no_harm),
      cmocka_unit_test(charts_say_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
