// Numbers as people type them: durations, sizes, counts, widths.
#ifndef FLAMBEAU_CLI_QUANTITY_H
#define FLAMBEAU_CLI_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Each takes the whole of `text` or fails with -1 and leaves the value alone. Up to three decimals are understood.
int quantity_duration(const char *text, uint64_t *ns); // "500ms", "10s", "2m", "1h", "0"
int quantity_size(const char *text, uint64_t *bytes);  // "65536", "64K", "64M", "1G": powers of 1024
int quantity_count(const char *text, uint64_t *count); // "5000", "50k", "20M", "1G": powers of 1000

struct min_width {
  double value;
  bool percent;    // else pixels
  bool by_default; // nobody said it
};
int quantity_min_width(const char *text, struct min_width *width); // "0.5px", "0.1%" up to "100%"

int quantity_factor(const char *text, double *factor); // "2", "1.5", from 0.1 up to 10

#define QUANTITY_TEXT_MAX 32
// The shortest text that the functions above read back as the same value.
void quantity_duration_text(uint64_t ns, char text[QUANTITY_TEXT_MAX]);
void quantity_size_text(uint64_t bytes, char text[QUANTITY_TEXT_MAX]);
void quantity_count_text(uint64_t count, char text[QUANTITY_TEXT_MAX]);
void quantity_min_width_text(const struct min_width *width, char text[QUANTITY_TEXT_MAX]);

#endif
