// The page that `report` prints.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "profile/profile_builder.h"
#include "renderers/report.h"

static uint32_t child(struct profile_builder *builder, uint32_t parent, enum frame_kind kind, const char *name)
{
  uint32_t frame = profile_builder_frame(builder, kind, name, strlen(name), "", 0, false);
  return profile_builder_child(builder, parent, frame);
}

// a 40 ms, b under it 1.5 ms in two calls, [waiting] 8.5 ms under a; one process with a hostile name.
static struct profile *sample(bool counts_known)
{
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  uint32_t a = child(builder, 0, FRAME_FUNCTION, "m:a/0"), b = child(builder, a, FRAME_FUNCTION, "m:b/1");
  profile_builder_add(builder, a, 40000000, 1);
  profile_builder_add(builder, b, 1500000, 1234);
  profile_builder_add(builder, child(builder, a, FRAME_WAITING, "[waiting]"), 8500000, 0);
  uint32_t frame = profile_builder_frame(builder, FRAME_FUNCTION, "m:b/1", 5, "", 0, false);
  profile_builder_call_length(builder, frame, 500000);
  profile_builder_call_length(builder, frame, 1000000);
  if (counts_known) {
    profile_builder_fact(builder, "node", "shop@host");
    profile_builder_fact(builder, "otp", "25");
    profile_builder_fact(builder, "begin_ns", "-1000000000");
    profile_builder_fact(builder, "end_ns", "2000000000");
    profile_builder_fact(builder, "ended", "deadline");
    profile_builder_fact(builder, "wire_bytes", "9000");
    profile_builder_fact(builder, "wire_events", "1236");
    struct profile_process process = {.pid = "<0.1.0>",
                                      .title = "ev\x1b[2Jil",
                                      .events = 1236,
                                      .first_ns = -5,
                                      .last_ns = 49999995,
                                      .width_ns = 50000000};
    profile_builder_process(builder, &process);
    profile_builder_module(builder, &(struct profile_module){.name = "late", .traced = true});
  }
  struct profile_totals totals = {.counts_known = counts_known, .events = 1236};
  totals.gc = (struct profile_gc){.minor = 2, .pause_ns = 3000, .max_ns = 2000, .words_given_back = 4096};
  struct profile *profile = profile_builder_finish(builder, &totals, &err);
  assert_non_null(profile);
  return profile;
}

static void check(bool counts_known, const struct report_options *options, const char *expected)
{
  struct error err = {0};
  struct bytes text;
  bytes_init(&text, 1 << 16);
  struct byte_sink *sink = memory_sink_new(&text, &err);
  struct profile *profile = sample(counts_known);
  assert_int_equal(report_write(profile, options, sink, &err), 0);
  bytes_append_u8(&text, 0);
  assert_string_equal((const char *)text.data, expected);
  profile_free(profile);
  byte_sink_free(sink);
  bytes_release(&text);
}

// 9,000 / 1,236 is 7.28; 40 of 50 ms are 80%, 1.5 are 3%; the mean of 0.5 and 1 ms is 750 us.
static void a_capture(void **state)
{
  (void)state;
  check(true, &(struct report_options){0},
        "node       shop@host, OTP 25\n"
        "traced     3.00 s, until its time was up\n"
        "events     1,236, 7.28 bytes each on the wire\n"
        "lost       nothing\n"
        "gc         2 minor, 0 major; 3.00 \u00b5s in all, the longest 2.00 \u00b5s; 4,096 words given back\n"
        "loaded     late during the trace, traced from then on\n"
        "\n"
        "1 process\n"
        "\n"
        "  events  covered  process\n"
        "   1,236  50.0 ms  <0.1.0>  ev\uFFFD[2Jil\n"
        "\n"
        "  sum of widths 50,000,000 ns, time covered 50,000,000 ns, difference 0 ns\n"
        "\n"
        "2 functions, by own time\n"
        "\n"
        "  calls      own  own %    total    mean     min      max  function\n"
        "      1  40.0 ms  80.0%  50.0 ms       -       -        -  m:a/0\n"
        "  1,234  1.50 ms  3.00%  1.50 ms  750 \u00b5s  500 \u00b5s  1.00 ms  m:b/1\n");
}

static void a_folded_file_leaves_out_what_it_does_not_know(void **state)
{
  (void)state;
  check(false, &(struct report_options){.sort = REPORT_SORT_NAME},
        "folded stacks, 50,000,000 in all: calls, times and facts of the run are not in this file\n"
        "\n"
        "2 functions, by name\n"
        "\n"
        "         own  own %       total  function\n"
        "  40,000,000  80.0%  50,000,000  m:a/0\n"
        "   1,500,000  3.00%   1,500,000  m:b/1\n");
}

static void the_top_by_calls(void **state)
{
  (void)state;
  check(false, &(struct report_options){.sort = REPORT_SORT_CALLS, .top = 1},
        "folded stacks, 50,000,000 in all: calls, times and facts of the run are not in this file\n"
        "\n"
        "2 functions, by calls\n"
        "\n"
        "        own  own %      total  function\n"
        "  1,500,000  3.00%  1,500,000  m:b/1\n"
        "  and 1 more\n");
}

static void refuse(struct byte_sink *sink, const void *data, size_t size)
{
  (void)data, (void)size;
  error_set(&sink->error, ERROR_OUTPUT, "the disk is full");
}

static void a_full_disk_is_reported(void **state)
{
  (void)state;
  const struct byte_sink_ops ops = {.write = refuse};
  struct byte_sink sink = {.ops = &ops};
  struct error err = {0};
  struct profile *profile = sample(true);
  assert_int_equal(report_write(profile, &(struct report_options){0}, &sink, &err), -1);
  assert_int_equal(err.code, ERROR_OUTPUT);
  profile_free(profile);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_capture),
      cmocka_unit_test(a_folded_file_leaves_out_what_it_does_not_know),
      cmocka_unit_test(the_top_by_calls),
      cmocka_unit_test(a_full_disk_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
