// The one user of OpenSSL's HMAC.
#ifndef FLAMBEAU_BASE_DIGEST_H
#define FLAMBEAU_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32

// HMAC-SHA-256 (RFC 2104) of `data` under `key`, "" for none. -1 when out of memory.
int digest_keyed(const char *key, const void *data, size_t size, uint8_t digest[DIGEST_BYTES]);

#endif
