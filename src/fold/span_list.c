// An array; when it is full, the shorter half goes, and from then on nothing is added that would have gone.
#include "span_list.h"

#include <stdlib.h>

#define FIRST_CAPACITY ((size_t)1024)

void span_list_release(struct span_list *list)
{
  free(list->items);
  *list = (struct span_list){0};
}

static int by_width(const void *left, const void *right)
{
  const uint64_t *a = left, *b = right;
  return (*a > *b) - (*a < *b);
}

// Leaves out the shortest until no more than `kept` are left; of those as long as the longest of these, all.
static bool shrink(struct span_list *list, size_t kept)
{
  uint64_t *widths_ns = malloc(list->count * sizeof *widths_ns);
  if (!widths_ns)
    return false;
  for (size_t i = 0; i < list->count; i++)
    widths_ns[i] = list->items[i].width_ns;
  qsort(widths_ns, list->count, sizeof *widths_ns, by_width);
  uint64_t longest_gone_ns = widths_ns[list->count - kept - 1];
  free(widths_ns);
  list->longest_gone_ns = longest_gone_ns;
  size_t left = 0;
  for (size_t i = 0; i < list->count; i++) {
    if (list->items[i].width_ns > longest_gone_ns)
      list->items[left++] = list->items[i];
  }
  list->count = left;
  return true;
}

static bool make_room(struct span_list *list)
{
  if (list->count >= 2 * list->limit)
    return shrink(list, list->limit);
  size_t capacity = list->capacity ? list->capacity * 2 : FIRST_CAPACITY;
  if (capacity > 2 * list->limit)
    capacity = 2 * list->limit;
  struct span *items = realloc(list->items, capacity * sizeof *items);
  if (!items)
    return false;
  list->items = items;
  list->capacity = capacity;
  return true;
}

bool span_list_add(struct span_list *list, const struct span *span)
{
  if (span->width_ns <= list->longest_gone_ns)
    return true;
  if (list->count == list->capacity && !make_room(list))
    return false;
  if (span->width_ns > list->longest_gone_ns) // making room may have raised it
    list->items[list->count++] = *span;
  return true;
}

bool span_list_trim(struct span_list *list)
{
  return list->count <= list->limit || shrink(list, list->limit);
}
