// Pieces are zeroed, aligned, apart, and bounded.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
  (void)state;
  enum { PIECES = 5000 };
  struct arena *arena = arena_new((size_t)1 << 30);
  static unsigned char *pieces[PIECES];
  for (size_t i = 0; i < PIECES; i++) {
    size_t size = i % 97 == 0 ? 40000 : i % 97;
    pieces[i] = arena_alloc(arena, size);
    assert_non_null(pieces[i]);
    assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
    for (size_t at = 0; at < size; at++)
      assert_int_equal(pieces[i][at], 0);
    memset(pieces[i], (int)(i % 251), size);
  }
  for (size_t i = 0; i < PIECES; i++)
    if (i % 97 > 0)
      assert_int_equal(pieces[i][i % 97 - 1], i % 251);
  arena_free(arena);
}

static void stops_at_its_limit(void **state)
{
  (void)state;
  struct arena *arena = arena_new(100);
  assert_non_null(arena_alloc(arena, 64));
  assert_null(arena_alloc(arena, 64));
  assert_null(arena_alloc(arena, SIZE_MAX));
  assert_non_null(arena_alloc(arena, 1));
  assert_true(arena_used_bytes(arena) >= 65 && arena_used_bytes(arena) <= 100);
  arena_free(arena);
  arena_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
      cmocka_unit_test(stops_at_its_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
