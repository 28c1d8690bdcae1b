// What came of a call of one's own, for people: gathered while the node tells it, printed when all is there.
#ifndef FLAMBEAU_CLI_ANSWER_H
#define FLAMBEAU_CLI_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"

struct answer {
  struct bytes text;
  bool raised;
};

void answer_init(struct answer *answer);
void answer_release(struct answer *answer);
void answer_add(struct answer *answer, bool raised, const char *text, size_t size);

// A value goes to standard output, or to standard error when the former is taken; an exception to standard error. Safe
// for a terminal, lines kept.
int answer_print(const struct answer *answer, bool stdout_taken, struct error *err);

#endif
