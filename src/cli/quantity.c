// Text in, numbers out, and back for the defaults in the help. Everything is exact integer arithmetic in thousandths of
// a unit, so neither the locale nor floating point has a say; whatever does not fit in 64 bits is refused.
#include "quantity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct unit {
  const char *suffix;
  uint64_t size;
};

#define MICROSECOND_NS UINT64_C(1000)
#define MILLISECOND_NS (1000 * MICROSECOND_NS)
#define SECOND_NS (1000 * MILLISECOND_NS)
#define LONGEST_NS (30 * 24 * 3600 * SECOND_NS) // no trace is longer than a month

// Smallest unit first; ended by a unit without a size.
static const struct unit duration_units[] = {{"us", MICROSECOND_NS}, {"ms", MILLISECOND_NS},  {"s", SECOND_NS},
                                             {"m", 60 * SECOND_NS},  {"h", 3600 * SECOND_NS}, {NULL, 0}};
static const struct unit size_units[] = {
    {"", 1}, {"K", UINT64_C(1) << 10}, {"M", UINT64_C(1) << 20}, {"G", UINT64_C(1) << 30}, {NULL, 0}};
static const struct unit count_units[] = {{"", 1}, {"k", 1000}, {"M", 1000000}, {"G", 1000000000}, {NULL, 0}};

// Reads "12" or "12.345" as thousandths; the end of it, or NULL when there is no such number or it is too large.
static const char *read_thousandths(const char *text, uint64_t *thousandths)
{
  uint64_t value = 0;
  int decimals = -1; // -1: before the point
  const char *at = text;
  for (; (*at >= '0' && *at <= '9') || (*at == '.' && decimals < 0 && at > text); at++) {
    if (*at == '.') {
      decimals = 0;
      continue;
    }
    if (decimals == 3)
      return NULL;
    if (decimals >= 0)
      decimals++;
    if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
        __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
      return NULL;
  }
  if (at == text || decimals == 0)
    return NULL;
  for (int i = decimals < 0 ? 0 : decimals; i < 3; i++)
    if (__builtin_mul_overflow(value, UINT64_C(10), &value))
      return NULL;
  *thousandths = value;
  return at;
}

static int read_in_units(const char *text, const struct unit *units, uint64_t *value)
{
  uint64_t thousandths;
  const char *suffix = read_thousandths(text, &thousandths);
  if (!suffix)
    return -1;
  for (const struct unit *unit = units; unit->size; unit++) {
    if (strcasecmp(suffix, unit->suffix) != 0)
      continue;
    uint64_t whole;
    uint64_t part = thousandths % 1000 * unit->size;
    if (part % 1000 != 0 || __builtin_mul_overflow(thousandths / 1000, unit->size, &whole))
      return -1;
    return __builtin_add_overflow(whole, part / 1000, value) ? -1 : 0;
  }
  return -1;
}

static void text_in_units(uint64_t value, const struct unit *units, char *text)
{
  const struct unit *best = units;
  for (const struct unit *unit = units; unit->size; unit++)
    if (value % unit->size == 0 && value >= unit->size)
      best = unit;
  snprintf(text, QUANTITY_TEXT_MAX, "%" PRIu64 "%s", value / best->size, best->suffix);
}

int quantity_duration(const char *text, uint64_t *ns)
{
  uint64_t value;
  if (strcmp(text, "0") == 0)
    value = 0;
  else if (read_in_units(text, duration_units, &value) < 0 || value > LONGEST_NS)
    return -1;
  *ns = value;
  return 0;
}

int quantity_size(const char *text, uint64_t *bytes)
{
  uint64_t value;
  if (read_in_units(text, size_units, &value) < 0)
    return -1;
  *bytes = value;
  return 0;
}

int quantity_count(const char *text, uint64_t *count)
{
  uint64_t value;
  if (read_in_units(text, count_units, &value) < 0)
    return -1;
  *count = value;
  return 0;
}

int quantity_min_width(const char *text, struct min_width *width)
{
  uint64_t thousandths;
  const char *suffix = read_thousandths(text, &thousandths);
  if (!suffix)
    return -1;
  bool percent = strcmp(suffix, "%") == 0;
  if ((!percent && strcmp(suffix, "px") != 0) || thousandths > 100 * 1000)
    return -1;
  *width = (struct min_width){.value = (double)thousandths / 1000, .percent = percent};
  return 0;
}

int quantity_factor(const char *text, double *factor)
{
  uint64_t thousandths;
  const char *end = read_thousandths(text, &thousandths);
  if (!end || *end || thousandths < 100 || thousandths > 10 * 1000)
    return -1;
  *factor = (double)thousandths / 1000;
  return 0;
}

void quantity_duration_text(uint64_t ns, char text[QUANTITY_TEXT_MAX])
{
  if (ns == 0)
    snprintf(text, QUANTITY_TEXT_MAX, "0");
  else
    text_in_units(ns, duration_units, text);
}

void quantity_size_text(uint64_t bytes, char text[QUANTITY_TEXT_MAX])
{
  text_in_units(bytes, size_units, text);
}

void quantity_count_text(uint64_t count, char text[QUANTITY_TEXT_MAX])
{
  text_in_units(count, count_units, text);
}

void quantity_min_width_text(const struct min_width *width, char text[QUANTITY_TEXT_MAX])
{
  snprintf(text, QUANTITY_TEXT_MAX, "%g%s", width->value, width->percent ? "%" : "px");
}
