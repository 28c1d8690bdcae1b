// `flambeau diff BASE HEAD`: two inputs read and folded alike, made one profile; a table of what changed, and pictures
// of it.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "console.h"
#include "drawing.h"
#include "fold/fold.h"
#include "input.h"
#include "outputs.h"
#include "print.h"
#include "profile/profile_compare.h"
#include "profile/profile_snapshot.h"
#include "renderers/renderer.h"
#include "renderers/report.h"

#define TABLE_TOP 30
#define FORMATS_MAX 128

struct diff_settings {
  struct output_settings outputs;
  struct drawing_settings drawing;
  bool normalize;
  uint64_t top;
  const char *sort; // NULL: not said
};

static const char *sort_choices(void)
{
  return "own|calls";
}

// Only what draws boxes shows two sides.
static const char *picture_formats(void)
{
  static char formats[FORMATS_MAX];
  formats[0] = '\0';
  for (const struct renderer *const *renderer = renderers; *renderer; renderer++) {
    size_t used = strlen(formats);
    if ((*renderer)->needs_layout)
      snprintf(formats + used, FORMATS_MAX - used, "%s%s", used ? "|" : "", (*renderer)->name);
  }
  return formats;
}

#define FIELD(field) .offset = offsetof(struct diff_settings, field)

static const struct option_row diff_rows[] = {
    {.name = "normalize",
     .kind = OPTION_FLAG,
     FIELD(normalize),
     .help = "scale BASE so that both weigh the same in all, for runs of different length: each stack's time by the "
             "sums of wall time, its calls by the sums of calls, rounded to the nearest"},
    {.name = "top",
     .kind = OPTION_COUNT,
     FIELD(top),
     .argument = "N",
     .help = "how many functions the table has, 0 is all"},
    {.name = "sort",
     .kind = OPTION_CHOICE,
     FIELD(sort),
     .choices = sort_choices,
     .help = "the most changed first by own time (with --weight wait or gc by that), or by calls (default own; calls "
             "with --weight calls)"},
    {0},
};

static const struct option_row diff_output_rows[] = {
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_LIST,
     FIELD(outputs.paths),
     .argument = "FILE",
     .choices = picture_formats,
     .help = "draw the comparison, too, in the format of FILE's ending (see --format); - is standard output, in place "
             "of the table"},
    {.name = "format",
     .kind = OPTION_CHOICE,
     FIELD(outputs.format),
     .choices = picture_formats,
     .help = "the format of all pictures, whatever their names end in"},
    {.name = "open",
     .kind = OPTION_FLAG,
     FIELD(outputs.open),
     .help = "then show the picture in the browser: $BROWSER, or the desktop's own"},
    {0},
};

static const struct option_group diff_groups[] = {
    {"What to compare", diff_rows, 0},
    {"What to draw", diff_output_rows, 0},
    {"How to draw it", drawing_rows, offsetof(struct diff_settings, drawing)},
    {0},
};

static void diff_init(void *opaque)
{
  struct diff_settings *settings = opaque;
  drawing_init(&settings->drawing);
  settings->top = TABLE_TOP;
}

static bool is_sorted_by_calls(const struct diff_settings *settings, const struct profile *comparison)
{
  return settings->sort ? strcmp(settings->sort, "calls") == 0
                        : drawing_weight(&settings->drawing, comparison) == WEIGHT_CALLS;
}

static bool is_stdin(const char *path)
{
  return strcmp(path, "-") == 0;
}

// Where the part of `path` that ends at `end` begins.
static const char *last_part(const char *path, const char *end)
{
  while (end > path && end[-1] != '/')
    end--;
  return end;
}

// The ends of both paths from where they differ, for people: "a.flb" and "b.flb", "old/run.flb" and "new/run.flb".
static void name_sides(const char *base, const char *head, const char **base_name, const char **head_name)
{
  *base_name = last_part(base, base + strlen(base));
  *head_name = last_part(head, head + strlen(head));
  while (strcmp(*base_name, *head_name) == 0 && *base_name > base && *head_name > head) {
    *base_name = last_part(base, *base_name - 1);
    *head_name = last_part(head, *head_name - 1);
  }
}

static int check_settings(const struct invocation *invocation, const struct diff_settings *settings,
                          const struct outputs *outputs, struct error *err)
{
  if (is_stdin(invocation->operands.items[0]) && is_stdin(invocation->operands.items[1]))
    return error_set(err, ERROR_USAGE, "only one of BASE and HEAD can be standard input");
  if (settings->drawing.chart)
    return error_set(err, ERROR_USAGE, "two runs have no time in common: leave out --chart");
  for (size_t i = 0; i < outputs->count; i++)
    if (!outputs->items[i].renderer->needs_layout)
      return error_set(err, ERROR_USAGE, "%.120s: this format has no room for two sides: take one of %s",
                       outputs->items[i].path, picture_formats());
  return drawing_check_settings(&settings->drawing, outputs, err);
}

enum { BASE, HEAD, SIDES };

static struct profile *read_side(const struct diff_settings *settings, const char *path, struct error *err)
{
  const struct fold_options options = drawing_fold_options(&settings->drawing);
  return input_read(path, &options, err);
}

// The side becomes `made`; 0, or -1 where that is NULL.
static int replace(struct profile **side, struct profile *made)
{
  profile_free(*side);
  *side = made;
  return made ? 0 : -1;
}

// A folded file alone does not say what its numbers are.
static void say_units(struct profile *const sides[SIDES], bool normalize)
{
  bool snapshots = !sides[BASE]->times_known || !sides[HEAD]->times_known;
  if (sides[BASE]->counts_known != sides[HEAD]->counts_known && !normalize)
    console_say("%s is a folded file, which does not say its unit: it is taken to be %s, as in %s; if it is "
                "not, --normalize makes both weigh the same",
                sides[BASE]->counts_known ? "HEAD" : "BASE", snapshots ? "calls" : "nanoseconds",
                sides[BASE]->counts_known ? "BASE" : "HEAD");
}

static bool is_capture(const struct profile *side)
{
  return side->counts_known && side->times_known;
}

// An older capture does not say what tracing cost.
static void say_tracing(struct profile *const sides[SIDES])
{
  bool base = sides[BASE]->taken_out.taken_ns > 0, head = sides[HEAD]->taken_out.taken_ns > 0;
  if (is_capture(sides[BASE]) && is_capture(sides[HEAD]) && base != head)
    console_say("what tracing cost is taken out of %s, and %s does not say it: --raw-times compares both as they were "
                "traced",
                base ? "BASE" : "HEAD", base ? "HEAD" : "BASE");
}

// Where one side is a snapshot, the other is made one, and both become what they are in as many captured calls.
static int match_snapshots(struct profile *sides[SIDES], struct error *err)
{
  bool base = !sides[BASE]->times_known, head = !sides[HEAD]->times_known;
  if (!base && !head)
    return 0;
  for (size_t i = 0; i < SIDES; i++)
    if (profile_is_sampled(sides[i]))
      return error_set(err, ERROR_USAGE,
                       "call counts are not known of sampled stacks, and a snapshot has nothing else: "
                       "compare two captures (.flb)");
  for (size_t i = 0; i < SIDES; i++)
    if (replace(&sides[i], profile_snapshot(sides[i], 0, err)) < 0)
      return -1;
  uint64_t calls = profile_common_calls(sides[BASE], sides[HEAD]);
  for (size_t i = 0; i < SIDES; i++)
    if (calls && replace(&sides[i], profile_snapshot(sides[i], calls, err)) < 0)
      return -1;
  char which[64];
  snprintf(which, sizeof which, "%s",
           base && head ? "snapshots have"
           : base       ? "BASE is a snapshot, which has"
                        : "HEAD is a snapshot, which has");
  if (calls)
    console_say("%s no times: compared are the calls in %" PRIu64 " captured call%s", which, calls,
                calls == 1 ? "" : "s");
  else
    console_say("%s no times: calls are compared, as they are: not both are of captured calls", which);
  return 0;
}

static int turn_round(struct profile *sides[SIDES], struct error *err)
{
  for (size_t i = 0; i < SIDES; i++)
    if (replace(&sides[i], profile_reverse(sides[i], err)) < 0)
      return -1;
  return 0;
}

// Both stand the way they are to be drawn.
static int read_sides(const struct invocation *invocation, const struct diff_settings *settings,
                      struct profile *sides[SIDES], struct error *err)
{
  for (size_t i = 0; i < SIDES; i++)
    if (!(sides[i] = read_side(settings, invocation->operands.items[i], err)))
      return -1;
  say_units(sides, settings->normalize);
  say_tracing(sides);
  if (match_snapshots(sides, err) < 0)
    return -1;
  return settings->drawing.reverse ? turn_round(sides, err) : 0;
}

static struct profile *read_comparison(const struct invocation *invocation, const struct diff_settings *settings,
                                       struct error *err)
{
  const char *base_path = invocation->operands.items[BASE], *head_path = invocation->operands.items[HEAD];
  struct profile *sides[SIDES] = {NULL, NULL}, *comparison = NULL;
  if (read_sides(invocation, settings, sides, err) == 0) {
    struct profile_comparison compared = {.base = sides[BASE], .head = sides[HEAD], .normalize = settings->normalize};
    name_sides(is_stdin(base_path) ? "standard input" : base_path, is_stdin(head_path) ? "standard input" : head_path,
               &compared.base_name, &compared.head_name);
    comparison = profile_compare(&compared, err);
  }
  profile_free(sides[BASE]);
  profile_free(sides[HEAD]);
  return comparison;
}

struct diff_job {
  const struct profile *comparison;
  struct diff_options options;
};

static int write_table(const void *opaque, struct byte_sink *out, struct error *err)
{
  const struct diff_job *job = opaque;
  return report_write_diff(job->comparison, &job->options, out, err);
}

static int check_comparison(const struct diff_settings *settings, const struct profile *comparison, struct error *err)
{
  bool by_calls = is_sorted_by_calls(settings, comparison);
  if (!comparison->counts_known && by_calls)
    return error_set(err, ERROR_USAGE, "a folded file has no calls to compare: compare two captures (.flb)");
  if (by_calls && profile_is_sampled(comparison))
    return error_set(err, ERROR_USAGE, "call counts are not known of sampled stacks: compare times");
  if (drawing_check(&settings->drawing, comparison, err) < 0)
    return -1;
  if (!comparison->times_known && !by_calls)
    return error_set(err, ERROR_USAGE, "a snapshot has no times to --sort by: compare two captures (.flb)");
  return 0;
}

static int print_table(const struct diff_settings *settings, const struct profile *comparison,
                       const struct outputs *outputs, struct error *err)
{
  const struct diff_job job = {
      .comparison = comparison,
      .options = {.top = settings->top,
                  .weight = drawing_weight(&settings->drawing, comparison),
                  .by_calls = is_sorted_by_calls(settings, comparison)},
  };
  for (size_t i = 0; i < outputs->count; i++)
    if (output_is_stdout(&outputs->items[i]))
      return 0;
  return print_to("-", write_table, &job, err);
}

static int write_comparison(const struct invocation *invocation, const struct diff_settings *settings,
                            const struct profile *comparison, struct outputs *outputs, struct error *err)
{
  struct drawing_settings drawing = settings->drawing;
  drawing.reverse = false; // both sides are already
  if (check_comparison(settings, comparison, err) < 0)
    return -1;
  for (size_t i = 0; i < invocation->operands.count; i++)
    if (outputs_check(outputs, "", invocation->operands.items[i], err) < 0)
      return -1;
  if (print_table(settings, comparison, outputs, err) < 0 || outputs_open(outputs, err) < 0)
    return -1;
  return outputs->count > 0 ? drawing_write(&drawing, comparison, outputs, err) : 0;
}

static int plan_outputs(struct outputs *outputs, const struct diff_settings *settings, struct error *err)
{
  *outputs = (struct outputs){0};
  if (settings->outputs.paths.count > 0)
    return outputs_plan(outputs, &settings->outputs, false, err);
  if (settings->outputs.format || settings->outputs.open)
    return error_set(err, ERROR_USAGE, "there is no picture to draw: say -o FILE");
  return 0;
}

static int diff_run(const struct invocation *invocation, const void *opaque, struct error *err)
{
  const struct diff_settings *settings = opaque;
  struct outputs outputs;
  if (plan_outputs(&outputs, settings, err) < 0 || check_settings(invocation, settings, &outputs, err) < 0)
    return -1;
  struct profile *comparison = read_comparison(invocation, settings, err);
  if (!comparison)
    return -1;
  int status = write_comparison(invocation, settings, comparison, &outputs, err);
  outputs_release(&outputs);
  profile_free(comparison);
  return status;
}

const struct command command_diff = {
    .name = "diff",
    .summary = "compare two captures, snapshots or folded files: a table, and a differential flame graph",
    .usage = "BASE HEAD [options]",
    .details = "Prints what grew, shrank, appeared and vanished from BASE to HEAD, function by\n"
               "function, and with -o draws it: a frame is as wide as it is in HEAD, orange where\n"
               "it has more own time than in BASE, blue where it has less. Stacks that only BASE\n"
               "has stand beside under [vanished]. Each of the two is a capture (.flb), a\n"
               "snapshot (.snap), a folded file, or - for standard input. A snapshot has no times:\n"
               "compared with it, the other side's calls count, those of one captured call where\n"
               "both sides have such.\n"
               "\n"
               "Frames are the same by their names. A compiler numbers closures anew when code\n"
               "around them changes: such a one appears under one number and vanishes under\n"
               "another.\n",
    .examples = "  flambeau diff before.flb after.flb\n"
                "  flambeau diff before.flb after.flb -o change.svg --weight cpu\n"
                "  flambeau diff monday.flb tuesday.flb --normalize --sort calls --top 10\n",
    .min_operands = 2,
    .max_operands = 2,
    .operand = OPERAND_INPUT,
    .groups = diff_groups,
    .settings_size = sizeof(struct diff_settings),
    .init = diff_init,
    .run = diff_run,
};
