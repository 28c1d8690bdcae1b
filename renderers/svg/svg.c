// Enters: a picture with its boxes. Leaves: one SVG document that needs nothing else, the same bytes for the same
// input. Without scripts it is a complete still picture with the browser's own tooltips; flamegraph.js makes it live.
//
//     <g class="graph" data-unit="ns">                            boxes, from here on in weight units for the script:
//       <g transform="translate(0,400)">                          one group a row, the root's first
//         <rect x="0" width="99.5" data-v="START WIDTH OWN CALLS"><title>name, (file:line,) details</title></rect>
//         <text x="4" y="13">its name, cut to fit</text>          only where something fits
//
// A title's parts are lines of it. A chart has START and WIDTH only, in nanoseconds, and before its boxes an axis:
//
//     <g class="axis" transform="translate(12,220)">             a path through all rows and a label for each tick
//
// Invariant: every name passes text_clean() and xml_text(), so the document is well-formed whatever the node is called.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/numbers.h"
#include "picture/sheet.h"
#include "picture/text.h"
#include "renderers/renderer.h"

// The files beside this one, embedded at build time (embed.cmake).
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
                   "viewBox=\"0 0 %d %d\"%s data-controls=\"%d %d %d %d\">\n<title>",
                   sheet->width_px, sheet->height_px, sheet->width_px, sheet->height_px,
                   sheet->picture->icicle ? " data-icicle=\"\"" : "", sheet->controls_x_px, sheet->controls_y_px,
                   sheet->controls_width_px, sheet->controls_height_px);
  xml_text(out, title, strlen(title));
  byte_sink_text(out, "</title>\n<style>\n");
  byte_sink_text(out, flamegraph_css);
  byte_sink_printf(out, "</style>\n<rect class=\"paper\" width=\"%d\" height=\"%d\" fill=\"#%06x\"/>\n",
                   sheet->width_px, sheet->height_px, SHEET_PAPER);
}

static void write_item(const struct sheet *sheet, const struct sheet_item *item, struct byte_sink *out)
{
  static const char *const class_of[] = {
      [SHEET_TITLE] = "title", [SHEET_MUTED] = "muted", [SHEET_CODE] = "code", [SHEET_CODE_RIGHT] = "code end"};
  if (item->style == SHEET_SWATCH) {
    byte_sink_printf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%06" PRIx32 "\"/>\n", item->x_px,
                     item->y_px, SHEET_SWATCH_PX, SHEET_SWATCH_PX, item->color);
    return;
  }
  const char *text = sheet_text(sheet, item);
  byte_sink_printf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class_of[item->style], item->x_px, item->y_px);
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

// The last line of a title. "<0.01%" is why it is escaped, too.
static void write_details(const struct sheet *sheet, const struct box *box, bool with_calls, struct byte_sink *out)
{
  char number[NUMBER_MAX], text[2 * NUMBER_MAX], line[6 * NUMBER_MAX];
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
}

static void write_label(const struct sheet *sheet, const struct box *box, const char *name, struct byte_sink *out)
{
  struct sheet_label label = sheet_label(sheet, box, name);
  if (label.size == 0)
    return;
  byte_sink_printf(out, "<text%s x=\"",
                   !label.beside     ? ""
                   : label.ends_at_x ? " class=\"code end\""
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
  bool with_calls = profile->counts_known && box->row > 0 && !box->deeper && !chart;

  byte_sink_text(out, sheet_names_lane(sheet, box) ? "<rect class=\"lane\" x=\""
                      : span.width_dpx == 0        ? "<rect class=\"off\" x=\""
                                                   : "<rect x=\"");
  tenths(out, span.x_dpx);
  byte_sink_text(out, "\" width=\"");
  tenths(out, span.width_dpx);
  byte_sink_printf(out, "\" height=\"%d\" fill=\"#%06" PRIx32 "\" data-v=\"%" PRIu64 " %" PRIu64, SHEET_BOX_PX,
                   box->color, box->start, box->width);
  if (!chart)
    byte_sink_printf(out, " %" PRIu64, box->own);
  if (with_calls)
    byte_sink_printf(out, " %" PRIu64, profile->nodes[box->node].calls);
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
  byte_sink_printf(out, "<g class=\"axis\" transform=\"translate(%d,%d)\">\n", sheet->graph_x_px, sheet->axis_y_px);
  for (size_t i = 0; sheet_tick(sheet, i, &tick); i++) {
    byte_sink_text(out, "<path d=\"M");
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

static void write_graph(struct sheet *sheet, struct byte_sink *out)
{
  static const char *const unit_of[] = {[UNIT_TIME] = "ns", [UNIT_CALLS] = "calls", [UNIT_PLAIN] = ""};
  const struct layout *layout = sheet->picture->layout;
  byte_sink_printf(out, "<g class=\"graph\" transform=\"translate(%d,0)\" data-width=\"%d\" data-unit=\"%s\">\n",
                   sheet->graph_x_px, sheet->graph_width_px,
                   unit_of[picture_unit(sheet->picture->profile, sheet->picture->weight)]);
  for (size_t i = 0; i < layout->box_count; i++) {
    const struct box *box = &layout->boxes[i];
    if (i == 0 || box->row != box[-1].row)
      byte_sink_printf(out, "%s<g transform=\"translate(0,%d)\">\n", i == 0 ? "" : "</g>\n",
                       sheet_box_y_px(sheet, box));
    write_box(sheet, box, out);
  }
  byte_sink_text(out, "</g>\n</g>\n");
}

static int svg_render(const struct picture *picture, struct byte_sink *out, struct error *err)
{
  struct sheet sheet;
  if (sheet_init(&sheet, picture, err) < 0)
    return -1;
  write_head(&sheet, out);
  write_items(&sheet, out);
  write_axis(&sheet, out);
  write_graph(&sheet, out);
  byte_sink_text(out, "<script><![CDATA[\n");
  byte_sink_text(out, flamegraph_js);
  byte_sink_text(out, "]]></script>\n</svg>\n");
  sheet_release(&sheet);
  return 0;
}

const struct renderer renderer_svg = {
    .name = "svg",
    .extension = ".svg",
    .summary = "a picture for browsers: zoom, search, tooltips; readable as a still image",
    .needs_layout = true,
    .render = svg_render,
};
