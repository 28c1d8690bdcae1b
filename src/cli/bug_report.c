// A capture in, the files of a report out: read once for what has to be known and once through the redaction, into a
// fold and a new capture, from which everything is drawn. So nothing of the report has seen more than its capture
// shows, and a report of a run is the report of its capture, byte for byte.
#include "bug_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/spool.h"
#include "capture/capture.h"
#include "drawing.h"
#include "fold/fold.h"
#include "outputs.h"
#include "profile/profile.h"
#include "redact/redaction.h"
#include "renderers/bug_report.h"
#include "renderers/renderer.h"
#include "report_place.h"

#define PIECE_BYTES ((size_t)64 << 10)
#define KEY_VARIABLE "FLAMBEAU_REDACT_KEY"

#define FIELD(field) .offset = offsetof(struct bug_report_settings, field)

const struct option_row bug_report_rows[] = {
    {.name = "bug-report",
     .kind = OPTION_TEXT,
     FIELD(path),
     .argument = "PLACE",
     .help =
         "write flame.svg, flame.png, report.md, ready to paste, and capture.flb into a new or empty folder, or into "
         "PLACE.zip. Left out of all four are names of nodes and hosts, cookies, arguments, labels of processes, "
         "--title and --subtitle, and folders above an application's"},
    {.name = "redact",
     .kind = OPTION_FLAG,
     FIELD(redact),
     .help =
         "with --bug-report: also put words in the place of all names of modules, functions, applications and "
         "processes but Erlang's and Elixir's. The same name is always the same word, so short names can be guessed; "
         "a secret in $" KEY_VARIABLE " makes the words one's own"},
    {0},
};

enum report_file { FILE_REPORT, FILE_SVG, FILE_PNG, FILE_CAPTURE, FILE_COUNT };

static const char *const file_names[FILE_COUNT] = {
    [FILE_REPORT] = "report.md",
    [FILE_SVG] = "flame.svg",
    [FILE_PNG] = "flame.png",
    [FILE_CAPTURE] = "capture.flb",
};

// An output in the place of the report would replace it, or show in it what the report leaves out.
static int check_apart(const char *path, const struct outputs *outputs, const char *input, struct error *err)
{
  for (size_t i = 0; i < outputs->count; i++)
    if (output_is_within(outputs->items[i].path, path))
      return error_set(err, ERROR_USAGE, "%.120s is in the place of the bug report: write it elsewhere",
                       outputs->items[i].path);
  if (input && output_is_same(input, path))
    return error_set(err, ERROR_USAGE, "%.120s is the input: give the bug report another name", path);
  return 0;
}

int bug_report_check(const struct bug_report_settings *settings, struct outputs *outputs, const char *input,
                     struct error *err)
{
  if (!settings->path && settings->redact)
    return error_set(err, ERROR_USAGE, "--redact is for a bug report: say --bug-report DIR too");
  if (!settings->path)
    return 0;
  if (outputs->unnamed && outputs->open)
    return error_set(err, ERROR_USAGE, "--open shows an output: say -o FILE.svg beside --bug-report");
  if (outputs->unnamed)
    outputs_leave(outputs);
  if (check_apart(settings->path, outputs, input, err) < 0)
    return -1;
  struct spool *trial = spool_new(err);
  if (!trial)
    return -1;
  spool_free(trial);
  return report_place_check(settings->path, file_names, FILE_COUNT, err);
}

int bug_report_capture_init(struct bug_report_capture *capture, const struct bug_report_settings *settings,
                            struct error *err)
{
  *capture = (struct bug_report_capture){0};
  if (!settings->path)
    return 0;
  capture->spool = spool_new(err);
  if (!capture->spool)
    return -1;
  capture->out = spool_sink_new(capture->spool, err);
  return capture->out ? 0 : -1;
}

void bug_report_capture_release(struct bug_report_capture *capture)
{
  capture_output_release(&capture->output);
  byte_sink_free(capture->out);
  spool_free(capture->spool);
}

struct event_sink *bug_report_capture_sink(struct bug_report_capture *capture, struct event_sink *next,
                                           struct error *err)
{
  if (!capture->spool)
    return next;
  if (capture_output_init(&capture->output, capture->out, err) < 0)
    return NULL;
  event_tee_init(&capture->tee, &capture->output.sink, next);
  return &capture->tee.sink;
}

int bug_report_capture_finish(struct bug_report_capture *capture, struct error *err)
{
  if (!capture->spool)
    return 0;
  return capture_output_finish(&capture->output, err) < 0 ? -1 : byte_sink_finish(capture->out, err);
}

int bug_report_capture_read(struct bug_report_capture *capture, struct byte_source *source, struct error *err)
{
  char piece[PIECE_BYTES];
  ptrdiff_t got = byte_source_read_full(source, piece, sizeof piece);
  if (got >= 0 && !capture_is(piece, (size_t)got))
    return error_set(err, ERROR_DATA, "a bug report is made of a capture (.flb): nothing else says what was seen");
  for (; got > 0; got = byte_source_read(source, piece, sizeof piece))
    byte_sink_write(capture->out, piece, (size_t)got);
  if (got < 0)
    return error_set(err, source->error.code, "%s", source->error.message);
  return byte_sink_finish(capture->out, err);
}

// Everything a report is made with.
struct making {
  const struct drawing_settings *drawing;
  struct spool *const *files;
  struct redaction *redaction;
};

static int replay(struct bug_report_capture *capture, struct event_sink *sink, struct error *err)
{
  struct capture_status status = {0};
  struct byte_source *source = spool_source_new(capture->spool, err);
  if (!source)
    return -1;
  int result = capture_read(source, sink, &status, err);
  byte_source_free(source);
  capture->cut = status.cut;
  if (result == 0 && status.cut)
    return sink->ops->fact(sink, "ended", "cut", err); // the file's own last word is missing
  return result;
}

static int finish(struct byte_sink *out, int status, struct error *err)
{
  if (status == 0)
    status = byte_sink_finish(out, err);
  byte_sink_free(out);
  return status;
}

// The second reading: the new capture is written while the profile grows.
static int replay_redacted(const struct making *making, struct bug_report_capture *capture, struct fold *fold,
                           struct byte_sink *out, struct error *err)
{
  struct capture_writer *writer = capture_writer_new(out, err);
  if (!writer)
    return -1;
  struct event_tee tee;
  event_tee_init(&tee, capture_writer_sink(writer), fold_sink(fold));
  struct event_sink *filter = redaction_filter(making->redaction, &tee.sink, err);
  int status = filter ? replay(capture, filter, err) : -1;
  if (status == 0)
    status = capture_writer_finish(writer, err);
  capture_writer_free(writer);
  return status;
}

static struct profile *read_profile(const struct making *making, struct bug_report_capture *capture, struct error *err)
{
  const struct fold_options options = drawing_fold_options(making->drawing);
  if (replay(capture, redaction_survey(making->redaction), err) < 0)
    return NULL;
  struct byte_sink *out = spool_sink_new(making->files[FILE_CAPTURE], err);
  struct fold *fold = out ? fold_new(&options, err) : NULL;
  int status = fold ? replay_redacted(making, capture, fold, out, err) : -1;
  if (out)
    status = finish(out, status, err);
  struct profile *profile = status == 0 ? fold_finish(fold, err) : NULL;
  fold_free(fold);
  return profile;
}

static int draw(const struct making *making, const struct profile *profile, struct error *err)
{
  static const enum report_file files[] = {FILE_SVG, FILE_PNG};
  struct outputs outputs = {0};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    struct output *output = &outputs.items[outputs.count++];
    output->path = file_names[files[i]];
    output->renderer = renderer_by_path(output->path);
    output->sink = spool_sink_new(making->files[files[i]], err);
  }
  int status = err->code == ERROR_NONE ? drawing_write(making->drawing, profile, &outputs, err) : -1;
  outputs_release(&outputs);
  return status;
}

static int write_text(const struct making *making, const struct profile *profile, struct error *err)
{
  struct byte_sink *out = spool_sink_new(making->files[FILE_REPORT], err);
  return out ? finish(out, bug_report_write(profile, out, err), err) : -1;
}

static int make(const struct making *making, struct bug_report_capture *capture, struct error *err)
{
  struct profile *profile = read_profile(making, capture, err);
  int status = profile && draw(making, profile, err) == 0 ? write_text(making, profile, err) : -1;
  profile_free(profile);
  return status;
}

static int make_and_place(const struct bug_report_settings *settings, struct making *making,
                          struct spool *files[FILE_COUNT], struct bug_report_capture *capture, struct error *err)
{
  for (size_t i = 0; i < FILE_COUNT; i++)
    if (!(files[i] = spool_new(err)))
      return -1;
  if (make(making, capture, err) < 0)
    return -1;
  return report_place_fill(settings->path, file_names, files, FILE_COUNT, err);
}

int bug_report_make(const struct bug_report_settings *settings, const struct drawing_settings *drawing,
                    struct bug_report_capture *capture, struct error *err)
{
  const char *key = getenv(KEY_VARIABLE);
  const struct redaction_options options = {.names = settings->redact, .key = key ? key : ""};
  struct drawing_settings untitled = *drawing;
  struct spool *files[FILE_COUNT] = {0};
  untitled.title = untitled.subtitle = NULL;
  struct making making = {.drawing = &untitled, .files = files, .redaction = redaction_new(&options, err)};
  int status = making.redaction ? make_and_place(settings, &making, files, capture, err) : -1;
  for (size_t i = 0; i < FILE_COUNT; i++)
    spool_free(files[i]);
  redaction_free(making.redaction);
  return status;
}
