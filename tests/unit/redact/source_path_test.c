// What is above an application's folder is cut off, and where that folder begins is not guessed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "source_path.h"

static void assert_within(const char *file, const char *application, const char *seen)
{
  assert_string_equal(source_path_within(file, application), seen);
}

static void folders_of_sources_stay(void **state)
{
  (void)state;
  assert_within("lib/shop/cart.ex", "shop", "lib/shop/cart.ex");
  assert_within("src/shop_cart.erl", "", "src/shop_cart.erl");
  assert_within("lib/shop/src/x.ex", "shop", "src/x.ex"); // an application's folder may be called lib/shop
  assert_within("/home/ada/shop/src/cart/x.erl", "shop", "src/cart/x.erl");
  assert_within("/home/ada/shop/_build/default/lib/cowboy-2.9.0/src/a/x.erl", "cowboy", "src/a/x.erl");
  assert_within("C:\\Users\\ada\\shop\\src\\x.erl", "", "src\\x.erl");
}

static void folders_above_them_go(void **state)
{
  (void)state;
  assert_within("/home/ada/x.erl", "shop", "x.erl");
  assert_within("/home/ada/src/x.erl", "shop", "src/x.erl");
  assert_within("/home/ada/src/customer/x.erl", "shop", "x.erl");
  assert_within("/home/ada/lib/customer/cart.ex", "", "cart.ex");
  assert_within("customer/secret/x.erl", "", "x.erl");
  assert_within("../../ada/x.erl", "shop", "x.erl");
  assert_within("src/../../ada/x.erl", "shop", "x.erl");
  assert_within("/home/shopkeeper/src/secret/x.erl", "shop", "x.erl");
}

static void odd_paths_are_ends_of_themselves(void **state)
{
  (void)state;
  assert_within("", "shop", "");
  assert_within("/", "shop", "");
  assert_within("src", "shop", "src");
  assert_within("/home/ada/shop/src/", "shop", "src/");
  assert_within("x.erl", "", "x.erl");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(folders_of_sources_stay),
      cmocka_unit_test(folders_above_them_go),
      cmocka_unit_test(odd_paths_are_ends_of_themselves),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
