// What a live run tells: the progress line and the last line.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collect/collect.h"
#include "progress.h"

#define SECOND_NS UINT64_C(1000000000)

static void the_rate_is_since_the_line_before(void **state)
{
  (void)state;
  char line[PROGRESS_LINE_MAX];
  struct progress last = {0};
  struct collect_progress now = {.events = 4000, .elapsed_ns = 2 * SECOND_NS, .duration_ns = 10 * SECOND_NS};
  progress_line(&last, &now, line);
  assert_string_equal(line, "4,000 events  2,000/s  queue 0  8 s left");
  now = (struct collect_progress){
      .events = 1004000, .queue = 1234, .elapsed_ns = 5 * SECOND_NS / 2, .duration_ns = 10 * SECOND_NS};
  progress_line(&last, &now, line); // a million in half a second; 7.5 seconds are left
  assert_string_equal(line, "1,004,000 events  2,000,000/s  queue 1,234  8 s left");
}

static void the_rest_of_the_time_is_known_or_not(void **state)
{
  (void)state;
  char line[PROGRESS_LINE_MAX];
  struct progress last = {0};
  struct collect_progress now = {.duration_ns = SECOND_NS};
  progress_line(&last, &now, line);
  assert_string_equal(line, "preparing ...");
  now.elapsed_ns = SECOND_NS;
  progress_line(&last, &now, line);
  assert_string_equal(line, "0 events  0/s  queue 0  finishing");
  now.duration_ns = 0;
  progress_line(&last, &now, line);
  assert_string_equal(line, "0 events  0/s  queue 0  Ctrl-C ends it");
}

static void calls_are_waited_for_and_then_counted(void **state)
{
  (void)state;
  char line[PROGRESS_LINE_MAX];
  struct progress last = {0};
  struct collect_progress now = {.calls_wanted = 20};
  progress_line(&last, &now, line);
  assert_string_equal(line, "preparing ...");
  now.elapsed_ns = 48 * SECOND_NS, now.waiting_ns = 12 * SECOND_NS - 1;
  progress_line(&last, &now, line);
  assert_string_equal(line, "waiting for the first call, 12 s left");
  now.waiting_ns = 0; // without a limit
  progress_line(&last, &now, line);
  assert_string_equal(line, "waiting for the first call");
  last = (struct progress){0};
  now = (struct collect_progress){.calls_wanted = 20, .events = 4000, .elapsed_ns = 2 * SECOND_NS};
  progress_line(&last, &now, line); // the first call has begun
  assert_string_equal(line, "0 of 20 calls  4,000 events  2,000/s  queue 0  Ctrl-C ends it");
  now.calls = 3, now.duration_ns = 10 * SECOND_NS;
  progress_line(&last, &now, line);
  assert_string_equal(line, "3 of 20 calls  4,000 events  0/s  queue 0  8 s left");
}

static void the_summary_counts(void **state)
{
  (void)state;
  char summary[SUMMARY_MAX];
  struct collect_result result = {.events = 12345, .processes = 3, .ended = "deadline"};
  progress_summary(&result, 10 * SECOND_NS, "a.svg, a.png", summary);
  assert_string_equal(summary, "12,345 events of 3 processes in 10.0 s, nothing lost: a.svg, a.png");
  assert_true(progress_ended_well(&result));
  result = (struct collect_result){.events = 1, .processes = 1, .ended = "interrupted"};
  progress_summary(&result, SECOND_NS / 4, "a.svg", summary);
  assert_string_equal(summary, "1 event of 1 process in 0.2 s, nothing lost, stopped by a signal: a.svg");
}

static void the_summary_says_what_is_missing(void **state)
{
  (void)state;
  char summary[SUMMARY_MAX];
  struct collect_result result = {.events = 999, .lost_events = 1000, .processes = 2, .ended = "max-events"};
  progress_summary(&result, SECOND_NS, "a.svg", summary);
  assert_string_equal(summary, "999 events of 2 processes in 1.0 s, 1,000 events lost, stopped at --max-events: a.svg");
  assert_false(progress_ended_well(&result));
  result = (struct collect_result){.events = 999, .processes = 2, .ended = "disconnected"};
  progress_summary(&result, SECOND_NS, "a.svg", summary); // nobody can say that nothing was lost
  assert_string_equal(summary, "999 events of 2 processes in 1.0 s, until the connection was lost: a.svg");
  result = (struct collect_result){.events = 999, .processes = 2, .ended = "agent-ended"};
  progress_summary(&result, SECOND_NS, "a.svg", summary);
  assert_string_equal(summary,
                      "999 events of 2 processes in 1.0 s, until its agent on the node ended before its time: a.svg");
}

static void the_summary_counts_calls(void **state)
{
  (void)state;
  char summary[SUMMARY_MAX];
  struct collect_result result = {.events = 12345, .processes = 4, .calls = 20, .ended = "calls"};
  progress_summary(&result, 32 * SECOND_NS / 10, "a.svg", summary);
  assert_string_equal(summary, "20 calls in 4 processes, 12,345 events, 3.2 s, nothing lost: a.svg");
  assert_true(progress_ended_well(&result));
  result.calls_cut = 1, result.calls_fast = 112;
  progress_summary(&result, 3200000000, "a.svg", summary);
  assert_string_equal(summary, "20 calls in 4 processes, 12,345 events, 3.2 s, nothing lost, 1 had not ended, "
                               "112 were faster: a.svg");

  result = (struct collect_result){.events = 1, .processes = 1, .calls = 1, .ended = "returned"};
  progress_summary(&result, SECOND_NS, "a.svg", summary);
  assert_string_equal(summary, "1 call in 1 process, 1 event, 1.0 s, nothing lost: a.svg");
  assert_true(progress_ended_well(&result));
}

static void the_summary_says_why_calls_are_missing(void **state)
{
  (void)state;
  char summary[SUMMARY_MAX];
  struct collect_result result = {.events = 7, .processes = 1, .calls = 2, .ended = "timeout"};
  progress_summary(&result, SECOND_NS, "a.svg", summary);
  assert_string_equal(summary, "2 calls in 1 process, 7 events, 1.0 s, nothing lost, "
                               "until the time to wait for a call was up: a.svg");
  assert_false(progress_ended_well(&result));
  strcpy(result.ended, "other-tracer");
  progress_summary(&result, SECOND_NS, "a.svg", summary);
  assert_string_equal(summary, "2 calls in 1 process, 7 events, 1.0 s, nothing lost, "
                               "until another tracer came to the node: a.svg");
  assert_false(progress_ended_well(&result));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_rate_is_since_the_line_before),
      cmocka_unit_test(the_rest_of_the_time_is_known_or_not),
      cmocka_unit_test(calls_are_waited_for_and_then_counted),
      cmocka_unit_test(the_summary_counts),
      cmocka_unit_test(the_summary_counts_calls),
      cmocka_unit_test(the_summary_says_why_calls_are_missing),
      cmocka_unit_test(the_summary_says_what_is_missing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
