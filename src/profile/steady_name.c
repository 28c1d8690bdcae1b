// A name as shown in, the same name in every run and from every compiler out. What is cut is always a number that the
// VM or the compiler counted up; where it ends is fixed by the shape around it, so that no other digit of a name is
// touched.
#include "profile/steady_name.h"

#include <ctype.h>
#include <string.h>

#include "base/bytes.h"

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool is_kind_character(char c)
{
  return isalnum((unsigned char)c) || c == '_' || c == '^' || c == '@';
}

// How much of `name` stands before the number of a function that the compiler made: the name ends in
// "/ARITY-KIND-NUMBER". All of it when it is another.
static size_t size_without_number(const char *name)
{
  size_t size = strlen(name), end = size;
  while (end > 0 && is_digit(name[end - 1]))
    end--;
  if (end == size || end == 0 || name[end - 1] != '-')
    return size;
  size_t steady = --end;
  while (end > 0 && is_kind_character(name[end - 1]))
    end--;
  if (end == steady || end == 0 || name[end - 1] != '-')
    return size;
  size_t arity = --end;
  while (end > 0 && is_digit(name[end - 1]))
    end--;
  return end < arity && end > 0 && name[end - 1] == '/' ? steady : size;
}

#define NUMBERS "0123456789."

// The size of an identity at the start of `text`: "<0.12.0>", "<shop.0.123>"; 0 when it is none. `*kept` is how much of
// it, behind the bracket, is a name.
static size_t identity_size(const char *text, size_t *kept)
{
  if (text[0] != '<')
    return 0;
  size_t size = strspn(text + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_@" NUMBERS);
  if (text[1 + size] != '>' || !is_digit(text[size]))
    return 0;
  size_t name = size;
  while (name > 0 && strchr(NUMBERS, text[name]))
    name--;
  *kept = name ? name + strcspn(text + 1 + name, ".") : 0;
  return *kept < size ? size + 2 : 0;
}

static void append_title(struct bytes *out, const char *title)
{
  while (*title) {
    size_t kept = 0, size = identity_size(title, &kept);
    bytes_append(out, title, size ? 1 + kept : 1);
    if (size)
      bytes_append_u8(out, '>');
    title += size ? size : 1;
  }
}

void steady_name_append(struct bytes *out, enum frame_kind kind, const char *name)
{
  if (kind == FRAME_PROCESS)
    append_title(out, name);
  else if (kind == FRAME_FUNCTION)
    bytes_append(out, name, size_without_number(name));
  else
    bytes_append(out, name, strlen(name));
}
