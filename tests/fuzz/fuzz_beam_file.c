// Any bytes as a .beam file. Whatever comes out is within the bytes and fit for a capture.
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "decode/beam_file.h"
#include "decode/packed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool promise)
{
  if (!promise)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct beam_function function;
  const char *begin = (const char *)data, *end = begin + size;
  struct beam_file *file = beam_file_new(data, size);
  size_t functions = 0;
  while (file && beam_file_next(file, &function)) {
    require(++functions <= size);
    require(function.name >= begin && function.name_size <= (size_t)(end - function.name));
    require(function.arity <= 255 && (function.line > 0) == (strlen(function.file) > 0));
    require(strlen(function.file) <= PACKED_FILE_MAX_BYTES);
  }
  beam_file_free(file);
  return 0;
}
