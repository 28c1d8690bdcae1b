// The tables of flambeau.fish: one `complete` a verb, an option, an operand.
#include "base/byte_io.h"
#include "pages.h"

static void write_description(const char *text, struct byte_sink *out)
{
  byte_sink_text(out, " -d '");
  for (; *text; text++) {
    if (*text == '\'' || *text == '\\')
      byte_sink_text(out, "\\");
    byte_sink_write(out, text, 1);
  }
  byte_sink_text(out, "'");
}

static void write_value(const struct option_row *row, struct byte_sink *out)
{
  char words[WORDS_MAX];
  value_words(row, words);
  switch (value_kind(row)) {
  case VALUE_NONE:
    return;
  case VALUE_TEXT:
    byte_sink_text(out, " -x");
    return;
  case VALUE_WORD:
    byte_sink_printf(out, " -x -a '%s'", words);
    return;
  case VALUE_FILE:
    byte_sink_text(out, " -r -F");
    return;
  case VALUE_OUTPUT:
    byte_sink_printf(out, " -r -F -a '(__flambeau_outputs %s)'", words);
    return;
  case VALUE_NODE:
    byte_sink_text(out, " -x -a '(__flambeau_nodes)'");
    return;
  }
}

static void write_option(const struct command *command, const struct option_row *row, struct byte_sink *out)
{
  char brief[BRIEF_MAX];
  option_brief(row, brief);
  byte_sink_printf(out, "complete -c flambeau -n '__flambeau_verb %s'", command->name);
  if (row->letter)
    byte_sink_printf(out, " -s %c", row->letter);
  byte_sink_printf(out, " -l %s", row->name);
  write_value(row, out);
  write_description(brief, out);
  byte_sink_text(out, "\n");
}

static void write_command(const struct command *command, struct byte_sink *out)
{
  const struct option_row *rows[ROWS_MAX];
  size_t count = command_rows(command, rows);
  byte_sink_printf(out, "\ncomplete -c flambeau -n __flambeau_no_verb -a %s", command->name);
  write_description(command->summary, out);
  byte_sink_text(out, "\n");
  if (command->operand == OPERAND_INPUT)
    byte_sink_printf(out, "complete -c flambeau -n '__flambeau_verb %s' -k -a '(__flambeau_inputs)'\n", command->name);
  if (command->operand == OPERAND_VERB) {
    byte_sink_printf(out, "complete -c flambeau -n '__flambeau_verb %s' -a '", command->name);
    for (const struct command *const *verb = commands; *verb; verb++)
      byte_sink_printf(out, "%s%s", verb == commands ? "" : " ", (*verb)->name);
    byte_sink_text(out, "'\n");
  }
  for (size_t i = 0; i < count; i++)
    write_option(command, rows[i], out);
}

void write_fish_tables(struct byte_sink *out)
{
  for (const struct command *const *command = commands; *command; command++)
    write_command(*command, out);
}
