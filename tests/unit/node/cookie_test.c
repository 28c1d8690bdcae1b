// The places of a cookie and their order.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/cookie.h"

static char home[] = "/tmp/flambeau-cookie-XXXXXX";
static char cookie[COOKIE_MAX + 1];
static const char *from;

static void write_file(const char *name, const char *text)
{
  char path[128];
  snprintf(path, sizeof path, "%s/%s", home, name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static int set_up(void **state)
{
  (void)state;
  unsetenv("FLAMBEAU_COOKIE");
  unsetenv("RELEASE_COOKIE");
  setenv("HOME", home, 1);
  return 0;
}

static void the_order_of_places(void **state)
{
  (void)state;
  struct error err = {0};
  char path[128];
  write_file(".erlang.cookie", "FROMHOME\n");
  write_file("named", "  FROMFILE \n");
  assert_int_equal(cookie_find(NULL, NULL, cookie, &from, &err), 0);
  assert_string_equal(cookie, "FROMHOME");
  setenv("RELEASE_COOKIE", "FROMRELEASE", 1);
  assert_int_equal(cookie_find(NULL, NULL, cookie, &from, &err), 0);
  assert_string_equal(cookie, "FROMRELEASE");
  setenv("FLAMBEAU_COOKIE", "FROMENV", 1);
  assert_int_equal(cookie_find(NULL, NULL, cookie, &from, &err), 0);
  assert_string_equal(cookie, "FROMENV");
  snprintf(path, sizeof path, "%s/named", home);
  assert_int_equal(cookie_find(NULL, path, cookie, &from, &err), 0);
  assert_string_equal(cookie, "FROMFILE");
  assert_int_equal(cookie_find("GIVEN", path, cookie, &from, &err), 0);
  assert_string_equal(cookie, "GIVEN");
  assert_string_equal(from, "--cookie");
}

static void what_is_no_cookie(void **state)
{
  (void)state;
  char path[128], long_value[COOKIE_MAX + 2];
  struct error missing = {0}, none = {0}, empty = {0}, too_long = {0};
  assert_int_equal(cookie_find(NULL, "/nonexistent/cookie", cookie, &from, &missing), -1);
  assert_int_equal(missing.code, ERROR_USAGE);
  assert_non_null(strstr(missing.message, "/nonexistent/cookie"));
  snprintf(path, sizeof path, "%s/.erlang.cookie", home);
  unlink(path);
  assert_int_equal(cookie_find(NULL, NULL, cookie, &from, &none), -1);
  assert_int_equal(none.code, ERROR_UNREACHABLE);
  assert_int_equal(cookie_find(" \n", NULL, cookie, &from, &empty), -1);
  memset(long_value, 'a', sizeof long_value - 1);
  long_value[sizeof long_value - 1] = '\0';
  assert_int_equal(cookie_find(long_value, NULL, cookie, &from, &too_long), -1);
  assert_int_equal(too_long.code, ERROR_USAGE);
}

int main(void)
{
  if (!mkdtemp(home))
    return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(the_order_of_places, set_up),
      cmocka_unit_test_setup(what_is_no_cookie, set_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
