// Building profiles, their order, their function table, and turning their stacks round.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "folded_text.h"
#include "profile/profile_builder.h"

static struct profile_builder *new_builder(void)
{
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  assert_non_null(builder);
  return builder;
}

static uint32_t frame(struct profile_builder *builder, enum frame_kind kind, const char *name)
{
  uint32_t made = profile_builder_frame(builder, kind, name, strlen(name), "m", 1, false);
  assert_int_not_equal(made, PROFILE_FAILED);
  return made;
}

static uint32_t child(struct profile_builder *builder, uint32_t parent, const char *name)
{
  return profile_builder_child(builder, parent, frame(builder, FRAME_FUNCTION, name));
}

static struct profile *finish(struct profile_builder *builder)
{
  struct error err = {0};
  struct profile *profile = profile_builder_finish(builder, &(struct profile_totals){.counts_known = true}, &err);
  assert_non_null(profile);
  return profile;
}

static void an_empty_profile_has_its_root(void **state)
{
  (void)state;
  struct profile *profile = finish(new_builder());
  assert_int_equal(profile->node_count, 1);
  assert_int_equal(profile->nodes[0].first_child, 0);
  assert_int_equal(profile->function_count, 0);
  profile_free(profile);
}

static void frames_are_the_same_by_kind_and_name(void **state)
{
  (void)state;
  struct profile_builder *builder = new_builder();
  uint32_t a = frame(builder, FRAME_FUNCTION, "a");
  assert_int_equal(frame(builder, FRAME_FUNCTION, "a"), a);
  assert_int_not_equal(frame(builder, FRAME_PROCESS, "a"), a);
  assert_int_equal(profile_builder_frame(builder, FRAME_FUNCTION, "a\0b", 3, "", 0, false), a);
  uint32_t empty = frame(builder, FRAME_FUNCTION, "");
  assert_int_equal(frame(builder, FRAME_FUNCTION, ""), empty);
  profile_builder_free(builder);
}

static void children_are_in_byte_order(void **state)
{
  (void)state;
  struct profile_builder *builder = new_builder();
  const char *names[] = {"b", "a:b", "\xc3\xa9", "B", "a", "[gc]", "aa"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    uint32_t node = child(builder, 0, names[i]);
    profile_builder_add(builder, node, 1, 0);
    profile_builder_add(builder, child(builder, node, "x"), 2, 0);
  }
  assert_int_equal(child(builder, 0, "B"), child(builder, 0, "B"));
  struct profile *profile = finish(builder);
  char text[FOLDED_TEXT_MAX];
  folded_text(profile, WEIGHT_WALL, text);
  assert_string_equal(text, "B 1\nB;x 2\n[gc] 1\n[gc];x 2\na 1\na;x 2\na:b 1\na:b;x 2\naa 1\naa;x 2\nb 1\nb;x 2\n"
                            "\xc3\xa9 1\n\xc3\xa9;x 2\n");
  profile_free(profile);
}

// The order of building leaves no trace: same frames, same nodes.
static void the_order_of_building_does_not_show(void **state)
{
  (void)state;
  struct profile *profiles[2];
  for (int way = 0; way < 2; way++) {
    struct profile_builder *builder = new_builder();
    for (int i = 0; i < 2000; i++) {
      char name[16];
      snprintf(name, sizeof name, "f%d", way ? 1999 - i : i);
      uint32_t node = child(builder, child(builder, 0, "top"), name);
      profile_builder_add(builder, node, (uint64_t)strlen(name), 1);
    }
    profiles[way] = finish(builder);
  }
  assert_int_equal(profiles[0]->node_count, 2002);
  assert_memory_equal(profiles[0]->nodes, profiles[1]->nodes, 2002 * sizeof(struct profile_node));
  for (size_t i = 0; i < profiles[0]->frame_count; i++)
    assert_string_equal(profiles[0]->frames[i].name, profiles[1]->frames[i].name);
  profile_free(profiles[0]);
  profile_free(profiles[1]);
}

static const struct profile_function *function_named(const struct profile *profile, const char *name)
{
  for (size_t i = 0; i < profile->function_count; i++) {
    if (strcmp(profile->frames[profile->functions[i].frame].name, name) == 0)
      return &profile->functions[i];
  }
  return NULL;
}

// a 1; b 2 under it; a 4 under that; c 8 under that; [gc] 16 under c; b 32 at the root.
static struct profile *sample(void)
{
  struct profile_builder *builder = new_builder();
  uint32_t a = child(builder, 0, "a"), ab = child(builder, a, "b"), aba = child(builder, ab, "a");
  uint32_t c = child(builder, aba, "c"), b = child(builder, 0, "b");
  uint32_t gc = profile_builder_child(builder, c, frame(builder, FRAME_GC, "[gc]"));
  profile_builder_add(builder, a, 1, 10);
  profile_builder_add(builder, ab, 2, 20);
  profile_builder_add(builder, aba, 4, 30);
  profile_builder_add(builder, c, 8, 40);
  profile_builder_add(builder, gc, 16, 0);
  profile_builder_add(builder, b, 32, 50);
  profile_builder_call_elsewhere(builder, frame(builder, FRAME_FUNCTION, "c"));
  profile_builder_call_length(builder, frame(builder, FRAME_FUNCTION, "c"), 7);
  profile_builder_call_length(builder, frame(builder, FRAME_FUNCTION, "c"), 3);
  profile_builder_call_length(builder, frame(builder, FRAME_FUNCTION, "c"), 5);
  assert_int_equal(profile_builder_fact(builder, "node", "old"), 0);
  assert_int_equal(profile_builder_fact(builder, "otp", "25"), 0);
  assert_int_equal(profile_builder_fact(builder, "node", "new@host"), 0);
  struct profile_module module = {.name = "late", .time_ns = 5, .traced = true};
  assert_int_equal(profile_builder_module(builder, &module), 0);
  struct profile_process process = {.pid = "<0.1.0>", .title = "t", .events = 3, .last_ns = 63, .width_ns = 63};
  assert_int_equal(profile_builder_process(builder, &process), 0);
  return finish(builder);
}

static void absences_are_those_of_the_function_above(void **state)
{
  (void)state;
  struct profile_builder *builder = new_builder();
  uint32_t a = child(builder, 0, "a"), waiting = frame(builder, FRAME_WAITING, "[waiting]");
  profile_builder_add(builder, profile_builder_child(builder, a, waiting), 3, 0);
  profile_builder_add(builder, profile_builder_child(builder, a, frame(builder, FRAME_GC, "[gc]")), 5, 0);
  profile_builder_add(builder, profile_builder_child(builder, 0, waiting), 7, 0); // of no function
  profile_builder_call_end(builder, a, 9);
  profile_builder_call_end(builder, a, 2);
  struct profile *profile = finish(builder);
  const struct profile_function *function = function_named(profile, "a");
  assert_int_equal(function->waiting_ns, 3);
  assert_int_equal(function->gc_ns, 5);
  assert_int_equal(function->runnable_ns, 0);
  assert_int_equal(function->timed_calls, 2);
  assert_int_equal(function->call_sum_ns, 11);
  assert_int_equal(function->call_min_ns, 2);
  assert_int_equal(function->call_max_ns, 9);
  profile_free(profile);
}

static void a_recursive_function_counts_once(void **state)
{
  (void)state;
  struct profile *profile = sample();
  assert_int_equal(profile->function_count, 3); // [gc] is none
  assert_ptr_equal(function_named(profile, "b"), &profile->functions[0]);
  const struct profile_function *a = function_named(profile, "a");
  assert_int_equal(a->own_ns, 5);
  assert_int_equal(a->total_ns, 31);
  assert_int_equal(a->calls, 40);
  const struct profile_function *b = function_named(profile, "b");
  assert_int_equal(b->own_ns, 34);
  assert_int_equal(b->total_ns, 30 + 32);
  const struct profile_function *c = function_named(profile, "c");
  assert_int_equal(c->own_ns, 8);
  assert_int_equal(c->total_ns, 24);
  assert_int_equal(c->calls, 41);
  assert_int_equal(c->timed_calls, 3);
  assert_int_equal(c->call_sum_ns, 15);
  assert_int_equal(c->call_min_ns, 3);
  assert_int_equal(c->call_max_ns, 7);
  profile_free(profile);
}

static void tables_are_kept(void **state)
{
  (void)state;
  struct profile *profile = sample();
  assert_int_equal(profile->fact_count, 2);
  assert_string_equal(profile_fact_value(profile, "node"), "new@host");
  assert_string_equal(profile_fact_value(profile, "otp"), "25");
  assert_null(profile_fact_value(profile, "asked"));
  assert_string_equal(profile->modules[0].name, "late");
  assert_string_equal(profile->processes[0].title, "t");
  profile_free(profile);
}

static void a_frame_can_be_shown_under_another_name(void **state)
{
  (void)state;
  struct profile_builder *builder = new_builder();
  uint32_t a = frame(builder, FRAME_PROCESS, "1");
  profile_builder_add(builder, profile_builder_child(builder, 0, a), 1, 0);
  profile_builder_add(builder, child(builder, 0, "k"), 1, 0);
  assert_int_equal(profile_builder_rename(builder, a, "z"), 0);
  assert_int_equal(frame(builder, FRAME_PROCESS, "1"), a);
  struct profile *profile = finish(builder);
  char text[FOLDED_TEXT_MAX];
  folded_text(profile, WEIGHT_WALL, text);
  assert_string_equal(text, "k 1\nz 1\n");
  profile_free(profile);
}

static void weights_past_64_bits_are_an_error(void **state)
{
  (void)state;
  struct profile_builder *builder = new_builder();
  profile_builder_add(builder, child(builder, 0, "a"), UINT64_MAX, 0);
  profile_builder_add(builder, child(builder, 0, "b"), 1, 0);
  struct error err = {0};
  assert_null(profile_builder_finish(builder, &(struct profile_totals){0}, &err));
  assert_int_equal(err.code, ERROR_DATA);
}

static void too_many_facts_are_an_error(void **state)
{
  (void)state;
  struct profile_builder *builder = new_builder();
  int failed = 0;
  for (int i = 0; i < 2000; i++) {
    char key[16];
    snprintf(key, sizeof key, "%d", i);
    failed |= profile_builder_fact(builder, key, "");
  }
  assert_int_equal(failed, -1);
  struct error err = {0};
  assert_null(profile_builder_finish(builder, &(struct profile_totals){0}, &err));
  assert_int_equal(err.code, ERROR_MEMORY);
}

static void turned_stacks_begin_where_the_time_was_spent(void **state)
{
  (void)state;
  struct error err = {0};
  struct profile *profile = sample();
  struct profile *reversed = profile_reverse(profile, &err);
  assert_non_null(reversed);
  char text[FOLDED_TEXT_MAX];
  folded_text(reversed, WEIGHT_WALL, text);
  assert_string_equal(text, "[gc];c;a;b;a 16\na 1\na;b;a 4\nb 32\nb;a 2\nc;a;b;a 8\n");
  folded_text(reversed, WEIGHT_GC, text);
  assert_string_equal(text, "[gc];c;a;b;a 16\n");
  folded_text(reversed, WEIGHT_CALLS, text);
  assert_string_equal(text, "a 10\na;b;a 30\nb 50\nb;a 20\nc;a;b;a 40\n");
  assert_int_equal(function_named(reversed, "a")->total_ns, 31);
  assert_int_equal(function_named(reversed, "c")->call_max_ns, 7);
  assert_string_equal(profile_fact_value(reversed, "node"), "new@host");
  assert_true(reversed->counts_known);
  profile_free(reversed);
  profile_free(profile);
}

static void turning_stacks_twice_gives_them_back(void **state)
{
  (void)state;
  struct error err = {0};
  struct profile *profile = sample();
  struct profile *once = profile_reverse(profile, &err), *twice = profile_reverse(once, &err);
  char expected[FOLDED_TEXT_MAX], text[FOLDED_TEXT_MAX];
  folded_text(profile, WEIGHT_WALL, expected);
  folded_text(twice, WEIGHT_WALL, text);
  assert_string_equal(text, expected);
  profile_free(twice);
  profile_free(once);
  profile_free(profile);
}

// A path of 1,500 frames keeps the 1,000 innermost.
// In order of their start, whatever comes first; `a` comes before `b` among the profile's frames.
static void check_calls(const struct profile *profile)
{
  assert_int_equal(profile->calls_seen, 9);
  assert_int_equal(profile->call_count, 3);
  const struct profile_call *calls = profile->calls;
  assert_string_equal(profile->frames[calls[0].frame].name, "b");
  assert_string_equal(profile->frames[calls[0].caller].name, "a");
  assert_int_equal(calls[0].start_ns, 5);
  assert_int_equal(calls[0].ending, PROFILE_CALL_EXITED);
  assert_string_equal(profile->frames[calls[1].frame].name, "a");
  assert_int_equal(calls[1].caller, PROFILE_NO_FRAME);
  assert_int_equal(calls[1].process, 0);
  assert_int_equal(calls[2].start_ns, 7);
  assert_int_equal(calls[2].process, 1);
  assert_int_equal(calls[2].length_ns, 4);
}

static void captured_calls_are_in_order_of_their_start(void **state)
{
  (void)state;
  struct error err = {0};
  struct profile_builder *builder = new_builder();
  uint32_t b = frame(builder, FRAME_FUNCTION, "b"), a = frame(builder, FRAME_FUNCTION, "a");
  profile_builder_add(builder, child(builder, 0, "b"), 1, 1);
  const struct profile_process process = {.pid = "<0.1.0>", .title = "x"};
  assert_int_equal(profile_builder_process(builder, &process), 0);
  assert_int_equal(profile_builder_process(builder, &process), 1);
  const struct profile_call calls[] = {
      {.process = 1, .frame = b, .caller = a, .start_ns = 7, .length_ns = 4},
      {.process = 0, .frame = a, .caller = PROFILE_NO_FRAME, .start_ns = 7, .length_ns = 9},
      {.process = 1, .frame = b, .caller = a, .start_ns = 5, .length_ns = 2, .ending = PROFILE_CALL_EXITED}};
  assert_int_equal(profile_builder_calls(builder, calls, 3, 9), 0);
  struct profile *profile = finish(builder);
  check_calls(profile);
  struct profile *turned = profile_reverse(profile, &err);
  assert_non_null(turned);
  check_calls(turned);
  profile_free(turned);
  profile_free(profile);
}

static void turned_stacks_have_a_depth_limit(void **state)
{
  (void)state;
  struct profile_builder *builder = new_builder();
  uint32_t node = 0;
  for (int i = 0; i < 1500; i++)
    node = child(builder, node, "a");
  profile_builder_add(builder, node, 5, 0);
  struct profile *profile = finish(builder);
  struct error err = {0};
  struct profile *reversed = profile_reverse(profile, &err);
  assert_int_equal(reversed->node_count, 1 + 1000 + 1);
  assert_int_equal(reversed->frames[reversed->nodes[1001].frame].kind, FRAME_DEEPER);
  assert_int_equal(reversed->nodes[1001].own, 5);
  profile_free(reversed);
  profile_free(profile);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_empty_profile_has_its_root),
      cmocka_unit_test(frames_are_the_same_by_kind_and_name),
      cmocka_unit_test(children_are_in_byte_order),
      cmocka_unit_test(the_order_of_building_does_not_show),
      cmocka_unit_test(absences_are_those_of_the_function_above),
      cmocka_unit_test(a_recursive_function_counts_once),
      cmocka_unit_test(tables_are_kept),
      cmocka_unit_test(a_frame_can_be_shown_under_another_name),
      cmocka_unit_test(weights_past_64_bits_are_an_error),
      cmocka_unit_test(too_many_facts_are_an_error),
      cmocka_unit_test(turned_stacks_begin_where_the_time_was_spent),
      cmocka_unit_test(turning_stacks_twice_gives_them_back),
      cmocka_unit_test(captured_calls_are_in_order_of_their_start),
      cmocka_unit_test(turned_stacks_have_a_depth_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
