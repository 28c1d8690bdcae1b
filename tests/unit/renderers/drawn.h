// A folded text drawn by one of the renderers, for the tests here.
#ifndef FLAMBEAU_TESTS_RENDERERS_DRAWN_H
#define FLAMBEAU_TESTS_RENDERERS_DRAWN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "layout/layout.h"
#include "profile/profile.h"
#include "renderers/renderer.h"

#define DRAWN_MAX_BYTES ((size_t)64 << 20)

// Draws, a chart when there are spans, as `picture` says into `out` (initialised here, NUL-terminated; the caller
// releases it); 0 or -1 as the renderer said.
static inline int draw_picture(const struct profile *profile, const char *format, struct picture picture,
                               struct bytes *out, struct error *err)
{
  const struct layout_options options = {.weight = WEIGHT_WALL, .chart = profile->span_count > 0, .palette = "beam"};
  struct layout *layout = layout_new(profile, &options, err);
  picture.profile = profile;
  picture.layout = layout;
  picture.weight = WEIGHT_WALL;
  picture.title = "Title <1>";
  picture.subtitle = "sub & title";
  bytes_init(out, DRAWN_MAX_BYTES);
  struct byte_sink *sink = memory_sink_new(out, err);
  assert_non_null(layout);
  assert_non_null(sink);
  int status = renderer_by_name(format)->render(&picture, sink, err);
  if (status == 0)
    assert_int_equal(byte_sink_finish(sink, err), 0);
  byte_sink_free(sink);
  bytes_append_u8(out, 0);
  layout_free(layout);
  return status;
}

static inline int draw_profile(const struct profile *profile, const char *format, int width_px, struct bytes *out,
                               struct error *err)
{
  return draw_picture(profile, format, (struct picture){.width_px = width_px}, out, err);
}

// A chart of two processes in 10 ns: shop [0, 10) calls f [0, 6) and that g [1, 3) and g [4, 5); brief [8, 9) calls f
// [8, 9).
static inline struct profile chart_example(void)
{
  static const struct profile_frame frames[] = {
      {.name = "", .module = "", .file = "", .application = ""},
      {.kind = FRAME_PROCESS, .name = "shop", .module = "", .file = "", .application = ""},
      {.kind = FRAME_PROCESS, .name = "brief <0.7.0>", .module = "", .file = "", .application = ""},
      {.name = "a:f/0", .module = "a", .file = "src/a.erl", .line = 12, .application = ""},
      {.name = "a:g/0", .module = "a", .file = "src/<a>.erl", .application = ""},
  };
  static const struct profile_node nodes[] = {
      {0, 0, 1, 0, 0, 0}, {1, 0, 2, 4, 4, 0}, {3, 1, 3, 0, 3, 1},
      {4, 2, 0, 0, 3, 2}, {2, 0, 5, 0, 0, 0}, {3, 4, 0, 0, 1, 1},
  };
  static const struct profile_span spans[] = {
      {0, 1, 0, 10}, {0, 2, 0, 6}, {0, 3, 1, 2}, {0, 3, 4, 1}, {1, 4, 8, 1}, {1, 5, 8, 1},
  };
  static const struct profile_process processes[] = {{.pid = "<0.1.0>", .title = "shop"},
                                                     {.pid = "<0.7.0>", .title = "brief"}};
  return (struct profile){.frames = frames,
                          .frame_count = 5,
                          .nodes = nodes,
                          .node_count = 6,
                          .processes = processes,
                          .process_count = 2,
                          .spans = spans,
                          .span_count = 6,
                          .counts_known = true,
                          .times_known = true};
}

static inline int draw_folded_picture(const char *folded, const char *format, struct picture picture, struct bytes *out,
                                      struct error *err)
{
  struct byte_source *source = memory_source_new(folded, strlen(folded), err);
  assert_non_null(source);
  struct profile *profile = profile_read_folded(source, err);
  byte_source_free(source);
  assert_non_null(profile);
  int status = draw_picture(profile, format, picture, out, err);
  profile_free(profile);
  return status;
}

static inline int draw_folded(const char *folded, const char *format, int width_px, struct bytes *out,
                              struct error *err)
{
  return draw_folded_picture(folded, format, (struct picture){.width_px = width_px}, out, err);
}

#endif
