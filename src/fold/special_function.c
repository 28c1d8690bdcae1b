// A table and its search.
#include "special_function.h"

#include <string.h>

#include "event/trace_event.h"

static const struct special_function rows[] = {
    {.name = "throw", .arity = 1, .raises = true},
    {.name = "error", .arity = 1, .raises = true},
    {.name = "error", .arity = 2, .raises = true},
    {.name = "error", .arity = 3, .raises = true},
    {.name = "exit", .arity = 1, .raises = true},
    {.name = "raise", .arity = 3, .raises = true},
    {.name = "hibernate", .arity = 3, .hibernates = true},
    {.name = "hibernate", .arity = 0, .hibernates = true}, // from OTP 28 on
    // On OTP 27 and later it is Erlang that calls a BIF, and may be out for long until a dirty scheduler has time.
    {.name = "garbage_collect", .arity = 0, .never_waits = true},
};

static bool is(const char *text, size_t size, const char *name)
{
  return size == strlen(name) && memcmp(text, name, size) == 0;
}

const struct special_function *special_function_find(const struct function_definition *definition)
{
  static const struct special_function none = {.name = ""};
  if (!is(definition->module, definition->module_size, "erlang"))
    return &none;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (definition->arity == rows[i].arity && is(definition->name, definition->name_size, rows[i].name))
      return &rows[i];
  }
  return &none;
}
