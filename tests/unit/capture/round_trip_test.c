// What a capture writer was given is what reading its file gives: the same lines in the same order.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "capture/capture.h"
#include "log_sink.h"

#define FILE_MAX_BYTES ((size_t)256 << 20)

struct fixture {
  struct error err;
  struct bytes file;
  struct byte_sink *out;
  struct capture_writer *writer;
  struct log_sink live, replayed;
  struct event_tee tee;
  struct event_sink *sink; // feeds the writer and the live log
  uint32_t random;
};

static int set_up(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  bytes_init(&f->file, FILE_MAX_BYTES);
  f->out = memory_sink_new(&f->file, &f->err);
  f->writer = capture_writer_new(f->out, &f->err);
  log_sink_init(&f->live);
  log_sink_init(&f->replayed);
  event_tee_init(&f->tee, capture_writer_sink(f->writer), &f->live.sink);
  f->sink = &f->tee.sink;
  f->random = 12345;
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *f = *state;
  capture_writer_free(f->writer);
  byte_sink_free(f->out);
  log_sink_release(&f->live);
  log_sink_release(&f->replayed);
  bytes_release(&f->file);
  free(f);
  return 0;
}

// Numerical Recipes' generator: the test is the same everywhere.
static uint32_t random_below(struct fixture *f, uint32_t limit)
{
  f->random = f->random * 1664525u + 1013904223u;
  return (f->random >> 8) % limit;
}

static void define_function(struct fixture *f, uint32_t id, const char *name)
{
  const struct function_definition definition = {.id = id,
                                                 .module = "shop",
                                                 .module_size = 4,
                                                 .name = name,
                                                 .name_size = strlen(name),
                                                 .arity = 2,
                                                 .native = id % 2,
                                                 .opaque = id % 3 == 0};
  assert_int_equal(f->sink->ops->function(f->sink, &definition, &f->err), 0);
}

static void define_process(struct fixture *f, uint32_t id, uint32_t parent, const char *name)
{
  const struct process_definition definition = {.id = id,
                                                .parent = parent,
                                                .pid = "<0.1.0>",
                                                .pid_size = 7,
                                                .name = name,
                                                .name_size = strlen(name),
                                                .label = "l",
                                                .label_size = 1,
                                                .initial_call = "shop:init/1",
                                                .initial_call_size = 11};
  assert_int_equal(f->sink->ops->process(f->sink, &definition, &f->err), 0);
}

static void locate(struct fixture *f, uint32_t function, uint32_t line, const char *file)
{
  const struct function_location location = {.function = function, .receives = line % 2, .line = line, .file = file};
  assert_int_equal(f->sink->ops->location(f->sink, &location, &f->err), 0);
}

static void belong(struct fixture *f, const char *module, size_t size, const char *name, enum module_origin origin)
{
  const struct module_application application = {
      .module = module, .module_size = size, .application = name, .origin = origin};
  assert_int_equal(f->sink->ops->application(f->sink, &application, &f->err), 0);
}

static void push(struct fixture *f, struct trace_event event)
{
  if (f->sink->ops->event(f->sink, &event, &f->err) != 0)
    fail_msg("%s", f->err.message);
}

static void push_fact(struct fixture *f, const char *key, const char *value)
{
  assert_int_equal(f->sink->ops->fact(f->sink, key, value, &f->err), 0);
}

static void replay(struct fixture *f, struct capture_status *status)
{
  assert_int_equal(capture_writer_finish(f->writer, &f->err), 0);
  struct byte_source *source = memory_source_new(f->file.data, f->file.size, &f->err);
  if (capture_read(source, &f->replayed.sink, status, &f->err) != 0)
    fail_msg("%s", f->err.message);
  byte_source_free(source);
  assert_false(status->cut);
  assert_int_equal(f->live.log.size, f->replayed.log.size);
  assert_memory_equal(f->live.log.data, f->replayed.log.data, f->live.log.size);
}

static void nothing_at_all(void **state)
{
  struct fixture *f = *state;
  struct capture_status status;
  assert_int_equal(capture_writer_finish(f->writer, &f->err), 0);
  const uint8_t expected[] = "FLAMBEAU\0\1FLBE\0\0\0\0\0\0\0\0\0\0\0";
  assert_int_equal(f->file.size, 26);
  assert_memory_equal(f->file.data, expected, 26);
  struct byte_source *source = memory_source_new(f->file.data, f->file.size, &f->err);
  assert_int_equal(capture_read(source, &f->replayed.sink, &status, &f->err), 0);
  byte_source_free(source);
  assert_false(status.cut);
  assert_int_equal(status.blocks, 0);
}

// 70,000 of each, so that ids take both widths.
static void every_kind_and_every_width(void **state)
{
  enum { DEFINED = 70000 };
  struct fixture *f = *state;
  static const int64_t steps_ns[] = {0, 1, 0xffffff, 0x1000000, (int64_t)1 << 40};
  static const uint32_t ids[] = {1, 0xffff, 0x10000, DEFINED - 1, 2};
  int64_t time_ns = -((int64_t)1 << 62);
  push_fact(f, "node", "shop@here");
  for (uint32_t id = 0; id < DEFINED; id++) {
    define_process(f, id, id ? id / 2 : PROCESS_NONE, id % 3 ? "cart" : "");
    if (id > 0)
      define_function(f, id, "f");
  }
  for (size_t i = 0; i < 25; i++) {
    uint32_t id = ids[i / 5];
    const uint32_t stack[] = {1, id, 2};
    for (enum event_kind kind = EVENT_CALL; kind <= EVENT_SAMPLE; kind++) {
      time_ns += steps_ns[i % 5];
      struct trace_event event = {.kind = kind, .process = kind % 2 ? id : 1, .time_ns = time_ns, .function = id};
      event.caller = kind == EVENT_CALL || kind == EVENT_BEGIN ? ids[i % 5] : 0;
      event.ending = kind != EVENT_LEAVE ? 0 : i % 2 ? CALL_RETURNED : CALL_RAISED;
      bool has_stack = kind == EVENT_STACK || kind == EVENT_SAMPLE;
      event.status = kind == EVENT_STATUS ? STATUS_SUSPENDED : kind == EVENT_SAMPLE ? i % 7 : 0;
      event.major = (kind == EVENT_GC_START || kind == EVENT_GC_END) && i % 2;
      event.words = kind == EVENT_GC_END ? UINT64_MAX - i : 0;
      event.lost = kind == EVENT_LOST ? i : 0;
      event.child = kind == EVENT_SPAWN ? id : 0;
      event.stack = has_stack ? stack : NULL;
      event.stack_size = has_stack ? i % 4 : 0;
      event.stack_cut = has_stack && i % 3 == 0;
      event.stack_again = kind == EVENT_STACK && i % 3 == 1;
      push(f, event);
    }
  }
  push(f, (struct trace_event){.kind = EVENT_RETURN_TO, .process = 3, .time_ns = INT64_MIN}); // nothing named; far back
  push(f, (struct trace_event){.kind = EVENT_EXIT, .process = 3, .time_ns = INT64_MAX});
  assert_int_equal(f->sink->ops->module(f->sink, "late", -1, false, &f->err), 0);
  assert_int_equal(f->sink->ops->module(f->sink, "", INT64_MIN, true, &f->err), 0);
  char file[4097] = "";
  memset(file, 'x', 4096);
  locate(f, 1, 1, "src/shop.erl");
  locate(f, 0xffff, 65536, "lib/\xc3\xa9.ex");
  locate(f, DEFINED - 1, UINT32_MAX, file);
  belong(f, "shop", 4, "shop", MODULE_OWN);
  belong(f, "a\0b", 3, "", MODULE_DEPENDENCY);
  belong(f, "", 0, file + sizeof file - 1 - 1020, MODULE_OTP); // 1,020 bytes of a name
  struct capture_status status;
  replay(f, &status);
}

struct stream {
  uint32_t processes;
  uint32_t turn;    // events of one process before another's
  uint32_t step_ns; // up to this between two events
  uint32_t back_ns; // a process may be behind the others by up to this
  uint32_t events;
  uint32_t statuses;    // one in this many is a status; 0: none
  uint32_t definitions; // one in this many is a definition or a fact instead; 0: none
};

// A definition or a fact in the middle of the events.
static void push_definition(struct fixture *f, const struct stream *stream, uint32_t *functions)
{
  switch (random_below(f, 3)) {
  case 0:
    define_function(f, *functions, "late");
    locate(f, *functions, 1 + *functions % 900, "late.erl");
    ++*functions;
    break;
  case 1:
    define_process(f, random_below(f, stream->processes), PROCESS_NONE, "renamed");
    break;
  default:
    push_fact(f, "max_queue", "17");
  }
}

static void push_stream(struct fixture *f, const struct stream *stream)
{
  uint32_t functions = 1, process = 0;
  int64_t now_ns = -576460751000000000;
  int64_t *last_ns = calloc(stream->processes, sizeof *last_ns);
  define_function(f, functions++, "first");
  for (uint32_t id = 0; id < stream->processes; id++) {
    define_process(f, id, PROCESS_NONE, "");
    last_ns[id] = INT64_MIN;
  }
  for (uint32_t i = 0; i < stream->events; i++) {
    if (i % stream->turn == 0)
      process = random_below(f, stream->processes);
    if (stream->definitions && random_below(f, stream->definitions) == 0)
      push_definition(f, stream, &functions);
    now_ns += random_below(f, stream->step_ns + 1);
    int64_t time_ns = now_ns - random_below(f, stream->back_ns + 1);
    if (time_ns < last_ns[process])
      time_ns = last_ns[process];
    bool is_status = stream->statuses && random_below(f, stream->statuses) == 0;
    if (is_status)
      time_ns += random_below(f, 500);
    else
      last_ns[process] = time_ns;
    uint32_t function = 1 + random_below(f, functions - 1), caller = random_below(f, functions);
    enum event_kind kind = is_status ? EVENT_STATUS : random_below(f, 2) ? EVENT_CALL : EVENT_RETURN_TO;
    push(f, (struct trace_event){.kind = kind,
                                 .process = process,
                                 .time_ns = time_ns,
                                 .function = is_status ? 0 : function,
                                 .caller = kind == EVENT_CALL ? caller : 0,
                                 .status = is_status ? STATUS_WAITING : 0});
  }
  free(last_ns);
}

static void round_trip(void **state, struct stream stream, struct capture_status *status)
{
  struct fixture *f = *state;
  push_stream(f, &stream);
  replay(f, status);
}

static void one_process(void **state)
{
  struct capture_status status;
  round_trip(state, (struct stream){.processes = 1, .turn = 1, .step_ns = 900, .events = 300000, .statuses = 20},
             &status);
  assert_true(status.blocks > 1);
}

static void processes_that_alternate(void **state)
{
  struct capture_status status;
  round_trip(state, (struct stream){.processes = 8, .turn = 1, .step_ns = 2, .events = 200000, .statuses = 20},
             &status);
  assert_true(status.blocks > 1);
}

static void more_processes_than_a_group_takes(void **state)
{
  struct capture_status status;
  round_trip(state, (struct stream){.processes = 6000, .turn = 1, .step_ns = 50, .events = 60000}, &status);
}

// The order is not that of time: as it comes from messages of which each is in order by itself.
static void streams_out_of_order(void **state)
{
  struct capture_status status;
  round_trip(
      state,
      (struct stream){
          .processes = 5, .turn = 3, .step_ns = 10, .back_ns = 40, .events = 50000, .statuses = 20, .definitions = 200},
      &status);
}

static void times_that_stand_still(void **state)
{
  struct capture_status status;
  round_trip(
      state,
      (struct stream){.processes = 4, .turn = 2, .step_ns = 0, .events = 20000, .statuses = 20, .definitions = 50},
      &status);
}

static size_t file_size_of(struct stream stream)
{
  void *state;
  set_up(&state);
  struct fixture *f = state;
  push_stream(f, &stream);
  assert_int_equal(capture_writer_finish(f->writer, &f->err), 0);
  size_t size = f->file.size;
  tear_down(&state);
  return size;
}

// A chunk for every switch would cost 17 bytes an event more before zlib, and 2 to 3 after.
static void alternating_processes_stay_compact(void **state)
{
  (void)state;
  size_t alone = file_size_of((struct stream){.processes = 1, .turn = 1, .step_ns = 900, .events = 100000});
  size_t eight = file_size_of((struct stream){.processes = 8, .turn = 1, .step_ns = 900, .events = 100000});
  assert_true(eight < alone + alone / 4);
}

// A status is the first that is heard of a process, stamped later than its first event.
static void a_status_before_everything(void **state)
{
  struct fixture *f = *state;
  struct capture_status status;
  define_function(f, 1, "f");
  define_process(f, 0, PROCESS_NONE, "");
  define_process(f, 1, PROCESS_NONE, "");
  push(f, (struct trace_event){.kind = EVENT_STATUS, .process = 0, .time_ns = 500, .status = STATUS_WAITING});
  push(f, (struct trace_event){.kind = EVENT_STATUS, .process = 1, .time_ns = 490, .status = STATUS_WAITING});
  push(f, (struct trace_event){.kind = EVENT_STATUS, .process = 0, .time_ns = 480, .status = STATUS_RUNNING});
  push(f, (struct trace_event){.kind = EVENT_IN, .process = 0, .time_ns = 100, .function = 1});
  push(f, (struct trace_event){.kind = EVENT_IN, .process = 1, .time_ns = 90, .function = 1});
  push(f, (struct trace_event){.kind = EVENT_STATUS, .process = 1, .time_ns = 80, .status = STATUS_RUNNING});
  push(f, (struct trace_event){.kind = EVENT_OUT, .process = 0, .time_ns = 100, .function = 1});
  replay(f, &status);
}

static void assert_refused(struct fixture *f, int result, enum error_code code)
{
  assert_int_equal(result, -1);
  assert_int_equal(f->err.code, code);
  f->err = (struct error){0};
}

static void what_cannot_be_kept_is_refused(void **state)
{
  struct fixture *f = *state;
  static char text[70000];
  memset(text, 'x', sizeof text - 1);
  struct event_sink *sink = capture_writer_sink(f->writer);
  define_process(f, 0, PROCESS_NONE, "");
  assert_refused(f, sink->ops->fact(sink, "asked", text, &f->err), ERROR_MEMORY);
  assert_refused(f, sink->ops->fact(sink, text, "", &f->err), ERROR_MEMORY);
  assert_refused(f, sink->ops->module(sink, text, 0, true, &f->err), ERROR_MEMORY);
  const struct function_location location = {.function = 1, .line = 1, .file = text};
  assert_refused(f, sink->ops->location(sink, &location, &f->err), ERROR_MEMORY);
  const struct module_application long_name = {.module = "m", .module_size = 1, .application = text};
  assert_refused(f, sink->ops->application(sink, &long_name, &f->err), ERROR_MEMORY);
  const struct module_application long_module = {.module = text, .module_size = 1021, .application = ""};
  assert_refused(f, sink->ops->application(sink, &long_module, &f->err), ERROR_MEMORY);
  const struct function_definition function = {.id = 1, .module = text, .module_size = 1021};
  assert_refused(f, sink->ops->function(sink, &function, &f->err), ERROR_MEMORY);
  const struct process_definition process = {.id = 1, .pid = text, .pid_size = 65};
  assert_refused(f, sink->ops->process(sink, &process, &f->err), ERROR_MEMORY);
  const struct process_definition far = {.id = 1u << 22};
  assert_refused(f, sink->ops->process(sink, &far, &f->err), ERROR_MEMORY);
  const struct trace_event unknown = {.kind = EVENT_EXIT, .process = 1};
  assert_refused(f, sink->ops->event(sink, &unknown, &f->err), ERROR_DATA);
  push(f, (struct trace_event){.kind = EVENT_IN, .time_ns = 10});
  const struct trace_event falling = {.kind = EVENT_OUT, .time_ns = 9};
  assert_refused(f, sink->ops->event(sink, &falling, &f->err), ERROR_DATA);
  struct capture_status status; // and what was taken is whole
  replay(f, &status);
}

static void a_full_disk_is_seen(void **state)
{
  (void)state;
  struct error err = {0};
  struct byte_sink *out = file_sink_new("/dev/full", &err);
  struct capture_writer *writer = capture_writer_new(out, &err);
  struct event_sink *sink = capture_writer_sink(writer);
  const struct process_definition process = {.id = 0};
  assert_int_equal(sink->ops->process(sink, &process, &err), 0);
  int result = 0;
  int64_t time_ns = 0;
  for (uint32_t i = 0; i < 10000000 && result == 0; i++) {
    time_ns += i * 2654435761u >> 12; // noise, so that zlib has to write
    const struct trace_event event = {.kind = EVENT_IN, .time_ns = time_ns};
    result = sink->ops->event(sink, &event, &err);
  }
  assert_int_equal(result, -1);
  assert_string_equal(err.message, "cannot write /dev/full: the disk is full");
  capture_writer_free(writer);
  byte_sink_free(out);
}

#define ON_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      ON_FIXTURE(nothing_at_all),
      ON_FIXTURE(every_kind_and_every_width),
      ON_FIXTURE(one_process),
      ON_FIXTURE(processes_that_alternate),
      ON_FIXTURE(more_processes_than_a_group_takes),
      ON_FIXTURE(streams_out_of_order),
      ON_FIXTURE(times_that_stand_still),
      cmocka_unit_test(alternating_processes_stay_compact),
      ON_FIXTURE(a_status_before_everything),
      ON_FIXTURE(what_cannot_be_kept_is_refused),
      cmocka_unit_test(a_full_disk_is_seen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
