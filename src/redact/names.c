// Atoms in, what may be seen of them out. Invariants: the same name gives the same word, in every report that is made
// with the same key, and an Elixir module stays one, so that pictures look alike; words are long enough that two names
// of one run do not meet (50 bits).
#include "names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/string_table.h"
#include "event/trace_event.h"
#include "redact/redaction.h"

#define DIGESTED_MAX_BYTES ((size_t)64 << 10)
#define WORD_LETTERS 10
#define NUMBER_MIN_DIGITS 5
#define LONG_HOST_CHARACTERS 4
#define ELIXIR_PREFIX "Elixir."

struct owner {
  uint32_t application;
  enum module_origin origin; // 0: nothing was said
};

#define TEXT(literal) ((struct text){literal, sizeof literal - 1})

static bool is(struct text text, const char *word)
{
  return strlen(word) == text.size && memcmp(text.at, word, text.size) == 0;
}

static bool starts_with(struct text text, const char *start)
{
  size_t size = strlen(start);
  return text.size >= size && memcmp(text.at, start, size) == 0;
}

static void append(struct bytes *out, struct text text)
{
  bytes_append(out, text.at, text.size);
}

int names_init(struct names *names, const struct redaction_options *options)
{
  *names = (struct names){.hashed = options->names,
                          .key = strdup(options->key),
                          .modules = string_table_new(),
                          .applications = string_table_new()};
  bytes_init(&names->digested, DIGESTED_MAX_BYTES);
  return names->key && names->modules && names->applications ? 0 : -1;
}

void names_release(struct names *names)
{
  free(names->key);
  free(names->node);
  free(names->owners);
  string_table_free(names->modules);
  string_table_free(names->applications);
  bytes_release(&names->digested);
}

int names_learn_node(struct names *names, const char *node)
{
  char *copy = strdup(node);
  if (!copy)
    return -1;
  free(names->node);
  names->node = copy;
  const char *at = strrchr(copy, '@');
  const char *host = at ? at + 1 : "";
  names->host = (struct text){host, strlen(host)};
  names->label = (struct text){host, strcspn(host, ".")};
  return 0;
}

uint32_t names_module_id(struct names *names, struct text module)
{
  uint32_t id = string_table_intern(names->modules, module.at, module.size);
  return id == STRING_TABLE_FAILED ? 0 : id;
}

struct text names_module_text(const struct names *names, uint32_t id)
{
  struct text module = TEXT("");
  if (id < string_table_count(names->modules))
    module.at = string_table_text(names->modules, id, &module.size);
  return module;
}

// Where the owner of the module stands; NULL when out of memory.
static struct owner *owner_of(struct names *names, struct text module)
{
  uint32_t id = string_table_intern(names->modules, module.at, module.size);
  if (id == STRING_TABLE_FAILED)
    return NULL;
  if (id >= names->owner_capacity) {
    uint32_t wanted = id * 2 + 64;
    struct owner *larger = realloc(names->owners, wanted * sizeof *larger);
    if (!larger)
      return NULL;
    memset(larger + names->owner_capacity, 0, (wanted - names->owner_capacity) * sizeof *larger);
    names->owners = larger;
    names->owner_capacity = wanted;
  }
  return &names->owners[id];
}

int names_learn_module(struct names *names, const struct module_application *application)
{
  uint32_t kept = string_table_intern(names->applications, application->application, strlen(application->application));
  struct owner *owner = owner_of(names, (struct text){application->module, application->module_size});
  if (kept == STRING_TABLE_FAILED || !owner)
    return -1;
  *owner = (struct owner){.application = kept, .origin = application->origin};
  return 0;
}

bool names_show(struct names *names, struct text module)
{
  // The rules of stacks know some of erlang's functions, and nobody may have said whose it is.
  if (!names->hashed || is(module, "erlang"))
    return true;
  const struct owner *owner = owner_of(names, module);
  return owner && (owner->origin == MODULE_OTP || owner->origin == MODULE_ELIXIR);
}

const char *names_application_of(struct names *names, struct text module)
{
  const struct owner *owner = owner_of(names, module);
  return owner ? string_table_text(names->applications, owner->application, NULL) : "";
}

bool names_is_plain(struct text text, const char *more)
{
  for (size_t i = 0; i < text.size; i++)
    if (!isalnum((unsigned char)text.at[i]) && (text.at[i] == '\0' || !strchr(more, text.at[i])))
      return false;
  return text.size > 0;
}

// A host's name that no code would be called by. A short number is none: it may be a year or a release.
static bool is_telling(struct text host)
{
  bool number = true, letters = true;
  for (size_t i = 0; i < host.size; i++) {
    number &= isdigit((unsigned char)host.at[i]) != 0;
    letters &= isalpha((unsigned char)host.at[i]) != 0;
  }
  return number ? host.size >= NUMBER_MIN_DIGITS : host.size > 1 && !letters;
}

static bool is_whole_word(struct text text, size_t at, size_t size)
{
  return (at == 0 || !isalnum((unsigned char)text.at[at - 1])) &&
         (at + size == text.size || !isalnum((unsigned char)text.at[at + size]));
}

static bool has(struct text text, size_t at, struct text word)
{
  return word.size > 0 && text.size - at >= word.size && strncasecmp(text.at + at, word.at, word.size) == 0;
}

static bool has_word(struct text text, size_t at, struct text word)
{
  return has(text, at, word) && is_whole_word(text, at, word.size);
}

// How much of `text` from `at` on tells of the node, and what stands for it. The longest comes first.
static size_t find_node(const struct names *names, struct text text, size_t at, const char **shown)
{
  struct text behind = {text.at + at + 1, text.size - at - 1};
  bool is_behind = text.at[at] == '@';
  *shown = "n@h";
  if (has(text, at, (struct text){names->node, strlen(names->node)}))
    return strlen(names->node);
  *shown = "@h";
  if (is_behind && has(behind, 0, names->host))
    return 1 + names->host.size;
  if (is_behind && has_word(behind, 0, names->label))
    return 1 + names->label.size;
  *shown = "h";
  if (is_telling(names->host) && has_word(text, at, names->host))
    return names->host.size;
  return is_telling(names->label) && has_word(text, at, names->label) ? names->label.size : 0;
}

// No text becomes longer: names have limits.
void names_append(const struct names *names, struct bytes *out, struct text text)
{
  const char *shown;
  for (size_t i = 0; i < text.size;) {
    size_t hidden = names->node ? find_node(names, text, i, &shown) : 0;
    if (hidden)
      bytes_append(out, shown, strlen(shown));
    else
      bytes_append_u8(out, (uint8_t)text.at[i]);
    i += hidden ? hidden : 1;
  }
}

// "m_k3jx7q2mab". `kind` keeps names of different kinds apart that are spelled alike; `within` is "" or what it is a
// name in.
static void append_word(struct names *names, struct bytes *out, char kind, struct text within, struct text name)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
  uint8_t digest[DIGEST_BYTES];
  struct bytes *digested = &names->digested;
  bytes_clear(digested);
  bytes_append_u8(digested, (uint8_t)kind);
  bytes_append_be(digested, within.size, 4);
  append(digested, within);
  append(digested, name);
  if (digested->failed || digest_keyed(names->key, digested->data, digested->size, digest) < 0) {
    out->failed = true;
    return;
  }
  uint64_t bits = 0;
  for (size_t i = 0; i < 8; i++)
    bits = bits << 8 | digest[i];
  bytes_append_u8(out, (uint8_t)kind);
  bytes_append_u8(out, '_');
  for (unsigned i = 0; i < WORD_LETTERS; i++)
    bytes_append_u8(out, (uint8_t)letters[bits >> (59 - 5 * i) & 31]);
}

void names_append_module(struct names *names, struct bytes *out, struct text module)
{
  if (names_show(names, module)) {
    names_append(names, out, module);
    return;
  }
  bool elixir = starts_with(module, ELIXIR_PREFIX);
  if (elixir)
    append(out, TEXT(ELIXIR_PREFIX));
  append_word(names, out, elixir ? 'M' : 'm', TEXT(""), module);
}

// Of `-total/2-fun-0-` the name of the function it was written in, and what follows it. Only what the compiler itself
// may have put there is no name.
static bool split_inner(struct text name, struct text *outer, struct text *tail)
{
  static const char *const kinds[] = {"fun-", "lc$", "lbc$", "mc$", "mbc$", "blc$", "bbc$"};
  for (size_t i = 2; name.size && name.at[0] == '-' && i < name.size; i++) {
    if (name.at[i] != '/')
      continue;
    size_t at = i + 1;
    while (at < name.size && isdigit((unsigned char)name.at[at]))
      at++;
    if (at == i + 1 || at == name.size || name.at[at] != '-')
      continue;
    *outer = (struct text){name.at + 1, i - 1};
    *tail = (struct text){name.at + i, name.size - i};
    struct text kind = {name.at + at + 1, name.size - at - 1};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
      size_t size = strlen(kinds[k]);
      struct text rest = starts_with(kind, kinds[k]) ? (struct text){kind.at + size, kind.size - size} : TEXT("");
      const char *letter = rest.at;
      while (letter < rest.at + rest.size && !isalpha((unsigned char)*letter))
        letter++;
      if (rest.size && letter == rest.at + rest.size && names_is_plain(rest, "-/$^"))
        return true;
    }
  }
  return false;
}

void names_append_function(struct names *names, struct bytes *out, struct text module, struct text function)
{
  struct text outer, tail;
  if (names_show(names, module)) {
    names_append(names, out, function);
  } else if (split_inner(function, &outer, &tail)) {
    bytes_append_u8(out, '-');
    append_word(names, out, 'f', module, outer);
    append(out, tail);
  } else {
    append_word(names, out, 'f', module, function);
  }
}

void names_append_application(struct names *names, struct bytes *out, struct text module, const char *application)
{
  struct text name = {application, strlen(application)};
  if (name.size == 0 || names_show(names, module))
    names_append(names, out, name);
  else
    append_word(names, out, 'a', TEXT(""), name);
}

// A long one anywhere, a short one as a word: db2 is not in feedb26.
static bool holds(struct text text, struct text host)
{
  for (size_t i = 0; is_telling(host) && i < text.size; i++)
    if (host.size < LONG_HOST_CHARACTERS ? has_word(text, i, host) : has(text, i, host))
      return true;
  return false;
}

static bool holds_host(const struct names *names, struct text text)
{
  return names->node && (holds(text, names->host) || holds(text, names->label));
}

void names_append_registered(struct names *names, struct bytes *out, struct text name)
{
  if (!names_is_plain(name, "_.") || strchr("0123456789.", name.at[0]) || holds_host(names, name))
    return;
  const struct owner *owner = owner_of(names, name);
  if (!names->hashed)
    append(out, name);
  else if (names_show(names, name) || (owner && owner->origin))
    names_append_module(names, out, name); // the process of a module is called as its code is
  else
    append_word(names, out, 'p', TEXT(""), name);
}

void names_append_typed_process(struct names *names, struct bytes *out, struct text typed)
{
  struct bytes whole, seen;
  bytes_init(&whole, DIGESTED_MAX_BYTES);
  bytes_init(&seen, DIGESTED_MAX_BYTES);
  bool alias = typed.size && isupper((unsigned char)typed.at[0]) && !starts_with(typed, ELIXIR_PREFIX);
  if (alias)
    append(&whole, TEXT(ELIXIR_PREFIX));
  append(&whole, typed);
  names_append_registered(names, &seen, (struct text){(const char *)whole.data, whole.size});
  struct text shown = {(const char *)seen.data, seen.size};
  size_t skipped = alias && starts_with(shown, ELIXIR_PREFIX) ? strlen(ELIXIR_PREFIX) : 0;
  bytes_append(out, shown.at + skipped, shown.size - skipped);
  out->failed |= whole.failed || seen.failed;
  bytes_release(&whole);
  bytes_release(&seen);
}

// An atom as Erlang writes it, from the start of `*text`; without escapes.
static bool take_atom(struct text *text, struct text *atom)
{
  bool quoted = text->size && text->at[0] == '\'';
  size_t from = quoted, to = from;
  while (to < text->size && (quoted ? text->at[to] != '\'' : text->at[to] != ':' && text->at[to] != '/'))
    if (text->at[to++] == '\\')
      return false;
  if (to == from || (quoted && to == text->size))
    return false;
  *atom = (struct text){text->at + from, to - from};
  *text = (struct text){text->at + to + quoted, text->size - to - quoted};
  return true;
}

static bool take(struct text *text, char c)
{
  if (!text->size || text->at[0] != c)
    return false;
  *text = (struct text){text->at + 1, text->size - 1};
  return true;
}

static bool is_number(struct text text)
{
  size_t digits = 0;
  while (digits < text.size && isdigit((unsigned char)text.at[digits]))
    digits++;
  return digits > 0 && digits == text.size;
}

static bool read_call(struct text call, struct text *module, struct text *function, struct text *arity)
{
  *arity = call;
  return take_atom(arity, module) && take(arity, ':') && take_atom(arity, function) && take(arity, '/') &&
         is_number(*arity);
}

// Words need quotes only where there is a capital.
static void append_atom(struct bytes *out, const struct bytes *atom)
{
  bool quoted = atom->size && !islower((unsigned char)atom->data[0]);
  for (size_t i = 0; i < atom->size; i++)
    quoted |= !isalnum(atom->data[i]) && atom->data[i] != '_';
  if (quoted)
    bytes_append_u8(out, '\'');
  bytes_append(out, atom->data, atom->size);
  if (quoted)
    bytes_append_u8(out, '\'');
  out->failed |= atom->failed;
}

void names_append_initial_call(struct names *names, struct bytes *out, struct text call)
{
  struct text module, function, arity;
  struct bytes name;
  if (!read_call(call, &module, &function, &arity))
    return;
  bytes_init(&name, DIGESTED_MAX_BYTES);
  names_append_module(names, &name, module);
  append_atom(out, &name);
  bytes_append_u8(out, ':');
  bytes_clear(&name);
  names_append_function(names, &name, module, function);
  append_atom(out, &name);
  bytes_append_u8(out, '/');
  append(out, arity);
  bytes_release(&name);
}

// Where the last character of `set` stands in `text`; its size when none does.
static size_t last_of(struct text text, const char *set)
{
  for (size_t i = text.size; i-- > 0;)
    if (strchr(set, text.at[i]))
      return i;
  return text.size;
}

static void append_elixir_function(struct names *names, struct bytes *out, struct text alias, struct text function)
{
  struct bytes module;
  bytes_init(&module, DIGESTED_MAX_BYTES);
  bytes_append(&module, ELIXIR_PREFIX, strlen(ELIXIR_PREFIX));
  append(&module, alias);
  struct text whole = {(const char *)module.data, module.size};
  if (module.failed) {
    out->failed = true;
  } else {
    if (names_show(names, whole))
      append(out, alias);
    else
      append_word(names, out, 'M', TEXT(""), whole);
    bytes_append_u8(out, '.');
    names_append_function(names, out, whole, function);
  }
  bytes_release(&module);
}

void names_append_typed_function(struct names *names, struct bytes *out, struct text typed)
{
  size_t slash = last_of(typed, "/");
  struct text arity = {typed.at + slash, typed.size - slash}, name = {typed.at, slash};
  struct text number = {arity.at + 1, arity.size ? arity.size - 1 : 0};
  take(&name, ':'); // :lists.sort
  size_t at = last_of(name, name.size && isupper((unsigned char)name.at[0]) ? "." : ":.");
  struct text module = {name.at, at}, function = {name.at + at + 1, at < name.size ? name.size - at - 1 : 0};
  if (!names_is_plain(module, "_.") || !names_is_plain(function, "_?!") || (arity.size && !is_number(number)) ||
      holds_host(names, typed)) {
    append(out, TEXT("..."));
    return;
  }
  if (isupper((unsigned char)module.at[0])) {
    append_elixir_function(names, out, module, function);
  } else {
    names_append_module(names, out, module);
    bytes_append_u8(out, ':');
    names_append_function(names, out, module, function);
  }
  append(out, arity);
}
