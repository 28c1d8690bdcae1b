// Globs over the names of functions, as `record --only` understands them.
#ifndef FLAMBEAU_PROFILE_NAME_PATTERN_H
#define FLAMBEAU_PROFILE_NAME_PATTERN_H

#include <stdbool.h>

// `*` is any text. A pattern may name a module, a function or a function with its arity, as Erlang or Elixir write it
// ("lists:*", "Shop.Cart.total/2", "'Elixir.Shop.Cart':total"). Functions that the compiler made ("shop:total/2-fun-0")
// are the one's that they stand in, too. `name` is a frame's as shown, or steady.
bool name_pattern_matches(const char *pattern, const char *name);

#endif
