// Packed records built by hand for tests, straight from FORMAT.md. The events of a chunk are given in hexadecimal,
// with blanks wherever they read well.
#ifndef FLAMBEAU_TESTS_RECORDS_H
#define FLAMBEAU_TESTS_RECORDS_H

#include <stdint.h>

#include "base/bytes.h"

void records_hex(struct bytes *records, const char *hex);
void records_function(struct bytes *records, uint32_t id, const char *module, const char *name, uint8_t arity);
void records_process(struct bytes *records, uint32_t id, uint32_t parent, const char *pid, const char *name);
void records_fact(struct bytes *records, const char *key, const char *value);
void records_module(struct bytes *records, int64_t time_ns, uint8_t traced, const char *name);
void records_chunk(struct bytes *records, uint32_t process, int64_t base_ns, const char *hex);
void records_barrier(struct bytes *records);

#endif
