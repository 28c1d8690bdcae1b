// A command line in, filled settings out. getopt_long finds the options; the tables say what each one means. Nothing is
// looked at twice, and no sentence ever repeats the value of a secret option.
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "nearest.h"
#include "quantity.h"

#define OPTIONS_MAX 64
#define FIRST_LONG 256 // getopt's value of the first long option; above every letter

static const struct option_row help_row = {.name = "help", .letter = 'h', .kind = OPTION_FLAG};

struct parser {
  const char *verb;
  const struct option_row *rows[OPTIONS_MAX];
  void *settings[OPTIONS_MAX]; // where each row's value goes
  bool seen[OPTIONS_MAX];
  size_t count;
  struct option longs[OPTIONS_MAX + 1];
  char letters[2 * OPTIONS_MAX + 3];
  struct invocation *invocation;
  bool asked_cut;
};

static void add_row(struct parser *parser, const struct option_row *row, void *setting)
{
  if (parser->count == OPTIONS_MAX)
    return;
  bool has_value = row->kind != OPTION_FLAG;
  parser->longs[parser->count] = (struct option){.name = row->name,
                                                 .has_arg = has_value ? required_argument : no_argument,
                                                 .val = FIRST_LONG + (int)parser->count};
  if (row->letter) {
    char letter[] = {row->letter, has_value ? ':' : '\0', '\0'};
    strcat(parser->letters, letter);
  }
  parser->rows[parser->count] = row;
  parser->settings[parser->count++] = setting;
}

static void add_groups(struct parser *parser, const struct option_group *groups, void *settings)
{
  strcpy(parser->letters, "-:"); // operands in their places, missing values as ':'
  for (const struct option_group *group = groups; group->title; group++)
    for (const struct option_row *row = group->rows; row->name; row++)
      add_row(parser, row, (char *)settings + group->offset + row->offset);
  add_row(parser, &help_row, &parser->invocation->help);
}

static size_t row_index(const struct parser *parser, int value)
{
  if (value >= FIRST_LONG)
    return (size_t)(value - FIRST_LONG);
  for (size_t i = 0; i < parser->count; i++)
    if (parser->rows[i]->letter == value)
      return i;
  return parser->count;
}

static bool is_plain(const char *word)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  return *word && strspn(word, plain) == strlen(word);
}

static void ask_text(struct parser *parser, const char *text, size_t size)
{
  char *asked = parser->invocation->asked;
  size_t used = strlen(asked);
  if (parser->asked_cut || used + size + sizeof " ..." > ASKED_MAX) {
    if (!parser->asked_cut)
      strcat(asked, " ...");
    parser->asked_cut = true;
    return;
  }
  memcpy(asked + used, text, size);
  asked[used + size] = '\0';
}

static void ask_word(struct parser *parser, const char *word)
{
  ask_text(parser, " ", 1);
  if (is_plain(word)) {
    ask_text(parser, word, strlen(word));
    return;
  }
  ask_text(parser, "'", 1);
  for (const char *at = word; *at; at++)
    if (*at == '\'')
      ask_text(parser, "'\\''", 4);
    else
      ask_text(parser, at, 1);
  ask_text(parser, "'", 1);
}

static void ask_option(struct parser *parser, const struct option_row *row, const char *value)
{
  if (row->secret)
    return;
  char dashed[64];
  if (row->letter)
    snprintf(dashed, sizeof dashed, "-%c", row->letter);
  else
    snprintf(dashed, sizeof dashed, "--%s", row->name);
  ask_word(parser, dashed);
  if (row->kind != OPTION_FLAG)
    ask_word(parser, value);
}

static int fail_unknown_long(const struct parser *parser, const char *word, struct error *err)
{
  char name[64];
  snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
  char matches[160] = "";
  size_t count = 0;
  struct nearest nearest;
  nearest_init(&nearest, name);
  for (size_t i = 0; i < parser->count; i++) {
    nearest_offer(&nearest, parser->rows[i]->name);
    if (*name && strncmp(parser->rows[i]->name, name, strlen(name)) == 0) {
      size_t used = strlen(matches);
      snprintf(matches + used, sizeof matches - used, "%s--%s", count++ ? ", " : "", parser->rows[i]->name);
    }
  }
  if (count > 1)
    return error_set(err, ERROR_USAGE, "--%s can mean %s: write the whole name", name, matches);
  if (nearest.best)
    return error_set(err, ERROR_USAGE, "%s has no option --%s: did you mean --%s?", parser->verb, name, nearest.best);
  return error_set(err, ERROR_USAGE, "%s has no option --%s: see flambeau help %s", parser->verb, name, parser->verb);
}

static int fail_unknown(const struct parser *parser, const char *word, struct error *err)
{
  if (optopt >= FIRST_LONG)
    return error_set(err, ERROR_USAGE, "--%s takes no value: write just --%s", parser->rows[optopt - FIRST_LONG]->name,
                     parser->rows[optopt - FIRST_LONG]->name);
  if (optopt)
    return error_set(err, ERROR_USAGE, "%s has no option -%c: see flambeau help %s", parser->verb, optopt,
                     parser->verb);
  return fail_unknown_long(parser, word, err);
}

static int fail_value(const struct option_row *row, const char *wanted, const char *value, struct error *err)
{
  return error_set(err, ERROR_USAGE, "--%s wants %s, not '%.80s'", row->name, wanted, value);
}

static int check_range(const struct option_row *row, uint64_t value, void (*describe)(uint64_t, char *),
                       struct error *err)
{
  char bound[QUANTITY_TEXT_MAX];
  if (value < row->min) {
    describe(row->min, bound);
    return error_set(err, ERROR_USAGE, "--%s is too small: the least is %s", row->name, bound);
  }
  if (row->max && value > row->max) {
    describe(row->max, bound);
    return error_set(err, ERROR_USAGE, "--%s is too large: the most is %s", row->name, bound);
  }
  return 0;
}

static int set_duration(const struct option_row *row, const char *value, uint64_t *ns, struct error *err)
{
  if (quantity_duration(value, ns) == 0)
    return check_range(row, *ns, quantity_duration_text, err);
  if (value[strspn(value, "0123456789")] == '\0')
    return error_set(err, ERROR_USAGE, "--%s wants a unit: did you mean %.20ss?", row->name, value);
  return fail_value(row, "a time such as 500ms, 10s, 2m or 1h (30 days at most)", value, err);
}

static int set_size(const struct option_row *row, const char *value, uint64_t *bytes, struct error *err)
{
  if (quantity_size(value, bytes) < 0)
    return fail_value(row, "a size such as 512K, 64M or 1G", value, err);
  return check_range(row, *bytes, quantity_size_text, err);
}

static int set_count(const struct option_row *row, const char *value, uint64_t *count, struct error *err)
{
  if (quantity_count(value, count) < 0)
    return fail_value(row, "a number such as 5000, 50k or 20M", value, err);
  return check_range(row, *count, quantity_count_text, err);
}

bool options_next_choice(const char **at, char *word, size_t size)
{
  if (!**at)
    return false;
  size_t length = strcspn(*at, "|");
  snprintf(word, size, "%.*s", (int)length, *at);
  *at += length + ((*at)[length] == '|');
  return true;
}

static int set_choice(const struct option_row *row, const char *value, const char **choice, struct error *err)
{
  char word[64];
  struct nearest nearest;
  nearest_init(&nearest, value);
  const char *all = row->choices();
  for (const char *at = all; options_next_choice(&at, word, sizeof word);) {
    nearest_offer(&nearest, word);
    if (strcmp(word, value) == 0) {
      *choice = value;
      return 0;
    }
  }
  return error_set(err, ERROR_USAGE, "--%s wants one of %s, not '%.80s'", row->name, all, value);
}

static int add_text(const struct option_row *row, const char *value, struct text_list *list, struct error *err)
{
  if (list->count == TEXT_LIST_MAX)
    return error_set(err, ERROR_USAGE, "--%s is given more than %d times", row->name, TEXT_LIST_MAX);
  list->items[list->count++] = value;
  return 0;
}

int options_set(const struct option_row *row, const char *value, void *setting, struct error *err)
{
  if (row->kind != OPTION_FLAG && !*value)
    return error_set(err, ERROR_USAGE, "--%s has an empty value: leave it out or say what", row->name);
  switch (row->kind) {
  case OPTION_FLAG:
    *(bool *)setting = true;
    return 0;
  case OPTION_TEXT:
    *(const char **)setting = value;
    return 0;
  case OPTION_LIST:
    return add_text(row, value, setting, err);
  case OPTION_CHOICE:
    return set_choice(row, value, setting, err);
  case OPTION_DURATION:
    return set_duration(row, value, setting, err);
  case OPTION_SIZE:
    return set_size(row, value, setting, err);
  case OPTION_COUNT:
    return set_count(row, value, setting, err);
  case OPTION_MIN_WIDTH:
    if (quantity_min_width(value, setting) < 0)
      return fail_value(row, "pixels or a share of the whole such as 0.5px or 0.1%", value, err);
    return 0;
  case OPTION_FACTOR:
    if (quantity_factor(value, setting) < 0)
      return fail_value(row, "a factor from 0.1 to 10 such as 1 or 2.5", value, err);
    return 0;
  }
  return 0;
}

static int take_option(struct parser *parser, size_t index, const char *value, const char *word, struct error *err)
{
  const struct option_row *row = parser->rows[index];
  if (parser->seen[index] && row->kind != OPTION_LIST)
    return error_set(err, ERROR_USAGE, "--%s is given twice: give it once", row->name);
  parser->seen[index] = true;
  if (value && value == word && value[0] == '-' && value[1])
    return error_set(err, ERROR_USAGE, "--%s needs a value; one that starts with a dash is written --%s=VALUE",
                     row->name, row->name);
  if (options_set(row, value, parser->settings[index], err) < 0)
    return -1;
  ask_option(parser, row, value);
  return 0;
}

static int take_operand(struct parser *parser, const char *word, struct error *err)
{
  struct text_list *operands = &parser->invocation->operands;
  if (operands->count == TEXT_LIST_MAX)
    return error_set(err, ERROR_USAGE, "that are more than %d words", TEXT_LIST_MAX);
  operands->items[operands->count++] = word;
  ask_word(parser, word);
  return 0;
}

int options_parse(const struct option_group *groups, int argc, char **argv, void *settings,
                  struct invocation *invocation, struct error *err)
{
  struct parser parser = {.verb = argv[0], .invocation = invocation};
  *invocation = (struct invocation){0};
  add_groups(&parser, groups, settings);
  snprintf(invocation->asked, ASKED_MAX, "flambeau");
  ask_word(&parser, argv[0]);

  optind = 0; // glibc: start anew
  opterr = 0;
  for (int value; (value = getopt_long(argc, argv, parser.letters, parser.longs, NULL)) != -1;) {
    const char *word = argv[optind - 1];
    int status;
    if (value == 1)
      status = take_operand(&parser, optarg, err);
    else if (value == '?')
      status = fail_unknown(&parser, word, err);
    else if (value == ':')
      status = error_set(err, ERROR_USAGE, "--%s needs a value", parser.rows[row_index(&parser, optopt)]->name);
    else
      status = take_option(&parser, row_index(&parser, value), optarg, word, err);
    if (status < 0)
      return -1;
    if (invocation->help)
      return 0;
  }
  for (; optind < argc; optind++)
    if (take_operand(&parser, argv[optind], err) < 0)
      return -1;
  return 0;
}
