// Folded text from anybody, good and bad.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/byte_io.h"
#include "folded_text.h"

static struct profile *read_text(const char *text, size_t size, struct error *err)
{
  struct byte_source *source = memory_source_new(text, size, err);
  assert_non_null(source);
  struct profile *profile = profile_read_folded(source, err);
  byte_source_free(source);
  return profile;
}

static void check(const char *input, const char *expected)
{
  struct error err = {0};
  char text[FOLDED_TEXT_MAX];
  struct profile *profile = read_text(input, strlen(input), &err);
  assert_string_equal(err.message, "");
  assert_non_null(profile);
  assert_false(profile->counts_known);
  folded_text(profile, WEIGHT_WALL, text);
  assert_string_equal(text, expected);
  profile_free(profile);
}

static void check_bad(const char *input, size_t size, const char *says)
{
  struct error err = {0};
  assert_null(read_text(input, size, &err));
  assert_int_equal(err.code, ERROR_DATA);
  assert_non_null(strstr(err.message, says));
}

#define CHECK_BAD(input, says) check_bad(input, sizeof input - 1, says)

static void good_lines(void **state)
{
  (void)state;
  check("a;b 3\na 1\na;b 4\n", "a 1\na;b 7\n");
  check("b 1\r\na;c 2\r\n", "a;c 2\nb 1\n");
  check("\n  \na 1\n\t\n\r\n\nb 2", "a 1\nb 2\n");
  check("a frame with spaces;b  c 5\n", "a frame with spaces;b  c 5\n");
  check("a;;b 1\n;c 2\nd; 4\n", ";c 2\na;;b 1\nd; 4\n");
  check("a 18446744073709551615\n", "a 18446744073709551615\n");
  check("a 0\nb 007\n", "b 7\n");
  check("'a 1' 2\n", "'a 1' 2\n");
}

static void frames_in_brackets_have_their_kinds(void **state)
{
  (void)state;
  struct error err = {0};
  const char input[] = "a;[waiting] 1\na;[gc] 2\na;[runnable] 4\n[lost] 8\n[cut];a 16\n[other] 32\n[deeper] 64\n";
  struct profile *profile = read_text(input, strlen(input), &err);
  char text[FOLDED_TEXT_MAX];
  folded_text(profile, WEIGHT_WAIT, text);
  assert_string_equal(text, "a;[waiting] 1\n");
  folded_text(profile, WEIGHT_GC, text);
  assert_string_equal(text, "a;[gc] 2\n");
  folded_text(profile, WEIGHT_CPU, text);
  assert_string_equal(text, "[cut];a 16\n[deeper] 64\n[lost] 8\n[other] 32\na;[gc] 2\n");
  assert_int_equal(profile->function_count, 2); // a and [other]
  profile_free(profile);
}

static void bad_lines(void **state)
{
  (void)state;
  CHECK_BAD("", "holds no stack");
  CHECK_BAD("\n\n", "holds no stack");
  CHECK_BAD("a;b 1\n\na;b\n", "line 3");
  CHECK_BAD("a;b 12.0\n", "whole number");
  CHECK_BAD("a;b \n", "line 1");
  CHECK_BAD("a;b -3\n", "line 1");
  CHECK_BAD("12\n", "line 1");
  CHECK_BAD(" 12\n", "line 1");
  CHECK_BAD("a 18446744073709551616\n", "line 1");
  CHECK_BAD("a 99999999999999999999999\n", "line 1");
  CHECK_BAD("a 1 \n", "line 1");
  CHECK_BAD("a 1\nb\0c 2\n", "line 2");
  CHECK_BAD("\xff\xd8\xff\xe0\0\x10JFIF\0", "zero byte");
  CHECK_BAD("a 18446744073709551615\nb 1\n", "64-bit");
}

static void fill(char *text, size_t size, const char *pattern)
{
  for (size_t i = 0; i < size; i++)
    text[i] = pattern[i % strlen(pattern)];
}

static void depth_has_a_limit(void **state)
{
  (void)state;
  char *text = malloc(2 * 32769 + 2);
  fill(text, 2 * 32769, "a;"); // 32,769 frames, the last `;` replaced by the weight
  memcpy(text + 2 * 32769 - 1, " 1\n", 3);
  check_bad(text, 2 * 32769 + 2, "deep");
  struct error err = {0};
  struct profile *profile = read_text(text + 2, 2 * 32768 + 2, &err);
  assert_non_null(profile);
  assert_int_equal(profile->node_count, 32769);
  profile_free(profile);
  free(text);
}

static void line_length_has_a_limit(void **state)
{
  (void)state;
  size_t size = (size_t)17 << 20;
  char *text = malloc(size);
  memset(text, 'a', size);
  memcpy(text, "a 1\n", 4);
  check_bad(text, size, "line 2 is longer");
  free(text);
}

// Lines that straddle the reader's pieces come out whole.
static void many_lines(void **state)
{
  (void)state;
  size_t size = 0;
  char *text = malloc(40 * 20000);
  for (int i = 0; i < 20000; i++)
    size += (size_t)sprintf(text + size, "top;frame number %d;leaf 2\n", i % 5000);
  struct error err = {0};
  struct profile *profile = read_text(text, size, &err);
  assert_int_equal(profile->node_count, 1 + 1 + 5000 + 5000);
  uint64_t sum = 0;
  for (size_t i = 0; i < profile->node_count; i++)
    sum += profile->nodes[i].own;
  assert_int_equal(sum, 40000);
  profile_free(profile);
  free(text);
}

static ptrdiff_t failing_read(struct byte_source *source, void *data, size_t size)
{
  (void)data, (void)size;
  error_set(&source->error, ERROR_DATA, "the disk is gone");
  return -1;
}

static void a_failing_source_is_reported(void **state)
{
  (void)state;
  const struct byte_source_ops ops = {failing_read, NULL};
  struct byte_source source = {.ops = &ops};
  struct error err = {0};
  assert_null(profile_read_folded(&source, &err));
  assert_string_equal(err.message, "the disk is gone");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_lines),
      cmocka_unit_test(frames_in_brackets_have_their_kinds),
      cmocka_unit_test(bad_lines),
      cmocka_unit_test(depth_has_a_limit),
      cmocka_unit_test(line_length_has_a_limit),
      cmocka_unit_test(many_lines),
      cmocka_unit_test(a_failing_source_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
