#include "drawn.h"

static void assert_folded(const char *input, const char *expected)
{
  struct bytes out;
  struct error err = {0};
  assert_int_equal(draw_folded(input, "folded", 1200, &out, &err), 0);
  assert_string_equal((const char *)out.data, expected);
  bytes_release(&out);
}

static void lines_are_sorted_by_bytes(void **state)
{
  (void)state;
  // ' ' and '-' and '0' come before ';': a stack's own line, then a sibling with a longer name, then what is beneath.
  assert_folded("m:f/1;x 3\nm:f/10 4\nm:f/1 5\nm:f/1-fun-0 1\n", "m:f/1 5\nm:f/1-fun-0 1\nm:f/10 4\nm:f/1;x 3\n");
}

static void what_weighs_nothing_has_no_line(void **state)
{
  (void)state;
  assert_folded("a;b;c 7\na;d 1\na;d 2\n", "a;b;c 7\na;d 3\n");
}

static const struct profile_frame odd_frames[] = {
    {.name = ""},          {.name = "'a;b':f/0"}, {.name = "new\nline\x01"},
    {.name = "'a:b':f/0"}, {.name = ""},          {.name = "\xff\xEF\xBF\xBD\u202E\u00e9"},
};

static void names_cannot_break_lines(void **state)
{
  (void)state;
  const struct profile_node nodes[] = {
      {0, 0, 1, 0, 0, 0}, {1, 0, 2, 3, 1, 0}, {2, 1, 0, 0, 2, 0},
      {3, 0, 0, 4, 4, 0}, {4, 0, 5, 0, 8, 0}, {5, 4, 0, 0, 16, 0},
  };
  const struct profile profile = {.frames = odd_frames, .frame_count = 6, .nodes = nodes, .node_count = 6};
  struct bytes out;
  struct error err = {0};
  assert_int_equal(draw_profile(&profile, "folded", 1200, &out, &err), 0);
  // 'a;b' is written like 'a:b': one line of 1 + 4.
  assert_string_equal((const char *)out.data, "'a:b':f/0 5\n'a:b':f/0;new?line? 2\n? 8\n"
                                              "?;?\uFFFD\u202E\u00e9 16\n");
  bytes_release(&out);
}

static void nothing_to_write_is_an_error(void **state)
{
  (void)state;
  const struct profile_node root = {0};
  const struct profile profile = {.frames = odd_frames, .frame_count = 1, .nodes = &root, .node_count = 1};
  const struct picture picture = {.profile = &profile, .weight = WEIGHT_WALL, .title = "", .subtitle = ""};
  struct bytes out;
  struct error err = {0};
  bytes_init(&out, 100);
  struct byte_sink *sink = memory_sink_new(&out, &err);
  assert_int_equal(renderer_by_name("folded")->render(&picture, sink, &err), -1);
  assert_int_equal(err.code, ERROR_EMPTY);
  byte_sink_free(sink);
  bytes_release(&out);
}

static void renderers_are_found_by_name_and_path(void **state)
{
  (void)state;
  assert_string_equal(renderer_by_name("svg")->extension, ".svg");
  assert_null(renderer_by_name("SVG "));
  assert_null(renderer_by_name(""));
  assert_string_equal(renderer_by_path("a.b/c.folded")->name, "folded");
  assert_string_equal(renderer_by_path("x.svg.png")->name, "png");
  assert_null(renderer_by_path("svg"));
  assert_null(renderer_by_path(".svg")); // a name without a stem is a hidden file, not a format
  assert_null(renderer_by_path("a.jpeg"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_are_sorted_by_bytes),
      cmocka_unit_test(what_weighs_nothing_has_no_line),
      cmocka_unit_test(names_cannot_break_lines),
      cmocka_unit_test(nothing_to_write_is_an_error),
      cmocka_unit_test(renderers_are_found_by_name_and_path),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
