// Growth, the limit, and what a failed append leaves behind.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/byte_reader.h"
#include "base/bytes.h"

static void grows_and_keeps_what_it_has(void **state)
{
  (void)state;
  struct bytes bytes;
  bytes_init(&bytes, 100000);
  for (uint32_t i = 0; i < 10000; i++)
    bytes_append_be(&bytes, i, 4);
  assert_false(bytes.failed);
  assert_int_equal(bytes.size, 40000);
  struct byte_reader reader;
  byte_reader_init(&reader, bytes.data, bytes.size);
  for (uint32_t i = 0; i < 10000; i++)
    assert_int_equal(byte_reader_be(&reader, 4), i);
  assert_false(reader.failed);
  byte_reader_be(&reader, 1);
  assert_true(reader.failed);
  bytes_release(&bytes);
}

static void stops_at_its_limit(void **state)
{
  (void)state;
  struct bytes bytes;
  bytes_init(&bytes, 5);
  bytes_append(&bytes, "abcd", 4);
  bytes_append(&bytes, "ef", 2);
  assert_true(bytes.failed);
  bytes_append(&bytes, "e", 1); // would fit, but a failure latches
  assert_int_equal(bytes.size, 4);
  assert_null(bytes_reserve(&bytes, 0));
  bytes_clear(&bytes);
  bytes_append(&bytes, "abcde", 5);
  assert_false(bytes.failed);
  assert_memory_equal(bytes.data, "abcde", 5);
  assert_true(bytes.capacity <= 5);
  bytes_release(&bytes);
}

static void a_huge_reserve_fails(void **state)
{
  (void)state;
  struct bytes bytes;
  bytes_init(&bytes, 100);
  bytes_append_u8(&bytes, 1);
  assert_null(bytes_reserve(&bytes, SIZE_MAX));
  assert_true(bytes.failed);
  bytes_release(&bytes);
}

static void drops_its_front(void **state)
{
  (void)state;
  struct bytes bytes;
  bytes_init(&bytes, 100);
  bytes_drop_front(&bytes, 3);
  bytes_append(&bytes, "abcdef", 6);
  bytes_drop_front(&bytes, 2);
  assert_int_equal(bytes.size, 4);
  assert_memory_equal(bytes.data, "cdef", 4);
  bytes_drop_front(&bytes, 9);
  assert_int_equal(bytes.size, 0);
  bytes_release(&bytes);
}

static void numbers_are_written_without_a_locale(void **state)
{
  (void)state;
  struct bytes bytes;
  bytes_init(&bytes, 64);
  bytes_append_decimal(&bytes, 0);
  bytes_append_u8(&bytes, ' ');
  bytes_append_decimal(&bytes, 1000);
  bytes_append_u8(&bytes, ' ');
  bytes_append_decimal(&bytes, UINT64_MAX);
  bytes_append_u8(&bytes, 0);
  assert_string_equal((const char *)bytes.data, "0 1000 18446744073709551615");
  bytes_release(&bytes);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(grows_and_keeps_what_it_has),
      cmocka_unit_test(stops_at_its_limit),
      cmocka_unit_test(a_huge_reserve_fails),
      cmocka_unit_test(drops_its_front),
      cmocka_unit_test(numbers_are_written_without_a_locale),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
