// How functions and processes are written for people.
#ifndef FLAMBEAU_FOLD_FRAME_NAME_H
#define FLAMBEAU_FOLD_FRAME_NAME_H

#include <stdbool.h>
#include <stddef.h>

struct bytes;
struct function_definition;
struct process_definition;

// Appends the function as its language writes it: `lists:sort/1`, `'my mod':'f g'/2`, `Shop.Cart.total/2`,
// `Foo."my fun"/1`, `shop:total/2-fun-0`. `raw`: as the VM says it, `Elixir.Shop.Cart:total/2`.
void frame_name_append(struct bytes *out, const struct function_definition *definition, bool raw);

// Appends what a process is called: its registered name, label or initial call, the pid when nothing is known.
void frame_name_append_process(struct bytes *out, const struct process_definition *definition, bool raw);
// Appends a process's registered name or initial call (as Erlang writes it) as its language writes it.
void frame_name_append_title(struct bytes *out, const char *title, size_t size);

#endif
