// The table of verbs, and the way from a verb's words to its run: defaults, options, operands, body. Help and usage are
// printed from the same tables.
#include "command.h"

#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "nearest.h"
#include "print.h"

const struct command *const commands[] = {
    &command_record, &command_run, &command_render, &command_report, &command_diff,
    &command_check,  &command_ps,  &command_nodes,  &command_help,   NULL,
};

const struct command *command_find(const char *name, struct error *err)
{
  struct nearest nearest;
  nearest_init(&nearest, name);
  for (const struct command *const *command = commands; *command; command++) {
    if (strcmp((*command)->name, name) == 0)
      return *command;
    nearest_offer(&nearest, (*command)->name);
  }
  if (nearest.best)
    error_set(err, ERROR_USAGE, "there is no verb '%.80s': did you mean %s?", name, nearest.best);
  else
    error_set(err, ERROR_USAGE, "there is no verb '%.80s': flambeau help lists them", name);
  return NULL;
}

static int check_operands(const struct command *command, const struct text_list *operands, struct error *err)
{
  if (operands->count < command->min_operands)
    return error_set(err, ERROR_USAGE, "something is missing: flambeau %s %s", command->name, command->usage);
  if (operands->count > command->max_operands)
    return error_set(err, ERROR_USAGE, "'%.80s' is one word too many: flambeau %s %s",
                     operands->items[command->max_operands], command->name, command->usage);
  return 0;
}

void *command_new_settings(const struct command *command, struct error *err)
{
  void *settings = calloc(1, command->settings_size + 1); // some verbs have none, and NULL is an error
  if (!settings)
    error_set(err, ERROR_MEMORY, "out of memory");
  else if (command->init)
    command->init(settings);
  return settings;
}

static int run_parsed(const struct command *command, const struct invocation *invocation, const void *settings,
                      struct error *err)
{
  if (invocation->help)
    return print_to("-", command_write_help, command, err);
  if (check_operands(command, &invocation->operands, err) < 0)
    return -1;
  return command->run(invocation, settings, err);
}

int command_execute(const struct command *command, int argc, char **argv, struct error *err)
{
  struct invocation invocation;
  void *settings = command_new_settings(command, err);
  int status = -1;
  if (settings && options_parse(command->groups, argc, argv, settings, &invocation, err) == 0)
    status = run_parsed(command, &invocation, settings, err);
  free(settings);
  return status;
}

int command_write_help(const void *opaque, struct byte_sink *out, struct error *err)
{
  const struct command *command = opaque;
  void *defaults = command_new_settings(command, err);
  if (!defaults)
    return -1;
  byte_sink_printf(out, "usage: flambeau %s%s%s\n\n%s", command->name, *command->usage ? " " : "", command->usage,
                   command->details);
  options_help(command->groups, defaults, out);
  if (command->examples)
    byte_sink_printf(out, "\nExamples:\n%s", command->examples);
  free(defaults);
  return 0;
}

int command_write_overview(const void *nothing, struct byte_sink *out, struct error *err)
{
  (void)nothing;
  (void)err;
  byte_sink_text(out, "usage: flambeau VERB [options]\n\n"
                      "A flame-graph profiler for running Erlang and Elixir nodes.\n\n");
  for (const struct command *const *command = commands; *command; command++)
    byte_sink_printf(out, "  %-8s %s\n", (*command)->name, (*command)->summary);
  byte_sink_text(out, "\n`flambeau help VERB` shows a verb's options; `flambeau --version` the version.\n\n"
                      "To begin with:\n"
                      "  flambeau nodes\n"
                      "  flambeau ps -n shop@localhost\n"
                      "  flambeau record -n shop@localhost -p shop_cart -d 10s -o cart.svg\n\n"
                      "Exit status: 0 done, 1 `check` found a regression, 2 wrong command line, 3 node\n"
                      "not reached, 4 node cannot do it, 5 nothing captured, 6 a file is damaged or\n"
                      "cannot be written.\n");
  return 0;
}
