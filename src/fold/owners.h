// Whose code the functions are: known module by module, before or after the functions are.
#ifndef FLAMBEAU_FOLD_OWNERS_H
#define FLAMBEAU_FOLD_OWNERS_H

#include <stdint.h>

struct function_definition;
struct module_application;
struct profile_builder;
struct string_table;
struct owned_function;
struct owner;

struct owners {
  struct string_table *modules, *applications;
  struct owner *by_module;
  struct owned_function *functions;
  uint32_t owner_capacity, function_count, function_capacity;
};

// Each returns -1 when out of memory.
int owners_init(struct owners *owners);
void owners_release(struct owners *owners);
int owners_take_function(struct owners *owners, const struct function_definition *definition, uint32_t frame);
int owners_take_module(struct owners *owners, const struct module_application *application);
// Tells the builder of all functions whose module is known. To be called once, when all was taken.
int owners_hand_over(const struct owners *owners, struct profile_builder *builder);

#endif
