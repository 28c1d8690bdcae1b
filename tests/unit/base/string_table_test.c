// Equal bytes, equal id; ids in order of first use; texts stay where they are.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/string_table.h"

static void ids_count_in_order_of_first_use(void **state)
{
  (void)state;
  struct string_table *table = string_table_new();
  assert_int_equal(string_table_count(table), 1);
  assert_int_equal(string_table_intern(table, "", 0), 0);
  assert_int_equal(string_table_intern(table, "lists", 5), 1);
  assert_int_equal(string_table_intern(table, "list", 4), 2);
  assert_int_equal(string_table_intern(table, "lists and more", 5), 1);
  size_t size;
  assert_string_equal(string_table_text(table, 1, &size), "lists");
  assert_int_equal(size, 5);
  assert_int_equal(string_table_count(table), 3);
  string_table_free(table);
}

static void zero_bytes_are_bytes(void **state)
{
  (void)state;
  struct string_table *table = string_table_new();
  uint32_t first = string_table_intern(table, "a\0b", 3);
  assert_int_not_equal(first, string_table_intern(table, "a\0c", 3));
  assert_int_equal(first, string_table_intern(table, "a\0b", 3));
  assert_memory_equal(string_table_text(table, first, NULL), "a\0b", 4);
  string_table_free(table);
}

static void many_strings_are_found_again(void **state)
{
  (void)state;
  enum { STRINGS = 100000 };
  struct string_table *table = string_table_new();
  char text[32];
  const char *early = NULL;
  for (uint32_t i = 1; i <= STRINGS; i++) {
    int size = snprintf(text, sizeof text, "function_%u", i);
    assert_int_equal(string_table_intern(table, text, (size_t)size), i);
    if (i == 1)
      early = string_table_text(table, 1, NULL);
  }
  assert_ptr_equal(early, string_table_text(table, 1, NULL));
  for (uint32_t i = 1; i <= STRINGS; i++) {
    int size = snprintf(text, sizeof text, "function_%u", i);
    assert_int_equal(string_table_intern(table, text, (size_t)size), i);
    assert_string_equal(string_table_text(table, i, NULL), text);
  }
  string_table_free(table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ids_count_in_order_of_first_use),
      cmocka_unit_test(zero_bytes_are_bytes),
      cmocka_unit_test(many_strings_are_found_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
