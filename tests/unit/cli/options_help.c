// The help is the table: every row, its default, nothing wider than a terminal.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "options.h"

struct settings {
  const char *text;
  const char *choice;
  uint64_t duration_ns;
  uint64_t count;
  bool flag;
  struct text_list list;
};

static const char *choices(void)
{
  return "one|two";
}

#define FIELD(field) .offset = offsetof(struct settings, field)

static const struct option_row rows[] = {
    {.name = "text", .letter = 't', .kind = OPTION_TEXT, FIELD(text), .argument = "FILE", .help = "a text"},
    {.name = "choice", .kind = OPTION_CHOICE, FIELD(choice), .choices = choices, .help = "a choice"},
    {.name = "duration",
     .letter = 'd',
     .kind = OPTION_DURATION,
     FIELD(duration_ns),
     .argument = "TIME",
     .help = "how long it takes when somebody writes more words than fit into the line"},
    {.name = "an-option-with-a-long-name", .kind = OPTION_COUNT, FIELD(count), .argument = "NUMBER", .help = "below"},
    {.name = "flag", .letter = 'f', .kind = OPTION_FLAG, FIELD(flag), .help = "a flag"},
    {.name = "list", .letter = 'l', .kind = OPTION_LIST, FIELD(list), .argument = "ITEM", .help = "a list"},
    {0},
};
static const struct option_group groups[] = {{"Some options", rows, 0}, {0}};

static void every_row_is_a_line(void **state)
{
  (void)state;
  const struct settings defaults = {.choice = "one", .duration_ns = 10000000000, .count = 5000};
  struct error err = {0};
  struct bytes bytes;
  bytes_init(&bytes, 4096);
  struct byte_sink *out = memory_sink_new(&bytes, &err);
  options_help(groups, &defaults, out);
  byte_sink_write(out, "", 1);
  assert_int_equal(byte_sink_finish(out, &err), 0);
  byte_sink_free(out);
  // The right column starts at 28 and ends at 80.
  assert_string_equal((char *)bytes.data,
                      "\nSome options:\n"
                      "  -t, --text FILE           a text\n"
                      "      --choice one|two      a choice (default one)\n"
                      "  -d, --duration TIME       how long it takes when somebody writes more words\n"
                      "                            than fit into the line (default 10s)\n"
                      "      --an-option-with-a-long-name NUMBER\n"
                      "                            below (default 5k)\n"
                      "  -f, --flag                a flag\n"
                      "  -l, --list ITEM           a list (repeatable)\n");
  bytes_release(&bytes);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_row_is_a_line)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
