// The rules of stacks and names (4, 7 to 12, 14 and 17 of the rules a frame stands for), one test each or more.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream.h"

static void rule_7_a_caller_decides_the_place(void **state)
{
  (void)state;
  // b ended in a tail call of c: both return to a.
  check_stream("0 call a none\n1 call b a\n3 call c a\n7 return a\n8 exit\n", "a 2\na;b 2\na;c 4\n",
               "a 1\na;b 1\na;c 1\n");
}

static void rule_7_body_recursion_is_as_deep_as_it_is(void **state)
{
  (void)state;
  check_stream("0 call a none\n1 call a a\n3 call a a\n7 return a\n8 return a\n10 exit\n", "a 3\na;a 3\na;a;a 4\n",
               NULL);
}

static void push_calls(struct stream *stream, const char *function, const char *caller, int64_t from_ns, int count)
{
  struct error err = {0};
  struct trace_event event = {.kind = EVENT_CALL};
  event.function = stream_function(stream, function);
  event.caller = stream_function(stream, caller);
  for (int i = 0; i < count; i++) {
    event.time_ns = from_ns + i;
    assert_int_equal(stream_sink(stream)->ops->event(stream_sink(stream), &event, &err), 0);
  }
}

static void push_returns(struct stream *stream, const char *function, int64_t from_ns, int count)
{
  struct error err = {0};
  struct trace_event event = {.kind = EVENT_RETURN_TO, .function = stream_function(stream, function)};
  for (int i = 0; i < count; i++) {
    event.time_ns = from_ns + i;
    assert_int_equal(stream_sink(stream)->ops->event(stream_sink(stream), &event, &err), 0);
  }
}

static void rule_7_a_loop_of_a_million_rounds_is_one_frame_deep(void **state)
{
  (void)state;
  struct stream stream;
  char text[FOLDED_TEXT_MAX];
  stream_init(&stream, false);
  stream_push(&stream, "0 call a none\n");
  push_calls(&stream, "b", "a", 1, 1000000);
  stream_push(&stream, "1000001 return a\n1000002 exit\n");
  struct profile *profile = stream_finish(&stream);
  folded_text(profile, WEIGHT_WALL, text);
  assert_string_equal(text, "a 2\na;b 1000000\n");
  folded_text(profile, WEIGHT_CALLS, text);
  assert_string_equal(text, "a 1\na;b 1000000\n");
  profile_free(profile);
  stream_release(&stream);
}

// The outermost FOLD_MAX_DEPTH frames have their nodes, the rest one between them; nothing is miscounted.
static void check_recursion(int depth)
{
  struct stream stream;
  stream_init(&stream, false);
  stream_push(&stream, "0 call a none\n");
  push_calls(&stream, "b", "a", 1, 1);
  push_calls(&stream, "b", "b", 2, depth - 1); // b n times on a, until depth + 1
  push_returns(&stream, "b", depth + 1, depth - 1);
  push_returns(&stream, "a", 2 * depth, 1);
  push_calls(&stream, "c", "a", 2 * depth + 1, 1);
  struct profile *profile = stream_finish(&stream);
  size_t frames = (size_t)(depth < FOLD_MAX_DEPTH ? depth + 1 : FOLD_MAX_DEPTH);
  bool deeper = depth + 1 > FOLD_MAX_DEPTH;
  assert_int_equal(profile->node_count, 1 + frames + deeper + 1);
  assert_int_equal(profile->function_count, 3);
  uint64_t b_calls = 0, deeper_calls = 0;
  for (size_t i = 0; i < profile->function_count; i++) {
    if (strcmp(profile->frames[profile->functions[i].frame].name, "m:b/0") == 0)
      b_calls = profile->functions[i].calls;
  }
  assert_int_equal(b_calls, depth);
  for (size_t i = 1; i < profile->node_count; i++) {
    if (profile->frames[profile->nodes[i].frame].kind == FRAME_DEEPER)
      deeper_calls += profile->nodes[i].calls;
  }
  assert_int_equal(deeper_calls, deeper ? depth + 1 - FOLD_MAX_DEPTH : 0);
  // c hangs on a again.
  uint32_t last = (uint32_t)profile->node_count - 1;
  assert_string_equal(profile->frames[profile->nodes[last].frame].name, "m:c/0");
  assert_int_equal(profile->nodes[last].parent, 1);
  profile_free(profile);
  stream_release(&stream);
}

static void rule_7_recursion_past_the_limit_folds_into_one_frame(void **state)
{
  (void)state;
  check_recursion(FOLD_MAX_DEPTH - 1);
  check_recursion(FOLD_MAX_DEPTH);
  check_recursion(FOLD_MAX_DEPTH + 1);
  check_recursion(100000);
}

// More frames than are kept at all: they are counted up and down.
static void rule_7_recursion_past_all_limits(void **state)
{
  (void)state;
  check_recursion(5000000);
}

// OTP 27 names the function that follows the caller in its module as the caller of throw/1.
static void rule_7_the_caller_of_a_raising_bif_is_not_believed(void **state)
{
  (void)state;
  check_stream("0 call a none\n1 call b a\n2 call erlang:throw/1 zzz\n4 return a\n5 exit\n",
               "a 2\na;b 1\na;b;erlang:throw/1 2\n", NULL);
  check_stream("0 call a none\n1 call erlang:error/2 none\n4 exit\n", "a 1\na;erlang:error/2 3\n", NULL);
  // exit/2 sends a signal and returns: its caller is believed.
  check_stream("0 call a none\n1 call b a\n2 call erlang:exit/2 a\n4 exit\n", "a 1\na;erlang:exit/2 2\na;b 1\n", NULL);
}

static void rule_7_a_call_without_a_caller_is_the_outermost(void **state)
{
  (void)state;
  check_stream("0 call a none\n1 call b a\n3 call c none\n8 exit\n", "a 1\na;b 2\nc 5\n", NULL);
  check_stream("0 cut a\n1 call b a\n3 call c none\n8 exit\n", "[cut];a 1\n[cut];a;b 2\nc 5\n", NULL);
}

static void rule_7_a_native_function_without_a_caller_lies_on_the_top(void **state)
{
  (void)state;
  check_stream("0 call a none\n1 call lists:reverse/2 none\n3 return a\n4 exit\n", "a 2\na;lists:reverse/2 2\n", NULL);
}

static void rule_8_a_return_closes_several_frames_at_once(void **state)
{
  (void)state;
  // c throws, a catches.
  check_stream("0 call a none\n1 call b a\n2 call c b\n4 return a\n7 exit\n", "a 4\na;b 1\na;b;c 2\n", NULL);
}

static void rule_8_a_return_goes_to_the_nearest_frame_below_the_top(void **state)
{
  (void)state;
  // a b a b: the return to a leads to the inner a; the next one, a being the top, to the outer.
  check_stream("0 call a none\n1 call b a\n2 call a b\n3 call b a\n4 return a\n6 return a\n9 exit\n",
               "a 4\na;b 1\na;b;a 3\na;b;a;b 1\n", NULL);
}

static void rule_8_a_return_to_the_only_frame_stays(void **state)
{
  (void)state;
  check_stream("0 call a none\n1 return a\n5 exit\n", "a 5\n", NULL);
}

static void rule_8_the_last_return_leaves_the_entry(void **state)
{
  (void)state;
  check_stream("0 call a none\n1 call b a\n3 return none\n9 exit\n", "a 7\na;b 2\n", NULL);
  check_stream("0 cut a\n1 call b a\n3 return none\n9 exit\n", "[cut] 6\n[cut];a 1\n[cut];a;b 2\n", NULL);
}

static void rule_9_an_untraced_caller_gets_its_frame_when_we_learn_of_it(void **state)
{
  (void)state;
  // a runs 5, its untraced callee u is first seen as the caller of b.
  check_stream("0 call a none\n5 call b u\n8 return u\n9 return a\n10 exit\n", "a 6\na;u 1\na;u;b 3\n",
               "a 1\na;u;b 1\n");
}

static void rule_9_a_return_brings_an_untraced_function_to_light(void **state)
{
  (void)state;
  // b was called by u, which a called; b's caller was given as a because u is not on the stack yet.
  check_stream("0 call a none\n5 call b a\n8 return u\n9 return a\n10 exit\n", "a 6\na;b 3\na;u 1\n", NULL);
}

static void rule_9_above_a_cut_stack_an_unknown_function_is_an_outer_one(void **state)
{
  (void)state;
  check_stream("0 cut a b\n5 return x\n8 exit\n", "[cut];a;b 5\n[cut];x 3\n", NULL);
  check_stream("0 cut a b\n5 call c x\n8 exit\n", "[cut];a;b 5\n[cut];x;c 3\n", "[cut];x;c 1\n");
}

static void rule_10_the_real_stack_is_the_first_state(void **state)
{
  (void)state;
  check_stream("0 stack init loop\n5 call a loop\n8 return loop\n9 exit\n", "init;loop 6\ninit;loop;a 3\n",
               "init;loop;a 1\n");
  check_stream("0 cut init loop\n5 call a loop\n8 exit\n", "[cut];init;loop 5\n[cut];init;loop;a 3\n", NULL);
}

static void rule_10_a_stack_read_again_replaces_the_old_one(void **state)
{
  (void)state;
  check_stream("0 stack a b\n5 call c b\n8 stack a d\n9 call e d\n12 exit\n", "a;b 5\na;b;c 3\na;d 1\na;d;e 3\n", NULL);
}

static void rule_10_a_stack_read_in_mid_trace_keeps_what_it_has_in_common(void **state)
{
  (void)state;
  // b ended, and c was called, at some time in 7.
  check_stream("0 stack main\n1 call a main\n3 call b a\n10 again main a c\n12 return a\n13 end\n",
               "main 1\nmain;a 10\nmain;a;c 2\n", "main;a 1\nmain;a;b 1\n");
  // Out since 3, in b: that a had ended by then was not seen.
  check_stream("0 stack main\n1 call a main\n3 out a\n5 again main b\n9 in b\n10 end\n",
               "main 1\nmain;a 2\nmain;b 1\nmain;b;[waiting] 6\n", NULL);
  // A captured call stands on its floor: what is not within it says nothing.
  check_stream("0 begin f g\n2 call a f\n4 again x y\n5 again f b\n7 returned\n", "f 3\nf;a 2\nf;b 2\n", NULL);
  // Also where what it was doing is not known: it stays there, and f ends in a tail call of h.
  check_stream("0 begin f g\n10 out f\n20 gc+\n25 gc- 0\n30 again f\n40 in f\n50 call h g\n60 return g\n70 returned\n",
               "f 30\nf;[gc] 5\nf;[waiting] 25\nf;h 10\n", NULL);
}

// That `work` has ended nobody is told: it was there before the trace, or is not traced any more.
static void rule_4_a_process_waits_in_what_it_named_when_it_went_out(void **state)
{
  (void)state;
  check_stream("0 stack loop work\n5 out loop\n6 waiting\n15 in loop\n18 end\n",
               "loop 3\nloop;[waiting] 10\nloop;work 5\n", NULL);
  // Also when nobody looks, once it was seen.
  check_stream(
      "0 stack loop work\n1 out loop\n2 waiting\n5 in loop\n6 again loop work\n8 out loop\n9 in loop\n10 end\n",
      "loop 2\nloop;[waiting] 5\nloop;work 3\n", NULL);
  // It runs in another level of itself: nobody saw it wait there.
  check_stream("0 stack loop work\n5 out loop\n6 runnable\n15 in loop\n18 end\n",
               "loop;work 8\nloop;work;[runnable] 10\n", NULL);
  // Of what was seen to be called the end would have been seen.
  check_stream("0 stack loop\n1 call work loop\n3 out loop\n4 waiting\n6 in loop\n7 end\n",
               "loop 1\nloop;work 3\nloop;work;[waiting] 3\n", NULL);
  // Where it is not on the stack any more it stands on what it stood on.
  check_stream("0 stack main loop work\n5 out loop\n6 waiting\n15 in loop\n16 again main other\n18 out loop\n20 in "
               "loop\n21 end\n",
               "main 1\nmain;loop 1\nmain;loop;[waiting] 12\nmain;loop;work 5\nmain;other 2\n", NULL);
  // But not where that is not known.
  check_stream(
      "0 cut x\n1 return loop\n2 out loop\n3 waiting\n5 in loop\n6 again main other\n8 out loop\n10 in loop\n12 end\n",
      "[cut] 1\n[cut];loop 1\n[cut];loop;[waiting] 3\n[cut];x 1\nmain;other 4\nmain;other;[waiting] 2\n", NULL);
  // What is not on the stack is not traced.
  check_stream("0 stack loop work\n5 out sleep\n6 waiting\n15 in sleep\n18 end\n",
               "loop;work 8\nloop;work;[waiting] 10\n", NULL);
  // But when its stack is read while it waits that says what it stands on, then and later.
  check_stream("0 stack loop work\n5 out sleep\n6 waiting\n5 again loop sleep\n15 in sleep\n16 again loop work\n"
               "18 out sleep\n20 in sleep\n21 end\n",
               "loop 1\nloop;sleep 1\nloop;sleep;[waiting] 12\nloop;work 7\n", NULL);
}

static void rule_10_without_a_stack_the_first_event_says_where_it_is(void **state)
{
  (void)state;
  check_stream("0 call b a\n5 return a\n7 exit\n", "a 2\na;b 5\n", "a;b 1\n");
  check_stream("0 in a\n5 out a\n7 in a\n8 exit\n", "a 6\na;[waiting] 2\n", NULL);
  check_stream("0 out\n5 in a\n8 exit\n", "a 3\na;[waiting] 5\n", NULL);
  check_stream("0 in\n5 call a none\n8 exit\n", "[cut] 5\na 3\n", NULL);
}

static void rule_11_a_spawn_leaves_the_parent_where_it_is(void **state)
{
  (void)state;
  check_stream("0 call a none\n5 spawn\n7 out\n9 exit\n", "a 7\na;[waiting] 2\n", NULL);
}

static void rule_12_bifs_and_nifs_are_frames(void **state)
{
  (void)state;
  check_stream("0 call a none\n2 call erlang:send/2 a\n3 return a\n4 exit\n", "a 3\na;erlang:send/2 1\n",
               "a 1\na;erlang:send/2 1\n");
}

static void check_lost(const char *after, const char *times)
{
  char events[256];
  struct stream stream;
  char text[FOLDED_TEXT_MAX];
  snprintf(events, sizeof events, "0 call a none\n10 call b a\n15 lost 3\n%s", after);
  stream_init(&stream, false);
  stream_push(&stream, events);
  struct profile *profile = stream_finish(&stream);
  folded_text(profile, WEIGHT_WALL, text);
  assert_string_equal(text, times);
  assert_int_equal(profile->lost_events, 3);
  profile_free(profile);
  stream_release(&stream);
}

static void rule_14_a_gap_is_lost_and_the_stack_starts_again(void **state)
{
  (void)state;
  check_lost("100 call d c\n101 exit\n", "[lost] 85\na 10\na;b 5\nc;d 1\n");
  check_lost("100 return b\n101 exit\n", "[lost] 85\na 10\na;b 5\nb 1\n");
  check_lost("100 in b\n101 exit\n", "[lost] 85\na 10\na;b 5\nb 1\n");
  check_lost("100 out b\n101 in b\n101 exit\n", "[lost] 85\na 10\na;b 5\nb;[waiting] 1\n");
  check_lost("100 stack a e\n101 call f e\n101 exit\n", "[lost] 85\na 10\na;b 5\na;e 1\n");
  check_lost("100 end\n", "[lost] 85\na 10\na;b 5\n");
  check_lost("", "a 10\na;b 5\n");
}

// c and d were proven, what lies below them was not: a function not among them is further out.
static void rule_14_after_a_gap_an_unknown_function_is_an_outer_one(void **state)
{
  (void)state;
  check_lost("100 call d c\n101 return x\n103 exit\n", "[lost] 85\na 10\na;b 5\nc;d 1\nx 2\n");
}

static void rule_14_a_gap_while_out(void **state)
{
  (void)state;
  check_stream("0 call a none\n5 return a\n10 out\n15 lost 0\n20 call b none\n21 exit\n",
               "[lost] 5\na 10\na;[waiting] 5\nb 1\n", NULL);
}

static void nothing_counts_after_the_end(void **state)
{
  (void)state;
  check_stream("0 call a none\n5 exit\n9 call b a\n10 exit\n", "a 5\n", "a 1\n");
  check_stream("0 call a none\n5 end\n9 in\n9 waiting\n10 stack a\n", "a 5\n", "a 1\n");
}

static void rule_17_equal_stacks_of_processes_add_up(void **state)
{
  (void)state;
  check_stream("p 0\n0 call a none\n1 call b a\n4 exit\np 1\n0 call a none\n2 call b a\n7 exit\n", "a 3\na;b 8\n",
               "a 2\na;b 2\n");
}

static void rule_17_by_process_each_has_its_root(void **state)
{
  (void)state;
  struct stream stream;
  char text[FOLDED_TEXT_MAX];
  stream_init(&stream, true);
  stream_define(&stream, 0, "<0.7.0>", "");
  stream_define(&stream, 1, "<0.8.0>", "worker");
  stream_define(&stream, 2, "<0.9.0>", "worker");
  stream_push(&stream, "p 0\n0 call a none\n4 end\np 1\n0 call a none\n7 exit\np 2\n0 in\n2 end\n");
  stream_define(&stream, 0, "<0.7.0>", "Elixir.Shop.Cart"); // its name became known
  struct profile *profile = stream_finish(&stream);
  folded_text(profile, WEIGHT_WALL, text);
  assert_string_equal(text, "Shop.Cart;a 4\nworker <0.8.0>;a 7\nworker <0.9.0>;[cut] 2\n");
  assert_string_equal(profile->processes[0].title, "Shop.Cart");
  assert_string_equal(profile->processes[0].pid, "<0.7.0>");
  assert_int_equal(profile->processes[0].events, 2);
  assert_false(profile->processes[0].exited);
  assert_true(profile->processes[1].exited);
  profile_free(profile);
  stream_release(&stream);
}

static void ids_that_nobody_defined_are_errors(void **state)
{
  (void)state;
  struct stream stream;
  stream_init(&stream, false);
  struct event_sink *sink = stream_sink(&stream);
  struct trace_event event = {.kind = EVENT_IN, .process = 3};
  struct error err = {0};
  assert_int_equal(sink->ops->event(sink, &event, &err), -1);
  assert_int_equal(err.code, ERROR_DATA);
  stream_push(&stream, "0 call a none\n");
  uint32_t unknown = 77;
  const struct trace_event bad[] = {
      {.kind = EVENT_CALL, .function = 77},
      {.kind = EVENT_CALL, .function = FUNCTION_NONE},
      {.kind = EVENT_CALL, .function = 1, .caller = 77},
      {.kind = EVENT_RETURN_TO, .function = UINT32_MAX},
      {.kind = EVENT_STACK, .stack = &unknown, .stack_size = 1},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    err = (struct error){0};
    assert_int_equal(sink->ops->event(sink, &bad[i], &err), -1);
    assert_int_equal(err.code, ERROR_DATA);
  }
  struct function_definition again = {.id = 1, .module = "m", .module_size = 1, .name = "b", .name_size = 1};
  assert_int_equal(sink->ops->function(sink, &again, &err), -1);
  again.id = 1u << 22;
  assert_int_equal(sink->ops->function(sink, &again, &err), -1);
  struct process_definition process = {.id = 1u << 22, .pid = "", .name = "", .label = "", .initial_call = ""};
  assert_int_equal(sink->ops->process(sink, &process, &err), -1);
  stream_release(&stream);
}

// u1, u2 and u3 are not traced: main calls one after the other, and nothing tells when one ends.
static void rule_9_untraced_callers_in_turn_do_not_pile_up(void **state)
{
  (void)state;
  check_stream("0 stack main\n1 call t u1\n2 return u1\n3 call t u2\n4 return u2\n5 call t u3\n6 end\n",
               "main 1\nmain;u1 1\nmain;u1;t 1\nmain;u2 1\nmain;u2;t 1\nmain;u3;t 1\n", NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rule_9_untraced_callers_in_turn_do_not_pile_up),
      cmocka_unit_test(rule_7_a_caller_decides_the_place),
      cmocka_unit_test(rule_7_body_recursion_is_as_deep_as_it_is),
      cmocka_unit_test(rule_7_a_loop_of_a_million_rounds_is_one_frame_deep),
      cmocka_unit_test(rule_7_recursion_past_the_limit_folds_into_one_frame),
      cmocka_unit_test(rule_7_recursion_past_all_limits),
      cmocka_unit_test(rule_7_the_caller_of_a_raising_bif_is_not_believed),
      cmocka_unit_test(rule_7_a_call_without_a_caller_is_the_outermost),
      cmocka_unit_test(rule_7_a_native_function_without_a_caller_lies_on_the_top),
      cmocka_unit_test(rule_8_a_return_closes_several_frames_at_once),
      cmocka_unit_test(rule_8_a_return_goes_to_the_nearest_frame_below_the_top),
      cmocka_unit_test(rule_8_a_return_to_the_only_frame_stays),
      cmocka_unit_test(rule_8_the_last_return_leaves_the_entry),
      cmocka_unit_test(rule_9_an_untraced_caller_gets_its_frame_when_we_learn_of_it),
      cmocka_unit_test(rule_9_a_return_brings_an_untraced_function_to_light),
      cmocka_unit_test(rule_9_above_a_cut_stack_an_unknown_function_is_an_outer_one),
      cmocka_unit_test(rule_10_the_real_stack_is_the_first_state),
      cmocka_unit_test(rule_10_a_stack_read_again_replaces_the_old_one),
      cmocka_unit_test(rule_10_a_stack_read_in_mid_trace_keeps_what_it_has_in_common),
      cmocka_unit_test(rule_4_a_process_waits_in_what_it_named_when_it_went_out),
      cmocka_unit_test(rule_10_without_a_stack_the_first_event_says_where_it_is),
      cmocka_unit_test(rule_11_a_spawn_leaves_the_parent_where_it_is),
      cmocka_unit_test(rule_12_bifs_and_nifs_are_frames),
      cmocka_unit_test(rule_14_a_gap_is_lost_and_the_stack_starts_again),
      cmocka_unit_test(rule_14_after_a_gap_an_unknown_function_is_an_outer_one),
      cmocka_unit_test(rule_14_a_gap_while_out),
      cmocka_unit_test(nothing_counts_after_the_end),
      cmocka_unit_test(rule_17_equal_stacks_of_processes_add_up),
      cmocka_unit_test(rule_17_by_process_each_has_its_root),
      cmocka_unit_test(ids_that_nobody_defined_are_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
