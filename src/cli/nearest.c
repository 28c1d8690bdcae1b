// Typed words against the words that exist. Distance is the number of letters to insert, drop, change or swap with a
// neighbour (optimal string alignment); more than a third of the word is not a slip of the finger any more.
#include "nearest.h"

#include <string.h>

#define WORD_MAX 31

static size_t least(size_t a, size_t b)
{
  return a < b ? a : b;
}

static size_t distance_between(const char *a, size_t a_size, const char *b, size_t b_size)
{
  size_t rows[WORD_MAX + 1][WORD_MAX + 1];
  for (size_t i = 0; i <= a_size; i++)
    rows[i][0] = i;
  for (size_t j = 0; j <= b_size; j++)
    rows[0][j] = j;
  for (size_t i = 1; i <= a_size; i++)
    for (size_t j = 1; j <= b_size; j++) {
      size_t best = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
      best = least(best, least(rows[i - 1][j], rows[i][j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        best = least(best, rows[i - 2][j - 2] + 1);
      rows[i][j] = best;
    }
  return rows[a_size][b_size];
}

void nearest_init(struct nearest *nearest, const char *typed)
{
  *nearest = (struct nearest){.typed = typed};
  nearest->distance = strlen(typed) / 3 + 2; // one past what is still near
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
  size_t typed_size = strlen(nearest->typed);
  size_t size = strlen(candidate);
  if (typed_size == 0 || typed_size > WORD_MAX || size > WORD_MAX)
    return;
  size_t distance = distance_between(nearest->typed, typed_size, candidate, size);
  if (distance < nearest->distance && distance < size) {
    nearest->best = candidate;
    nearest->distance = distance;
  }
}
