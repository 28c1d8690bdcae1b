// The functions of a .beam file: where in the source each begins, and whether it has a receive. No I/O; the bytes may
// be hostile.
#ifndef FLAMBEAU_DECODE_BEAM_FILE_H
#define FLAMBEAU_DECODE_BEAM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct beam_function {
  const char *name; // as the VM has it, "-total/2-fun-0-" included; borrowed from the bytes
  size_t name_size;
  uint32_t arity;
  bool receives;    // a process can wait in it
  const char *file; // as a stack trace on the node would say it; NUL-terminated, borrowed until the next function,
                    // fit for a capture (PACKED_FILE_MAX_BYTES); "" when the place is not known
  uint32_t line;    // from 1; 0 when the place is not known
};

struct beam_file; // opaque

// `data` (borrowed until beam_file_free) is a whole uncompressed file. NULL when it is not, when it says nothing about
// lines, or out of memory.
struct beam_file *beam_file_new(const void *data, size_t size);
void beam_file_free(struct beam_file *file); // NULL is fine

// The next function. False at the end of the code, or where it cannot be understood.
bool beam_file_next(struct beam_file *file, struct beam_function *function);

#endif
