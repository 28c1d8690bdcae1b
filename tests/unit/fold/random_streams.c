// Streams that no node would send: whatever comes, time is conserved (rule 3) and nothing breaks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

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
  struct trace_event event = {.kind = (enum event_kind)(EVENT_CALL + next(seed) % EVENT_SAMPLE),
                              .process = next(seed) % PROCESSES,
                              .time_ns = *time_ns,
                              .function = next(seed) % (FUNCTIONS + 1),
                              .caller = next(seed) % (FUNCTIONS + 1),
                              .status = (enum process_status)(STATUS_WAITING + next(seed) % STATUS_EXITING),
                              .ending = next(seed) % 2 ? CALL_RETURNED : CALL_RAISED,
                              .major = next(seed) % 2,
                              .stack_cut = next(seed) % 2,
                              .stack_again = next(seed) % 2,
                              .lost = next(seed) % 3,
                              .stack = stack,
                              .stack_size = next(seed) % 5};
  if (event.kind == EVENT_SAMPLE && next(seed) % 4 == 0)
    event.status = STATUS_UNKNOWN;
  for (size_t i = 0; i < event.stack_size; i++)
    stack[i] = 1 + next(seed) % FUNCTIONS;
  if ((event.kind == EVENT_CALL || event.kind == EVENT_BEGIN) && event.function == FUNCTION_NONE)
    event.function = 1;
  bool last = event.kind == EVENT_EXIT || event.kind == EVENT_END;
  if (!last || next(seed) % 50 == 0)
    assert_int_equal(stream_sink(stream)->ops->event(stream_sink(stream), &event, &err), 0);
}

static struct profile *fold_random(uint64_t seed, const struct fold_options *options)
{
  static const char *const functions[FUNCTIONS] = {"a", "b", "c", "erlang:throw/1", "erlang:hibernate/3", "ets:f/1"};
  int64_t time_ns = 0;
  struct stream stream;
  stream_init_with(&stream, options);
  if (seed % 2)
    stream_push(&stream, seed % 4 == 1 ? "f a opaque\n" : "f a\nf b opaque\n");
  for (uint32_t i = 0; i < FUNCTIONS; i++)
    assert_int_equal(stream_function(&stream, functions[i]), i + 1);
  for (uint32_t i = 0; i < PROCESSES; i++)
    stream_define(&stream, i, "<0.1.0>", "same");
  for (int i = 0; i < 200; i++)
    push_random(&stream, &seed, &time_ns);
  struct profile *profile = stream_finish(&stream);
  stream_release(&stream);
  return profile;
}

static void time_is_conserved(void **state)
{
  (void)state;
  for (uint64_t seed = 0; seed < 600; seed++) {
    const struct fold_options options = {.by = (enum fold_by)(seed % 3)};
    profile_free(fold_random(seed, &options));
  }
}

// Every nanosecond of a node and of those above it lies in one of its spans, and spans of siblings do not overlap:
// so what a node's spans add up to is its whole time, and where its parent's spans are, they are.
static void check_spans(const struct profile *profile)
{
  uint64_t *whole_ns = calloc(profile->node_count, sizeof *whole_ns);
  uint64_t *span_ns = calloc(profile->node_count, sizeof *span_ns);
  assert_true(whole_ns && span_ns);
  for (size_t i = profile->node_count; i-- > 1;) {
    whole_ns[i] += profile->nodes[i].own;
    whole_ns[profile->nodes[i].parent] += whole_ns[i];
  }
  for (size_t i = 0; i < profile->span_count; i++)
    span_ns[profile->spans[i].node] += profile->spans[i].width_ns;
  for (size_t i = 1; i < profile->node_count; i++)
    assert_int_equal(span_ns[i], whole_ns[i]);
  free(whole_ns);
  free(span_ns);
}

// Of spans of one node that follow each other without a gap ([cut] may come in pieces), one.
static size_t join_spans(const struct profile *profile, struct profile_span *joined)
{
  size_t *last = calloc(profile->node_count, sizeof *last); // and one
  assert_non_null(last);
  size_t count = 0;
  for (size_t i = 0; i < profile->span_count; i++) {
    const struct profile_span *span = &profile->spans[i];
    struct profile_span *before = last[span->node] ? &joined[last[span->node] - 1] : NULL;
    if (before && before->start_ns + before->width_ns == span->start_ns) {
      before->width_ns += span->width_ns;
    } else {
      joined[count++] = *span;
      last[span->node] = count;
    }
  }
  free(last);
  return count;
}

// The innermost of the spans before this one that have not ended must be the parent's.
static void check_nesting(const struct profile *profile)
{
  const struct profile_span *open[64];
  size_t depth = 0;
  struct profile_span *spans = calloc(profile->span_count + 1, sizeof *spans);
  assert_non_null(spans);
  size_t count = join_spans(profile, spans);
  for (size_t i = 0; i < count; i++) {
    const struct profile_span *span = &spans[i];
    while (depth > 0 && (open[depth - 1]->process != span->process ||
                         open[depth - 1]->start_ns + open[depth - 1]->width_ns <= span->start_ns))
      depth--;
    uint32_t parent = depth ? open[depth - 1]->node : 0;
    assert_int_equal(profile->nodes[span->node].parent, parent);
    if (depth)
      assert_true(span->start_ns + span->width_ns <= open[depth - 1]->start_ns + open[depth - 1]->width_ns);
    assert_true(depth < 64);
    open[depth++] = span;
  }
  free(spans);
}

static void spans_tell_the_same_time(void **state)
{
  (void)state;
  const struct fold_options options = {.by = FOLD_BY_PROCESS, .spans = true};
  for (uint64_t seed = 0; seed < 300; seed++) {
    struct profile *profile = fold_random(seed, &options);
    check_spans(profile);
    check_nesting(profile);
    profile_free(profile);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(time_is_conserved), cmocka_unit_test(spans_tell_the_same_time)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
