// The rules of time (1 to 5 of the rules a frame stands for), one test each or more.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream.h"

// The program drawn at the head of fold.c.
static void worked_example(void **state)
{
  (void)state;
  check_stream("0 stack init loop\n40 in\n50 call a loop\n90 call b loop\n95 gc+\n99 gc-\n110 return loop\n"
               "120 out\n150 end\n",
               "init;loop 20\n" // 40 to 50 and 110 to 120
               "init;loop;[waiting] 70\n"
               "init;loop;a 40\n"
               "init;loop;b 16\n" // 90 to 95 and 99 to 110
               "init;loop;b;[gc] 4\n",
               "init;loop;a 1\ninit;loop;b 1\n");
}

// 50 in a, which then calls b for 1: the 50 are a's.
static void rule_1_an_interval_is_billed_to_the_state_before_it(void **state)
{
  (void)state;
  check_stream("0 call a none\n50 call b a\n51 return a\n53 exit\n", "a 52\na;b 1\n", "a 1\na;b 1\n");
}

static void rule_2_a_time_that_falls_stands_still(void **state)
{
  (void)state;
  check_stream("100 call a none\n90 call b a\n130 exit\n", "a;b 30\n", NULL);
}

static void rule_3_the_whole_range_of_time_is_conserved(void **state)
{
  (void)state;
  check_stream("-9223372036854775807 call a none\n9223372036854775807 exit\n", "a 18446744073709551614\n", NULL);
}

static void rule_3_more_time_than_64_bits_hold_is_an_error(void **state)
{
  (void)state;
  struct stream stream;
  struct error err = {0};
  stream_init(&stream, false);
  stream_push(&stream, "-9223372036854775807 call a none\n9223372036854775807 exit\np 1\n0 call a none\n5 exit\n");
  assert_null(fold_finish(stream.fold, &err));
  assert_int_equal(err.code, ERROR_DATA);
  stream_release(&stream);
}

static void rule_4_a_status_decides_first(void **state)
{
  (void)state;
  // Out right at a call, few calls made: waiting by default, but it was seen runnable; then the other way round in a
  // native function.
  check_stream("0 call a none\n10 out\n15 runnable\n30 in\n31 exit\n", "a 11\na;[runnable] 20\n", NULL);
  check_stream("0 call erlang:f/1 none\n10 out\n15 waiting\n30 in\n31 exit\n",
               "erlang:f/1 11\nerlang:f/1;[waiting] 20\n", NULL);
}

// A status stamped after the next event says nothing about the interval before that event.
static void rule_4_a_status_of_another_interval_does_not_decide(void **state)
{
  (void)state;
  check_stream("0 call erlang:f/1 none\n10 out\n35 waiting\n30 in\n32 out\n40 in\n41 exit\n",
               "erlang:f/1 13\nerlang:f/1;[runnable] 20\nerlang:f/1;[waiting] 8\n", NULL);
}

static void rule_4_waiting_seen_once_outweighs_runnable(void **state)
{
  (void)state;
  check_stream("0 call erlang:f/1 none\n10 out\n15 waiting\n28 runnable\n30 in\n30 exit\n",
               "erlang:f/1 10\nerlang:f/1;[waiting] 20\n", NULL);
}

static void rule_4_the_first_look_at_an_absence_is_kept(void **state)
{
  (void)state;
  check_stream("0 call erlang:f/1 none\n10 out\n15 waiting\n35 waiting\n30 in\n30 exit\n",
               "erlang:f/1 10\nerlang:f/1;[waiting] 20\n", NULL);
}

static void rule_4_a_native_function_never_waits(void **state)
{
  (void)state;
  check_stream("0 call a none\n5 call ets:insert/2 a\n10 out\n30 in\n40 return a\n41 exit\n",
               "a 6\na;ets:insert/2 15\na;ets:insert/2;[runnable] 20\n", NULL);
}

// After the wait the stack is gone: the next call has no caller.
static void rule_4_hibernation_is_waiting(void **state)
{
  (void)state;
  check_stream("0 call a none\n5 call erlang:hibernate/3 a\n6 out\n30 in\n32 call wake none\n40 exit\n",
               "a 5\na;erlang:hibernate/3 3\na;erlang:hibernate/3;[waiting] 24\nwake 8\n", NULL);
}

// Two calls and a return use up no time slice: it went out by itself.
static void rule_4_out_early_in_a_slice_is_waiting(void **state)
{
  (void)state;
  check_stream("0 call a none\n5 call b a\n10 return a\n12 out\n30 in\n31 exit\n", "a 8\na;[waiting] 18\na;b 5\n",
               NULL);
}

static void rule_4_out_after_in_keeps_what_it_was(void **state)
{
  (void)state;
  check_stream("0 call erlang:f/1 none\n1 out\n3 waiting\n5 in\n6 out\n9 in\n10 exit\n",
               "erlang:f/1 3\nerlang:f/1;[runnable] 3\nerlang:f/1;[waiting] 4\n", NULL);
  check_stream("0 call a none\n1 out\n3 runnable\n5 in\n6 out\n9 in\n10 exit\n", "a 3\na;[runnable] 7\n", NULL);
}

// A slice that begins in z, then `calls` calls of a, 1 ns each, then out for 100.
static void busy_then_out(struct stream *stream, int calls)
{
  struct error err = {0};
  stream_push(stream, "0 call z none\n1 out\n2 runnable\n3 in\n");
  for (int i = 0; i < calls; i++) {
    struct trace_event event = {.kind = EVENT_CALL, .time_ns = 4 + i, .function = stream_function(stream, "a")};
    assert_int_equal(stream_sink(stream)->ops->event(stream_sink(stream), &event, &err), 0);
  }
  struct trace_event out = {.kind = EVENT_OUT, .time_ns = 4 + calls};
  struct trace_event in = {.kind = EVENT_IN, .time_ns = 104 + calls};
  assert_int_equal(stream_sink(stream)->ops->event(stream_sink(stream), &out, &err), 0);
  assert_int_equal(stream_sink(stream)->ops->event(stream_sink(stream), &in, &err), 0);
}

static void check_busy(int calls, const char *before, const char *times)
{
  struct stream stream;
  stream_init(&stream, false);
  stream_push(&stream, before);
  busy_then_out(&stream, calls);
  struct profile *profile = stream_finish(&stream);
  char text[FOLDED_TEXT_MAX];
  folded_text(profile, WEIGHT_WALL, text);
  assert_string_equal(text, times);
  profile_free(profile);
  stream_release(&stream);
}

// A time slice is 4,000 reductions. z: 1 before OUT and 1 from IN to the first call of a. a: 1 per call.
static void rule_4_out_at_a_call_is_waiting_unless_the_slice_may_be_used_up(void **state)
{
  (void)state;
  check_busy(1999, "", "a 1999\na;[waiting] 100\nz 2\nz;[runnable] 2\n");
  check_busy(2000, "", "a 2000\na;[runnable] 100\nz 2\nz;[runnable] 2\n");
}

// One slice of a was used up, one was not: it computes. In the second: 1 from IN to the call, 1 to OUT, 1 after IN.
static void rule_4_a_function_that_uses_up_its_slices_does_not_wait(void **state)
{
  (void)state;
  struct stream stream;
  char text[FOLDED_TEXT_MAX];
  stream_init(&stream, false);
  busy_then_out(&stream, 2000);
  stream_push(&stream, "2105 call a none\n2106 out\n2110 in\n2111 exit\n");
  struct profile *profile = stream_finish(&stream);
  folded_text(profile, WEIGHT_WALL, text);
  assert_string_equal(text, "a 2003\na;[runnable] 104\nz 2\nz;[runnable] 2\n");
  profile_free(profile);
  stream_release(&stream);
}

// The JIT preempts where a function has returned, too: a thousand calls of b and as many returns are half a slice.
static void rule_4_out_at_a_return_is_waiting_unless_the_slice_may_be_used_up(void **state)
{
  (void)state;
  struct stream stream;
  char text[FOLDED_TEXT_MAX];
  stream_init(&stream, false);
  stream_push(&stream, "0 stack a\n0 in\n");
  for (int i = 0; i < 1000; i++)
    stream_push(&stream, "1 call b a\n1 return a\n");
  stream_push(&stream, "3 out\n9 in\n9 call b a\n9 return a\n10 out\n30 in\n30 exit\n");
  struct profile *profile = stream_finish(&stream);
  folded_text(profile, WEIGHT_WALL, text);
  assert_string_equal(text, "a 4\na;[runnable] 6\na;[waiting] 20\n");
  profile_free(profile);
  stream_release(&stream);
}

// Process 1 was seen waiting in a at a call, so a waits where it is entered.
static void rule_4_a_function_seen_waiting_is_believed_to_wait(void **state)
{
  (void)state;
  check_busy(2000, "p 1\n0 call a none\n0 out\n1 waiting\n4 in\n4 exit\np 0\n",
             "a 2000\na;[waiting] 104\nz 2\nz;[runnable] 2\n");
}

// What was seen of a in one process decides what nobody saw of it in another, before or after.
static void rule_4_a_function_seen_busy_and_never_waiting_is_preempted(void **state)
{
  (void)state;
  check_stream("p 0\n0 call a none\n1 out\n3 in\n4 exit\np 1\n0 call a none\n1 out\n2 runnable\n5 in\n6 exit\n",
               "a 4\na;[runnable] 6\n", NULL);
  check_stream("p 0\n0 call a none\n1 out\n3 in\n4 exit\np 1\n0 call a none\n1 out\n2 waiting\n5 in\n6 exit\n",
               "a 4\na;[waiting] 6\n", NULL);
  // A process can be suspended inside a receive: that says nothing of others.
  check_stream("p 0\n0 call a none\n1 out\n3 in\n4 exit\np 1\n0 call a none\n1 out\n2 suspended\n5 in\n6 exit\n",
               "a 4\na;[runnable] 4\na;[waiting] 2\n", NULL);
}

static void rule_4_asleep_when_the_trace_starts_and_ends(void **state)
{
  (void)state;
  check_stream("0 stack init loop\n40 in\n45 out\n100 end\n", "init;loop 5\ninit;loop;[waiting] 95\n", NULL);
}

static void rule_4_asleep_all_the_time(void **state)
{
  (void)state;
  check_stream("1 waiting\n2 stack init loop\n100 end\n", "init;loop;[waiting] 98\n", NULL);
  check_stream("2 stack init loop\n3 waiting\n100 end\n", "init;loop;[waiting] 98\n", NULL);
  check_stream("2 stack init loop\n3 runnable\n100 end\n", "init;loop;[runnable] 98\n", NULL);
  check_stream("2 stack init loop\n3 suspended\n100 exit\n", "init;loop;[runnable] 98\n", NULL);
  check_stream("2 stack init loop\n3 running\n100 end\n", "init;loop 98\n", NULL);
  check_stream("2 stack init loop\n100 end\n", "init;loop 98\n", NULL);
}

// What nobody saw of an absence, the function's code tells: without a receive it cannot wait.
static void rule_4_only_code_with_a_receive_waits(void **state)
{
  (void)state;
  static const char absences[] = "0 call a none\n1 out\n4 in\n5 exit\n";
  char events[256];
  check_stream(absences, "a 2\na;[waiting] 3\n", NULL);
  snprintf(events, sizeof events, "%sc a\n", absences);
  check_stream(events, "a 2\na;[runnable] 3\n", NULL);
  snprintf(events, sizeof events, "%sc a receives\n", absences);
  check_stream(events, "a 2\na;[waiting] 3\n", NULL);
}

// Unless there are functions that are not traced: it may have waited in one of those.
static void rule_4_code_without_a_receive_may_call_what_is_not_traced(void **state)
{
  (void)state;
  struct error err = {0};
  struct stream stream;
  char text[FOLDED_TEXT_MAX];
  stream_init(&stream, false);
  assert_int_equal(stream_sink(&stream)->ops->fact(stream_sink(&stream), "selection", "only m", &err), 0);
  stream_push(&stream, "0 call a none\n1 out\n4 in\n5 exit\nc a\n");
  struct profile *profile = stream_finish(&stream);
  folded_text(profile, WEIGHT_WALL, text);
  assert_string_equal(text, "a 2\na;[waiting] 3\n");
  profile_free(profile);
  stream_release(&stream);
}

// It used up most of a slice, and then came to a receive.
static void rule_4_code_with_a_receive_waits_after_much_work(void **state)
{
  (void)state;
  struct stream stream;
  char text[FOLDED_TEXT_MAX];
  for (int known = 0; known < 2; known++) {
    stream_init(&stream, false);
    stream_push(&stream, "0 call a none\n0 in\n");
    for (int i = 0; i < 4000; i++)
      stream_push(&stream, "0 call b a\n");
    stream_push(&stream,
                known ? "0 return a\n1 out\n9 in\n9 exit\nc a receives\n" : "0 return a\n1 out\n9 in\n9 exit\n");
    struct profile *profile = stream_finish(&stream);
    folded_text(profile, WEIGHT_WALL, text);
    assert_string_equal(text, known ? "a 1\na;[waiting] 8\n" : "a 1\na;[runnable] 8\n");
    profile_free(profile);
    stream_release(&stream);
  }
}

// What was seen is worth more than the code: the function that waits may be one that is not traced.
static void rule_4_what_was_seen_comes_before_the_code(void **state)
{
  (void)state;
  check_stream("0 call a none\n1 out\n2 waiting\n4 in\n5 call b a\n5 return a\n6 out\n8 in\n9 exit\nc a\n",
               "a 4\na;[waiting] 5\n", NULL);
  check_stream("0 call a none\n1 out\n2 runnable\n4 in\n5 call b a\n5 return a\n6 out\n8 in\n9 exit\nc a receives\n",
               "a 4\na;[runnable] 3\na;[waiting] 2\n", NULL);
}

// Erlang on OTP 27 and later, in a module whose file cannot be read.
static void rule_4_who_asks_to_be_collected_does_not_wait(void **state)
{
  (void)state;
  check_stream("f erlang:garbage_collect/0\n0 call a none\n0 call erlang:garbage_collect/0 a\n1 out\n4 in\n5 exit\n",
               "a;erlang:garbage_collect/0 2\na;erlang:garbage_collect/0;[runnable] 3\n", NULL);
}

// A process that handles signals for a moment is running, and no event says so.
static void rule_4_running_while_out_says_nothing(void **state)
{
  (void)state;
  check_stream("0 call a none\n1 out\n2 running\n9 in\n10 exit\n", "a 2\na;[waiting] 8\n", NULL);
}

static void rule_4_running_when_the_stack_was_read(void **state)
{
  (void)state;
  check_stream("0 stack init loop\n1 waiting\n40 call a loop\n50 end\n", "init;loop 40\ninit;loop;a 10\n", NULL);
  check_stream("0 stack init loop\n40 out\n50 in\n51 end\n", "init;loop 41\ninit;loop;[waiting] 10\n", NULL);
}

static void rule_4_cpu_leaves_absence_out_and_wait_keeps_waiting(void **state)
{
  (void)state;
  struct stream stream;
  char text[FOLDED_TEXT_MAX];
  stream_init(&stream, false);
  stream_push(&stream, "0 call a none\n1 out\n2 waiting\n5 in\n6 out\n7 runnable\n16 in\n17 gc+\n20 gc-\n21 exit\n");
  struct profile *profile = stream_finish(&stream);
  folded_text(profile, WEIGHT_CPU, text); // 0 to 1, 5 to 6, 16 to 17, 20 to 21; gc 17 to 20
  assert_string_equal(text, "a 4\na;[gc] 3\n");
  folded_text(profile, WEIGHT_WAIT, text);
  assert_string_equal(text, "a;[waiting] 4\n");
  folded_text(profile, WEIGHT_GC, text);
  assert_string_equal(text, "a;[gc] 3\n");
  profile_free(profile);
  stream_release(&stream);
}

static void rule_5_gc_lies_under_the_function_it_interrupted(void **state)
{
  (void)state;
  struct stream stream;
  char text[FOLDED_TEXT_MAX];
  stream_init(&stream, false);
  stream_push(&stream, "0 call a none\n10 gc+\n15 gc-\n20 gc+ major\n40 gc- major\n41 return none\n42 exit\n");
  struct profile *profile = stream_finish(&stream);
  folded_text(profile, WEIGHT_WALL, text);
  assert_string_equal(text, "a 17\na;[gc] 25\n");
  assert_int_equal(profile->gc.minor, 1);
  assert_int_equal(profile->gc.major, 1);
  assert_int_equal(profile->gc.pause_ns, 25);
  assert_int_equal(profile->gc.max_ns, 20);
  assert_int_equal(profile->gc.words_given_back, 14);
  profile_free(profile);
  stream_release(&stream);
}

// Collected while it waits: before and after are one wait, decided at IN by the status in it.
static void rule_5_gc_is_never_under_waiting(void **state)
{
  (void)state;
  check_stream("0 call a none\n10 out\n20 gc+\n25 gc-\n30 waiting\n40 in\n41 exit\n",
               "a 11\na;[gc] 5\na;[waiting] 25\n", NULL);
}

// A large heap is collected on a dirty scheduler: out and in lie inside, and prove nothing about the program.
static void rule_5_gc_on_a_dirty_scheduler(void **state)
{
  (void)state;
  check_stream("0 call a none\n10 gc+\n12 out\n20 in\n25 gc-\n30 out\n31 runnable\n40 in\n41 exit\n",
               "a 16\na;[gc] 15\na;[runnable] 10\n", NULL);
  check_stream("0 call a none\n10 gc+\n12 out\n25 gc-\n26 runnable\n30 in\n31 exit\n",
               "a 11\na;[gc] 15\na;[runnable] 5\n", NULL);
  // The last event of the program itself before 10 is its return.
  check_stream("0 call a none\n0 call erlang:f/1 a\n1 out\n3 in\n4 return a\n5 gc+\n6 out\n7 in\n8 gc-\n10 out\n20 "
               "in\n21 exit\n",
               "a 4\na;[gc] 3\na;[waiting] 10\na;erlang:f/1 2\na;erlang:f/1;[runnable] 2\n", NULL);
}

static void rule_5_a_gc_without_an_end_ends_at_the_next_call(void **state)
{
  (void)state;
  check_stream("0 call a none\n10 gc+\n15 call b a\n20 exit\n", "a 10\na;[gc] 5\na;b 5\n", NULL);
}

static void rule_5_a_gc_without_a_start_counts_for_nothing(void **state)
{
  (void)state;
  check_stream("0 stack a\n10 gc-\n15 exit\n", "a 15\n", NULL);
}

static void rule_6_own_and_total_times(void **state)
{
  (void)state;
  struct stream stream;
  stream_init(&stream, false);
  // a (0 to 10) calls itself (10 to 30), which calls b (30 to 35) and waits (35 to 41) and returns.
  stream_push(&stream, "0 call a none\n10 call a a\n30 call b a\n35 return a\n35 out\n41 in\n41 return a\n50 exit\n");
  struct profile *profile = stream_finish(&stream);
  assert_int_equal(profile->function_count, 2);
  const struct profile_function *a = &profile->functions[0], *b = &profile->functions[1];
  assert_string_equal(profile->frames[a->frame].name, "m:a/0");
  assert_int_equal(a->own_ns, 10 + 20 + 9);
  assert_int_equal(a->total_ns, 50);
  assert_int_equal(a->calls, 2);
  assert_int_equal(a->timed_calls, 2);
  assert_int_equal(a->call_sum_ns, 31 + 50); // 10 to 41, and 0 to its exit
  assert_int_equal(a->call_min_ns, 31);
  assert_int_equal(a->call_max_ns, 50);
  assert_string_equal(profile->frames[b->frame].name, "m:b/0");
  assert_int_equal(b->own_ns, 5);
  assert_int_equal(b->total_ns, 5);
  assert_int_equal(b->call_sum_ns, 5);
  profile_free(profile);
  stream_release(&stream);
}

// Nothing was waited for in the collection, so what went out at 7 went there as anything of which nothing is known.
static void rule_5_being_out_in_a_collection_says_nothing_of_the_next_absence(void **state)
{
  (void)state;
  check_stream("0 stack ets:f/1\n1 gc+\n2 out\n3 spawn 1 c\n5 call b none\n6 in\n7 out\n9 end\n",
               "ets:f/1 1\nets:f/1;[gc] 4\nb 2\nb;[waiting] 2\n", NULL);
}

// It went out in the collection that its events begin with, and stayed out after that: the IN names what it was in.
static void rule_5_being_out_for_longer_than_the_first_collection_is_an_absence(void **state)
{
  (void)state;
  check_stream("0 gc+\n1 out\n4 gc-\n9 in ets:f/1\n11 end\n", "[cut];[gc] 4\nets:f/1 2\nets:f/1;[runnable] 5\n", NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(worked_example),
      cmocka_unit_test(rule_1_an_interval_is_billed_to_the_state_before_it),
      cmocka_unit_test(rule_2_a_time_that_falls_stands_still),
      cmocka_unit_test(rule_3_the_whole_range_of_time_is_conserved),
      cmocka_unit_test(rule_3_more_time_than_64_bits_hold_is_an_error),
      cmocka_unit_test(rule_4_a_status_decides_first),
      cmocka_unit_test(rule_4_a_status_of_another_interval_does_not_decide),
      cmocka_unit_test(rule_4_waiting_seen_once_outweighs_runnable),
      cmocka_unit_test(rule_4_the_first_look_at_an_absence_is_kept),
      cmocka_unit_test(rule_4_a_function_that_uses_up_its_slices_does_not_wait),
      cmocka_unit_test(rule_4_out_at_a_return_is_waiting_unless_the_slice_may_be_used_up),
      cmocka_unit_test(rule_4_a_native_function_never_waits),
      cmocka_unit_test(rule_4_hibernation_is_waiting),
      cmocka_unit_test(rule_4_out_early_in_a_slice_is_waiting),
      cmocka_unit_test(rule_4_out_after_in_keeps_what_it_was),
      cmocka_unit_test(rule_4_out_at_a_call_is_waiting_unless_the_slice_may_be_used_up),
      cmocka_unit_test(rule_4_a_function_seen_waiting_is_believed_to_wait),
      cmocka_unit_test(rule_4_a_function_seen_busy_and_never_waiting_is_preempted),
      cmocka_unit_test(rule_4_asleep_when_the_trace_starts_and_ends),
      cmocka_unit_test(rule_4_asleep_all_the_time),
      cmocka_unit_test(rule_4_only_code_with_a_receive_waits),
      cmocka_unit_test(rule_4_code_without_a_receive_may_call_what_is_not_traced),
      cmocka_unit_test(rule_4_code_with_a_receive_waits_after_much_work),
      cmocka_unit_test(rule_4_what_was_seen_comes_before_the_code),
      cmocka_unit_test(rule_4_who_asks_to_be_collected_does_not_wait),
      cmocka_unit_test(rule_4_running_while_out_says_nothing),
      cmocka_unit_test(rule_4_running_when_the_stack_was_read),
      cmocka_unit_test(rule_4_cpu_leaves_absence_out_and_wait_keeps_waiting),
      cmocka_unit_test(rule_5_gc_lies_under_the_function_it_interrupted),
      cmocka_unit_test(rule_5_gc_is_never_under_waiting),
      cmocka_unit_test(rule_5_gc_on_a_dirty_scheduler),
      cmocka_unit_test(rule_5_a_gc_without_an_end_ends_at_the_next_call),
      cmocka_unit_test(rule_5_a_gc_without_a_start_counts_for_nothing),
      cmocka_unit_test(rule_6_own_and_total_times),
      cmocka_unit_test(rule_5_being_out_in_a_collection_says_nothing_of_the_next_absence),
      cmocka_unit_test(rule_5_being_out_for_longer_than_the_first_collection_is_an_absence),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
