// How fast a capture is folded: a capture of a made-up program is written, then read with a sink that ignores
// everything, then folded. Times are this process's CPU time on its one thread, so a busy machine costs little; the
// memory is the most this process ever had, so each measurement is a process of its own.
//
//   bench_fold make FILE EVENTS     writes the capture
//   bench_fold read FILE            reads, unpacks and decodes it
//   bench_fold fold FILE            the same, and folds it
//
// The made-up program: 16 processes, which call from the same tree of 4,095 functions, 12 deep. A function calls its
// first callee in a loop of two to five rounds, then by the toss of a coin its second callee or nothing; in one
// function of eight that is a last call. A slice ends every 4,000 events, a collection comes every 500.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/byte_io.h"
#include "capture/capture.h"
#include "event/event_sink.h"
#include "fold/fold.h"
#include "profile/profile.h"

#define PROCESSES 16u
#define DEPTH 12u
#define FUNCTIONS (1u << DEPTH) // function f calls 2f and 2f + 1
#define RUN 400u                // events of one process before the next one's turn
#define GC_EVERY 500u
#define SLICE_EVENTS 4000u

struct walker {
  uint32_t stack[DEPTH];
  uint32_t calls[DEPTH]; // how many each has made
  uint32_t depth;
  uint64_t steps;
};

struct maker {
  struct event_sink *sink;
  struct walker walkers[PROCESSES];
  int64_t now_ns;
  uint64_t seed;
  uint64_t left; // events to be made
  struct error err;
};

static void must(int status, const struct error *err)
{
  if (status == 0)
    return;
  fprintf(stderr, "bench_fold: %s\n", err->message);
  exit(1);
}

static uint32_t draw(struct maker *maker, uint32_t below)
{
  maker->seed = maker->seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((maker->seed >> 33) % below);
}

static void push(struct maker *maker, struct trace_event event)
{
  if (maker->left == 0)
    return;
  maker->left--;
  maker->now_ns += 200 + draw(maker, 64) * 16;
  event.time_ns = maker->now_ns;
  must(maker->sink->ops->event(maker->sink, &event, &maker->err), &maker->err);
}

static void call(struct maker *maker, uint32_t process, uint32_t function, uint32_t caller)
{
  struct walker *walker = &maker->walkers[process];
  walker->calls[walker->depth] = 0;
  walker->stack[walker->depth++] = function;
  push(maker, (struct trace_event){.kind = EVENT_CALL, .process = process, .function = function, .caller = caller});
}

// What comes after `done` calls in the body of `function`: a callee, or 0 for its end.
static uint32_t next_callee(struct maker *maker, uint32_t function, uint32_t done)
{
  uint32_t rounds = 2 + function % 4;
  if (function >= FUNCTIONS / 2 || done > rounds)
    return 0;
  if (done < rounds)
    return 2 * function;
  return draw(maker, 2) ? 2 * function + 1 : 0;
}

static void step(struct maker *maker, uint32_t process)
{
  struct walker *walker = &maker->walkers[process];
  uint64_t steps = walker->steps++;
  uint32_t top = walker->depth - 1, function = walker->stack[top];
  if (steps % GC_EVERY == GC_EVERY - 1) {
    push(maker, (struct trace_event){.kind = EVENT_GC_START, .process = process});
    push(maker, (struct trace_event){.kind = EVENT_GC_END, .process = process, .words = 1000});
    return;
  }
  if (steps % SLICE_EVENTS == SLICE_EVENTS - 1) {
    push(maker, (struct trace_event){.kind = EVENT_OUT, .process = process});
    push(maker, (struct trace_event){.kind = EVENT_IN, .process = process});
    return;
  }
  uint32_t callee = next_callee(maker, function, walker->calls[top]++);
  if (callee && (callee & 1) && function % 8 == 1 && top > 0) {
    walker->depth--;
    call(maker, process, callee, walker->stack[top - 1]);
  } else if (callee) {
    call(maker, process, callee, function);
  } else if (top > 0) {
    walker->depth--;
    push(maker, (struct trace_event){.kind = EVENT_RETURN_TO, .process = process, .function = walker->stack[top - 1]});
  } else {
    walker->calls[top] = 0; // the program starts anew
  }
}

static void define(struct maker *maker)
{
  char name[32];
  for (uint32_t id = 1; id < FUNCTIONS; id++) {
    snprintf(name, sizeof name, "function_%u", id);
    struct function_definition function = {
        .id = id, .module = "bench", .module_size = 5, .name = name, .name_size = strlen(name), .arity = 1};
    must(maker->sink->ops->function(maker->sink, &function, &maker->err), &maker->err);
  }
  for (uint32_t id = 0; id < PROCESSES; id++) {
    snprintf(name, sizeof name, "<0.%u.0>", id);
    struct process_definition process = {.id = id,
                                         .parent = PROCESS_NONE,
                                         .pid = name,
                                         .pid_size = strlen(name),
                                         .name = "",
                                         .label = "",
                                         .initial_call = ""};
    must(maker->sink->ops->process(maker->sink, &process, &maker->err), &maker->err);
  }
}

static void make(const char *path, uint64_t events)
{
  struct error err = {0};
  struct byte_sink *out = file_sink_new(path, &err);
  must(out ? 0 : -1, &err);
  struct capture_writer *writer = capture_writer_new(out, &err);
  must(writer ? 0 : -1, &err);
  struct maker maker = {.sink = capture_writer_sink(writer), .seed = 1, .left = events};
  define(&maker);
  for (uint32_t process = 0; process < PROCESSES; process++)
    call(&maker, process, 1, FUNCTION_NONE);
  while (maker.left > 0) {
    uint32_t process = draw(&maker, PROCESSES);
    for (unsigned i = 0; i < RUN; i++)
      step(&maker, process);
  }
  must(capture_writer_finish(writer, &err), &err);
  capture_writer_free(writer);
  must(byte_sink_finish(out, &err), &err);
}

struct counter {
  struct event_sink sink;
  uint64_t events;
};

static int ignore_function(struct event_sink *sink, const struct function_definition *definition, struct error *err)
{
  (void)sink, (void)definition, (void)err;
  return 0;
}

static int ignore_process(struct event_sink *sink, const struct process_definition *definition, struct error *err)
{
  (void)sink, (void)definition, (void)err;
  return 0;
}

static int count_event(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  (void)event, (void)err;
  ((struct counter *)sink)->events++;
  return 0;
}

static double cpu_seconds(void)
{
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void replay(const char *path, struct event_sink *sink)
{
  struct error err = {0};
  struct capture_status status;
  struct byte_source *source = file_source_new(path, &err);
  must(source ? 0 : -1, &err);
  must(capture_read(source, sink, &status, &err), &err);
  byte_source_free(source);
}

static void say(uint64_t events, double seconds, size_t stacks)
{
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("%llu %.6f %zu %ld\n", (unsigned long long)events, seconds, stacks, usage.ru_maxrss);
}

static void read_only(const char *path)
{
  static const struct event_sink_ops ops = {
      .function = ignore_function, .process = ignore_process, .event = count_event};
  struct counter counter = {.sink.ops = &ops};
  double start = cpu_seconds();
  replay(path, &counter.sink);
  say(counter.events, cpu_seconds() - start, 0);
}

static void read_and_fold(const char *path)
{
  struct error err = {0};
  struct fold *fold = fold_new(&(struct fold_options){0}, &err);
  must(fold ? 0 : -1, &err);
  double start = cpu_seconds();
  replay(path, fold_sink(fold));
  struct profile *profile = fold_finish(fold, &err);
  double seconds = cpu_seconds() - start;
  must(profile ? 0 : -1, &err);
  say(profile->events, seconds, profile->node_count);
  profile_free(profile);
  fold_free(fold);
}

int main(int argc, char **argv)
{
  if (argc == 4 && strcmp(argv[1], "make") == 0) {
    make(argv[2], strtoull(argv[3], NULL, 10));
  } else if (argc == 3 && strcmp(argv[1], "read") == 0) {
    read_only(argv[2]);
  } else if (argc == 3 && strcmp(argv[1], "fold") == 0) {
    read_and_fold(argv[2]);
  } else {
    fprintf(stderr, "usage: bench_fold make FILE EVENTS | read FILE | fold FILE\n");
    return 2;
  }
  return 0;
}
