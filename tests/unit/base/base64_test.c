// Expected letters are RFC 4648's own, section 10.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/bytes.h"

static void writes_the_vectors_of_the_rfc(void **state)
{
  (void)state;
  static const char *const vectors[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
  for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
    struct bytes letters;
    bytes_init(&letters, 64);
    base64_append(&letters, vectors[i][0], strlen(vectors[i][0]));
    assert_false(letters.failed);
    assert_int_equal(letters.size, strlen(vectors[i][1]));
    if (letters.size > 0)
      assert_memory_equal(letters.data, vectors[i][1], letters.size);
    bytes_release(&letters);
  }
}

// Zeros are A; what is longer than a piece has no padding within.
static void pieces_join(void **state)
{
  (void)state;
  size_t size = ((size_t)3 << 20) + 1;
  uint8_t *zeros = calloc(size, 1);
  struct bytes letters;
  bytes_init(&letters, size * 2);
  base64_append(&letters, zeros, size);
  assert_int_equal(letters.size, ((size_t)4 << 20) + 4);
  for (size_t i = 0; i < letters.size; i++)
    assert_int_equal(letters.data[i], i < letters.size - 2 ? 'A' : '=');
  bytes_release(&letters);
  free(zeros);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(writes_the_vectors_of_the_rfc),
      cmocka_unit_test(pieces_join),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
