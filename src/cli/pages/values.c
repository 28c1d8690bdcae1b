// Option rows in, what the shells' completions have in common out.
#include <stdio.h>
#include <string.h>

#include "pages.h"
#include "renderers/renderer.h"

#define WORD_MAX 64

static const struct option_row help_row = {
    .name = "help", .letter = 'h', .kind = OPTION_FLAG, .help = "show the options of this verb"};

enum value_kind value_kind(const struct option_row *row)
{
  if (row->kind == OPTION_FLAG)
    return VALUE_NONE;
  if (row->kind == OPTION_CHOICE)
    return VALUE_WORD;
  if (strcmp(row->name, "node") == 0)
    return VALUE_NODE;
  if (row->choices)
    return VALUE_OUTPUT;
  return strcmp(row->argument, "FILE") == 0 || strcmp(row->argument, "PLACE") == 0 ? VALUE_FILE : VALUE_TEXT;
}

size_t command_rows(const struct command *command, const struct option_row *rows[ROWS_MAX])
{
  size_t count = 0;
  for (const struct option_group *group = command->groups; group->title; group++)
    for (const struct option_row *row = group->rows; row->name && count < ROWS_MAX - 1; row++)
      rows[count++] = row;
  rows[count++] = &help_row;
  return count;
}

// How a file in this format ends.
static void format_ending(const char *name, char ending[WORD_MAX])
{
  const struct renderer *renderer = renderer_by_name(name);
  if (renderer)
    snprintf(ending, WORD_MAX, "%s", renderer->extension);
  else
    snprintf(ending, WORD_MAX, ".%s", name);
}

void value_words(const struct option_row *row, char words[WORDS_MAX])
{
  char name[WORD_MAX - 1], word[WORD_MAX];
  size_t used = 0;
  words[0] = '\0';
  if (!row->choices)
    return;
  for (const char *at = row->choices(); options_next_choice(&at, name, sizeof name) && used < WORDS_MAX;) {
    snprintf(word, sizeof word, "%s", name);
    if (value_kind(row) == VALUE_OUTPUT)
      format_ending(name, word);
    used += (size_t)snprintf(words + used, WORDS_MAX - used, "%s%s", used ? " " : "", word);
  }
}

void option_brief(const struct option_row *row, char brief[BRIEF_MAX])
{
  static const char *const ends[] = {"; ", ". ", " ("};
  snprintf(brief, BRIEF_MAX, "%s", row->help);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    char *end = strstr(brief, ends[i]);
    if (end)
      *end = '\0';
  }
}
