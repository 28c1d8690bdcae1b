// `flambeau check BASELINE HEAD`: two inputs in, a verdict out, and the exit status that stands for it.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check_terms.h"
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
#include "renderers/snap.h"
#include "renderers/verdict.h"
#include "terminal.h"

#define FORMATS_MAX 128
#define ROOT_MAX 4096

struct check_verb_settings {
  struct check_settings terms;
  const char *config;
  struct output_settings outputs; // its format is the verdict's
  bool update;
};

#define FIELD(field) .offset = offsetof(struct check_verb_settings, field)

static const char *format_choices(void)
{
  static char formats[FORMATS_MAX];
  formats[0] = '\0';
  for (const struct verdict_format *format = verdict_formats; format->name; format++) {
    size_t used = strlen(formats);
    snprintf(formats + used, sizeof formats - used, "%s%s", used ? "|" : "", format->name);
  }
  return formats;
}

static const char *output_formats(void)
{
  return "svg|png|pdf|md|xml";
}

static const struct option_row output_rows_of_check[] = {
    {.name = "format",
     .kind = OPTION_CHOICE,
     FIELD(outputs.format),
     .choices = format_choices,
     .help =
         "how the verdict is written: for a terminal, as the comment of a pull request, as JUnit XML, or as GitHub's "
         "annotations"},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_LIST,
     FIELD(outputs.paths),
     .argument = "FILE",
     .choices = output_formats,
     .help =
         "write more: the calls that changed as a differential graph (.svg, .png, .pdf), the verdict as Markdown (.md) "
         "or JUnit XML (.xml)"},
    {.name = "update",
     .kind = OPTION_FLAG,
     FIELD(update),
     .help =
         "then make HEAD the BASELINE, a .snap, and end well whatever the verdict is; a BASELINE that is not there is "
         "written. Times that did not change stay as they are"},
    {.name = "config",
     .kind = OPTION_TEXT,
     FIELD(config),
     .argument = "FILE",
     .help = "read settings from FILE instead of .flambeau in the current folder"},
    {0},
};

static const struct option_group check_groups[] = {
    {"What fails", check_rows, offsetof(struct check_verb_settings, terms)},
    {"What to write", output_rows_of_check, 0},
    {0},
};

static void check_init(void *opaque)
{
  struct check_verb_settings *settings = opaque;
  settings->outputs.format = verdict_formats[0].name;
}

enum { BASE, HEAD, SIDES };

struct check {
  const struct check_verb_settings *settings;
  const char *const *paths; // of BASE and HEAD
  struct check_terms terms;
  struct text_list verdicts; // of the outputs, those that are no pictures
  struct outputs pictures;
  struct profile *sides[SIDES];
  struct verdict *verdict;
};

static const struct verdict_format *format_named(const char *name)
{
  const struct verdict_format *format = verdict_formats;
  while (strcmp(format->name, name) != 0)
    format++;
  return format;
}

static bool ends_with(const char *path, const char *end)
{
  size_t size = strlen(path), end_size = strlen(end);
  return size > end_size && strcmp(path + size - end_size, end) == 0;
}

// The format of an output by its name; NULL for a picture's.
static const struct verdict_format *format_of(const char *path)
{
  return ends_with(path, ".md") ? format_named("markdown") : ends_with(path, ".xml") ? format_named("junit") : NULL;
}

static bool is_stdin(const char *path)
{
  return strcmp(path, "-") == 0;
}

static int plan_outputs(struct check *check, struct error *err)
{
  struct output_settings pictures = {.format = NULL};
  const struct text_list *paths = &check->settings->outputs.paths;
  for (size_t i = 0; i < paths->count; i++) {
    struct text_list *list = format_of(paths->items[i]) ? &check->verdicts : &pictures.paths;
    if (strcmp(paths->items[i], "-") == 0)
      return error_set(err, ERROR_USAGE, "standard output has the verdict: give the picture a name");
    list->items[list->count++] = paths->items[i];
  }
  if (pictures.paths.count > 0 && outputs_plan(&check->pictures, &pictures, false, err) < 0)
    return -1;
  for (size_t i = 0; i < check->pictures.count; i++)
    if (!check->pictures.items[i].renderer->needs_layout)
      return error_set(err, ERROR_USAGE, "%.120s: draw the comparison as .svg, .png or .pdf, or write .md or .xml",
                       check->pictures.items[i].path);
  for (size_t i = 0; i < SIDES; i++)
    if (outputs_check(&check->pictures, "", check->paths[i], err) < 0)
      return -1;
  return 0;
}

static int check_paths(const struct check *check, struct error *err)
{
  const char *base = check->paths[BASE];
  if (is_stdin(base) && is_stdin(check->paths[HEAD]))
    return error_set(err, ERROR_USAGE, "only one of BASELINE and HEAD can be standard input");
  if (check->settings->update && !ends_with(base, ".snap"))
    return error_set(err, ERROR_USAGE, "--update writes a snapshot: BASELINE has to be a .snap, not %.120s", base);
  return 0;
}

static struct profile *read_side(const char *path, struct error *err)
{
  struct profile *profile = input_read(path, &(struct fold_options){0}, err);
  if (!profile || profile_has_calls(profile))
    return profile;
  bool is_sampled = profile->counts_known;
  profile_free(profile);
  if (is_sampled) {
    error_set(err, ERROR_DATA, "%.120s is of sampled stacks, whose calls nobody counted: record without --sample",
              path);
    return NULL;
  }
  error_set(err, ERROR_DATA, "%.120s is a folded file, which has no calls to check: take an .flb or a .snap", path);
  return NULL;
}

static int write_update(const void *opaque, struct byte_sink *out, struct error *err)
{
  const struct check *check = opaque;
  return snap_write(check->sides[HEAD], check->sides[BASE], out, err);
}

static int update(const struct check *check, struct error *err)
{
  const char *path = check->paths[BASE];
  if (print_to(path, write_update, check, err) < 0)
    return -1;
  console_say("%s is what %s is now: see what changed in it, and commit it", path, check->paths[HEAD]);
  return 0;
}

static const char *last_part(const char *path)
{
  const char *slash = strrchr(path, '/');
  return is_stdin(path) ? "standard input" : slash && slash[1] ? slash + 1 : path;
}

struct verdict_job {
  const struct verdict *verdict;
  const struct verdict_format *format;
  struct verdict_page page;
};

static int write_verdict(const void *opaque, struct byte_sink *out, struct error *err)
{
  const struct verdict_job *job = opaque;
  return job->format->write(job->verdict, &job->page, out, err);
}

static int print_verdict(const struct check *check, struct error *err)
{
  char root[ROOT_MAX];
  struct verdict_job job = {
      .verdict = check->verdict,
      .format = format_named(check->settings->outputs.format),
      .page = {.base_name = is_stdin(check->paths[BASE]) ? "standard input" : check->paths[BASE],
               .head_name = is_stdin(check->paths[HEAD]) ? "standard input" : check->paths[HEAD],
               .root = getcwd(root, sizeof root) ? root : "",
               .colors = terminal_colors()},
  };
  if (print_to("-", write_verdict, &job, err) < 0)
    return -1;
  job.page.colors = 0;
  for (size_t i = 0; i < check->verdicts.count; i++) {
    job.format = format_of(check->verdicts.items[i]);
    if (print_to(check->verdicts.items[i], write_verdict, &job, err) < 0)
      return -1;
  }
  return 0;
}

// Calls, in as many captured ones: what the verdict looked at.
static int draw(struct check *check, struct error *err)
{
  uint64_t common = profile_common_calls(check->sides[BASE], check->sides[HEAD]);
  struct profile *base = profile_snapshot(check->sides[BASE], common, err);
  struct profile *head = base ? profile_snapshot(check->sides[HEAD], common, err) : NULL;
  const struct profile_comparison sides = {.base = base,
                                           .head = head,
                                           .base_name = last_part(check->paths[BASE]),
                                           .head_name = last_part(check->paths[HEAD])};
  struct profile *comparison = head ? profile_compare(&sides, err) : NULL;
  struct drawing_settings drawing = {0};
  drawing_init(&drawing);
  int status = -1;
  if (comparison && outputs_open(&check->pictures, err) == 0)
    status = drawing_write(&drawing, comparison, &check->pictures, err);
  profile_free(comparison);
  profile_free(head);
  profile_free(base);
  return status;
}

static int judge(struct check *check, struct error *err)
{
  check->verdict = verdict_new(check->sides[BASE], check->sides[HEAD], &check->terms.terms, err);
  if (!check->verdict || print_verdict(check, err) < 0)
    return -1;
  if (check->pictures.count > 0 && draw(check, err) < 0)
    return -1;
  if (check->settings->update)
    return update(check, err);
  size_t count = check->verdict->regressions;
  if (count == 0)
    return 0;
  return error_set(err, ERROR_REGRESSION, "%zu regression%s against %.120s; --update takes it as the new baseline",
                   count, count == 1 ? "" : "s", check->paths[BASE]);
}

static int run(struct check *check, struct error *err)
{
  const struct check_verb_settings *settings = check->settings;
  if (check_paths(check, err) < 0 || check_terms_init(&check->terms, &settings->terms, settings->config, err) < 0 ||
      plan_outputs(check, err) < 0)
    return -1;
  bool first = settings->update && access(check->paths[BASE], F_OK) < 0 && errno == ENOENT;
  for (size_t i = first ? HEAD : BASE; i < SIDES; i++)
    if (!(check->sides[i] = read_side(check->paths[i], err)))
      return -1;
  return first ? update(check, err) : judge(check, err);
}

static int check_run(const struct invocation *invocation, const void *opaque, struct error *err)
{
  struct check check = {.settings = opaque, .paths = invocation->operands.items};
  int status = run(&check, err);
  outputs_release(&check.pictures);
  check_terms_release(&check.terms);
  verdict_free(check.verdict);
  profile_free(check.sides[BASE]);
  profile_free(check.sides[HEAD]);
  return status;
}

const struct command command_check = {
    .name = "check",
    .summary = "compare a run with a baseline: exit status 1, and the culprit's name, where it is worse",
    .usage = "BASELINE HEAD [options]",
    .details = "Compares the calls of HEAD, function by function, with BASELINE's, and where\n"
               "both have captured calls (`run`, `record -f`) those in one such call. Counts\n"
               "are exact: one call more fails. Times are compared where both sides have 5\n"
               "calls that were measured (`run --repeat`): a median fails that is longer by\n"
               "more than --max-time, than 0.1 ms, and than the ranges between both sides'\n"
               "quartiles together. They are as good as the machine: on one that is busier than\n"
               "BASELINE's was, take --max-time off; counts do not mind. Each of the two is a\n"
               "snapshot (.snap), a capture (.flb), or - for standard input; only a capture\n"
               "knows files and lines, and which calls were cut off.\n"
               "\n"
               "A function that is called more only because its callers are does not fail, but\n"
               "those do. One that is not called any more is said. So is a BASELINE of another\n"
               "program or another OTP, and what is missing on a side.\n"
               "\n"
               "A file .flambeau in the current folder can have settings, one a line, that the\n"
               "command line goes before; lines with # or ; in front are remarks:\n"
               "  max-calls = Shop.Cache.*=10%\n"
               "  max-time = 50%\n"
               "  skip = Logger\n"
               "  allow-new = true\n"
               "Keys are the options under \"What fails\".\n"
               "\n"
               "Exit status: 0 no regression, 1 a regression, 2 the command line or .flambeau is\n"
               "wrong, 6 an input is damaged or has no calls.\n",
    .examples = "  flambeau run -n shop@localhost 'shop:work(7)' --repeat 10 -o head.flb\n"
                "  flambeau check baseline.snap head.flb --update\n"
                "  flambeau check baseline.snap head.flb -o change.svg\n"
                "  flambeau check baseline.snap head.flb --max-calls 'Enum.*=10%' --max-time off\n"
                "  flambeau check baseline.snap head.flb --format github -o comment.md\n",
    .min_operands = 2,
    .max_operands = 2,
    .operand = OPERAND_INPUT,
    .groups = check_groups,
    .settings_size = sizeof(struct check_verb_settings),
    .init = check_init,
    .run = check_run,
};
