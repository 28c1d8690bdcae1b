// A profile in, pictures and folded text out: turn it round if asked, lay it out once, hand the same picture to every
// renderer. Titles come from the profile's facts alone: no clock, no file name, so a replay cannot differ from the run.
#include "drawing.h"

#include <stdlib.h>
#include <string.h>

#include "layout/layout.h"
#include "outputs.h"
#include "profile/profile.h"
#include "renderers/renderer.h"
#include "terminal.h"

#define WIDTH_MIN_PX 300
#define WIDTH_MAX_PX 16000
#define WIDTH_DEFAULT_PX 1200
#define CHART_MAX_BOXES 30000 // an SVG of some megabytes; the help says the number

struct weight_word {
  const char *word;
  const char *nothing; // said when the profile weighs nothing in it
};

// In the order of enum weight.
static const struct weight_word weight_words[] = {
    [WEIGHT_WALL] = {"wall", "nothing was captured: no traced process did anything in that time"},
    [WEIGHT_CPU] = {"cpu", "nothing was captured that ran: try --weight wall"},
    [WEIGHT_WAIT] = {"wait", "nothing was captured that waited: try --weight wall"},
    [WEIGHT_GC] = {"gc", "nothing was captured of garbage collections: try --weight wall"},
    [WEIGHT_CALLS] = {"calls", "nothing was captured that was called: try --weight wall"},
};

static const char *weight_choices(void)
{
  return "wall|cpu|wait|gc|calls";
}

static const char *by_choices(void)
{
  return "merged|process|parent";
}

#define FIELD(field) .offset = offsetof(struct drawing_settings, field)

const struct option_row drawing_rows[] = {
    {.name = "weight",
     .kind = OPTION_CHOICE,
     FIELD(weight),
     .choices = weight_choices,
     .help = "what the width of a frame means: all time, time that ran, time in receives, garbage collection, or the "
             "number of calls (default wall; of a snapshot, which has no times, calls)"},
    {.name = "by",
     .kind = OPTION_CHOICE,
     FIELD(by),
     .choices = by_choices,
     .help =
         "all processes in one graph, one root frame per process, or in one graph with spawned processes on the frames "
         "that spawned them (see --spawned) (default merged; process with --chart)"},
    {.name = "chart",
     .kind = OPTION_FLAG,
     FIELD(chart),
     .help = "a flame chart: wall time goes from left to right, with a lane for each process. Folded text that is "
             "written beside it has the stacks by process"},
    {.name = "icicle", .kind = OPTION_FLAG, FIELD(icicle), .help = "root on top"},
    {.name = "reverse", .kind = OPTION_FLAG, FIELD(reverse), .help = "callers instead of callees"},
    {.name = "title", .kind = OPTION_TEXT, FIELD(title), .argument = "TEXT", .help = "the first line of the picture"},
    {.name = "subtitle",
     .kind = OPTION_TEXT,
     FIELD(subtitle),
     .argument = "TEXT",
     .help = "the second line of the picture"},
    {.name = "width",
     .kind = OPTION_COUNT,
     FIELD(width_px),
     .argument = "PIXELS",
     .min = WIDTH_MIN_PX,
     .max = WIDTH_MAX_PX,
     .help = "how wide the picture is; text is as wide as the terminal"},
    {.name = "scale",
     .kind = OPTION_FACTOR,
     FIELD(scale),
     .argument = "FACTOR",
     .help = "pixels of a PNG for one of the picture: 1, 1.5, 3 (default 2, or 1 where that would be too large)"},
    {.name = "min-width",
     .kind = OPTION_MIN_WIDTH,
     FIELD(min_width),
     .argument = "WIDTH",
     .help = "leave out frames that are narrower: pixels (0.5px) or a share of the whole (0.1%); formats without boxes "
             "keep all, and in a browser an SVG does. "
             "Unless this is said, a chart keeps the 30,000 longest frames"},
    {.name = "colors", .kind = OPTION_CHOICE, FIELD(colors), .choices = layout_palettes, .help = "the palette"},
    {.name = "raw-names",
     .kind = OPTION_FLAG,
     FIELD(raw_names),
     .help = "names as the VM has them ('Elixir.Shop.Cart':total/2)"},
    {.name = "raw-times",
     .kind = OPTION_FLAG,
     FIELD(raw_times),
     .help = "times as they were traced: what tracing cost is not taken out of them"},
    {0},
};

void drawing_init(struct drawing_settings *settings)
{
  settings->width_px = WIDTH_DEFAULT_PX;
  settings->min_width = (struct min_width){.value = 0.01, .percent = true, .by_default = true};
  settings->colors = "beam";
}

static bool says_by(const struct drawing_settings *settings, const char *by)
{
  return settings->by && strcmp(settings->by, by) == 0;
}

struct fold_options drawing_fold_options(const struct drawing_settings *settings)
{
  struct fold_options options = {
      .raw_names = settings->raw_names, .raw_times = settings->raw_times, .spans = settings->chart};
  if (settings->chart || says_by(settings, "process"))
    options.by = FOLD_BY_PROCESS;
  else if (says_by(settings, "parent"))
    options.by = FOLD_BY_PARENT;
  return options;
}

enum weight drawing_weight(const struct drawing_settings *settings, const struct profile *profile)
{
  enum weight weight = WEIGHT_WALL;
  if (!settings->weight)
    return profile->times_known ? WEIGHT_WALL : WEIGHT_CALLS;
  while (strcmp(weight_words[weight].word, settings->weight) != 0)
    weight++;
  return weight;
}

static bool needs_layout(const struct outputs *outputs)
{
  for (size_t i = 0; i < outputs->count; i++)
    if (outputs->items[i].renderer && outputs->items[i].renderer->needs_layout)
      return true;
  return false;
}

// The format of an output when none of them can show what was when; NULL else. A capture alone has all the time there
// is: whatever draws it decides.
static const char *format_without_time(const struct outputs *outputs)
{
  const char *format = NULL;
  for (size_t i = 0; i < outputs->count; i++) {
    const struct renderer *renderer = outputs->items[i].renderer;
    if (renderer && (renderer->needs_layout || renderer->time_order))
      return NULL;
    if (renderer)
      format = renderer->name;
  }
  return format;
}

static bool has_snapshot(const struct outputs *outputs)
{
  for (size_t i = 0; i < outputs->count; i++)
    if (outputs->items[i].renderer && strcmp(outputs->items[i].renderer->name, "snap") == 0)
      return true;
  return false;
}

static int check_snapshot(const struct drawing_settings *settings, struct error *err)
{
  if (settings->reverse)
    return error_set(err, ERROR_USAGE, "a snapshot shows who called whom: leave out --reverse, or the .snap");
  if (settings->raw_names)
    return error_set(err, ERROR_USAGE,
                     "a snapshot has names as their language writes them: leave out --raw-names, or "
                     "the .snap");
  return 0;
}

int drawing_check_settings(const struct drawing_settings *settings, const struct outputs *outputs, struct error *err)
{
  if (has_snapshot(outputs) && check_snapshot(settings, err) < 0)
    return -1;
  if (!settings->chart)
    return 0;
  if (settings->weight && strcmp(settings->weight, "wall") != 0)
    return error_set(err, ERROR_USAGE, "a chart shows wall time: leave out --weight %s, or --chart", settings->weight);
  if (settings->by && !says_by(settings, "process"))
    return error_set(err, ERROR_USAGE, "a chart has a lane for each process: leave out --by %s, or --chart",
                     settings->by);
  if (settings->reverse)
    return error_set(err, ERROR_USAGE, "a chart shows who called whom and when: leave out --reverse, or --chart");
  const char *format = format_without_time(outputs);
  if (format)
    return error_set(err, ERROR_USAGE,
                     "the format %s has no time order: write an .svg, .png or .speedscope.json, or leave out --chart",
                     format);
  return 0;
}

int drawing_check_sampled(const struct drawing_settings *settings, const struct outputs *outputs, struct error *err)
{
  if (has_snapshot(outputs))
    return error_set(err, ERROR_USAGE,
                     "a snapshot is of call counts, which are not known of sampled stacks: leave out the .snap, or "
                     "record without --sample");
  if (settings->weight && strcmp(settings->weight, "calls") == 0)
    return error_set(err, ERROR_USAGE,
                     "call counts are not known of sampled stacks: take another --weight, or record without --sample");
  return 0;
}

int drawing_check(const struct drawing_settings *settings, const struct profile *profile, struct error *err)
{
  const char *input = profile->counts_known ? "a snapshot" : "a folded file";
  bool calls = drawing_weight(settings, profile) == WEIGHT_CALLS;
  if (calls && profile_is_sampled(profile))
    return error_set(err, ERROR_USAGE, "call counts are not known of sampled stacks: take another --weight");
  if (profile->counts_known && profile->times_known)
    return 0;
  if (settings->chart)
    return error_set(err, ERROR_USAGE, "%s does not say what was when: leave out --chart, or take a capture (.flb)",
                     input);
  if (calls && !profile->counts_known)
    return error_set(err, ERROR_USAGE, "a folded file has no call counts: take another --weight, or a capture (.flb)");
  if (!calls && !profile->times_known)
    return error_set(err, ERROR_USAGE, "a snapshot has calls, and no times: take --weight calls, or captures (.flb)");
  if (settings->by && !says_by(settings, "merged"))
    return error_set(err, ERROR_USAGE, "%s does not tell processes apart: leave out --by %s, or take a capture (.flb)",
                     input, settings->by);
  if (settings->raw_names)
    return error_set(err, ERROR_USAGE, "%s has only the names it has: leave out --raw-names, or take a capture (.flb)",
                     input);
  if (settings->raw_times)
    return error_set(err, ERROR_USAGE,
                     "%s does not say what tracing cost: leave out --raw-times, or take a capture (.flb)", input);
  return 0;
}

static bool weighs_nothing(const struct profile *profile, enum weight weight)
{
  for (size_t node = 0; node < profile->node_count; node++)
    if (profile_own_weight(profile, (uint32_t)node, weight) > 0)
      return false;
  return true;
}

static double smallest_share(const struct drawing_settings *settings)
{
  if (settings->min_width.percent)
    return settings->min_width.value / 100;
  return settings->min_width.value / (double)settings->width_px;
}

static struct layout *lay_out(const struct drawing_settings *settings, const struct profile *profile, struct error *err)
{
  // A chart is there to be zoomed: it keeps what is worth it.
  bool zoomable = settings->chart && settings->min_width.by_default;
  const struct layout_options options = {
      .weight = drawing_weight(settings, profile),
      .chart = settings->chart,
      .min_share = zoomable ? 0 : smallest_share(settings),
      .max_boxes = zoomable ? CHART_MAX_BOXES : 0,
      .palette = settings->colors,
  };
  return layout_new(profile, &options, err);
}

static void render_all(struct picture *picture, struct outputs *outputs, struct error *err)
{
  for (size_t i = 0; i < outputs->count; i++) {
    struct output *output = &outputs->items[i];
    struct error failure = {0};
    bool on_stdout = output_is_stdout(output);
    picture->columns = terminal_columns(on_stdout);
    picture->colors = on_stdout ? terminal_colors() : 0;
    if (output->renderer)
      output_finish(output, output->renderer->render(picture, output->sink, &failure), &failure, err);
  }
  outputs_show(outputs);
}

// Draws `profile`, which stands the way it is to be drawn.
static int draw(const struct drawing_settings *settings, const struct profile *profile, struct outputs *outputs,
                struct error *err)
{
  enum weight weight = drawing_weight(settings, profile);
  struct layout *layout = NULL;
  char *title = settings->title ? strdup(settings->title) : picture_default_title(profile, weight, settings->chart);
  char *subtitle =
      settings->subtitle ? strdup(settings->subtitle) : picture_default_subtitle(profile, weight, settings->chart);
  struct error failure = {0};
  if (!title || !subtitle)
    error_set(&failure, ERROR_MEMORY, "out of memory");
  else if (needs_layout(outputs))
    layout = lay_out(settings, profile, &failure);
  if (failure.code == ERROR_NONE) {
    struct picture picture = {
        .profile = profile,
        .layout = layout,
        .weight = weight,
        .title = title,
        .subtitle = subtitle,
        .width_px = (int)settings->width_px,
        .icicle = settings->icicle,
        .scale = settings->scale,
    };
    render_all(&picture, outputs, &failure);
  }
  layout_free(layout);
  free(subtitle);
  free(title);
  return failure.code == ERROR_NONE ? 0 : error_set(err, failure.code, "%s", failure.message);
}

int drawing_write(const struct drawing_settings *settings, const struct profile *profile, struct outputs *outputs,
                  struct error *err)
{
  if (drawing_check(settings, profile, err) < 0 ||
      (profile_is_sampled(profile) && drawing_check_sampled(settings, outputs, err) < 0))
    return -1;
  enum weight weight = drawing_weight(settings, profile);
  if (weighs_nothing(profile, weight))
    return error_set(err, ERROR_EMPTY, "%s", weight_words[weight].nothing);
  if (!settings->reverse)
    return draw(settings, profile, outputs, err);
  struct profile *reversed = profile_reverse(profile, err);
  if (!reversed)
    return -1;
  int status = draw(settings, reversed, outputs, err);
  profile_free(reversed);
  return status;
}
