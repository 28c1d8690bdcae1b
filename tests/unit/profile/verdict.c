// Every profile here is written out: stacks with the calls at each, of so many captured calls.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profile/profile_builder.h"
#include "profile/verdict.h"

#define MS 1000000u

static const struct verdict_terms strict = {.time.growth = 20 * VERDICT_PERCENT};

struct written {
  const char *stacks; // "m:f/0;m:g/0 CALLS\n" a line
  uint64_t captured;
  const char *facts; // "key=value\n" a line
  // Own times in a call of all functions that are named in `timed`, and of the whole call; each spread is 10 % either
  // way.
  uint64_t measured, call_ns, own_ns;
  const char *timed;
  unsigned spread_percent; // instead of 10
  uint64_t lost;
};

static struct profile_spread around(uint64_t median_ns, unsigned percent)
{
  percent = percent ? percent : 10;
  return (struct profile_spread){median_ns, median_ns - median_ns * percent / 100,
                                 median_ns + median_ns * percent / 100};
}

static void add_stack(struct profile_builder *builder, char *line)
{
  char *space = strrchr(line, ' ');
  assert_non_null(space);
  *space = '\0';
  uint32_t node = 0;
  for (char *rest = line, *name; (name = strsep(&rest, ";")) != NULL;) {
    enum frame_kind kind = strcmp(name, "[lost]") == 0 ? FRAME_LOST : FRAME_FUNCTION;
    uint32_t frame = profile_builder_frame(builder, kind, name, strlen(name), "", 0, false);
    node = profile_builder_child(builder, node, frame);
  }
  profile_builder_add(builder, node, 0, strtoull(space + 1, NULL, 10));
}

static void add_times(struct profile_builder *builder, const struct written *written)
{
  struct profile_spread times[64] = {0}, whole = around(written->call_ns, written->spread_percent);
  uint32_t count = profile_builder_frame_count(builder);
  assert_true(count <= 64);
  if (written->timed) {
    uint32_t frame =
        profile_builder_frame(builder, FRAME_FUNCTION, written->timed, strlen(written->timed), "", 0, false);
    assert_true(frame < count);
    times[frame] = around(written->own_ns, written->spread_percent);
  }
  assert_int_equal(profile_builder_measured(builder, written->measured, &whole, times), 0);
}

static struct profile *profile_of(const struct written *written)
{
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  char *stacks = strdup(written->stacks), *facts = strdup(written->facts ? written->facts : "");
  for (char *rest = stacks, *line; (line = strsep(&rest, "\n")) != NULL;)
    if (*line)
      add_stack(builder, line);
  for (char *rest = facts, *line; (line = strsep(&rest, "\n")) != NULL;) {
    char *value = strchr(line, '=');
    if (value)
      *value++ = '\0', profile_builder_fact(builder, line, value);
  }
  profile_builder_calls(builder, &(struct profile_call){0}, 0, written->captured);
  if (written->measured)
    add_times(builder, written);
  free(stacks);
  free(facts);
  struct profile *profile = profile_builder_finish(
      builder, &(struct profile_totals){.lost_events = written->lost, .counts_known = true}, &err);
  assert_non_null(profile);
  return profile;
}

static struct verdict *judged(struct written base, struct written head, const struct verdict_terms *terms)
{
  struct error err = {0};
  struct profile *left = profile_of(&base), *right = profile_of(&head);
  struct verdict *verdict = verdict_new(left, right, terms, &err);
  profile_free(left);
  profile_free(right);
  assert_int_equal(err.code, ERROR_NONE);
  assert_non_null(verdict);
  return verdict;
}

static struct verdict *judged_stacks(const char *base, const char *head)
{
  return judged((struct written){.stacks = base, .captured = 1}, (struct written){.stacks = head, .captured = 1},
                &strict);
}

static void assert_finding(const struct verdict *verdict, size_t index, enum finding_kind kind,
                           enum finding_weight weight, const char *name)
{
  assert_true(index < verdict->finding_count);
  assert_string_equal(verdict->findings[index].name, name);
  assert_int_equal(verdict->findings[index].kind, kind);
  assert_int_equal(verdict->findings[index].weight, weight);
}

static void assert_edge(const struct finding *finding, const char *caller, struct verdict_rate base,
                        struct verdict_rate head)
{
  if (caller)
    assert_string_equal(finding->edge.caller, caller);
  else
    assert_null(finding->edge.caller);
  assert_int_equal(finding->edge.base.calls, base.calls);
  assert_int_equal(finding->edge.base.of, base.of);
  assert_int_equal(finding->edge.head.calls, head.calls);
  assert_int_equal(finding->edge.head.of, head.of);
}

#define RATE(calls, of) ((struct verdict_rate){calls, of})

static void the_same_is_no_finding(void **state)
{
  (void)state;
  struct verdict *verdict = judged_stacks("m:f/0 1\nm:f/0;m:g/0 7\n", "m:f/0 1\nm:f/0;m:g/0 7\n");
  assert_int_equal(verdict->finding_count, 0);
  assert_int_equal(verdict->functions, 2);
  assert_int_equal(verdict->unchanged, 2);
  assert_int_equal(verdict->note_count, 0);
  verdict_free(verdict);
}

static void what_differs_in_a_call_counts(void **state)
{
  (void)state;
  struct written five = {.stacks = "m:f/0 5\nm:f/0;m:g/0 35\n", .captured = 5};
  struct written ten = {.stacks = "m:f/0 10\nm:f/0;m:g/0 70\n", .captured = 10};
  struct written more = {.stacks = "m:f/0 10\nm:f/0;m:g/0 71\n", .captured = 10};
  struct verdict *verdict = judged(five, ten, &strict);
  assert_int_equal(verdict->finding_count, 0);
  verdict_free(verdict);
  verdict = judged(five, more, &strict);
  assert_int_equal(verdict->regressions, 1);
  assert_finding(verdict, 0, FINDING_CALLS, FINDING_REGRESSION, "m:g/0");
  assert_edge(&verdict->findings[0], "m:f/0", RATE(70, 10), RATE(71, 10));
  verdict_free(verdict);
}

// map is called a thousand times, so price is, too; print is called by nobody else than before.
static void the_cause_comes_first(void **state)
{
  (void)state;
  struct verdict *verdict =
      judged_stacks("S.total/2 2\nS.total/2;E.map/2 2\nS.total/2;E.map/2;a:price/1 6\nS.print/0 1\n",
                    "S.total/2 2\nS.total/2;E.map/2 2000\nS.total/2;E.map/2;a:price/1 6000\n"
                    "S.print/0 1\n");
  assert_int_equal(verdict->finding_count, 2);
  assert_int_equal(verdict->regressions, 1);
  assert_finding(verdict, 0, FINDING_CALLS, FINDING_REGRESSION, "E.map/2");
  assert_edge(&verdict->findings[0], "S.total/2", RATE(2, 2), RATE(2000, 2));
  assert_true(verdict->findings[0].edge.counted);
  assert_null(verdict->findings[0].edge.within);
  assert_finding(verdict, 1, FINDING_CALLS, FINDING_FOLLOWS, "a:price/1");
  assert_string_equal(verdict->findings[1].edge.caller, "E.map/2");
  verdict_free(verdict);
}

// Elsewhere map is called as before, with callbacks of its own: it calls none of them more often.
static void a_caller_of_many_is_not_blamed_for_one(void **state)
{
  (void)state;
  struct verdict *verdict = judged_stacks(
      "m:a/0 1\nm:a/0;l:map/2 1\nm:a/0;l:map/2;m:x/1 100\nm:b/0 1\nm:b/0;l:map/2 9\nm:b/0;l:map/2;m:y/1 9\n",
      "m:a/0 1\nm:a/0;l:map/2 2\nm:a/0;l:map/2;m:x/1 200\nm:b/0 1\nm:b/0;l:map/2 9\nm:b/0;l:map/2;m:y/1 9\n");
  assert_int_equal(verdict->finding_count, 2);
  assert_finding(verdict, 0, FINDING_CALLS, FINDING_REGRESSION, "l:map/2");
  assert_edge(&verdict->findings[0], "m:a/0", RATE(1, 1), RATE(2, 1));
  assert_finding(verdict, 1, FINDING_CALLS, FINDING_FOLLOWS, "m:x/1");
  verdict_free(verdict);
}

// Only where a calls it does map call x more; b's map is another place of the same caller.
static void the_place_of_the_growth_is_told(void **state)
{
  (void)state;
  struct verdict *verdict =
      judged_stacks("m:a/0 1\nm:a/0;l:map/2 1\nm:a/0;l:map/2;m:x/1 5\nm:b/0 1\nm:b/0;l:map/2 3\n",
                    "m:a/0 1\nm:a/0;l:map/2 1\nm:a/0;l:map/2;m:x/1 6\nm:b/0 1\nm:b/0;l:map/2 3\n");
  assert_int_equal(verdict->finding_count, 1);
  assert_edge(&verdict->findings[0], "l:map/2", RATE(5, 1), RATE(6, 1));
  assert_string_equal(verdict->findings[0].edge.within, "m:a/0");
  verdict_free(verdict);
}

// Both are causes; the larger one is beneath the other.
static void a_cause_beneath_another_comes_after_it(void **state)
{
  (void)state;
  struct verdict *verdict =
      judged_stacks("m:f/0 1\nm:f/0;m:g/0 1\nm:f/0;m:g/0;m:h/0 1\n", "m:f/0 1\nm:f/0;m:g/0 2\nm:f/0;m:g/0;m:h/0 900\n");
  assert_int_equal(verdict->regressions, 2);
  assert_finding(verdict, 0, FINDING_CALLS, FINDING_REGRESSION, "m:g/0");
  assert_finding(verdict, 1, FINDING_CALLS, FINDING_REGRESSION, "m:h/0");
  assert_edge(&verdict->findings[1], "m:g/0", RATE(1, 1), RATE(900, 2));
  verdict_free(verdict);
}

// g is called 78 times, then 325: h's 66 would be 275 then, and are 300. Allowed growth of g takes no blame.
static void most_of_a_growth_may_come_from_above(void **state)
{
  (void)state;
  struct written base = {.stacks = "m:f/0 1\nm:f/0;m:g/0 78\nm:f/0;m:g/0;m:h/0 66\n", .captured = 1};
  struct written head = {.stacks = "m:f/0 1\nm:f/0;m:g/0 325\nm:f/0;m:g/0;m:h/0 300\n", .captured = 1};
  struct verdict *verdict = judged(base, head, &strict);
  assert_int_equal(verdict->regressions, 1);
  assert_finding(verdict, 0, FINDING_CALLS, FINDING_REGRESSION, "m:g/0");
  assert_finding(verdict, 1, FINDING_CALLS, FINDING_FOLLOWS, "m:h/0");
  verdict_free(verdict);

  const struct verdict_limit items[] = {{"m:g/0", VERDICT_NO_LIMIT}};
  struct verdict_terms terms = strict;
  terms.calls = (struct verdict_limits){.items = items, .count = 1};
  verdict = judged(base, head, &terms);
  assert_int_equal(verdict->regressions, 1);
  assert_finding(verdict, 0, FINDING_CALLS, FINDING_REGRESSION, "m:h/0");
  assert_finding(verdict, 1, FINDING_CALLS, FINDING_ALLOWED, "m:g/0");
  verdict_free(verdict);
}

// g's growth is nobody's concern, nor is what comes of it alone.
static void what_follows_from_an_allowed_growth_is_allowed(void **state)
{
  (void)state;
  struct written base = {.stacks = "m:f/0 1\nm:f/0;m:g/0 1\nm:f/0;m:g/0;m:h/0 3\n", .captured = 1};
  struct written head = {.stacks = "m:f/0 1\nm:f/0;m:g/0 5\nm:f/0;m:g/0;m:h/0 15\n", .captured = 1};
  const struct verdict_limit items[] = {{"m:g/0", VERDICT_NO_LIMIT}};
  struct verdict_terms terms = strict;
  terms.calls = (struct verdict_limits){.items = items, .count = 1};
  struct verdict *verdict = judged(base, head, &terms);
  assert_int_equal(verdict->regressions, 0);
  assert_finding(verdict, 0, FINDING_CALLS, FINDING_FOLLOWS, "m:h/0");
  assert_finding(verdict, 1, FINDING_CALLS, FINDING_ALLOWED, "m:g/0");
  verdict_free(verdict);
}

// The cause is two calls away from what mostly follows from it: x, 10 times a call of h, is 210 and would be 200.
static void blame_goes_all_the_way_up(void **state)
{
  (void)state;
  struct verdict *verdict =
      judged_stacks("m:f/0 1\nm:f/0;m:g/0 1\nm:f/0;m:g/0;m:h/0 1\nm:f/0;m:g/0;m:h/0;m:x/0 10\n",
                    "m:f/0 1\nm:f/0;m:g/0 20\nm:f/0;m:g/0;m:h/0 20\nm:f/0;m:g/0;m:h/0;m:x/0 210\n");
  assert_int_equal(verdict->regressions, 1);
  assert_finding(verdict, 0, FINDING_CALLS, FINDING_REGRESSION, "m:g/0");
  assert_finding(verdict, 1, FINDING_CALLS, FINDING_FOLLOWS, "m:x/0");
  assert_finding(verdict, 2, FINDING_CALLS, FINDING_FOLLOWS, "m:h/0");
  verdict_free(verdict);
}

// Each of a and b comes mostly from the other: if both followed, nobody would have done it.
static void two_do_not_excuse_each_other(void **state)
{
  (void)state;
  struct verdict *verdict =
      judged_stacks("m:f/0 1\nm:f/0;m:a/0 1\nm:f/0;m:a/0;m:b/0 10\nm:e/0 1\nm:e/0;m:b/0 1\nm:e/0;m:b/0;m:a/0 10\n",
                    "m:f/0 1\nm:f/0;m:a/0 2\nm:f/0;m:a/0;m:b/0 20\nm:e/0 1\nm:e/0;m:b/0 2\nm:e/0;m:b/0;m:a/0 20\n");
  assert_int_equal(verdict->regressions, 2);
  verdict_free(verdict);
}

// a adds two in either of two places, b three in one.
static void places_of_a_caller_are_added_up(void **state)
{
  (void)state;
  struct verdict *verdict = judged_stacks(
      "m:x/0 1\nm:x/0;m:a/0 1\nm:x/0;m:a/0;m:g/0 1\nm:y/0 1\nm:y/0;m:a/0 1\nm:y/0;m:a/0;m:g/0 1\nm:b/0 1\n",
      "m:x/0 1\nm:x/0;m:a/0 1\nm:x/0;m:a/0;m:g/0 3\nm:y/0 1\nm:y/0;m:a/0 1\nm:y/0;m:a/0;m:g/0 3\nm:b/0 1\n"
      "m:b/0;m:g/0 3\n");
  assert_int_equal(verdict->finding_count, 1);
  assert_edge(&verdict->findings[0], "m:a/0", RATE(2, 2), RATE(6, 2));
  verdict_free(verdict);
}

// a calls g two times more, b five times, c once less.
static void the_edge_that_grew_most_is_named(void **state)
{
  (void)state;
  struct verdict *verdict = judged_stacks("m:a/0 1\nm:a/0;m:g/0 1\nm:b/0 1\nm:b/0;m:g/0 1\nm:c/0 1\nm:c/0;m:g/0 9\n",
                                          "m:a/0 1\nm:a/0;m:g/0 3\nm:b/0 1\nm:b/0;m:g/0 6\nm:c/0 1\nm:c/0;m:g/0 8\n");
  assert_int_equal(verdict->finding_count, 1);
  assert_edge(&verdict->findings[0], "m:b/0", RATE(1, 1), RATE(6, 1));
  verdict_free(verdict);
}

static void recursion_that_goes_deeper_is_its_own_doing(void **state)
{
  (void)state;
  struct verdict *verdict = judged_stacks("m:f/0 1\nm:f/0;m:w/1 1\nm:f/0;m:w/1;m:w/1 1\nm:f/0;m:w/1;m:w/1;m:w/1 1\n",
                                          "m:f/0 1\nm:f/0;m:w/1 1\nm:f/0;m:w/1;m:w/1 1\nm:f/0;m:w/1;m:w/1;m:w/1 1\n"
                                          "m:f/0;m:w/1;m:w/1;m:w/1;m:w/1 4\n");
  assert_int_equal(verdict->finding_count, 1);
  assert_finding(verdict, 0, FINDING_CALLS, FINDING_REGRESSION, "m:w/1");
  assert_true(verdict->findings[0].edge.itself);
  assert_edge(&verdict->findings[0], "m:w/1", RATE(2, 1), RATE(6, 1));
  verdict_free(verdict);
}

static void new_functions_are_growth_unless_allowed(void **state)
{
  (void)state;
  struct written base = {.stacks = "m:f/0 2\n", .captured = 2};
  struct written head = {.stacks = "m:f/0 2\nm:f/0;m:g/0 6\nm:f/0;m:g/0;m:h/0 600\n", .captured = 2};
  struct verdict *verdict = judged(base, head, &strict);
  assert_int_equal(verdict->regressions, 1);
  assert_finding(verdict, 0, FINDING_NEW, FINDING_REGRESSION, "m:g/0");
  assert_edge(&verdict->findings[0], "m:f/0", RATE(0, 2), RATE(6, 2));
  assert_finding(verdict, 1, FINDING_NEW, FINDING_FOLLOWS, "m:h/0");
  verdict_free(verdict);

  struct verdict_terms lenient = strict;
  lenient.allow_new = true;
  verdict = judged(base, head, &lenient);
  assert_int_equal(verdict->regressions, 0);
  assert_int_equal(verdict->finding_count, 2);
  verdict_free(verdict);
}

static void vanished_functions_are_said(void **state)
{
  (void)state;
  struct written base = {.stacks = "m:f/0 1\nm:f/0;m:g/0 6\n", .captured = 1};
  struct written head = {.stacks = "m:f/0 1\n", .captured = 1};
  struct verdict *verdict = judged(base, head, &strict);
  assert_int_equal(verdict->regressions, 0);
  assert_int_equal(verdict->finding_count, 1);
  assert_finding(verdict, 0, FINDING_VANISHED, FINDING_SAID, "m:g/0");
  verdict_free(verdict);

  struct verdict_terms severe = strict;
  severe.fail_vanished = true;
  verdict = judged(base, head, &severe);
  assert_int_equal(verdict->regressions, 1);
  verdict_free(verdict);
}

static void fewer_calls_are_an_improvement(void **state)
{
  (void)state;
  struct verdict *verdict = judged_stacks("m:f/0 1\nm:f/0;m:g/0 6\n", "m:f/0 1\nm:f/0;m:g/0 5\n");
  assert_int_equal(verdict->regressions, 0);
  assert_finding(verdict, 0, FINDING_FEWER, FINDING_IMPROVEMENT, "m:g/0");
  verdict_free(verdict);
}

// The calls of h move from where it is cheap to where it is not: nobody is called more but what is beneath it.
static void growth_that_nobody_explains_is_a_regression(void **state)
{
  (void)state;
  struct verdict *verdict = judged_stacks("m:a/0 1\nm:a/0;m:h/0 1\nm:a/0;m:h/0;m:x/0 1\nm:b/0 1\n",
                                          "m:a/0 1\nm:b/0 1\nm:b/0;m:h/0 1\nm:b/0;m:h/0;m:x/0 9\n");
  assert_int_equal(verdict->regressions, 1);
  assert_finding(verdict, 0, FINDING_CALLS, FINDING_REGRESSION, "m:x/0");
  assert_string_equal(verdict->findings[0].edge.caller, "m:h/0");
  verdict_free(verdict);
}

// BASE has a, and what it calls, elsewhere: the wrapper explains none of a's new calls.
static void a_new_wrapper_hides_nothing(void **state)
{
  (void)state;
  struct verdict_terms lenient = strict;
  lenient.allow_new = true;
  struct written base = {.stacks = "m:r/0 1\nm:r/0;m:a/0 1\nm:r/0;m:a/0;m:b/0 3\n", .captured = 1};
  struct written head = {.stacks = "m:r/0 1\nm:r/0;m:w/0 1\nm:r/0;m:w/0;m:a/0 1\nm:r/0;m:w/0;m:a/0;m:b/0 1000\n",
                         .captured = 1};
  struct verdict *verdict = judged(base, head, &strict);
  assert_int_equal(verdict->regressions, 2);
  verdict_free(verdict);
  verdict = judged(base, head, &lenient);
  assert_int_equal(verdict->regressions, 1);
  assert_finding(verdict, 0, FINDING_CALLS, FINDING_REGRESSION, "m:b/0");
  assert_edge(&verdict->findings[0], "m:a/0", RATE(3, 1), RATE(1000, 1));
  verdict_free(verdict);

  // In BASE a calls nobody.
  base.stacks = "m:r/0 1\nm:r/0;m:b/0 3\nm:r/0;m:a/0 2\n";
  verdict = judged(base, head, &lenient);
  assert_int_equal(verdict->regressions, 1);
  assert_edge(&verdict->findings[0], "m:a/0", RATE(0, 2), RATE(1000, 1));
  verdict_free(verdict);

  // Ten times a, which does what it did.
  base.stacks = "m:r/0 1\nm:r/0;m:a/0 1\nm:r/0;m:a/0;m:b/0 3\n";
  head.stacks = "m:r/0 1\nm:r/0;m:w/0 1\nm:r/0;m:w/0;m:a/0 10\nm:r/0;m:w/0;m:a/0;m:b/0 30\n";
  verdict = judged(base, head, &strict);
  assert_int_equal(verdict->regressions, 1);
  assert_finding(verdict, 0, FINDING_NEW, FINDING_REGRESSION, "m:w/0");
  verdict_free(verdict);

  // a recurses.
  base.stacks = "m:r/0 1\nm:r/0;m:a/0 1\nm:r/0;m:a/0;m:a/0 3\n";
  head.stacks = "m:r/0 1\nm:r/0;m:w/0 1\nm:r/0;m:w/0;m:a/0 1\nm:r/0;m:w/0;m:a/0;m:a/0 1000\n";
  verdict = judged(base, head, &lenient);
  assert_int_equal(verdict->regressions, 1);
  assert_true(verdict->findings[0].edge.itself);
  assert_edge(&verdict->findings[0], "m:a/0", RATE(3, 1), RATE(1000, 1));
  verdict_free(verdict);
}

// Elsewhere in BASE map calls functions of its callers, too; this one comes with w.
static void a_new_function_comes_with_its_callers(void **state)
{
  (void)state;
  struct verdict *verdict =
      judged_stacks("m:r/0 1\nm:r/0;l:map/2 2\nm:r/0;l:map/2;m:x/1 9\n",
                    "m:r/0 1\nm:r/0;l:map/2 2\nm:r/0;l:map/2;m:x/1 9\nm:r/0;m:w/0 1\nm:r/0;m:w/0;l:map/2 1\n"
                    "m:r/0;m:w/0;l:map/2;m:w/0-fun 7\n");
  assert_int_equal(verdict->regressions, 1);
  assert_finding(verdict, 0, FINDING_NEW, FINDING_REGRESSION, "m:w/0");
  verdict_free(verdict);
}

// In BASE a process stood in loop already; in HEAD it comes to it by a call.
static void a_caller_that_was_not_seen_being_called_explains_nothing(void **state)
{
  (void)state;
  struct verdict_terms lenient = strict;
  lenient.allow_new = true;
  struct verdict *verdict = judged((struct written){.stacks = "m:loop/0;m:g/0 10\n"},
                                   (struct written){.stacks = "m:loop/0 1\nm:loop/0;m:g/0 1000\n"}, &lenient);
  assert_int_equal(verdict->regressions, 1);
  assert_finding(verdict, 0, FINDING_CALLS, FINDING_REGRESSION, "m:g/0");
  verdict_free(verdict);
}

// 9 % here, 9 % there.
static void growth_that_is_spread_is_a_regression(void **state)
{
  (void)state;
  struct verdict_terms terms = strict;
  terms.calls.growth = 10 * VERDICT_PERCENT;
  struct written base = {.stacks = "m:r/0 1\nm:r/0;m:a/0 100\nm:r/0;m:a/0;m:b/0 100\nm:r/0;m:a/0;m:b/0;m:c/0 100\n",
                         .captured = 1};
  struct written head = {.stacks = "m:r/0 1\nm:r/0;m:a/0 109\nm:r/0;m:a/0;m:b/0 118\nm:r/0;m:a/0;m:b/0;m:c/0 118\n",
                         .captured = 1};
  struct verdict *verdict = judged(base, head, &terms);
  assert_int_equal(verdict->regressions, 1);
  assert_finding(verdict, 0, FINDING_CALLS, FINDING_REGRESSION, "m:b/0");
  assert_edge(&verdict->findings[0], "m:a/0", RATE(100, 100), RATE(118, 109));
  assert_finding(verdict, 1, FINDING_CALLS, FINDING_FOLLOWS, "m:c/0");
  verdict_free(verdict);

  const struct verdict_limit items[] = {{"m:a/0", 10 * VERDICT_PERCENT}};
  terms.calls.items = items, terms.calls.count = 1; // a may, by name
  verdict = judged(base, head, &terms);
  assert_int_equal(verdict->regressions, 0);
  verdict_free(verdict);

  // Each beneath the other, and 8 of its 16 come from there.
  terms.calls.count = 0;
  base.stacks = "m:x/0 1\nm:x/0;m:a/0 50\nm:x/0;m:a/0;m:b/0 50\nm:y/0 1\nm:y/0;m:b/0 50\nm:y/0;m:b/0;m:a/0 50\n";
  head.stacks = "m:x/0 1\nm:x/0;m:a/0 58\nm:x/0;m:a/0;m:b/0 58\nm:y/0 1\nm:y/0;m:b/0 58\nm:y/0;m:b/0;m:a/0 58\n";
  verdict = judged(base, head, &terms);
  assert_true(verdict->regressions > 0);
  verdict_free(verdict);
}

static size_t regressions_at(uint64_t base, uint64_t head, const struct verdict_terms *terms)
{
  char left[64], right[64];
  snprintf(left, sizeof left, "m:f/0 1\nm:f/0;m:g/0 %llu\n", (unsigned long long)base);
  snprintf(right, sizeof right, "m:f/0 1\nm:f/0;m:g/0 %llu\n", (unsigned long long)head);
  struct verdict *verdict =
      judged((struct written){.stacks = left, .captured = 1}, (struct written){.stacks = right, .captured = 1}, terms);
  size_t regressions = verdict->regressions;
  verdict_free(verdict);
  return regressions;
}

static void growth_is_held_to_limits(void **state)
{
  (void)state;
  struct verdict_terms terms = strict;
  terms.calls.growth = 10 * VERDICT_PERCENT;
  assert_int_equal(regressions_at(100, 110, &terms), 0);
  assert_int_equal(regressions_at(100, 111, &terms), 1);
  terms.calls.growth = VERDICT_NO_LIMIT;
  assert_int_equal(regressions_at(100, 1000, &terms), 0);
  assert_int_equal(regressions_at(0, 1000, &terms), 0);

  const struct verdict_limit items[] = {{"m:*", 50 * VERDICT_PERCENT}, {"m:g", 20 * VERDICT_PERCENT}, {"x:*", 0}};
  terms.calls = (struct verdict_limits){.growth = 0, .items = items, .count = 3};
  assert_int_equal(regressions_at(100, 120, &terms), 0);
  assert_int_equal(regressions_at(100, 121, &terms), 1); // the later pattern counts
  terms.calls.count = 1;
  assert_int_equal(regressions_at(100, 150, &terms), 0);
  assert_int_equal(regressions_at(100, 151, &terms), 1);
}

// Larger than what a double tells apart.
static void one_call_in_very_many_counts(void **state)
{
  (void)state;
  assert_int_equal(regressions_at(1ull << 50, (1ull << 50) + 1, &strict), 1);
  assert_int_equal(regressions_at(1ull << 50, 1ull << 50, &strict), 0);
}

// What is left out has no finding, and is looked through.
static void functions_are_chosen(void **state)
{
  (void)state;
  struct written base = {.stacks = "S.f/0 1\nS.f/0;l:map/2 1\nS.f/0;l:map/2;S.g/0 1\n", .captured = 1};
  struct written head = {.stacks = "S.f/0 1\nS.f/0;l:map/2 9\nS.f/0;l:map/2;S.g/0 9\n", .captured = 1};
  const char *const own[] = {"S.*"}, *const other[] = {"l:*"};
  struct verdict_terms terms = strict;
  for (int skips = 0; skips < 2; skips++) {
    terms.only = own, terms.only_count = !skips;
    terms.skip = other, terms.skip_count = skips;
    struct verdict *verdict = judged(base, head, &terms);
    assert_int_equal(verdict->finding_count, 1);
    assert_finding(verdict, 0, FINDING_CALLS, FINDING_REGRESSION, "S.g/0");
    assert_edge(&verdict->findings[0], "S.f/0", RATE(1, 1), RATE(9, 1));
    verdict_free(verdict);
  }
}

// Nobody saw f being called: a process stood in it. Its calls are per captured call.
static void callers_that_were_not_seen_being_called(void **state)
{
  (void)state;
  struct written base = {.stacks = "m:loop/0;m:g/0 4\n", .captured = 2};
  struct written head = {.stacks = "m:loop/0;m:g/0 6\nm:h/0 2\n", .captured = 2};
  struct verdict *verdict = judged(base, head, &strict);
  assert_int_equal(verdict->regressions, 2);
  assert_finding(verdict, 0, FINDING_CALLS, FINDING_REGRESSION, "m:g/0");
  assert_edge(&verdict->findings[0], "m:loop/0", RATE(4, 2), RATE(6, 2));
  assert_false(verdict->findings[0].edge.counted);
  assert_finding(verdict, 1, FINDING_NEW, FINDING_REGRESSION, "m:h/0");
  assert_edge(&verdict->findings[1], NULL, RATE(0, 2), RATE(2, 2));
  verdict_free(verdict);
}

// Two processes stood in loop, by different ways: together it is still two captured calls.
static void places_of_an_uncounted_caller(void **state)
{
  (void)state;
  struct written base = {.stacks = "m:x/0;m:loop/0;m:g/0 2\nm:y/0;m:loop/0;m:g/0 2\n", .captured = 2};
  struct written head = {.stacks = "m:x/0;m:loop/0;m:g/0 4\nm:y/0;m:loop/0;m:g/0 4\n", .captured = 2};
  struct verdict *verdict = judged(base, head, &strict);
  assert_edge(&verdict->findings[0], "m:loop/0", RATE(4, 2), RATE(8, 2));
  verdict_free(verdict);
}

static struct written timed(uint64_t own_ns, uint64_t call_ns, unsigned spread_percent)
{
  return (struct written){.stacks = "m:f/0 10\nm:f/0;m:g/0 10\n",
                          .captured = 10,
                          .measured = 10,
                          .call_ns = call_ns,
                          .own_ns = own_ns,
                          .timed = "m:g/0",
                          .spread_percent = spread_percent};
}

static void assert_times(struct written base, struct written head, size_t regressions)
{
  struct verdict *verdict = judged(base, head, &strict);
  assert_int_equal(verdict->times, TIMES_COMPARED);
  assert_int_equal(verdict->regressions, regressions);
  verdict_free(verdict);
}

static void doubled_times_fail_and_noise_does_not(void **state)
{
  (void)state;
  assert_times(timed(10 * MS, 20 * MS, 10), timed(11 * MS, 22 * MS, 10), 0);
  assert_times(timed(10 * MS, 20 * MS, 10), timed(20 * MS, 40 * MS, 10), 2);
  assert_times(timed(10 * MS, 20 * MS, 10), timed(20 * MS, 22 * MS, 10), 1);
  assert_times(timed(10 * MS, 20 * MS, 1), timed(12 * MS, 24 * MS, 1), 0); // just the limit
  assert_times(timed(10 * MS, 20 * MS, 1), timed(12 * MS + 1, 24 * MS, 1), 1);
  struct verdict *verdict = judged(timed(10 * MS, 20 * MS, 10), timed(20 * MS, 40 * MS, 10), &strict);
  assert_finding(verdict, 0, FINDING_OWN_TIME, FINDING_REGRESSION, "m:g/0");
  assert_finding(verdict, 1, FINDING_CALL_TIME, FINDING_REGRESSION, "m:f/0");
  assert_int_equal(verdict->findings[1].head_time.median_ns, 40 * MS);
  verdict_free(verdict);
}

// 10 to 14 ms: with 10 % either way the ranges are 2 and 2.8 ms, with 5 % half of that.
static void a_change_within_the_spread_is_none(void **state)
{
  (void)state;
  assert_times(timed(10 * MS, MS, 10), timed(14 * MS, MS, 10), 0);
  assert_times(timed(10 * MS, MS, 5), timed(14 * MS, MS, 5), 1);
}

static void a_change_below_the_floor_is_none(void **state)
{
  (void)state;
  uint64_t floor_ns = VERDICT_TIME_FLOOR_NS;
  assert_times(timed(floor_ns, MS, 1), timed(2 * floor_ns - 1, MS, 1), 0);
  assert_times(timed(floor_ns, MS, 1), timed(2 * floor_ns, MS, 1), 1);
}

static void faster_is_an_improvement(void **state)
{
  (void)state;
  struct verdict *verdict = judged(timed(20 * MS, 40 * MS, 10), timed(10 * MS, 20 * MS, 10), &strict);
  assert_int_equal(verdict->regressions, 0);
  assert_finding(verdict, 0, FINDING_OWN_FASTER, FINDING_IMPROVEMENT, "m:g/0");
  assert_finding(verdict, 1, FINDING_CALL_FASTER, FINDING_IMPROVEMENT, "m:f/0");
  verdict_free(verdict);
}

// Twice as many calls, twice the time: the calls are at fault, unless nobody minds them.
static void the_time_of_more_calls_follows_from_them(void **state)
{
  (void)state;
  struct written base = timed(10 * MS, 20 * MS, 5), head = timed(20 * MS, 20 * MS, 5);
  head.stacks = "m:f/0 10\nm:f/0;m:g/0 20\n";
  struct verdict *verdict = judged(base, head, &strict);
  assert_int_equal(verdict->regressions, 1);
  assert_finding(verdict, 0, FINDING_CALLS, FINDING_REGRESSION, "m:g/0");
  assert_finding(verdict, 1, FINDING_OWN_TIME, FINDING_FOLLOWS, "m:g/0");
  verdict_free(verdict);

  struct verdict_terms terms = strict;
  terms.calls.growth = VERDICT_NO_LIMIT;
  verdict = judged(base, head, &terms);
  assert_int_equal(verdict->regressions, 1);
  assert_finding(verdict, 0, FINDING_OWN_TIME, FINDING_REGRESSION, "m:g/0");
  verdict_free(verdict);

  head = timed(25 * MS, 20 * MS, 5); // each call takes a quarter longer, too
  head.stacks = "m:f/0 10\nm:f/0;m:g/0 20\n";
  verdict = judged(base, head, &strict);
  assert_int_equal(verdict->regressions, 2);
  verdict_free(verdict);
}

// What a snapshot has no line for was less than the floor.
static void times_that_were_too_short_to_keep(void **state)
{
  (void)state;
  uint64_t floor_ns = VERDICT_TIME_FLOOR_NS;
  assert_times(timed(0, MS, 1), timed(2 * floor_ns - 1, MS, 1), 0);
  assert_times(timed(0, MS, 1), timed(2 * floor_ns, MS, 1), 1);
}

// Twice as many calls, each as short as it may have been when it took too little for a line.
static void the_time_of_more_short_calls_follows_from_them(void **state)
{
  (void)state;
  struct written head = timed(2 * VERDICT_TIME_FLOOR_NS + 10000, MS, 1);
  head.stacks = "m:f/0 10\nm:f/0;m:g/0 20\n";
  struct verdict *verdict = judged(timed(0, MS, 1), head, &strict);
  assert_int_equal(verdict->regressions, 1);
  assert_finding(verdict, 1, FINDING_OWN_TIME, FINDING_FOLLOWS, "m:g/0");
  verdict_free(verdict);
}

// 2^63 and 2^63 are not 0.
static void ranges_add_up_to_more_than_64_bits(void **state)
{
  (void)state;
  uint64_t half = UINT64_C(1) << 63;
  struct judged_times {
    struct profile_spread base, head;
  } times = {{MS, 0, half}, {100 * MS, 0, half}};
  struct profile *sides[2];
  for (int i = 0; i < 2; i++) {
    struct error err = {0};
    struct profile_builder *builder = profile_builder_new(&err);
    struct profile_spread own = {0};
    char stack[] = "m:f/0 5";
    add_stack(builder, stack);
    profile_builder_calls(builder, &(struct profile_call){0}, 0, 5);
    profile_builder_measured(builder, 5, i ? &times.head : &times.base, &own);
    sides[i] = profile_builder_finish(builder, &(struct profile_totals){.counts_known = true}, &err);
  }
  struct error err = {0};
  struct verdict *verdict = verdict_new(sides[0], sides[1], &strict, &err);
  assert_int_equal(verdict->times, TIMES_COMPARED);
  assert_int_equal(verdict->regressions, 0);
  verdict_free(verdict);
  profile_free(sides[0]);
  profile_free(sides[1]);
}

// Stacks of several functions have no name in common.
static void the_whole_call_is_that_of_the_outermost_function(void **state)
{
  (void)state;
  const struct verdict_limit items[] = {{"m:f/0", 100 * VERDICT_PERCENT}};
  struct verdict_terms terms = strict;
  terms.time = (struct verdict_limits){.growth = 20 * VERDICT_PERCENT, .items = items, .count = 1};
  struct written base = timed(MS, 10 * MS, 1), head = timed(MS, 20 * MS, 1);
  struct verdict *verdict = judged(base, head, &terms);
  assert_int_equal(verdict->regressions, 0);
  verdict_free(verdict);

  const char *const other[] = {"m:g/0"};
  terms = strict;
  terms.only = other, terms.only_count = 1;
  verdict = judged(base, head, &terms);
  assert_int_equal(verdict->regressions, 0);
  verdict_free(verdict);

  head.stacks = "m:f/0 10\nm:f/0;m:g/0 10\nm:e/0 10\n";
  verdict = judged(base, head, &strict);
  assert_finding(verdict, 1, FINDING_CALL_TIME, FINDING_REGRESSION, "m:f/0"); // of BASE's
  verdict_free(verdict);
  base.stacks = head.stacks;
  verdict = judged(base, head, &strict);
  assert_finding(verdict, 0, FINDING_CALL_TIME, FINDING_REGRESSION, "");
  verdict_free(verdict);
}

static void times_need_evidence(void **state)
{
  (void)state;
  struct written base = timed(10 * MS, 20 * MS, 1), head = timed(20 * MS, 40 * MS, 1);
  head.measured = VERDICT_MIN_MEASURED - 1;
  struct verdict *verdict = judged(base, head, &strict);
  assert_int_equal(verdict->times, TIMES_TOO_FEW);
  assert_int_equal(verdict->finding_count, 0);
  verdict_free(verdict);
  head.measured = VERDICT_MIN_MEASURED;
  assert_times(base, head, 2);
  base.captured = head.captured = 0;
  verdict = judged(base, head, &strict);
  assert_int_equal(verdict->times, TIMES_NO_CALLS);
  assert_int_equal(verdict->finding_count, 0);
  verdict_free(verdict);
}

static void times_have_limits_of_their_own(void **state)
{
  (void)state;
  const struct verdict_limit items[] = {{"m:g/0", 200 * VERDICT_PERCENT}};
  struct verdict_terms terms = strict;
  terms.time = (struct verdict_limits){.growth = VERDICT_NO_LIMIT, .items = items, .count = 1};
  struct verdict *verdict = judged(timed(10 * MS, 10 * MS, 1), timed(30 * MS, 90 * MS, 1), &terms);
  assert_int_equal(verdict->regressions, 0);
  verdict_free(verdict);
  verdict = judged(timed(10 * MS, 10 * MS, 1), timed(31 * MS, 90 * MS, 1), &terms);
  assert_int_equal(verdict->regressions, 1);
  verdict_free(verdict);
}

static void assert_note(const struct verdict *verdict, size_t index, enum verdict_note_kind kind, const char *base,
                        const char *head)
{
  assert_true(index < verdict->note_count);
  const struct verdict_note *note = &verdict->notes[index];
  assert_int_equal(note->kind, kind);
  if (base)
    assert_string_equal(note->base, base);
  else
    assert_null(note->base);
  if (head)
    assert_string_equal(note->head, head);
  else
    assert_null(note->head);
}

static void what_makes_it_doubtful_is_noted(void **state)
{
  (void)state;
  struct written base = {
      .stacks = "m:f/0 1\n", .captured = 1, .facts = "target=m:f()\notp=25\nelixir=1.14.0\nended=returned\n"};
  struct written head = {.stacks = "m:f/0 1\n",
                         .captured = 1,
                         .facts = "target=m:f(1)\notp=27\nelixir=1.18.1\nselection=only m\nended=max-events\n",
                         .lost = 3};
  struct verdict *verdict = judged(base, head, &strict);
  assert_note(verdict, 0, NOTE_TARGET, "m:f()", "m:f(1)");
  assert_note(verdict, 1, NOTE_SELECTION, NULL, "only m");
  assert_note(verdict, 2, NOTE_OTP, "25", "27");
  assert_note(verdict, 3, NOTE_ELIXIR, "1.14.0", "1.18.1");
  assert_note(verdict, 4, NOTE_LOST, NULL, "");
  assert_note(verdict, 5, NOTE_BOUND, NULL, "max-events");
  assert_int_equal(verdict->note_count, 6);
  assert_int_equal(verdict->regressions, 0);
  verdict_free(verdict);

  // What one side does not say differs from nothing.
  base.facts = "otp=25\n";
  head.facts = "elixir=1.18.1\n";
  head.lost = 0;
  head.captured = 0;
  verdict = judged(base, head, &strict);
  assert_note(verdict, 0, NOTE_CALLS, "", NULL);
  assert_int_equal(verdict->note_count, 1);
  verdict_free(verdict);

  base.facts = head.facts = "ended=deadline\n";
  base.captured = 0;
  verdict = judged(base, head, &strict);
  assert_note(verdict, 0, NOTE_CLOCK, "deadline", "deadline");
  assert_int_equal(verdict->note_count, 1);
  verdict_free(verdict);

  verdict = judged_stacks("m:f/0 1\n", "m:g/0 1\n");
  assert_note(verdict, 0, NOTE_STRANGERS, NULL, NULL);
  verdict_free(verdict);
}

// A snapshot has them clean, and of the same run a capture has not.
static void facts_are_compared_as_snapshots_have_them(void **state)
{
  (void)state;
  struct written base = {.stacks = "m:f/0 1\n", .captured = 1, .facts = "target=m:f(\"a\uFFFDb\")\n"};
  struct written head = {.stacks = "m:f/0 1\n", .captured = 1, .facts = "target=m:f(\"a\tb\")\n"};
  struct verdict *verdict = judged(base, head, &strict);
  assert_int_equal(verdict->note_count, 0);
  verdict_free(verdict);
  base.facts = "lost_events=12\n", head.facts = "lost_events=0\n";
  verdict = judged(base, head, &strict);
  assert_note(verdict, 0, NOTE_LOST, "", NULL);
  assert_int_equal(verdict->note_count, 1);
  verdict_free(verdict);
  base.facts = "overhead=full\n", head.facts = "overhead=20%\nfolded=3\n";
  verdict = judged(base, head, &strict);
  assert_note(verdict, 0, NOTE_BUDGET, NULL, "3");
  assert_int_equal(verdict->note_count, 1);
  verdict_free(verdict);
}

static void nothing_to_judge_is_an_error(void **state)
{
  (void)state;
  const char *const sides[][2] = {{"m:f/0 1\n", "m:f/0 0\n"}, {"m:f/0 0\n", "m:f/0 1\n"}, {"", ""}};
  for (size_t i = 0; i < 3; i++) {
    struct error err = {0};
    struct profile *base = profile_of(&(struct written){.stacks = sides[i][0], .captured = 1});
    struct profile *head = profile_of(&(struct written){.stacks = sides[i][1], .captured = 1});
    assert_null(verdict_new(base, head, &strict, &err));
    assert_int_equal(err.code, ERROR_DATA);
    profile_free(base);
    profile_free(head);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_is_no_finding),
      cmocka_unit_test(what_differs_in_a_call_counts),
      cmocka_unit_test(the_cause_comes_first),
      cmocka_unit_test(a_caller_of_many_is_not_blamed_for_one),
      cmocka_unit_test(the_place_of_the_growth_is_told),
      cmocka_unit_test(a_cause_beneath_another_comes_after_it),
      cmocka_unit_test(most_of_a_growth_may_come_from_above),
      cmocka_unit_test(what_follows_from_an_allowed_growth_is_allowed),
      cmocka_unit_test(blame_goes_all_the_way_up),
      cmocka_unit_test(two_do_not_excuse_each_other),
      cmocka_unit_test(places_of_a_caller_are_added_up),
      cmocka_unit_test(the_edge_that_grew_most_is_named),
      cmocka_unit_test(places_of_an_uncounted_caller),
      cmocka_unit_test(recursion_that_goes_deeper_is_its_own_doing),
      cmocka_unit_test(new_functions_are_growth_unless_allowed),
      cmocka_unit_test(vanished_functions_are_said),
      cmocka_unit_test(fewer_calls_are_an_improvement),
      cmocka_unit_test(growth_that_nobody_explains_is_a_regression),
      cmocka_unit_test(growth_is_held_to_limits),
      cmocka_unit_test(one_call_in_very_many_counts),
      cmocka_unit_test(functions_are_chosen),
      cmocka_unit_test(callers_that_were_not_seen_being_called),
      cmocka_unit_test(doubled_times_fail_and_noise_does_not),
      cmocka_unit_test(a_change_within_the_spread_is_none),
      cmocka_unit_test(a_change_below_the_floor_is_none),
      cmocka_unit_test(faster_is_an_improvement),
      cmocka_unit_test(the_time_of_more_calls_follows_from_them),
      cmocka_unit_test(times_that_were_too_short_to_keep),
      cmocka_unit_test(times_need_evidence),
      cmocka_unit_test(times_have_limits_of_their_own),
      cmocka_unit_test(what_makes_it_doubtful_is_noted),
      cmocka_unit_test(a_new_wrapper_hides_nothing),
      cmocka_unit_test(a_new_function_comes_with_its_callers),
      cmocka_unit_test(a_caller_that_was_not_seen_being_called_explains_nothing),
      cmocka_unit_test(growth_that_is_spread_is_a_regression),
      cmocka_unit_test(the_time_of_more_short_calls_follows_from_them),
      cmocka_unit_test(ranges_add_up_to_more_than_64_bits),
      cmocka_unit_test(the_whole_call_is_that_of_the_outermost_function),
      cmocka_unit_test(facts_are_compared_as_snapshots_have_them),
      cmocka_unit_test(nothing_to_judge_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
