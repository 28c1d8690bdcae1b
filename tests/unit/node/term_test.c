// Terms both ways, and that no cut or bent term is taken for a whole one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "node/term.h"

// {batch, <<1,2,3>>, [7, -1], <0.5.0>} of node n@h, written by hand from the external term format.
static const uint8_t sample[] = {
    104, 4,                                                                        // tuple of 4
    119, 5,   'b', 'a', 't', 'c', 'h',                                             // small UTF-8 atom
    109, 0,   0,   0,   3,   1,   2,   3,                                          // binary
    108, 0,   0,   0,   2,   97,  7,   98, 255, 255, 255, 255, 106,                // list of 7 and -1
    88,  119, 3,   'n', '@', 'h', 0,   0,  0,   5,   0,   0,   0,   0, 0, 0, 0, 9, // new pid, creation 9
};

static void reads_each_kind(void **state)
{
  (void)state;
  struct term_reader reader;
  char atom[TERM_ATOM_MAX];
  size_t size;
  struct node_pid pid;
  term_reader_init(&reader, sample, sizeof sample);
  assert_false(reader.failed);
  assert_int_equal(term_read_tuple(&reader), 4);
  assert_false(term_read_atom_is(&reader, "other"));
  term_read_atom(&reader, atom);
  assert_string_equal(atom, "batch");
  const char *binary = term_read_binary(&reader, &size);
  assert_int_equal(size, 3);
  assert_memory_equal(binary, "\1\2\3", 3);
  assert_int_equal(term_read_list(&reader), 2);
  assert_int_equal(term_read_u64(&reader), 7);
  assert_int_equal(term_read_i64(&reader), -1);
  term_read_list_end(&reader);
  term_read_pid(&reader, &pid);
  assert_string_equal(pid.node, "n@h");
  assert_int_equal(pid.number, 5);
  assert_int_equal(pid.creation, 9);
  assert_false(reader.failed);
  assert_int_equal(reader.at, sizeof sample);
}

static void a_misfit_latches(void **state)
{
  (void)state;
  struct term_reader reader;
  size_t size;
  term_reader_init(&reader, sample, sizeof sample);
  assert_null(term_read_binary(&reader, &size)); // it is a tuple
  assert_true(reader.failed);
  assert_int_equal(term_read_tuple(&reader), 0); // and stays failed
}

static void no_cut_term_is_whole(void **state)
{
  (void)state;
  for (size_t size = 0; size < sizeof sample; size++) {
    uint8_t *exact = malloc(size ? size : 1); // so that the sanitizer sees a read past the end
    memcpy(exact, sample, size);
    struct term_reader reader;
    term_reader_init(&reader, exact, size);
    assert_true(reader.failed);
    free(exact);
  }
  assert_int_equal(term_span(sample, sizeof sample), sizeof sample);
}

static void lies_about_sizes_are_refused(void **state)
{
  (void)state;
  static const uint8_t huge_tuple[] = {105, 255, 255, 255, 255, 106};
  static const uint8_t huge_map[] = {116, 255, 255, 255, 255, 106};
  static const uint8_t huge_binary[] = {109, 255, 255, 255, 255, 0};
  static const uint8_t small_fun[] = {112, 0, 0, 0, 3, 0, 0, 0};
  static const uint8_t pid_without_atom[] = {88, 97, 1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9};
  static const uint8_t record[] = {'C', 0, 0, 0, 0}; // native records of OTP 29: not decoded
  assert_int_equal(term_span(huge_tuple, sizeof huge_tuple), 0);
  assert_int_equal(term_span(huge_map, sizeof huge_map), 0);
  assert_int_equal(term_span(huge_binary, sizeof huge_binary), 0);
  assert_int_equal(term_span(small_fun, sizeof small_fun), 0);
  assert_int_equal(term_span(pid_without_atom, sizeof pid_without_atom), 0);
  assert_int_equal(term_span(record, sizeof record), 0);
}

static void deep_nesting_needs_no_stack(void **state)
{
  (void)state;
  enum { DEPTH = 1000000 };
  uint8_t *nested = malloc(2 * DEPTH + 1);
  for (size_t i = 0; i < DEPTH; i++) {
    nested[2 * i] = 104;
    nested[2 * i + 1] = 1;
  }
  nested[2 * DEPTH] = 106;
  assert_int_equal(term_span(nested, 2 * DEPTH + 1), 2 * DEPTH + 1);
  free(nested);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_each_kind),
      cmocka_unit_test(a_misfit_latches),
      cmocka_unit_test(no_cut_term_is_whole),
      cmocka_unit_test(lies_about_sizes_are_refused),
      cmocka_unit_test(deep_nesting_needs_no_stack),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
