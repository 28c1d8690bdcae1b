// Enters: integers. Leaves: short texts. No floating point is printed: printf's decimal point follows the locale.
#include "base/numbers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
  uint64_t from_ns; // used from here on
  uint64_t unit_ns;
  const char *name;
} time_units[] = {
    {36000000000000u, 3600000000000u, "h"},
    {600000000000u, 60000000000u, "min"},
    {999500000u, 1000000000u, "s"},
    {999500u, 1000000u, "ms"},
    {1000u, 1000u, "µs"},
};

const char *number_time(char text[NUMBER_MAX], uint64_t time_ns)
{
  for (size_t i = 0; i < sizeof time_units / sizeof time_units[0]; i++) {
    uint64_t unit = time_units[i].unit_ns, whole = time_ns / unit;
    if (time_ns < time_units[i].from_ns)
      continue;
    // Rounded for each number of decimals anew: 9.995 is 10.0, and 99.95 is 100.
    uint64_t hundredths = whole >= 10 ? 1000 : (time_ns * 100 + unit / 2) / unit;
    uint64_t tenths = whole >= 100 ? 1000 : (time_ns * 10 + unit / 2) / unit;
    if (tenths >= 1000)
      snprintf(text, NUMBER_MAX, "%" PRIu64 " %s", whole + (time_ns % unit >= unit / 2), time_units[i].name);
    else if (hundredths >= 1000)
      snprintf(text, NUMBER_MAX, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, time_units[i].name);
    else
      snprintf(text, NUMBER_MAX, "%" PRIu64 ".%02" PRIu64 " %s", hundredths / 100, hundredths % 100,
               time_units[i].name);
    return text;
  }
  snprintf(text, NUMBER_MAX, "%" PRIu64 " ns", time_ns);
  return text;
}

const char *number_count(char text[NUMBER_MAX], uint64_t count)
{
  char digits[NUMBER_MAX];
  int size = snprintf(digits, sizeof digits, "%" PRIu64, count);
  char *at = text;
  for (int i = 0; i < size; i++) {
    if (i > 0 && (size - i) % 3 == 0)
      *at++ = ',';
    *at++ = digits[i];
  }
  *at = '\0';
  return text;
}

const char *number_share(char text[NUMBER_MAX], uint64_t part, uint64_t whole)
{
  uint64_t hundredths = whole == 0 ? 0 : (uint64_t)((double)part / (double)whole * 10000 + 0.5);
  if (hundredths == 0)
    return strcpy(text, part == 0 ? "0%" : "<0.01%");
  if (hundredths >= 10000)
    return strcpy(text, part >= whole ? "100%" : "99.9%");
  if (hundredths >= 995) {
    uint64_t tenths = (hundredths + 5) / 10;
    if (tenths == 1000) // only the whole is 100%
      tenths = 999;
    snprintf(text, NUMBER_MAX, "%" PRIu64 ".%" PRIu64 "%%", tenths / 10, tenths % 10);
  } else {
    snprintf(text, NUMBER_MAX, "%" PRIu64 ".%02" PRIu64 "%%", hundredths / 100, hundredths % 100);
  }
  return text;
}

const char *number_change(char text[NUMBER_MAX], uint64_t from, uint64_t to)
{
  uint64_t change = to > from ? to - from : from - to;
  char share[NUMBER_MAX];
  if (from == 0 && to > 0)
    return strcpy(text, "from 0");
  if (change == 0)
    return strcpy(text, "0%");
  if (to / 10 >= from) {
    uint64_t whole = to / from, tenths = (uint64_t)((double)to / (double)from * 10 + 0.5);
    if (whole >= 100)
      snprintf(text, NUMBER_MAX, "x%s", number_count(share, whole + (to % from >= from - to % from)));
    else
      snprintf(text, NUMBER_MAX, "x%" PRIu64 ".%" PRIu64, tenths / 10, tenths % 10);
  } else if (change > from) {
    snprintf(text, NUMBER_MAX, "+%" PRIu64 "%%", (uint64_t)((double)change / (double)from * 100 + 0.5));
  } else {
    snprintf(text, NUMBER_MAX, "%c%s", to > from ? '+' : '-', number_share(share, change, from));
  }
  return text;
}
