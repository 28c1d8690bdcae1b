// Two profiles made one. Every tree here is small enough to be compared by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/byte_io.h"
#include "profile/profile_builder.h"
#include "profile/profile_compare.h"

static struct profile *folded(const char *text)
{
  struct error err = {0};
  struct byte_source *source = memory_source_new(text, strlen(text), &err);
  struct profile *profile = profile_read_folded(source, &err);
  byte_source_free(source);
  if (!profile)
    fail_msg("%s", err.message);
  return profile;
}

// Consumes both sides.
static struct profile *compare(struct profile *base, struct profile *head, bool normalize)
{
  struct error err = {0};
  const struct profile_comparison sides = {base, head, "old", "new", normalize};
  struct profile *comparison = profile_compare(&sides, &err);
  if (!comparison)
    fail_msg("%s", err.message);
  profile_free(base);
  profile_free(head);
  return comparison;
}

#define TEXT_MAX 4096

static void write_path(const struct profile *profile, uint32_t node, FILE *out)
{
  if (profile->nodes[node].parent) {
    write_path(profile, profile->nodes[node].parent, out);
    fputc(';', out);
  }
  fputs(profile->frames[profile->nodes[node].frame].name, out);
}

// "path own base" of every node, in order.
static const char *nodes_of(const struct profile *comparison, char text[TEXT_MAX])
{
  memset(text, 0, TEXT_MAX);
  FILE *out = fmemopen(text, TEXT_MAX - 1, "w");
  for (uint32_t i = 1; i < comparison->node_count; i++) {
    write_path(comparison, i, out);
    fprintf(out, " %d %d\n", (int)comparison->nodes[i].own, (int)comparison->base[i].own);
  }
  fclose(out);
  return text;
}

// "name head base" of every function, in order.
static const char *functions_of(const struct profile *comparison, char text[TEXT_MAX])
{
  memset(text, 0, TEXT_MAX);
  FILE *out = fmemopen(text, TEXT_MAX - 1, "w");
  for (size_t i = 0; i < comparison->function_count; i++) {
    assert_int_equal(comparison->functions[i].frame, comparison->base_functions[i].frame);
    fprintf(out, "%s %d %d\n", comparison->frames[comparison->functions[i].frame].name,
            (int)comparison->functions[i].own_ns, (int)comparison->base_functions[i].own_ns);
  }
  fclose(out);
  return text;
}

static void check_nodes(const char *base, const char *head, bool normalize, const char *expected)
{
  char text[TEXT_MAX];
  struct profile *comparison = compare(folded(base), folded(head), normalize);
  assert_string_equal(nodes_of(comparison, text), expected);
  profile_free(comparison);
}

// The example of profile_compare.c. z would sort behind [vanished].
static void what_vanished_stands_beside(void **state)
{
  (void)state;
  check_nodes("a;b 3\na;c 2\nd 4\n", "a;b 5\na 1\nz 6\n", false,
              "a 1 0\na;b 5 3\nz 6 0\n[vanished] 0 0\n[vanished];a 0 0\n[vanished];a;c 2 2\n[vanished];d 4 4\n");
}

static void a_stack_of_both_lies_once(void **state)
{
  (void)state;
  // a is an inner frame of HEAD and has no time of its own there: it has not vanished.
  check_nodes("a 7\na;b 1\n", "a;b 2\n", false, "a 0 7\na;b 2 1\n");
  // A vanished frame on the way to another keeps its own.
  check_nodes("a;b 2\na;b;c 3\n", "a 1\n", false,
              "a 1 0\n[vanished] 0 0\n[vanished];a 0 0\n[vanished];a;b 2 2\n[vanished];a;b;c 3 3\n");
  // What weighs nothing has not vanished.
  check_nodes("a 1\nb 0\n", "a 1\n", false, "a 1 1\n");
}

static void kinds_are_not_mixed_up(void **state)
{
  (void)state;
  check_nodes("[vanished] 3\na;[gc] 1\n", "[vanished] 4\na;[gc] 2\n", false,
              "[vanished] 4 3\na 0 0\na;[gc] 2 1\n"); // a name that a folded file has
  check_nodes("[vanished] 3\n", "a 4\n", false, "a 4 0\n[vanished] 0 0\n[vanished];[vanished] 3 3\n");
}

static void nothing_in_common(void **state)
{
  (void)state;
  struct profile *comparison = compare(folded("a 2\n"), folded("b 3\n"), false);
  char text[TEXT_MAX];
  assert_string_equal(nodes_of(comparison, text), "b 3 0\n[vanished] 0 0\n[vanished];a 2 2\n");
  assert_string_equal(functions_of(comparison, text), "b 3 0\na 0 2\n");
  profile_free(comparison);
}

// BASE 10, HEAD 30: threefold. BASE 3, HEAD 2: 2 * 2/3 is 1.33, 1 * 2/3 is 0.67; both become 1.
static void base_is_scaled_to_the_nearest(void **state)
{
  (void)state;
  check_nodes("a 4\nb 6\n", "a 30\n", true, "a 30 12\n[vanished] 0 0\n[vanished];b 18 18\n");
  check_nodes("a 2\nb 1\n", "a 1\nb 1\n", true, "a 1 1\nb 1 1\n");
  // 1 of 10 is 0.2 of 2: nothing, and then it is not drawn either.
  check_nodes("a 9\nb 1\n", "a 2\n", true, "a 2 2\n");
  check_nodes("a 0\n", "a 5\n", true, "a 5 0\n"); // nothing to scale
  struct profile *comparison = compare(folded("a 18446744073709551615\n"), folded("a 18446744073709551614\n"), true);
  assert_true(comparison->base[1].own == UINT64_MAX - 1);
  assert_string_equal(profile_fact_value(comparison, "base_own"), "18446744073709551615");
  profile_free(comparison);
}

static void weights_of_both_sides(void **state)
{
  (void)state;
  struct profile *comparison = compare(folded("a;[waiting] 5\nb;[gc] 2\n"), folded("a;[waiting] 1\na 3\n"), false);
  // 1 a, 2 a;[waiting], 3 [vanished], 4 [vanished];b, 5 [vanished];b;[gc]
  assert_int_equal(comparison->vanished, 3);
  assert_int_equal(profile_base_weight(comparison, 2, WEIGHT_WALL), 5);
  assert_int_equal(profile_base_weight(comparison, 2, WEIGHT_WAIT), 5);
  assert_int_equal(profile_base_weight(comparison, 2, WEIGHT_CPU), 0);
  assert_int_equal(profile_head_weight(comparison, 2, WEIGHT_WAIT), 1);
  assert_int_equal(profile_head_weight(comparison, 1, WEIGHT_CPU), 3);
  assert_int_equal(profile_base_weight(comparison, 5, WEIGHT_GC), 2);
  assert_int_equal(profile_own_weight(comparison, 5, WEIGHT_GC), 2);
  assert_int_equal(profile_head_weight(comparison, 5, WEIGHT_GC), 0);
  assert_int_equal(profile_base_weight(comparison, 0, WEIGHT_WALL), 0);
  profile_free(comparison);
}

// Waiting of a turned stack is found by its outermost frame, beneath [vanished] too.
static void turned_stacks(void **state)
{
  (void)state;
  struct error err = {0};
  struct profile *base = folded("a;[waiting] 5\nb;[waiting] 2\n"), *head = folded("a;[waiting] 1\n");
  struct profile *turned_base = profile_reverse(base, &err), *turned_head = profile_reverse(head, &err);
  struct profile *comparison = compare(turned_base, turned_head, false);
  char text[TEXT_MAX];
  assert_string_equal(nodes_of(comparison, text), "[waiting] 0 0\n[waiting];a 1 5\n[vanished] 0 0\n"
                                                  "[vanished];[waiting] 0 0\n[vanished];[waiting];b 2 2\n");
  assert_int_equal(profile_base_weight(comparison, 2, WEIGHT_WAIT), 5);
  assert_int_equal(profile_base_weight(comparison, 5, WEIGHT_WAIT), 2);
  assert_int_equal(profile_own_weight(comparison, 5, WEIGHT_CPU), 0);
  profile_free(comparison);
  profile_free(base);
  profile_free(head);
}

static struct profile *captured(uint64_t own, uint64_t calls, const char *file, enum frame_origin origin,
                                const char *started)
{
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  uint32_t frame = profile_builder_frame(builder, FRAME_FUNCTION, "a:f/0", 5, "a", 1, false);
  if (*file)
    profile_builder_locate(builder, frame, file, 7);
  profile_builder_belongs(builder, frame, "app", origin);
  profile_builder_add(builder, profile_builder_child(builder, 0, frame), own, calls);
  profile_builder_fact(builder, "started", started);
  profile_builder_process(builder, &(struct profile_process){.pid = "<0.1.0>", .title = "p"});
  return profile_builder_finish(
      builder, &(struct profile_totals){.counts_known = true, .events = calls, .lost_events = own}, &err);
}

static void facts_are_heads_and_base_has_its_own(void **state)
{
  (void)state;
  struct profile *comparison =
      compare(captured(20, 4, "a.erl", ORIGIN_OWN, "then"), captured(10, 6, "", ORIGIN_UNKNOWN, "now"), false);
  assert_string_equal(profile_fact_value(comparison, "base"), "old");
  assert_string_equal(profile_fact_value(comparison, "head"), "new");
  assert_string_equal(profile_fact_value(comparison, "started"), "now");
  assert_string_equal(profile_fact_value(comparison, "base.started"), "then");
  assert_string_equal(profile_fact_value(comparison, "base.lost"), "20");
  assert_null(profile_fact_value(comparison, "base_own"));
  assert_int_equal(comparison->events, 6);
  assert_int_equal(comparison->process_count, 1);
  assert_true(comparison->counts_known);
  assert_string_equal(comparison->frames[0].file, "a.erl"); // what one side does not know the other does
  assert_int_equal(comparison->frames[0].origin, ORIGIN_OWN);
  assert_int_equal(profile_base_weight(comparison, 1, WEIGHT_CALLS), 4);
  assert_int_equal(profile_head_weight(comparison, 1, WEIGHT_CALLS), 6);
  assert_int_equal(profile_function_weight(&comparison->base_functions[0], WEIGHT_CALLS), 4);
  profile_free(comparison);
  // Calls by the sums of calls, times by the sums of times.
  comparison = compare(captured(20, 4, "", ORIGIN_OWN, ""), captured(10, 6, "", ORIGIN_OWN, ""), true);
  assert_int_equal(comparison->base[1].own, 10);
  assert_int_equal(comparison->base[1].calls, 6);
  assert_string_equal(profile_fact_value(comparison, "base_calls"), "4");
  profile_free(comparison);
}

static void a_side_without_calls_leaves_none(void **state)
{
  (void)state;
  struct profile *comparison = compare(captured(20, 4, "", ORIGIN_OWN, ""), folded("a:f/0 30\n"), false);
  assert_false(comparison->counts_known);
  assert_int_equal(comparison->node_count, 2);
  assert_int_equal(comparison->base[1].own, 20);
  assert_int_equal(comparison->base[1].calls, 0);
  profile_free(comparison);
}

static void sums_past_64_bits_are_refused(void **state)
{
  (void)state;
  struct error err = {0};
  struct profile *base = folded("a 18446744073709551615\n"), *head = folded("b 1\n");
  const struct profile_comparison sides = {base, head, "old", "new", false};
  assert_null(profile_compare(&sides, &err)); // one beside the other
  assert_int_equal(err.code, ERROR_DATA);
  profile_free(head);
  head = folded("a 18446744073709551615\n");
  struct profile *comparison = compare(base, head, false); // one above the other
  assert_true(comparison->base[1].own == UINT64_MAX);
  profile_free(comparison);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_vanished_stands_beside),
      cmocka_unit_test(a_stack_of_both_lies_once),
      cmocka_unit_test(kinds_are_not_mixed_up),
      cmocka_unit_test(nothing_in_common),
      cmocka_unit_test(base_is_scaled_to_the_nearest),
      cmocka_unit_test(weights_of_both_sides),
      cmocka_unit_test(turned_stacks),
      cmocka_unit_test(facts_are_heads_and_base_has_its_own),
      cmocka_unit_test(a_side_without_calls_leaves_none),
      cmocka_unit_test(sums_past_64_bits_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
