// Names as they may be seen: what of them tells of the node or its host is taken out, and on wish those of code that is
// neither OTP's nor Elixir's become words that say nothing.
#ifndef FLAMBEAU_REDACT_NAMES_H
#define FLAMBEAU_REDACT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct module_application;
struct redaction_options;
struct string_table;
struct owner;

struct text {
  const char *at;
  size_t size;
};

struct names {
  bool hashed;
  char *key;
  char *node;        // "front@localhost"; NULL when not known
  struct text host;  // in `node`, behind the @
  struct text label; // and of that the first part: "web1" of "web1.acme.org"
  struct string_table *modules, *applications;
  struct owner *owners; // by module
  uint32_t owner_capacity;
  struct bytes digested;
};

// Each returns -1 when out of memory.
int names_init(struct names *names, const struct redaction_options *options);
void names_release(struct names *names);
int names_learn_node(struct names *names, const char *node);
int names_learn_module(struct names *names, const struct module_application *application);

// A module's id: 0 is "", and out of memory; the text is good until names_release.
uint32_t names_module_id(struct names *names, struct text module);
struct text names_module_text(const struct names *names, uint32_t id);
// Is the module shown by its own name? Always, unless names are hashed.
bool names_show(struct names *names, struct text module);
// Its application's, "" when it is not known.
const char *names_application_of(struct names *names, struct text module);

// All of these append; `out` is failed when out of memory.
void names_append(const struct names *names, struct bytes *out, struct text text); // whatever it is
void names_append_module(struct names *names, struct bytes *out, struct text module);
void names_append_function(struct names *names, struct bytes *out, struct text module, struct text function);
void names_append_application(struct names *names, struct bytes *out, struct text module, const char *application);
// Nothing for a name that somebody may have put a value in: only letters, digits and underscores pass, with the dots
// of Elixir's.
void names_append_registered(struct names *names, struct bytes *out, struct text name);
// The same of a process as it is typed: Shop.Cart is Elixir.Shop.Cart.
void names_append_typed_process(struct names *names, struct bytes *out, struct text typed);
// "shop_cart:init/1", "'Elixir.Shop.Cart':init/1"; nothing when it is no such call.
void names_append_initial_call(struct names *names, struct bytes *out, struct text call);
// As it is typed, "lists:sort/1" or "Shop.Cart.total"; "..." when it is no such function.
void names_append_typed_function(struct names *names, struct bytes *out, struct text typed);

// Nothing but letters, digits and the characters of `more`.
bool names_is_plain(struct text text, const char *more);

#endif
