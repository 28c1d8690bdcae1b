// Stacks that were sampled: a sample says what the time was that it ends.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stream.h"

static void the_time_before_is_billed(void **state)
{
  (void)state;
  // From 100 to 130 it ran in b, until 190 it waited in a, until 200 it ran in a itself.
  check_stream("100 sampled\n130 sampled-running a b\n190 sampled-waiting a\n200 sampled-running a\n200 end\n",
               "a 10\na;[waiting] 60\na;b 30\n", "");
}

static void states_are_told_apart(void **state)
{
  (void)state;
  check_stream("0 sampled\n1 sampled-runnable a\n3 sampled-suspended a\n7 sampled-collecting a\n15 sampled-exiting a\n"
               "31 sampled-running cut a\n63 sampled-running cut\n63 end\n",
               "[cut] 32\n[cut];a 16\na 8\na;[gc] 4\na;[runnable] 3\n", "");
  struct profile *profile = fold_text("0 sampled\n1 sampled-runnable a\n3 sampled-suspended a\n7 sampled-collecting a\n"
                                      "15 sampled-waiting a\n31 sampled-running a\n31 exit\n");
  const struct profile_process *process = &profile->processes[0];
  assert_int_equal(process->runnable_ns, 3);
  assert_int_equal(process->gc_ns, 4);
  assert_int_equal(process->waiting_ns, 8);
  assert_int_equal(process->width_ns, 31);
  assert_int_equal(process->last_ns - process->first_ns, 31);
  assert_true(process->exited);
  assert_int_equal(profile->gc.minor + profile->gc.major, 0);
  profile_free(profile);
}

static void the_first_only_starts_the_time(void **state)
{
  (void)state;
  check_stream("1000 sampled-running a\n1001 sampled-running b\n1001 end\n", "b 1\n", "");
}

static void what_no_sample_covers_is_lost(void **state)
{
  (void)state;
  check_stream("0 sampled\n5 sampled-running a\n7 sampled\n8 sampled-running a\n11 end\n", "[lost] 5\na 6\n", "");
  check_stream("0 sampled\n5 sampled-running a b\n9 call c b\n12 exit\n", "[lost] 4\na;b 5\nb;c 3\n", "b;c 1\n");
}

static void no_call_is_counted_or_timed(void **state)
{
  (void)state;
  struct profile *profile =
      fold_text("0 sampled\n5 sampled-running a b\n9 sampled-running a\n12 sampled-running a b\n12 end\n");
  const struct profile_function *b = function_row(profile, "m:b/0");
  assert_int_equal(b->own_ns, 8);
  assert_int_equal(b->calls, 0);
  assert_int_equal(b->timed_calls, 0);
  profile_free(profile);
}

// Frames that two samples have in common are one in a chart.
static void common_frames_are_one_span(void **state)
{
  (void)state;
  struct stream stream;
  stream_init_with(&stream, &(struct fold_options){.by = FOLD_BY_PROCESS, .spans = true});
  stream_push(&stream, "0 sampled\n5 sampled-running a b\n9 sampled-waiting a b\n12 sampled-running a c\n20 "
                       "sampled-running a c\n20 end\n");
  struct profile *profile = stream_finish(&stream);
  static const struct {
    const char *name;
    uint64_t start_ns, width_ns;
  } expected[] = {{"m:a/0", 0, 20}, {"m:b/0", 0, 9}, {"[waiting]", 5, 4}, {"m:c/0", 9, 11}};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
    size_t found = 0;
    for (size_t k = 0; k < profile->span_count; k++) {
      const struct profile_span *span = &profile->spans[k];
      if (strcmp(profile->frames[profile->nodes[span->node].frame].name, expected[i].name) != 0)
        continue;
      found++;
      assert_int_equal(span->start_ns, expected[i].start_ns);
      assert_int_equal(span->width_ns, expected[i].width_ns);
    }
    assert_int_equal(found, 1);
  }
  profile_free(profile);
  stream_release(&stream);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_time_before_is_billed),      cmocka_unit_test(states_are_told_apart),
      cmocka_unit_test(the_first_only_starts_the_time), cmocka_unit_test(what_no_sample_covers_is_lost),
      cmocka_unit_test(no_call_is_counted_or_timed),    cmocka_unit_test(common_frames_are_one_span),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
