// Interned strings: equal bytes get the same id. Ids count from 0 in order of first use; "" is always 0.
#ifndef FLAMBEAU_BASE_STRING_TABLE_H
#define FLAMBEAU_BASE_STRING_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct string_table; // opaque

#define STRING_TABLE_FAILED UINT32_MAX

struct string_table *string_table_new(void); // NULL when out of memory
void string_table_free(struct string_table *table);

// Copies `size` bytes (which may hold anything but are kept NUL-terminated too). STRING_TABLE_FAILED
// when out of memory or past 2^31 bytes.
uint32_t string_table_intern(struct string_table *table, const char *text, size_t size);
uint32_t string_table_count(const struct string_table *table);

// Valid until string_table_free. `size` may be NULL. `id` must have come from this table.
const char *string_table_text(const struct string_table *table, uint32_t id, size_t *size);

#endif
