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
  assert_int_equal(occurrences(&svg, "height=\"17\""), 5);
  assert_contains(&svg, "<rect x=\"0\" width=\"999.5\" height=\"17\" fill=\"#d3d9e0\">"
                        "<title>all\n10 · 100%</title>");
  assert_contains(&svg, "<rect x=\"0\" width=\"599.5\"");
  assert_contains(&svg, "><title>a:f/0\n6 · 60.0% · own 2</title>");
  assert_contains(&svg, "<rect x=\"600\" width=\"399.5\"");
  assert_contains(&svg, "><title>d:i/0\n4 · 40.0%</title>");
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

// 8500 in 1000 px: 700 boxes of 10 are 1.2 px wide, 500 of 3 are 0.3 or 0.4. The 800 widest would begin to take of
// those.
static void narrow_boxes_of_a_large_graph_are_paths(void **state)
{
  (void)state;
  struct bytes text, svg;
  struct error err = {0};
  bytes_init(&text, 1 << 16);
  for (int i = 0; i < 1200; i++) {
    char line[32];
    bytes_append(&text, line, (size_t)snprintf(line, sizeof line, "r;a%04d %d\n", i, i < 700 ? 10 : 3));
  }
  bytes_append_u8(&text, 0);
  assert_int_equal(draw_folded((const char *)text.data, "svg", 1024, &svg, &err), 0);
  assert_well_formed(&svg);
  assert_int_equal(occurrences(&svg, "height=\"17\""), 800);
  assert_contains(&svg, "<title>a0797\n");
  assert_int_equal(occurrences(&svg, "<title>a0798\n"), 0);
  assert_int_equal(occurrences(&svg, "h0.3v17h-0.3z") + occurrences(&svg, "h0.4v17h-0.4z"), 402);
  bytes_release(&svg);
  bytes_release(&text);
}

static void hostile_names_stay_text(void **state)
{
  (void)state;
  static const struct profile_frame frames[] = {
      {.name = "", .file = "", .application = ""},
      {.name = "</title><script>x()</script>", .file = "", .application = "</metadata><script>"},
      {.name = "\"]]>&\n\x01\xff\xEF\xBF\xBF\u202E", .file = "</title>\n\x01.erl", .application = "", .line = 7},
  };
  const struct profile_node nodes[] = {{0, 0, 1, 0, 0, 0}, {1, 0, 0, 2, 1, 0}, {2, 0, 0, 0, 1, 0}};
  const struct profile_function functions[] = {{.frame = 1, .own_ns = 1}, {.frame = 2, .own_ns = 1}};
  const struct profile profile = {.frames = frames,
                                  .frame_count = 3,
                                  .nodes = nodes,
                                  .node_count = 3,
                                  .functions = functions,
                                  .function_count = 2,
                                  .counts_known = true,
                                  .times_known = true};
  struct bytes svg;
  struct error err = {0};
  assert_int_equal(draw_profile(&profile, "svg", 1200, &svg, &err), 0);
  assert_well_formed(&svg);
  assert_int_equal(occurrences(&svg, "<script"), 1);
  assert_contains(&svg, "<title>&lt;/title&gt;&lt;script&gt;x()&lt;/script&gt;\n1 ns · 50.0%</title>");
  assert_contains(&svg, "<title>&quot;]]&gt;&amp;\uFFFD\uFFFD\uFFFD\uFFFD\\x{202E}\n&lt;/"
                        "title&gt;\uFFFD\uFFFD.erl:7\n1 ns · 50.0%</title>");
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

static void a_chart_has_time_from_left_to_right(void **state)
{
  (void)state;
  const struct profile profile = chart_example();
  struct bytes svg;
  struct error err = {0};
  // 1000 px for 10 ns.
  assert_int_equal(draw_profile(&profile, "svg", 1024, &svg, &err), 0);
  assert_well_formed(&svg);
  assert_int_equal(occurrences(&svg, "height=\"17\""), 7);
  assert_contains(&svg, "><title>all\n10 ns · 100% · at 0 ns</title>");
  assert_contains(&svg, "<rect class=\"lane\" x=\"0\" width=\"999.5\"");
  assert_contains(&svg, "<rect x=\"0\" width=\"599.5\"");
  assert_contains(&svg, "<title>a:f/0\nsrc/a.erl:12\n6 ns · 60.0% · at 0 ns</title>");
  assert_contains(&svg, "<rect x=\"100\" width=\"199.5\"");
  assert_contains(&svg, "><title>a:g/0\nsrc/&lt;a&gt;.erl\n2 ns · 20.0% · at 1 ns</title>");
  assert_contains(&svg, "><title>a:g/0\nsrc/&lt;a&gt;.erl\n1 ns · 10.0% · at 4 ns</title>");
  assert_contains(&svg, "<rect class=\"lane\" x=\"800\" width=\"99.5\"");
  bytes_release(&svg);
}

// Where the `index`th row of boxes begins.
static long row_y(const struct bytes *svg, int index)
{
  static const char row[] = "<g transform=\"translate(0,";
  const char *at = (const char *)svg->data;
  for (int i = 0; i <= index; i++) {
    at = strstr(at, row);
    assert_non_null(at);
    at += strlen(row);
  }
  return strtol(at, NULL, 10);
}

static void lanes_stand_apart(void **state)
{
  (void)state;
  const struct profile profile = chart_example();
  struct bytes svg;
  struct error err = {0};
  assert_int_equal(draw_profile(&profile, "svg", 1024, &svg, &err), 0);
  static const long steps[] = {18, 18, 18, 18 + 9, 18}; // all, shop, f, g, then brief, f
  for (int row = 0; row < 5; row++)
    assert_int_equal(row_y(&svg, row) - row_y(&svg, row + 1), steps[row]);
  bytes_release(&svg);
}

static void a_chart_has_an_axis(void **state)
{
  (void)state;
  const struct profile profile = chart_example();
  struct bytes svg;
  struct error err = {0};
  // At least 110 px, that is 1.1 ns, from tick to tick: 2 ns. At 10 ns there is no room for a label.
  assert_int_equal(draw_profile(&profile, "svg", 1024, &svg, &err), 0);
  assert_int_equal(occurrences(&svg, "<path "), 6);
  char axis[192];
  snprintf(axis, sizeof axis,
           "<g class=\"axis\" font-family=\"sans-serif\" font-size=\"12\" "
           "transform=\"translate(12,%ld)\">\n",
           row_y(&svg, 5) - 18); // above the highest row
  assert_contains(&svg, axis);
  assert_contains(
      &svg,
      "<path stroke=\"#d5dbe1\" d=\"M0 0v135\"/><text class=\"muted\" x=\"3\" y=\"13\">0 ns</text>\n"); // 18 + 6 * 18 +
                                                                                                        // 9
  assert_contains(&svg,
                  "<path stroke=\"#d5dbe1\" d=\"M800 0v135\"/><text class=\"muted\" x=\"803\" y=\"13\">8 ns</text>\n");
  assert_contains(&svg, "<path stroke=\"#d5dbe1\" d=\"M1000 0v135\"/></g>");
  bytes_release(&svg);
}

static void axes_have_the_unit_of_the_whole(void **state)
{
  (void)state;
  static const struct {
    uint64_t last_ns; // where the last nanosecond begins
    const char *second, *last;
  } cases[] = {
      // 976 px: at least 0.1127 of the whole from tick to tick. Moments are exact.
      {1999, ">0.5 µs<", "at 1.999 µs<"},        {999998, ">200 µs<", "at 999.998 µs<"},
      {2500000, ">0.5 ms<", "at 2.5 ms<"},       {1000000000, ">0.2 s<", "at 1 s<"},
      {7200000000000, ">1000 s<", "at 7200 s<"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct profile profile = chart_example();
    const struct profile_span spans[] = {{0, 1, 0, cases[i].last_ns + 1}, {0, 2, cases[i].last_ns, 1}};
    profile.spans = spans;
    profile.span_count = 2;
    struct bytes svg;
    struct error err = {0};
    assert_int_equal(draw_profile(&profile, "svg", 1000, &svg, &err), 0);
    assert_contains(&svg, cases[i].second);
    assert_contains(&svg, cases[i].last);
    bytes_release(&svg);
  }
}

static void brief_processes_are_named_beside_their_box(void **state)
{
  (void)state;
  struct profile profile = chart_example();
  struct bytes svg;
  struct error err = {0};
  // 60 px to 66 px of 600: 13 columns of 7.3 px fit to the right. At 540 px they fit to the left only.
  struct profile_span spans[] = {{0, 1, 0, 100}, {1, 4, 10, 1}, {1, 5, 10, 1}};
  profile.spans = spans;
  profile.span_count = 3;
  assert_int_equal(draw_profile(&profile, "svg", 624, &svg, &err), 0);
  assert_contains(&svg, "<text class=\"code\" x=\"68.5\" y=\"13\">brief &lt;0.7.0&gt;</text>"); // 60 + 5.5 + 3
  assert_int_equal(occurrences(&svg, ">a:f/0"), 1);                                             // functions are not
  bytes_release(&svg);
  spans[1].start_ns = spans[2].start_ns = 90;
  assert_int_equal(draw_profile(&profile, "svg", 624, &svg, &err), 0);
  assert_contains(&svg, "<text class=\"code end\" text-anchor=\"end\" x=\"537\" y=\"13\">brief &lt;0.7.0&gt;</text>");
  bytes_release(&svg);
}

static void boxes_too_narrow_to_be_seen_wait_for_a_zoom(void **state)
{
  (void)state;
  struct profile profile = chart_example();
  struct profile_span spans[101] = {{0, 1, 0, 1000000}};
  // In 200 px a tenth is 500 ns, and the first is seen from 250 ns on. Of these calls 4 lie across such an edge.
  for (size_t i = 0; i < 100; i++)
    spans[1 + i] = (struct profile_span){0, 2, i * 10000 + (i < 4 ? 240 : 400), 20};
  profile.spans = spans;
  profile.span_count = 101;
  struct bytes svg;
  struct error err = {0};
  assert_int_equal(draw_profile(&profile, "svg", 224, &svg, &err), 0);
  assert_int_equal(occurrences(&svg, "<rect class=\"off\""), 96);
  assert_int_equal(occurrences(&svg, "width=\"0.1\""), 4);
  bytes_release(&svg);
  // A process is seen however briefly it lives.
  spans[1] = (struct profile_span){1, 4, 400, 20};
  profile.span_count = 2;
  assert_int_equal(draw_profile(&profile, "svg", 224, &svg, &err), 0);
  assert_contains(&svg, "<rect class=\"lane\" x=\"0.1\" width=\"0.1\"");
  bytes_release(&svg);
}

static void a_chart_says_what_it_leaves_out(void **state)
{
  (void)state;
  struct profile profile = chart_example();
  struct bytes svg;
  struct error err = {0};
  assert_int_equal(draw_profile(&profile, "svg", 1024, &svg, &err), 0);
  assert_int_equal(occurrences(&svg, "not drawn"), 0);
  bytes_release(&svg);
  profile.span_min_ns = 1500000;
  profile.process_count = 2;
  profile.span_count = 4; // none of the second
  assert_int_equal(draw_profile(&profile, "svg", 1024, &svg, &err), 0);
  assert_contains(&svg, ">1 process is not drawn · frames shorter than 1.50 ms are not drawn</text>");
  bytes_release(&svg);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(boxes_are_where_the_weights_say),
      cmocka_unit_test(labels_are_cut_or_left_out),
      cmocka_unit_test(tiny_shares_are_well_formed),
      cmocka_unit_test(the_same_input_gives_the_same_bytes),
      cmocka_unit_test(narrow_boxes_of_a_large_graph_are_paths),
      cmocka_unit_test(hostile_names_stay_text),
      cmocka_unit_test(needs_nothing_from_elsewhere),
      cmocka_unit_test(many_boxes_stay_small),
      cmocka_unit_test(too_narrow_is_refused),
      cmocka_unit_test(a_chart_has_time_from_left_to_right),
      cmocka_unit_test(lanes_stand_apart),
      cmocka_unit_test(a_chart_has_an_axis),
      cmocka_unit_test(axes_have_the_unit_of_the_whole),
      cmocka_unit_test(brief_processes_are_named_beside_their_box),
      cmocka_unit_test(boxes_too_narrow_to_be_seen_wait_for_a_zoom),
      cmocka_unit_test(a_chart_says_what_it_leaves_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
