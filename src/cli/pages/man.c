// The parts of flambeau.1 that the tables say: synopsis, verbs with their options, examples. Text that a person reads
// and text that a shell would read are set apart by fonts; what roff would take for a command is escaped.
#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "pages.h"

// Of one line. A list of choices may be broken after each.
static void write_text(const char *text, size_t size, struct byte_sink *out)
{
  static const struct {
    char byte;
    const char *escape;
  } escapes[] = {{'\\', "\\e"}, {'-', "\\-"},   {'\'', "\\(aq"}, {'`', "\\(ga"},
                 {'|', "|\\:"}, {'~', "\\(ti"}, {'^', "\\(ha"}};
  if (size && *text == '.')
    byte_sink_text(out, "\\&");
  for (size_t i = 0; i < size; i++) {
    const char *escape = NULL;
    for (size_t j = 0; j < sizeof escapes / sizeof *escapes; j++)
      if (text[i] == escapes[j].byte)
        escape = escapes[j].escape;
    if (escape)
      byte_sink_text(out, escape);
    else
      byte_sink_write(out, text + i, 1);
  }
}

static void write_font(char font, const char *text, struct byte_sink *out)
{
  byte_sink_printf(out, "\\f%c", font);
  write_text(text, strlen(text), out);
  byte_sink_text(out, "\\fR");
}

// Paragraphs are apart by empty lines; lines that are indented stay as they are.
static void write_lines(const char *text, struct byte_sink *out)
{
  bool as_is = false;
  while (*text) {
    size_t size = strcspn(text, "\n");
    bool indented = *text == ' ';
    if (indented != as_is)
      byte_sink_text(out, indented ? ".EX\n" : ".EE\n");
    as_is = indented;
    if (size)
      write_text(text, size, out);
    else
      byte_sink_text(out, ".PP");
    byte_sink_text(out, "\n");
    text += size + (text[size] == '\n');
  }
  if (as_is)
    byte_sink_text(out, ".EE\n");
}

static void write_usage(const struct command *command, struct byte_sink *out)
{
  byte_sink_printf(out, "\\fBflambeau %s\\fR", command->name);
  if (*command->usage) {
    byte_sink_text(out, " ");
    write_text(command->usage, strlen(command->usage), out);
  }
  byte_sink_text(out, "\n");
}

static void write_option(const struct option_row *row, const void *setting, struct byte_sink *out)
{
  char text[OPTION_HELP_MAX];
  const char *value = row->kind == OPTION_CHOICE ? row->choices() : row->argument;
  byte_sink_text(out, ".TP\n");
  if (row->letter)
    byte_sink_printf(out, "\\fB\\-%c\\fR, ", row->letter);
  byte_sink_text(out, "\\fB\\-\\-");
  write_text(row->name, strlen(row->name), out);
  byte_sink_text(out, "\\fR");
  if (value) {
    byte_sink_text(out, "\\ ");
    write_font(row->kind == OPTION_CHOICE ? 'R' : 'I', value, out);
  }
  byte_sink_text(out, "\n");
  option_describe(row, setting, text);
  write_text(text, strlen(text), out);
  byte_sink_text(out, "\n");
}

static void write_options(const struct command *command, struct byte_sink *out)
{
  struct error err = {0};
  char *defaults = command_new_settings(command, &err);
  if (!defaults) {
    out->error = err;
    return;
  }
  for (const struct option_group *group = command->groups; group->title; group++) {
    byte_sink_text(out, ".PP\n");
    write_font('I', group->title, out);
    byte_sink_text(out, "\n");
    for (const struct option_row *row = group->rows; row->name; row++)
      write_option(row, defaults + group->offset + row->offset, out);
  }
  free(defaults);
}

void write_man_synopsis(struct byte_sink *out)
{
  for (const struct command *const *command = commands; *command; command++) {
    if (command != commands)
      byte_sink_text(out, ".br\n");
    write_usage(*command, out);
  }
}

void write_man_verbs(struct byte_sink *out)
{
  for (const struct command *const *command = commands; *command; command++) {
    byte_sink_printf(out, ".SS %s\n", (*command)->name);
    write_usage(*command, out);
    byte_sink_text(out, ".PP\n");
    write_lines((*command)->details, out);
    write_options(*command, out);
  }
}

void write_man_examples(struct byte_sink *out)
{
  byte_sink_text(out, ".EX\n");
  for (const struct command *const *command = commands; *command; command++)
    for (const char *line = (*command)->examples; line && *line;) {
      size_t size = strcspn(line, "\n");
      size_t indent = strspn(line, " ");
      write_text(line + indent, size - indent, out);
      byte_sink_text(out, "\n");
      line += size + (line[size] == '\n');
    }
  byte_sink_text(out, ".EE\n");
}
