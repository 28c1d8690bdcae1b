// Functions of the module `erlang` whose events mean something else than those of others.
#ifndef FLAMBEAU_FOLD_SPECIAL_FUNCTION_H
#define FLAMBEAU_FOLD_SPECIAL_FUNCTION_H

#include <stdbool.h>

struct function_definition;

struct special_function {
  const char *name;
  unsigned arity;
  bool raises;      // OTP 27 and later name as its caller the function that follows the caller in its module
  bool hibernates;  // a process waits in it, although it is native
  bool never_waits; // although it is not native everywhere, and its code cannot be read: `erlang` is preloaded
};

// One that is nothing special when there is no such row; never NULL.
const struct special_function *special_function_find(const struct function_definition *definition);

#endif
