// `flambeau report INPUT`: the table of functions, run facts on top.
#include <string.h>

#include "command.h"
#include "fold/fold.h"
#include "input.h"
#include "print.h"
#include "profile/profile.h"
#include "renderers/report.h"

struct report_settings {
  uint64_t top;
  const char *sort;
  const char *output;
};

static const char *sort_choices(void)
{
  return "own|total|calls|name";
}

#define FIELD(field) .offset = offsetof(struct report_settings, field)

static const struct option_row report_rows[] = {
    {.name = "top",
     .kind = OPTION_COUNT,
     FIELD(top),
     .argument = "N",
     .help = "how many functions and processes; 0 is all"},
    {.name = "sort",
     .kind = OPTION_CHOICE,
     FIELD(sort),
     .choices = sort_choices,
     .help = "by own time, by time with callees, by calls, or by name"},
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
  settings->top = 30;
  settings->sort = "own";
}

static enum report_sort chosen_sort(const char *word)
{
  if (strcmp(word, "total") == 0)
    return REPORT_SORT_TOTAL;
  if (strcmp(word, "calls") == 0)
    return REPORT_SORT_CALLS;
  return strcmp(word, "name") == 0 ? REPORT_SORT_NAME : REPORT_SORT_OWN;
}

struct report_job {
  const struct profile *profile;
  struct report_options options;
};

static int write_report(const void *opaque, struct byte_sink *out, struct error *err)
{
  const struct report_job *job = opaque;
  return report_write(job->profile, &job->options, out, err);
}

static int report_run(const struct invocation *invocation, const void *opaque, struct error *err)
{
  const struct report_settings *settings = opaque;
  const struct fold_options fold_options = {0};
  struct profile *profile = input_read(invocation->operands.items[0], &fold_options, err);
  if (!profile)
    return -1;
  const struct report_job job = {
      .profile = profile,
      .options = {.top = settings->top, .sort = chosen_sort(settings->sort)},
  };
  int status = print_to(settings->output ? settings->output : "-", write_report, &job, err);
  profile_free(profile);
  return status;
}

const struct command command_report = {
    .name = "report",
    .summary = "show a capture or a folded file as a table of functions",
    .usage = "INPUT [options]",
    .details = "Prints what is known of the run, then a table of its functions: calls, own time,\n"
               "time with callees, and mean, shortest and longest call. INPUT is a capture\n"
               "(.flb), a folded file, or - for standard input.\n",
    .examples = "  flambeau report shop.flb\n"
                "  flambeau report shop.flb --sort calls --top 10\n",
    .min_operands = 1,
    .max_operands = 1,
    .groups = report_groups,
    .settings_size = sizeof(struct report_settings),
    .init = report_init,
    .run = report_run,
};
