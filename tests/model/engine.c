// The engine's side of the model test.
//   model_engine fold       streams in the text form from standard input, each after a line `stream NAME`; what the
//   engine
//                           makes of each on standard output, up to a line `done`
//   model_engine dump FILE  a capture in the text form
//
// A result's lines, in any order (frames are escaped as in the text form, `;` too, and joined by `;`):
//   left HOW STACK NS TRACING                         HOW: merged, process; all others are of raw times
//   wall HOW STACK NS, calls HOW STACK COUNT          HOW: merged, process, parent
//   function NAME CALLS OWN TOTAL TIMED SUM MIN MAX   times in nanoseconds
//   process PID TITLE EVENTS FIRST LAST AWAY WIDTH EXITED
//   captured PID FUNCTION CALLER START LENGTH ENDING  START: since the first event of all; CALLER: may be none
//   captures COUNT
//   gc MINOR MAJOR PAUSE LONGEST WORDS
//   lost EVENTS
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "capture/capture.h"
#include "event_text.h"
#include "fold/fold.h"
#include "profile/profile.h"

struct way {
  const char *name;
  enum fold_by by;
  bool left; // what tracing cost is taken out
};

static const struct way ways[] = {{"merged", FOLD_MERGED, false},
                                  {"process", FOLD_BY_PROCESS, false},
                                  {"parent", FOLD_BY_PARENT, false},
                                  {"merged", FOLD_MERGED, true},
                                  {"process", FOLD_BY_PROCESS, true}};
#define WAY_COUNT (sizeof ways / sizeof *ways)

static void die(const struct error *err)
{
  fprintf(stderr, "model_engine: %s\n", err->message);
  exit(1);
}

static void print_name(const char *name)
{
  event_text_escape(stdout, name, strlen(name), ";");
}

static void print_stack(const struct profile *profile, uint32_t node)
{
  if (profile->nodes[node].parent) {
    print_stack(profile, profile->nodes[node].parent);
    putchar(';');
  }
  print_name(profile->frames[profile->nodes[node].frame].name);
}

static void print_weights(const struct profile *profile, const char *key, const char *how, enum weight weight)
{
  for (uint32_t node = 1; node < profile->node_count; node++) {
    uint64_t own = profile_own_weight(profile, node, weight);
    if (own == 0)
      continue;
    printf("%s %s ", key, how);
    print_stack(profile, node);
    printf(" %" PRIu64 "\n", own);
  }
}

static void print_left(const struct profile *profile, const char *how)
{
  for (uint32_t node = 1; node < profile->node_count; node++) {
    if (profile->nodes[node].own == 0)
      continue;
    printf("left %s ", how);
    print_stack(profile, node);
    printf(" %" PRIu64 " %" PRIu64 "\n", profile->nodes[node].own, profile_own_tracing(profile, node, WEIGHT_WALL));
  }
}

static void print_functions(const struct profile *profile)
{
  for (size_t i = 0; i < profile->function_count; i++) {
    const struct profile_function *function = &profile->functions[i];
    fputs("function ", stdout);
    print_name(profile->frames[function->frame].name);
    printf(" %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", function->calls,
           function->own_ns, function->total_ns, function->timed_calls, function->call_sum_ns, function->call_min_ns,
           function->call_max_ns);
  }
}

static void print_run(const struct profile *profile)
{
  for (size_t i = 0; i < profile->process_count; i++) {
    const struct profile_process *process = &profile->processes[i];
    fputs("process ", stdout);
    print_name(process->pid);
    putchar(' ');
    print_name(process->title);
    printf(" %" PRIu64 " %" PRId64 " %" PRId64 " %" PRIu64 " %" PRIu64 " %d\n", process->events, process->first_ns,
           process->last_ns, process->away_ns, process->width_ns, process->exited);
  }
  printf("gc %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", profile->gc.minor, profile->gc.major,
         profile->gc.pause_ns, profile->gc.max_ns, profile->gc.words_given_back);
  printf("lost %" PRIu64 "\n", profile->lost_events);
}

static void print_captured_calls(const struct profile *profile)
{
  static const char *const endings[] = {[PROFILE_CALL_RETURNED] = "returned",
                                        [PROFILE_CALL_RAISED] = "raised",
                                        [PROFILE_CALL_EXITED] = "exited",
                                        [PROFILE_CALL_CUT] = "cut"};
  for (size_t i = 0; i < profile->call_count; i++) {
    const struct profile_call *call = &profile->calls[i];
    if (i > 0 && call->start_ns < call[-1].start_ns)
      puts("captured calls are not in order");
    fputs("captured ", stdout);
    print_name(profile->processes[call->process].pid);
    putchar(' ');
    print_name(profile->frames[call->frame].name);
    putchar(' ');
    print_name(call->caller == PROFILE_NO_FRAME ? "none" : profile->frames[call->caller].name);
    printf(" %" PRIu64 " %" PRIu64 " %s\n", call->start_ns, call->length_ns, endings[call->ending]);
  }
  printf("captures %" PRIu64 "\n", profile->calls_seen);
}

// One stream into a fold of every way at once.
struct folding {
  struct fold *folds[WAY_COUNT];
  struct event_tee tees[WAY_COUNT];
  struct event_text text;
  bool open;
};

static void folding_open(struct folding *folding)
{
  struct error err = {0};
  struct event_sink *sink = NULL;
  for (size_t i = 0; i < WAY_COUNT; i++) {
    folding->folds[i] =
        fold_new(&(struct fold_options){.by = ways[i].by, .raw_names = true, .raw_times = !ways[i].left}, &err);
    if (!folding->folds[i])
      die(&err);
    event_tee_init(&folding->tees[i], fold_sink(folding->folds[i]), sink);
    sink = i == 0 ? fold_sink(folding->folds[i]) : &folding->tees[i].sink;
  }
  if (event_text_init(&folding->text, sink, &err) < 0)
    die(&err);
  folding->open = true;
}

static void folding_close(struct folding *folding)
{
  if (!folding->open)
    return;
  folding->open = false;
  for (size_t i = 0; i < WAY_COUNT; i++) {
    struct error err = {0};
    struct profile *profile = fold_finish(folding->folds[i], &err);
    if (!profile)
      die(&err);
    if (ways[i].left) {
      print_left(profile, ways[i].name);
    } else {
      print_weights(profile, "wall", ways[i].name, WEIGHT_WALL);
      print_weights(profile, "calls", ways[i].name, WEIGHT_CALLS);
    }
    if (i == 0) {
      print_functions(profile);
      print_run(profile);
      print_captured_calls(profile);
    }
    profile_free(profile);
    fold_free(folding->folds[i]);
  }
  event_text_release(&folding->text);
  puts("done");
}

static void fold_streams(void)
{
  struct folding folding = {0};
  char *line = NULL;
  size_t capacity = 0;
  while (getline(&line, &capacity, stdin) > 0) {
    struct error err = {0};
    if (strncmp(line, "stream ", 7) == 0) {
      folding_close(&folding);
      folding_open(&folding);
      fputs(line, stdout);
    } else if (folding.open && event_text_line(&folding.text, line, &err) < 0) {
      die(&err);
    }
  }
  folding_close(&folding);
  free(line);
}

static void dump(const char *path)
{
  struct error err = {0};
  struct capture_status status = {0};
  struct event_text_writer writer;
  struct byte_source *source = file_source_new(path, &err);
  if (!source || event_text_writer_init(&writer, stdout, &err) < 0 ||
      capture_read(source, &writer.sink, &status, &err) < 0)
    die(&err);
  event_text_writer_release(&writer);
  byte_source_free(source);
}

int main(int argc, char **argv)
{
  if (argc == 2 && strcmp(argv[1], "fold") == 0) {
    fold_streams();
  } else if (argc == 3 && strcmp(argv[1], "dump") == 0) {
    dump(argv[2]);
  } else {
    fprintf(stderr, "usage: model_engine fold < STREAMS, or model_engine dump CAPTURE\n");
    return 2;
  }
  return 0;
}
