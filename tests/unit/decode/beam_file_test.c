// The functions of real modules against the marks in their sources (beams/README.md), and files built by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "decode/beam_file.h"
#include "records.h"

#define LIMIT_BYTES (1u << 20)
#define ROWS_MAX 64

// "name/arity file:line" of each function, one a row.
struct rows {
  char text[ROWS_MAX][256]; // of those whose place is known
  size_t count;
  size_t receiving; // functions with a receive
};

static struct bytes read_whole(const char *folder, const char *name)
{
  char path[4096];
  struct bytes bytes;
  bytes_init(&bytes, LIMIT_BYTES);
  snprintf(path, sizeof path, BEAMS "/%s%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (!file)
    fail_msg("cannot read %s", path);
  for (int byte; (byte = getc(file)) != EOF;)
    bytes_append_u8(&bytes, (uint8_t)byte);
  fclose(file);
  return bytes;
}

static char *add_row(struct rows *rows)
{
  assert_true(rows->count < ROWS_MAX);
  return rows->text[rows->count++];
}

static bool read_functions(const void *data, size_t size, struct rows *rows)
{
  // A copy of the exact size, so that a sanitizer sees a read past the end.
  void *exact = malloc(size ? size : 1);
  memcpy(exact, data, size);
  struct beam_file *file = beam_file_new(exact, size);
  struct beam_function function;
  bool read = file != NULL;
  rows->count = rows->receiving = 0;
  while (file && beam_file_next(file, &function) && rows->count < ROWS_MAX) {
    assert_int_equal(function.line > 0, function.file[0] != '\0');
    rows->receiving += function.receives;
    if (function.line == 0)
      continue;
    snprintf(add_row(rows), sizeof rows->text[0], "%.*s/%" PRIu32 " %s:%" PRIu32, (int)function.name_size,
             function.name, function.arity, function.file, function.line);
  }
  beam_file_free(file);
  free(exact);
  return read;
}

// The marks of one line: "@ name/arity" or "@ name/arity = file:line", each up to the next.
static void read_marks(char *line, const char *source, int number, struct rows *rows)
{
  char *mark = strstr(line, "@ ");
  while (mark) {
    char *next = strstr(mark + 2, " @ ");
    if (next)
      *next = '\0';
    char *elsewhere = strstr(mark, " = ");
    if (elsewhere) {
      *elsewhere = '\0';
      snprintf(add_row(rows), sizeof rows->text[0], "%s %s", mark + 2, elsewhere + 3);
    } else {
      snprintf(add_row(rows), sizeof rows->text[0], "%s %s:%d", mark + 2, source, number);
    }
    mark = next ? next + 1 : NULL;
  }
}

static void read_source(const char *source, struct rows *rows)
{
  struct bytes text = read_whole("", source);
  int number = 1;
  bytes_append_u8(&text, 0);
  rows->count = 0;
  for (char *line = (char *)text.data; line; number++) {
    char *end = strchr(line, '\n');
    if (end)
      *end = '\0';
    read_marks(line, source, number, rows);
    line = end ? end + 1 : NULL;
  }
  bytes_release(&text);
}

static int compare_rows(const void *left, const void *right)
{
  return strcmp(left, right);
}

static void assert_same_rows(struct rows *found, struct rows *expected)
{
  qsort(found->text, found->count, sizeof found->text[0], compare_rows);
  qsort(expected->text, expected->count, sizeof expected->text[0], compare_rows);
  for (size_t i = 0; i < found->count && i < expected->count; i++)
    assert_string_equal(found->text[i], expected->text[i]);
  assert_int_equal(found->count, expected->count);
}

static const char *const releases[] = {"otp25/", "otp27/", "otp29/"};
static const struct {
  const char *source, *beam;
} modules[] = {{"sample.erl", "sample.beam"}, {"sample.ex", "Elixir.Sample.beam"}};

static void functions_begin_where_the_source_says(void **state)
{
  (void)state;
  static struct rows found, expected;
  for (size_t i = 0; i < 3; i++) {
    for (size_t j = 0; j < 2; j++) {
      struct bytes beam = read_whole(releases[i], modules[j].beam);
      assert_true(read_functions(beam.data, beam.size, &found));
      read_source(modules[j].source, &expected);
      assert_true(expected.count > 5);
      assert_same_rows(&found, &expected);
      bytes_release(&beam);
    }
  }
}

// wait/1 of sample.erl has the one receive there is.
static void functions_that_receive(void **state)
{
  (void)state;
  static struct rows found;
  for (size_t i = 0; i < 3; i++) {
    for (size_t j = 0; j < 2; j++) {
      struct bytes beam = read_whole(releases[i], modules[j].beam);
      assert_true(read_functions(beam.data, beam.size, &found));
      assert_int_equal(found.receiving, j == 0);
      bytes_release(&beam);
    }
  }
}

static void a_file_that_is_cut_is_none(void **state)
{
  (void)state;
  static struct rows found;
  for (size_t i = 0; i < 3; i++) {
    struct bytes beam = read_whole(releases[i], "sample.beam");
    for (size_t size = 0; size < beam.size; size++)
      assert_false(read_functions(beam.data, size, &found));
    bytes_release(&beam);
  }
}

// Whatever comes out, it is read without harm.
static void every_byte_may_be_wrong(void **state)
{
  (void)state;
  static struct rows found;
  for (size_t i = 0; i < 3; i++) {
    struct bytes beam = read_whole(releases[i], modules[i % 2].beam);
    for (size_t at = 0; at < beam.size; at++) {
      const uint8_t right = beam.data[at];
      const uint8_t wrongs[] = {0, 0xff, 0x7f, 0x80, right ^ 1, right ^ 8, right ^ 0x17};
      for (size_t j = 0; j < sizeof wrongs; j++) {
        beam.data[at] = wrongs[j];
        read_functions(beam.data, beam.size, &found);
      }
      beam.data[at] = right;
    }
    bytes_release(&beam);
  }
}

struct parts {
  const char *atoms; // in hexadecimal, as all; NULL: the chunk is not there
  const char *lines;
  const char *code; // after its head
};

static void append_chunk(struct bytes *file, const char *name, const char *head, const char *hex)
{
  if (!hex)
    return;
  struct bytes data;
  bytes_init(&data, LIMIT_BYTES);
  records_hex(&data, head);
  records_hex(&data, hex);
  bytes_append(file, name, 4);
  bytes_append_be(file, data.size, 4);
  bytes_append(file, data.data, data.size);
  while (file->size % 4 != 0)
    bytes_append_u8(file, 0);
  bytes_release(&data);
}

static struct bytes build(struct parts parts)
{
  struct bytes file;
  bytes_init(&file, LIMIT_BYTES);
  records_hex(&file, "464f5231 00000000 4245414d"); // FOR1, a size, BEAM
  append_chunk(&file, "AtU8", "", parts.atoms);
  append_chunk(&file, "Code", "00000010 00000000 000000ff 00000000 00000000", parts.code);
  append_chunk(&file, "Docs", "", "ff");
  append_chunk(&file, "Line", "", parts.lines);
  return file;
}

// Atoms 1 and 2 are "shop" and "sum"; places 1 to 4 are shop.erl:5, a.x:300, a.x:70000 and one without a line.
#define ATOMS "00000002 04 73686f70 03 73756d"
#define LINES "00000000 00000000 00000009 00000004 00000001 51 12 292c 39011170 01 0003 612e78"
#define LABEL "01 10 "
#define SUM(place, arity) LABEL "99 " place " 02 12 22 " arity " "

static void assert_functions(struct parts parts, const char *expected)
{
  static struct rows found;
  char text[1024] = "";
  struct bytes file = build(parts);
  if (!read_functions(file.data, file.size, &found))
    strcpy(text, "none");
  for (size_t i = 0; i < found.count; i++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s;", found.text[i]);
  assert_string_equal(text, expected);
  bytes_release(&file);
}

static void assert_code(const char *code, const char *expected)
{
  assert_functions((struct parts){ATOMS, LINES, code}, expected);
}

// `19 15` is wait, `1a 15 03` wait_timeout: a receive is the function's whose code it stands in.
static void assert_receiving(const char *code, size_t receiving)
{
  static struct rows found;
  struct bytes file = build((struct parts){ATOMS, LINES, code});
  assert_true(read_functions(file.data, file.size, &found));
  assert_int_equal(found.receiving, receiving);
  bytes_release(&file);
}

static void a_receive_belongs_to_its_function(void **state)
{
  (void)state;
  assert_receiving(SUM("10", "20") SUM("20", "30"), 0);
  assert_receiving(SUM("10", "20") "19 15 " SUM("20", "30"), 1);
  assert_receiving(SUM("10", "20") SUM("20", "30") "1a 15 03", 1);
  assert_receiving("19 15 " SUM("10", "20"), 0);                    // in no function
  assert_receiving(SUM("10", "20") "c0 19 15 " SUM("20", "30"), 1); // not understood: it may have one
}

static void lines_and_files(void **state)
{
  (void)state;
  assert_code("", "");
  assert_code(SUM("10", "20"), "sum/2 shop.erl:5;");
  assert_code(SUM("20", "00") SUM("30", "10") "03", "sum/0 a.x:300;sum/1 a.x:70000;"); // 03: the end of the code
  assert_code(SUM("40", "20") SUM("00", "20") SUM("50", "20") SUM("10", "30"), "sum/3 shop.erl:5;"); // no such place
  assert_code(LABEL "99 10 " LABEL "02 12 22 20", "");                            // the line is another instruction's
  assert_code(LABEL "99 10 02 12 32 20 " SUM("10", "30"), "sum/3 shop.erl:5;");   // no such atom
  assert_code(LABEL "99 10 02 12 02 20 " SUM("10", "30"), "sum/3 shop.erl:5;");   // atom 0 is []
  assert_code(LABEL "99 10 02 12 22 2800 " SUM("10", "30"), "sum/3 shop.erl:5;"); // arity 256
}

// Instruction 64 is `move`, with two operands; what follows it is found only when both are taken whole.
static void operands_of_every_shape(void **state)
{
  (void)state;
  static const char *const operands[] = {
      "03",                         // register x0
      "f9 00 010203040506070809",   // an integer of nine bytes
      "f9 10 01020304050607080910", // of ten
      "d9 0102030405060708",        // of eight
      "47 28ff",                    // literal 511
      "27 10",                      // a float register
      "57 03 10",                   // a register with a type
      "17 30 01 47 10 57 13 20",    // a list of an integer, a literal and a typed register
      "37 20 00 10 10 20",          // an allocation list: two pairs
      "17 20 17 20 11 21 17 10 31", // lists in a list
      "17 00",                      // an empty one
  };
  char code[512];
  for (size_t i = 0; i < sizeof operands / sizeof *operands; i++) {
    snprintf(code, sizeof code, "40 %s %s " SUM("10", "20"), operands[i], operands[i]);
    assert_code(code, "sum/2 shop.erl:5;");
  }
}

static void code_that_is_not_understood_ends_it(void **state)
{
  (void)state;
  static const char *const ends[] = {
      "00",             // no instruction
      "c0",             // one that no release has yet
      "40 03",          // an operand is missing
      "40 03 07",       // no such extended operand
      "40 03 67 10",    // nor this
      "40 03 17 f8 00", // a list that is longer than its file
      "40 03 17 d8 ffffffffffffffff",
      "40 03 37 d8 8000000000000000", // twice this is nothing
      "40 03 f9 f8 00 00",            // the size of a size
      "40 03 f9 d8 ffffffffffffffff",
  };
  char code[512];
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
    snprintf(code, sizeof code, SUM("10", "20") "%s " SUM("20", "30"), ends[i]);
    if (strcmp(ends[i], "40 03") == 0)
      snprintf(code, sizeof code, SUM("10", "20") "%s", ends[i]);
    assert_code(code, "sum/2 shop.erl:5;");
  }
}

static void atoms_with_long_sizes(void **state)
{
  (void)state;
  assert_functions((struct parts){"fffffffe 40 73686f70 0803 73756d", LINES, SUM("10", "20")}, "sum/2 shop.erl:5;");
}

static void what_is_no_module_with_lines(void **state)
{
  (void)state;
  const char *const code = SUM("10", "20");
  const struct parts none[] = {
      {NULL, LINES, code},
      {ATOMS, NULL, code}, // erlc +no_line_info
      {ATOMS, LINES, NULL},
      {"00000000", LINES, code},                       // not even the module's name
      {"00000003 04 73686f70 03 73756d", LINES, code}, // an atom is missing
      {"80000000 40 73686f70 30 73756d", LINES, code}, // 2^31 atoms
      {"7fffffff 04 73686f70 03 73756d", LINES, code},
      {ATOMS, "00000001 00000000 00000009 00000001 00000000 51", code}, // another format
      {ATOMS, "00000000 00000000 00000009 7fffffff 00000000 51", code},
      {ATOMS, "00000000 00000000 00000009 00000001 ffffffff 51", code},
      {ATOMS, "00000000 00000000 00000009 00000002 00000000 51", code},             // a line is missing
      {ATOMS, "00000000 00000000 00000009 00000001 00000000 53", code},             // a register for a line
      {ATOMS, "00000000 00000000 00000009 00000001 00000000 79010000000000", code}, // line 2^40
      {ATOMS, "00000000 00000000 00000009 00000001 00000001 51 0004 612e78", code},
  };
  for (size_t i = 0; i < sizeof none / sizeof *none; i++)
    assert_functions(none[i], "none");
  static struct rows found;
  assert_false(read_functions("\x1f\x8b\x08\0\0\0\0\0\0\3abcdefgh", 18, &found));
  assert_false(read_functions("FOR1\0\0\0\4AIFF", 12, &found));
}

// A file's name that cannot be shown: the function has no place. An empty one means the module's.
static void names_of_files(void **state)
{
  (void)state;
  const char *const code = SUM("10", "20") SUM("20", "30");
#define NAMED "00000000 00000000 00000009 00000002 00000001 12 51 02 61 "
  assert_functions((struct parts){ATOMS, NAMED "0001 61", code}, "sum/2 a:5;sum/3 shop.erl:6;");
  assert_functions((struct parts){ATOMS, NAMED "0000", code}, "sum/2 shop.erl:5;sum/3 shop.erl:6;");
  assert_functions((struct parts){ATOMS, NAMED "0003 610062", code}, "sum/3 shop.erl:6;");
  assert_functions((struct parts){ATOMS, "00000000 00000000 00000009 00000002 00000001 22 51 02 61 0001 61", code},
                   "sum/3 shop.erl:6;"); // there is no second file
  assert_functions((struct parts){"00000002 04 73006f70 03 73756d", NAMED "0001 61", code}, "sum/2 a:5;");
  char lines[2 * 4097 + 128] = NAMED "1001";
  for (int i = 0; i < 4097; i++)
    strcat(lines, "61");
  assert_functions((struct parts){ATOMS, lines, code}, "sum/3 shop.erl:6;");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions_begin_where_the_source_says),
      cmocka_unit_test(functions_that_receive),
      cmocka_unit_test(a_receive_belongs_to_its_function),
      cmocka_unit_test(a_file_that_is_cut_is_none),
      cmocka_unit_test(every_byte_may_be_wrong),
      cmocka_unit_test(lines_and_files),
      cmocka_unit_test(operands_of_every_shape),
      cmocka_unit_test(code_that_is_not_understood_ends_it),
      cmocka_unit_test(atoms_with_long_sizes),
      cmocka_unit_test(what_is_no_module_with_lines),
      cmocka_unit_test(names_of_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
