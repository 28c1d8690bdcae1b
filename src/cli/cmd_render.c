// `flambeau render INPUT`: a capture or a folded file drawn again, without a node. From the profile on it is the same
// code as a live run.
#include <stdio.h>
#include <string.h>

#include "base/byte_io.h"
#include "bug_report.h"
#include "command.h"
#include "console.h"
#include "drawing.h"
#include "fold/fold.h"
#include "input.h"
#include "outputs.h"
#include "profile/profile.h"

struct render_settings {
  struct output_settings outputs;
  struct drawing_settings drawing;
  struct bug_report_settings bug_report;
};

static const struct option_group render_groups[] = {
    {"What to write", output_rows, offsetof(struct render_settings, outputs)},
    {"How to draw it", drawing_rows, offsetof(struct render_settings, drawing)},
    {"A bug report", bug_report_rows, offsetof(struct render_settings, bug_report)},
    {0},
};

static void render_init(void *settings)
{
  drawing_init(&((struct render_settings *)settings)->drawing);
}

// The name of an output that nobody named: after the run in a capture, after the file else.
static void choose_name(const struct profile *profile, const char *input, const char *extension, char *name)
{
  char stem[OUTPUT_NAME_MAX];
  const char *node = profile_fact_value(profile, "node");
  const char *slash = strrchr(input, '/');
  snprintf(stem, sizeof stem, "%s", slash ? slash + 1 : input);
  char *dot = strrchr(stem, '.');
  if (dot && dot > stem)
    *dot = '\0';
  const char *target = node ? profile_fact_value(profile, "target") : stem;
  output_name(node, target, profile_fact_value(profile, "started"), extension, name);
}

static int render_profile(const struct render_settings *settings, const struct profile *profile, const char *input,
                          struct outputs *outputs, struct error *err)
{
  char name[OUTPUT_NAME_MAX];
  if (drawing_check(&settings->drawing, profile, err) < 0)
    return -1;
  choose_name(profile, input, outputs_extension(outputs), name);
  if (outputs_check(outputs, name, input, err) < 0 || outputs_open(outputs, err) < 0)
    return -1;
  int status = drawing_write(&settings->drawing, profile, outputs, err);
  if (outputs->unnamed && status == 0)
    console_say("wrote %s", name);
  return status;
}

// The report of a capture. It is read whole first: the report goes through it twice. That it was cut is said once.
static int report_input(const struct render_settings *settings, const char *input, bool read_again, struct error *err)
{
  struct bug_report_capture capture;
  struct byte_source *source = file_source_new(input, err);
  if (!source)
    return -1;
  int status = bug_report_capture_init(&capture, &settings->bug_report, err);
  if (status == 0)
    status = bug_report_capture_read(&capture, source, err);
  byte_source_free(source);
  if (status == 0)
    status = bug_report_make(&settings->bug_report, &settings->drawing, &capture, err);
  if (status == 0 && capture.cut && !read_again)
    input_say_cut(input);
  bug_report_capture_release(&capture);
  if (status == 0)
    console_say("wrote %s", settings->bug_report.path);
  return status;
}

static int render_run(const struct invocation *invocation, const void *opaque, struct error *err)
{
  const struct render_settings *settings = opaque;
  const char *input = invocation->operands.items[0];
  const struct fold_options options = drawing_fold_options(&settings->drawing);
  const char *report = settings->bug_report.path;
  struct outputs outputs;
  if (outputs_plan(&outputs, &settings->outputs, false, err) < 0 ||
      bug_report_check(&settings->bug_report, &outputs, input, err) < 0 ||
      drawing_check_settings(&settings->drawing, &outputs, err) < 0)
    return -1;
  if (report && outputs.count > 0 && strcmp(input, "-") == 0)
    return error_set(err, ERROR_USAGE, "standard input is read once: name the capture, or leave out -o");
  if (report && outputs_check(&outputs, "", input, err) < 0)
    return -1;
  if (report && report_input(settings, input, outputs.count > 0, err) < 0)
    return -1;
  if (outputs.count == 0)
    return 0;
  struct profile *profile = input_read(input, &options, err);
  if (!profile)
    return -1;
  int status = render_profile(settings, profile, input, &outputs, err);
  outputs_release(&outputs);
  profile_free(profile);
  return status;
}

const struct command command_render = {
    .name = "render",
    .summary = "draw a capture, a snapshot or a folded file again, without touching any node",
    .usage = "INPUT [options]",
    .details = "Draws INPUT: a capture (.flb), a snapshot (.snap, whose frames are as wide as they\n"
               "have calls), a folded file (lines of `frame;frame WEIGHT`), or\n"
               "- for standard input. A capture gives byte for byte what the live run drew.\n",
    .examples = "  flambeau render shop.flb -o shop.svg -o shop.png\n"
                "  flambeau render shop.flb --weight cpu --by process -o cpu.svg\n"
                "  flambeau render shop.flb --format text -o -\n"
                "  flambeau render shop.flb --reverse --open\n"
                "  some-profiler | flambeau render - -o - > graph.svg\n",
    .min_operands = 1,
    .max_operands = 1,
    .operand = OPERAND_INPUT,
    .groups = render_groups,
    .settings_size = sizeof(struct render_settings),
    .init = render_init,
    .run = render_run,
};
