// What a snapshot keeps of a profile.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "folded_text.h"
#include "profile/profile_builder.h"
#include "profile/profile_snapshot.h"

static enum frame_kind kind_of(const char *name)
{
  static const char *const names[] = {[FRAME_FUNCTION] = "",         [FRAME_PROCESS] = "worker <0.12.0>",
                                      [FRAME_WAITING] = "[waiting]", [FRAME_RUNNABLE] = "",
                                      [FRAME_GC] = "[gc]",           [FRAME_LOST] = "[lost]",
                                      [FRAME_CUT] = "[cut]",         [FRAME_DEEPER] = "[deeper]"};
  for (enum frame_kind kind = FRAME_PROCESS; kind <= FRAME_DEEPER; kind++)
    if (strcmp(name, names[kind]) == 0)
      return kind;
  return FRAME_FUNCTION;
}

// Of lines of `frame;frame CALLS`; each stack takes a nanosecond. One letter is a function of the module `m`.
static struct profile_builder *builder_of(const char *text, uint64_t calls_seen)
{
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  char *lines = strdup(text), *line_rest = NULL;
  for (char *line = strtok_r(lines, "\n", &line_rest); line; line = strtok_r(NULL, "\n", &line_rest)) {
    uint32_t node = 0;
    char *space = strrchr(line, ' '), *rest = NULL;
    *space = '\0';
    for (char *name = strtok_r(line, ";", &rest); name; name = strtok_r(NULL, ";", &rest)) {
      char full[64];
      snprintf(full, sizeof full, name[1] ? "%s" : "m:%s/0", name);
      uint32_t frame = profile_builder_frame(builder, kind_of(name), full, strlen(full), "m", 1, false);
      node = profile_builder_child(builder, node, frame);
    }
    profile_builder_add(builder, node, 1, strtoull(space + 1, NULL, 10));
  }
  free(lines);
  assert_int_equal(profile_builder_calls(builder, &(struct profile_call){0}, 0, calls_seen), 0);
  return builder;
}

static struct profile *finish(struct profile_builder *builder)
{
  struct error err = {0};
  struct profile *profile = profile_builder_finish(builder, &(struct profile_totals){.counts_known = true}, &err);
  assert_non_null(profile);
  return profile;
}

// Frees the profile.
static struct profile *snapshot_of(struct profile *profile, uint64_t captured_calls)
{
  struct error err = {0};
  struct profile *snapshot = profile_snapshot(profile, captured_calls, &err);
  assert_string_equal(err.message, "");
  assert_true(snapshot->counts_known);
  assert_false(snapshot->times_known);
  profile_free(profile);
  return snapshot;
}

// That the snapshot of its snapshot is the same is asked each time.
static void check_calls(const char *text, uint64_t seen, const char *expected, uint64_t expected_seen)
{
  char calls[FOLDED_TEXT_MAX];
  struct profile *snapshot = snapshot_of(finish(builder_of(text, seen)), 0);
  for (int again = 0; again < 2; again++) {
    folded_text(snapshot, WEIGHT_CALLS, calls);
    assert_string_equal(calls, expected);
    assert_int_equal(snapshot->calls_seen, expected_seen);
    folded_text(snapshot, WEIGHT_WALL, calls);
    assert_string_equal(calls, "");
    snapshot = snapshot_of(snapshot, 0);
  }
  profile_free(snapshot);
}

// At the head of profile_snapshot.c.
static void the_worked_example(void **state)
{
  (void)state;
  check_calls("f 2\nf;[gc] 0\nf;m:g/1-fun-0 10\nf;m:g/1-fun-1 6\nf;r 2\nf;r;r 2\nf;r;r;r 96\nf;r;r;r;h 2\n", 2,
              "f 1\nf;m:g/1-fun 8\nf;r 1\nf;r;r 49\nf;r;r;h 1\n", 1);
}

// a from b twice: a;b;a is where a is called by b, and the b beneath it is the b that a calls, a;b.
static void a_cycle_is_as_long_as_it_is(void **state)
{
  (void)state;
  check_calls("a 1\na;b 1\na;b;a 1\na;b;a;b 1\na;b;a;b;a 1\na;b;a;b;c 5\n", 1, "a 1\na;b 2\na;b;a 2\na;b;c 5\n", 1);
  check_calls("a 1\na;b 1\na;b;d 1\na;b;d;a 1\na;b;d;a;b 1\n", 1, "a 1\na;b 2\na;b;d 1\na;b;d;a 1\n", 1);
}

// One that only waited, or came from a stack that was read, says nothing of calls.
static void what_has_no_calls_is_not_there(void **state)
{
  (void)state;
  check_calls("[cut];f;g 3\n[cut];f;h 0\nf;[waiting] 0\n[lost] 0\nf;[deeper] 2\n", 0, "[cut];f;g 3\nf;[deeper] 2\n", 0);
}

static void what_the_vm_calls_is_not_there(void **state)
{
  (void)state;
  check_calls("f 1\nf;error_handler:undefined_function/3 1\nf;error_handler:undefined_function/3;code:load/1 7\n"
              "f;maps:fold/3 1\nf;maps:fold/3;maps:next/1 9\nf;maps:fold/3;maps:next/1;erts_internal:map_next/3 9\n"
              "f;maps:next/1 4\nf;erts_internal:flush_monitor_messages/3 1\n",
              1, "f 1\nf;maps:fold/3 1\nf;maps:next/1 4\n", 1);
  // A process that the VM starts in its own module is there with all that it calls.
  check_calls("erts_internal:crasher/6 1\nerts_internal:crasher/6;f 1\n", 0,
              "erts_internal:crasher/6 1\nerts_internal:crasher/6;f 1\n", 0);
}

// 10 and 4 of 4 captured calls are 5 and 2 of two.
static void calls_are_of_as_few_captured_ones_as_can_be(void **state)
{
  (void)state;
  check_calls("f 4\nf;a 10\n", 4, "f 2\nf;a 5\n", 2);
  check_calls("f 4\nf;a 8\n", 4, "f 1\nf;a 2\n", 1);
  check_calls("f 4\nf;a 9\n", 4, "f 4\nf;a 9\n", 4);
  check_calls("f 4\nf;a 8\n", 0, "f 4\nf;a 8\n", 0);
}

static void calls_of_as_many_as_are_asked_for(void **state)
{
  (void)state;
  struct error err = {0};
  char calls[FOLDED_TEXT_MAX];
  struct profile *a = snapshot_of(finish(builder_of("f 4\nf;a 10\n", 4)), 0);
  struct profile *b = snapshot_of(finish(builder_of("f 3\nf;a 7\n", 3)), 0);
  struct profile *none = finish(builder_of("f 3\n", 0));
  assert_int_equal(profile_common_calls(a, b), 6);
  assert_int_equal(profile_common_calls(a, none), 0);
  struct profile *wide = profile_snapshot(a, 6, &err);
  folded_text(wide, WEIGHT_CALLS, calls);
  assert_string_equal(calls, "f 6\nf;a 15\n");
  assert_int_equal(wide->calls_seen, 6);
  profile_free(wide);
  profile_free(none);
  profile_free(b);
  profile_free(a);
}

static void calls_past_64_bits_are_an_error(void **state)
{
  (void)state;
  struct error err = {0};
  struct profile *profile = finish(builder_of("f 1\nf;a 9223372036854775808\n", 1)); // 2^63
  assert_null(profile_snapshot(profile, 2, &err));
  assert_int_equal(err.code, ERROR_DATA);
  profile_free(profile);
}

static void names_are_clean_and_steady(void **state)
{
  (void)state;
  check_calls("worker <0.12.0>;'a\u202eb':f/1 1\n'a\x01':f/1 1\n", 0,
              "'a\uFFFD':f/1 1\nworker <>;'a\\x{202E}b':f/1 1\n", 0);
  char calls[FOLDED_TEXT_MAX];
  struct profile_builder *builder = builder_of("f 1\n", 0);
  uint32_t frame = profile_builder_frame(builder, FRAME_FUNCTION, "';a;':f/1", 9, "", 0, false);
  profile_builder_add(builder, profile_builder_child(builder, 0, frame), 0, 2);
  struct profile *snapshot = snapshot_of(finish(builder), 0);
  folded_text(snapshot, WEIGHT_CALLS, calls);
  assert_string_equal(calls, "':a:':f/1 2\nf 1\n");
  profile_free(snapshot);
}

static void facts_of_a_machine_or_a_time_are_gone(void **state)
{
  (void)state;
  static const char *const facts[][2] = {{"node", "a@b"},    {"otp", "27"},        {"target", "m:f(1)"},
                                         {"ended", "calls"}, {"lost_events", "0"}, {"started", "2026"},
                                         {"elixir", "1.18"}, {"flambeau", "0.1.0"}};
  struct profile_builder *builder = builder_of("f 1\n", 1);
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
    profile_builder_fact(builder, facts[i][0], facts[i][1]);
  struct profile *snapshot = snapshot_of(finish(builder), 0);
  assert_int_equal(snapshot->fact_count, 4);
  assert_string_equal(profile_fact_value(snapshot, "otp"), "27");
  assert_string_equal(profile_fact_value(snapshot, "target"), "m:f(1)");
  assert_null(profile_fact_value(snapshot, "node"));
  assert_null(profile_fact_value(snapshot, "ended"));
  assert_null(profile_fact_value(snapshot, "loaded"));
  profile_free(snapshot);
}

static void code_that_was_loaded_is_said(void **state)
{
  (void)state;
  struct profile *snapshot = snapshot_of(finish(builder_of("f 1\nf;error_handler:undefined_function/3 1\n", 1)), 0);
  snapshot = snapshot_of(snapshot, 0);
  assert_non_null(profile_fact_value(snapshot, "loaded"));
  profile_free(snapshot);
}

// Functions that become one have their times together.
static void times_follow_their_functions(void **state)
{
  (void)state;
  struct profile_builder *builder = builder_of("f 5\nf;m:g/1-fun-0 5\nf;m:g/1-fun-1 5\n", 5);
  const struct profile_spread call_time = {90, 80, 100};
  const struct profile_spread times[] = {{50, 40, 60}, {10, 9, 12}, {3, 2, 5}}; // frames in the order of their making
  assert_int_equal(profile_builder_measured(builder, 5, &call_time, times), 0);
  struct profile *snapshot = snapshot_of(finish(builder), 0);
  assert_int_equal(snapshot->measured_calls, 5);
  assert_int_equal(snapshot->call_time.upper_quartile_ns, 100);
  assert_int_equal(snapshot->function_count, 2);
  for (size_t i = 0; i < 2; i++) {
    bool f = strcmp(snapshot->frames[snapshot->functions[i].frame].name, "m:f/0") == 0;
    assert_int_equal(snapshot->function_times[i].median_ns, f ? 50 : 13);
    assert_int_equal(snapshot->function_times[i].lower_quartile_ns, f ? 40 : 11);
    assert_int_equal(snapshot->function_times[i].upper_quartile_ns, f ? 60 : 17);
  }
  profile_free(snapshot);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_worked_example),
      cmocka_unit_test(a_cycle_is_as_long_as_it_is),
      cmocka_unit_test(what_has_no_calls_is_not_there),
      cmocka_unit_test(what_the_vm_calls_is_not_there),
      cmocka_unit_test(calls_are_of_as_few_captured_ones_as_can_be),
      cmocka_unit_test(calls_of_as_many_as_are_asked_for),
      cmocka_unit_test(calls_past_64_bits_are_an_error),
      cmocka_unit_test(names_are_clean_and_steady),
      cmocka_unit_test(facts_of_a_machine_or_a_time_are_gone),
      cmocka_unit_test(code_that_was_loaded_is_said),
      cmocka_unit_test(times_follow_their_functions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
