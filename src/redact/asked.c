// A command line in, what may be seen of it out. Invariant: a word passes only where it is known what it is; what
// stands behind an unknown option is taken for its value and goes with it.
#include "asked.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "names.h"

#define WORD_MAX_BYTES 4096

#define SUPERVISOR "supervisor:"
#define HIDDEN "..."

enum value_kind { VALUE_NONE, VALUE_UNSAID, VALUE_WORD, VALUE_PROCESS, VALUE_FUNCTION, VALUE_PATTERN };

struct shown_option {
  const char *name; // as a command line in its one canonical form has it
  enum value_kind value;
};

static const struct shown_option shown_options[] = {
    {"-p", VALUE_PROCESS},         {"-f", VALUE_FUNCTION},
    {"--calls", VALUE_WORD},       {"--timeout", VALUE_WORD},
    {"--slower-than", VALUE_WORD}, {"--spawned", VALUE_NONE},
    {"--only", VALUE_PATTERN},     {"--skip", VALUE_PATTERN},
    {"--opaque", VALUE_PATTERN},   {"-d", VALUE_WORD},
    {"--max-events", VALUE_WORD},  {"--max-queue", VALUE_WORD},
    {"--max-memory", VALUE_WORD},  {"--repeat", VALUE_WORD},
    {"--warmup", VALUE_WORD},      {"--full", VALUE_NONE},
    {"--weight", VALUE_WORD},      {"--by", VALUE_WORD},
    {"--chart", VALUE_NONE},       {"--icicle", VALUE_NONE},
    {"--reverse", VALUE_NONE},     {"--raw-names", VALUE_NONE},
    {"--format", VALUE_WORD},      {"--width", VALUE_WORD},
    {"--scale", VALUE_WORD},       {"--min-width", VALUE_WORD},
    {"--colors", VALUE_WORD},      {"--open", VALUE_UNSAID},
    {"--tls", VALUE_NONE},         {"--tls-insecure", VALUE_NONE},
    {"-q", VALUE_UNSAID},          {"-v", VALUE_UNSAID},
    {"--redact", VALUE_UNSAID},    {"--connect-timeout", VALUE_WORD},
};

static struct text text_of(const char *text)
{
  return (struct text){text, strlen(text)};
}

static void append(struct bytes *out, const char *text)
{
  bytes_append(out, text, strlen(text));
}

// The next word of `*at` as a shell would have it, or NULL behind the last.
static const char *next_word(const char **at, char word[WORD_MAX_BYTES])
{
  const char *from = *at;
  size_t size = 0;
  bool quoted = false;
  while (*from == ' ')
    from++;
  if (!*from)
    return NULL;
  for (; *from && (quoted || *from != ' '); from++) {
    if (*from == '\'')
      quoted = !quoted;
    else if (size < WORD_MAX_BYTES - 1)
      word[size++] = *from == '\\' && !quoted && from[1] ? *++from : *from;
  }
  word[size] = '\0';
  *at = from;
  return word;
}

// "<0.123.0>", "0.123.0".
static bool is_pid(struct text text)
{
  if (text.size > 2 && text.at[0] == '<' && text.at[text.size - 1] == '>')
    text = (struct text){text.at + 1, text.size - 2};
  for (size_t i = 0; i < text.size; i++)
    if (!strchr("0123456789.", text.at[i]))
      return false;
  return text.size > 0;
}

// "shop_cart", "Shop.Cart", "supervisor:shop_sup", "<0.123.0>".
static void append_process(struct names *names, struct bytes *out, struct text typed)
{
  size_t before = out->size, start = strlen(SUPERVISOR);
  if (typed.size > start && memcmp(typed.at, SUPERVISOR, start) == 0) {
    append(out, SUPERVISOR);
    typed = (struct text){typed.at + start, typed.size - start};
    before = out->size;
  }
  if (is_pid(typed)) {
    bytes_append(out, typed.at, typed.size);
    return;
  }
  names_append_typed_process(names, out, typed);
  if (out->size == before)
    append(out, HIDDEN);
}

static void append_pattern(struct names *names, struct bytes *out, struct text typed)
{
  bool shown = !names->hashed && names_is_plain(typed, "_.:*?!/[]");
  if (shown)
    names_append(names, out, typed);
  else
    append(out, HIDDEN);
}

// "Shop.Cart.total(...)" of "Shop.Cart.total(%{id: 7})".
static void append_call(struct names *names, struct bytes *out, struct text typed)
{
  const char *bracket = memchr(typed.at, '(', typed.size);
  if (!bracket) {
    append(out, HIDDEN);
    return;
  }
  names_append_typed_function(names, out, (struct text){typed.at, (size_t)(bracket - typed.at)});
  append(out, "(...)");
}

static void append_value(struct names *names, struct bytes *out, enum value_kind kind, const char *value)
{
  struct text text = text_of(value);
  bytes_append_u8(out, ' ');
  switch (kind) {
  case VALUE_NONE:
  case VALUE_UNSAID:
    break;
  case VALUE_WORD:
    append(out, names_is_plain(text, ".%") ? value : HIDDEN);
    break;
  case VALUE_PROCESS:
    append_process(names, out, text);
    break;
  case VALUE_FUNCTION:
    names_append_typed_function(names, out, text);
    break;
  case VALUE_PATTERN:
    append_pattern(names, out, text);
    break;
  }
}

static const struct shown_option *find_option(const char *word)
{
  for (size_t i = 0; i < sizeof shown_options / sizeof *shown_options; i++)
    if (strcmp(shown_options[i].name, word) == 0)
      return &shown_options[i];
  return NULL;
}

// An option that may be shown, with its value; or an operand.
struct asked_word {
  const struct shown_option *option; // NULL: an operand
  char value[WORD_MAX_BYTES];
};

static bool next_asked(const char **at, struct asked_word *word)
{
  while (next_word(at, word->value)) {
    word->option = find_option(word->value);
    if (word->option && word->option->value == VALUE_UNSAID)
      continue;
    if (word->option)
      return word->option->value == VALUE_NONE || next_word(at, word->value);
    if (word->value[0] != '-')
      return true;
    next_word(at, word->value);
  }
  return false;
}

static bool next_verb(const char **at, char verb[WORD_MAX_BYTES])
{
  return next_word(at, verb) && strcmp(verb, "flambeau") == 0 && next_word(at, verb) &&
         names_is_plain(text_of(verb), "");
}

void asked_append(struct names *names, struct bytes *out, const char *asked)
{
  char verb[WORD_MAX_BYTES];
  struct asked_word word;
  append(out, "flambeau");
  if (!next_verb(&asked, verb))
    return;
  bytes_append_u8(out, ' ');
  append(out, verb);
  while (next_asked(&asked, &word)) {
    if (word.option) {
      bytes_append_u8(out, ' ');
      append(out, word.option->name);
      if (word.option->value != VALUE_NONE)
        append_value(names, out, word.option->value, word.value);
    } else if (strcmp(verb, "run") == 0) {
      append(out, " '");
      append_call(names, out, text_of(word.value));
      append(out, "'");
    }
  }
}

void asked_append_target(struct names *names, struct bytes *out, const char *asked)
{
  char verb[WORD_MAX_BYTES];
  struct asked_word word;
  size_t before = out->size;
  bool known = next_verb(&asked, verb);
  bool call = known && strcmp(verb, "run") == 0;
  while (known && next_asked(&asked, &word)) {
    bool first = out->size == before;
    if (!word.option && call) {
      append_call(names, out, text_of(word.value));
    } else if (word.option && word.option->value == VALUE_FUNCTION) {
      append(out, first ? "calls of " : ", ");
      names_append_typed_function(names, out, text_of(word.value));
    } else if (word.option && word.option->value == VALUE_PROCESS) {
      append(out, first ? "" : ", ");
      append_process(names, out, text_of(word.value));
    }
  }
  if (out->size == before)
    append(out, HIDDEN);
}

static void append_selected(struct names *names, struct bytes *out, const char *asked, const char *option,
                            size_t before)
{
  char verb[WORD_MAX_BYTES];
  struct asked_word word;
  if (!next_verb(&asked, verb))
    return;
  while (next_asked(&asked, &word)) {
    if (!word.option || strcmp(word.option->name, option) != 0)
      continue;
    append(out, out->size == before ? "" : ", ");
    append(out, option + strlen("--"));
    bytes_append_u8(out, ' ');
    append_pattern(names, out, text_of(word.value));
  }
}

void asked_append_selection(struct names *names, struct bytes *out, const char *asked)
{
  size_t before = out->size;
  append_selected(names, out, asked, "--only", before);
  append_selected(names, out, asked, "--skip", before);
  if (out->size == before)
    append(out, HIDDEN);
}
