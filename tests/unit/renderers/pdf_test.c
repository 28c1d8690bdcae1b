// What can be seen of a PDF without reading it; tests/golden/stills.py reads it.
#include "drawn.h"

static const char folded[] = "a:f/0;商店:总计/2 3\nb:g/0 1\n\xff\x01 1\n";

static void the_same_input_gives_the_same_bytes(void **state)
{
  (void)state;
  struct bytes first, second;
  struct error err = {0};
  assert_int_equal(draw_folded(folded, "pdf", 700, &first, &err), 0);
  assert_int_equal(draw_folded(folded, "pdf", 700, &second, &err), 0);
  assert_memory_equal(first.data, "%PDF-", 5);
  assert_int_equal(first.size, second.size);
  assert_memory_equal(first.data, second.data, first.size);
  bytes_release(&first);
  bytes_release(&second);
}

// cairo would write the time of day, which the test above is too quick to see.
static void no_clock_is_in_it(void **state)
{
  (void)state;
  struct bytes pdf;
  struct error err = {0};
  assert_int_equal(draw_folded(folded, "pdf", 700, &pdf, &err), 0);
  assert_null(memmem(pdf.data, pdf.size, "CreationDate", strlen("CreationDate")));
  assert_null(memmem(pdf.data, pdf.size, "ModDate", strlen("ModDate")));
  bytes_release(&pdf);
}

// 14,400 points are 19,200 pixels.
static void what_readers_do_not_take_is_an_error(void **state)
{
  (void)state;
  struct bytes pdf;
  struct error err = {0};
  assert_int_equal(draw_folded(folded, "pdf", 19200, &pdf, &err), 0);
  bytes_release(&pdf);
  assert_int_equal(draw_folded(folded, "pdf", 19201, &pdf, &err), -1);
  assert_int_equal(err.code, ERROR_OUTPUT);
  assert_int_equal(pdf.size, 1); // nothing but our NUL
  bytes_release(&pdf);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_input_gives_the_same_bytes),
      cmocka_unit_test(no_clock_is_in_it),
      cmocka_unit_test(what_readers_do_not_take_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
