// Bytes in, letters out.
#include "base/base64.h"

#include <openssl/evp.h>

#include "base/bytes.h"

#define PIECE_BYTES ((size_t)3 << 20) // whole groups of three: only the last piece is padded

void base64_append(struct bytes *out, const void *data, size_t size)
{
  const unsigned char *at = data;
  while (size > 0 && !out->failed) {
    size_t piece = size < PIECE_BYTES ? size : PIECE_BYTES;
    size_t letters = (piece + 2) / 3 * 4;
    unsigned char *room = bytes_reserve(out, letters + 1); // EVP_EncodeBlock ends it with a NUL
    if (room != NULL) {
      EVP_EncodeBlock(room, at, (int)piece);
      out->size--;
    }
    at += piece;
    size -= piece;
  }
}
