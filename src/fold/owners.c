// Functions and what is said of modules in, whose code each frame is out. Invariant: an owner stands at its module's
// id, and has ORIGIN_UNKNOWN where nothing was said.
#include "owners.h"

#include <stdlib.h>
#include <string.h>

#include "base/string_table.h"
#include "event/trace_event.h"
#include "profile/profile_builder.h"

struct owner {
  uint32_t application; // in `applications`
  enum frame_origin origin;
};

struct owned_function {
  uint32_t frame;
  uint32_t module; // in `modules`
};

int owners_init(struct owners *owners)
{
  *owners = (struct owners){.modules = string_table_new(), .applications = string_table_new()};
  return owners->modules && owners->applications ? 0 : -1;
}

void owners_release(struct owners *owners)
{
  string_table_free(owners->modules);
  string_table_free(owners->applications);
  free(owners->by_module);
  free(owners->functions);
}

// The array with room for element `index`, new ones zeroed; NULL when out of memory.
static void *with_room(void *array, uint32_t *capacity, uint32_t index, size_t item)
{
  if (index < *capacity)
    return array;
  uint32_t wanted = index * 2 + 64;
  char *larger = realloc(array, wanted * item);
  if (!larger)
    return NULL;
  memset(larger + *capacity * item, 0, (wanted - *capacity) * item);
  *capacity = wanted;
  return larger;
}

int owners_take_function(struct owners *owners, const struct function_definition *definition, uint32_t frame)
{
  uint32_t module = string_table_intern(owners->modules, definition->module, definition->module_size);
  void *functions =
      with_room(owners->functions, &owners->function_capacity, owners->function_count, sizeof *owners->functions);
  if (module == STRING_TABLE_FAILED || !functions)
    return -1;
  owners->functions = functions;
  owners->functions[owners->function_count++] = (struct owned_function){.frame = frame, .module = module};
  return 0;
}

int owners_take_module(struct owners *owners, const struct module_application *application)
{
  static const enum frame_origin origins[] = {[MODULE_OWN] = ORIGIN_OWN,
                                              [MODULE_DEPENDENCY] = ORIGIN_DEPENDENCY,
                                              [MODULE_ELIXIR] = ORIGIN_ELIXIR,
                                              [MODULE_OTP] = ORIGIN_OTP};
  const char *name = application->application;
  uint32_t module = string_table_intern(owners->modules, application->module, application->module_size);
  uint32_t kept = string_table_intern(owners->applications, name, strlen(name));
  if (module == STRING_TABLE_FAILED || kept == STRING_TABLE_FAILED)
    return -1;
  void *grown = with_room(owners->by_module, &owners->owner_capacity, module, sizeof *owners->by_module);
  if (!grown)
    return -1;
  owners->by_module = grown;
  owners->by_module[module] = (struct owner){.application = kept, .origin = origins[application->origin]};
  return 0;
}

int owners_hand_over(const struct owners *owners, struct profile_builder *builder)
{
  for (uint32_t i = 0; i < owners->function_count; i++) {
    const struct owned_function *function = &owners->functions[i];
    if (function->module >= owners->owner_capacity)
      continue;
    const struct owner *owner = &owners->by_module[function->module];
    const char *application = string_table_text(owners->applications, owner->application, NULL);
    if (owner->origin != ORIGIN_UNKNOWN &&
        profile_builder_belongs(builder, function->frame, application, owner->origin) < 0)
      return -1;
  }
  return 0;
}
