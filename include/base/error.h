// Errors as values: a code that decides the exit status, and one sentence for the person.
#ifndef FLAMBEAU_BASE_ERROR_H
#define FLAMBEAU_BASE_ERROR_H

enum error_code {
  ERROR_NONE = 0,
  ERROR_USAGE,       // the command line is wrong
  ERROR_UNREACHABLE, // the node cannot be reached, or refused us
  ERROR_REFUSED,     // the node cannot do what was asked (no such process, another tracer, ...)
  ERROR_EMPTY,       // nothing was captured
  ERROR_DATA,        // an input is damaged or of another kind
  ERROR_OUTPUT,      // an output could not be written
  ERROR_MEMORY,      // out of memory, or past a named limit
  ERROR_REGRESSION,  // a check found what it is there to find
};

// Lives on the caller's stack, zero-initialised; the last parameter of every function that can fail.
// The first failure is kept: setting an error that is already set changes nothing.
struct error {
  enum error_code code;
  char message[256]; // one sentence, UTF-8, no newline, always NUL-terminated
};

// Record a failure. A message too long is cut at a character boundary. Always returns -1, so that
// `return error_set(err, ...)` reads well.
int error_set(struct error *err, enum error_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
