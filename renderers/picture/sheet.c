// Enters: a picture's boxes and texts. Leaves: items with positions. Widths of texts are estimated in cells of the
// fixed-width font, never measured: the same sheet serves a PNG here and a browser elsewhere.
//
//     title                                     [controls]     the controls are a viewer's (buttons, search);
//     subtitle, wrapped                  12.3% # busiest/1     on a narrow sheet they get a strip of their own
//     # legend  # wrapped                 4.5% # second/2      and the list of the busiest is left out
//     | 0 ms           | 50 ms           | 100 ms           a chart's axis, its lines through all rows
//     |            the graph's rows, root last           |     (first with `icicle`)
//     note on what is left out
#include "picture/sheet.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/numbers.h"
#include "picture/text.h"
#include "profile/profile_compare.h"

#define TITLE_BASELINE_PX 31
#define TITLE_CELL_DPX 110
#define LINE_PX 18
#define MAX_SUBTITLE_LINES 6
#define CONTROLS_PX 330
#define CONTROLS_TOP_PX 11
#define CONTROLS_HEIGHT_PX 28
#define CONTROLS_BESIDE_FROM_PX 760
#define BUSIEST_FROM_PX 900
#define BUSIEST_PX 420
#define BUSIEST_SHARE_PX 48
#define BUSIEST_LINE_PX 16
#define SIGNED_MAX (NUMBER_MAX + 1)
#define NOTE_PX 24
#define LABEL_MIN_CELLS 3 // a letter and an ellipsis say nothing
#define TICK_MIN_PX 110   // from tick to tick: room for the longest label

const char *sheet_text(const struct sheet *sheet, const struct sheet_item *item)
{
  return (const char *)sheet->pool.data + item->text;
}

// Adds `size` bytes of clean text as an item.
static void put(struct sheet *sheet, enum sheet_style style, int x_px, int y_px, const char *text, size_t size,
                bool cut)
{
  if (sheet->item_count == SHEET_MAX_ITEMS)
    return;
  sheet->items[sheet->item_count++] =
      (struct sheet_item){.style = style, .x_px = x_px, .y_px = y_px, .text = sheet->pool.size};
  bytes_append(&sheet->pool, text, size);
  if (cut)
    bytes_append(&sheet->pool, TEXT_ELLIPSIS, strlen(TEXT_ELLIPSIS));
  bytes_append_u8(&sheet->pool, 0);
}

static void put_swatch(struct sheet *sheet, int x_px, int baseline_px, uint32_t color)
{
  put(sheet, SHEET_SWATCH, x_px, baseline_px - SHEET_SWATCH_PX + 1, "", 0, false);
  sheet->items[sheet->item_count - 1].color = color;
}

static void put_fitting(struct sheet *sheet, enum sheet_style style, int x_px, int y_px, int width_px, int cell_dpx,
                        const char *clean)
{
  bool cut;
  size_t size = text_fit(clean, width_px > 0 ? (unsigned)(width_px * 10 / cell_dpx) : 0, &cut);
  put(sheet, style, x_px, y_px, clean, size, cut);
}

size_t picture_line(const char *clean, unsigned cells)
{
  bool cut;
  size_t fits = text_fit(clean, cells, &cut);
  if (!cut)
    return fits;
  for (size_t i = fits; i > 0; i--)
    if (strncmp(clean + i, CAPTION_SEPARATOR, strlen(CAPTION_SEPARATOR)) == 0)
      return i;
  for (size_t i = fits; i > 0; i--)
    if (clean[i] == ' ')
      return i;
  return fits;
}

// Leaves the baseline of the line after the last one.
static int put_subtitle(struct sheet *sheet, int y_px, int width_px)
{
  const char *rest = text_clean(&sheet->scratch, sheet->picture->subtitle);
  unsigned cells = (unsigned)(width_px * 10 / SHEET_CELL_DPX);
  for (int line = 1; *rest != '\0'; line++, y_px += LINE_PX) {
    size_t size = picture_line(rest, cells);
    if (line == MAX_SUBTITLE_LINES || size == 0) {
      put_fitting(sheet, SHEET_MUTED, SHEET_MARGIN_PX, y_px, width_px, SHEET_CELL_DPX, rest);
      return y_px + LINE_PX;
    }
    put(sheet, SHEET_MUTED, SHEET_MARGIN_PX, y_px, rest, size, false);
    rest += size;
    if (strncmp(rest, CAPTION_SEPARATOR, strlen(CAPTION_SEPARATOR)) == 0)
      rest += strlen(CAPTION_SEPARATOR);
    while (*rest == ' ')
      rest++;
  }
  return y_px;
}

// Where the next item of a line goes: on the next one when there is no room for it.
static void make_room(int *x_px, int *y_px, int item_px, int width_px)
{
  if (*x_px > SHEET_MARGIN_PX && *x_px + item_px > SHEET_MARGIN_PX + width_px) {
    *x_px = SHEET_MARGIN_PX;
    *y_px += LINE_PX;
  }
}

static int put_legend(struct sheet *sheet, int y_px, int width_px)
{
  const struct layout *layout = sheet->picture->layout;
  int x_px = SHEET_MARGIN_PX;
  for (size_t i = 0; i < layout->legend_count; i++) {
    const struct legend_entry *entry = &layout->legend[i];
    int entry_px = 15 + (int)text_cells(entry->label) * SHEET_CELL_DPX / 10;
    make_room(&x_px, &y_px, entry_px, width_px);
    put_swatch(sheet, x_px, y_px, entry->color);
    put(sheet, SHEET_MUTED, x_px + 15, y_px, entry->label, strlen(entry->label), false);
    x_px += entry_px + 12;
  }
  return layout->legend_count > 0 ? y_px + LINE_PX : y_px;
}

static int put_busiest(struct sheet *sheet, int y_px)
{
  const struct picture *picture = sheet->picture;
  const struct profile_function *busiest[PICTURE_BUSIEST];
  size_t count = picture_busiest(picture, busiest);
  uint64_t total = picture_total(picture->profile, picture->weight);
  int right_px = sheet->width_px - SHEET_MARGIN_PX, x_px = right_px - BUSIEST_PX + BUSIEST_SHARE_PX;
  const char *heading = picture_busiest_heading(picture);
  if (count > 0) {
    put(sheet, SHEET_MUTED, right_px - BUSIEST_PX, y_px, heading, strlen(heading), false);
    y_px += BUSIEST_LINE_PX + 1;
  }
  for (size_t i = 0; i < count; i++, y_px += BUSIEST_LINE_PX) {
    char number[NUMBER_MAX];
    number_share(number, picture_busyness(picture, busiest[i]), total);
    put(sheet, SHEET_CODE_RIGHT, x_px, y_px, number, strlen(number), false);
    put_swatch(sheet, x_px + 8, y_px, picture->layout->colors[busiest[i]->frame]);
    put_fitting(sheet, SHEET_CODE, x_px + 24, y_px, right_px - x_px - 24, SHEET_CELL_DPX,
                text_clean(&sheet->scratch, picture->profile->frames[busiest[i]->frame].name));
  }
  return y_px;
}

// A line's next part: colors, and what they mean. Many colors begin a line: who draws it may move a single one.
static void put_meaning(struct sheet *sheet, int *x_px, int *y_px, int width_px, const uint32_t *colors, int count,
                        const char *word)
{
  int word_px = (int)text_cells(word) * SHEET_CELL_DPX / 10, swatches_px = count > 0 ? count * SHEET_SWATCH_PX + 5 : 0;
  make_room(x_px, y_px, count > 1 ? width_px : swatches_px + word_px, width_px);
  for (int i = 0; i < count; i++)
    put_swatch(sheet, *x_px + i * SHEET_SWATCH_PX, *y_px, colors[i]);
  put(sheet, SHEET_MUTED, *x_px + swatches_px, *y_px, word, strlen(word), false);
  *x_px += swatches_px + word_px + 12;
}

// The colors of a comparison, a little to much, with the direction in words.
static int put_scale(struct sheet *sheet, int y_px, int width_px)
{
  static const char *const words[][2] = {
      [UNIT_TIME] = {"shrunk: less own time than in BASE", "grown: more own time than in BASE"},
      [UNIT_CALLS] = {"shrunk: fewer calls than in BASE", "grown: more calls than in BASE"},
      [UNIT_PLAIN] = {"shrunk: less own weight than in BASE", "grown: more own weight than in BASE"},
  };
  const struct picture *picture = sheet->picture;
  const struct layout_shades *shades = &picture->layout->shades;
  const char *const *word = words[picture_unit(picture->profile, picture->weight)];
  int x_px = SHEET_MARGIN_PX;
  put_meaning(sheet, &x_px, &y_px, width_px, shades->grown, LAYOUT_SHADES, word[1]);
  put_meaning(sheet, &x_px, &y_px, width_px, shades->shrunk, LAYOUT_SHADES, word[0]);
  put_meaning(sheet, &x_px, &y_px, width_px, &shades->same, 1, "the same");
  if (picture->profile->vanished != 0)
    put_meaning(sheet, &x_px, &y_px, width_px, NULL, 0, "[vanished]: only in BASE, as wide as it was");
  return y_px + LINE_PX;
}

// "+1.20 s", without the unit of calls.
static void change_text(const struct picture *picture, size_t function, bool grown, char text[SIGNED_MAX])
{
  const struct profile *profile = picture->profile;
  uint64_t head = profile_function_weight(&profile->functions[function], picture->weight);
  uint64_t base = profile_function_weight(&profile->base_functions[function], picture->weight);
  uint64_t change = grown ? head - base : base - head;
  char number[NUMBER_MAX];
  if (picture_unit(profile, picture->weight) == UNIT_TIME)
    number_time(number, change);
  else
    number_count(number, change);
  snprintf(text, SIGNED_MAX, "%c%s", grown ? '+' : '-', number);
}

static int put_changed(struct sheet *sheet, int y_px, bool grown)
{
  static const char *const headings[][2] = {
      [UNIT_TIME] = {"Shrank most (own time)", "Grew most (own time)"},
      [UNIT_CALLS] = {"Shrank most (calls)", "Grew most (calls)"},
      [UNIT_PLAIN] = {"Shrank most (own weight)", "Grew most (own weight)"},
  };
  const struct picture *picture = sheet->picture;
  const struct layout_shades *shades = &picture->layout->shades;
  const char *heading = headings[picture_unit(picture->profile, picture->weight)][grown];
  size_t changed[PICTURE_CHANGES], count = picture_changes(picture, grown, changed);
  char numbers[PICTURE_CHANGES][SIGNED_MAX];
  unsigned cells = 0;
  for (size_t i = 0; i < count; i++) {
    change_text(picture, changed[i], grown, numbers[i]);
    cells = text_cells(numbers[i]) > cells ? text_cells(numbers[i]) : cells;
  }
  int right_px = sheet->width_px - SHEET_MARGIN_PX, x_px = right_px - BUSIEST_PX + (int)cells * SHEET_CELL_DPX / 10 + 1;
  if (count > 0) {
    put(sheet, SHEET_MUTED, right_px - BUSIEST_PX, y_px, heading, strlen(heading), false);
    y_px += BUSIEST_LINE_PX + 1;
  }
  for (size_t i = 0; i < count; i++, y_px += BUSIEST_LINE_PX) {
    const struct profile_function *function = &picture->profile->functions[changed[i]];
    put(sheet, SHEET_CODE_RIGHT, x_px, y_px, numbers[i], strlen(numbers[i]), false);
    put_swatch(sheet, x_px + 8, y_px, (grown ? shades->grown : shades->shrunk)[LAYOUT_SHADES - 1]);
    put_fitting(sheet, SHEET_CODE, x_px + 24, y_px, right_px - x_px - 24, SHEET_CELL_DPX,
                text_clean(&sheet->scratch, picture->profile->frames[function->frame].name));
  }
  return y_px;
}

static int put_changes(struct sheet *sheet, int y_px)
{
  int below_px = put_changed(sheet, y_px, true);
  return put_changed(sheet, below_px > y_px ? below_px + 4 : y_px, false);
}

static void note_frames(const struct sheet *sheet, char *note, size_t size)
{
  const struct layout *layout = sheet->picture->layout;
  uint64_t spans_from_ns = sheet->picture->profile->span_min_ns;
  char number[NUMBER_MAX], time[NUMBER_MAX];
  number_count(number, layout->left_out);
  number_time(time, layout->min_width > spans_from_ns ? layout->min_width : spans_from_ns);
  const char *are = layout->left_out == 1 ? "is" : "are", *s = layout->left_out == 1 ? "" : "s";
  if (layout->chart && spans_from_ns > 1) // nobody knows how many
    snprintf(note, size, "frames shorter than %s are not drawn", time);
  else if (layout->left_out > 0 && layout->chart)
    snprintf(note, size, "%s frame%s shorter than %s %s not drawn", number, s, time, are);
  else if (layout->left_out > 0)
    snprintf(note, size, "%s frame%s %s too narrow to draw", number, s, are);
}

static void put_note(struct sheet *sheet)
{
  uint64_t processes = sheet->picture->layout->processes_left_out;
  char number[NUMBER_MAX], frames[128] = "", note[256] = "";
  note_frames(sheet, frames, sizeof frames);
  if (processes > 0)
    snprintf(note, sizeof note, "%s %s not drawn%s", number_count(number, processes),
             processes == 1 ? "process is" : "processes are", *frames ? CAPTION_SEPARATOR : "");
  strcat(note, frames);
  if (*note == '\0')
    return;
  put_fitting(sheet, SHEET_MUTED, SHEET_MARGIN_PX, sheet->height_px + 2, sheet->graph_width_px, SHEET_CELL_DPX, note);
  sheet->height_px += NOTE_PX - SHEET_MARGIN_PX;
}

static void arrange(struct sheet *sheet)
{
  bool beside = sheet->width_px >= CONTROLS_BESIDE_FROM_PX, with_busiest = sheet->width_px >= BUSIEST_FROM_PX;
  int left_px = sheet->graph_width_px;
  if (beside)
    left_px -= (with_busiest ? BUSIEST_PX : CONTROLS_PX) + 2 * SHEET_MARGIN_PX;
  put_fitting(sheet, SHEET_TITLE, SHEET_MARGIN_PX, TITLE_BASELINE_PX, left_px, TITLE_CELL_DPX,
              text_clean(&sheet->scratch, sheet->picture->title));
  int y_px = put_subtitle(sheet, TITLE_BASELINE_PX + 24, left_px);
  bool compared = sheet->picture->profile->base != NULL;
  y_px = (compared ? put_scale : put_legend)(sheet, y_px + 5, left_px);

  sheet->controls_width_px = beside ? CONTROLS_PX : sheet->graph_width_px;
  sheet->controls_height_px = CONTROLS_HEIGHT_PX;
  sheet->controls_x_px = sheet->width_px - SHEET_MARGIN_PX - sheet->controls_width_px;
  sheet->controls_y_px = beside ? CONTROLS_TOP_PX : y_px - 10;
  if (!beside)
    y_px += CONTROLS_HEIGHT_PX;
  sheet->aside_from = sheet->item_count;
  if (with_busiest) {
    int below_px = (compared ? put_changes : put_busiest)(sheet, TITLE_BASELINE_PX + 24);
    y_px = below_px > y_px ? below_px : y_px;
  }
  sheet->aside_to = sheet->item_count;
  const struct layout *layout = sheet->picture->layout;
  int rows_px = (int)layout->row_count * SHEET_ROW_PX + ((int)layout->lane_count - 1) * SHEET_LANE_GAP_PX;
  int axis_px = layout->chart ? SHEET_AXIS_PX : 0;
  sheet->axis_y_px = y_px;
  sheet->axis_height_px = axis_px + rows_px;
  sheet->graph_y_px = y_px + axis_px;
  sheet->height_px = sheet->graph_y_px + rows_px + SHEET_MARGIN_PX;
  put_note(sheet);
}

int sheet_init(struct sheet *sheet, const struct picture *picture, struct error *err)
{
  *sheet = (struct sheet){.picture = picture, .width_px = picture->width_px, .graph_x_px = SHEET_MARGIN_PX};
  sheet->graph_width_px = sheet->width_px - 2 * SHEET_MARGIN_PX;
  bytes_init(&sheet->pool, SHEET_MAX_ITEMS * (TEXT_MAX_BYTES + 64));
  bytes_init(&sheet->scratch, TEXT_MAX_BYTES + 64);
  if (picture->width_px < SHEET_MIN_WIDTH_PX)
    return error_set(err, ERROR_USAGE, "a picture %d pixels wide holds nothing; it takes at least %d",
                     picture->width_px, SHEET_MIN_WIDTH_PX);
  arrange(sheet);
  if (!sheet->pool.failed)
    return 0;
  sheet_release(sheet);
  return error_set(err, ERROR_MEMORY, "out of memory for the texts of the picture");
}

void sheet_release(struct sheet *sheet)
{
  bytes_release(&sheet->pool);
  bytes_release(&sheet->scratch);
}

bool sheet_names_lane(const struct sheet *sheet, const struct box *box)
{
  const struct profile *profile = sheet->picture->profile;
  return sheet->picture->layout->chart && box->row > 0 && !box->deeper &&
         profile->frames[profile->nodes[box->node].frame].kind == FRAME_PROCESS;
}

struct sheet_span sheet_span(const struct sheet *sheet, const struct box *box)
{
  double dpx = sheet->graph_width_px * 10.0, total = (double)sheet->picture->layout->total;
  int64_t left = llround((double)box->start / total * dpx);
  int64_t right = llround((double)(box->start + box->width) / total * dpx);
  int64_t width = right - left;
  if (width >= SHEET_GAP_FROM_DPX)
    width -= SHEET_GAP_DPX;
  if (width == 0 && sheet_names_lane(sheet, box))
    width = 1;
  return (struct sheet_span){left, width};
}

int sheet_box_y_px(const struct sheet *sheet, const struct box *box)
{
  const struct layout *layout = sheet->picture->layout;
  bool icicle = sheet->picture->icicle;
  uint32_t row = icicle ? box->row : layout->row_count - 1 - box->row;
  uint32_t lane = icicle ? box->lane : layout->lane_count - 1 - box->lane;
  return sheet->graph_y_px + (int)row * SHEET_ROW_PX + (int)lane * SHEET_LANE_GAP_PX;
}

const char *sheet_box_name(struct sheet *sheet, const struct box *box)
{
  const struct profile *profile = sheet->picture->profile;
  if (box->row == 0)
    return "all";
  if (box->deeper)
    return "[deeper]";
  return text_clean(&sheet->scratch, profile->frames[profile->nodes[box->node].frame].name);
}

static unsigned cells_in(int64_t room_dpx)
{
  int64_t cells = (room_dpx - (SHEET_PADDING_PX + SHEET_PADDING_RIGHT_PX) * 10) / SHEET_CELL_DPX;
  return cells > 0 ? (unsigned)cells : 0;
}

struct sheet_label sheet_label(const struct sheet *sheet, const struct box *box, const char *name)
{
  struct sheet_span span = sheet_span(sheet, box);
  struct sheet_label label = {.x_dpx = span.x_dpx + SHEET_PADDING_PX * 10};
  unsigned cells = cells_in(span.width_dpx);
  label.size = text_fit(name, cells, &label.cut);
  if (label.cut && sheet_names_lane(sheet, box)) {
    int64_t right_dpx = sheet->graph_width_px * 10 - span.x_dpx - span.width_dpx;
    label.beside = true;
    label.ends_at_x = text_cells(name) > cells_in(right_dpx) && span.x_dpx > right_dpx;
    label.x_dpx = label.ends_at_x ? span.x_dpx - SHEET_PADDING_PX * 10 : label.x_dpx + span.width_dpx;
    cells = cells_in(label.ends_at_x ? span.x_dpx : right_dpx);
    label.size = text_fit(name, cells, &label.cut);
  }
  if (cells == 0 || (label.cut && cells < LABEL_MIN_CELLS))
    label.size = 0;
  return label;
}

// Of 1, 2, 5, 10, 20, 50... the first that keeps labels apart.
static uint64_t tick_step(const struct sheet *sheet)
{
  double least = (double)sheet->picture->layout->total * TICK_MIN_PX / sheet->graph_width_px;
  uint64_t power = 1;
  while (power < UINT64_MAX / 100 && (double)power * 10 < least)
    power *= 10;
  for (unsigned factor = 1; factor <= 5; factor = factor * 2 + factor / 2)
    if ((double)(factor * power) >= least)
      return factor * power;
  return 10 * power;
}

bool sheet_tick(const struct sheet *sheet, size_t index, struct sheet_tick *tick)
{
  const struct layout *layout = sheet->picture->layout;
  uint64_t step = tick_step(sheet), time_ns = index * step;
  if (!layout->chart || index > layout->total / step)
    return false;
  tick->x_dpx = llround((double)time_ns / (double)layout->total * sheet->graph_width_px * 10);
  sheet_moment(sheet, tick->label, time_ns);
  if (text_cells(tick->label) > cells_in(sheet->graph_width_px * 10 - tick->x_dpx))
    tick->label[0] = '\0';
  return true;
}

const char *sheet_moment(const struct sheet *sheet, char text[NUMBER_MAX], uint64_t time_ns)
{
  static const struct {
    uint64_t ns;
    const char *name;
  } units[] = {{1000000000, " s"}, {1000000, " ms"}, {1000, " µs"}, {1, " ns"}};
  size_t unit = 0;
  while (units[unit].ns > sheet->picture->layout->total)
    unit++;
  uint64_t billionths = time_ns % units[unit].ns * (1000000000 / units[unit].ns);
  int size = snprintf(text, NUMBER_MAX, "%" PRIu64 ".%09" PRIu64, time_ns / units[unit].ns, billionths);
  while (text[size - 1] == '0')
    size--;
  if (text[size - 1] == '.')
    size--;
  snprintf(text + size, NUMBER_MAX - (size_t)size, "%s", units[unit].name);
  return text;
}

const char *sheet_weight(const struct sheet *sheet, char *text, size_t size, uint64_t weight)
{
  char number[NUMBER_MAX];
  switch (picture_unit(sheet->picture->profile, sheet->picture->weight)) {
  case UNIT_TIME:
    number_time(number, weight);
    break;
  case UNIT_CALLS:
    number_count(number, weight);
    snprintf(text, size, "%s %s", number, weight == 1 ? "call" : "calls");
    return text;
  case UNIT_PLAIN:
    number_count(number, weight);
    break;
  }
  snprintf(text, size, "%s", number);
  return text;
}
