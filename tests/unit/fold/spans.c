// Frames in time: every span against what the events say, and what is left out when there are too many.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "span_list.h"
#include "stream.h"

#define TEXT_MAX 4096

static void append_path(const struct profile *profile, uint32_t node, char *text)
{
  if (profile->nodes[node].parent)
    append_path(profile, profile->nodes[node].parent, text);
  strcat(text, profile->nodes[node].parent ? ";" : "");
  const char *name = profile->frames[profile->nodes[node].frame].name;
  if (strncmp(name, "m:", 2) == 0) // m:a/0 is written a
    strncat(text, name + 2, strcspn(name + 2, "/"));
  else
    strcat(text, name);
}

// Lines of "process path start+width", as the profile has them.
static void check_spans(const char *events, const char *expected)
{
  struct stream stream;
  char text[TEXT_MAX] = "", line[64];
  stream_init_with(&stream, &(struct fold_options){.by = FOLD_BY_PROCESS, .spans = true});
  stream_push(&stream, events);
  struct profile *profile = stream_finish(&stream);
  for (size_t i = 0; i < profile->span_count; i++) {
    const struct profile_span *span = &profile->spans[i];
    append_path(profile, span->node, text);
    snprintf(line, sizeof line, " %llu+%llu\n", (unsigned long long)span->start_ns, (unsigned long long)span->width_ns);
    strcat(text, line);
  }
  assert_string_equal(text, expected);
  assert_int_equal(profile->span_min_ns, 0);
  profile_free(profile);
  stream_release(&stream);
}

#define PROCESS_0 "p 0 <0.0.0> name=x\n"

static void calls_and_returns(void **state)
{
  (void)state;
  check_spans(PROCESS_0 "100 call a none\n102 call b a\n105 return a\n106 call b a\n108 return a\n110 exit\n",
              "x 0+10\nx;a 0+10\nx;a;b 2+3\nx;a;b 6+2\n");
}

static void a_last_call_ends_the_frame_it_replaces(void **state)
{
  (void)state;
  check_spans(PROCESS_0 "0 call a none\n1 call b a\n4 call c a\n9 return a\n10 end\n",
              "x 0+10\nx;a 0+10\nx;a;b 1+3\nx;a;c 4+5\n");
}

static void what_is_still_there_at_the_end(void **state)
{
  (void)state;
  check_spans(PROCESS_0 "0 stack a b\n2 call c b\n7 end\n", "x 0+7\nx;a 0+7\nx;a;b 0+7\nx;a;b;c 2+5\n");
}

static void cut_stacks_and_gaps(void **state)
{
  (void)state;
  check_spans(PROCESS_0 "0 cut a\n2 call b a\n5 lost 3\n9 call c none\n12 exit\n",
              "x 0+12\nx;[cut] 0+5\nx;[cut];a 0+5\nx;[cut];a;b 2+3\nx;[lost] 5+4\nx;c 9+3\n");
}

static void what_ended_unseen_before_a_wait(void **state)
{
  (void)state;
  check_spans(PROCESS_0 "0 stack a b\n5 out a\n6 waiting\n15 in a\n18 end\n",
              "x 0+18\nx;a 0+18\nx;a;b 0+5\nx;a;[waiting] 5+10\n");
}

static void nothing_known_of_the_stack(void **state)
{
  (void)state;
  check_spans(PROCESS_0 "0 in\n4 call a none\n6 exit\n", "x 0+6\nx;[cut] 0+4\nx;a 4+2\n");
}

static void absences_that_somebody_saw_and_that_nobody_saw(void **state)
{
  (void)state;
  check_spans(PROCESS_0 "0 call a none\n2 out\n3 waiting\n8 in\n9 out\n12 in\n13 exit\n",
              "x 0+13\nx;a 0+13\nx;a;[waiting] 2+6\nx;a;[waiting] 9+3\n");
}

static void a_collection_while_out_parts_the_absence(void **state)
{
  (void)state;
  check_spans(PROCESS_0 "0 call a none\n2 out\n4 gc+\n7 gc-\n9 in\n10 exit\n",
              "x 0+10\nx;a 0+10\nx;a;[waiting] 2+2\nx;a;[gc] 4+3\nx;a;[waiting] 7+2\n");
}

// Between two captured calls the process has no span.
static void captured_calls_and_gaps_between_them(void **state)
{
  (void)state;
  check_spans(PROCESS_0 "100 begin f g\n101 call a f\n104 call b g\n110 returned\n120 call c f\n140 begin f g\n"
                        "142 lost 1\n145 returned\n150 begin f g\n151 begin f g\n153 out\n159 end\n170 begin f g\n",
              "x 0+10\nx;f 0+10\nx;f;a 1+3\nx;f;b 4+6\nx 40+5\nx;f 40+2\nx;[lost] 42+3\n"
              "x 50+9\nx;f 50+1\nx;f 51+8\nx;f;[waiting] 53+6\n");
}

static void opaque_functions_have_all_of_their_time(void **state)
{
  (void)state;
  check_spans("f o opaque\n" PROCESS_0 "0 call a none\n1 call o a\n2 call c b\n3 out\n5 waiting\n6 in\n7 return b\n"
              "9 return a\n10 exit\n",
              "x 0+10\nx;a 0+10\nx;a;o 1+8\nx;a;o;[waiting] 3+3\n");
}

static void two_processes_share_one_clock(void **state)
{
  (void)state;
  check_spans(PROCESS_0 "50 call a none\n60 exit\np 1 <0.1.0> name=y\n55 call b none\n58 exit\n",
              "x 0+10\nx;a 0+10\ny 5+3\ny;b 5+3\n");
}

static void the_longest_are_kept(void **state)
{
  (void)state;
  struct span_list list = {.limit = 100};
  uint64_t seed = 1;
  size_t longer = 0;
  for (int i = 0; i < 5000; i++) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    assert_true(span_list_add(&list, &(struct span){.width_ns = 1 + (seed >> 33) % 100000, .start_ns = i}));
  }
  assert_true(span_list_trim(&list));
  assert_in_range(list.count, 1, 100);
  seed = 1;
  for (int i = 0; i < 5000; i++) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    longer += 1 + (seed >> 33) % 100000 > list.longest_gone_ns;
  }
  assert_int_equal(list.count, longer); // none of those was lost on the way
  for (size_t i = 0; i < list.count; i++)
    assert_true(list.items[i].width_ns > list.longest_gone_ns);
  span_list_release(&list);
}

static void of_equally_long_ones_all_go(void **state)
{
  (void)state;
  struct span_list list = {.limit = 10};
  for (int i = 0; i < 1000; i++)
    assert_true(span_list_add(&list, &(struct span){.width_ns = 7}));
  assert_true(span_list_trim(&list));
  assert_true(span_list_add(&list, &(struct span){.width_ns = 8}));
  assert_int_equal(list.count, 1);
  assert_int_equal(list.longest_gone_ns, 7);
  span_list_release(&list);
}

static void as_long_as_can_be(void **state)
{
  (void)state;
  struct span_list list = {.limit = 10};
  for (int i = 0; i < 1000; i++)
    assert_true(span_list_add(&list, &(struct span){.width_ns = UINT64_MAX}));
  assert_in_range(list.count, 0, 20);
  assert_true(list.count <= list.capacity);
  span_list_release(&list);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(calls_and_returns),
      cmocka_unit_test(a_last_call_ends_the_frame_it_replaces),
      cmocka_unit_test(what_is_still_there_at_the_end),
      cmocka_unit_test(cut_stacks_and_gaps),
      cmocka_unit_test(what_ended_unseen_before_a_wait),
      cmocka_unit_test(nothing_known_of_the_stack),
      cmocka_unit_test(absences_that_somebody_saw_and_that_nobody_saw),
      cmocka_unit_test(a_collection_while_out_parts_the_absence),
      cmocka_unit_test(captured_calls_and_gaps_between_them),
      cmocka_unit_test(opaque_functions_have_all_of_their_time),
      cmocka_unit_test(two_processes_share_one_clock),
      cmocka_unit_test(the_longest_are_kept),
      cmocka_unit_test(of_equally_long_ones_all_go),
      cmocka_unit_test(as_long_as_can_be),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
