// `flambeau report INPUT`: the run as a page of text or as JSON.
#include <string.h>

#include "command.h"
#include "fold/fold.h"
#include "input.h"
#include "print.h"
#include "profile/profile.h"
#include "renderers/report.h"

#define TEXT_TOP 30

struct report_settings {
  bool json;
  bool raw_times;
  uint64_t top;
  const char *sort;
  const char *output;
};

static const char *sort_choices(void)
{
  return "own|total|calls|mean|max|name";
}

#define FIELD(field) .offset = offsetof(struct report_settings, field)

static const struct option_row report_rows[] = {
    {.name = "top",
     .kind = OPTION_COUNT,
     FIELD(top),
     .argument = "N",
     .help = "how many functions, processes and captured calls, 0 is all (default 30, with --json all)"},
    {.name = "sort",
     .kind = OPTION_CHOICE,
     FIELD(sort),
     .choices = sort_choices,
     .help =
         "by own time, by time with callees, by calls, by the mean or the longest call, or by name (default own; of a "
         "snapshot calls)"},
    {.name = "json",
     .kind = OPTION_FLAG,
     FIELD(json),
     .help = "write one JSON object: the same, with times in whole nanoseconds"},
    {.name = "raw-times",
     .kind = OPTION_FLAG,
     FIELD(raw_times),
     .help = "times as they were traced: what tracing cost is not taken out of them"},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     FIELD(output),
     .argument = "FILE",
     .help = "write to FILE instead of standard output"},
    {0},
};

static const struct option_group report_groups[] = {{"Options", report_rows, 0}, {0}};

static void report_init(void *opaque)
{
  struct report_settings *settings = opaque;
  settings->top = OPTION_NOT_GIVEN;
}

static enum report_sort chosen_sort(const char *word)
{
  static const char *const words[] = {
      [REPORT_SORT_OWN] = "own",   [REPORT_SORT_TOTAL] = "total", [REPORT_SORT_CALLS] = "calls",
      [REPORT_SORT_NAME] = "name", [REPORT_SORT_MEAN] = "mean",   [REPORT_SORT_MAX] = "max",
  };
  enum report_sort sort = REPORT_SORT_OWN;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcmp(words[i], word) == 0)
      sort = (enum report_sort)i;
  return sort;
}

static int check_sort(const struct profile *profile, enum report_sort sort, const char *word, struct error *err)
{
  if (!profile->times_known && sort != REPORT_SORT_CALLS && sort != REPORT_SORT_NAME)
    return error_set(err, ERROR_USAGE,
                     "a snapshot has no times to --sort %s by: take calls or name, or a capture (.flb)", word);
  bool counts = sort == REPORT_SORT_CALLS || sort == REPORT_SORT_MEAN || sort == REPORT_SORT_MAX;
  if (profile_has_calls(profile) || !counts)
    return 0;
  if (profile_is_sampled(profile))
    return error_set(err, ERROR_USAGE, "sampled stacks have no calls to --sort %s by: take own, total or name", word);
  return error_set(err, ERROR_USAGE,
                   "a folded file has no calls to --sort %s by: take own, total or name, or a "
                   "capture (.flb)",
                   word);
}

struct report_job {
  const struct profile *profile;
  struct report_options options;
  bool json;
};

static int write_report(const void *opaque, struct byte_sink *out, struct error *err)
{
  const struct report_job *job = opaque;
  return (job->json ? report_write_json : report_write)(job->profile, &job->options, out, err);
}

static int report_run(const struct invocation *invocation, const void *opaque, struct error *err)
{
  const struct report_settings *settings = opaque;
  const struct fold_options fold_options = {.raw_times = settings->raw_times};
  struct profile *profile = input_read(invocation->operands.items[0], &fold_options, err);
  if (!profile)
    return -1;
  const char *sort = settings->sort ? settings->sort : profile->times_known ? "own" : "calls";
  struct report_job job = {
      .profile = profile,
      .options = {.top = settings->top, .sort = chosen_sort(sort)},
      .json = settings->json,
  };
  if (settings->top == OPTION_NOT_GIVEN)
    job.options.top = settings->json ? 0 : TEXT_TOP;
  int status = check_sort(profile, job.options.sort, sort, err);
  if (status == 0 && settings->raw_times && !(profile->counts_known && profile->times_known))
    status = error_set(err, ERROR_USAGE, "only a capture (.flb) says what tracing cost: leave out --raw-times");
  if (status == 0)
    status = print_to(settings->output ? settings->output : "-", write_report, &job, err);
  profile_free(profile);
  return status;
}

const struct command command_report = {
    .name = "report",
    .summary = "show a capture, a snapshot or a folded file as a table of functions",
    .usage = "INPUT [options]",
    .details = "Prints what is known of the run, where its time went, its processes, and a table\n"
               "of its functions: calls, own time, time with callees, and the mean, shortest and\n"
               "longest of the calls that were seen from start to end. INPUT is a capture\n"
               "(.flb), a snapshot (.snap), a folded file, or - for standard input.\n"
               "\n"
               "Own time leaves out callees, [waiting], [runnable] and [gc]: its shares are of the\n"
               "time that ran, and add up to 100%. Time with callees has them all and counts a\n"
               "recursive function once: its shares are of all the time covered.\n",
    .examples = "  flambeau report shop.flb\n"
                "  flambeau report shop.flb --sort calls --top 10\n"
                "  flambeau report shop.flb --json | jq '.functions[] | select(.own_share > 0.05)'\n",
    .min_operands = 1,
    .max_operands = 1,
    .operand = OPERAND_INPUT,
    .groups = report_groups,
    .settings_size = sizeof(struct report_settings),
    .init = report_init,
    .run = report_run,
};
