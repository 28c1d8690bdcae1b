// Which calls pass, when, and what is left of one that there was no room for. Streams in and out are text: see
// event_text.h.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_text.h"
#include "slow_calls.h"

#define ROOM ((size_t)1 << 20)
#define SLOW_NS 10u

struct fixture {
  struct event_text_writer writer; // writes what passes
  struct slow_calls slow;
  struct event_text text; // reads what comes
  char *passed;
  size_t passed_size;
};

static void begin(struct fixture *f, uint64_t slower_than_ns, size_t limit_bytes)
{
  struct error err = {0};
  FILE *out = open_memstream(&f->passed, &f->passed_size);
  assert_int_equal(event_text_writer_init(&f->writer, out, &err), 0);
  slow_calls_init(&f->slow, &f->writer.sink, slower_than_ns, limit_bytes);
  assert_int_equal(event_text_init(&f->text, &f->slow.filter.sink, &err), 0);
}

static void push(struct fixture *f, const char *lines)
{
  struct error err = {0};
  if (event_text_push(&f->text, lines, &err) != 0)
    fail_msg("%s", err.message);
  assert_true(f->slow.held_bytes <= f->slow.limit_bytes);
}

// Definitions, so that what comes later in the text is events only.
static void define(struct fixture *f)
{
  push(f, "p 4 <0.5.0>\np 3 <0.4.0>\np 2 <0.3.0>\np 1 <0.2.0>\np 0 <0.1.0>\nf m:f/0\nf m:g/0\nf m:h/0\n");
  fflush(f->writer.out);
  rewind(f->writer.out);
}

static void check_passed(struct fixture *f, const char *expected)
{
  fputc('\0', f->writer.out);
  fflush(f->writer.out);
  assert_string_equal(f->passed, expected);
  fseek(f->writer.out, -1, SEEK_CUR);
}

static void end(struct fixture *f)
{
  event_text_release(&f->text);
  slow_calls_release(&f->slow);
  event_text_writer_release(&f->writer);
  fclose(f->writer.out);
  free(f->passed);
}

// Of a stream of processes 0 to 4 that begins with 0: what passes, and how many calls.
static void check(const char *lines, const char *expected, uint64_t kept, uint64_t dropped)
{
  struct fixture f;
  begin(&f, SLOW_NS, ROOM);
  define(&f);
  push(&f, lines);
  check_passed(&f, expected);
  assert_int_equal(f.slow.kept, kept);
  assert_int_equal(f.slow.dropped, dropped);
  end(&f);
}

static void only_the_slow_call_passes(void **state)
{
  (void)state;
  check("0 begin m:f/0 none\n4 call m:g/0 m:f/0\n6 returned\n"
        "20 begin m:f/0 m:h/0\n21 call m:g/0 m:f/0\n33 return m:f/0\n34 raised\n"
        "40 begin m:f/0 none\n41 returned\n",
        "20 begin m:f/0 m:h/0\n21 call m:g/0 m:f/0\n33 return m:f/0\n34 raised\n", 1, 2);
}

// 10 is slow, 9 is not, however the call ends.
static void at_least_so_long_is_slow(void **state)
{
  (void)state;
  static const char *const endings[] = {"returned", "raised", "exit", "end", "lost 3"};
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    char fast[64], slow[64];
    snprintf(fast, sizeof fast, "-5 begin m:f/0 none\n4 %s\n", endings[i]);
    snprintf(slow, sizeof slow, "-5 begin m:f/0 none\n5 %s\n", endings[i]);
    check(fast, "", 0, 1);
    check(slow, slow, 1, 0);
  }
}

static void a_slow_call_passes_before_it_has_ended(void **state)
{
  (void)state;
  struct fixture f;
  begin(&f, SLOW_NS, ROOM);
  define(&f);
  push(&f, "0 begin m:f/0 none\n3 out m:f/0\n");
  check_passed(&f, "");
  push(&f, "10 in m:f/0\n");
  check_passed(&f, "0 begin m:f/0 none\n3 out m:f/0\n10 in m:f/0\n");
  assert_int_equal(f.slow.held_bytes, 0);
  push(&f, "11 out m:f/0\n");
  check_passed(&f, "0 begin m:f/0 none\n3 out m:f/0\n10 in m:f/0\n11 out m:f/0\n");
  end(&f);
}

// A stack of nine takes two places of held events, one of eight fills one, an empty one none.
static void what_was_held_is_whole(void **state)
{
  (void)state;
  static const char lines[] = "0 begin m:f/0 m:h/0\n"
                              "1 call m:g/0 m:f/0\n"
                              "1 call m:h/0 none\n"
                              "1 stack m:f/0 m:g/0 m:h/0 m:f/0 m:g/0 m:h/0 m:f/0 m:g/0 m:h/0\n"
                              "1 cut m:f/0 m:g/0 m:h/0 m:f/0 m:g/0 m:h/0 m:f/0 m:g/0\n"
                              "1 stack\n"
                              "2 return m:g/0\n"
                              "2 return none\n"
                              "3 spawn 2 m:h/0\n"
                              "4 gc+ major\n"
                              "4 gc- major 18446744073709551615\n"
                              "5 gc+\n"
                              "5 gc- 0\n"
                              "6 out m:g/0\n"
                              "6 waiting\n"
                              "6 collecting\n"
                              "7 in none\n"
                              "99 returned\n";
  check(lines, lines, 1, 0);
}

// Somebody looked at 50; the process itself says 5, then 6.
static void a_status_does_not_make_a_call_slow(void **state)
{
  (void)state;
  check("0 begin m:f/0 none\n50 waiting\n5 in none\n6 returned\n", "", 0, 1);
  check("0 begin m:f/0 none\n50 waiting\n5 in none\n12 returned\n",
        "0 begin m:f/0 none\n50 waiting\n5 in none\n12 returned\n", 1, 0);
}

// Process 1 is passed on while 0 is held; then 0 is dropped, and 1 ends after its call.
static void processes_are_apart(void **state)
{
  (void)state;
  check("0 begin m:f/0 none\n"
        "p 1\n0 begin m:g/0 none\n12 call m:h/0 m:g/0\n"
        "p 0\n7 call m:g/0 m:f/0\n8 returned\n"
        "p 1\n13 return m:g/0\n14 returned\n20 exit\n"
        "p 0\n20 exit\n",
        "p 1\n0 begin m:g/0 none\n12 call m:h/0 m:g/0\n13 return m:g/0\n14 returned\n20 exit\n", 1, 1);
}

static void only_a_known_process_ends(void **state)
{
  (void)state;
  check("0 begin m:f/0 none\n9 returned\n20 end\n", "", 0, 1);
  check("0 begin m:f/0 none\n10 returned\n20 end\n", "0 begin m:f/0 none\n10 returned\n20 end\n", 1, 0);
  check("0 begin m:f/0 none\n10 returned\n20 begin m:f/0 none\n21 exit\n", "0 begin m:f/0 none\n10 returned\n21 exit\n",
        1, 1);
  check("0 exit\n", "", 0, 0);
}

// Outside a captured call, too, between two of them, and in a process that never had one.
static void what_is_in_no_call_does_not_pass(void **state)
{
  (void)state;
  check("0 call m:g/0 m:f/0\n1 begin m:f/0 none\n11 returned\n12 call m:g/0 m:f/0\n12 waiting\n13 lost 5\n"
        "p 1\n0 stack m:f/0\n1 call m:g/0 m:f/0\n99 end\n",
        "1 begin m:f/0 none\n11 returned\n", 1, 0);
  check("0 begin m:f/0 none\n11 exit\n12 call m:g/0 m:f/0\n", "0 begin m:f/0 none\n11 exit\n", 1, 0);
}

// The call that was kept is cut by the loss at 12, the gap ends with the next call, whatever that takes; the one after
// it is fast.
static void the_call_after_a_loss_is_kept(void **state)
{
  (void)state;
  check("0 begin m:f/0 none\n12 lost 7\n20 begin m:f/0 none\n21 returned\n30 begin m:f/0 none\n31 returned\n",
        "0 begin m:f/0 none\n12 lost 7\n20 begin m:f/0 none\n21 returned\n", 2, 1);
  check("0 begin m:f/0 none\n5 lost 7\n20 begin m:f/0 none\n21 returned\n30 begin m:f/0 none\n42 returned\n",
        "30 begin m:f/0 none\n42 returned\n", 1, 2);
}

// Nobody said how the call of f ended: it is over when that of g begins.
static void a_begin_ends_the_call_before(void **state)
{
  (void)state;
  check("0 begin m:f/0 none\n5 begin m:g/0 none\n12 call m:h/0 m:g/0\n15 returned\n",
        "5 begin m:g/0 none\n12 call m:h/0 m:g/0\n15 returned\n", 1, 1);
}

static void everything_is_slower_than_nothing(void **state)
{
  (void)state;
  struct fixture f;
  static const char lines[] = "0 begin m:f/0 none\n0 returned\n7 exit\n";
  begin(&f, 0, ROOM);
  define(&f);
  push(&f, lines);
  check_passed(&f, lines);
  assert_int_equal(f.slow.kept, 1);
  end(&f);
}

// In the room of 1,024 bytes: 5 events of process 1 have 256, for 8 of 32 bytes. Process 0 has 512 for 16, wants 1,024
// for the 17th, and loses them all.
static void who_holds_most_loses_it(void **state)
{
  (void)state;
  struct fixture f;
  begin(&f, SLOW_NS, 1024);
  define(&f);
  push(&f, "p 1\n0 begin m:f/0 none\n1 in none\n2 in none\n3 in none\n4 in none\n5 in none\n");
  assert_int_equal(f.slow.held_bytes, 256);
  push(&f, "p 0\n0 begin m:g/0 m:f/0\n");
  for (int i = 1; i <= 16; i++)
    push(&f, "1 out none\n");
  assert_int_equal(f.slow.held_bytes, 256 + 512);
  push(&f, "1 out none\n");
  assert_int_equal(f.slow.held_bytes, 256);
  push(&f, "2 out none\n3 out none\n"); // 19 by now: what follows a loss is counted, not held
  assert_int_equal(f.slow.held_bytes, 256);
  push(&f, "12 in none\n13 returned\np 1\n10 in none\n");
  check_passed(&f, "0 begin m:g/0 m:f/0\n0 lost 19\n12 in none\n13 returned\n"
                   "p 1\n0 begin m:f/0 none\n1 in none\n2 in none\n3 in none\n4 in none\n5 in none\n10 in none\n");
  end(&f);
}

// Processes 1 and 2 have 512 bytes each for 9 events. The call of 1 is over; 0, 3 and 4 come with 256 each, and that is
// too much for 1,100: 2 has most, though it does nothing just now.
static void who_holds_most_need_not_be_the_last(void **state)
{
  (void)state;
  struct fixture f;
  begin(&f, SLOW_NS, 1100);
  define(&f);
  for (int process = 1; process <= 2; process++) {
    push(&f, process == 1 ? "p 1\n0 begin m:f/0 none\n" : "p 2\n0 begin m:f/0 none\n");
    for (int i = 1; i <= 9; i++)
      push(&f, "1 out none\n");
  }
  push(&f, "p 1\n2 returned\n");
  push(&f, "p 0\n0 begin m:f/0 none\n1 in none\np 3\n0 begin m:f/0 none\n1 in none\n");
  assert_int_equal(f.slow.held_bytes, 512 + 2 * 256);
  push(&f, "p 4\n0 begin m:f/0 none\n1 in none\n");
  assert_int_equal(f.slow.held_bytes, 3 * 256);
  push(&f, "p 2\n10 in none\np 4\n10 returned\n");
  check_passed(&f, "p 2\n0 begin m:f/0 none\n0 lost 9\n10 in none\n"
                   "p 4\n0 begin m:f/0 none\n1 in none\n10 returned\n");
  end(&f);
}

// Its next call has room again.
static void a_call_without_room_that_is_fast_is_dropped(void **state)
{
  (void)state;
  struct fixture f;
  begin(&f, SLOW_NS, 256);
  define(&f);
  push(&f, "0 begin m:f/0 none\n");
  for (int i = 1; i <= 9; i++) // 8 fit
    push(&f, "1 out none\n");
  push(&f, "5 returned\n10 begin m:f/0 none\n11 out none\n25 returned\n");
  check_passed(&f, "10 begin m:f/0 none\n11 out none\n25 returned\n");
  assert_int_equal(f.slow.kept, 1);
  assert_int_equal(f.slow.dropped, 1);
  end(&f);
}

// 256 bytes hold a call and a stack of 56 (32 + 224), not one of 57.
static void a_stack_counts_with_its_functions(void **state)
{
  (void)state;
  for (int size = 56; size <= 57; size++) {
    struct fixture f;
    char lines[1024] = "0 begin m:f/0 none\n1 stack", *at = lines + strlen(lines);
    begin(&f, SLOW_NS, 256);
    define(&f);
    for (int i = 0; i < size; i++)
      at += sprintf(at, " m:f/0");
    strcpy(at, "\n20 returned\n");
    push(&f, lines);
    check_passed(&f, size == 56 ? lines : "0 begin m:f/0 none\n0 lost 1\n20 returned\n");
    end(&f);
  }
}

static void what_is_no_event_passes_at_once(void **state)
{
  (void)state;
  struct fixture f;
  begin(&f, SLOW_NS, ROOM);
  push(&f, "p 0 <0.1.0>\nf m:f/0\n0 begin m:f/0 none\nf m:g/0\nc m:g/0 receives\np 1 <0.2.0>\n");
  check_passed(&f, "p 0 <0.1.0>\nf m:f/0\nf m:g/0\nc m:g/0 receives\np 1 <0.2.0>\n");
  end(&f);
}

// Fails at the nth event.
struct full_sink {
  struct event_filter filter;
  int left;
};

static int fail_at_last(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  if (((struct full_sink *)sink)->left-- == 0)
    return error_set(err, ERROR_OUTPUT, "full");
  return event_filter_event(sink, event, err);
}

// Of four events three are passed on when the call turns out slow, the third of them being the one that shows it.
static void what_the_next_sink_says_is_heard(void **state)
{
  (void)state;
  static const struct event_sink_ops ops = {.event = fail_at_last};
  for (int good = 0; good < 4; good++) {
    struct fixture f;
    struct error err = {0};
    begin(&f, SLOW_NS, ROOM);
    define(&f);
    struct full_sink full = {.filter = {.sink.ops = &ops, .next = &f.writer.sink}, .left = good};
    f.slow.filter.next = &full.filter.sink;
    assert_int_equal(
        event_text_push(&f.text, "0 begin m:f/0 none\n1 call m:g/0 m:f/0\n10 return m:f/0\n11 returned\n", &err), -1);
    assert_string_equal(err.message, "full");
    assert_int_equal(full.left, -1);
    end(&f);
  }
}

// Calls still held when all is over are freed: under AddressSanitizer this sees to it.
static void a_held_call_can_be_left(void **state)
{
  (void)state;
  check("0 begin m:f/0 none\n1 call m:g/0 m:f/0\np 1\n0 begin m:f/0 none\n", "", 0, 0);
}

// What passes of a stream that keeps no rules but the one that time does not fall, and what it held when it was over.
struct books {
  struct event_sink sink;
  uint64_t begins;
  int64_t last_ns[81];
  uint64_t passed, lost; // events
};

static int keep_books(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  (void)err;
  struct books *books = (struct books *)sink;
  assert_true(event->time_ns >= books->last_ns[event->process]);
  books->last_ns[event->process] = event->time_ns;
  books->begins += event->kind == EVENT_BEGIN;
  books->lost += event->kind == EVENT_LOST ? event->lost : 0;
  books->passed += event->kind != EVENT_LOST;
  for (size_t i = 0; i < event->stack_size; i++)
    assert_int_equal(event->stack[i], event->time_ns + (int64_t)i);
  return 0;
}

static int accept_process(struct event_sink *sink, const struct process_definition *definition, struct error *err)
{
  (void)sink, (void)definition, (void)err;
  return 0;
}

// Numerical Recipes' generator: the test is the same everywhere.
static uint32_t random_below(uint32_t *random, uint32_t limit)
{
  *random = *random * 1664525u + 1013904223u;
  return (uint32_t)(((uint64_t)*random * limit) >> 32);
}

// A loss that comes tells of nothing: what is lost in the end had no room.
static uint64_t push_random(struct slow_calls *slow, uint32_t *random, uint64_t *came)
{
  static int64_t now_ns;
  uint32_t stack[40];
  struct error err = {0};
  now_ns += random_below(random, 3);
  for (uint32_t i = 0; i < 40; i++)
    stack[i] = (uint32_t)now_ns + i;
  struct trace_event event = {
      .kind = random_below(random, 4) ? EVENT_CALL : (enum event_kind)(1 + random_below(random, EVENT_SAMPLE)),
      .process = random_below(random, 5) * 20,
      .time_ns = now_ns,
      .stack = stack};
  event.stack_size = event.kind == EVENT_STACK || event.kind == EVENT_SAMPLE ? random_below(random, 41) : 0;
  assert_int_equal(slow->filter.sink.ops->event(&slow->filter.sink, &event, &err), 0);
  assert_true(slow->held_bytes <= slow->limit_bytes);
  ++*came;
  return event.kind == EVENT_BEGIN;
}

static void every_call_is_kept_or_dropped(void **state)
{
  (void)state;
  static const struct event_sink_ops ops = {.process = accept_process, .event = keep_books};
  struct books books = {.sink.ops = &ops};
  struct slow_calls slow;
  struct error err = {0};
  uint64_t begun = 0, came = 0;
  uint32_t random = 4711;
  slow_calls_init(&slow, &books.sink, 50, 600);
  for (uint32_t i = 0; i < 5; i++) {
    const struct process_definition process = {.id = i * 20};
    assert_int_equal(slow.filter.sink.ops->process(&slow.filter.sink, &process, &err), 0);
  }
  for (int i = 0; i < 300000; i++) {
    begun += push_random(&slow, &random, &came);
    assert_int_equal(books.begins, slow.kept);
    assert_in_range(begun - slow.kept - slow.dropped, 0, 5); // under way
    assert_true(books.passed + books.lost <= came);
  }
  assert_true(slow.kept > 100 && slow.dropped > 100 && books.lost > 1000);
  slow_calls_release(&slow);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_the_slow_call_passes),
      cmocka_unit_test(at_least_so_long_is_slow),
      cmocka_unit_test(a_slow_call_passes_before_it_has_ended),
      cmocka_unit_test(what_was_held_is_whole),
      cmocka_unit_test(a_status_does_not_make_a_call_slow),
      cmocka_unit_test(processes_are_apart),
      cmocka_unit_test(only_a_known_process_ends),
      cmocka_unit_test(what_is_in_no_call_does_not_pass),
      cmocka_unit_test(the_call_after_a_loss_is_kept),
      cmocka_unit_test(a_begin_ends_the_call_before),
      cmocka_unit_test(everything_is_slower_than_nothing),
      cmocka_unit_test(who_holds_most_loses_it),
      cmocka_unit_test(who_holds_most_need_not_be_the_last),
      cmocka_unit_test(a_call_without_room_that_is_fast_is_dropped),
      cmocka_unit_test(a_stack_counts_with_its_functions),
      cmocka_unit_test(what_is_no_event_passes_at_once),
      cmocka_unit_test(what_the_next_sink_says_is_heard),
      cmocka_unit_test(a_held_call_can_be_left),
      cmocka_unit_test(every_call_is_kept_or_dropped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
