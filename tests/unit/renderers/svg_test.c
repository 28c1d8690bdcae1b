#include "drawn.h"

#include <stdio.h>
#include <stdlib.h>

static void assert_contains(const struct bytes *svg, const char *expected)
{
  if (strstr((const char *)svg->data, expected) == NULL)
    fail_msg("not in the SVG: %s", expected);
}

static size_t occurrences(const struct bytes *svg, const char *wanted)
{
  size_t count = 0;
  for (const char *at = (const char *)svg->data; (at = strstr(at, wanted)) != NULL; at++)
    count++;
  return count;
}

static void assert_well_formed(const struct bytes *svg)
{
  FILE *xmllint = popen("xmllint --nonet --noout -", "w");
  assert_non_null(xmllint);
  assert_int_equal(fwrite(svg->data, 1, svg->size - 1, xmllint), svg->size - 1);
  assert_int_equal(pclose(xmllint), 0);
}

static void boxes_are_where_the_weights_say(void **state)
{
  (void)state;
  struct bytes svg;
  struct error err = {0};
  // 1024 - 2 * 12 = 1000 px for 10: 100 px each, half a pixel of it the gap to the neighbour.
  assert_int_equal(draw_folded("a:f/0 2\na:f/0;b:g/0 3\na:f/0;c:h/0 1\nd:i/0 4\n", "svg", 1024, &svg, &err), 0);
  assert_well_formed(&svg);
  assert_int_equal(occurrences(&svg, "data-v="), 5);
  assert_contains(&svg, "<rect x=\"0\" width=\"999.5\" height=\"17\" fill=\"#d3d9e0\" data-v=\"0 10 0\">"
                        "<title>all\n10 · 100%</title>");
  assert_contains(&svg, "<rect x=\"0\" width=\"599.5\"");
  assert_contains(&svg, "data-v=\"0 6 2\"><title>a:f/0\n6 · 60.0% · own 2</title>");
  assert_contains(&svg, "<rect x=\"600\" width=\"399.5\"");
  assert_contains(&svg, "data-v=\"6 4 4\"><title>d:i/0\n4 · 40.0%</title>");
  assert_contains(&svg, "<rect x=\"300\" width=\"99.5\"");
  assert_contains(&svg, "<text x=\"303\" y=\"13\">c:h/0</text>");
  assert_contains(&svg, "<title>Title &lt;1&gt;</title>");
  assert_contains(&svg, ">sub &amp; title</text>");
  bytes_release(&svg);
}

static void labels_are_cut_or_left_out(void **state)
{
  (void)state;
  struct bytes svg;
  struct error err = {0};
  // 60 px, half of it gap: 545 tenths of room, 7 columns of 73. 20 px: 2 columns, too few for a cut name.
  assert_int_equal(draw_folded("module:function/1 60\nother:function/2 20\nz 920\n", "svg", 1024, &svg, &err), 0);
  assert_contains(&svg, "<text x=\"3\" y=\"13\">module…</text>");
  assert_int_equal(occurrences(&svg, ">oth"), 2); // in the list of the busiest and as a title: no label
  bytes_release(&svg);
}

static void tiny_shares_are_well_formed(void **state)
{
  (void)state;
  struct bytes svg;
  struct error err = {0};
  assert_int_equal(draw_folded("small 1\nlarge 99999\n", "svg", 1024, &svg, &err), 0);
  assert_well_formed(&svg);
  assert_contains(&svg, "<title>small\n1 · &lt;0.01%</title>");
  bytes_release(&svg);
}

static void the_same_input_gives_the_same_bytes(void **state)
{
  (void)state;
  struct bytes one, two;
  struct error err = {0};
  assert_int_equal(draw_folded("a;b 1\na;c 2\n", "svg", 800, &one, &err), 0);
  assert_int_equal(draw_folded("a;c 2\na;b 1\n", "svg", 800, &two, &err), 0);
  assert_string_equal((const char *)one.data, (const char *)two.data);
  bytes_release(&one);
  bytes_release(&two);
}

static void hostile_names_stay_text(void **state)
{
  (void)state;
  static const struct profile_frame frames[] = {
      {.name = ""},
      {.name = "</title><script>x()</script>"},
      {.name = "\"]]>&\n\x01\xff\xEF\xBF\xBF\u202E"},
  };
  const struct profile_node nodes[] = {{0, 0, 1, 0, 0, 0}, {1, 0, 0, 2, 1, 0}, {2, 0, 0, 0, 1, 0}};
  const struct profile_function functions[] = {{.frame = 1, .own_ns = 1}, {.frame = 2, .own_ns = 1}};
  const struct profile profile = {.frames = frames,
                                  .frame_count = 3,
                                  .nodes = nodes,
                                  .node_count = 3,
                                  .functions = functions,
                                  .function_count = 2,
                                  .counts_known = true};
  struct bytes svg;
  struct error err = {0};
  assert_int_equal(draw_profile(&profile, "svg", 1200, &svg, &err), 0);
  assert_well_formed(&svg);
  assert_int_equal(occurrences(&svg, "<script"), 1);
  assert_contains(&svg, "<title>&lt;/title&gt;&lt;script&gt;x()&lt;/script&gt;\n1 ns · 50.0%</title>");
  assert_contains(&svg, "<title>&quot;]]&gt;&amp;\uFFFD\uFFFD\uFFFD\uFFFD\\x{202E}\n1 ns · 50.0%</title>");
  bytes_release(&svg);
}

static void needs_nothing_from_elsewhere(void **state)
{
  (void)state;
  struct bytes svg;
  struct error err = {0};
  assert_int_equal(draw_folded("a 1\n", "svg", 1200, &svg, &err), 0);
  // The only addresses are the two names of XML dialects.
  assert_int_equal(occurrences(&svg, "://"),
                   occurrences(&svg, "http://www.w3.org/2000/svg") + occurrences(&svg, "http://www.w3.org/1999/xhtml"));
  assert_int_equal(occurrences(&svg, " id=\""), 0);
  assert_int_equal(occurrences(&svg, "innerHTML"), 0);
  bytes_release(&svg);
}

static void many_boxes_stay_small(void **state)
{
  (void)state;
  enum { STACKS = 20000 };
  char *folded = malloc(STACKS * 64), *at = folded;
  assert_non_null(folded);
  for (int i = 0; i < STACKS; i++)
    at += sprintf(at, "Shop.Cart.total/2;lists:function_%05d/3 123456789\n", i);
  struct bytes svg;
  struct error err = {0};
  assert_int_equal(draw_folded(folded, "svg", 1200, &svg, &err), 0);
  assert_true(svg.size < 200 * STACKS); // 200 bytes a box
  bytes_release(&svg);
  free(folded);
}

static void too_narrow_is_refused(void **state)
{
  (void)state;
  struct bytes svg;
  struct error err = {0};
  assert_int_equal(draw_folded("a 1\n", "svg", 20, &svg, &err), -1);
  assert_int_equal(err.code, ERROR_USAGE);
  bytes_release(&svg);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(boxes_are_where_the_weights_say), cmocka_unit_test(labels_are_cut_or_left_out),
      cmocka_unit_test(tiny_shares_are_well_formed),     cmocka_unit_test(the_same_input_gives_the_same_bytes),
      cmocka_unit_test(hostile_names_stay_text),         cmocka_unit_test(needs_nothing_from_elsewhere),
      cmocka_unit_test(many_boxes_stay_small),           cmocka_unit_test(too_narrow_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
