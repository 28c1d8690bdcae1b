// A live run into a fold and a capture: what fails in the capture stays there.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "fold/fold.h"
#include "outputs.h"
#include "profile/profile.h"
#include "recording.h"

static const struct fold_options options;

// One process that is in m:f/1 from 100 to 350 ns.
static void push_run(struct event_sink *sink)
{
  struct error err = {0};
  const struct process_definition process = {
      .id = 0, .parent = PROCESS_NONE, .pid = "<0.1.0>", .pid_size = 7, .name = "", .label = "", .initial_call = ""};
  const struct function_definition function = {
      .id = 1, .module = "m", .module_size = 1, .name = "f", .name_size = 1, .arity = 1};
  assert_int_equal(sink->ops->fact(sink, "node", "a@b", &err), 0);
  assert_int_equal(sink->ops->process(sink, &process, &err), 0);
  assert_int_equal(sink->ops->function(sink, &function, &err), 0);
  const struct trace_event call = {.kind = EVENT_CALL, .time_ns = 100, .function = 1};
  const struct trace_event end = {.kind = EVENT_END, .time_ns = 350};
  assert_int_equal(sink->ops->event(sink, &call, &err), 0);
  assert_int_equal(sink->ops->event(sink, &end, &err), 0);
}

static void check_profile(struct profile *profile)
{
  assert_non_null(profile);
  assert_string_equal(profile_fact_value(profile, "node"), "a@b");
  assert_int_equal(profile->process_count, 1);
  assert_true(profile->processes[0].width_ns == 250);
  profile_free(profile);
}

static void a_run_without_a_capture(void **state)
{
  (void)state;
  struct error err = {0};
  struct recording recording;
  assert_int_equal(recording_init(&recording, &options, NULL, &err), 0);
  push_run(recording_sink(&recording));
  check_profile(recording_finish(&recording, &err));
  assert_int_equal(err.code, ERROR_NONE);
  recording_release(&recording);
}

static void a_capture_is_kept_beside_the_profile(void **state)
{
  (void)state;
  struct error err = {0};
  struct bytes bytes;
  bytes_init(&bytes, 1 << 16);
  struct output output = {.path = "a.flb", .sink = memory_sink_new(&bytes, &err)};
  struct recording recording;
  assert_int_equal(recording_init(&recording, &options, &output, &err), 0);
  push_run(recording_sink(&recording));
  check_profile(recording_finish(&recording, &err));
  recording_release(&recording);
  assert_int_equal(err.code, ERROR_NONE);
  assert_true(output.written);
  assert_true(bytes.size > 8);
  assert_memory_equal(bytes.data, "FLAMBEAU", 8);
  bytes_release(&bytes);
}

static void a_capture_that_fails_does_not_end_the_run(void **state)
{
  (void)state;
  struct error err = {0};
  struct bytes bytes;
  bytes_init(&bytes, 1 << 16);
  struct output output = {.path = "a.flb", .sink = memory_sink_new(&bytes, &err)};
  struct recording recording;
  assert_int_equal(recording_init(&recording, &options, &output, &err), 0);
  error_set(&output.sink->error, ERROR_OUTPUT, "the disk is full");
  push_run(recording_sink(&recording)); // every push says that all is well
  check_profile(recording_finish(&recording, &err));
  recording_release(&recording);
  assert_int_equal(err.code, ERROR_OUTPUT);
  assert_string_equal(err.message, "the disk is full");
  assert_false(output.written);
  bytes_release(&bytes);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_run_without_a_capture),
      cmocka_unit_test(a_capture_is_kept_beside_the_profile),
      cmocka_unit_test(a_capture_that_fails_does_not_end_the_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
