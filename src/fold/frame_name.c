// A function's atoms in, its name as Erlang or Elixir write it out. Which language it is, the module's name says. The
// atoms are hostile: what a language would have to quote is quoted and its control characters are escaped.
#include "frame_name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "event/trace_event.h"

struct text {
  const char *at;
  size_t size;
};

#define TEXT(literal) ((struct text){literal, sizeof literal - 1})

static void append(struct bytes *out, struct text text)
{
  bytes_append(out, text.at, text.size);
}

static bool is(struct text text, const char *word)
{
  return strlen(word) == text.size && memcmp(text.at, word, text.size) == 0;
}

static bool is_one_of(struct text text, const char *const *words)
{
  while (*words && !is(text, *words))
    words++;
  return *words != NULL;
}

static bool starts_with(struct text text, struct text prefix)
{
  return text.size >= prefix.size && memcmp(text.at, prefix.at, prefix.size) == 0;
}

static struct text skip(struct text text, size_t size)
{
  return (struct text){text.at + size, text.size - size};
}

// The size of the character at the start of `text` when it is a small (`lower`) or any letter of Latin-1 beyond
// ASCII, the only ones that Erlang leaves unquoted; else 0.
static size_t latin1_letter(struct text text, bool lower)
{
  if (text.size < 2 || (unsigned char)text.at[0] != 0xc3) // U+00C0 to U+00FF
    return 0;
  unsigned char second = (unsigned char)text.at[1];
  bool sign = second == 0x97 || second == 0xb7; // the signs for times and divided by
  return sign || (lower && second < 0x9f) ? 0 : 2;
}

static const char *const erlang_reserved[] = {"after",  "and",     "andalso", "band", "begin", "bnot", "bor",
                                              "bsl",    "bsr",     "bxor",    "case", "catch", "cond", "div",
                                              "end",    "fun",     "if",      "let",  "not",   "of",   "or",
                                              "orelse", "receive", "rem",     "try",  "when",  "xor",  NULL};

static bool is_plain_erlang(struct text atom)
{
  if (atom.size == 0 || is_one_of(atom, erlang_reserved))
    return false;
  size_t step = islower((unsigned char)atom.at[0]) ? 1 : latin1_letter(atom, true);
  while (step) {
    atom = skip(atom, step);
    if (atom.size == 0)
      return true;
    bool plain = isalnum((unsigned char)atom.at[0]) || atom.at[0] == '_' || atom.at[0] == '@';
    step = plain ? 1 : latin1_letter(atom, false);
  }
  return false;
}

static const char *const elixir_operators[] = {"!",    "!=", "!==", "&", "&&", "&&&", "*",   "**",  "+",   "++",  "+++",
                                               "-",    "--", "---", "/", "::", "<",   "<-",  "<<<", "<<~", "<=",  "<>",
                                               "<|>",  "<~", "<~>", "=", "==", "===", "=~",  ">",   ">=",  ">>>", "@",
                                               "\\\\", "^",  "^^^", "|", "|>", "||",  "|||", "~>",  "~>>", "~~~", NULL};

// Characters beyond ASCII are taken for letters.
static bool is_plain_elixir(struct text name)
{
  if (is_one_of(name, elixir_operators))
    return true;
  if (name.size > 1 && (name.at[name.size - 1] == '?' || name.at[name.size - 1] == '!'))
    name.size--;
  for (size_t i = 0; i < name.size; i++) {
    unsigned char c = (unsigned char)name.at[i];
    if (!(c == '_' || c >= 0x80 || (i == 0 ? islower(c) : isalnum(c))))
      return false;
  }
  return name.size > 0;
}

// One or more of `.Segment`, each a capital and then letters, digits and underscores.
static bool is_alias(struct text name)
{
  bool in_segment = false;
  for (size_t i = 0; i < name.size; i++) {
    unsigned char c = (unsigned char)name.at[i];
    bool starts = i > 0 && name.at[i - 1] == '.';
    if (starts ? !isupper(c) : i == 0 ? c != '.' : !(c == '.' || c == '_' || isalnum(c)))
      return false;
    in_segment = c != '.';
  }
  return in_segment;
}

enum language { ERLANG, ELIXIR };

static void append_escape(struct bytes *out, unsigned char c, enum language language)
{
  static const char from[] = "\n\t\r\b\f\v\033\177";
  static const char to[] = "ntrbfved";
  const char *known = c ? strchr(from, c) : NULL;
  char text[8];
  int size;
  if (known)
    size = snprintf(text, sizeof text, "\\%c", to[known - from]);
  else
    size = snprintf(text, sizeof text, language == ERLANG ? "\\%03o" : "\\x%02X", c);
  bytes_append(out, text, (size_t)size);
}

static void append_quoted(struct bytes *out, struct text atom, enum language language)
{
  char quote = language == ERLANG ? '\'' : '"';
  bytes_append_u8(out, (uint8_t)quote);
  for (size_t i = 0; i < atom.size; i++) {
    unsigned char c = (unsigned char)atom.at[i];
    bool next_is_c1 = c == 0xc2 && i + 1 < atom.size && (unsigned char)atom.at[i + 1] < 0xa0;
    if (next_is_c1) {
      append_escape(out, (unsigned char)atom.at[++i], language);
    } else if (c < ' ' || c == 0x7f) {
      append_escape(out, c, language);
    } else {
      bool interpolates = language == ELIXIR && c == '#' && i + 1 < atom.size && atom.at[i + 1] == '{';
      if (c == '\\' || c == (unsigned char)quote || interpolates)
        bytes_append_u8(out, '\\');
      bytes_append_u8(out, c);
    }
  }
  bytes_append_u8(out, (uint8_t)quote);
}

static void append_function(struct bytes *out, struct text name, enum language language)
{
  if (language == ERLANG ? is_plain_erlang(name) : is_plain_elixir(name))
    append(out, name);
  else
    append_quoted(out, name, language);
}

static struct text take_digits(struct text *text)
{
  struct text digits = {text->at, 0};
  while (digits.size < text->size && isdigit((unsigned char)text->at[digits.size]))
    digits.size++;
  *text = skip(*text, digits.size);
  return digits;
}

static bool take(struct text *text, char c)
{
  if (text->size == 0 || text->at[0] != c)
    return false;
  *text = skip(*text, 1);
  return true;
}

// What the compiler called a function it made: `-total/2-fun-0-`, `-total/2-lc$^0/1-3-`, `-total/2-Loop/1-4-`.
struct inner_function {
  struct text outer;
  struct text arity;
  struct text kind;
  struct text number;
};

static bool is_kind_character(char c)
{
  return isalnum((unsigned char)c) || c == '_' || c == '^' || c == '@';
}

// KIND, perhaps `$^N/A` or `/A`, then `-NUMBER-` and the end.
static bool read_inner_tail(struct text text, struct inner_function *inner)
{
  inner->kind = (struct text){text.at, 0};
  while (inner->kind.size < text.size && is_kind_character(text.at[inner->kind.size]))
    inner->kind.size++;
  text = skip(text, inner->kind.size);
  if (take(&text, '$') && !(take(&text, '^') && take_digits(&text).size))
    return false;
  if (take(&text, '/') && !take_digits(&text).size)
    return false;
  if (!take(&text, '-'))
    return false;
  inner->number = take_digits(&text);
  return inner->kind.size && inner->number.size && is(text, "-");
}

static bool read_inner_function(struct text name, struct inner_function *inner)
{
  if (!take(&name, '-'))
    return false;
  for (size_t i = 1; i < name.size; i++) {
    struct text rest = skip(name, i);
    if (!take(&rest, '/'))
      continue;
    inner->outer = (struct text){name.at, i};
    inner->arity = take_digits(&rest);
    if (inner->arity.size && take(&rest, '-') && read_inner_tail(rest, inner))
      return true;
  }
  return false;
}

static void append_arity(struct bytes *out, unsigned arity)
{
  char text[8];
  bytes_append(out, text, (size_t)snprintf(text, sizeof text, "/%u", arity));
}

// "Shop.Cart." or "shop:".
static enum language append_module(struct bytes *out, struct text module)
{
  struct text prefix = TEXT("Elixir");
  bool elixir = is(module, "Elixir") || starts_with(module, TEXT("Elixir."));
  if (!elixir) {
    append_function(out, module, ERLANG);
    bytes_append_u8(out, ':');
    return ERLANG;
  }
  if (is(module, "Elixir")) {
    append(out, module);
  } else if (is_alias(skip(module, prefix.size))) {
    append(out, skip(module, prefix.size + 1));
  } else {
    bytes_append_u8(out, ':');
    append_quoted(out, module, ELIXIR);
  }
  bytes_append_u8(out, '.');
  return ELIXIR;
}

void frame_name_append(struct bytes *out, const struct function_definition *definition, bool raw)
{
  struct text module = {definition->module, definition->module_size};
  struct text name = {definition->name, definition->name_size};
  if (raw) {
    append(out, module);
    bytes_append_u8(out, ':');
    append(out, name);
    append_arity(out, definition->arity);
    return;
  }
  enum language language = append_module(out, module);
  struct inner_function inner;
  if (!read_inner_function(name, &inner)) {
    append_function(out, name, language);
    append_arity(out, definition->arity);
    return;
  }
  append_function(out, inner.outer, language);
  bytes_append_u8(out, '/');
  append(out, inner.arity);
  bytes_append_u8(out, '-');
  append(out, inner.kind);
  bytes_append_u8(out, '-');
  append(out, inner.number);
}

void frame_name_append_title(struct bytes *out, const char *title, size_t size)
{
  struct text text = {title, size};
  bool quoted = starts_with(text, TEXT("'Elixir."));
  if (quoted)
    text = skip(text, 1);
  struct text module = {text.at, 0};
  while (module.size < text.size && !strchr(":'", text.at[module.size]))
    module.size++;
  struct text rest = skip(text, module.size);
  struct text prefix = TEXT("Elixir");
  bool elixir = starts_with(module, prefix) && is_alias(skip(module, prefix.size)) && (!quoted || take(&rest, '\''));
  bool called = elixir && take(&rest, ':');
  if (!elixir || (rest.size && !called)) {
    bytes_append(out, title, size);
    return;
  }
  append(out, skip(module, prefix.size + 1));
  if (called)
    bytes_append_u8(out, '.');
  append(out, rest);
}

void frame_name_append_process(struct bytes *out, const struct process_definition *definition, bool raw)
{
  if (definition->name_size && !raw)
    frame_name_append_title(out, definition->name, definition->name_size);
  else if (definition->name_size)
    bytes_append(out, definition->name, definition->name_size);
  else if (definition->label_size)
    bytes_append(out, definition->label, definition->label_size);
  else if (definition->initial_call_size && !raw)
    frame_name_append_title(out, definition->initial_call, definition->initial_call_size);
  else if (definition->initial_call_size)
    bytes_append(out, definition->initial_call, definition->initial_call_size);
  else
    bytes_append(out, definition->pid, definition->pid_size);
}
