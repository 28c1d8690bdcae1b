// "Did you mean ...?"
#ifndef FLAMBEAU_CLI_NEAREST_H
#define FLAMBEAU_CLI_NEAREST_H

#include <stddef.h>

// The best of several candidates, offered one by one.
struct nearest {
  const char *typed;
  const char *best; // NULL: nothing is near enough
  size_t distance;
};

void nearest_init(struct nearest *nearest, const char *typed);
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
