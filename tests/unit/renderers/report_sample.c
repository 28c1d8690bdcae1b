// Hand-made profiles: every sum in the header is worked out there, not here.
#include "report_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MODULE "m"

static uint32_t frame_of(struct profile_builder *builder, enum frame_kind kind, const char *name, bool native)
{
  const char *module = kind == FRAME_FUNCTION ? MODULE : "";
  return profile_builder_frame(builder, kind, name, strlen(name), module, strlen(module), native);
}

uint32_t report_sample_frame(struct profile_builder *builder, const char *name)
{
  return frame_of(builder, FRAME_FUNCTION, name, false);
}

struct profile *report_sample_finish(struct profile_builder *builder, const struct profile_totals *totals)
{
  struct error err = {0};
  struct profile *profile = profile_builder_finish(builder, totals, &err);
  assert_non_null(profile);
  return profile;
}

static uint32_t grow(struct profile_builder *builder, uint32_t parent, uint32_t frame, uint64_t own_ns, uint64_t calls)
{
  uint32_t node = profile_builder_child(builder, parent, frame);
  profile_builder_add(builder, node, own_ns, calls);
  return node;
}

static void grow_absence(struct profile_builder *builder, uint32_t parent, enum frame_kind kind, const char *name,
                         uint64_t own_ns)
{
  grow(builder, parent, frame_of(builder, kind, name, false), own_ns, 0);
}

static void tell(struct profile_builder *builder)
{
  static const char *const facts[][2] = {
      {"flambeau", "0.0.9"},       {"node", "shop@host"},     {"otp", "25"},         {"erts", "13.1"},
      {"begin_ns", "-1000000000"}, {"end_ns", "2000000000"},  {"ended", "deadline"}, {"wire_bytes", "9000"},
      {"wire_events", "1236"},     {"bounds", "5000 events"}, {"lost_events", "12"}, {"functions", "8778"},
  };
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
    profile_builder_fact(builder, facts[i][0], facts[i][1]);
  profile_builder_process(builder, &(struct profile_process){.pid = "<0.2.0>",
                                                             .title = "<0.2.0>",
                                                             .events = 30,
                                                             .first_ns = 0,
                                                             .last_ns = 30000000,
                                                             .width_ns = 30000000,
                                                             .waiting_ns = 20000000,
                                                             .lost_ns = 9500000,
                                                             .exited = true});
  profile_builder_process(builder, &(struct profile_process){.pid = "<0.1.0>",
                                                             .title = "ev\x1b[2Jil",
                                                             .events = 1236,
                                                             .first_ns = -5,
                                                             .last_ns = 69999995,
                                                             .width_ns = 70000000,
                                                             .waiting_ns = 18500000,
                                                             .runnable_ns = 3000000,
                                                             .gc_ns = 2000000});
  profile_builder_module(builder, &(struct profile_module){.name = "late", .time_ns = -7, .traced = true});
}

struct profile *report_sample(bool capture)
{
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  uint32_t a = report_sample_frame(builder, "m:a/0"), b = report_sample_frame(builder, "m:b/1");
  uint32_t c = report_sample_frame(builder, "m:c/0"), n = frame_of(builder, FRAME_FUNCTION, "m:n/2", true);
  uint32_t at_c = grow(builder, 0, c, 40000000, 1), at_b = grow(builder, at_c, b, 5500000, 1234);
  grow_absence(builder, at_b, FRAME_GC, "[gc]", 2000000);
  grow_absence(builder, at_b, FRAME_RUNNABLE, "[runnable]", 3000000);
  grow_absence(builder, at_c, FRAME_WAITING, "[waiting]", 8500000);
  grow_absence(builder, grow(builder, 0, a, 1000000, 3), FRAME_WAITING, "[waiting]", 30000000);
  grow(builder, 0, n, 500000, 0);
  grow_absence(builder, 0, FRAME_LOST, "[lost]", 9500000);
  if (!capture)
    return report_sample_finish(builder, &(struct profile_totals){0});

  profile_builder_locate(builder, c, "src/m.erl", 7);
  profile_builder_belongs(builder, c, "shop", ORIGIN_OWN);
  static const uint64_t b_ns[] = {500000, 1500000}, c_ns[] = {1000000, 1400000};
  for (size_t i = 0; i < 2; i++) {
    profile_builder_call_length(builder, b, b_ns[i]);
    profile_builder_call_length(builder, c, c_ns[i]);
  }
  profile_builder_call_length(builder, a, 1300000);
  tell(builder);
  const struct profile_totals totals = {
      .counts_known = true,
      .events = 1266,
      .lost_events = 17,
      .waiting = {.count = 4, .total_ns = 38500000, .max_ns = 20000000},
      .runnable = {.count = 7, .total_ns = 3000000, .max_ns = 1000000},
      .gc = {.minor = 2, .major = 1, .pause_ns = 2000000, .max_ns = 1500000, .words_given_back = 4096},
  };
  return report_sample_finish(builder, &totals);
}

struct profile *report_sample_processes(uint64_t width_ns, const uint64_t *covered_ns, const uint64_t *billed_ns,
                                        unsigned count)
{
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  grow(builder, 0, report_sample_frame(builder, "m:a/0"), width_ns, 1);
  for (unsigned i = 0; i < count; i++)
    profile_builder_process(builder, &(struct profile_process){.pid = "<0.1.0>",
                                                               .title = "p",
                                                               .events = 2,
                                                               .first_ns = 100,
                                                               .last_ns = 100 + (int64_t)covered_ns[i],
                                                               .width_ns = billed_ns[i]});
  return report_sample_finish(builder, &(struct profile_totals){.counts_known = true, .events = 2 * count});
}

struct profile *report_sample_away(void)
{
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  grow(builder, 0, report_sample_frame(builder, "m:a/0"), 70, 2);
  profile_builder_process(
      builder,
      &(struct profile_process){
          .pid = "<0.1.0>", .title = "p", .events = 4, .first_ns = 100, .last_ns = 200, .away_ns = 30, .width_ns = 70});
  return report_sample_finish(builder, &(struct profile_totals){.counts_known = true});
}

struct profile *report_sample_calls(const struct profile_call *calls, size_t count, uint64_t seen)
{
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  static const char *const names[] = {[SAMPLE_F] = "m:f/1", [SAMPLE_G] = "m:g/0", [SAMPLE_H] = "m:h/2"};
  for (uint32_t i = 0; i < sizeof names / sizeof *names; i++)
    assert_int_equal(report_sample_frame(builder, names[i]), i);
  profile_builder_process(builder, &(struct profile_process){.pid = "<0.1.0>", .title = "shop_price"});
  profile_builder_process(builder, &(struct profile_process){.pid = "<0.2.0>", .title = "<0.2.0>"});
  assert_int_equal(profile_builder_calls(builder, calls, count, seen), 0);
  return report_sample_finish(builder, &(struct profile_totals){.counts_known = true});
}
