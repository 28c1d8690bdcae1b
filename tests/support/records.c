// Written without the program's own encoder, so that the two can be held against each other.
#include "records.h"

#include <stdlib.h>
#include <string.h>

void records_hex(struct bytes *records, const char *hex)
{
  for (const char *at = hex; *at; at++) {
    if (*at == ' ')
      continue;
    const char digits[] = {at[0], at[1], '\0'};
    bytes_append_u8(records, (uint8_t)strtoul(digits, NULL, 16));
    at++;
  }
}

static void text(struct bytes *records, unsigned size_width, const char *text)
{
  bytes_append_be(records, strlen(text), size_width);
  bytes_append(records, text, strlen(text));
}

void records_function(struct bytes *records, uint32_t id, const char *module, const char *name, uint8_t arity)
{
  bytes_append_u8(records, 0x80);
  bytes_append_be(records, id, 4);
  bytes_append_u8(records, 0);
  bytes_append_u8(records, arity);
  text(records, 2, module);
  text(records, 2, name);
}

void records_process(struct bytes *records, uint32_t id, uint32_t parent, const char *pid, const char *name)
{
  bytes_append_u8(records, 0x81);
  bytes_append_be(records, id, 4);
  bytes_append_be(records, parent, 4);
  text(records, 2, pid);
  text(records, 2, name);
  text(records, 2, "");
  text(records, 2, "");
}

void records_fact(struct bytes *records, const char *key, const char *value)
{
  bytes_append_u8(records, 0x82);
  text(records, 2, key);
  text(records, 4, value);
}

void records_module(struct bytes *records, int64_t time_ns, uint8_t traced, const char *name)
{
  bytes_append_u8(records, 0x84);
  bytes_append_be(records, (uint64_t)time_ns, 8);
  bytes_append_u8(records, traced);
  text(records, 2, name);
}

void records_chunk(struct bytes *records, uint32_t process, int64_t base_ns, const char *hex)
{
  bytes_append_u8(records, 0x83);
  bytes_append_be(records, process, 4);
  bytes_append_be(records, (uint64_t)base_ns, 8);
  size_t size_at = records->size;
  bytes_append_be(records, 0, 4);
  records_hex(records, hex);
  uint32_t size = (uint32_t)(records->size - size_at - 4);
  for (unsigned i = 0; i < 4; i++)
    records->data[size_at + i] = (uint8_t)(size >> (24 - 8 * i));
}

void records_barrier(struct bytes *records)
{
  bytes_append_u8(records, 0x85);
}
