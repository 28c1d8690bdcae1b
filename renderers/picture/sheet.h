// Where everything in a picture goes: the SVG and the PNG draw the same sheet.
#ifndef FLAMBEAU_RENDERERS_SHEET_H
#define FLAMBEAU_RENDERERS_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/numbers.h"
#include "renderers/renderer.h"

#define SHEET_MIN_WIDTH_PX 200
#define SHEET_MARGIN_PX 12
#define SHEET_ROW_PX 18      // from row to row
#define SHEET_BOX_PX 17      // a box in its row
#define SHEET_BASELINE_PX 13 // of a label, from the top of its box
#define SHEET_PADDING_PX 3   // from a box's left edge to its label
#define SHEET_PADDING_RIGHT_PX 2
#define SHEET_SWATCH_PX 10 // a square of color beside what it means
#define SHEET_CELL_DPX 73  // tenths of a pixel: one column of the 12 px fixed-width font, widest of the usual ones
#define SHEET_TITLE_FONT_PX 19
#define SHEET_FONT_PX 12
#define SHEET_GAP_DPX 5 // between neighbours, where a box is wide enough to spare it
#define SHEET_GAP_FROM_DPX 20
#define SHEET_LANE_GAP_PX 9       // between a chart's lanes
#define SHEET_AXIS_PX 18          // of the labels of a chart's axis
#define SHEET_AXIS_BASELINE_PX 13 // of its labels, from its top

#define SHEET_INK 0x1b1f24u // labels on boxes, in every theme
#define SHEET_MUTED_INK 0x59626cu
#define SHEET_PAPER 0xffffffu
#define SHEET_TICK_INK 0xd5dbe1u

#define CAPTION_SEPARATOR " \u00b7 "

enum picture_unit { UNIT_TIME, UNIT_CALLS, UNIT_PLAIN };
enum picture_unit picture_unit(const struct profile *profile, enum weight weight);
uint64_t picture_total(const struct profile *profile, enum weight weight); // what all stacks weigh

// The functions with most own weight, most first; equals stay in the table's order. How many.
#define PICTURE_BUSIEST 5
size_t picture_busiest(const struct picture *picture, const struct profile_function *busiest[PICTURE_BUSIEST]);
const char *picture_busiest_heading(const struct picture *picture); // "Most own time"
// What a function of the profile's table counts for in that list.
uint64_t picture_busyness(const struct picture *picture, const struct profile_function *function);

// Of a comparison, the functions that have grown, or shrunk, by most: places in the profile's table, most first. How
// many.
#define PICTURE_CHANGES 3
size_t picture_changes(const struct picture *picture, bool grown, size_t changed[PICTURE_CHANGES]);

// How much of a caption, clean, goes on a line of `cells`: up to the last separator or blank that fits.
size_t picture_line(const char *clean, unsigned cells);

enum sheet_style {
  SHEET_TITLE,
  SHEET_MUTED,      // running text in the small font
  SHEET_CODE,       // a name in the fixed-width font
  SHEET_CODE_RIGHT, // the same, ending at x
  SHEET_SWATCH,     // no text: a square whose top left is x, y
};

struct sheet_item {
  enum sheet_style style;
  int x_px, y_px; // a text's baseline
  uint32_t color; // SHEET_SWATCH
  size_t text;    // for sheet_text
};

#define SHEET_MAX_ITEMS 96

struct sheet {
  const struct picture *picture;
  int width_px, height_px;
  int graph_x_px, graph_y_px, graph_width_px; // where the rows are
  int axis_y_px, axis_height_px;              // of a chart, with its lines through all rows
  int controls_x_px, controls_y_px, controls_width_px, controls_height_px; // kept free for a viewer's buttons
  struct sheet_item items[SHEET_MAX_ITEMS];
  size_t item_count;
  size_t aside_from, aside_to; // those of the items that keep to the right edge
  struct bytes pool;           // texts of the items
  struct bytes scratch;        // the name cleaned last
};

// Places title, subtitle, legend, the functions with most own weight, a chart's axis, and a note on what is left out.
// ERROR_USAGE when the picture is too narrow to hold anything; nothing is to be released then.
int sheet_init(struct sheet *sheet, const struct picture *picture, struct error *err);
void sheet_release(struct sheet *sheet);

const char *sheet_text(const struct sheet *sheet, const struct sheet_item *item);

// A box in tenths of pixels from the graph's left edge. One that is too narrow to be seen is 0 wide, or 1 where it
// lies across a tenth: so many of them in a row cover what is theirs, no more. A lane's process is always seen.
struct sheet_span {
  int64_t x_dpx, width_dpx;
};
struct sheet_span sheet_span(const struct sheet *sheet, const struct box *box);
// The top of the box's row, from the top of the picture.
int sheet_box_y_px(const struct sheet *sheet, const struct box *box);
// The box's name, clean; valid until the next call here.
const char *sheet_box_name(struct sheet *sheet, const struct box *box);
// Is it a process, the first box of a chart's lane?
bool sheet_names_lane(const struct sheet *sheet, const struct box *box);

// What to write on a box, or beside it.
struct sheet_label {
  size_t size;    // bytes of the name; 0 is no label
  bool cut;       // an ellipsis belongs behind them
  bool beside;    // on the paper: a chart's lanes are named, however short the process lived
  bool ends_at_x; // to the left of the box
  int64_t x_dpx;  // from the graph's left edge
};
struct sheet_label sheet_label(const struct sheet *sheet, const struct box *box, const char *name);

// A tick of a chart's axis: a line through all rows, and a label to its right.
struct sheet_tick {
  int64_t x_dpx;
  char label[NUMBER_MAX]; // "" where there is no room
};
// The `index`th from the left; false behind the last one.
bool sheet_tick(const struct sheet *sheet, size_t index, struct sheet_tick *tick);
// A moment of a chart, exact, in the unit that suits the whole of it: "0.25 s".
const char *sheet_moment(const struct sheet *sheet, char text[NUMBER_MAX], uint64_t time_ns);
// Of a box of a comparison, both sides: "own 1.20 s, was 800 ms (+50.0%)". "" where there is nothing to say.
const char *sheet_change(const struct sheet *sheet, char *text, size_t size, const struct box *box);
// Of a box that more was taken out of than is left: "uncertain: 12.0 ms left of 1.20 s, the rest was tracing". "" else.
const char *sheet_doubt(const struct sheet *sheet, char *text, size_t size, const struct box *box);
// A weight in the picture's unit: "1.23 s", "12 calls", "12".
const char *sheet_weight(const struct sheet *sheet, char *text, size_t size, uint64_t weight);

#endif
