// Where a source file lies, without where its user keeps it.
#ifndef FLAMBEAU_REDACT_SOURCE_PATH_H
#define FLAMBEAU_REDACT_SOURCE_PATH_H

// The end of `file` that lies within the folder of its application: "src/shop_cart.erl", "lib/shop/cart.ex"; its bare
// name when the folder cannot be told from those above it. `application` may be "".
const char *source_path_within(const char *file, const char *application);

#endif
