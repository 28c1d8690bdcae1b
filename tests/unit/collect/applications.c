// Whose code modules are found to be, in the trees that the build tools make. The paths are those that mix, rebar3,
// erlang.mk and relx leave in modules and their lines.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "applications.h"

struct app {
  const char *name, *description, *uses[4];
};

struct module {
  const char *name, *member_of, *file, *source, *located; // NULL: not said
  const char *expected;                                   // "origin application"
};

static void assert_owners(const struct app *apps, const struct module *modules)
{
  static const char *const origins[] = {
      [MODULE_OWN] = "own", [MODULE_DEPENDENCY] = "dependency", [MODULE_ELIXIR] = "elixir", [MODULE_OTP] = "otp"};
  struct applications all;
  uint32_t count = 0;
  while (modules[count].name)
    count++;
  applications_init(&all, count);
  for (const struct app *app = apps; app->name; app++) {
    applications_loaded(&all, app->name, app->description);
    for (size_t i = 0; i < 4 && app->uses[i]; i++)
      applications_uses(&all, app->name, app->uses[i]);
  }
  for (uint32_t i = 0; i < count; i++) {
    const struct module *module = &modules[i];
    if (module->member_of)
      applications_member(&all, module->member_of, i);
    applications_module(&all, i, module->file ? module->file : "", module->source ? module->source : "");
    if (module->located)
      applications_located(&all, i, module->name, module->located);
  }
  assert_true(applications_decide(&all));
  for (uint32_t i = 0; i < count; i++) {
    struct module_application found;
    char text[256];
    assert_true(applications_of_module(&all, i, &found));
    snprintf(text, sizeof text, "%s %s", origins[found.origin], found.application);
    if (strcmp(text, modules[i].expected) != 0)
      fail_msg("%s: %s, not %s", modules[i].name, text, modules[i].expected);
  }
  applications_release(&all);
}

#define STDLIB                                                                                                         \
  {                                                                                                                    \
    "stdlib", "ERTS  CXC 138 10",                                                                                      \
    {                                                                                                                  \
      "kernel"                                                                                                         \
    }                                                                                                                  \
  }
#define ELIXIR                                                                                                         \
  {                                                                                                                    \
    "elixir", "elixir",                                                                                                \
    {                                                                                                                  \
      "kernel", "stdlib"                                                                                               \
    }                                                                                                                  \
  }

static void mix_in_development(void **state)
{
  (void)state;
  assert_owners(
      (const struct app[]){STDLIB,
                           ELIXIR,
                           {"shop", "shop", {"elixir", "jason", "cowboy"}},
                           {"jason", "A blazing fast JSON parser and generator", {"elixir"}},
                           {"cowboy", "Small, fast, modern HTTP server.", {"crypto"}},
                           {0}},
      (const struct module[]){
          {"lists", "stdlib", "/usr/lib/erlang/lib/stdlib-4.2/ebin/lists.beam", "/build/lists.erl", NULL, "otp stdlib"},
          {"Elixir.Enum", "elixir", "/usr/lib/elixir/lib/elixir/ebin/Elixir.Enum.beam",
           "/build/elixir/lib/elixir/lib/enum.ex", "lib/enum.ex", "elixir elixir"},
          {"Elixir.Enumerable", "elixir", "/home/u/shop/_build/dev/lib/shop/consolidated/Elixir.Enumerable.beam",
           "/build/elixir/lib/elixir/lib/enum.ex", NULL, "elixir elixir"},
          {"Elixir.Shop.Cart", "shop", "/home/u/shop/_build/dev/lib/shop/ebin/Elixir.Shop.Cart.beam",
           "/home/u/shop/lib/shop/cart.ex", "lib/shop/cart.ex", "own shop"},
          {"Elixir.Jason", "jason", "/home/u/shop/_build/dev/lib/jason/ebin/Elixir.Jason.beam",
           "/home/u/shop/deps/jason/lib/jason.ex", "lib/jason.ex", "dependency jason"},
          {"cowboy_http", "cowboy", "/home/u/shop/_build/dev/lib/cowboy/ebin/cowboy_http.beam",
           "/home/u/shop/deps/cowboy/src/cowboy_http.erl", NULL, "dependency cowboy"},
          {"elixir_eval_made", NULL, "", "", NULL, "own "},
          {0}});
}

static void an_umbrella_in_development(void **state)
{
  (void)state;
  assert_owners((const struct app[]){STDLIB,
                                     {"web", "web", {"core", "plug"}},
                                     {"core", "The heart of it, described at length", {"ecto"}},
                                     {"plug", "Compose web applications", {0}},
                                     {"ecto", "A toolkit for data mapping", {0}},
                                     {0}},
                (const struct module[]){{"Elixir.Web", "web", "/u/s/_build/dev/lib/web/ebin/Elixir.Web.beam",
                                         "/u/s/apps/web/lib/web.ex",
                                         // made by a macro that keeps its own place
                                         "deps/plug/lib/plug/builder.ex", "own web"},
                                        {"Elixir.Core", "core", "/u/s/_build/dev/lib/core/ebin/Elixir.Core.beam",
                                         "/u/s/apps/core/lib/core.ex", NULL, "own core"},
                                        {"Elixir.Plug", "plug", "/u/s/_build/dev/lib/plug/ebin/Elixir.Plug.beam",
                                         "/u/s/deps/plug/lib/plug.ex", NULL, "dependency plug"},
                                        {"Elixir.Ecto", "ecto", "/u/s/_build/dev/lib/ecto/ebin/Elixir.Ecto.beam",
                                         "/u/s/deps/ecto/lib/ecto.ex", NULL, "dependency ecto"},
                                        {0}});
}

// Sources are stripped; what is left is the graph, and whole paths of Erlang files.
static void a_mix_release_of_an_umbrella(void **state)
{
  (void)state;
  assert_owners(
      (const struct app[]){STDLIB,
                           ELIXIR,
                           {"web", "web", {"elixir", "core", "plug"}},
                           {"core", "core", {"elixir", "ecto", "recon"}},
                           {"plug", "Compose web applications", {"elixir"}},
                           {"ecto", "A toolkit for data mapping", {"elixir"}},
                           {"recon", "Diagnostic tools for production use", {"kernel"}},
                           {"observer_cli", "Visualize nodes", {"recon"}},
                           {0}},
      (const struct module[]){
          {"Elixir.Web", "web", "/app/lib/web-0.1.0/ebin/Elixir.Web.beam", "", "lib/web.ex", "own web"},
          {"Elixir.Core", "core", "/app/lib/core-0.1.0/ebin/Elixir.Core.beam", "", "lib/core.ex", "own core"},
          {"Elixir.Plug", "plug", "/app/lib/plug-1.14.0/ebin/Elixir.Plug.beam", "", "lib/plug.ex", "dependency plug"},
          {"Elixir.Ecto", "ecto", "/app/lib/ecto-3.9.1/ebin/Elixir.Ecto.beam", "", NULL, "dependency ecto"},
          {"observer_cli", "observer_cli", "/app/lib/observer_cli-1.7.3/ebin/observer_cli.beam", "",
           "/build/deps/observer_cli/src/observer_cli.erl", "dependency observer_cli"},
          {"gen", "stdlib", "/app/lib/stdlib-4.2/ebin/gen.beam", "", NULL, "otp stdlib"},
          {0}});
}

static void rebar3(void **state)
{
  (void)state;
  assert_owners((const struct app[]){STDLIB,
                                     {"web", "The web side", {"core", "jsx", "vat"}},
                                     {"core", "The heart of it", {"jsx"}},
                                     {"jsx", "a streaming, evented json parsing toolkit", {0}},
                                     {"vat", "Taxes", {0}},
                                     {"toll", "Of roads", {0}},
                                     {0}},
                (const struct module[]){
                    {"web", "web", "/u/s/_build/default/lib/web/ebin/web.beam", "/u/s/apps/web/src/web.erl",
                     "/u/s/apps/web/src/web.erl", "own web"},
                    {"core", "core", "/u/s/_build/default/lib/core/ebin/core.beam", "/u/s/apps/core/src/core.erl", NULL,
                     "own core"},
                    {"jsx", "jsx", "/u/s/_build/default/lib/jsx/ebin/jsx.beam",
                     "/u/s/_build/default/lib/jsx/src/jsx.erl", NULL, "dependency jsx"},
                    {"vat", "vat", "/u/s/_build/default/checkouts/vat/ebin/vat.beam", "", NULL, "dependency vat"},
                    {"toll", "toll", "", "/u/s/_checkouts/toll/src/toll.erl", NULL, "dependency toll"},
                    {0}});
}

// In a stripped release of rebar3 the lines have whole paths. What a header made says nothing.
static void a_rebar3_release(void **state)
{
  (void)state;
  assert_owners(
      (const struct app[]){STDLIB,
                           {"web", "The web side", {"core", "jsx"}},
                           {"core", "The heart of it", {"jsx"}},
                           {"jsx", "a streaming, evented json parsing toolkit", {0}},
                           {0}},
      (const struct module[]){
          {"web", "web", "/opt/s/lib/web-1.0.0/ebin/web.beam", "", "/b/s/apps/web/src/web.erl", "own web"},
          {"core", "core", "/opt/s/lib/core-1.0.0/ebin/core.beam", "", "/b/s/apps/core/src/core.erl", "own core"},
          {"jsx", "jsx", "/opt/s/lib/jsx-3.1.0/ebin/jsx.beam", "", "/b/s/_build/prod/lib/jsx/src/jsx.erl",
           "dependency jsx"},
          {0}});
  assert_owners((const struct app[]){{"web", "The web side", {"jsx", "web"}}, {"jsx", "a parsing toolkit", {0}}, {0}},
                (const struct module[]){
                    {"jsx", "jsx", "/opt/s/lib/jsx-3.1.0/ebin/jsx.beam", "", "/usr/lib/eunit/include/eunit.hrl",
                     "dependency jsx"},
                    {"web", "web", "/opt/s/lib/web-1.0.0/ebin/web.beam", "", NULL, "own web"}, // used by itself alone
                    {"script", NULL, "", "", NULL, "own "},
                    {0}});
}

static void without_applications(void **state)
{
  (void)state;
  assert_owners((const struct app[]){STDLIB, {0}},
                (const struct module[]){
                    {"erlang", NULL, "preloaded", "", NULL, "otp erts"},
                    {"shop", NULL, "/home/u/shop/ebin/shop.beam", "/home/u/shop/src/shop.erl", NULL, "own "},
                    {"compile", NULL, "/usr/lib/erlang/lib/compiler-8.2.3/ebin/compile.beam", "", NULL, "otp compiler"},
                    {"Elixir.EEx", NULL, "/opt/elixir/lib/eex/ebin/Elixir.EEx.beam", "/build/lib/eex/lib/eex.ex", NULL,
                     "elixir eex"},
                    {"cowboy", NULL, "/home/u/shop/deps/cowboy/ebin/cowboy.beam",
                     "/home/u/shop/deps/cowboy/src/cowboy.erl", NULL, "dependency cowboy"},
                    {"jsx", NULL, "/usr/local/bin/tool/jsx/ebin/jsx.beam", "/u/t/_build/default/lib/jsx/src/jsx.erl",
                     NULL, "dependency jsx"},
                    {"tool", NULL, "/usr/local/bin/tool/tool/ebin/tool.beam", "/u/t/src/tool.erl", NULL, "own "},
                    {"my_lib", NULL, "/opt/lib/my_lib-2.0/ebin/my_lib.beam", "", NULL, "own my_lib"},
                    {0}});
}

// The project is somebody's dependency, but here it is what is being worked on.
static void a_project_in_a_folder_of_dependencies(void **state)
{
  (void)state;
  const struct app apps[] = {{"rabbit", "RabbitMQ", {"common"}}, {"common", "Modules shared", {0}}, {0}};
  assert_owners(apps, (const struct module[]){
                          {"rabbit", "rabbit", "/u/mq/deps/rabbit/ebin/rabbit.beam", "", NULL, "own rabbit"},
                          {"common", "common", "/u/mq/deps/common/ebin/common.beam", "", NULL, "dependency common"},
                          {0}});
  // Below another's name it is nobody's: /u/deps/shop is a project.
  assert_owners(
      (const struct app[]){{"cart", "", {0}}, {0}},
      (const struct module[]){{"cart", "cart", "", "/u/deps/shop/apps/cart/src/cart.erl", NULL, "own cart"}, {0}});
}

static void hostile_facts(void **state)
{
  (void)state;
  static char name[2000];
  memset(name, '/', sizeof name - 1);
  assert_owners((const struct app[]){{name, name, {name, ""}}, {"", "", {"", "a"}}, {"a", "\xff", {"b", "a"}}, {0}},
                (const struct module[]){{"", name, name, name, name, "own "},
                                        {"m", "", "ebin/", "deps/", "deps//", "own "},
                                        {"n", NULL, "lib//ebin/x", "_build//lib//x", "/n.erl", "own "},
                                        {"o", NULL, "lib/-1/ebin/o.beam", "", NULL, "own -1"},
                                        {0}});
  struct applications all;
  char many[16];
  applications_init(&all, 3);
  for (int i = 0; i < 10000; i++) {
    snprintf(many, sizeof many, "a%d", i);
    applications_loaded(&all, many, "");
    applications_member(&all, many, i < 4000 ? 1 : 2); // in the end of one too many
  }
  applications_member(&all, "a1", UINT32_MAX);
  for (uint32_t i = 1; i < 3; i++)
    applications_module(&all, i, "", "");
  applications_module(&all, 3, "", "");
  applications_located(&all, 7, "m", "m.erl");
  assert_true(applications_decide(&all));
  struct module_application found;
  assert_false(applications_of_module(&all, 0, &found));
  assert_true(applications_of_module(&all, 1, &found));
  assert_string_equal(found.application, "a3999");
  assert_true(applications_of_module(&all, 2, &found));
  assert_string_equal(found.application, "");
  assert_false(applications_of_module(&all, 3, &found));
  applications_release(&all);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mix_in_development),
      cmocka_unit_test(an_umbrella_in_development),
      cmocka_unit_test(a_mix_release_of_an_umbrella),
      cmocka_unit_test(rebar3),
      cmocka_unit_test(a_rebar3_release),
      cmocka_unit_test(without_applications),
      cmocka_unit_test(a_project_in_a_folder_of_dependencies),
      cmocka_unit_test(hostile_facts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
