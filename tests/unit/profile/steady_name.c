#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "profile/steady_name.h"

static void assert_steady(enum frame_kind kind, const char *name, const char *steady)
{
  struct bytes out;
  for (int turn = 0; turn < 2; turn++, name = steady) { // what is steady stays so
    bytes_init(&out, 1024);
    steady_name_append(&out, kind, name);
    bytes_append_u8(&out, '\0');
    assert_false(out.failed);
    assert_string_equal(out.data, steady);
    bytes_release(&out);
  }
}

static void the_compilers_numbers_go(void **state)
{
  (void)state;
  assert_steady(FRAME_FUNCTION, "shop:total/2-fun-0", "shop:total/2-fun");
  assert_steady(FRAME_FUNCTION, "Shop.Cart.total/2-fun-12", "Shop.Cart.total/2-fun");
  assert_steady(FRAME_FUNCTION, "shop:total/2-lc-3", "shop:total/2-lc");
  assert_steady(FRAME_FUNCTION, "shop:total/2-inlined-0", "shop:total/2-inlined");
  assert_steady(FRAME_FUNCTION, "shop:'odd name/1-fun-2'/1-Loop-0", "shop:'odd name/1-fun-2'/1-Loop");
}

static void other_names_of_functions_stay(void **state)
{
  (void)state;
  static const char *const names[] = {
      "",           "lists:sort/1",    "0",     "-0",      "m:f/1-fun-",   "m:f-fun-0",   "m:f/x-fun-0",
      "m:f/-fun-0", "m:'f/1-fun-0'/2", "/1--0", "1-fun-0", "f<0.1.2>:g/1", "m:f/1-a b-0", "m:f/1-0",
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    assert_steady(FRAME_FUNCTION, names[i], names[i]);
}

static void identities_of_processes_go(void **state)
{
  (void)state;
  assert_steady(FRAME_PROCESS, "<0.123.0>", "<>");
  assert_steady(FRAME_PROCESS, "worker <0.12.0> of #Ref<0.1.2.3>", "worker <> of #Ref<>");
  assert_steady(FRAME_PROCESS, "{#PID<0.1.2>, #Port<0.5>}", "{#PID<>, #Port<>}");
  assert_steady(FRAME_PROCESS, "#Fun<shop.0.12345>", "#Fun<shop>");
  assert_steady(FRAME_PROCESS, "#Fun<shop2.0.12345>", "#Fun<shop2>");
  assert_steady(FRAME_PROCESS, "#Function<0.12345/1 in Shop>", "#Function<0.12345/1 in Shop>");
}

static void other_titles_stay(void **state)
{
  (void)state;
  static const char *const titles[] = {"", "shop_cart", "<", "<>", "<a>", "<0.1", "1 < 2", "<a.b>", "<a1>", "pool-7"};
  for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
    assert_steady(FRAME_PROCESS, titles[i], titles[i]);
}

static void what_is_no_name_stays(void **state)
{
  (void)state;
  assert_steady(FRAME_WAITING, "[waiting]", "[waiting]");
  assert_steady(FRAME_GC, "[gc]", "[gc]");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_compilers_numbers_go),   cmocka_unit_test(other_names_of_functions_stay),
      cmocka_unit_test(identities_of_processes_go), cmocka_unit_test(other_titles_stay),
      cmocka_unit_test(what_is_no_name_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
