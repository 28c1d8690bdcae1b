// The option parser on a small table of every kind: what it fills, and the sentence for everything that is wrong.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "options.h"
#include "quantity.h"

struct settings {
  const char *node;
  const char *cookie;
  const char *cookie_file;
  struct text_list processes;
  const char *weight;
  uint64_t duration_ns;
  uint64_t memory_bytes;
  uint64_t events;
  struct min_width min_width;
  double scale;
  bool quiet;
};

static const char *weights(void)
{
  return "wall|cpu";
}

#define FIELD(field) .offset = offsetof(struct settings, field)

static const struct option_row rows[] = {
    {.name = "node", .letter = 'n', .kind = OPTION_TEXT, FIELD(node)},
    {.name = "cookie", .letter = 'c', .kind = OPTION_TEXT, FIELD(cookie), .secret = true},
    {.name = "cookie-file", .kind = OPTION_TEXT, FIELD(cookie_file)},
    {.name = "process", .letter = 'p', .kind = OPTION_LIST, FIELD(processes)},
    {.name = "weight", .kind = OPTION_CHOICE, FIELD(weight), .choices = weights},
    {.name = "duration", .letter = 'd', .kind = OPTION_DURATION, FIELD(duration_ns)},
    {.name = "max-memory", .kind = OPTION_SIZE, FIELD(memory_bytes), .min = 1024},
    {.name = "max-events", .kind = OPTION_COUNT, FIELD(events), .min = 1, .max = 5000},
    {.name = "min-width", .kind = OPTION_MIN_WIDTH, FIELD(min_width)},
    {.name = "scale", .kind = OPTION_FACTOR, FIELD(scale)},
    {.name = "quiet", .letter = 'q', .kind = OPTION_FLAG, FIELD(quiet)},
    {0},
};
static const struct option_group groups[] = {{"All", rows, 0}, {0}};

static struct settings settings;
static struct invocation invocation;
static struct error err;

// Splits `line` at its spaces; "_" stands for an empty word.
static int parse(const char *line)
{
  static char text[8192];
  static char *words[1000];
  int count = 0;
  snprintf(text, sizeof text, "%s", line);
  for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
    if (strcmp(word, "_") == 0)
      *word = '\0';
    words[count++] = word;
  }
  words[count] = NULL;
  settings = (struct settings){.duration_ns = 10, .weight = "wall"};
  err = (struct error){0};
  return options_parse(groups, count, words, &settings, &invocation, &err);
}

static void fails(const char *line, const char *sentence)
{
  assert_int_equal(parse(line), -1);
  assert_int_equal(err.code, ERROR_USAGE);
  assert_string_equal(err.message, sentence);
}

static void every_kind_is_filled(void **state)
{
  (void)state;
  assert_int_equal(parse("record -n shop@here -p a --process b -pc --weight cpu -d 2s --max-memory=2K --max-events 5k "
                         "--min-width 0.5px --scale 1.5 -q"),
                   0);
  assert_string_equal(settings.node, "shop@here");
  assert_int_equal(settings.processes.count, 3);
  assert_string_equal(settings.processes.items[0], "a");
  assert_string_equal(settings.processes.items[1], "b");
  assert_string_equal(settings.processes.items[2], "c");
  assert_string_equal(settings.weight, "cpu");
  assert_true(settings.duration_ns == 2000000000);
  assert_true(settings.memory_bytes == 2048);
  assert_true(settings.events == 5000);
  assert_true(settings.scale == 1.5);
  assert_true(settings.min_width.value == 0.5 && !settings.min_width.percent);
  assert_true(settings.quiet);
  assert_int_equal(invocation.operands.count, 0);
}

static void what_is_not_given_keeps_its_default(void **state)
{
  (void)state;
  assert_int_equal(parse("record"), 0);
  assert_true(settings.duration_ns == 10);
  assert_string_equal(settings.weight, "wall");
  assert_null(settings.node);
}

static void operands_and_options_come_in_any_order(void **state)
{
  (void)state;
  setenv("POSIXLY_CORRECT", "1", 1); // must not matter
  assert_int_equal(parse("render a.flb -q - --weight cpu b.flb -- -n --quiet"), 0);
  unsetenv("POSIXLY_CORRECT");
  assert_int_equal(invocation.operands.count, 5);
  assert_string_equal(invocation.operands.items[0], "a.flb");
  assert_string_equal(invocation.operands.items[1], "-");
  assert_string_equal(invocation.operands.items[2], "b.flb");
  assert_string_equal(invocation.operands.items[3], "-n");
  assert_string_equal(invocation.operands.items[4], "--quiet");
  assert_true(settings.quiet);
  assert_null(settings.node);
}

static void help_ends_the_search_for_errors(void **state)
{
  (void)state;
  assert_int_equal(parse("record -h --no-such"), 0);
  assert_true(invocation.help);
  assert_int_equal(parse("record --help"), 0);
  assert_true(invocation.help);
  assert_int_equal(parse("record"), 0);
  assert_false(invocation.help);
}

static void unknown_options_name_the_nearest(void **state)
{
  (void)state;
  fails("record --durations 2s", "record has no option --durations: did you mean --duration?");
  fails("record --wieght=cpu", "record has no option --wieght: did you mean --weight?");
  fails("record --flamegraph", "record has no option --flamegraph: see flambeau help record");
  fails("record -x", "record has no option -x: see flambeau help record");
  fails("record -qx", "record has no option -x: see flambeau help record");
}

static void beginnings_of_names_are_understood_when_only_one_fits(void **state)
{
  (void)state;
  assert_int_equal(parse("record --dur 2s"), 0);
  assert_true(settings.duration_ns == 2000000000);
  assert_int_equal(parse("record --cookie x"), 0); // the whole name of one, the beginning of another
  assert_string_equal(settings.cookie, "x");
  fails("record --max 5", "--max can mean --max-memory, --max-events: write the whole name");
}

static void an_option_given_twice_is_refused(void **state)
{
  (void)state;
  fails("record -d 1s -d 2s", "--duration is given twice: give it once");
  fails("record --quiet -q", "--quiet is given twice: give it once");
  fails("record -c a --cookie=b", "--cookie is given twice: give it once");
}

static void missing_and_needless_values(void **state)
{
  (void)state;
  fails("record -p", "--process needs a value");
  fails("record --node", "--node needs a value");
  fails("record -p -d 2s", "--process needs a value; one that starts with a dash is written --process=VALUE");
  fails("record --node _", "--node has an empty value: leave it out or say what");
  fails("record --quiet=yes", "--quiet takes no value: write just --quiet");
  assert_int_equal(parse("record --process=-odd"), 0);
  assert_string_equal(settings.processes.items[0], "-odd");
  assert_int_equal(parse("record -p -"), 0); // a dash alone is a value
}

static void wrong_values(void **state)
{
  (void)state;
  fails("record -d 10", "--duration wants a unit: did you mean 10s?");
  fails("record -d soon", "--duration wants a time such as 500ms, 10s, 2m or 1h (30 days at most), not 'soon'");
  fails("record -d -1s", "--duration needs a value; one that starts with a dash is written --duration=VALUE");
  fails("record --max-memory lots", "--max-memory wants a size such as 512K, 64M or 1G, not 'lots'");
  fails("record --max-memory 1023", "--max-memory is too small: the least is 1K");
  fails("record --max-events 0", "--max-events is too small: the least is 1");
  fails("record --max-events 5001", "--max-events is too large: the most is 5k");
  fails("record --max-events 1e6", "--max-events wants a number such as 5000, 50k or 20M, not '1e6'");
  fails("record --weight clock", "--weight wants one of wall|cpu, not 'clock'");
  fails("record --scale 11", "--scale wants a factor from 0.1 to 10 such as 1 or 2.5, not '11'");
  fails("record --min-width 1", "--min-width wants pixels or a share of the whole such as 0.5px or 0.1%, not '1'");
}

static void a_list_has_an_end(void **state)
{
  (void)state;
  char line[1024] = "record";
  for (int i = 0; i < TEXT_LIST_MAX; i++)
    strcat(line, " -p x");
  assert_int_equal(parse(line), 0);
  strcat(line, " -p x");
  fails(line, "--process is given more than 64 times");
}

static void asked_is_the_command_line_in_one_form(void **state)
{
  (void)state;
  assert_int_equal(parse("record --process=<0.123.0> --node shop@here --dur=2s --weight cpu -q in.flb"), 0);
  assert_string_equal(invocation.asked, "flambeau record -p '<0.123.0>' -n shop@here -d 2s --weight cpu -q in.flb");
  assert_int_equal(parse("record -n it's"), 0);
  assert_string_equal(invocation.asked, "flambeau record -n 'it'\\''s'");
}

static void secrets_are_never_repeated(void **state)
{
  (void)state;
  static const char *const lines[] = {"record -c SECRET -n a", "record -cSECRET -n a", "record --cookie SECRET -n a",
                                      "record --cookie=SECRET -n a", "record -qcSECRET -n a"};
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    assert_int_equal(parse(lines[i]), 0);
    assert_string_equal(settings.cookie, "SECRET");
    assert_null(strstr(invocation.asked, "SECRET"));
    assert_null(strstr(invocation.asked, "-c"));
  }
  fails("record --cookei=SECRET", "record has no option --cookei: did you mean --cookie?");
  fails("record -c -SECRET", "--cookie needs a value; one that starts with a dash is written --cookie=VALUE");
}

static void asked_is_bounded(void **state)
{
  (void)state;
  char line[4000] = "record";
  for (int i = 0; i < 50; i++)
    strcat(line, " -p aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
  assert_int_equal(parse(line), 0);
  assert_string_equal(invocation.asked + strlen(invocation.asked) - 4, "aaaa");
  char word[ASKED_MAX + 100];
  memset(word, 'b', sizeof word - 1);
  word[sizeof word - 1] = '\0';
  char *words[] = {"record", word, "end", NULL};
  assert_int_equal(options_parse(groups, 3, words, &settings, &invocation, &err), 0);
  assert_string_equal(invocation.asked, "flambeau record  ...");
  assert_string_equal(invocation.operands.items[1], "end");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_is_filled),
      cmocka_unit_test(what_is_not_given_keeps_its_default),
      cmocka_unit_test(operands_and_options_come_in_any_order),
      cmocka_unit_test(help_ends_the_search_for_errors),
      cmocka_unit_test(unknown_options_name_the_nearest),
      cmocka_unit_test(beginnings_of_names_are_understood_when_only_one_fits),
      cmocka_unit_test(an_option_given_twice_is_refused),
      cmocka_unit_test(missing_and_needless_values),
      cmocka_unit_test(wrong_values),
      cmocka_unit_test(a_list_has_an_end),
      cmocka_unit_test(asked_is_the_command_line_in_one_form),
      cmocka_unit_test(secrets_are_never_repeated),
      cmocka_unit_test(asked_is_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
