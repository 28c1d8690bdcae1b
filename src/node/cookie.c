// Looks for the cookie in the places of cookie.h, in their order; what is found first is used.
#include "node/cookie.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int take(const char *text, size_t size, const char *place, char cookie[COOKIE_MAX + 1], struct error *err)
{
  while (size > 0 && isspace((unsigned char)text[0])) {
    text++;
    size--;
  }
  while (size > 0 && isspace((unsigned char)text[size - 1]))
    size--;
  if (size == 0)
    return error_set(err, ERROR_USAGE, "the cookie from %s is empty", place);
  if (size > COOKIE_MAX || memchr(text, '\0', size))
    return error_set(err, ERROR_USAGE, "the cookie from %s is not one: at most %d characters are allowed", place,
                     COOKIE_MAX);
  memcpy(cookie, text, size);
  cookie[size] = '\0';
  return 0;
}

static int take_file(const char *path, char cookie[COOKIE_MAX + 1], struct error *err)
{
  char text[COOKIE_MAX + 64];
  FILE *file = fopen(path, "r");
  if (!file)
    return error_set(err, ERROR_USAGE, "the cookie file %s cannot be read: %s", path, strerror(errno));
  size_t size = fread(text, 1, sizeof text, file);
  bool bad = ferror(file) != 0;
  fclose(file);
  if (bad)
    return error_set(err, ERROR_USAGE, "the cookie file %s cannot be read", path);
  return take(text, size, path, cookie, err);
}

int cookie_find(const char *value, const char *file, char cookie[COOKIE_MAX + 1], const char **from, struct error *err)
{
  static const char *const variables[] = {"FLAMBEAU_COOKIE", "RELEASE_COOKIE"};
  const char *ignored;
  from = from ? from : &ignored;
  if (value) {
    *from = "--cookie";
    return take(value, strlen(value), *from, cookie, err);
  }
  if (file) {
    *from = "--cookie-file";
    return take_file(file, cookie, err);
  }
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
    const char *text = getenv(variables[i]);
    if (text && *text) {
      *from = variables[i];
      return take(text, strlen(text), variables[i], cookie, err);
    }
  }
  const char *home = getenv("HOME");
  char path[4096];
  *from = "~/.erlang.cookie";
  if (home && snprintf(path, sizeof path, "%s/.erlang.cookie", home) < (int)sizeof path) {
    FILE *exists = fopen(path, "r");
    if (exists) {
      fclose(exists);
      return take_file(path, cookie, err);
    }
    if (errno != ENOENT)
      return take_file(path, cookie, err);
  }
  return error_set(err, ERROR_UNREACHABLE,
                   "no cookie was found: give --cookie-file FILE, or set FLAMBEAU_COOKIE to the node's cookie");
}
