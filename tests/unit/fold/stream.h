// A stream of events written as text, folded: one event a line, `TIME EVENT OPERANDS`.
//
//   p 1                  the lines after it are events of process 1 (the first is 0)
//   0 stack a b          the real stack, outermost first; `cut` instead of `stack`: outer frames are missing
//   5 call b a           b called; returning leads to a (none: `undefined`)
//   9 return a           (none: the last frame ended)
//   9 out, 12 in         perhaps with a function
//   20 gc+ and 25 gc-    a minor collection that gives back 7 words; `gc+ major`, `gc- major`
//   30 waiting           a status: waiting, runnable, running, suspended
//   40 lost 3, 50 exit, 50 end, 60 spawn
//
// `a` is the function m:a/0; `erlang:throw/1`, with its module and arity, is a native one.
#ifndef FLAMBEAU_TESTS_FOLD_STREAM_H
#define FLAMBEAU_TESTS_FOLD_STREAM_H

#include <stdlib.h>

#include "../profile/folded_text.h"
#include "event/event_sink.h"
#include "fold/fold.h"

#define STREAM_MAX_FUNCTIONS 64

struct stream {
  struct fold *fold;
  char *functions[STREAM_MAX_FUNCTIONS]; // by id, from 1
  uint32_t function_count;
  uint32_t process;
  bool defined[8]; // processes
};

static inline struct event_sink *stream_sink(struct stream *stream)
{
  return fold_sink(stream->fold);
}

static inline void stream_init(struct stream *stream, bool by_process)
{
  struct error err = {0};
  *stream = (struct stream){0};
  stream->fold = fold_new(&(struct fold_options){.by = by_process ? FOLD_BY_PROCESS : FOLD_MERGED}, &err);
  assert_non_null(stream->fold);
}

static inline void stream_release(struct stream *stream)
{
  for (uint32_t i = 1; i <= stream->function_count; i++)
    free(stream->functions[i]);
  fold_free(stream->fold);
}

static inline uint32_t stream_function(struct stream *stream, const char *token)
{
  struct error err = {0};
  if (!token || strcmp(token, "none") == 0)
    return FUNCTION_NONE;
  for (uint32_t i = 1; i <= stream->function_count; i++) {
    if (strcmp(stream->functions[i], token) == 0)
      return i;
  }
  const char *colon = strchr(token, ':'), *slash = strrchr(token, '/');
  struct function_definition definition = {
      .id = ++stream->function_count, .module = "m", .module_size = 1, .name = token, .name_size = strlen(token)};
  if (colon) {
    definition.module = token;
    definition.module_size = (size_t)(colon - token);
    definition.name = colon + 1;
    definition.name_size = (size_t)(slash - colon - 1);
    definition.arity = (uint8_t)atoi(slash + 1);
    definition.native = true;
  }
  stream->functions[definition.id] = strdup(token);
  assert_int_equal(stream_sink(stream)->ops->function(stream_sink(stream), &definition, &err), 0);
  return definition.id;
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
  assert_int_equal(stream_sink(stream)->ops->process(stream_sink(stream), &definition, &err), 0);
  stream->defined[id] = true;
}

static inline void stream_scheduling(struct stream *stream, struct trace_event *event, const char *verb, char **rest)
{
  static const char *const statuses[] = {"", "waiting", "runnable", "running", "suspended"};
  for (unsigned i = 1; i < 5; i++) {
    if (strcmp(verb, statuses[i]) == 0) {
      event->kind = EVENT_STATUS;
      event->status = (enum process_status)i;
      return;
    }
  }
  event->kind = strcmp(verb, "out") == 0 ? EVENT_OUT : EVENT_IN;
  event->function = stream_function(stream, strtok_r(NULL, " ", rest));
}

static inline void stream_event(struct stream *stream, int64_t time_ns, const char *verb, char **rest)
{
  struct error err = {0};
  uint32_t stack[STREAM_MAX_FUNCTIONS];
  struct trace_event event = {.process = stream->process, .time_ns = time_ns, .stack = stack};
  if (strcmp(verb, "stack") == 0 || strcmp(verb, "cut") == 0) {
    event.kind = EVENT_STACK;
    event.stack_cut = verb[0] == 'c';
    for (const char *token; (token = strtok_r(NULL, " ", rest));)
      stack[event.stack_size++] = stream_function(stream, token);
  } else if (strcmp(verb, "call") == 0) {
    event.kind = EVENT_CALL;
    event.function = stream_function(stream, strtok_r(NULL, " ", rest));
    event.caller = stream_function(stream, strtok_r(NULL, " ", rest));
  } else if (strcmp(verb, "return") == 0) {
    event.kind = EVENT_RETURN_TO;
    event.function = stream_function(stream, strtok_r(NULL, " ", rest));
  } else if (strncmp(verb, "gc", 2) == 0) {
    event.kind = verb[2] == '+' ? EVENT_GC_START : EVENT_GC_END;
    event.words = 7;
    event.major = strtok_r(NULL, " ", rest) != NULL;
  } else if (strcmp(verb, "lost") == 0) {
    event.kind = EVENT_LOST;
    event.lost = (uint64_t)atoi(strtok_r(NULL, " ", rest));
  } else if (strcmp(verb, "spawn") == 0) {
    event.kind = EVENT_SPAWN;
  } else if (strcmp(verb, "exit") == 0 || strcmp(verb, "end") == 0) {
    event.kind = verb[1] == 'x' ? EVENT_EXIT : EVENT_END;
  } else {
    stream_scheduling(stream, &event, verb, rest);
  }
  assert_int_equal(stream_sink(stream)->ops->event(stream_sink(stream), &event, &err), 0);
}

static inline void stream_push(struct stream *stream, const char *events)
{
  char *text = strdup(events), *lines = NULL;
  for (char *line = strtok_r(text, "\n", &lines); line; line = strtok_r(NULL, "\n", &lines)) {
    char *rest = NULL;
    const char *first = strtok_r(line, " ", &rest), *second = strtok_r(NULL, " ", &rest);
    if (strcmp(first, "p") == 0) {
      stream->process = (uint32_t)atoi(second);
    } else {
      if (!stream->defined[stream->process])
        stream_define(stream, stream->process, "<0.1.0>", "");
      stream_event(stream, atoll(first), second, &rest);
    }
  }
  free(text);
}

// Finishes, and checks rule 3: every process's widths add up to its time, and all nodes' to all processes'.
static inline struct profile *stream_finish(struct stream *stream)
{
  struct error err = {0};
  struct profile *profile = fold_finish(stream->fold, &err);
  assert_non_null(profile);
  uint64_t time_ns = 0, weight_ns = 0;
  for (size_t i = 0; i < profile->process_count; i++) {
    const struct profile_process *process = &profile->processes[i];
    assert_int_equal(process->width_ns, (uint64_t)process->last_ns - (uint64_t)process->first_ns);
    time_ns += process->width_ns;
  }
  for (size_t i = 0; i < profile->node_count; i++)
    weight_ns += profile->nodes[i].own;
  assert_int_equal(weight_ns, time_ns);
  return profile;
}

// Folds `events` and compares with the lines of `times`, and those of `calls` unless it is NULL.
static inline void check_stream(const char *events, const char *times, const char *calls)
{
  struct stream stream;
  stream_init(&stream, false);
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

#endif
