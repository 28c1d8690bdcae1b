// `flambeau help [VERB]`: the list of verbs, or one verb's page, both printed from the tables.
#include "command.h"
#include "print.h"

static const struct option_group no_groups[] = {{0}};

static int help_run(const struct invocation *invocation, const void *settings, struct error *err)
{
  (void)settings;
  if (invocation->operands.count == 0)
    return print_to("-", command_write_overview, NULL, err);
  const struct command *command = command_find(invocation->operands.items[0], err);
  return command ? print_to("-", command_write_help, command, err) : -1;
}

const struct command command_help = {
    .name = "help",
    .summary = "show the options of a verb",
    .usage = "[VERB]",
    .details = "Shows what a verb does and all its options, or lists the verbs.\n",
    .max_operands = 1,
    .operand = OPERAND_VERB,
    .groups = no_groups,
    .run = help_run,
};
