// What may leave the house: an event stream without what is nobody else's business, and on wish without the names of
// the user's own code. src/redact/README.md says what goes and what stays.
#ifndef FLAMBEAU_REDACT_REDACTION_H
#define FLAMBEAU_REDACT_REDACTION_H

#include <stdbool.h>

#include "base/error.h"

struct event_sink;
struct redaction; // opaque

struct redaction_options {
  bool names;      // also hash the names of all code that is neither OTP's nor Elixir's
  const char *key; // of these hashes, "" for none
};

// NULL when out of memory.
struct redaction *redaction_new(const struct redaction_options *options, struct error *err);
void redaction_free(struct redaction *redaction); // NULL is fine

// The stream goes through twice, because it ends in whose code it was: first all of it into this sink, which learns,
struct event_sink *redaction_survey(struct redaction *redaction);
// then all of it into this one, which passes on to `next` (borrowed) what may be seen. NULL on failure.
struct event_sink *redaction_filter(struct redaction *redaction, struct event_sink *next, struct error *err);

#endif
