// A pattern and a name in, yes or no out. The pattern is held against the beginnings of the name that mean something:
//
//     Shop.Cart.total/2-fun-0
//     ^^^^^^^^^ module
//     ^^^^^^^^^^^^^^^ function
//     ^^^^^^^^^^^^^^^^^ with its arity
//     ^^^^^^^^^^^^^^^^^^^^^^^ all of it
//
// Both are hostile: no pattern takes longer than its size times the name's.
#include "profile/name_pattern.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

struct text {
  const char *at;
  size_t size;
};

// The pattern as Elixir is shown: 'Elixir.Shop.Cart':total is Shop.Cart.total.
struct pattern {
  struct text parts[2]; // one after the other
  bool dot;             // between them, instead of what was there
};

static char pattern_at(const struct pattern *pattern, size_t at)
{
  if (at < pattern->parts[0].size)
    return pattern->parts[0].at[at];
  at -= pattern->parts[0].size;
  if (pattern->dot && at-- == 0)
    return '.';
  return at < pattern->parts[1].size ? pattern->parts[1].at[at] : '\0';
}

static bool matches(const struct pattern *pattern, const char *text, size_t size)
{
  size_t at = 0, in = 0, star = 0, retry = 0;
  bool starred = false;
  while (in < size) {
    char c = pattern_at(pattern, at);
    if (c == '*') {
      starred = true;
      star = ++at;
      retry = in;
    } else if (c && c == text[in]) {
      at++;
      in++;
    } else if (starred) {
      at = star;
      in = ++retry;
    } else {
      return false;
    }
  }
  while (pattern_at(pattern, at) == '*')
    at++;
  return pattern_at(pattern, at) == '\0';
}

static struct pattern read_pattern(const char *text)
{
  static const char prefix[] = "Elixir.";
  bool quoted = text[0] == '\'';
  if (strncmp(text + quoted, prefix, strlen(prefix)) != 0)
    return (struct pattern){.parts[0] = {text, strlen(text)}};
  const char *module = text + quoted + strlen(prefix);
  size_t size = strcspn(module, quoted ? "'" : ":");
  const char *rest = module + size + (quoted && module[size] == '\'');
  bool called = *rest == ':';
  rest += called;
  return (struct pattern){.parts = {{module, size}, {rest, strlen(rest)}}, .dot = called};
}

// Behind a quoted atom or string at `at`, or where it begins.
static const char *skip_quoted(const char *at)
{
  char quote = *at;
  if (quote != '\'' && quote != '"')
    return at;
  for (at++; *at && *at != quote; at++)
    at += *at == '\\' && at[1];
  return at + (*at == quote);
}

// Where the module's name ends: before the colon of Erlang, or the dot before the function of Elixir.
static size_t module_size(const char *name)
{
  const char *at = name + (name[0] == ':');
  if (*at == '\'' || *at == '"')
    return (size_t)(skip_quoted(at) - name);
  if (!isupper((unsigned char)*name))
    return strcspn(name, ":");
  const char *dot = strchr(name, '.');
  while (dot && isupper((unsigned char)dot[1]))
    dot = strchr(dot + 1, '.');
  return dot ? (size_t)(dot - name) : strlen(name);
}

// Where the function's name ends: before its arity.
static size_t function_size(const char *name, size_t module)
{
  const char *at = name + module;
  at += *at != '\0';
  const char *end = skip_quoted(at);
  if (end == at && *end) // an operator may be, or have, a slash
    end++;
  end += strcspn(end, "/");
  while (end[0] == '/' && !isdigit((unsigned char)end[1]))
    end += 1 + strcspn(end + 1, "/");
  return (size_t)(end - name);
}

bool name_pattern_matches(const char *text, const char *name)
{
  const struct pattern pattern = read_pattern(text);
  size_t module = module_size(name), function = function_size(name, module), arity = function;
  if (name[arity] == '/')
    arity += 1 + strspn(name + arity + 1, "0123456789");
  return matches(&pattern, name, strlen(name)) || matches(&pattern, name, arity) || matches(&pattern, name, function) ||
         matches(&pattern, name, module);
}
