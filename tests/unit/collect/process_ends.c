// What is told of processes whose end never came: the node is gone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event_text.h"
#include "log_sink.h"
#include "process_ends.h"

// What comes after `events` when the trace ends at 100 and seven events are known lost.
static void check_ends(const char *events, const char *expected)
{
  struct error err = {0};
  struct log_sink log;
  struct process_ends ends;
  struct event_text text;
  log_sink_init(&log);
  process_ends_init(&ends, &log.sink);
  assert_int_equal(event_text_init(&text, (struct event_sink *)&ends, &err), 0);
  assert_int_equal(event_text_push(&text, events, &err), 0);
  bytes_clear(&log.log);
  assert_int_equal(process_ends_lose(&ends, 7, 100, &err), 0);
  assert_string_equal(log_sink_text(&log), expected);
  event_text_release(&text);
  process_ends_release(&ends);
  log_sink_release(&log);
}

static void a_gap_to_the_end_where_none_came(void **state)
{
  (void)state;
  check_ends("1 call a none\np 1\n2 call a none\n9 exit\np 2\n3 call a none\np 3\n4 call a none\n5 end\n",
             "lost p0 1 7\nend p0 100\nlost p2 3 0\nend p2 100\n");
}

// Between captured calls there is nothing to lose; in one there is.
static void no_gap_for_a_process_that_is_away(void **state)
{
  (void)state;
  check_ends("1 begin f g\n4 returned\np 1\n2 begin f g\n3 raised\n6 begin f g\np 2\n1 begin f g\n2 returned\n5 exit\n",
             "lost p1 6 7\nend p1 100\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_gap_to_the_end_where_none_came),
                                     cmocka_unit_test(no_gap_for_a_process_that_is_away)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
