// Whose code a frame is, as it was told of its module: before its functions are defined or after.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream.h"

static void belong(struct stream *stream, const char *module, const char *name, enum module_origin origin)
{
  struct error err = {0};
  const struct module_application application = {
      .module = module, .module_size = strlen(module), .application = name, .origin = origin};
  assert_int_equal(stream_sink(stream)->ops->application(stream_sink(stream), &application, &err), 0);
}

static void assert_owner(const struct profile *profile, const char *name, enum frame_origin origin, const char *of)
{
  for (size_t i = 0; i < profile->frame_count; i++) {
    if (strcmp(profile->frames[i].name, name) != 0)
      continue;
    assert_int_equal(profile->frames[i].origin, origin);
    assert_string_equal(profile->frames[i].application, of);
    return;
  }
  fail_msg("there is no %s", name);
}

static void every_function_of_a_module_belongs_to_its_application(void **state)
{
  (void)state;
  struct stream stream;
  stream_init(&stream, true);
  stream_define(&stream, 0, "<0.1.0>", "shop");
  belong(&stream, "lists", "stdlib", MODULE_OTP);
  stream_push(&stream, "0 call shop:run/0 none\n1 call lists:sort/1 shop:run/0\n2 return shop:run/0\n"
                       "3 call Elixir.Enum:map/2 shop:run/0\n4 call jason:go/0 Elixir.Enum:map/2\n"
                       "5 call odd:one/0 jason:go/0\n6 exit\n");
  belong(&stream, "shop", "old", MODULE_DEPENDENCY);
  belong(&stream, "shop", "shop", MODULE_OWN); // the last time counts
  belong(&stream, "Elixir.Enum", "elixir", MODULE_ELIXIR);
  belong(&stream, "jason", "", MODULE_DEPENDENCY);
  belong(&stream, "never_seen", "x", MODULE_OWN);
  stream_push(&stream, "p 1\n0 call shop:late/1 none\n1 call lists:map/2 shop:late/1\n2 exit\n");
  struct profile *profile = stream_finish(&stream);
  assert_owner(profile, "shop:run/0", ORIGIN_OWN, "shop");
  assert_owner(profile, "shop:late/1", ORIGIN_OWN, "shop");
  assert_owner(profile, "lists:sort/1", ORIGIN_OTP, "stdlib");
  assert_owner(profile, "lists:map/2", ORIGIN_OTP, "stdlib");
  assert_owner(profile, "Enum.map/2", ORIGIN_ELIXIR, "elixir");
  assert_owner(profile, "jason:go/0", ORIGIN_DEPENDENCY, "");
  assert_owner(profile, "odd:one/0", ORIGIN_UNKNOWN, "");
  assert_owner(profile, "[waiting]", ORIGIN_UNKNOWN, "");
  assert_owner(profile, "shop", ORIGIN_UNKNOWN, ""); // a process, not the module
  profile_free(profile);
  stream_release(&stream);
}

static void many_modules(void **state)
{
  (void)state;
  struct stream stream;
  char line[64], module[16], application[16], name[32];
  stream_init(&stream, false);
  stream_push(&stream, "0 call shop:run/0 none\n");
  for (int i = 0; i < 3000; i++) {
    snprintf(line, sizeof line, "%d call m%d:f/0 shop:run/0\n", i + 1, i);
    stream_push(&stream, line);
  }
  for (int i = 0; i < 3000; i += 3) {
    snprintf(module, sizeof module, "m%d", i);
    snprintf(application, sizeof application, "a%d", i % 7);
    belong(&stream, module, application, MODULE_OWN);
  }
  struct profile *profile = stream_finish(&stream);
  for (int i = 0; i < 3000; i += 100) {
    snprintf(name, sizeof name, "m%d:f/0", i);
    snprintf(application, sizeof application, i % 3 == 0 ? "a%d" : "", i % 7);
    assert_owner(profile, name, i % 3 == 0 ? ORIGIN_OWN : ORIGIN_UNKNOWN, application);
  }
  profile_free(profile);
  stream_release(&stream);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_function_of_a_module_belongs_to_its_application),
      cmocka_unit_test(many_modules),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
