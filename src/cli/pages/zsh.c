// The tables of _flambeau, for zsh: the verbs, and each one's options as _arguments wants them.
#include <string.h>

#include "base/byte_io.h"
#include "pages.h"

#define QUOTE "'\\''"

// What _arguments calls for a value.
static const char *const actions[] = {
    [VALUE_TEXT] = " ",
    [VALUE_FILE] = "_files",
    [VALUE_OUTPUT] = "_flambeau_outputs",
    [VALUE_NODE] = "_flambeau_nodes",
};

// A text within '...' and [...] of a specification.
static void write_text(const char *text, struct byte_sink *out)
{
  for (; *text; text++) {
    if (*text == '\'') {
      byte_sink_text(out, QUOTE);
      continue;
    }
    if (strchr("[]:\\", *text))
      byte_sink_text(out, "\\");
    byte_sink_write(out, text, 1);
  }
}

static void write_value(const struct option_row *row, struct byte_sink *out)
{
  char words[WORDS_MAX];
  enum value_kind kind = value_kind(row);
  if (kind == VALUE_NONE)
    return;
  value_words(row, words);
  byte_sink_text(out, ":");
  write_text(row->argument ? row->argument : row->name, out);
  if (kind == VALUE_WORD)
    byte_sink_printf(out, ":(%s)", words);
  else
    byte_sink_printf(out, ":%s%s%s", actions[kind], *words ? " " : "", words);
}

static void write_option(const struct option_row *row, struct byte_sink *out)
{
  char brief[BRIEF_MAX];
  bool flag = row->kind == OPTION_FLAG;
  option_brief(row, brief);
  byte_sink_text(out, " \\\n        ");
  if (row->kind == OPTION_LIST)
    byte_sink_text(out, "'*'");
  else if (row->letter)
    byte_sink_printf(out, "'(-%c --%s)'", row->letter, row->name);
  if (row->letter)
    byte_sink_printf(out, "{-%c%s,--%s%s}", row->letter, flag ? "" : "+", row->name, flag ? "" : "=");
  else
    byte_sink_printf(out, "--%s%s", row->name, flag ? "" : "=");
  byte_sink_text(out, "'[");
  write_text(brief, out);
  byte_sink_text(out, "]");
  write_value(row, out);
  byte_sink_text(out, "'");
}

static void write_command(const struct command *command, struct byte_sink *out)
{
  static const char *const operands[] = {[OPERAND_TEXT] = ":operand: ",
                                         [OPERAND_INPUT] = ":input:_flambeau_inputs",
                                         [OPERAND_VERB] = ":verb:_flambeau_verbs"};
  const struct option_row *rows[ROWS_MAX];
  size_t count = command_rows(command, rows);
  byte_sink_printf(out, "    %s)\n      _arguments -s :", command->name);
  for (size_t i = 0; i < count; i++)
    write_option(rows[i], out);
  for (size_t i = 0; i < command->max_operands; i++)
    byte_sink_printf(out, " \\\n        '%s'", operands[command->operand]);
  byte_sink_text(out, "\n      ;;\n");
}

void write_zsh_tables(struct byte_sink *out)
{
  byte_sink_text(out, "_flambeau_verbs()\n{\n  local -a verbs\n  verbs=(\n");
  for (const struct command *const *command = commands; *command; command++) {
    byte_sink_printf(out, "    '%s:", (*command)->name);
    write_text((*command)->summary, out);
    byte_sink_text(out, "'\n");
  }
  byte_sink_text(out,
                 "  )\n  _describe verb verbs\n}\n\n# _flambeau_verb VERB: the rest of its line\n_flambeau_verb()\n{\n"
                 "  case $1 in\n");
  for (const struct command *const *command = commands; *command; command++)
    write_command(*command, out);
  byte_sink_text(out, "  esac\n}\n");
}
