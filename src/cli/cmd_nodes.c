// `flambeau nodes`: the names that an epmd knows, one per line with its port.
#include <stdlib.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "base/text.h"
#include "command.h"
#include "console.h"
#include "node/epmd.h"
#include "print.h"

#define EPMD_TIMEOUT_MS 5000

static const struct option_group no_groups[] = {{0}};

struct name_list {
  const struct epmd_name *names;
  size_t count;
};

static int write_names(const void *opaque, struct byte_sink *out, struct error *err)
{
  const struct name_list *list = opaque;
  struct bytes scratch;
  (void)err;
  bytes_init(&scratch, TEXT_SCRATCH_BYTES);
  for (size_t i = 0; i < list->count; i++) {
    const char *clean = text_clean(&scratch, list->names[i].name);
    if (scratch.failed)
      error_set(&out->error, ERROR_MEMORY, "out of memory");
    byte_sink_printf(out, "%-24s port %d\n", clean, list->names[i].port);
  }
  bytes_release(&scratch);
  return 0;
}

static int nodes_run(const struct invocation *invocation, const void *settings, struct error *err)
{
  (void)settings;
  const char *asked = invocation->operands.count > 0 ? invocation->operands.items[0] : NULL;
  struct epmd_name *names = NULL;
  size_t count = 0;
  if (epmd_names(asked, EPMD_TIMEOUT_MS, &names, &count, err) < 0)
    return -1;
  const struct name_list list = {.names = names, .count = count};
  if (count == 0)
    console_say("epmd on %s runs, but knows no node", asked ? asked : "this machine");
  int status = print_to("-", write_names, &list, err);
  free(names);
  return status;
}

const struct command command_nodes = {
    .name = "nodes",
    .summary = "list the node names that an epmd knows",
    .usage = "[HOST]",
    .details = "Asks the epmd of HOST (this machine without one) for its nodes. epmd knows the part\n"
               "of a node's name before the @ and its port; -n wants the host part too, as the\n"
               "node itself was started with.\n"
               "$ERL_EPMD_PORT is honoured.\n",
    .max_operands = 1,
    .groups = no_groups,
    .run = nodes_run,
};
