// Numbers as people type them: every value below is worked out by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "quantity.h"

#define UNTOUCHED 77

static uint64_t duration(const char *text)
{
  uint64_t ns = UNTOUCHED;
  assert_int_equal(quantity_duration(text, &ns), 0);
  return ns;
}

static void durations_have_units(void **state)
{
  (void)state;
  assert_true(duration("500ms") == 500000000);
  assert_true(duration("10s") == 10000000000);
  assert_true(duration("2m") == 120000000000);
  assert_true(duration("1h") == 3600000000000);
  assert_true(duration("1.5s") == 1500000000);
  assert_true(duration("0.25ms") == 250000);
  assert_true(duration("20us") == 20000);
  assert_true(duration("0") == 0);
  assert_true(duration("0s") == 0);
}

static void other_durations_are_refused(void **state)
{
  (void)state;
  static const char *const texts[] = {"",
                                      "10",
                                      "s",
                                      "-1s",
                                      "+1s",
                                      " 1s",
                                      "1s ",
                                      "1 s",
                                      "1.s",
                                      ".5s",
                                      "1.2345s",
                                      "1..2s",
                                      "1d",
                                      "0x1s",
                                      "1e3s",
                                      "31000m000",
                                      "nan",
                                      "99999999999999999999s",
                                      "18446744073709551615h",
                                      "721h" /* more than 30 days */};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    uint64_t ns = UNTOUCHED;
    assert_int_equal(quantity_duration(texts[i], &ns), -1);
    assert_true(ns == UNTOUCHED);
  }
}

static void sizes_are_powers_of_1024(void **state)
{
  (void)state;
  uint64_t bytes;
  assert_int_equal(quantity_size("65536", &bytes), 0);
  assert_true(bytes == 65536);
  assert_int_equal(quantity_size("64M", &bytes), 0);
  assert_true(bytes == 64 * 1048576);
  assert_int_equal(quantity_size("1g", &bytes), 0);
  assert_true(bytes == 1073741824);
  assert_int_equal(quantity_size("1.5K", &bytes), 0);
  assert_true(bytes == 1536);
  assert_int_equal(quantity_size("1.5", &bytes), -1); // no half bytes
  assert_int_equal(quantity_size("64MB", &bytes), -1);
  assert_int_equal(quantity_size("99999999999G", &bytes), -1);
}

static void counts_are_powers_of_1000(void **state)
{
  (void)state;
  uint64_t count;
  assert_int_equal(quantity_count("20M", &count), 0);
  assert_true(count == 20000000);
  assert_int_equal(quantity_count("50k", &count), 0);
  assert_true(count == 50000);
  assert_int_equal(quantity_count("1200", &count), 0);
  assert_true(count == 1200);
  assert_int_equal(quantity_count("18446744073709551615", &count), -1); // not in thousandths
  assert_int_equal(quantity_count("many", &count), -1);
}

static void widths_are_pixels_or_a_share(void **state)
{
  (void)state;
  struct min_width width = {0};
  assert_int_equal(quantity_min_width("0.5px", &width), 0);
  assert_true(width.value == 0.5 && !width.percent);
  assert_int_equal(quantity_min_width("25%", &width), 0);
  assert_true(width.value == 25 && width.percent);
  assert_int_equal(quantity_min_width("0%", &width), 0);
  assert_int_equal(quantity_min_width("100.001%", &width), -1);
  assert_int_equal(quantity_min_width("1", &width), -1);
  assert_int_equal(quantity_min_width("px", &width), -1);
  assert_int_equal(quantity_min_width("1em", &width), -1);
}

static void factors_are_bounded(void **state)
{
  (void)state;
  double factor = 7;
  assert_int_equal(quantity_factor("1.5", &factor), 0);
  assert_true(factor == 1.5);
  assert_int_equal(quantity_factor("10", &factor), 0);
  assert_true(factor == 10);
  assert_int_equal(quantity_factor("0.1", &factor), 0);
  assert_true(factor == 0.1);
  static const char *const refused[] = {"0",  "0.099", "10.001", "-1",  "",
                                        "2x", "1,5",   "nan",    "1e1", "99999999999999999999"};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    assert_int_equal(quantity_factor(refused[i], &factor), -1);
  assert_true(factor == 0.1);
}

static void texts_read_back_as_the_same_value(void **state)
{
  (void)state;
  char text[QUANTITY_TEXT_MAX];
  quantity_duration_text(10000000000, text);
  assert_string_equal(text, "10s");
  quantity_duration_text(5400000000000, text); // 90 minutes
  assert_string_equal(text, "90m");
  quantity_duration_text(1500000000, text);
  assert_string_equal(text, "1500ms");
  quantity_duration_text(0, text);
  assert_string_equal(text, "0");
  quantity_size_text(67108864, text);
  assert_string_equal(text, "64M");
  quantity_size_text(1000, text);
  assert_string_equal(text, "1000");
  quantity_count_text(20000000, text);
  assert_string_equal(text, "20M");
  quantity_min_width_text(&(struct min_width){.value = 0.01, .percent = true}, text);
  assert_string_equal(text, "0.01%");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(durations_have_units),
      cmocka_unit_test(other_durations_are_refused),
      cmocka_unit_test(sizes_are_powers_of_1024),
      cmocka_unit_test(counts_are_powers_of_1000),
      cmocka_unit_test(widths_are_pixels_or_a_share),
      cmocka_unit_test(factors_are_bounded),
      cmocka_unit_test(texts_read_back_as_the_same_value),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
