// Measures what the palettes promise: legible labels, and kinds that stay apart for color-blind eyes.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "palette.h"

#define LABEL_COLOR 0x1b1f24u
#define AA_CONTRAST 4.5
#define APART 10.0 // CIE76 distance; about 2.3 is just noticeable side by side
#define SAMPLES 400

struct rgb {
  double r, g, b; // linear
};

static double linear(uint32_t channel)
{
  double c = channel / 255.0;
  return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static struct rgb rgb_of(uint32_t color)
{
  return (struct rgb){linear(color >> 16 & 0xff), linear(color >> 8 & 0xff), linear(color & 0xff)};
}

// WCAG 2.1, relative luminance and contrast ratio.
static double luminance(uint32_t color)
{
  struct rgb c = rgb_of(color);
  return 0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b;
}

static double contrast(uint32_t lighter, uint32_t darker)
{
  return (luminance(lighter) + 0.05) / (luminance(darker) + 0.05);
}

// Machado, Oliveira, Fernandes 2009, full severity: none, protan, deutan, tritan.
static const double vision[4][9] = {
    {1, 0, 0, 0, 1, 0, 0, 0, 1},
    {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
    {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
    {1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900},
};

static double within(double value)
{
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

static double lab_f(double t)
{
  return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116;
}

static void lab(uint32_t color, const double *m, double out[3])
{
  struct rgb c = rgb_of(color);
  double r = within(m[0] * c.r + m[1] * c.g + m[2] * c.b);
  double g = within(m[3] * c.r + m[4] * c.g + m[5] * c.b);
  double b = within(m[6] * c.r + m[7] * c.g + m[8] * c.b);
  double x = lab_f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  double y = lab_f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  double z = lab_f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  out[0] = 116 * y - 16;
  out[1] = 500 * (x - y);
  out[2] = 200 * (y - z);
}

static double distance(uint32_t a, uint32_t b, const double *m)
{
  double p[3], q[3];
  lab(a, m, p);
  lab(b, m, q);
  return sqrt((p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) + (p[2] - q[2]) * (p[2] - q[2]));
}

enum sample { ERLANG, ELIXIR, NATIVE, PROCESS, WAITING, RUNNABLE, GC, LOST, CUT, SAMPLE_KINDS };

// The `i`th function of a kind.
static uint32_t color_of(const struct palette *palette, enum sample kind, int i)
{
  char name[64];
  snprintf(name, sizeof name, kind == ELIXIR ? "Mod%d.fun%d/1" : "mod%d:fun%d/1", i / 4, i);
  static const enum frame_kind kinds[] = {
      [PROCESS] = FRAME_PROCESS, [WAITING] = FRAME_WAITING, [RUNNABLE] = FRAME_RUNNABLE,
      [GC] = FRAME_GC,           [LOST] = FRAME_LOST,       [CUT] = FRAME_CUT};
  const struct profile_frame frame = {.kind = kinds[kind], .name = name, .module = "", .native = kind == NATIVE};
  return palette_color(palette, &frame);
}

static void labels_are_legible_on_every_color(void **state)
{
  (void)state;
  static const char *const names[] = {"beam", "hot", "mono"};
  for (size_t p = 0; p < 3; p++)
    for (enum sample kind = 0; kind < SAMPLE_KINDS; kind++)
      for (int i = 0; i < SAMPLES; i++) {
        uint32_t color = color_of(palette_by_name(names[p]), kind, i);
        if (contrast(color, LABEL_COLOR) < AA_CONTRAST)
          fail_msg("#%06x of %s: contrast %.2f", color, names[p], contrast(color, LABEL_COLOR));
      }
  assert_true(contrast(PALETTE_ROOT_COLOR, LABEL_COLOR) >= AA_CONTRAST);
}

static void kinds_stay_apart_for_color_blind_eyes(void **state)
{
  (void)state;
  const struct palette *beam = palette_by_name("beam");
  for (enum sample a = 0; a < SAMPLE_KINDS; a++)
    for (enum sample b = a + 1; b < SAMPLE_KINDS; b++)
      for (int i = 0; i < SAMPLES; i += 4)
        for (int j = 0; j < SAMPLES; j += 4)
          for (size_t eye = 0; eye < 4; eye++) {
            uint32_t one = color_of(beam, a, i), other = color_of(beam, b, j);
            double apart = distance(one, other, vision[eye]);
            if (apart < APART)
              fail_msg("#%06x (kind %d) and #%06x (kind %d) are %.1f apart for eye %zu", one, a, other, b, apart, eye);
          }
}

static void a_color_depends_on_the_name_alone(void **state)
{
  (void)state;
  const struct palette *beam = palette_by_name(NULL);
  assert_ptr_equal(beam, palette_by_name("beam"));
  const struct profile_frame live = {.name = "Shop.Cart.total/2", .module = "Elixir.Shop.Cart"};
  const struct profile_frame folded = {.name = "Shop.Cart.total/2", .module = ""};
  const struct profile_frame raw = {.name = "'Elixir.Shop.Cart':total/2", .module = "Elixir.Shop.Cart"};
  const struct profile_frame quoted = {.name = "'Shop':total/2", .module = "Shop"};
  assert_int_equal(palette_color(beam, &live), palette_color(beam, &folded));
  assert_int_equal(palette_kind(&live), palette_kind(&raw));
  assert_int_not_equal(palette_kind(&live), palette_kind(&quoted)); // an Erlang module with a capital letter
}

static void functions_of_a_module_are_closer_than_modules(void **state)
{
  (void)state;
  const struct palette *hot = palette_by_name("hot");
  const struct profile_frame sort = {.name = "lists:sort/1", .module = ""}, map = {.name = "lists:map/2", .module = ""};
  // 9 module steps of 4 function steps: within one module no channel moves by more than 3 of 35 parts of the range.
  int range = 0xe2 - 0x70; // the widest channel of `hot`
  for (int shift = 0; shift <= 16; shift += 8) {
    int one = (int)(palette_color(hot, &sort) >> shift & 0xff), other = (int)(palette_color(hot, &map) >> shift & 0xff);
    assert_true(one - other <= range * 3 / 35 + 1 && other - one <= range * 3 / 35 + 1);
  }
}

static void odd_names_have_a_color(void **state)
{
  (void)state;
  static const char *const names[] = {"", ":", ".", "'", "A", "...", "\xff\xfe", "a:b:c"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const struct profile_frame frame = {.name = names[i], .module = ""};
    assert_true(palette_color(palette_by_name("beam"), &frame) <= 0xffffff);
  }
  assert_null(palette_by_name("Beam"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels_are_legible_on_every_color),
      cmocka_unit_test(kinds_stay_apart_for_color_blind_eyes),
      cmocka_unit_test(a_color_depends_on_the_name_alone),
      cmocka_unit_test(functions_of_a_module_are_closer_than_modules),
      cmocka_unit_test(odd_names_have_a_color),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
