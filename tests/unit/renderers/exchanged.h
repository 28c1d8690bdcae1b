// A capture's profile written by a renderer that takes no boxes, for the tests of the exchange formats.
#ifndef FLAMBEAU_TESTS_RENDERERS_EXCHANGED_H
#define FLAMBEAU_TESTS_RENDERERS_EXCHANGED_H

#include "drawn.h"

// Into `out` (initialised here, NUL-terminated; the caller releases it); 0 or -1 as the renderer said.
static inline int exchange(const struct profile *profile, enum weight weight, const char *format, struct bytes *out,
                           struct error *err)
{
  const struct picture picture = {.profile = profile, .weight = weight, .title = "Title <1>", .subtitle = ""};
  bytes_init(out, DRAWN_MAX_BYTES);
  struct byte_sink *sink = memory_sink_new(out, err);
  assert_non_null(sink);
  int status = renderer_by_name(format)->render(&picture, sink, err);
  byte_sink_free(sink);
  bytes_append_u8(out, 0);
  return status;
}

// One process for 20 ns in which a:f/0 calls itself and b:g/1 waits:
//
//     shop                        own  calls
//     shop;a:f/0                    3      2
//     shop;a:f/0;a:f/0              4      5
//     shop;a:f/0;a:f/0;b:g/1        1      1
//     shop;a:f/0;a:f/0;b:g/1;[waiting]  10
//     shop;a:f/0;[gc]               2
//
// wall 20, cpu 10, wait 10, gc 2, calls 8. a:f/0 stands in a file; the name of b:g/1 is hostile.
static inline struct profile exchange_example(void)
{
  static const struct profile_frame frames[] = {
      {.kind = FRAME_GC, .name = "[gc]", .file = ""},
      {.kind = FRAME_WAITING, .name = "[waiting]", .file = ""},
      {.kind = FRAME_FUNCTION, .name = "a:f/0", .file = "src/a.erl", .line = 12},
      {.kind = FRAME_FUNCTION, .name = "b:\"\\g\n\xff\u202E/1", .file = ""},
      {.kind = FRAME_PROCESS, .name = "shop", .file = ""},
  };
  static const struct profile_node nodes[] = {
      {0, 0, 1, 0, 0, 0}, {4, 0, 2, 0, 0, 0}, {2, 1, 3, 0, 3, 2},  {0, 2, 0, 4, 2, 0},
      {2, 2, 5, 0, 4, 5}, {3, 4, 6, 0, 1, 1}, {1, 5, 0, 0, 10, 0},
  };
  static const struct profile_fact facts[] = {
      {"node", "shop@host"}, {"otp", "27"},    {"started", "2026-01-31T12:00:00Z"},
      {"begin_ns", "-5"},    {"end_ns", "20"}, {"target", "sho\np"}};
  return (struct profile){.frames = frames,
                          .frame_count = 5,
                          .nodes = nodes,
                          .node_count = 7,
                          .facts = facts,
                          .fact_count = 6,
                          .counts_known = true,
                          .times_known = true};
}
#define EXCHANGE_HOSTILE "b:\"\\g\uFFFD\uFFFD\\x{202E}/1" // as it is shown

// One stack without weight.
static inline void assert_nothing_is_an_error(const char *format)
{
  static const struct profile_frame frame = {.name = "a", .file = ""};
  static const struct profile_node nodes[] = {{0, 0, 1, 0, 0, 0}, {0, 0, 0, 0, 0, 1}};
  const struct profile profile = {
      .frames = &frame, .frame_count = 1, .nodes = nodes, .node_count = 2, .counts_known = true, .times_known = true};
  struct bytes out;
  struct error err = {0};
  assert_int_equal(exchange(&profile, WEIGHT_WALL, format, &out, &err), -1);
  assert_int_equal(err.code, ERROR_EMPTY);
  assert_int_equal(out.size, 1);
  bytes_release(&out);
}

#endif
