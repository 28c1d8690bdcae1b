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

enum sample {
  OWN,
  DEPENDENCY,
  ELIXIR,
  OTP,
  ERLANG_MODULE,
  ELIXIR_MODULE,
  NATIVE,
  PROCESS,
  WAITING,
  RUNNABLE,
  GC,
  LOST,
  CUT,
  SAMPLE_KINDS
};

// The `i`th function of a kind.
static uint32_t color_of(const struct palette *palette, enum sample kind, int i)
{
  char name[64];
  snprintf(name, sizeof name, kind == ELIXIR_MODULE ? "Mod%d.fun%d/1" : "mod%d:fun%d/1", i / 4, i);
  static const enum frame_kind kinds[] = {
      [PROCESS] = FRAME_PROCESS, [WAITING] = FRAME_WAITING, [RUNNABLE] = FRAME_RUNNABLE,
      [GC] = FRAME_GC,           [LOST] = FRAME_LOST,       [CUT] = FRAME_CUT};
  static const enum frame_origin origins[SAMPLE_KINDS] = {
      [OWN] = ORIGIN_OWN, [DEPENDENCY] = ORIGIN_DEPENDENCY, [ELIXIR] = ORIGIN_ELIXIR, [OTP] = ORIGIN_OTP};
  char application[32];
  snprintf(application, sizeof application, "app%d", i);
  const struct profile_frame frame = {.kind = kinds[kind],
                                      .name = name,
                                      .module = "",
                                      .native = kind == NATIVE,
                                      .application = application,
                                      .origin = origins[kind]};
  return palette_color(palette, &frame);
}

static void labels_are_legible_on_every_color(void **state)
{
  (void)state;
  static const char *const names[] = {"beam", "hot", "mono", "module", "application"};
  for (size_t p = 0; p < sizeof names / sizeof *names; p++)
    for (enum sample kind = 0; kind < SAMPLE_KINDS; kind++)
      for (int i = 0; i < SAMPLES; i++) {
        uint32_t color = color_of(palette_by_name(names[p]), kind, i);
        if (contrast(color, LABEL_COLOR) < AA_CONTRAST)
          fail_msg("#%06x of %s: contrast %.2f", color, names[p], contrast(color, LABEL_COLOR));
      }
  assert_true(contrast(PALETTE_ROOT_COLOR, LABEL_COLOR) >= AA_CONTRAST);
}

// Lightness, and how colorful, without color blindness.
static void look_of(uint32_t color, double *lightness, double *chroma)
{
  double p[3];
  lab(color, vision[0], p);
  *lightness = p[0];
  *chroma = sqrt(p[1] * p[1] + p[2] * p[2]);
}

static void own_code_stands_out(void **state)
{
  (void)state;
  const struct palette *beam = palette_by_name("beam");
  for (int i = 0; i < SAMPLES; i++)
    for (enum sample kind = DEPENDENCY; kind <= OTP; kind++) {
      double lightness, chroma, own_chroma, warm[3], cool[3];
      look_of(color_of(beam, OWN, i), &lightness, &own_chroma);
      look_of(color_of(beam, kind, i), &lightness, &chroma);
      lab(color_of(beam, OWN, i), vision[0], warm);
      lab(color_of(beam, kind, i), vision[0], cool);
      assert_true(own_chroma > chroma + 15);
      assert_true(warm[1] > cool[1] + 5); // redder
    }
}

static void erlang_of_nobody_known_looks_like_ones_own(void **state)
{
  (void)state;
  const struct palette *beam = palette_by_name("beam");
  for (int i = 0; i < SAMPLES; i++)
    assert_int_equal(color_of(beam, ERLANG_MODULE, i), color_of(beam, OWN, i));
}

// A comparison's colors: more and less are told apart by every eye, and a step from the next and from no change.
static void shades_of_a_comparison(void **state)
{
  (void)state;
  const struct layout_shades *shades = &palette_shades;
  for (size_t i = 0; i < LAYOUT_SHADES; i++) {
    assert_true(contrast(shades->grown[i], LABEL_COLOR) >= AA_CONTRAST);
    assert_true(contrast(shades->shrunk[i], LABEL_COLOR) >= AA_CONTRAST);
    for (size_t eye = 0; eye < 4; eye++) {
      assert_true(distance(shades->grown[i], shades->same, vision[eye]) >= APART);
      assert_true(distance(shades->shrunk[i], shades->same, vision[eye]) >= APART);
      for (size_t j = 0; j < LAYOUT_SHADES; j++)
        assert_true(distance(shades->grown[i], shades->shrunk[j], vision[eye]) >= APART);
      if (i > 0) {
        assert_true(luminance(shades->grown[i]) < luminance(shades->grown[i - 1]));
        assert_true(luminance(shades->shrunk[i]) < luminance(shades->shrunk[i - 1]));
        assert_true(distance(shades->grown[i], shades->grown[i - 1], vision[eye]) >= APART / 3);
        assert_true(distance(shades->shrunk[i], shades->shrunk[i - 1], vision[eye]) >= APART / 3);
      }
    }
  }
  assert_true(contrast(shades->same, LABEL_COLOR) >= AA_CONTRAST);
}

static void kinds_stay_apart_for_color_blind_eyes(void **state)
{
  (void)state;
  const struct palette *beam = palette_by_name("beam");
  for (enum sample a = 0; a < SAMPLE_KINDS; a++)
    for (enum sample b = a + 1; b < SAMPLE_KINDS; b++) {
      if (a == OWN && b == ERLANG_MODULE)
        continue;
      for (int i = 0; i < SAMPLES; i += 4)
        for (int j = 0; j < SAMPLES; j += 4)
          for (size_t eye = 0; eye < 4; eye++) {
            uint32_t one = color_of(beam, a, i), other = color_of(beam, b, j);
            double apart = distance(one, other, vision[eye]);
            if (apart < APART)
              fail_msg("#%06x (kind %d) and #%06x (kind %d) are %.1f apart for eye %zu", one, a, other, b, apart, eye);
          }
    }
}

static void a_color_depends_on_the_name_where_nothing_else_is_known(void **state)
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

static void modules_and_applications_have_a_hue(void **state)
{
  (void)state;
  const struct palette *module = palette_by_name("module"), *application = palette_by_name("application");
  const struct profile_frame sort = {.name = "lists:sort/1", .module = "lists", .application = "stdlib"};
  const struct profile_frame fold = {.name = "maps:fold/3", .module = "maps", .application = "stdlib"};
  const struct profile_frame other = {.name = "lists:sort/1", .module = "lists", .application = "shop"};
  const struct profile_frame none = {.name = "lists:sort/1", .module = "lists", .application = ""};
  const struct profile_frame wait = {.kind = FRAME_WAITING, .name = "[waiting]", .module = "", .application = ""};
  uint32_t beam_sort = palette_color(palette_by_name("beam"), &none);
  assert_int_equal(palette_color(module, &sort), palette_color(module, &other)); // by the module alone
  assert_true(distance(palette_color(module, &sort), palette_color(module, &fold), vision[0]) > 5);
  assert_true(distance(palette_color(application, &sort), palette_color(application, &fold), vision[0]) < 20);
  assert_true(distance(palette_color(application, &sort), palette_color(application, &other), vision[0]) > 5);
  assert_int_equal(palette_color(application, &none), beam_sort); // of none: as `beam` does
  assert_int_equal(palette_color(module, &wait), palette_color(palette_by_name("beam"), &wait));
}

static void assert_legend(const char *palette, struct profile_frame *frames, size_t count, const char *expected)
{
  struct profile_function functions[8] = {0};
  struct profile profile = {.frames = frames, .frame_count = count, .functions = functions, .function_count = count};
  struct layout layout = {0};
  palette_kinds used = 0;
  char labels[512] = "";
  for (uint32_t i = 0; i < count; i++) {
    functions[i].frame = i;
    used |= palette_kind(&frames[i]);
  }
  palette_legend(palette_by_name(palette), &profile, used, &layout);
  for (size_t i = 0; i < layout.legend_count; i++) {
    strcat(labels, layout.legend[i].label);
    strcat(labels, ";");
  }
  assert_string_equal(labels, expected);
}

static void a_legend_names_the_only_application_of_ones_own(void **state)
{
  (void)state;
  struct profile_frame frames[] = {
      {.name = "shop:a/0", .module = "shop", .application = "shop", .origin = ORIGIN_OWN},
      {.name = "shop:b/0", .module = "shop", .application = "shop", .origin = ORIGIN_OWN},
      {.name = "Jason.c/0", .module = "Elixir.Jason", .application = "jason", .origin = ORIGIN_DEPENDENCY},
      {.name = "lists:d/0", .module = "lists", .application = "stdlib", .origin = ORIGIN_OTP},
  };
  assert_legend("beam", frames, 4, "shop;dependencies;OTP;");
  assert_legend("module", frames, 4, "shop;Jason;lists;");
  assert_legend("application", frames, 4, "shop;jason;stdlib;");
  assert_legend("hot", frames, 4, "");
  frames[1].application = "cart";
  assert_legend("beam", frames, 4, "your code;dependencies;OTP;");
  frames[1].application = "";
  assert_legend("beam", frames, 4, "your code;dependencies;OTP;");
  assert_legend("application", frames, 4, "shop;jason;stdlib;your code;");
  frames[0].application = frames[1].application = "<b>\xff";
  frames[2].module = "&";
  assert_legend("beam", frames, 4, "your code;dependencies;OTP;");
  assert_legend("module", frames, 4, "shop;lists;");
  assert_legend("application", frames, 4, "jason;stdlib;");
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
      cmocka_unit_test(own_code_stands_out),
      cmocka_unit_test(erlang_of_nobody_known_looks_like_ones_own),
      cmocka_unit_test(shades_of_a_comparison),
      cmocka_unit_test(kinds_stay_apart_for_color_blind_eyes),
      cmocka_unit_test(a_color_depends_on_the_name_where_nothing_else_is_known),
      cmocka_unit_test(functions_of_a_module_are_closer_than_modules),
      cmocka_unit_test(modules_and_applications_have_a_hue),
      cmocka_unit_test(a_legend_names_the_only_application_of_ones_own),
      cmocka_unit_test(odd_names_have_a_color),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
