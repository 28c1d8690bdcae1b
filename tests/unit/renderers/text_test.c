#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "picture/text.h"

static void assert_fit(const char *clean, unsigned cells, const char *expected, bool expected_cut)
{
  bool cut = !expected_cut;
  size_t size = text_fit(clean, cells, &cut);
  assert_int_equal(size, strlen(expected));
  assert_memory_equal(clean, expected, size);
  assert_int_equal(cut, expected_cut);
}

static void cuts_between_characters(void **state)
{
  (void)state;
  assert_fit("lists:sort/1", 12, "lists:sort/1", false);
  assert_fit("lists:sort/1", 11, "lists:sort", true);
  assert_fit("lists:sort/1", 1, "", true);
  assert_fit("lists:sort/1", 0, "", true);
  assert_fit("", 0, "", false);
  // Wide characters take two columns: 4 of them 8.
  assert_fit("商店总计", 8, "商店总计", false);
  assert_fit("商店总计", 7, "商店总", true);
  assert_fit("商店总计", 6, "商店", true); // 4, the ellipsis, and one free
  // A combining mark stays with its letter.
  assert_fit("e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301", false);
  assert_fit("e\u0301e\u0301e\u0301", 2, "e\u0301", true);
}

static void measures_columns(void **state)
{
  (void)state;
  assert_int_equal(text_cells(""), 0);
  assert_int_equal(text_cells("lists:sort/1"), 12);
  assert_int_equal(text_cells("\u231a\u2600\U0001f525"), 5);               // watch 2, sun 1, fire 2
  assert_int_equal(text_cells("\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35"), 4); // Thai: two vowels stand above
  assert_int_equal(text_cells("\u0939\u093f\u0928\u094d\u0926\u0940"), 5); // Devanagari: the virama joins
  assert_int_equal(text_cells("\u1112\u1161\u11ab\ud55c"), 4);             // Hangul: in three parts, and whole
  assert_int_equal(text_cells("\u845b\U000e0100\U00020000\U0003fffd"), 6); // Han: one with a variant's mark
  assert_int_equal(text_cells("总计/2"), 6);
  assert_int_equal(text_cells("e\u0301"), 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(cuts_between_characters), cmocka_unit_test(measures_columns)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
