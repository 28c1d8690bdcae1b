// Enters: a picture with its boxes. Leaves: lines for a terminal, root on top, a row of boxes a line:
//
//     4.00 s of wall time in shop                  title, cut
//     shop@localhost · OTP 25 · ...                subtitle, wrapped
//
//     ▌all ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░        without colors; with colors each box has its own as background
//     ▌shop:loop/1 ░░░░░░░░░░░▌shop:idle/0
//     ▌shop:pri… ░░░
//     7 frames are narrower than a column
//
//     ██ your code  ██ OTP                         with colors
//     Most own time
//      40.0%     1.60 s  shop:price/1
//
// A box begins and ends at the columns nearest to where it would; one that has none is not drawn. Invariant: names pass
// text_clean(), so the only escapes in the output are the colors written here.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/numbers.h"
#include "picture/sheet.h"
#include "picture/text.h"
#include "renderers/renderer.h"

#define COLUMNS 80
#define COLUMNS_MIN 40
#define COLUMNS_MAX 1000
#define ROWS_MAX 40 // deeper ones are counted: a picture of text is to be seen at once
#define SUBTITLE_LINES_MAX 6
#define LABEL_MIN_CELLS 3 // a letter and an ellipsis say nothing

#define WEIGHT_CELLS 10 // "1.23 s" to "12,345,678" right-aligned

#define EDGE_PLAIN "\u258c"
#define EDGE_COLORED "\u258f"
#define FILL_PLAIN "\u2591"
#define SWATCH "\u2588\u2588"
#define SWATCH_CELLS 3 // and a blank
#define LEGEND_GAP "  "
#define LEGEND_GAP_CELLS 2

struct page {
  struct sheet sheet;
  struct byte_sink *out;
  unsigned columns;
  unsigned colors;
};

enum ink { INK_TEXT = 38, INK_GROUND = 48 }; // as SGR has them

static unsigned squared(int difference)
{
  return (unsigned)(difference * difference);
}

static unsigned distance(uint32_t a, uint32_t b)
{
  return squared((int)(a >> 16 & 0xff) - (int)(b >> 16 & 0xff)) + squared((int)(a >> 8 & 0xff) - (int)(b >> 8 & 0xff)) +
         squared((int)(a & 0xff) - (int)(b & 0xff));
}

// Of the 256 colors those that no theme changes: 16 to 231 are a cube of 6 levels a channel, 232 to 255 grays.
static uint32_t fixed_color(unsigned index)
{
  static const uint8_t levels[] = {0, 95, 135, 175, 215, 255};
  if (index >= 232)
    return (8 + 10 * (index - 232)) * 0x010101u;
  index -= 16;
  return (uint32_t)levels[index / 36] << 16 | (uint32_t)levels[index / 6 % 6] << 8 | levels[index % 6];
}

static unsigned nearest_color(uint32_t color)
{
  unsigned best = 16;
  for (unsigned index = 17; index < 256; index++)
    if (distance(fixed_color(index), color) < distance(fixed_color(best), color))
      best = index;
  return best;
}

static void set_ink(struct page *page, enum ink ink, uint32_t color)
{
  if (page->colors > 256)
    byte_sink_printf(page->out, "\033[%d;2;%u;%u;%um", ink, color >> 16 & 0xff, color >> 8 & 0xff, color & 0xff);
  else if (page->colors > 0)
    byte_sink_printf(page->out, "\033[%d;5;%um", ink, nearest_color(color));
}

static void reset_ink(struct page *page)
{
  if (page->colors > 0)
    byte_sink_text(page->out, "\033[0m");
}

static void repeat(struct page *page, const char *text, unsigned times)
{
  while (times-- > 0)
    byte_sink_text(page->out, text);
}

// As much of it as `cells` hold, or nothing where that says nothing; how many it takes.
static unsigned write_fitting(struct page *page, const char *clean, unsigned cells)
{
  bool cut;
  size_t size = text_fit(clean, cells, &cut);
  if (cut && cells < LABEL_MIN_CELLS)
    return 0;
  byte_sink_write(page->out, clean, size);
  if (cut)
    byte_sink_text(page->out, TEXT_ELLIPSIS);
  return text_cells(clean) - text_cells(clean + size) + cut;
}

static void write_title(struct page *page)
{
  if (page->colors > 0)
    byte_sink_text(page->out, "\033[1m");
  write_fitting(page, text_clean(&page->sheet.scratch, page->sheet.picture->title), page->columns);
  reset_ink(page);
  byte_sink_text(page->out, "\n");
}

static void write_subtitle(struct page *page)
{
  const char *rest = text_clean(&page->sheet.scratch, page->sheet.picture->subtitle);
  for (int line = 1; *rest != '\0'; line++) {
    size_t size = picture_line(rest, page->columns);
    if (line == SUBTITLE_LINES_MAX || size == 0) {
      write_fitting(page, rest, page->columns);
      byte_sink_text(page->out, "\n");
      return;
    }
    byte_sink_write(page->out, rest, size);
    byte_sink_text(page->out, "\n");
    rest += size;
    if (strncmp(rest, CAPTION_SEPARATOR, strlen(CAPTION_SEPARATOR)) == 0)
      rest += strlen(CAPTION_SEPARATOR);
    rest += strspn(rest, " ");
  }
}

struct stretch {
  unsigned from, to; // columns; none when they are equal
};

static struct stretch stretch_of(const struct page *page, const struct box *box)
{
  double columns = page->columns, total = (double)page->sheet.picture->layout->total;
  struct stretch stretch = {(unsigned)lround((double)box->start / total * columns),
                            (unsigned)lround((double)(box->start + box->width) / total * columns)};
  if (stretch.from == stretch.to && stretch.to < page->columns && sheet_names_lane(&page->sheet, box))
    stretch.to++; // a process is always seen
  return stretch;
}

static uint32_t darker(uint32_t color)
{
  return (color >> 1 & 0x7f7f7f) + (color >> 3 & 0x1f1f1f);
}

static void write_box(struct page *page, const struct box *box, unsigned columns)
{
  bool colored = page->colors > 0;
  set_ink(page, INK_GROUND, box->color);
  set_ink(page, INK_TEXT, darker(box->color));
  byte_sink_text(page->out, colored ? EDGE_COLORED : EDGE_PLAIN);
  set_ink(page, INK_TEXT, SHEET_INK);
  unsigned used = 1 + write_fitting(page, sheet_box_name(&page->sheet, box), columns - 1);
  if (!colored && used > 1 && used < columns) {
    byte_sink_text(page->out, " ");
    used++;
  }
  repeat(page, colored ? " " : FILL_PLAIN, columns - used);
}

static void write_row(struct page *page, const struct box *boxes, size_t count)
{
  unsigned at = 0;
  for (size_t i = 0; i < count; i++) {
    struct stretch stretch = stretch_of(page, &boxes[i]);
    unsigned from = stretch.from > at ? stretch.from : at; // a process's column may be somebody else's
    if (from >= stretch.to)
      continue;
    if (from > at)
      reset_ink(page);
    repeat(page, " ", from - at);
    write_box(page, &boxes[i], stretch.to - from);
    at = stretch.to;
  }
  reset_ink(page);
  byte_sink_text(page->out, "\n");
}

static size_t count_narrow(const struct page *page, const struct box *boxes, size_t count)
{
  size_t narrow = 0;
  for (size_t i = 0; i < count; i++) {
    struct stretch stretch = stretch_of(page, &boxes[i]);
    narrow += stretch.from == stretch.to;
  }
  return narrow;
}

static void write_count(struct page *page, uint64_t count, const char *one, const char *many)
{
  char number[NUMBER_MAX];
  if (count > 0)
    byte_sink_printf(page->out, "%s %s\n", number_count(number, count), count == 1 ? one : many);
}

static void write_graph(struct page *page)
{
  const struct layout *layout = page->sheet.picture->layout;
  uint64_t narrow = layout->left_out, rows = 0;
  for (size_t i = 0, end; i < layout->box_count; i = end) {
    for (end = i + 1; end < layout->box_count && layout->boxes[end].row == layout->boxes[i].row;)
      end++;
    size_t narrow_here = count_narrow(page, &layout->boxes[i], end - i);
    narrow += narrow_here;
    if (narrow_here == end - i)
      continue;
    if (rows < ROWS_MAX)
      write_row(page, &layout->boxes[i], end - i);
    rows++;
  }
  write_count(page, rows > ROWS_MAX ? rows - ROWS_MAX : 0, "deeper row is not shown", "deeper rows are not shown");
  write_count(page, layout->processes_left_out, "process is not shown", "processes are not shown");
  if (layout->chart && page->sheet.picture->profile->span_min_ns > 1) // nobody knows how many
    byte_sink_text(page->out, "frames narrower than a column are not shown\n");
  else
    write_count(page, narrow, "frame is narrower than a column", "frames are narrower than a column");
}

// Where there are colors; how many columns.
static unsigned write_swatch(struct page *page, uint32_t color)
{
  if (page->colors == 0)
    return 0;
  set_ink(page, INK_TEXT, color);
  byte_sink_text(page->out, SWATCH);
  reset_ink(page);
  byte_sink_text(page->out, " ");
  return SWATCH_CELLS;
}

static void write_legend(struct page *page)
{
  const struct layout *layout = page->sheet.picture->layout;
  unsigned used = 0;
  if (page->colors == 0 || layout->legend_count == 0)
    return;
  for (size_t i = 0; i < layout->legend_count; i++) {
    const struct legend_entry *entry = &layout->legend[i];
    unsigned cells = SWATCH_CELLS + text_cells(entry->label);
    bool fits = used > 0 && used + LEGEND_GAP_CELLS + cells <= page->columns;
    byte_sink_text(page->out, fits ? LEGEND_GAP : "\n");
    used = fits ? used + LEGEND_GAP_CELLS : 0;
    used += write_swatch(page, entry->color) + text_cells(entry->label);
    byte_sink_text(page->out, entry->label);
  }
  byte_sink_text(page->out, "\n");
}

// " 40.0%     1.60 s  ": how many columns.
static unsigned write_figures(struct page *page, uint64_t weight, uint64_t total)
{
  char share[NUMBER_MAX], text[2 * NUMBER_MAX], line[4 * NUMBER_MAX];
  sheet_weight(&page->sheet, text, sizeof text, weight);
  unsigned cells = text_cells(text);
  int pad = cells < WEIGHT_CELLS ? (int)(WEIGHT_CELLS - cells) : 0;
  snprintf(line, sizeof line, "%6s  %*s%s  ", number_share(share, weight, total), pad, "", text);
  byte_sink_text(page->out, line);
  return text_cells(line);
}

static void write_busiest(struct page *page)
{
  const struct picture *picture = page->sheet.picture;
  const struct profile_function *busiest[PICTURE_BUSIEST];
  size_t count = picture_busiest(picture, busiest);
  uint64_t total = picture_total(picture->profile, picture->weight);
  if (count > 0)
    byte_sink_printf(page->out, "\n%s\n", picture_busiest_heading(picture));
  for (size_t i = 0; i < count; i++) {
    const char *name = picture->profile->frames[busiest[i]->frame].name;
    unsigned used = write_figures(page, picture_busyness(picture, busiest[i]), total);
    used += write_swatch(page, picture->layout->colors[busiest[i]->frame]);
    write_fitting(page, text_clean(&page->sheet.scratch, name), page->columns > used ? page->columns - used : 0);
    byte_sink_text(page->out, "\n");
  }
}

static int text_render(const struct picture *picture, struct byte_sink *out, struct error *err)
{
  unsigned columns = picture->columns > 0 ? picture->columns : COLUMNS;
  struct page page = {
      .out = out,
      .columns = columns < COLUMNS_MIN   ? COLUMNS_MIN
                 : columns > COLUMNS_MAX ? COLUMNS_MAX
                                         : columns,
      .colors = picture->colors,
  };
  if (sheet_init(&page.sheet, picture, err) < 0)
    return -1;
  write_title(&page);
  write_subtitle(&page);
  byte_sink_text(out, "\n");
  write_graph(&page);
  write_legend(&page);
  write_busiest(&page);
  sheet_release(&page.sheet);
  return 0;
}

const struct renderer renderer_text = {
    .name = "text",
    .extension = ".txt",
    .summary = "blocks of text for a terminal, in its width and colors",
    .needs_layout = true,
    .render = text_render,
};
