// Captured calls: what is in them and what is not, how they end, and that the rest of a process's time is nobody's.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/profile_builder.h"
#include "stream.h"

#define TEXT_MAX 4096

static void append_name(char *text, const struct profile *profile, uint32_t frame)
{
  const char *name = frame == PROFILE_NO_FRAME ? "none" : profile->frames[frame].name;
  if (strncmp(name, "m:", 2) == 0) // m:a/0 is written a
    strncat(text, name + 2, strcspn(name + 2, "/"));
  else
    strcat(text, name);
}

// Lines of "process function<caller start+length ending", as the profile has them.
static void captured_text(const struct profile *profile, char text[TEXT_MAX])
{
  static const char *const endings[] = {"returned", "raised", "exited", "cut"};
  text[0] = '\0';
  for (size_t i = 0; i < profile->call_count; i++) {
    const struct profile_call *call = &profile->calls[i];
    sprintf(text + strlen(text), "%u ", call->process);
    append_name(text, profile, call->frame);
    strcat(text, "<");
    append_name(text, profile, call->caller);
    sprintf(text + strlen(text), " %llu+%llu %s\n", (unsigned long long)call->start_ns,
            (unsigned long long)call->length_ns, endings[call->ending]);
  }
  assert_int_equal(profile->calls_seen, profile->call_count);
}

static void check_captured(const char *events, const char *times, const char *counts, const char *captured)
{
  char text[FOLDED_TEXT_MAX];
  check_stream(events, times, counts);
  struct profile *profile = fold_text(events);
  captured_text(profile, text);
  assert_string_equal(text, captured);
  profile_free(profile);
}

// The worked example at the head of cursor.c: f has 10 of the first call and 3 of the second.
static const char two_calls[] = "0 begin f g\n10 call a f\n15 returned\n18 call b a\n40 begin f g\n43 lost 2\n"
                                "60 call a f\n90 returned\n99 exit\n";

static void between_its_calls_a_process_is_away(void **state)
{
  (void)state;
  check_captured(two_calls, "[lost] 47\nf 13\nf;a 5\n", "f 2\nf;a 1\n", "0 f<g 0+15 returned\n0 f<g 40+3 cut\n");
  struct profile *profile = fold_text(two_calls);
  const struct profile_process *process = &profile->processes[0];
  assert_int_equal(process->last_ns - process->first_ns, 99);
  assert_int_equal(process->away_ns, 25 + 9);
  assert_int_equal(process->width_ns, 65);
  assert_int_equal(process->events, 7); // not the two calls that are nobody's business
  assert_true(process->exited);
  assert_int_equal(profile->lost_events, 2);
  profile_free(profile);
}

// The worked example at the head of stacking.c, each step twice as long as the one before.
static void a_call_stays_on_the_captured_function_when_that_ends_in_it(void **state)
{
  (void)state;
  static const char events[] = "0 begin f g\n1 call a f\n2 call b g\n4 call f g\n8 call g f\n16 call a g\n32 return g\n"
                               "64 return g\n128 returned\n";
  // f from 0, 4 and 64 on: 1 + 4 + 64. f;g from 8 and 32 on: 8 + 32.
  check_captured(events, "f 69\nf;a 1\nf;b 2\nf;g 40\nf;g;a 16\n", "f 2\nf;a 1\nf;b 1\nf;g 1\nf;g;a 1\n",
                 "0 f<g 0+128 returned\n");
  struct profile *profile = fold_text(events);
  const struct profile_function *f = function_row(profile, "m:f/0"), *b = function_row(profile, "m:b/0");
  assert_int_equal(f->timed_calls, 1); // the second ended in the first one's frame
  assert_int_equal(f->call_sum_ns, 128);
  assert_int_equal(f->total_ns, 128);
  assert_int_equal(b->call_sum_ns, 2); // from its call to the call that took its place
  profile_free(profile);
}

static void a_call_that_returns_to_nothing(void **state)
{
  (void)state;
  // A native function whose caller is not known lies on top; any other stands on f.
  check_captured("0 begin f none\n1 call a none\n3 call ets:f/1 none\n7 call f none\n15 call b f\n31 return none\n"
                 "63 returned\n",
                 "f 41\nf;a 2\nf;a;ets:f/1 4\nf;b 16\n", "f 2\nf;a 1\nf;a;ets:f/1 1\nf;b 1\n",
                 "0 f<none 0+63 returned\n");
}

// What has no caller is not below the captured function, whatever that returns to: f may have hibernated.
static void nothing_is_below_the_captured_function(void **state)
{
  (void)state;
  check_captured("0 begin f g\n1 call a none\n3 return x\n7 return y\n8 call b a\n9 returned\n",
                 "f 1\nf;a 2\nf;a;b 1\nf;x 4\nf;y 1\n", NULL, "0 f<g 0+9 returned\n");
}

// Thrown to a handler outside: the captured function is all there is until the call has left.
static void a_return_to_nowhere_leaves_the_captured_function(void **state)
{
  (void)state;
  check_captured("0 begin f g\n4 return h\n9 raised\n", "f 9\n", "f 1\n", "0 f<g 0+9 raised\n");
}

static void nested_calls_belong_to_the_call_they_are_in(void **state)
{
  (void)state;
  // f calls itself, and then in place of itself: as the caller is f, that is on the stack, it is a call from there.
  check_captured("0 begin f f\n1 call f f\n3 call f f\n7 return f\n15 return f\n31 returned\n",
                 "f 17\nf;f 10\nf;f;f 4\n", "f 1\nf;f 1\nf;f;f 1\n", "0 f<f 0+31 returned\n");
}

static void callers_are_captured_side_by_side(void **state)
{
  (void)state;
  check_captured("100 begin f g\np 1\n102 begin f h\np 0\n103 call a f\np 1\n108 raised\np 0\n109 returned\n"
                 "p 1\n110 begin e h\n114 exit\n",
                 "e 4\nf 9\nf;a 6\n", "e 1\nf 2\nf;a 1\n", "0 f<g 0+9 returned\n1 f<h 2+6 raised\n1 e<h 10+4 exited\n");
}

static void calls_end_with_the_trace_and_where_others_begin(void **state)
{
  (void)state;
  check_captured("0 begin f g\n4 end\n", "f 4\n", "f 1\n", "0 f<g 0+4 cut\n");
  check_captured("0 begin f g\n4 call a f\n5 out\n", "f 4\nf;a 1\n", "f 1\nf;a 1\n", "0 f<g 0+5 cut\n");
  check_captured("0 begin f g\n4 call a f\n5 begin e g\n7 returned\n", "e 2\nf 4\nf;a 1\n", "e 1\nf 1\nf;a 1\n",
                 "0 f<g 0+5 cut\n0 e<g 5+2 returned\n");
}

// Only frames that ended have a length.
static void the_frames_of_a_call_that_was_cut_did_not_end(void **state)
{
  (void)state;
  struct profile *profile = fold_text("0 begin f g\n4 call a f\n5 begin e g\n6 call a e\n9 raised\n");
  assert_int_equal(function_row(profile, "m:f/0")->timed_calls, 0);
  assert_int_equal(function_row(profile, "m:e/0")->call_sum_ns, 4);
  assert_int_equal(function_row(profile, "m:a/0")->timed_calls, 1);
  assert_int_equal(function_row(profile, "m:a/0")->call_sum_ns, 3);
  profile_free(profile);
}

static void what_comes_while_a_process_is_away_is_not_looked_at(void **state)
{
  (void)state;
  static const char events[] =
      "0 begin f g\n2 returned\n3 return g\n4 out\n5 waiting\n6 in\n7 gc+\n8 gc-\n9 stack a b\n"
      "10 spawn 1 c\n11 lost 5\n12 raised\n20 begin f g\n23 returned\n";
  check_captured(events, "f 5\n", "f 2\n", "0 f<g 0+2 returned\n0 f<g 20+3 returned\n");
  struct profile *profile = fold_text(events);
  assert_int_equal(profile->processes[0].events, 4);
  assert_int_equal(profile->processes[0].away_ns, 18);
  assert_int_equal(profile->gc.minor, 0);
  assert_int_equal(profile->lost_events, 5); // that they are lost is true all the same
  profile_free(profile);
}

static void a_leave_without_a_begin_is_no_event(void **state)
{
  (void)state;
  check_captured("0 returned\n", "", "", "");
  check_captured("0 raised\n1 call a none\n3 returned\n5 call b a\n6 exit\n", "a 4\na;b 1\n", "a 1\na;b 1\n", "");
}

static void a_process_can_be_traced_before_its_first_call(void **state)
{
  (void)state;
  check_captured("0 call a none\n3 call g a\n4 begin f g\n9 returned\n20 end\n", "a 3\na;g 1\nf 5\n",
                 "a 1\na;g 1\nf 1\n", "0 f<g 4+5 returned\n");
}

static void absences_end_with_the_call(void **state)
{
  (void)state;
  // Looked at while it was out: it waited, in f, until the event that shows it back, which is the last of the call.
  check_captured("0 begin f g\n2 out\n3 waiting\n10 returned\n30 begin f g\n34 gc+\n39 raised\n",
                 "f 6\nf;[gc] 5\nf;[waiting] 8\n", NULL, "0 f<g 0+10 returned\n0 f<g 30+9 raised\n");
  // Nobody looked; f was seen to wait later, in another process.
  check_captured("0 begin f g\n2 out\n5 in\n6 returned\np 1\n50 begin f g\n51 out\n52 waiting\n55 in\n56 returned\n",
                 "f 5\nf;[waiting] 7\n", NULL, "0 f<g 0+6 returned\n1 f<g 50+6 returned\n");
}

static void a_gap_in_a_call_ends_where_the_next_begins_or_the_process_does(void **state)
{
  (void)state;
  check_captured("0 begin f g\n3 lost 1\n5 call a f\n9 begin f g\n10 returned\n", "[lost] 6\nf 4\n", "f 2\n",
                 "0 f<g 0+3 cut\n0 f<g 9+1 returned\n");
  check_captured("0 begin f g\n3 lost 1\n9 exit\n", "[lost] 6\nf 3\n", "f 1\n", "0 f<g 0+3 cut\n");
}

// A stack that was read is the whole one: what the call returns to may be in it.
static void a_stack_read_in_a_call_replaces_what_was_known(void **state)
{
  (void)state;
  check_captured("0 begin f g\n1 stack g f a\n3 call b g\n7 return x\n8 returned\n", "f 1\ng;b 4\ng;f;a 2\ng;x 1\n",
                 NULL, "0 f<g 0+8 returned\n");
  check_captured("0 begin f g\n1 stack\n3 call b g\n7 returned\n", "[cut] 2\nf 1\ng;b 4\n", NULL,
                 "0 f<g 0+7 returned\n");
}

static void the_first_calls_are_kept(void **state)
{
  (void)state;
  struct stream stream;
  struct error err = {0};
  stream_init(&stream, false);
  // Process 1 begins the first call of all and is the last to end.
  stream_push(&stream, "p 1\n-1 begin e g\np 0\n");
  struct trace_event begin = {.kind = EVENT_BEGIN, .function = stream_function(&stream, "f")};
  struct trace_event leave = {.kind = EVENT_LEAVE, .ending = CALL_RETURNED};
  stream_push(&stream, "0 begin f g\n0 returned\n");
  for (int64_t i = 1; i <= (int64_t)PROFILE_MAX_CALLS; i++) {
    begin.time_ns = 10 * i;
    leave.time_ns = 10 * i + 1;
    assert_int_equal(stream_sink(&stream)->ops->event(stream_sink(&stream), &begin, &err), 0);
    assert_int_equal(stream_sink(&stream)->ops->event(stream_sink(&stream), &leave, &err), 0);
  }
  struct profile *profile = stream_finish(&stream);
  assert_int_equal(profile->calls_seen, PROFILE_MAX_CALLS + 2);
  assert_int_equal(profile->call_count, PROFILE_MAX_CALLS);
  assert_int_equal(profile->calls[0].process, 1);
  assert_int_equal(profile->calls[0].ending, PROFILE_CALL_CUT);
  assert_int_equal(profile->calls[PROFILE_MAX_CALLS - 1].start_ns, 10 * (PROFILE_MAX_CALLS - 2) + 1);
  profile_free(profile);
  stream_release(&stream);
}

// 30,000 frames deep the captured function is still the outermost one, and its call ends them all.
static void a_deep_call(void **state)
{
  (void)state;
  struct stream stream;
  struct error err = {0};
  stream_init(&stream, false);
  stream_push(&stream, "0 begin f g\n1 call b f\n");
  struct trace_event call = {.kind = EVENT_CALL, .time_ns = 2, .function = stream_function(&stream, "b")};
  call.caller = call.function;
  for (int i = 0; i < 30000; i++)
    assert_int_equal(stream_sink(&stream)->ops->event(stream_sink(&stream), &call, &err), 0);
  stream_push(&stream, "5 return g\n9 returned\n");
  struct profile *profile = stream_finish(&stream);
  assert_int_equal(profile->nodes[1].own, 1 + 4);
  assert_int_equal(function_row(profile, "m:b/0")->timed_calls, 30001);
  assert_int_equal(function_row(profile, "m:f/0")->call_sum_ns, 9);
  profile_free(profile);
  stream_release(&stream);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(between_its_calls_a_process_is_away),
      cmocka_unit_test(a_call_stays_on_the_captured_function_when_that_ends_in_it),
      cmocka_unit_test(a_call_that_returns_to_nothing),
      cmocka_unit_test(nothing_is_below_the_captured_function),
      cmocka_unit_test(a_return_to_nowhere_leaves_the_captured_function),
      cmocka_unit_test(nested_calls_belong_to_the_call_they_are_in),
      cmocka_unit_test(callers_are_captured_side_by_side),
      cmocka_unit_test(calls_end_with_the_trace_and_where_others_begin),
      cmocka_unit_test(the_frames_of_a_call_that_was_cut_did_not_end),
      cmocka_unit_test(what_comes_while_a_process_is_away_is_not_looked_at),
      cmocka_unit_test(a_leave_without_a_begin_is_no_event),
      cmocka_unit_test(a_process_can_be_traced_before_its_first_call),
      cmocka_unit_test(absences_end_with_the_call),
      cmocka_unit_test(a_gap_in_a_call_ends_where_the_next_begins_or_the_process_does),
      cmocka_unit_test(a_stack_read_in_a_call_replaces_what_was_known),
      cmocka_unit_test(the_first_calls_are_kept),
      cmocka_unit_test(a_deep_call),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
