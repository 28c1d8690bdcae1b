// Enters: a picture with its boxes. Leaves: one SVG document that needs nothing else, the same bytes for the same
// input. Without scripts it is a complete still picture with the browser's own tooltips; the script makes it live.
//
//     <g class="graph">
//       <g transform="translate(0,400)">                          one group a row, the root's first
//         <rect x="0" width="99.5"><title>name, (file:line,) details</title></rect>
//         <text x="4" y="13">its name, cut to fit</text>          only where something fits
//
// A title's parts are lines of it; in a comparison, what was and how much it has changed is one more, and so is how
// little is left where tracing was most of it. The data behind the boxes (DATA.md) has all frames; of very many boxes,
// the narrow ones are paths in a group `narrow`. A chart has an axis before its boxes:
//
//     <g class="axis" transform="translate(12,220)">             a path through all rows and a label for each tick
//
// Invariant: every name passes text_clean() and xml_text(), so the document is well-formed whatever the node is called.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/numbers.h"
#include "base/rank.h"
#include "data.h"
#include "picture/sheet.h"
#include "picture/text.h"
#include "renderers/renderer.h"

#define DATA_MAX_LETTERS ((size_t)3 << 30)
// So many of the boxes, the widest, are elements of their own with a title and a label. Chromium takes as long for each
// of them as for hundreds of the others, which are drawn as one path a color.
#define STILL_MAX_BOXES 800
#define NARROW_MIN_DPX 3 // of those, narrower ones are left to the script

// The style and the script beside this file, embedded at build time (embed.cmake).
extern const char flamegraph_css[];
extern const char flamegraph_js[];

static void xml_text(struct byte_sink *out, const char *text, size_t size)
{
  size_t done = 0;
  for (size_t i = 0; i < size; i++) {
    const char *entity = text[i] == '&'   ? "&amp;"
                         : text[i] == '<' ? "&lt;"
                         : text[i] == '>' ? "&gt;"
                         : text[i] == '"' ? "&quot;"
                                          : NULL;
    if (entity == NULL)
      continue;
    byte_sink_write(out, text + done, i - done);
    byte_sink_text(out, entity);
    done = i + 1;
  }
  byte_sink_write(out, text + done, size - done);
}

static void tenths(struct byte_sink *out, int64_t dpx)
{
  byte_sink_printf(out, "%" PRId64, dpx / 10);
  if (dpx % 10 != 0)
    byte_sink_printf(out, ".%d", (int)(dpx % 10));
}

static void write_head(struct sheet *sheet, struct byte_sink *out)
{
  const char *title = text_clean(&sheet->scratch, sheet->picture->title);
  byte_sink_printf(out,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"flambeau\" width=\"%d\" height=\"%d\" "
                   "viewBox=\"0 0 %d %d\" data-controls=\"%d %d %d %d\">\n<title>",
                   sheet->width_px, sheet->height_px, sheet->width_px, sheet->height_px, sheet->controls_x_px,
                   sheet->controls_y_px, sheet->controls_width_px, sheet->controls_height_px);
  xml_text(out, title, strlen(title));
  byte_sink_text(out, "</title>\n<style>\n");
  byte_sink_text(out, flamegraph_css);
  byte_sink_printf(out, "</style>\n<rect class=\"paper\" width=\"%d\" height=\"%d\" fill=\"#%06x\"/>\n",
                   sheet->width_px, sheet->height_px, SHEET_PAPER);
}

static void write_item(const struct sheet *sheet, const struct sheet_item *item, struct byte_sink *out)
{
  // Attributes, too, for where a page forbids styles.
  static const char *const attributes_of[] = {
      [SHEET_TITLE] = "class=\"title\" font-family=\"sans-serif\" font-weight=\"bold\" font-size=\"19\"",
      [SHEET_MUTED] = "class=\"muted\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#59626c\"",
      [SHEET_CODE] = "class=\"code\" font-family=\"monospace\" font-size=\"12\"",
      [SHEET_CODE_RIGHT] = "class=\"code end\" font-family=\"monospace\" font-size=\"12\" text-anchor=\"end\"",
  };
  if (item->style == SHEET_SWATCH) {
    byte_sink_printf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%06" PRIx32 "\"/>\n", item->x_px,
                     item->y_px, SHEET_SWATCH_PX, SHEET_SWATCH_PX, item->color);
    return;
  }
  const char *text = sheet_text(sheet, item);
  byte_sink_printf(out, "<text %s x=\"%d\" y=\"%d\">", attributes_of[item->style], item->x_px, item->y_px);
  xml_text(out, text, strlen(text));
  byte_sink_text(out, "</text>\n");
}

// The parts that keep to the right edge are a group, so that a viewer can move them.
static void write_items(const struct sheet *sheet, struct byte_sink *out)
{
  for (size_t i = 0; i < sheet->aside_from; i++)
    write_item(sheet, &sheet->items[i], out);
  byte_sink_text(out, "<g class=\"aside\">\n");
  for (size_t i = sheet->aside_from; i < sheet->aside_to; i++)
    write_item(sheet, &sheet->items[i], out);
  byte_sink_text(out, "</g>\n");
  for (size_t i = sheet->aside_to; i < sheet->item_count; i++)
    write_item(sheet, &sheet->items[i], out);
}

// The second line of a title, where the frame's source is known.
static void write_place(struct sheet *sheet, const struct box *box, struct byte_sink *out)
{
  const struct profile *profile = sheet->picture->profile;
  const struct profile_frame *frame = &profile->frames[profile->nodes[box->node].frame];
  if (box->row == 0 || box->deeper || *frame->file == '\0')
    return;
  const char *file = text_clean(&sheet->scratch, frame->file);
  byte_sink_text(out, "\n");
  xml_text(out, file, strlen(file));
  if (frame->line > 0)
    byte_sink_printf(out, ":%" PRIu32, frame->line);
}

// One more line of a title, if there is anything to say.
static void write_line(const char *line, struct byte_sink *out)
{
  if (*line == '\0')
    return;
  byte_sink_text(out, "\n");
  xml_text(out, line, strlen(line));
}

// The last lines of a title. "<0.01%" is why it is escaped, too.
static void write_details(const struct sheet *sheet, const struct box *box, bool with_calls, struct byte_sink *out)
{
  char number[NUMBER_MAX], text[2 * NUMBER_MAX], line[6 * NUMBER_MAX], change[8 * NUMBER_MAX];
  int size = snprintf(line, sizeof line, "\n%s · %s", sheet_weight(sheet, text, sizeof text, box->width),
                      number_share(number, box->width, sheet->picture->layout->total));
  if (sheet->picture->layout->chart)
    size += snprintf(line + size, sizeof line - (size_t)size, " · at %s", sheet_moment(sheet, number, box->start));
  else if (box->row > 0 && box->own != box->width)
    size += snprintf(line + size, sizeof line - (size_t)size, " · own %s",
                     sheet_weight(sheet, text, sizeof text, box->own));
  uint64_t calls = sheet->picture->profile->nodes[box->node].calls;
  if (with_calls && calls > 0 && sheet->picture->weight != WEIGHT_CALLS)
    size += snprintf(line + size, sizeof line - (size_t)size, " · %s %s", number_count(number, calls),
                     calls == 1 ? "call" : "calls");
  xml_text(out, line, (size_t)size);
  write_line(sheet_change(sheet, change, sizeof change, box), out);
  write_line(sheet_doubt(sheet, change, sizeof change, box), out);
}

static void write_label(const struct sheet *sheet, const struct box *box, const char *name, struct byte_sink *out)
{
  struct sheet_label label = sheet_label(sheet, box, name);
  if (label.size == 0)
    return;
  byte_sink_printf(out, "<text%s x=\"",
                   !label.beside     ? ""
                   : label.ends_at_x ? " class=\"code end\" text-anchor=\"end\""
                                     : " class=\"code\"");
  tenths(out, label.x_dpx);
  byte_sink_printf(out, "\" y=\"%d\">", SHEET_BASELINE_PX);
  xml_text(out, name, label.size);
  byte_sink_text(out, label.cut ? TEXT_ELLIPSIS "</text>\n" : "</text>\n");
}

static void write_box(struct sheet *sheet, const struct box *box, struct byte_sink *out)
{
  const struct profile *profile = sheet->picture->profile;
  const char *name = sheet_box_name(sheet, box);
  struct sheet_span span = sheet_span(sheet, box);
  bool chart = sheet->picture->layout->chart;
  bool with_calls = profile_has_calls(profile) && box->row > 0 && !box->deeper && !chart;

  byte_sink_text(out, sheet_names_lane(sheet, box) ? "<rect class=\"lane\" x=\""
                      : span.width_dpx == 0        ? "<rect class=\"off\" display=\"none\" x=\""
                                                   : "<rect x=\"");
  tenths(out, span.x_dpx);
  byte_sink_text(out, "\" width=\"");
  tenths(out, span.width_dpx);
  byte_sink_printf(out, "\" height=\"%d\" fill=\"#%06" PRIx32, SHEET_BOX_PX, box->color);
  byte_sink_text(out, "\"><title>");
  xml_text(out, name, strlen(name));
  write_place(sheet, box, out);
  write_details(sheet, box, with_calls, out);
  byte_sink_text(out, "</title></rect>\n");
  write_label(sheet, box, sheet_box_name(sheet, box), out);
}

static void write_axis(const struct sheet *sheet, struct byte_sink *out)
{
  struct sheet_tick tick;
  if (!sheet->picture->layout->chart)
    return;
  byte_sink_printf(out,
                   "<g class=\"axis\" font-family=\"sans-serif\" font-size=\"12\" "
                   "transform=\"translate(%d,%d)\">\n",
                   sheet->graph_x_px, sheet->axis_y_px);
  for (size_t i = 0; sheet_tick(sheet, i, &tick); i++) {
    byte_sink_text(out, "<path stroke=\"#d5dbe1\" d=\"M");
    tenths(out, tick.x_dpx);
    byte_sink_printf(out, " 0v%d\"/>", sheet->axis_height_px);
    if (tick.label[0] != '\0') {
      byte_sink_text(out, "<text class=\"muted\" x=\"");
      tenths(out, tick.x_dpx + SHEET_PADDING_PX * 10);
      byte_sink_printf(out, "\" y=\"%d\">%s</text>\n", SHEET_AXIS_BASELINE_PX, tick.label);
    }
  }
  byte_sink_text(out, "</g>\n");
}

// Which boxes are elements of their own: the root, what names a lane, and the widest.
static int choose_elements(const struct sheet *sheet, bool **elements, struct error *err)
{
  const struct layout *layout = sheet->picture->layout;
  uint64_t *widths = malloc(layout->box_count * sizeof *widths);
  *elements = malloc(layout->box_count * sizeof **elements);
  for (size_t i = 0; widths != NULL && i < layout->box_count; i++)
    widths[i] = layout->boxes[i].width;
  int status = -1;
  if (widths != NULL && *elements != NULL)
    status = rank_choose(widths, layout->box_count, STILL_MAX_BOXES, *elements);
  for (size_t i = 0; status == 0 && i < layout->box_count; i++)
    (*elements)[i] |= sheet_names_lane(sheet, &layout->boxes[i]);
  free(widths);
  return status == 0
             ? 0
             : error_set(err, ERROR_MEMORY, "out of memory for the %zu boxes of the picture", layout->box_count);
}

static int by_color_and_place(const void *left, const void *right)
{
  const struct box *const *a = left, *const *b = right;
  if ((*a)->color != (*b)->color)
    return (*a)->color < (*b)->color ? -1 : 1;
  return *a < *b ? -1 : *a > *b;
}

static void write_narrow_box(const struct sheet *sheet, const struct box *box, struct byte_sink *out)
{
  struct sheet_span span = sheet_span(sheet, box);
  if (span.width_dpx < NARROW_MIN_DPX)
    return;
  byte_sink_text(out, "M");
  tenths(out, span.x_dpx);
  byte_sink_printf(out, " %dh", sheet_box_y_px(sheet, box));
  tenths(out, span.width_dpx);
  byte_sink_printf(out, "v%dh-", SHEET_BOX_PX);
  tenths(out, span.width_dpx);
  byte_sink_text(out, "z");
}

// The boxes that are no elements of their own.
static int write_narrow(const struct sheet *sheet, const bool *elements, struct byte_sink *out, struct error *err)
{
  const struct layout *layout = sheet->picture->layout;
  if (layout->box_count <= STILL_MAX_BOXES)
    return 0;
  const struct box **narrow = malloc(layout->box_count * sizeof *narrow);
  size_t count = 0;
  if (narrow == NULL)
    return error_set(err, ERROR_MEMORY, "out of memory for the %zu boxes of the picture", layout->box_count);
  for (size_t i = 0; i < layout->box_count; i++)
    if (!elements[i])
      narrow[count++] = &layout->boxes[i];
  qsort(narrow, count, sizeof *narrow, by_color_and_place);
  byte_sink_printf(out, "<g class=\"narrow\" transform=\"translate(%d,0)\">\n", sheet->graph_x_px);
  for (size_t i = 0; i < count; i++) {
    if (i == 0 || narrow[i]->color != narrow[i - 1]->color)
      byte_sink_printf(out, "%s<path fill=\"#%06" PRIx32 "\" d=\"", i == 0 ? "" : "\"/>\n", narrow[i]->color);
    write_narrow_box(sheet, narrow[i], out);
  }
  byte_sink_text(out, count == 0 ? "</g>\n" : "\"/>\n</g>\n");
  free(narrow);
  return 0;
}

static void write_graph(struct sheet *sheet, const bool *elements, struct byte_sink *out)
{
  const struct layout *layout = sheet->picture->layout;
  byte_sink_printf(out,
                   "<g class=\"graph\" font-family=\"monospace\" font-size=\"12\" transform=\"translate(%d,0)\" "
                   "data-width=\"%d\">\n",
                   sheet->graph_x_px, sheet->graph_width_px);
  for (size_t i = 0; i < layout->box_count; i++) {
    const struct box *box = &layout->boxes[i];
    if (i == 0 || box->row != box[-1].row)
      byte_sink_printf(out, "%s<g transform=\"translate(0,%d)\">\n", i == 0 ? "" : "</g>\n",
                       sheet_box_y_px(sheet, box));
    if (elements[i])
      write_box(sheet, box, out);
  }
  byte_sink_text(out, "</g>\n</g>\n");
}

static int write_boxes(struct sheet *sheet, struct byte_sink *out, struct error *err)
{
  bool *elements;
  int status = choose_elements(sheet, &elements, err);
  if (status == 0)
    status = write_narrow(sheet, elements, out, err);
  if (status == 0)
    write_graph(sheet, elements, out);
  free(elements);
  return status;
}

static int write_data(const struct picture *picture, struct byte_sink *out, struct error *err)
{
  struct bytes letters;
  bytes_init(&letters, DATA_MAX_LETTERS);
  int status = data_write(picture, &letters, err);
  if (status == 0) {
    byte_sink_text(out, "<metadata class=\"data\">");
    byte_sink_write(out, letters.data, letters.size);
    byte_sink_text(out, "</metadata>\n");
  }
  bytes_release(&letters);
  return status;
}

static int svg_render(const struct picture *picture, struct byte_sink *out, struct error *err)
{
  struct sheet sheet;
  if (sheet_init(&sheet, picture, err) < 0)
    return -1;
  write_head(&sheet, out);
  write_items(&sheet, out);
  write_axis(&sheet, out);
  int status = write_boxes(&sheet, out, err);
  sheet_release(&sheet);
  if (status < 0 || write_data(picture, out, err) < 0)
    return -1;
  byte_sink_text(out, "<script><![CDATA[\n");
  byte_sink_text(out, flamegraph_js);
  byte_sink_text(out, "]]></script>\n</svg>\n");
  return 0;
}

const struct renderer renderer_svg = {
    .name = "svg",
    .extension = ".svg",
    .summary = "a picture for browsers: zoom, search, tooltips; readable as a still image",
    .needs_layout = true,
    .browsable = true,
    .render = svg_render,
};
