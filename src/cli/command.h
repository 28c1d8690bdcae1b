// A verb of the command line: what it takes, what its help says, and the function that does it.
#ifndef FLAMBEAU_CLI_COMMAND_H
#define FLAMBEAU_CLI_COMMAND_H

#include <stddef.h>

#include "base/error.h"
#include "options.h"

struct byte_sink;

// What the operands of a verb name: shells complete them so.
enum operand_kind {
  OPERAND_TEXT,  // nothing that could be listed
  OPERAND_INPUT, // files that can be read: captures, folded text
  OPERAND_VERB,
};

struct command {
  const char *name;
  const char *summary;  // one line, for the list of verbs
  const char *usage;    // what follows "flambeau NAME"
  const char *details;  // paragraphs of the help, between the usage and the options; lines end in '\n'
  const char *examples; // the end of the help; lines end in '\n', NULL without
  size_t min_operands, max_operands;
  enum operand_kind operand;
  const struct option_group *groups;
  size_t settings_size;
  void (*init)(void *settings); // the defaults; NULL: all zero
  int (*run)(const struct invocation *invocation, const void *settings, struct error *err);
};

// All verbs, ended by NULL.
extern const struct command *const commands[];

// NULL with ERROR_USAGE, and the nearest verb in the sentence, when there is none.
const struct command *command_find(const char *name, struct error *err);
// The settings when no option is given; the caller frees them.
void *command_new_settings(const struct command *command, struct error *err);
// Parses argv[1..] and runs; argv[0] is the verb.
int command_execute(const struct command *command, int argc, char **argv, struct error *err);

// Pages of the help, for print_to.
int command_write_help(const void *command, struct byte_sink *out, struct error *err);
int command_write_overview(const void *nothing, struct byte_sink *out, struct error *err);

extern const struct command command_record;
extern const struct command command_run;
extern const struct command command_render;
extern const struct command command_report;
extern const struct command command_diff;
extern const struct command command_check;
extern const struct command command_ps;
extern const struct command command_nodes;
extern const struct command command_help;

#endif
