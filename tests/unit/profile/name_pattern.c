#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "profile/name_pattern.h"

static void assert_matches(const char *pattern, const char *name)
{
  if (!name_pattern_matches(pattern, name))
    fail_msg("%s does not match %s", pattern, name);
}

static void assert_no_match(const char *pattern, const char *name)
{
  if (name_pattern_matches(pattern, name))
    fail_msg("%s matches %s", pattern, name);
}

static void modules_functions_and_arities(void **state)
{
  (void)state;
  static const char *const patterns[] = {"lists",   "lists:map", "lists:map/2", "lists:*", "lists:map/*",
                                         "*:map/2", "*map*",     "*",           "li*s"};
  for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
    assert_matches(patterns[i], "lists:map/2");
  static const char *const others[] = {"list", "lists:ma", "lists:map/", "lists:map/22", "map/2", "lists.map/2", ""};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    assert_no_match(others[i], "lists:map/2");
}

static void elixir_in_both_spellings(void **state)
{
  (void)state;
  static const char *const patterns[] = {
      "Shop.Cart",          "Shop.*",
      "Shop.Cart.total",    "Shop.Cart.total/2",
      "Elixir.Shop.Cart",   "Elixir.Shop.Cart:total",
      "'Elixir.Shop.Cart'", "'Elixir.Shop.Cart':total/2",
      "'Elixir.Shop.*':*",  "Elixir.Shop.*:total/2",
  };
  for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
    assert_matches(patterns[i], "Shop.Cart.total/2");
  static const char *const others[] = {"Shop", "Shop:Cart.total/2", "Shop.Cart.tota", "Elixir", "Elixir.Shop"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    assert_no_match(others[i], "Shop.Cart.total/2");
}

static void what_stands_in_a_function_is_its(void **state)
{
  (void)state;
  assert_matches("shop:total/2", "shop:total/2-fun");
  assert_matches("shop:total", "shop:total/2-fun-0");
  assert_matches("shop:total/2-fun", "shop:total/2-fun");
  assert_matches("Shop.Cart.total/2", "Shop.Cart.total/2-fun");
  assert_no_match("shop:total/2", "shop:total/21-fun");
}

static void odd_names(void **state)
{
  (void)state;
  assert_matches("'odd: module'", "'odd: module':f/1");
  assert_matches("shop:'a/1'", "shop:'a/1'/2");
  assert_no_match("shop:'a", "shop:'a/1'/2");
  assert_matches("Kernel.//2", "Kernel.//2");
  assert_matches("Kernel./", "Kernel.//2");
  assert_matches("erlang:'/'/2", "erlang:'/'/2");
  static const char *const names[] = {"", ":", "'", ":\"", "A.", "a:", "a:'", "a:'\\", "/", "//", "A./"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    assert_matches("*", names[i]);
    assert_matches(names[i], names[i]);
    assert_no_match("*x*", names[i]);
  }
}

// Matching that branches at every star would not come back.
static void many_stars_end(void **state)
{
  (void)state;
  char name[2048], pattern[256] = "";
  memset(name, 'a', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  for (int i = 0; i < 100; i++)
    strcat(pattern, "a*");
  assert_matches(pattern, name);
  strcat(pattern, "b");
  assert_no_match(pattern, name);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(modules_functions_and_arities),
      cmocka_unit_test(elixir_in_both_spellings),
      cmocka_unit_test(what_stands_in_a_function_is_its),
      cmocka_unit_test(odd_names),
      cmocka_unit_test(many_stars_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
