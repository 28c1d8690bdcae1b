// How functions and processes are written. Erlang's expected texts follow io_lib:write_atom/1 and Elixir's
// Exception.format_mfa/3.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "event/trace_event.h"
#include "frame_name.h"

struct name_case {
  const char *module, *name;
  unsigned arity;
  const char *expected;
};

static void check_names(const struct name_case *cases, size_t count, bool raw)
{
  for (size_t i = 0; i < count; i++) {
    struct bytes out;
    bytes_init(&out, 4096);
    struct function_definition definition = {.module = cases[i].module,
                                             .module_size = strlen(cases[i].module),
                                             .name = cases[i].name,
                                             .name_size = strlen(cases[i].name),
                                             .arity = (uint8_t)cases[i].arity};
    frame_name_append(&out, &definition, raw);
    bytes_append_u8(&out, '\0');
    assert_string_equal((const char *)out.data, cases[i].expected);
    bytes_release(&out);
  }
}

#define CHECK_NAMES(cases, raw) check_names(cases, sizeof cases / sizeof *cases, raw)

static void erlang_functions(void **state)
{
  (void)state;
  const struct name_case cases[] = {
      {"lists", "sort", 1, "lists:sort/1"},
      {"my mod", "f g", 2, "'my mod':'f g'/2"},
      {"m", "it's \\", 0, "m:'it\\'s \\\\'/0"},
      {"m", "a\nb\x1b\x01\x7f", 255, "m:'a\\nb\\e\\001\\d'/255"},
      {"m", "a\xc2\x85z", 0, "m:'a\\205z'/0"},
      {"m", "receive", 0, "m:'receive'/0"},
      {"m", "", 0, "m:''/0"},
      {"m", "Up", 0, "m:'Up'/0"},
      {"m", "_x", 0, "m:'_x'/0"},
      {"node@host", "a_B9", 0, "node@host:a_B9/0"},
      {"m", "\xc3\xa9t\xc3\x89", 0, "m:\xc3\xa9t\xc3\x89/0"}, // e acute, E acute: letters of Latin-1
      {"m", "\xc3\xb7", 0, "m:'\xc3\xb7'/0"},                 // the division sign is none
      {"m", "\xc4\x81", 0, "m:'\xc4\x81'/0"},                 // a letter beyond Latin-1
      {"m", "<script>", 0, "m:'<script>'/0"},
  };
  CHECK_NAMES(cases, false);
}

static void elixir_functions(void **state)
{
  (void)state;
  const struct name_case cases[] = {
      {"Elixir.Shop.Cart", "total", 2, "Shop.Cart.total/2"},
      {"Elixir.Foo", "my fun", 1, "Foo.\"my fun\"/1"},
      {"Elixir.foo bar", "x", 0, ":\"Elixir.foo bar\".x/0"},
      {"Elixir.Foo.bar", "x", 0, ":\"Elixir.Foo.bar\".x/0"},
      {"Elixir.", "x", 0, ":\"Elixir.\".x/0"},
      {"Elixir", "x", 0, "Elixir.x/0"},
      {"Elixirish", "x", 0, "'Elixirish':x/0"},
      {"Elixir.Foo", "empty?", 1, "Foo.empty?/1"},
      {"Elixir.Foo", "a!b", 1, "Foo.\"a!b\"/1"},
      {"Elixir.Foo", "+", 2, "Foo.+/2"},
      {"Elixir.Foo", "..", 2, "Foo.\"..\"/2"},
      {"Elixir.Foo", "MACRO-x", 2, "Foo.\"MACRO-x\"/2"},
      {"Elixir.Foo", "a\"#{\n", 0, "Foo.\"a\\\"\\#{\\n\"/0"},
      {"Elixir.Foo", "\xc3\xa9", 0, "Foo.\xc3\xa9/0"},
      {"Elixir.Foo", "receive", 0, "Foo.receive/0"},
  };
  CHECK_NAMES(cases, false);
}

static void functions_the_compiler_made(void **state)
{
  (void)state;
  const struct name_case cases[] = {
      {"shop", "-total/2-fun-0-", 1, "shop:total/2-fun-0"},
      {"Elixir.Shop.Cart", "-total/2-fun-0-", 1, "Shop.Cart.total/2-fun-0"},
      {"Elixir.Shop.Cart", "-total/2-lc$^0/1-0-", 1, "Shop.Cart.total/2-lc-0"},
      {"shop", "-total/2-lbc$^10/2-4-", 2, "shop:total/2-lbc-4"},
      {"shop", "-total/2-inlined-0-", 2, "shop:total/2-inlined-0"},
      {"shop", "-total/2-Loop/1-7-", 2, "shop:total/2-Loop-7"},
      {"shop", "-total/2-lists^map/1-0-", 2, "shop:total/2-lists^map-0"},
      {"shop", "-my fun/1-fun-0-", 0, "shop:'my fun'/1-fun-0"},
      {"Elixir.Shop", "-a/b/1-fun-0-", 0, "Shop.\"a/b\"/1-fun-0"},
  };
  CHECK_NAMES(cases, false);
}

static void almost_functions_the_compiler_made(void **state)
{
  (void)state;
  const struct name_case cases[] = {
      {"m", "-", 0, "m:'-'/0"},
      {"m", "-a/2-fun-0", 0, "m:'-a/2-fun-0'/0"},
      {"m", "-a/2-fun--", 0, "m:'-a/2-fun--'/0"},
      {"m", "-a/-fun-0-", 0, "m:'-a/-fun-0-'/0"},
      {"m", "-/2-fun-0-", 0, "m:'-/2-fun-0-'/0"},
      {"m", "-a/2-\n-0-", 0, "m:'-a/2-\\n-0-'/0"},
      {"m", "-a/2-lc$0-0-", 0, "m:'-a/2-lc$0-0-'/0"},
      {"m", "-a/2-fun-0-x", 0, "m:'-a/2-fun-0-x'/0"},
  };
  CHECK_NAMES(cases, false);
}

static void raw_names_are_the_vms_words(void **state)
{
  (void)state;
  const struct name_case cases[] = {
      {"Elixir.Shop.Cart", "total", 2, "Elixir.Shop.Cart:total/2"},
      {"Elixir.Shop.Cart", "-total/2-fun-0-", 1, "Elixir.Shop.Cart:-total/2-fun-0-/1"},
      {"my mod", "f g", 2, "my mod:f g/2"},
  };
  CHECK_NAMES(cases, true);
}

static void titles(void **state)
{
  (void)state;
  const char *cases[][2] = {
      {"shop_cart", "shop_cart"},
      {"Elixir.Shop.Cart", "Shop.Cart"},
      {"Elixir.Shop.Cart:init/1", "Shop.Cart.init/1"},
      {"'Elixir.Shop.Cart':init/1", "Shop.Cart.init/1"},
      {"shop:init/1", "shop:init/1"},
      {"Elixir", "Elixir"},
      {"Elixir.foo", "Elixir.foo"},
      {"'Elixir.Foo", "'Elixir.Foo"},
      {"'Elixir.Foo'bar", "'Elixir.Foo'bar"},
      {"", ""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct bytes out;
    bytes_init(&out, 4096);
    frame_name_append_title(&out, cases[i][0], strlen(cases[i][0]));
    bytes_append_u8(&out, '\0');
    assert_string_equal((const char *)out.data, cases[i][1]);
    bytes_release(&out);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(erlang_functions),
      cmocka_unit_test(elixir_functions),
      cmocka_unit_test(functions_the_compiler_made),
      cmocka_unit_test(almost_functions_the_compiler_made),
      cmocka_unit_test(raw_names_are_the_vms_words),
      cmocka_unit_test(titles),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
