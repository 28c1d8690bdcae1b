// Names of outputs that nobody named: safe as a file name and in a shell.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "output_name.h"

static void check(const char *node, const char *what, const char *started, const char *extension, const char *expected)
{
  char name[OUTPUT_NAME_MAX];
  output_name(node, what, started, extension, name);
  assert_string_equal(name, expected);
}

static void parts_are_joined(void **state)
{
  (void)state;
  check("shop@localhost", "shop_cart", "2026-01-31T12:05:09Z", ".svg",
        "flambeau-shop@localhost-shop_cart-20260131-120509.svg");
  check("shop@10.0.0.7", "<0.123.0>", "2026-01-31T12:05:09", ".flb",
        "flambeau-shop@10.0.0.7-0.123.0-20260131-120509.flb");
}

static void missing_parts_are_left_out(void **state)
{
  (void)state;
  check(NULL, "profile", NULL, ".svg", "flambeau-profile.svg");
  check(NULL, NULL, NULL, ".svg", "flambeau.svg");
  check("", "", "", ".png", "flambeau.png");
}

static void nothing_escapes_from_the_folder(void **state)
{
  (void)state;
  check("../../etc/passwd", "/a b\n\t'\"$(x)\x1b[2J", NULL, ".svg", "flambeau-..-..-etc-passwd-a-b-x-2J.svg");
  check(NULL, "supervisor:shop_sup", NULL, ".svg", "flambeau-supervisor-shop_sup.svg");
  check(NULL, "\xc3\xa4pfel", NULL, ".svg", "flambeau-pfel.svg");
}

static void length_is_bounded(void **state)
{
  (void)state;
  char longest[1000];
  char name[OUTPUT_NAME_MAX];
  memset(longest, 'a', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  output_name(longest, longest, "2026-01-31T12:05:09Z", ".svg", name);
  assert_true(strlen(name) < 200);
  assert_string_equal(name + strlen(name) - 20, "-20260131-120509.svg");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parts_are_joined),
      cmocka_unit_test(missing_parts_are_left_out),
      cmocka_unit_test(nothing_escapes_from_the_folder),
      cmocka_unit_test(length_is_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
