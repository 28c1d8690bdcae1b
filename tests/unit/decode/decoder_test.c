// Packed records byte by byte as FORMAT.md has them, and everything it does not allow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "decode/decoder.h"
#include "log_sink.h"
#include "records.h"

#define RECORDS_MAX_BYTES (64u << 20)
#define NOBODY UINT32_MAX

struct fixture {
  struct log_sink log;
  struct event_ids ids;
  struct decoder *decoder;
  struct bytes records;
  struct error err;
};

// Functions 1 to 4 (m:a/0 to m:d/0) and processes 0 and 1 are defined, and the log is empty.
static int set_up(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  log_sink_init(&f->log);
  event_ids_init(&f->ids);
  bytes_init(&f->records, RECORDS_MAX_BYTES);
  f->decoder = decoder_new(&f->ids, &f->log.sink);
  const char *const names[] = {"a", "b", "c", "d"};
  for (uint32_t i = 0; i < 4; i++)
    records_function(&f->records, i + 1, "m", names[i], 0);
  records_process(&f->records, 0, NOBODY, "<0.1.0>", "");
  records_process(&f->records, 1, NOBODY, "<0.2.0>", "");
  int failed = decoder_push(f->decoder, f->records.data, f->records.size, &f->err);
  bytes_clear(&f->records);
  bytes_clear(&f->log.log);
  *state = f;
  return failed;
}

static int tear_down(void **state)
{
  struct fixture *f = *state;
  decoder_free(f->decoder);
  log_sink_release(&f->log);
  bytes_release(&f->records);
  free(f);
  return 0;
}

static int push(struct fixture *f)
{
  // A copy of the exact size, so that a sanitizer sees a read past the end.
  uint8_t *exact = malloc(f->records.size ? f->records.size : 1);
  if (f->records.size)
    memcpy(exact, f->records.data, f->records.size);
  int result = decoder_push(f->decoder, exact, f->records.size, &f->err);
  free(exact);
  bytes_clear(&f->records);
  return result;
}

static void assert_pushes(struct fixture *f, const char *expected)
{
  assert_int_equal(push(f), 0);
  assert_string_equal(log_sink_text(&f->log), expected);
}

static void assert_damaged(struct fixture *f, const char *what)
{
  assert_int_equal(push(f), -1);
  assert_int_equal(f->err.code, ERROR_DATA);
  assert_non_null(strstr(f->err.message, what));
  f->err = (struct error){0};
}

static void definitions_reach_the_sink(void **state)
{
  struct fixture *f = *state;
  records_hex(&f->records, "80 00000007 01 02 0005 6c69737473 0002 c3a9");                          // lists:é/2, a BIF
  records_hex(&f->records, "80 00000008 02 00 0001 6d 0001 6f");                                    // m:o/0, opaque
  records_hex(&f->records, "81 00000002 00000001 0007 3c302e332e303e 0001 6e 0001 6c 0003 6d3a66"); // no arity: a text
  records_fact(&f->records, "node", "shop@10.0.0.7");
  records_fact(&f->records, "asked", "");
  records_module(&f->records, -5, 1, "shop_cart");
  assert_pushes(f, "function f5 native 5:lists 2:\xc3\xa9 /2\n"
                   "function f6 opaque 1:m 1:o /0\n"
                   "process p2 of p1 7:<0.3.0> 1:n 1:l 3:m:f\n"
                   "fact node = shop@10.0.0.7\n"
                   "fact asked = \n"
                   "module -5 traced shop_cart\n");
}

// Where it stands, as the definitions; the function is the sink's.
static void locations_reach_the_sink(void **state)
{
  struct fixture *f = *state;
  records_function(&f->records, 9, "m", "e", 1);
  records_hex(&f->records, "86 00000009 01 00000011 0009 7372632f6d2e65726c"); // src/m.erl:17, with a receive
  records_chunk(&f->records, 0, 10, "02 000000 0009");
  records_hex(&f->records, "86 00000001 00 ffffffff 0001 ff"); // the last line there is, of a file that is no text
  records_hex(&f->records, "86 00000002 00 00000000 0000");    // its place is not known
  assert_pushes(f, "function f5 1:m 1:e /1\n"
                   "location f5 receives line 17 src/m.erl\n"
                   "location f1 line 4294967295 \xff\n"
                   "location f2 line 0 \n"
                   "return p0 10 f5\n");
}

static void applications_reach_the_sink(void **state)
{
  struct fixture *f = *state;
  records_hex(&f->records, "87 01 0004 73686f70 0004 73686f70"); // shop of shop, the user's
  records_hex(&f->records, "87 04 0005 6c69737473 0000");        // OTP's lists, of no application
  records_hex(&f->records, "87 02 0000 0001 ff");                // the module without a name, of one that is no text
  assert_pushes(f, "application 1 of 4:shop shop\n"
                   "application 4 of 5:lists \n"
                   "application 2 of 0: \xff\n");
}

static void every_kind_of_event(void **state)
{
  struct fixture *f = *state;
  records_chunk(&f->records, 1, 1000,
                "01 00000a 0001 0000"                        // +10 call a, caller undefined
                "41 000001 0002"                             // +1 call b, caller a
                "02 000002 0001"                             // +2 return to a
                "03 000003 0001"                             // +3 out in a
                "04 000004 0000"                             // +4 in
                "05 000005 00"                               // +5 minor gc
                "06 000006 00 0000000000000100"              // +6 gave back 256 words
                "05 000001 01 06 000001 01 0000000000000000" // a major one, in 1 ns, two later
                "08 000001 01 00000002 0003 0001"            // +1 stack c a, cut
                "08 000000 00 00000000"                      // an empty stack
                "0a 000001 0000 0004"                        // +1 spawns process 0, in d
                "0b 000001 0000000000000009"                 // +1 nine lost
                "07 000001"                                  // +1 exit
                "0c 000000"                                  // +0 end
                "0d 000001 0003 0000"                        // +1 begin of c, caller undefined
                "41 000001 0004"                             // +1 call d, caller c
                "0e 000001 01 0e 000001 02"                  // +1 returned, +1 raised
                "0f 000001 00 00 00000000"                   // +1 sampled, nothing known
                "0f 000001 01 01 00000002 0003 0001"         // +1 sampled: waiting in c a, cut
                "0f 000001 06 00 00000001 0001");            // +1 sampled: exiting in a
  assert_pushes(f, "call p1 1010 f1 from f0\n"
                   "call p1 1011 f2 from f1\n"
                   "return p1 1013 f1\n"
                   "out p1 1016 f1\n"
                   "in p1 1020 f0\n"
                   "gc-start p1 1025 minor\n"
                   "gc-end p1 1031 minor 256\n"
                   "gc-start p1 1032 major\n"
                   "gc-end p1 1033 major 0\n"
                   "stack p1 1034 cut f3 f1\n"
                   "stack p1 1034\n"
                   "spawn p1 1035 p0 f4\n"
                   "lost p1 1036 9\n"
                   "exit p1 1037\n"
                   "end p1 1037\n"
                   "begin p1 1038 f3 from f0\n"
                   "call p1 1039 f4 from f3\n"
                   "leave p1 1040 1\n"
                   "leave p1 1041 2\n"
                   "sample p1 1042 0\n"
                   "sample p1 1043 1 cut f3 f1\n"
                   "sample p1 1044 6 f1\n");
  assert_int_equal(decoder_event_count(f->decoder), 22);
}

static void long_forms(void **state)
{
  struct fixture *f = *state;
  records_function(&f->records, 0x10001, "m", "far", 0);
  records_chunk(&f->records, 0, -9000000000000000000,
                "11 0000000000000064 0001 0002"         // u64 delta 100
                "31 7ce66c50e2840000 00010001 00000000" // + 9 * 10^18, u32 ids
                "61 000001 00000003"                    // u32 id, caller left out
                "28 000000 00 00000001 00010001"
                "2a 000000 00000001 00000000"
                "22 000000 00010001"
                "2d 000000 00010001 00000002");
  assert_pushes(f, "function f5 1:m 3:far /0\n"
                   "call p0 -8999999999999999900 f1 from f2\n"
                   "call p0 100 f5 from f0\n"
                   "call p0 101 f3 from f5\n"
                   "stack p0 101 f5\n"
                   "spawn p0 101 p1 f0\n"
                   "return p0 101 f5\n"
                   "begin p0 101 f5 from f2\n");
}

// It is stamped later than what follows, and its delta counts from the event before it.
static void a_status_does_not_move_the_clock(void **state)
{
  struct fixture *f = *state;
  records_chunk(&f->records, 0, 100, "09 000064 01  01 00000a 0001 0000  09 0003e8 03  02 000001 0000");
  assert_pushes(f, "status p0 200 1\n"
                   "call p0 110 f1 from f0\n"
                   "status p0 1110 3\n"
                   "return p0 111 f0\n");
}

// The worked example of chunks.c's head; and at equal times the chunk that stands first comes first.
static void chunks_are_merged_by_time(void **state)
{
  struct fixture *f = *state;
  records_chunk(&f->records, 0, 10, "02 000000 0001  02 000002 0001  02 000012 0001"); // 10 12 30
  records_chunk(&f->records, 1, 11, "02 000000 0002  02 000002 0002  02 000001 0002"); // 11 13 14
  records_chunk(&f->records, 0, 31, "02 000000 0003");
  records_chunk(&f->records, 1, 14, "02 000010 0003  07 000001"); // 30 31
  assert_pushes(f, "return p0 10 f1\n"
                   "return p1 11 f2\n"
                   "return p0 12 f1\n"
                   "return p1 13 f2\n"
                   "return p1 14 f2\n"
                   "return p0 30 f1\n"
                   "return p1 30 f3\n"
                   "return p0 31 f3\n"
                   "exit p1 31\n");
}

static void a_barrier_comes_between(void **state)
{
  struct fixture *f = *state;
  records_chunk(&f->records, 0, 50, "07 000000");
  records_fact(&f->records, "early", "1"); // takes effect where it stands: before the events
  records_barrier(&f->records);
  records_fact(&f->records, "late", "1");
  records_chunk(&f->records, 1, 20, "07 000000");
  records_barrier(&f->records);
  records_barrier(&f->records);
  assert_pushes(f, "fact early = 1\n"
                   "exit p0 50\n"
                   "fact late = 1\n"
                   "exit p1 20\n");
}

// Many processes with a few events each, against a plain sort: an event's time is unique, so is the order.
static void a_large_merge_is_in_order(void **state)
{
  enum { PROCESSES = 500, ROUNDS = 40 };
  struct fixture *f = *state;
  for (uint32_t id = 2; id < PROCESSES; id++)
    records_process(&f->records, id, NOBODY, "<0.9.0>", "");
  assert_int_equal(push(f), 0);
  bytes_clear(&f->log.log);
  for (uint32_t i = 0; i < PROCESSES; i++) {
    uint32_t id = i * 7 % PROCESSES; // process id's events are at id, id + 500, id + 1000, ...
    char hex[ROUNDS * 18 + 1] = "";
    for (int round = 0; round < ROUNDS; round++)
      strcat(hex, round ? "02 0001f4 0001 " : "02 000000 0001 ");
    records_chunk(&f->records, id, id, hex);
  }
  struct log_sink expected;
  log_sink_init(&expected);
  for (uint32_t time = 0; time < PROCESSES * ROUNDS; time++) {
    struct trace_event event = {.kind = EVENT_RETURN_TO, .process = time % PROCESSES, .time_ns = time, .function = 1};
    expected.sink.ops->event(&expected.sink, &event, &f->err);
  }
  assert_pushes(f, log_sink_text(&expected));
  log_sink_release(&expected);
}

static void an_empty_batch(void **state)
{
  struct fixture *f = *state;
  assert_int_equal(decoder_push(f->decoder, NULL, 0, &f->err), 0);
  assert_int_equal(decoder_event_count(f->decoder), 0);
}

// Two senders both name their first function 1 and their first process 0.
static void senders_do_not_collide(void **state)
{
  struct fixture *f = *state;
  struct decoder *first = f->decoder;
  f->decoder = decoder_new(&f->ids, &f->log.sink);
  records_function(&f->records, 1, "other", "x", 3);
  records_process(&f->records, 0, NOBODY, "<1.1.0>", "shop");
  records_chunk(&f->records, 0, 5, "02 000000 0001");
  records_process(&f->records, 0, NOBODY, "<1.1.0>", "cart"); // known better now; the same process
  assert_pushes(f, "function f5 5:other 1:x /3\n"
                   "process p2 7:<1.1.0> 4:shop 0: 0:\n"
                   "process p2 7:<1.1.0> 4:cart 0: 0:\n"
                   "return p2 5 f5\n");
  decoder_free(f->decoder);
  f->decoder = first;
}

// Of senders that trace the same code. What merely looks alike when it is written in a row is not one; flags do not
// matter.
static void functions_of_several_senders_are_one(void **state)
{
  struct fixture *f = *state;
  struct decoder *given = f->decoder;
  struct event_ids ids;
  assert_int_equal(event_ids_init_common(&ids, &f->err), 0);
  struct decoder *first = decoder_new(&ids, &f->log.sink), *second = decoder_new(&ids, &f->log.sink);
  f->decoder = first;
  records_function(&f->records, 1, "m", "ab", 1);
  records_function(&f->records, 7, "ma", "b", 1);
  records_function(&f->records, 3, "m", "ab", 2);
  records_hex(&f->records, "80 00000004 00 00 0002 6dff 0001 61"); // no text
  records_hex(&f->records, "80 00000005 00 00 0001 6d 0002 ff61");
  records_hex(&f->records, "80 00000006 00 00 0000 0000");
  assert_pushes(f, "function f1 1:m 2:ab /1\n"
                   "function f2 2:ma 1:b /1\n"
                   "function f3 1:m 2:ab /2\n"
                   "function f4 2:m\xff 1:a /0\n"
                   "function f5 1:m 2:\xff"
                   "a /0\n"
                   "function f6 0: 0: /0\n");
  bytes_clear(&f->log.log);
  f->decoder = second;
  records_process(&f->records, 0, NOBODY, "<0.1.0>", "");
  records_function(&f->records, 1, "m", "ab", 2);
  records_function(&f->records, 2, "m", "ab", 2); // by two numbers
  records_hex(&f->records, "80 00000003 03 00 0000 0000");
  records_function(&f->records, 70000, "m", "ab", 1);
  records_function(&f->records, 4, "m", "new", 0);
  records_chunk(&f->records, 0, 5, "01 000000 0001 0002  22 000001 00011170  02 000001 0003  02 000001 0004");
  assert_pushes(f, "process p0 7:<0.1.0> 0: 0: 0:\n"
                   "function f7 1:m 3:new /0\n"
                   "call p0 5 f3 from f3\n"
                   "return p0 6 f1\n"
                   "return p0 7 f6\n"
                   "return p0 8 f7\n");
  records_function(&f->records, 4, "m", "new", 0);
  assert_damaged(f, "a function is defined twice");
  records_chunk(&f->records, 0, 9, "02 000000 0007"); // the other sender's number
  assert_damaged(f, "a function that was not defined");
  decoder_free(first);
  decoder_free(second);
  event_ids_release(&ids);
  f->decoder = given;
}

static void damaged_chunk(struct fixture *f, const char *hex, const char *what)
{
  records_chunk(&f->records, 0, 1000, hex);
  assert_damaged(f, what);
}

static void damaged_events(void **state)
{
  struct fixture *f = *state;
  damaged_chunk(f, "00 000000", "unknown kind");
  damaged_chunk(f, "10 000000", "unknown kind");
  damaged_chunk(f, "81 000000 0001 0000", "unknown kind");
  damaged_chunk(f, "42 000000 0001", "unknown kind"); // only a call can leave out a caller
  damaged_chunk(f, "01 000000 0001 00", "reaches past");
  damaged_chunk(f, "01", "reaches past");
  damaged_chunk(f, "11 00000000 00000000 0001 00", "reaches past");
  damaged_chunk(f, "01 000000 0005 0000", "function that was not defined");
  damaged_chunk(f, "01 000000 0001 0005", "caller that was not defined");
  damaged_chunk(f, "21 000000 ffffffff 00000000", "function that was not defined");
  damaged_chunk(f, "01 000000 0000 0001", "call of no function");
  damaged_chunk(f, "41 000000 0001", "none is known");
  damaged_chunk(f, "05 000000 02", "neither minor nor major");
  damaged_chunk(f, "06 000000 02 0000000000000000", "neither minor nor major");
  damaged_chunk(f, "08 000000 03 00000000", "unknown flags");
  damaged_chunk(f, "08 000000 00 00000002 0001", "stack reaches past");
  damaged_chunk(f, "08 000000 00 ffffffff 0001", "too deep");
  damaged_chunk(f, "08 000000 00 00000001 0009", "not defined");
  damaged_chunk(f, "08 000000 00 00000001 0000", "not defined");
  damaged_chunk(f, "09 000000 00", "status");
  damaged_chunk(f, "09 000000 07", "status");
  damaged_chunk(f, "0a 000000 0009 0001", "process that was not defined");
  damaged_chunk(f, "0a 000000 0001 0009", "function that was not defined");
  damaged_chunk(f, "0d 000000 0001 00", "reaches past");
  damaged_chunk(f, "4d 000000 0001", "unknown kind");
  damaged_chunk(f, "0d 000000 0000 0001", "captured call of a function");
  damaged_chunk(f, "0d 000000 0005 0001", "captured call of a function");
  damaged_chunk(f, "0d 000000 0001 0005", "caller that was not defined");
  damaged_chunk(f, "0e 000000", "reaches past");
  damaged_chunk(f, "0e 000000 00", "neither returned nor raised");
  damaged_chunk(f, "0e 000000 03", "neither returned nor raised");
  damaged_chunk(f, "0f 000000 01 00 000000", "reaches past");
  damaged_chunk(f, "0f 000000 07 00 00000000", "status");
  damaged_chunk(f, "0f 000000 01 02 00000000", "unknown flags");
  damaged_chunk(f, "0f 000000 01 00 00000002 0001", "stack reaches past");
  damaged_chunk(f, "0f 000000 01 00 ffffffff 0001", "too deep");
  damaged_chunk(f, "0f 000000 01 00 00000001 0000", "not defined");
  damaged_chunk(f, "4f 000000 01 00 00000000", "unknown kind");
  damaged_chunk(f, "17 ffffffffffffffff", "end of the clock");
}

static void times_of_a_process_do_not_fall(void **state)
{
  struct fixture *f = *state;
  records_chunk(&f->records, 0, 1000, "04 000000 0000");
  records_chunk(&f->records, 1, 900, "04 000000 0000"); // another process may be earlier
  assert_int_equal(push(f), 0);
  records_chunk(&f->records, 0, 999, "04 000001 0000"); // at 1000 again: not before
  assert_int_equal(push(f), 0);
  records_chunk(&f->records, 0, 999, "04 000000 0000");
  assert_damaged(f, "time of a process falls");
}

static void damaged_records(void **state)
{
  struct fixture *f = *state;
  const struct {
    const char *hex, *what;
  } cases[] = {
      {"7f", "unknown kind"},
      {"88", "unknown kind"},
      {"80 000000", "not whole"},
      {"80 00000005 00 00 0001 6d 0002 61", "not whole"},
      {"80 00000005 04 00 0000 0000", "out of bounds"},
      {"80 00000000 00 00 0000 0000", "out of bounds"},
      {"80 00400000 00 00 0000 0000", "out of bounds"},
      {"80 00000004 00 00 0000 0000", "defined twice"},
      {"80 00000005 00 00 03fd 0000", "too long"},
      {"81 00400000 ffffffff 0000 0000 0000 0000", "out of bounds"},
      {"81 00000003 00000002 0000 0000 0000 0000", "parent"},
      {"81 00000001 00000001 0000 0000 0000 0000", "parent"},
      {"81 00000003 ffffffff 0041 0000 0000 0000", "too long"},
      {"81 00000003 ffffffff 0000 0000 0000", "not whole"},
      {"82 0001 61 00010001", "too long"},
      {"82 0001 61 00000001 00", "zero byte"},
      {"82 0001 00 00000000", "zero byte"},
      {"82 0000 00000000", "fact"},
      {"83 00000002 0000000000000000 00000000", "process that was not defined"},
      {"83 00000000 0000000000000000 00000001", "not whole"},
      {"83 00000000 0000000000000000 01000001", "too long"},
      {"84 0000000000000000 02 0000", "out of bounds"},
      {"84 0000000000000000 01 0001 00", "zero byte"},
      {"84 0000000000000000 01 0001", "not whole"},
      {"86 00000001 00 00000001 0001", "not whole"},
      {"86 00000001 00 000001", "not whole"},
      {"86 00000001 00 00000000 0001 61", "out of bounds"}, // line 0
      {"86 00000001 00 00000001 0000", "out of bounds"},    // no file
      {"86 00000001 00 00000001 1001 61", "out of bounds"}, // 4,097 bytes of a name
      {"86 00000001 02 00000001 0001 61", "out of bounds"}, // an unknown flag
      {"86 00000005 00 00000001 0001 61", "not defined"},
      {"86 00000000 00 00000001 0001 61", "not defined"},
      {"86 ffffffff 00 00000001 0001 61", "not defined"},
      {"86 00000001 00 00000001 0002 6100", "zero byte"},
      {"87 00 0001 61 0000", "out of bounds"}, // nobody's
      {"87 05 0001 61 0000", "out of bounds"},
      {"87 01 0001 61 0001", "not whole"},
      {"87 01 03fd 61 0000", "not whole"}, // 1,021 bytes of a module's name
      {"87 01 0001 61 0002 6100", "zero byte"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    records_hex(&f->records, cases[i].hex);
    assert_damaged(f, cases[i].what);
  }
}

// What was noted before the damage is not pushed by a later call.
static void damage_leaves_nothing_behind(void **state)
{
  struct fixture *f = *state;
  records_chunk(&f->records, 0, 5, "07 000000");
  records_hex(&f->records, "7f");
  assert_damaged(f, "unknown kind");
  assert_pushes(f, "");
}

static int refuse(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  (void)sink;
  (void)event;
  return error_set(err, ERROR_OUTPUT, "the disk is full");
}

static void the_sinks_failure_is_handed_on(void **state)
{
  struct fixture *f = *state;
  struct event_sink_ops refusing = *f->log.sink.ops;
  refusing.event = refuse;
  f->log.sink.ops = &refusing;
  records_chunk(&f->records, 0, 5, "02 000000 0001");
  assert_int_equal(push(f), -1);
  assert_int_equal(f->err.code, ERROR_OUTPUT);
  f->err = (struct error){0};
  records_chunk(&f->records, 0, 5, "07 000000");
  assert_int_equal(push(f), -1);
}

#define ON_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      ON_FIXTURE(definitions_reach_the_sink),
      ON_FIXTURE(locations_reach_the_sink),
      ON_FIXTURE(applications_reach_the_sink),
      ON_FIXTURE(every_kind_of_event),
      ON_FIXTURE(long_forms),
      ON_FIXTURE(a_status_does_not_move_the_clock),
      ON_FIXTURE(chunks_are_merged_by_time),
      ON_FIXTURE(a_barrier_comes_between),
      ON_FIXTURE(a_large_merge_is_in_order),
      ON_FIXTURE(an_empty_batch),
      ON_FIXTURE(senders_do_not_collide),
      ON_FIXTURE(functions_of_several_senders_are_one),
      ON_FIXTURE(damaged_events),
      ON_FIXTURE(times_of_a_process_do_not_fall),
      ON_FIXTURE(damaged_records),
      ON_FIXTURE(damage_leaves_nothing_behind),
      ON_FIXTURE(the_sinks_failure_is_handed_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
