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

// Draws into `out` (initialised here, NUL-terminated; the caller releases it); 0 or -1 as the renderer said.
static inline int draw_profile(const struct profile *profile, const char *format, int width_px, struct bytes *out,
                               struct error *err)
{
  const struct layout_options options = {.weight = WEIGHT_WALL, .palette = "beam"};
  struct layout *layout = layout_new(profile, &options, err);
  struct picture picture = {.profile = profile,
                            .layout = layout,
                            .weight = WEIGHT_WALL,
                            .title = "Title <1>",
                            .subtitle = "sub & title",
                            .width_px = width_px};
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

static inline int draw_folded(const char *folded, const char *format, int width_px, struct bytes *out,
                              struct error *err)
{
  struct byte_source *source = memory_source_new(folded, strlen(folded), err);
  assert_non_null(source);
  struct profile *profile = profile_read_folded(source, err);
  byte_source_free(source);
  assert_non_null(profile);
  int status = draw_profile(profile, format, width_px, out, err);
  profile_free(profile);
  return status;
}

#endif
