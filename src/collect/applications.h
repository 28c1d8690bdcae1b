// Whose code the modules are: the facts that the node tells of modules and applications, and what follows from them.
#ifndef FLAMBEAU_COLLECT_APPLICATIONS_H
#define FLAMBEAU_COLLECT_APPLICATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/trace_event.h"

struct string_table;
struct application;
struct told_module;

#define APPLICATIONS_MAX 4096u

struct applications {
  struct string_table *names;
  struct application *rows; // by name; row 0 stands for none
  uint32_t row_capacity;
  struct told_module *modules; // by module
  uint32_t module_count;
  bool failed; // latched: out of memory
};

// For modules 0 to `module_count` - 1.
void applications_init(struct applications *applications, uint32_t module_count);
void applications_release(struct applications *applications);

// All texts are borrowed for the call and hostile; what is out of bounds is nothing said.

// The application is loaded. Then what it uses, one by one, and its modules.
void applications_loaded(struct applications *applications, const char *name, const char *description);
void applications_uses(struct applications *applications, const char *name, const char *used);
void applications_member(struct applications *applications, const char *name, uint32_t module);
// Once all applications are known: the module is loaded, from `file` ("preloaded", or a .beam), compiled from `source`;
// "" where that is not known.
void applications_module(struct applications *applications, uint32_t module, const char *file, const char *source);
// Then: a function of the module begins in `file`.
void applications_located(struct applications *applications, uint32_t module, const char *module_name,
                          const char *file);

// Weighs the facts. To be called once, when all are there; false when out of memory.
bool applications_decide(struct applications *applications);
// `to` lives as long as `applications`; its module is not set. False when nothing is known of the module.
bool applications_of_module(const struct applications *applications, uint32_t module, struct module_application *to);

#endif
