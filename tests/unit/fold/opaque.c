// Opaque functions: they are shown, and nothing that they call.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream.h"

// The worked example at the head of stacking.c, each step twice as long as the one before: o is there from 1 to 16.
static const char hidden_calls[] = "f o opaque\n0 call a none\n1 call o a\n2 call c b\n4 call c d\n8 return e\n"
                                   "16 call b a\n32 return a\n64 exit\n";

static void what_an_opaque_function_calls_is_its_own_time(void **state)
{
  (void)state;
  check_stream(hidden_calls, "a 33\na;b 16\na;o 15\n", "a 1\na;b 1\na;o 1\n");
}

static void what_is_hidden_has_no_row(void **state)
{
  (void)state;
  struct profile *profile = fold_text(hidden_calls);
  assert_int_equal(profile->function_count, 3);
  assert_null(function_row(profile, "m:c/0"));
  assert_null(function_row(profile, "m:d/0"));
  const struct profile_function *o = function_row(profile, "m:o/0");
  assert_int_equal(o->own_ns, 15);
  assert_int_equal(o->total_ns, 15);
  assert_int_equal(o->timed_calls, 1);
  assert_int_equal(o->call_sum_ns, 15); // until b took its place
  assert_int_equal(profile->node_count, 1 + 3);
  profile_free(profile);
}

static void an_opaque_function_ends_when_one_below_it_goes_on(void **state)
{
  (void)state;
  check_stream("f o opaque\n0 call a none\n1 call o a\n3 call c b\n5 return b\n8 return a\n10 call c a\n15 exit\n",
               "a 3\na;c 5\na;o 7\n", "a 1\na;c 1\na;o 1\n");
}

// The nearest a is the hidden one: its callee is hidden too, and returning to it ends nothing.
static void what_is_hidden_is_still_followed(void **state)
{
  (void)state;
  check_stream("f o opaque\n0 call a none\n1 call o a\n2 call a b\n3 call c a\n5 return a\n7 return b\n8 return a\n"
               "10 exit\n",
               "a 3\na;o 7\n", "a 1\na;o 1\n");
}

static void an_opaque_function_within_itself_is_hidden(void **state)
{
  (void)state;
  check_stream("f o opaque\n0 call a none\n1 call o a\n2 call o b\n4 call c d\n6 return a\n9 exit\n", "a 4\na;o 5\n",
               "a 1\na;o 1\n");
}

// Of hidden functions those that raise, and natives without a caller, stand on what is hidden.
static void natives_in_hiding(void **state)
{
  (void)state;
  check_stream("f o opaque\n0 call a none\n1 call o a\n2 call erlang:throw/1 a\n5 return a\n6 call o a\n"
               "7 call ets:f/1 none\n9 return a\n10 exit\n",
               "a 3\na;o 7\n", "a 1\na;o 2\n");
}

static void an_unknown_caller_below_is_beneath_it_all_the_same(void **state)
{
  (void)state;
  // The bottom is open: without o, x would have been further out.
  check_stream("f o opaque\n0 cut a o\n2 call c x\n5 return y\n7 return a\n8 end\n", "[cut];a 1\n[cut];a;o 7\n", "");
}

static void of_a_stack_that_was_read_what_is_above_is_hidden(void **state)
{
  (void)state;
  check_stream("f o opaque\n0 stack a o b c\n2 call d c\n5 return b\n8 return a\n9 call c a\n11 end\n",
               "a 1\na;c 2\na;o 8\n", "a;c 1\n");
  check_stream("f o opaque\n0 in o\n2 call c b\n5 end\n", "o 5\n", "");
}

static void a_new_stack_is_not_hidden(void **state)
{
  (void)state;
  check_stream("f o opaque\n0 call a none\n1 call o a\n2 stack a b\n5 call c b\n6 lost 1\n9 call d b\n10 end\n",
               "[lost] 3\na 1\na;b 3\na;b;c 1\na;o 1\nb;d 1\n", NULL);
}

static void absences_and_collections_hang_on_the_opaque_function(void **state)
{
  (void)state;
  // Out twice while c is on top, as far as is known: once it was seen waiting, once runnable.
  check_stream("f o opaque\n0 call a none\n1 call o a\n2 call c b\n3 gc+\n5 gc-\n6 out\n7 waiting\n10 in\n11 out\n"
               "12 runnable\n18 in\n19 return a\n20 exit\n",
               "a 2\na;o 5\na;o;[gc] 2\na;o;[runnable] 7\na;o;[waiting] 4\n", NULL);
}

// c's code has no receive; but what o has called since may have one. Without o, c could not have waited.
static void what_is_hidden_may_wait(void **state)
{
  (void)state;
  check_stream("f o opaque\nc o\nc c\n0 call a none\n1 call o a\n2 call c b\n3 out\n9 in\n10 exit\n",
               "a 1\na;o 3\na;o;[waiting] 6\n", NULL);
  check_stream("f o\nc o\nc c\n0 call a none\n1 call o a\n2 call c o\n3 out\n9 in\n10 exit\n",
               "a 1\na;o 1\na;o;c 2\na;o;c;[runnable] 6\n", NULL);
}

// A native function calls nothing that is not seen, so it is certainly in that: it has no receive.
static void a_native_function_in_hiding_does_not_wait(void **state)
{
  (void)state;
  check_stream("f o opaque\n0 call a none\n1 call o a\n2 call ets:f/1 b\n3 out\n9 in\n10 exit\n",
               "a 1\na;o 3\na;o;[runnable] 6\n", NULL);
}

static void a_captured_call_of_an_opaque_function(void **state)
{
  (void)state;
  check_stream("f o opaque\n0 begin o g\n2 call c b\n4 call d g\n7 call o g\n9 returned\n", "o 9\n", "o 2\n");
  check_stream("f o opaque\n0 begin f g\n2 call o f\n4 call c b\n7 call d g\n9 returned\n", "f 2\nf;d 2\nf;o 5\n",
               "f 1\nf;d 1\nf;o 1\n");
}

// An opaque function past the depth limit: it has a row, as all that are there, but not what it calls.
static void an_opaque_function_past_the_depth_limit(void **state)
{
  (void)state;
  struct stream stream;
  struct error err = {0};
  stream_init(&stream, false);
  stream_push(&stream, "f o opaque\n0 call a none\n1 call b a\n");
  struct trace_event call = {.kind = EVENT_CALL, .time_ns = 2, .function = stream_function(&stream, "b")};
  call.caller = call.function;
  for (int i = 0; i < FOLD_MAX_DEPTH; i++)
    assert_int_equal(stream_sink(&stream)->ops->event(stream_sink(&stream), &call, &err), 0);
  stream_push(&stream, "3 call o b\n4 call c x\n6 call d c\n8 return b\n9 end\n");
  struct profile *profile = stream_finish(&stream);
  const struct profile_function *o = function_row(profile, "m:o/0");
  assert_int_equal(o->calls, 1);
  assert_int_equal(o->call_sum_ns, 5);
  assert_null(function_row(profile, "m:c/0"));
  assert_null(function_row(profile, "m:d/0"));
  // a, FOLD_MAX_DEPTH - 1 of b, [deeper] with two more of b and with o
  assert_int_equal(profile->node_count, 1 + FOLD_MAX_DEPTH + 1);
  assert_int_equal(profile->nodes[profile->node_count - 1].calls, 3);
  profile_free(profile);
  stream_release(&stream);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_an_opaque_function_calls_is_its_own_time),
      cmocka_unit_test(what_is_hidden_has_no_row),
      cmocka_unit_test(an_opaque_function_ends_when_one_below_it_goes_on),
      cmocka_unit_test(what_is_hidden_is_still_followed),
      cmocka_unit_test(an_opaque_function_within_itself_is_hidden),
      cmocka_unit_test(natives_in_hiding),
      cmocka_unit_test(an_unknown_caller_below_is_beneath_it_all_the_same),
      cmocka_unit_test(of_a_stack_that_was_read_what_is_above_is_hidden),
      cmocka_unit_test(a_new_stack_is_not_hidden),
      cmocka_unit_test(absences_and_collections_hang_on_the_opaque_function),
      cmocka_unit_test(what_is_hidden_may_wait),
      cmocka_unit_test(a_native_function_in_hiding_does_not_wait),
      cmocka_unit_test(a_captured_call_of_an_opaque_function),
      cmocka_unit_test(an_opaque_function_past_the_depth_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
