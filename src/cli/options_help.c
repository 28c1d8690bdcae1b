// Option tables in, help lines out: the option and its value in the left column, what it does wrapped in the right one,
// the default last. Nothing about an option is written anywhere but in its row.
#include "options.h"

#include <stdio.h>
#include <string.h>

#include "base/byte_io.h"
#include "quantity.h"

#define HELP_COLUMNS 80
#define LEFT_COLUMNS 28 // a longer option has a line of its own

static void describe_default(const struct option_row *row, const void *setting, char *text)
{
  uint64_t number = 0;
  const char *word = NULL;
  text[0] = '\0';
  switch (row->kind) {
  case OPTION_FLAG:
  case OPTION_LIST:
  case OPTION_FACTOR: // its own choice may depend: the row's help says it
    return;
  case OPTION_TEXT:
  case OPTION_CHOICE:
    memcpy(&word, setting, sizeof word);
    if (word)
      snprintf(text, QUANTITY_TEXT_MAX, "%s", word);
    return;
  case OPTION_MIN_WIDTH:
    quantity_min_width_text(setting, text);
    return;
  case OPTION_DURATION:
  case OPTION_SIZE:
  case OPTION_COUNT:
    break;
  }
  memcpy(&number, setting, sizeof number);
  if (number == 0 || number == OPTION_NOT_GIVEN)
    return;
  if (row->kind == OPTION_DURATION)
    quantity_duration_text(number, text);
  else if (row->kind == OPTION_SIZE)
    quantity_size_text(number, text);
  else
    quantity_count_text(number, text);
}

// Words of `text` from column `column` on, continued below LEFT_COLUMNS.
static void write_wrapped(const char *text, size_t column, struct byte_sink *out)
{
  while (*text) {
    size_t size = strcspn(text, " ");
    if (column > LEFT_COLUMNS && column + 1 + size > HELP_COLUMNS) {
      byte_sink_printf(out, "\n%*s", LEFT_COLUMNS, "");
      column = LEFT_COLUMNS;
    }
    if (column > LEFT_COLUMNS) {
      byte_sink_text(out, " ");
      column++;
    }
    byte_sink_write(out, text, size);
    column += size;
    text += size + strspn(text + size, " ");
  }
  byte_sink_text(out, "\n");
}

void option_describe(const struct option_row *row, const void *setting, char text[OPTION_HELP_MAX])
{
  char fallback[QUANTITY_TEXT_MAX];
  describe_default(row, setting, fallback);
  if (fallback[0])
    snprintf(text, OPTION_HELP_MAX, "%s (default %s)", row->help, fallback);
  else
    snprintf(text, OPTION_HELP_MAX, "%s%s", row->help, row->kind == OPTION_LIST ? " (repeatable)" : "");
}

static void write_row(const struct option_row *row, const void *setting, struct byte_sink *out)
{
  char left[128];
  int size = row->letter ? snprintf(left, sizeof left, "  -%c, --%s", row->letter, row->name)
                         : snprintf(left, sizeof left, "      --%s", row->name);
  const char *value = row->kind == OPTION_CHOICE ? row->choices() : row->argument;
  if (value)
    size += snprintf(left + size, sizeof left - (size_t)size, " %s", value);

  char text[OPTION_HELP_MAX];
  option_describe(row, setting, text);
  byte_sink_text(out, left);
  if (size + 2 > LEFT_COLUMNS)
    byte_sink_printf(out, "\n%*s", LEFT_COLUMNS, "");
  else
    byte_sink_printf(out, "%*s", LEFT_COLUMNS - size, "");
  write_wrapped(text, LEFT_COLUMNS, out);
}

void options_help(const struct option_group *groups, const void *settings, struct byte_sink *out)
{
  for (const struct option_group *group = groups; group->title; group++) {
    byte_sink_printf(out, "\n%s:\n", group->title);
    for (const struct option_row *row = group->rows; row->name; row++)
      write_row(row, (const char *)settings + group->offset + row->offset, out);
  }
}
