// A stream of events written as text (support/event_text.h), folded.
#ifndef FLAMBEAU_TESTS_FOLD_STREAM_H
#define FLAMBEAU_TESTS_FOLD_STREAM_H

#include "../profile/folded_text.h"
#include "event_text.h"
#include "fold/fold.h"

struct stream {
  struct fold *fold;
  struct event_text text;
};

static inline struct event_sink *stream_sink(struct stream *stream)
{
  return fold_sink(stream->fold);
}

static inline void stream_init_with(struct stream *stream, const struct fold_options *options)
{
  struct error err = {0};
  stream->fold = fold_new(options, &err);
  assert_non_null(stream->fold);
  assert_int_equal(event_text_init(&stream->text, fold_sink(stream->fold), &err), 0);
}

static inline void stream_init(struct stream *stream, bool by_process)
{
  stream_init_with(stream, &(struct fold_options){.by = by_process ? FOLD_BY_PROCESS : FOLD_MERGED});
}

static inline void stream_release(struct stream *stream)
{
  event_text_release(&stream->text);
  fold_free(stream->fold);
}

static inline uint32_t stream_function(struct stream *stream, const char *token)
{
  struct error err = {0};
  uint32_t function = event_text_function(&stream->text, token, &err);
  assert_int_equal(err.code, ERROR_NONE);
  return function;
}

static inline void stream_define(struct stream *stream, uint32_t id, const char *pid, const char *name)
{
  struct error err = {0};
  struct process_definition definition = {.id = id,
                                          .parent = PROCESS_NONE,
                                          .pid = pid,
                                          .pid_size = strlen(pid),
                                          .name = name,
                                          .name_size = strlen(name),
                                          .label = "",
                                          .initial_call = ""};
  assert_int_equal(event_text_process(&stream->text, &definition, &err), 0);
}

static inline void stream_push(struct stream *stream, const char *events)
{
  struct error err = {0};
  if (event_text_push(&stream->text, events, &err) < 0)
    fail_msg("%s", err.message);
}

// Finishes, and checks rule 3: every process's widths add up to its time, and all nodes', with what was taken out, to
// all processes'.
static inline struct profile *stream_finish(struct stream *stream)
{
  struct error err = {0};
  struct profile *profile = fold_finish(stream->fold, &err);
  assert_non_null(profile);
  uint64_t time_ns = 0, weight_ns = 0, absent_ns[4] = {0};
  for (size_t i = 0; i < profile->process_count; i++) {
    const struct profile_process *process = &profile->processes[i];
    assert_int_equal(process->width_ns, (uint64_t)process->last_ns - (uint64_t)process->first_ns - process->away_ns);
    assert_true(process->waiting_ns + process->runnable_ns + process->gc_ns + process->lost_ns <= process->width_ns);
    time_ns += process->width_ns;
    absent_ns[0] += process->waiting_ns;
    absent_ns[1] += process->runnable_ns;
    absent_ns[2] += process->gc_ns;
    absent_ns[3] += process->lost_ns;
  }
  for (size_t i = 0; i < profile->node_count; i++)
    weight_ns += profile->nodes[i].own + (profile->tracing ? profile->tracing[i] : 0);
  for (size_t i = 1; i < profile->node_count; i++) {
    enum frame_kind kind = profile->frames[profile->nodes[i].frame].kind;
    static const enum frame_kind kinds[] = {FRAME_WAITING, FRAME_RUNNABLE, FRAME_GC, FRAME_LOST};
    for (size_t k = 0; k < 4; k++)
      absent_ns[k] -= kind == kinds[k] ? profile->nodes[i].own + (profile->tracing ? profile->tracing[i] : 0) : 0;
  }
  for (size_t k = 0; k < 4; k++)
    assert_int_equal(absent_ns[k], 0);
  assert_true(profile->waiting.max_ns <= profile->waiting.total_ns);
  assert_int_equal(weight_ns, time_ns);
  return profile;
}

// Folds `events` and compares with the lines of `times`, and those of `calls` unless it is NULL.
static inline void check_stream_by(enum fold_by by, const char *events, const char *times, const char *calls)
{
  struct stream stream;
  stream_init_with(&stream, &(struct fold_options){.by = by});
  stream_push(&stream, events);
  struct profile *profile = stream_finish(&stream);
  char text[FOLDED_TEXT_MAX];
  folded_text(profile, WEIGHT_WALL, text);
  assert_string_equal(text, times);
  if (calls) {
    folded_text(profile, WEIGHT_CALLS, text);
    assert_string_equal(text, calls);
  }
  profile_free(profile);
  stream_release(&stream);
}

static inline void check_stream(const char *events, const char *times, const char *calls)
{
  check_stream_by(FOLD_MERGED, events, times, calls);
}

static inline struct profile *fold_text(const char *events)
{
  struct stream stream;
  stream_init(&stream, false);
  stream_push(&stream, events);
  struct profile *profile = stream_finish(&stream);
  stream_release(&stream);
  return profile;
}

// NULL when the profile has none of this name.
static inline const struct profile_function *function_row(const struct profile *profile, const char *name)
{
  for (size_t i = 0; i < profile->function_count; i++) {
    if (strcmp(profile->frames[profile->functions[i].frame].name, name) == 0)
      return &profile->functions[i];
  }
  return NULL;
}

#endif
