#include "drawn.h"

#include <stdio.h>
#include <stdlib.h>

static uint32_t be32(const uint8_t *at)
{
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void assert_png(const struct bytes *png, uint32_t width_px, uint32_t height_px)
{
  assert_true(png->size > 33);
  assert_memory_equal(png->data, "\x89PNG\r\n\x1a\n", 8);
  assert_int_equal(be32(png->data + 16), width_px);
  assert_int_equal(be32(png->data + 20), height_px);
  assert_memory_equal(png->data + png->size - 1 - 8, "IEND", 4); // then its CRC, and our NUL
}

static uint32_t height_of(struct bytes svg)
{
  uint32_t height = (uint32_t)strtoul(strstr((const char *)svg.data, " height=\"") + strlen(" height=\""), NULL, 10);
  bytes_release(&svg);
  return height;
}

static uint32_t svg_height(const char *folded, int width_px)
{
  struct bytes svg;
  struct error err = {0};
  assert_int_equal(draw_folded(folded, "svg", width_px, &svg, &err), 0);
  return height_of(svg);
}

static void is_twice_the_svg(void **state)
{
  (void)state;
  static const char folded[] = "a:f/0;商店:总计/2 3\nb:g/0 1\n\xff\x01 1\n";
  struct bytes png;
  struct error err = {0};
  assert_int_equal(draw_folded(folded, "png", 700, &png, &err), 0);
  assert_png(&png, 1400, 2 * svg_height(folded, 700));
  bytes_release(&png);
}

static void so_is_a_chart(void **state)
{
  (void)state;
  const struct profile profile = chart_example();
  struct bytes png, svg;
  struct error err = {0};
  assert_int_equal(draw_profile(&profile, "png", 700, &png, &err), 0);
  assert_int_equal(draw_profile(&profile, "svg", 700, &svg, &err), 0);
  assert_png(&png, 1400, 2 * height_of(svg));
  bytes_release(&png);
}

static void draw_scaled(int width_px, double scale, struct bytes *png, struct error *err, int expected)
{
  const struct picture picture = {.width_px = width_px, .scale = scale};
  *err = (struct error){0};
  assert_int_equal(draw_folded_picture("a 1\n", "png", picture, png, err), expected);
}

// What is left over of a last pixel counts as one.
static void it_is_as_large_as_asked_for(void **state)
{
  (void)state;
  uint32_t height = svg_height("a 1\n", 701);
  struct bytes png;
  struct error err;
  draw_scaled(701, 1, &png, &err, 0);
  assert_png(&png, 701, height);
  bytes_release(&png);
  draw_scaled(701, 1.5, &png, &err, 0); // 1051.5
  assert_png(&png, 1052, (height * 3 + 1) / 2);
  bytes_release(&png);
  draw_scaled(701, 3, &png, &err, 0);
  assert_png(&png, 2103, 3 * height);
  bytes_release(&png);
}

static void a_scale_that_is_too_much_is_an_error(void **state)
{
  (void)state;
  struct bytes png;
  struct error err;
  draw_scaled(16384, 2, &png, &err, -1); // 32,768
  assert_int_equal(err.code, ERROR_OUTPUT);
  assert_non_null(strstr(err.message, "say --scale 1, or write an .svg"));
  bytes_release(&png);
  draw_scaled(32768, 1, &png, &err, -1);
  assert_null(strstr(err.message, "--scale"));
  bytes_release(&png);
}

// Within 32,767 pixels a side, but 32,000 by more than 4,200 are more than 134,217,728.
static void so_is_more_than_memory_should_hold(void **state)
{
  (void)state;
  struct bytes png;
  struct error err = {0};
  const struct picture picture = {.width_px = 16000, .scale = 2};
  char folded[1024];
  size_t size = 0;
  for (int i = 0; i < 125; i++) // a row of 18 pixels each: 4,500 at twice the size
    size += (size_t)snprintf(folded + size, sizeof folded - size, "%sf", i ? ";" : "");
  strcpy(folded + size, " 1\n");
  assert_int_equal(draw_folded_picture(folded, "png", picture, &png, &err), -1);
  assert_int_equal(err.code, ERROR_OUTPUT);
  bytes_release(&png);
}

static void past_cairos_limit_it_is_as_large_as_the_svg(void **state)
{
  (void)state;
  struct bytes png;
  struct error err = {0};
  assert_int_equal(draw_folded("a 1\n", "png", 20000, &png, &err), 0); // twice that is more than 32,767
  assert_png(&png, 20000, svg_height("a 1\n", 20000));
  bytes_release(&png);
}

static void what_cairo_cannot_hold_is_an_error(void **state)
{
  (void)state;
  struct bytes png;
  struct error err = {0};
  assert_int_equal(draw_folded("a 1\n", "png", 32768, &png, &err), -1);
  assert_int_equal(err.code, ERROR_OUTPUT);
  assert_int_equal(png.size, 1); // nothing but our NUL
  bytes_release(&png);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(is_twice_the_svg),
      cmocka_unit_test(so_is_a_chart),
      cmocka_unit_test(it_is_as_large_as_asked_for),
      cmocka_unit_test(a_scale_that_is_too_much_is_an_error),
      cmocka_unit_test(so_is_more_than_memory_should_hold),
      cmocka_unit_test(past_cairos_limit_it_is_as_large_as_the_svg),
      cmocka_unit_test(what_cairo_cannot_hold_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
