// Bytes and a key in, a digest out.
#include "base/digest.h"

#include <string.h>

#include <openssl/hmac.h>

int digest_keyed(const char *key, const void *data, size_t size, uint8_t digest[DIGEST_BYTES])
{
  unsigned written = 0;
  return HMAC(EVP_sha256(), key, (int)strlen(key), data, size, digest, &written) && written == DIGEST_BYTES ? 0 : -1;
}
