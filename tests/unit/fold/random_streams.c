// Streams that no node would send: whatever comes, time is conserved (rule 3) and nothing breaks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream.h"

#define PROCESSES 3u
#define FUNCTIONS 6u

static uint32_t next(uint64_t *seed)
{
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*seed >> 33);
}

static void push_random(struct stream *stream, uint64_t *seed, int64_t *time_ns)
{
  uint32_t stack[4];
  struct error err = {0};
  *time_ns += (int64_t)(next(seed) % 50) - 5;
  struct trace_event event = {.kind = (enum event_kind)(EVENT_CALL + next(seed) % EVENT_END),
                              .process = next(seed) % PROCESSES,
                              .time_ns = *time_ns,
                              .function = next(seed) % (FUNCTIONS + 1),
                              .caller = next(seed) % (FUNCTIONS + 1),
                              .status = (enum process_status)(STATUS_WAITING + next(seed) % STATUS_EXITING),
                              .major = next(seed) % 2,
                              .stack_cut = next(seed) % 2,
                              .lost = next(seed) % 3,
                              .stack = stack,
                              .stack_size = next(seed) % 5};
  for (size_t i = 0; i < event.stack_size; i++)
    stack[i] = 1 + next(seed) % FUNCTIONS;
  if (event.kind == EVENT_CALL && event.function == FUNCTION_NONE)
    event.function = 1;
  bool last = event.kind == EVENT_EXIT || event.kind == EVENT_END;
  if (!last || next(seed) % 50 == 0)
    assert_int_equal(stream_sink(stream)->ops->event(stream_sink(stream), &event, &err), 0);
}

static void time_is_conserved(void **state)
{
  (void)state;
  static const char *const functions[FUNCTIONS] = {"a", "b", "c", "erlang:throw/1", "erlang:hibernate/3", "ets:f/1"};
  for (uint64_t round = 0; round < 500; round++) {
    uint64_t seed = round;
    int64_t time_ns = 0;
    struct stream stream;
    stream_init(&stream, round % 2);
    for (uint32_t i = 0; i < FUNCTIONS; i++)
      assert_int_equal(stream_function(&stream, functions[i]), i + 1);
    for (uint32_t i = 0; i < PROCESSES; i++)
      stream_define(&stream, i, "<0.1.0>", "same");
    for (int i = 0; i < 200; i++)
      push_random(&stream, &seed, &time_ns);
    profile_free(stream_finish(&stream));
    stream_release(&stream);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(time_is_conserved)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
