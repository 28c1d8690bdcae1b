// A command line in, what may be seen of it out. Invariant: a word passes only where it is known what it is; what
// stands behind an unknown option is taken for its value and goes with it.
#include "asked.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "names.h"

#define WORD_MAX_BYTES 4096

#define CALLS_OF "calls of "
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

static bool is_pid(struct text text)
{
  return text.size && (text.at[0] == '<' || (text.at[0] >= '0' && text.at[0] <= '9')) && names_is_plain(text, "<.>");
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

void asked_append(struct names *names, struct bytes *out, const char *asked)
{
  char word[WORD_MAX_BYTES];
  bool call = false;
  append(out, "flambeau");
  if (!next_word(&asked, word) || strcmp(word, "flambeau") != 0 || !next_word(&asked, word) ||
      !names_is_plain(text_of(word), ""))
    return;
  bytes_append_u8(out, ' ');
  append(out, word);
  call = strcmp(word, "run") == 0;
  while (next_word(&asked, word)) {
    const struct shown_option *option = find_option(word);
    if (option && option->value == VALUE_UNSAID)
      continue;
    if (option) {
      bytes_append_u8(out, ' ');
      append(out, word);
      if (option->value != VALUE_NONE && next_word(&asked, word))
        append_value(names, out, option->value, word);
    } else if (word[0] == '-') {
      next_word(&asked, word);
    } else if (call) {
      append(out, " '");
      append_call(names, out, text_of(word));
      append(out, "'");
    }
  }
}

// The parts of "a, b" or "only a, skip b" in turn.
static bool next_part(const char **at, struct text *part)
{
  if (!**at)
    return false;
  const char *end = strstr(*at, ", ");
  *part = (struct text){*at, end ? (size_t)(end - *at) : strlen(*at)};
  *at = end ? end + 2 : *at + part->size;
  return true;
}

void asked_append_target(struct names *names, struct bytes *out, const char *target)
{
  bool calls = strncmp(target, CALLS_OF, strlen(CALLS_OF)) == 0;
  if (!calls && strchr(target, '(')) {
    append_call(names, out, text_of(target));
    return;
  }
  const char *at = target + (calls ? strlen(CALLS_OF) : 0);
  struct text part;
  if (calls)
    append(out, CALLS_OF);
  for (bool first = true; next_part(&at, &part); first = false) {
    append(out, first ? "" : ", ");
    if (calls)
      names_append_typed_function(names, out, part);
    else
      append_process(names, out, part);
  }
}

void asked_append_selection(struct names *names, struct bytes *out, const char *selection)
{
  struct text part;
  for (bool first = true; next_part(&selection, &part); first = false) {
    append(out, first ? "" : ", ");
    bool known = part.size > 5 && (memcmp(part.at, "only ", 5) == 0 || memcmp(part.at, "skip ", 5) == 0);
    if (known)
      bytes_append(out, part.at, 5);
    append_pattern(names, out, known ? (struct text){part.at + 5, part.size - 5} : part);
  }
}
