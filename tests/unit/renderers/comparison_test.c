// What a picture of a comparison says: direction, changes, both sides of a box.
#include "compared.h"

#include "picture/sheet.h"

struct drawn {
  struct profile *comparison;
  struct layout *layout;
  struct picture picture;
  struct sheet sheet;
};

static void draw(struct drawn *drawn, const char *base, const char *head, int width_px)
{
  struct error err = {0};
  drawn->comparison = compared_texts(base, head);
  drawn->layout = layout_new(drawn->comparison, &(struct layout_options){.palette = "beam"}, &err);
  assert_non_null(drawn->layout);
  drawn->picture = (struct picture){.profile = drawn->comparison,
                                    .layout = drawn->layout,
                                    .title = "title",
                                    .subtitle = "subtitle",
                                    .width_px = width_px};
  assert_int_equal(sheet_init(&drawn->sheet, &drawn->picture, &err), 0);
}

static void discard(struct drawn *drawn)
{
  sheet_release(&drawn->sheet);
  layout_free(drawn->layout);
  profile_free(drawn->comparison);
}

static int find(const struct sheet *sheet, const char *text)
{
  for (size_t i = 0; i < sheet->item_count; i++)
    if (strcmp(sheet_text(sheet, &sheet->items[i]), text) == 0)
      return (int)i;
  return -1;
}

// Names follow their numbers, and those their heading.
static void what_changed_most_is_listed(void **state)
{
  (void)state;
  struct drawn drawn;
  draw(&drawn, "a 5\nb 9\nc 10\nf 1\ng 30\n", "a 25\nc 4\nd 1000\ne 3\nf 1\ng 31\n", 1200);
  static const char *const expected[] = {
      "Grew most (own weight)",   "+1,000", "", "d", "+20", "", "a", "+3", "", "e",
      "Shrank most (own weight)", "-9",     "", "b", "-6",  "", "c",
  };
  int at = find(&drawn.sheet, expected[0]);
  assert_true(at >= 0);
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
    assert_string_equal(sheet_text(&drawn.sheet, &drawn.sheet.items[(size_t)at + i]), expected[i]);
  assert_int_equal(drawn.sheet.aside_to, (size_t)at + sizeof expected / sizeof *expected);
  discard(&drawn);
}

static void the_scale_says_which_way(void **state)
{
  (void)state;
  for (int width_px = 300; width_px <= 1200; width_px += 900) {
    struct drawn drawn;
    draw(&drawn, "a 5\nb 1\n", "a 6\n", width_px);
    int grown = find(&drawn.sheet, "grown: more own weight than in BASE");
    int shrunk = find(&drawn.sheet, "shrunk: less own weight than in BASE");
    assert_true(grown >= LAYOUT_SHADES && shrunk >= LAYOUT_SHADES);
    assert_int_equal(drawn.sheet.items[grown - 1].color, drawn.layout->shades.grown[LAYOUT_SHADES - 1]);
    assert_int_equal(drawn.sheet.items[shrunk - 1].color, drawn.layout->shades.shrunk[LAYOUT_SHADES - 1]);
    assert_true(find(&drawn.sheet, "[vanished]: only in BASE, as wide as it was") >= 0);
    discard(&drawn);
    draw(&drawn, "a 5\n", "a 6\n", width_px);
    assert_int_equal(find(&drawn.sheet, "[vanished]: only in BASE, as wide as it was"), -1);
    discard(&drawn);
  }
}

static void check_box(struct drawn *drawn, const char *name, const char *expected)
{
  char text[4 * NUMBER_MAX];
  for (size_t i = 0; i < drawn->layout->box_count; i++) {
    const struct box *box = &drawn->layout->boxes[i];
    if (strcmp(sheet_box_name(&drawn->sheet, box), name) == 0) {
      assert_string_equal(sheet_change(&drawn->sheet, text, sizeof text, box), expected);
      return;
    }
  }
  fail_msg("no box %s", name);
}

// 20 of BASE: 5 + 2 + 13. 1,210 of HEAD.
static void boxes_have_both_sides(void **state)
{
  (void)state;
  struct drawn drawn;
  draw(&drawn, "a 5\nb 2\nc;x 13\n", "a 10\nb 2\nd 1198\nd;e;f 0\n", 1200);
  check_box(&drawn, "all", "HEAD 1,210, was 20 (x60.5)");
  check_box(&drawn, "a", "own 10, was 5 (+100%)");
  check_box(&drawn, "b", "own 2, as in BASE");
  check_box(&drawn, "d", "own 1,198, was 0 (from 0)");
  check_box(&drawn, "[vanished]", "only in BASE");
  check_box(&drawn, "c", "only in BASE");
  check_box(&drawn, "x", "only in BASE: own 13");
  discard(&drawn);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_changed_most_is_listed),
      cmocka_unit_test(the_scale_says_which_way),
      cmocka_unit_test(boxes_have_both_sides),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
