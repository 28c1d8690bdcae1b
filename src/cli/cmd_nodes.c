// `flambeau nodes`: the names that an epmd knows, one per line as -n takes them.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/byte_io.h"
#include "command.h"
#include "console.h"
#include "node/epmd.h"
#include "print.h"
#include "terminal_text.h"

#define EPMD_TIMEOUT_MS 5000
#define HOST_MAX 256

static const struct option_group no_groups[] = {{0}};

// This machine as short node names have it.
static void find_own_host(char host[HOST_MAX])
{
  if (gethostname(host, HOST_MAX) != 0)
    strcpy(host, "localhost");
  host[HOST_MAX - 1] = '\0';
  host[strcspn(host, ".")] = '\0';
}

struct name_list {
  const struct epmd_name *names;
  size_t count;
  const char *host;
};

static int write_names(const void *opaque, struct byte_sink *out, struct error *err)
{
  const struct name_list *list = opaque;
  char safe[sizeof list->names->name * TERMINAL_TEXT_GROWTH];
  (void)err;
  for (size_t i = 0; i < list->count; i++) {
    terminal_text(list->names[i].name, safe, sizeof safe);
    byte_sink_printf(out, "%s@%s\n", safe, list->host);
  }
  return 0;
}

static int nodes_run(const struct invocation *invocation, const void *settings, struct error *err)
{
  (void)settings;
  const char *asked = invocation->operands.count > 0 ? invocation->operands.items[0] : NULL;
  char own[HOST_MAX];
  struct epmd_name *names = NULL;
  size_t count = 0;
  find_own_host(own);
  if (epmd_names(asked, EPMD_TIMEOUT_MS, &names, &count, err) < 0)
    return -1;
  const struct name_list list = {.names = names, .count = count, .host = asked ? asked : own};
  if (count == 0)
    console_say("epmd on %s runs, but knows no node", list.host);
  int status = print_to("-", write_names, &list, err);
  free(names);
  return status;
}

const struct command command_nodes = {
    .name = "nodes",
    .summary = "list the node names that an epmd knows",
    .usage = "[HOST]",
    .details = "Asks the epmd of HOST (this machine without one) for its nodes and prints them\n"
               "as -n takes them. A node with long names is reached under its full host name.\n"
               "$ERL_EPMD_PORT is honoured.\n",
    .max_operands = 1,
    .groups = no_groups,
    .run = nodes_run,
};
