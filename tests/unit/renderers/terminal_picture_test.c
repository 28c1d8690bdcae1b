// The picture of text blocks, with what each column holds counted by hand.
#include "drawn.h"

#include <stdio.h>
#include <stdlib.h>

#include "picture/text.h"

#define FILL "\u2591"
#define FILL_4 FILL FILL FILL FILL
#define FILL_8 FILL_4 FILL_4
#define EDGE "\u258c"

static void draw_text(const char *folded, struct picture picture, struct bytes *out)
{
  struct error err = {0};
  picture.width_px = 700;
  assert_int_equal(draw_folded_picture(folded, "text", picture, out, &err), 0);
}

static void check(const char *folded, unsigned columns, const char *expected)
{
  struct bytes out;
  draw_text(folded, (struct picture){.columns = columns}, &out);
  assert_string_equal((const char *)out.data, expected);
  bytes_release(&out);
}

// 8 in all, 5 columns each. The edge and the blank behind a name take a column: of the 20 of a:f/0 12 are left. What is
// a's own, from 15 to 20, has nothing beneath it.
static void a_box_has_its_columns(void **state)
{
  (void)state;
  check("a:f/0;b:g/0 3\na:f/0 1\nc:h/0 4\n", 40,
        "Title <1>\n"
        "sub & title\n"
        "\n" EDGE "all " FILL_8 FILL_8 FILL_8 FILL_8 FILL FILL FILL "\n" EDGE "a:f/0 " FILL_8 FILL_4 FILL EDGE
        "c:h/0 " FILL_8 FILL_4 FILL "\n" EDGE "b:g/0 " FILL_8 "\n"
        "\n"
        "Most own weight\n"
        " 50.0%           4  c:h/0\n"
        " 37.5%           3  b:g/0\n"
        " 12.5%           1  a:f/0\n");
}

// 10 columns each and 20 for a. Of 9 behind the edge `module:f/0` would take 10; so would 商店总计/2, and its ellipsis
// stands behind the fourth of the wide ones, in the last column.
static void names_are_cut_between_characters(void **state)
{
  (void)state;
  check("module:f/0 1\n商店总计/2 1\na 2\n", 40,
        "Title <1>\n"
        "sub & title\n"
        "\n" EDGE "all " FILL_8 FILL_8 FILL_8 FILL_8 FILL FILL FILL "\n" EDGE "a " FILL_8 FILL_8 FILL EDGE
        "module:f\u2026" EDGE "商店总计\u2026\n"
        "\n"
        "Most own weight\n"
        " 50.0%           2  a\n"
        " 25.0%           1  module:f/0\n"
        " 25.0%           1  商店总计/2\n");
}

// 99 of 100 have 79.2 columns of 80; the other begins at 79.2 and ends at 80, which is one. Of 999 and 1 the last one
// has none.
static void what_has_no_column_is_counted(void **state)
{
  (void)state;
  struct bytes out;
  draw_text("a 99\nb 1\n", (struct picture){0}, &out);
  assert_non_null(strstr((const char *)out.data, FILL EDGE "\n"));
  assert_null(strstr((const char *)out.data, "narrower"));
  bytes_release(&out);
  draw_text("a 999\nb 1\n", (struct picture){0}, &out);
  assert_non_null(strstr((const char *)out.data, FILL "\n1 frame is narrower than a column\n"));
  bytes_release(&out);
  draw_text("a 999\nb;c 1\n", (struct picture){0}, &out);
  assert_non_null(strstr((const char *)out.data, "\n2 frames are narrower than a column\n"));
  bytes_release(&out);
}

// The root's row, 39 more, and the rest of 60 counted.
static void rows_are_bounded(void **state)
{
  (void)state;
  char folded[1024] = "f00", expected[64];
  for (int i = 1; i < 60; i++)
    sprintf(folded + strlen(folded), ";f%02d", i);
  strcat(folded, " 1\n");
  struct bytes out;
  draw_text(folded, (struct picture){0}, &out);
  sprintf(expected, "%s", EDGE "f38 ");
  assert_non_null(strstr((const char *)out.data, expected));
  assert_null(strstr((const char *)out.data, "f39"));
  assert_non_null(strstr((const char *)out.data, "\n21 deeper rows are not shown\n"));
  bytes_release(&out);
}

static void draw_red(unsigned colors, const char *expected)
{
  struct bytes out;
  struct error err = {0};
  struct box box = {.width = 1, .color = 0xff0000};
  const struct profile_frame frame = {.name = ""};
  const struct profile_node node = {0};
  const struct profile profile = {.frames = &frame, .frame_count = 1, .nodes = &node, .node_count = 1};
  const struct layout layout = {.boxes = &box,
                                .box_count = 1,
                                .row_count = 1,
                                .lane_count = 1,
                                .total = 1,
                                .legend = {{"red", 0xff0000}},
                                .legend_count = 1};
  const struct picture picture = {.profile = &profile,
                                  .layout = &layout,
                                  .title = "Title",
                                  .subtitle = "",
                                  .width_px = 700,
                                  .columns = 40,
                                  .colors = colors};
  bytes_init(&out, DRAWN_MAX_BYTES);
  struct byte_sink *sink = memory_sink_new(&out, &err);
  assert_int_equal(renderer_by_name("text")->render(&picture, sink, &err), 0);
  byte_sink_free(sink);
  bytes_append_u8(&out, 0);
  assert_string_equal((const char *)out.data, expected);
  bytes_release(&out);
}

// The edge is five eighths of red, ff * 5 / 8 = 9e with the halves rounded down; the ink is 1b1f24. Of the cube's
// levels 00 5f 87 af d7 ff, numbered 16 + 36 red + 6 green + blue, af is nearest to 9e: 16 + 36 * 3 = 124; red is 16 +
// 36 * 5; of the grays 08 12 1c 26, 232 the first, 1c is nearest to the ink.
static void colors_are_the_boxes(void **state)
{
  (void)state;
  draw_red(
      1 << 24,
      "\033[1mTitle\033[0m\n\n"
      "\033[48;2;255;0;0m\033[38;2;158;0;0m\u258f\033[38;2;27;31;36mall                                    \033[0m\n\n"
      "\033[38;2;255;0;0m\u2588\u2588\033[0m red\n");
  draw_red(256, "\033[1mTitle\033[0m\n\n"
                "\033[48;5;196m\033[38;5;124m\u258f\033[38;5;234mall                                    \033[0m\n\n"
                "\033[38;5;196m\u2588\u2588\033[0m red\n");
  draw_red(0, "Title\n\n" EDGE "all " FILL_8 FILL_8 FILL_8 FILL_8 FILL FILL FILL "\n");
}

static void no_name_commands_the_terminal(void **state)
{
  (void)state;
  struct bytes out;
  draw_text("\033[2J\033]0;x\a:f/0;a\rb 4\n\xc2\x9b"
            "31m;\u202egnp 3\n",
            (struct picture){0}, &out);
  for (const char *at = (const char *)out.data; *at; at++)
    assert_true((unsigned char)*at >= 0x20 || *at == '\n');
  assert_null(strstr((const char *)out.data, "\xc2\x9b"));
  assert_non_null(strstr((const char *)out.data, "\\x{202E}gnp"));
  bytes_release(&out);
}

// Whatever the names and the width, no line is wider than the terminal.
static void lines_fit(void **state)
{
  (void)state;
  static const char folded[] = "商店购物车:总计/2;🔥🔥:f/0 5\na;b;c;d;e:very_long_name_of_a_function/12 7\n"
                               "e\u0301te\u0301:f/1 3\n\u202e\u202e\u202e:f/0 1\nx 1\ny 1\nz 1\n";
  for (unsigned columns = 40; columns < 150; columns++) {
    struct bytes out;
    draw_text(folded, (struct picture){.columns = columns}, &out);
    for (char *line = strtok((char *)out.data, "\n"); line; line = strtok(NULL, "\n"))
      assert_in_range(text_cells(line), 0, columns);
    bytes_release(&out);
  }
}

static void processes_of_a_chart_are_seen(void **state)
{
  (void)state;
  const struct profile profile = chart_example();
  struct bytes out;
  struct error err = {0};
  const struct picture picture = {.width_px = 700, .columns = 40};
  assert_int_equal(draw_picture(&profile, "text", picture, &out, &err), 0);
  assert_non_null(strstr((const char *)out.data, "\n" EDGE "shop "));
  // From 8 to 9 of 10: from column 32 to 36.
  assert_non_null(strstr((const char *)out.data, "\n                                " EDGE "br\u2026\n"));
  bytes_release(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_box_has_its_columns),
      cmocka_unit_test(names_are_cut_between_characters),
      cmocka_unit_test(what_has_no_column_is_counted),
      cmocka_unit_test(rows_are_bounded),
      cmocka_unit_test(colors_are_the_boxes),
      cmocka_unit_test(no_name_commands_the_terminal),
      cmocka_unit_test(lines_fit),
      cmocka_unit_test(processes_of_a_chart_are_seen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
