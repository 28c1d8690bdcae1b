// The tables of flambeau.bash: which options a verb has, and what follows one.
#include "base/byte_io.h"
#include "pages.h"

static const char *const kind_words[] = {
    [VALUE_TEXT] = "text",     [VALUE_WORD] = "word", [VALUE_FILE] = "file",
    [VALUE_OUTPUT] = "output", [VALUE_NODE] = "node",
};

static void write_verbs(struct byte_sink *out)
{
  byte_sink_text(out, "_flambeau_verbs='");
  for (const struct command *const *command = commands; *command; command++)
    byte_sink_printf(out, "%s%s", command == commands ? "" : " ", (*command)->name);
  byte_sink_text(out, "'\n");
}

static void write_options(const struct command *command, struct byte_sink *out)
{
  const struct option_row *rows[ROWS_MAX];
  size_t count = command_rows(command, rows);
  byte_sink_printf(out, "    %s) options='", command->name);
  for (size_t i = 0; i < count; i++)
    byte_sink_printf(out, "%s--%s", i ? " " : "", rows[i]->name);
  byte_sink_text(out, "' ;;\n");
}

static void write_value(const struct command *command, const struct option_row *row, struct byte_sink *out)
{
  char words[WORDS_MAX];
  if (value_kind(row) == VALUE_NONE)
    return;
  value_words(row, words);
  byte_sink_text(out, "    ");
  if (row->letter)
    byte_sink_printf(out, "'%s -%c' | ", command->name, row->letter);
  byte_sink_printf(out, "'%s --%s') kind=%s words='%s' ;;\n", command->name, row->name, kind_words[value_kind(row)],
                   words);
}

static void write_values(const struct command *command, struct byte_sink *out)
{
  static const char *const operand_kinds[] = {
      [OPERAND_TEXT] = "text", [OPERAND_INPUT] = "input", [OPERAND_VERB] = "verb"};
  const struct option_row *rows[ROWS_MAX];
  size_t count = command_rows(command, rows);
  for (size_t i = 0; i < count; i++)
    write_value(command, rows[i], out);
  if (command->max_operands)
    byte_sink_printf(out, "    '%s ') kind=%s ;;\n", command->name, operand_kinds[command->operand]);
}

void write_bash_tables(struct byte_sink *out)
{
  write_verbs(out);
  byte_sink_text(out, "\n# _flambeau_options VERB\n_flambeau_options()\n{\n  case $1 in\n");
  for (const struct command *const *command = commands; *command; command++)
    write_options(*command, out);
  byte_sink_text(out, "  esac\n}\n\n# _flambeau_value VERB OPTION: what follows it; an operand where OPTION is empty\n"
                      "_flambeau_value()\n{\n  case \"$1 $2\" in\n");
  for (const struct command *const *command = commands; *command; command++)
    write_values(*command, out);
  byte_sink_text(out, "  esac\n}\n");
}
