// The options that say which node and how to get in, shared by every verb that talks to one.
#ifndef FLAMBEAU_CLI_REACH_H
#define FLAMBEAU_CLI_REACH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "node/node.h"
#include "options.h"

struct reach_settings {
  const char *node;
  const char *cookie;
  const char *cookie_file;
  const char *address;
  const char *own_name;
  bool use_tls;
  struct node_tls tls;
  uint64_t connect_timeout_ns;
};

extern const struct option_row reach_rows[];

void reach_init(struct reach_settings *settings);
int reach_timeout_ms(const struct reach_settings *settings);

// ERROR_USAGE when no node is named, or options contradict each other.
int reach_check(const struct reach_settings *settings, const char *verb, struct error *err);
// Finds the cookie and connects. `on_note` (or NULL) is told each step. The caller frees the node.
struct node *reach_connect(const struct reach_settings *settings, void (*on_note)(void *context, const char *sentence),
                           struct error *err);

#endif
