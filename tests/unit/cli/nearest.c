// Slips of the finger find the word that was meant; other words find nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nearest.h"

static const char *among_verbs(const char *typed)
{
  struct nearest nearest;
  nearest_init(&nearest, typed);
  static const char *const verbs[] = {"record", "render", "report", "ps", "nodes", "help"};
  for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
    nearest_offer(&nearest, verbs[i]);
  return nearest.best;
}

static void slips_are_understood(void **state)
{
  (void)state;
  assert_string_equal(among_verbs("recrod"), "record"); // two letters swapped
  assert_string_equal(among_verbs("rendr"), "render");  // one missing
  assert_string_equal(among_verbs("nodess"), "nodes");  // one too many
  assert_string_equal(among_verbs("repart"), "report"); // one wrong
  assert_string_equal(among_verbs("pps"), "ps");
}

static void other_words_are_not(void **state)
{
  (void)state;
  assert_null(among_verbs("flamegraph"));
  assert_null(among_verbs("x"));
  assert_null(among_verbs(""));
  assert_null(among_verbs("recordrecordrecordrecordrecordrecord"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(slips_are_understood), cmocka_unit_test(other_words_are_not)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
