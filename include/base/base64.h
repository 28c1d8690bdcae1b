// The one user of OpenSSL's base64.
#ifndef FLAMBEAU_BASE_BASE64_H
#define FLAMBEAU_BASE_BASE64_H

#include <stddef.h>

struct bytes;

// RFC 4648 base64 of `data`, without line breaks, appended to `out`.
void base64_append(struct bytes *out, const void *data, size_t size);

#endif
