// Rule 11: where the stacks of spawned processes stand, and what time they have before they first run.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream.h"

// Process 0 is in b, called by a, when it spawns process 1, which waits three for its turn, and calls d.
static const char spawning[] = "0 call a none\n2 call b a\n5 spawn 1 c\n"
                               "p 1\n6 stack c\n9 in\n12 call d c\n14 return c\n15 exit\n"
                               "p 0\n16 return a\n20 exit\n";

static void children_are_their_own_roots(void **state)
{
  (void)state;
  check_stream_by(FOLD_MERGED, spawning, "a 6\na;b 14\nc 4\nc;[runnable] 3\nc;d 2\n", "a 1\na;b 1\nc;d 1\n");
}

static void children_stand_where_they_were_spawned(void **state)
{
  (void)state;
  check_stream_by(FOLD_BY_PARENT, spawning, "a 6\na;b 14\na;b;c 4\na;b;c;[runnable] 3\na;b;c;d 2\n",
                  "a 1\na;b 1\na;b;c;d 1\n");
}

static void grandchildren_stand_on_children(void **state)
{
  (void)state;
  check_stream_by(FOLD_BY_PARENT,
                  "0 call a none\n1 spawn 1 b\np 1\n1 stack b\n1 in\n3 spawn 2 c\np 2\n4 stack c\n4 in\n7 exit\n"
                  "p 1\n9 exit\np 0\n9 exit\n",
                  "a 9\na;b 8\na;b;c 3\n", NULL);
}

static void a_child_seen_before_its_spawning_is_its_own_root(void **state)
{
  (void)state;
  check_stream_by(FOLD_BY_PARENT, "0 call a none\np 1\n6 stack c\n6 in\n9 exit\np 0\n9 spawn 1 c\n10 exit\n",
                  "a 10\nc 3\n", NULL);
}

static void a_child_that_never_ran_was_runnable(void **state)
{
  (void)state;
  check_stream_by(FOLD_MERGED, "0 call a none\n1 spawn 1 c\np 1\n2 stack c\n7 exit\np 0\n10 exit\n",
                  "a 10\nc;[runnable] 5\n", NULL);
}

static void after_it_first_ran_a_child_waits_like_others(void **state)
{
  (void)state;
  check_stream_by(FOLD_MERGED, "0 call a none\n0 spawn 1 c\np 1\n0 stack c\n3 in\n4 out\n9 in\n10 exit\np 0\n10 exit\n",
                  "a 10\nc 2\nc;[runnable] 3\nc;[waiting] 5\n", NULL);
}

// spawn(Fun) starts in erlang:apply/2, which then is called, by nobody, as the event says.
static void a_process_that_starts_in_a_bif_is_in_it_once(void **state)
{
  (void)state;
  check_stream_by(
      FOLD_MERGED,
      "0 call a none\n0 spawn 1 erlang:apply/2\np 1\n0 stack erlang:apply/2\n2 in\n3 call erlang:apply/2 none\n"
      "4 call f none\n9 exit\np 0\n9 exit\n",
      "erlang:apply/2 2\nerlang:apply/2;[runnable] 2\na 9\nf 5\n", "erlang:apply/2 1\na 1\nf 1\n");
}

static void a_process_that_spawns_itself_stays_where_it_is(void **state)
{
  (void)state;
  check_stream_by(FOLD_BY_PARENT, "0 call a none\n1 spawn 0 a\n3 exit\n", "a 3\n", NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(children_are_their_own_roots),
      cmocka_unit_test(children_stand_where_they_were_spawned),
      cmocka_unit_test(grandchildren_stand_on_children),
      cmocka_unit_test(a_child_seen_before_its_spawning_is_its_own_root),
      cmocka_unit_test(a_child_that_never_ran_was_runnable),
      cmocka_unit_test(after_it_first_ran_a_child_waits_like_others),
      cmocka_unit_test(a_process_that_starts_in_a_bif_is_in_it_once),
      cmocka_unit_test(a_process_that_spawns_itself_stays_where_it_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
