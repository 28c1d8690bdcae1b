// The test cases of RFC 4231 that have a text for a key.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"

static void assert_digest(const char *key, const char *data, const uint8_t expected[DIGEST_BYTES])
{
  uint8_t digest[DIGEST_BYTES];
  assert_int_equal(digest_keyed(key, data, strlen(data), digest), 0);
  assert_memory_equal(digest, expected, DIGEST_BYTES);
}

static void known_digests(void **state)
{
  (void)state;
  static const uint8_t second[DIGEST_BYTES] = {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24,
                                               0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27,
                                               0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43};
  assert_digest("Jefe", "what do ya want for nothing?", second);
}

static void no_key_is_a_key(void **state)
{
  (void)state;
  static const uint8_t nothing[DIGEST_BYTES] = {0xb6, 0x13, 0x67, 0x9a, 0x08, 0x14, 0xd9, 0xec, 0x77, 0x2f, 0x95,
                                                0xd7, 0x78, 0xc3, 0x5f, 0xc5, 0xff, 0x16, 0x97, 0xc4, 0x93, 0x71,
                                                0x56, 0x53, 0xc6, 0xc7, 0x12, 0x14, 0x42, 0x92, 0xc5, 0xad};
  assert_digest("", "", nothing); // as Wikipedia's article on HMAC gives it
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(known_digests), cmocka_unit_test(no_key_is_a_key)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
