// Bytes to small ids and back: an array of entries in order of first use, and an open-addressed hash of their ids.
// Invariant: slot_count is a power of two and at least a third of the slots are empty, so probing ends.
#include "base/string_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"

#define TEXT_LIMIT_BYTES ((size_t)1 << 31)
#define FIRST_SLOTS 256u
#define SLOT_EMPTY UINT32_MAX

struct entry {
  const char *text;
  size_t size;
  uint64_t hash;
};

struct string_table {
  struct arena *texts;
  struct entry *entries;
  uint32_t count, capacity;
  uint32_t *slots; // ids of entries
  uint32_t slot_count;
  uint64_t secret; // odd
};

// Names come from nodes and files: with a secret nobody can make many that meet in one slot.
static uint64_t hash_of(const struct string_table *table, const char *text, size_t size)
{
  uint64_t hash = table->secret ^ size;
  while (size > 0) {
    uint64_t word = 0;
    size_t taken = size < sizeof word ? size : sizeof word;
    memcpy(&word, text, taken);
    __extension__ unsigned __int128 product = (unsigned __int128)(hash ^ word) * table->secret;
    hash =
        (uint64_t)product ^ (uint64_t)(product >> 64); // the lower half alone: flipping the highest bit flips just that
    text += taken;
    size -= taken;
  }
  return hash ^ hash >> 32;
}

struct string_table *string_table_new(void)
{
  struct string_table *table = calloc(1, sizeof *table);
  if (!table)
    return NULL;
  if (getrandom(&table->secret, sizeof table->secret, GRND_NONBLOCK) < 0)
    table->secret = 0x9e3779b97f4a7c15u;
  table->secret |= 1;
  table->texts = arena_new(TEXT_LIMIT_BYTES);
  if (!table->texts || string_table_intern(table, "", 0) != 0) {
    string_table_free(table);
    return NULL;
  }
  return table;
}

void string_table_free(struct string_table *table)
{
  if (!table)
    return;
  arena_free(table->texts);
  free(table->entries);
  free(table->slots);
  free(table);
}

static uint32_t *find_slot(const struct string_table *table, const char *text, size_t size, uint64_t hash)
{
  uint32_t mask = table->slot_count - 1;
  for (uint32_t i = (uint32_t)hash & mask;; i = (i + 1) & mask) {
    uint32_t id = table->slots[i];
    if (id == SLOT_EMPTY)
      return &table->slots[i];
    const struct entry *entry = &table->entries[id];
    if (entry->hash == hash && entry->size == size && (size == 0 || memcmp(entry->text, text, size) == 0))
      return &table->slots[i];
  }
}

// Makes room for one more entry.
static bool grow(struct string_table *table)
{
  if (table->count == table->capacity) {
    uint32_t capacity = table->capacity ? table->capacity * 2 : FIRST_SLOTS / 2;
    struct entry *entries = realloc(table->entries, capacity * sizeof *entries);
    if (!entries)
      return false;
    table->entries = entries;
    table->capacity = capacity;
  }
  if ((uint64_t)table->count * 3 < (uint64_t)table->slot_count * 2)
    return true;
  uint32_t slot_count = table->slot_count ? table->slot_count * 2 : FIRST_SLOTS;
  uint32_t *slots = malloc(slot_count * sizeof *slots);
  if (!slots)
    return false;
  memset(slots, 0xff, slot_count * sizeof *slots); // all SLOT_EMPTY
  free(table->slots);
  table->slots = slots;
  table->slot_count = slot_count;
  for (uint32_t id = 0; id < table->count; id++) {
    uint32_t i = (uint32_t)table->entries[id].hash & (slot_count - 1);
    while (slots[i] != SLOT_EMPTY)
      i = (i + 1) & (slot_count - 1);
    slots[i] = id;
  }
  return true;
}

uint32_t string_table_intern(struct string_table *table, const char *text, size_t size)
{
  if (!grow(table))
    return STRING_TABLE_FAILED;
  uint64_t hash = hash_of(table, text, size);
  uint32_t *slot = find_slot(table, text, size, hash);
  if (*slot != SLOT_EMPTY)
    return *slot;
  if (size >= TEXT_LIMIT_BYTES)
    return STRING_TABLE_FAILED;
  char *copy = arena_alloc(table->texts, size + 1);
  if (!copy)
    return STRING_TABLE_FAILED;
  if (size)
    memcpy(copy, text, size);
  table->entries[table->count] = (struct entry){.text = copy, .size = size, .hash = hash};
  *slot = table->count;
  return table->count++;
}

uint32_t string_table_count(const struct string_table *table)
{
  return table->count;
}

const char *string_table_text(const struct string_table *table, uint32_t id, size_t *size)
{
  if (size)
    *size = table->entries[id].size;
  return table->entries[id].text;
}
