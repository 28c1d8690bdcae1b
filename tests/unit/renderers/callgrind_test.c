#include "exchanged.h"

#define HEAD "# callgrind format\nversion: 1\ncreator: flambeau " FLAMBEAU_VERSION "\ncmd: Title <1>\n"

// The example in the head of callgrind.c.
static void a_recursive_call_costs_nothing_again(void **state)
{
  (void)state;
  struct bytes out;
  struct error err = {0};
  assert_int_equal(draw_folded("a 1\na;b 2\na;b;c 4\na;b;c;b 3\n", "callgrind", 1200, &out, &err), 0);
  assert_string_equal((const char *)out.data, HEAD "desc: sub & title\npositions: line\nevents: Weight\nsummary: 10\n"
                                                   "\nfl=(1) ???\nfn=(1) a\n0 1\n"
                                                   "cfi=(1)\ncfn=(2) b\ncalls=1 0\n0 9\n"
                                                   "\nfl=(1)\nfn=(2)\n0 5\n"
                                                   "cfi=(1)\ncfn=(3) c\ncalls=1 0\n0 7\n"
                                                   "\nfl=(1)\nfn=(3)\n0 4\n"
                                                   "cfi=(1)\ncfn=(2)\ncalls=1 0\n0 0\n"
                                                   "\nfl=(1)\nfn=(4) [all]\n0 0\n"
                                                   "cfi=(1)\ncfn=(1)\ncalls=1 0\n0 10\n"
                                                   "\ntotals: 10\n");
  bytes_release(&out);
}

// Costs are Calls, Wall, Cpu, Wait, Gc. a:f/0 calls itself five times: 4 + 1 + 10 of wall time lie beneath those calls,
// but on its first frame too.
static void every_weight_is_an_event_the_pictures_the_first(void **state)
{
  (void)state;
  struct profile profile = exchange_example();
  struct bytes out;
  struct error err = {0};
  assert_int_equal(exchange(&profile, WEIGHT_CALLS, "callgrind", &out, &err), 0);
  assert_string_equal((const char *)out.data,
                      HEAD "positions: line\nevents: Calls Wall Cpu Wait Gc\nsummary: 8 20 10 10 2\n"
                           "\nfl=(1) ???\nfn=(1) [gc]\n0 0 2 2 0 2\n"
                           "\nfl=(1)\nfn=(2) [waiting]\n0 0 10 0 10 0\n"
                           "\nfl=(2) src/a.erl\nfn=(3) a:f/0\n12 7 7 7 0 0\n"
                           "cfi=(1)\ncfn=(1)\ncalls=1 0\n12 0 2 2 0 2\n"
                           "cfi=(2)\ncfn=(3)\ncalls=5 12\n12 0 0 0 0 0\n"
                           "cfi=(1)\ncfn=(4) " EXCHANGE_HOSTILE "\ncalls=1 0\n12 1 11 1 10 0\n"
                           "\nfl=(1)\nfn=(4)\n0 1 1 1 0 0\n"
                           "cfi=(1)\ncfn=(2)\ncalls=1 0\n0 0 10 0 10 0\n"
                           "\nfl=(1)\nfn=(5) shop\n0 0 0 0 0 0\n"
                           "cfi=(2)\ncfn=(3)\ncalls=2 12\n0 8 20 10 10 2\n"
                           "\nfl=(1)\nfn=(6) [all]\n0 0 0 0 0 0\n"
                           "cfi=(1)\ncfn=(5)\ncalls=1 0\n0 8 20 10 10 2\n"
                           "\ntotals: 8 20 10 10 2\n");
  bytes_release(&out);
}

static void calls_between_the_same_two_are_one(void **state)
{
  (void)state;
  struct bytes out;
  struct error err = {0};
  assert_int_equal(draw_folded("a;b 2\nc;a;b 3\n", "callgrind", 1200, &out, &err), 0);
  assert_non_null(strstr((const char *)out.data, "\nfn=(1) a\n0 0\ncfi=(1)\ncfn=(2) b\ncalls=2 0\n0 5\n\n"));
  bytes_release(&out);
}

static void nothing_to_write_is_an_error(void **state)
{
  (void)state;
  assert_nothing_is_an_error("callgrind");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_recursive_call_costs_nothing_again),
      cmocka_unit_test(every_weight_is_an_event_the_pictures_the_first),
      cmocka_unit_test(calls_between_the_same_two_are_one),
      cmocka_unit_test(nothing_to_write_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
