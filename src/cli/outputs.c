// File names in, opened sinks with their renderers out. The invariant: an output is whole under its name (`written`) or
// not there at all.
#include "outputs.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/byte_io.h"
#include "base/gzip_io.h"
#include "console.h"
#include "opener.h"
#include "renderers/renderer.h"

#define CAPTURE_NAME "flb"
#define CAPTURE_EXTENSION ".flb"
#define DEFAULT_FORMAT "svg"
#define FORMATS_MAX 256

static void append_formats(char *formats)
{
  for (const struct renderer *const *renderer = renderers; *renderer; renderer++) {
    size_t used = strlen(formats);
    snprintf(formats + used, FORMATS_MAX - used, "%s%s", used ? "|" : "", (*renderer)->name);
  }
}

static const char *picture_formats(void)
{
  static char formats[FORMATS_MAX];
  formats[0] = '\0';
  append_formats(formats);
  return formats;
}

static const char *all_formats(void)
{
  static char formats[FORMATS_MAX];
  formats[0] = '\0';
  append_formats(formats);
  strncat(formats, "|" CAPTURE_NAME, FORMATS_MAX - strlen(formats) - 1);
  return formats;
}

#define OUTPUT_PATH_ROW(formats, text)                                                                                 \
  {                                                                                                                    \
    .name = "output", .letter = 'o', .kind = OPTION_LIST, .offset = offsetof(struct output_settings, paths),           \
    .argument = "FILE", .choices = formats, .help = text                                                               \
  }
#define OUTPUT_FORMAT_ROW(formats)                                                                                     \
  {                                                                                                                    \
    .name = "format", .kind = OPTION_CHOICE, .offset = offsetof(struct output_settings, format), .choices = formats,   \
    .help =                                                                                                            \
        "the format of all outputs, whatever their names end in. text is for a terminal: an icicle of blocks; svgz "   \
        "is for web servers: browsers do not open it from disk"                                                        \
  }
#define OPEN_ROW                                                                                                       \
  {                                                                                                                    \
    .name = "open", .kind = OPTION_FLAG, .offset = offsetof(struct output_settings, open),                             \
    .help = "then show the picture in the browser: $BROWSER, or the desktop's own"                                     \
  }

#define ENDING_HELP "write FILE in the format of its ending (see --format); - is standard output. "
#define UNNAMED_HELP "Without -o an SVG is written to the current folder"

const struct option_row output_rows[] = {
    OUTPUT_PATH_ROW(picture_formats, ENDING_HELP UNNAMED_HELP),
    OUTPUT_FORMAT_ROW(picture_formats),
    OPEN_ROW,
    {0},
};

const struct option_row output_and_capture_rows[] = {
    OUTPUT_PATH_ROW(all_formats, ENDING_HELP "An .flb is a capture, for `flambeau render` and `report`. " UNNAMED_HELP),
    OUTPUT_FORMAT_ROW(all_formats),
    OPEN_ROW,
    {0},
};

static bool ends_with(const char *text, const char *end)
{
  size_t text_size = strlen(text);
  size_t end_size = strlen(end);
  return text_size > end_size && strcmp(text + text_size - end_size, end) == 0;
}

static bool is_standard(const char *path)
{
  return strcmp(path, "-") == 0;
}

bool output_is_stdout(const struct output *output)
{
  return is_standard(output->path);
}

// A pipe or device that is there already: to open it is to use it.
static bool is_special(const char *path)
{
  struct stat there;
  return is_standard(path) || (stat(path, &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode));
}

static bool is_browsable(const struct output *output)
{
  return output->renderer && output->renderer->browsable && !is_special(output->path);
}

static int choose_format(struct output *output, const char *format, bool capture, struct error *err)
{
  if (!format && is_standard(output->path))
    format = DEFAULT_FORMAT;
  if (format ? strcmp(format, CAPTURE_NAME) == 0 : ends_with(output->path, CAPTURE_EXTENSION)) {
    if (capture)
      return 0; // no renderer
    return error_set(err, ERROR_USAGE, "only record writes captures (.flb): to keep one, copy it");
  }
  output->renderer = format ? renderer_by_name(format) : renderer_by_path(output->path);
  if (output->renderer)
    return 0;
  return error_set(err, ERROR_USAGE, "%.120s: its ending is no format: use %s or say --format", output->path,
                   capture ? all_formats() : picture_formats());
}

// The folder that holds `path`, and its name there.
static int find_place(const char *path, struct stat *folder, const char **name)
{
  const char *slash = strrchr(path, '/');
  *name = slash ? slash + 1 : path;
  if (!slash)
    return stat(".", folder);
  char parent[4096];
  int size = snprintf(parent, sizeof parent, "%.*s", slash == path ? 1 : (int)(slash - path), path);
  return size < (int)sizeof parent ? stat(parent, folder) : -1;
}

static bool same_inode(const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool output_is_same(const char *a, const char *b)
{
  struct stat a_stat, b_stat;
  const char *a_name, *b_name;
  if (strcmp(a, b) == 0)
    return true;
  if (is_standard(a) || is_standard(b))
    return false;
  if (find_place(a, &a_stat, &a_name) == 0 && find_place(b, &b_stat, &b_name) == 0 && same_inode(&a_stat, &b_stat) &&
      strcmp(a_name, b_name) == 0)
    return true;
  return stat(a, &a_stat) == 0 && stat(b, &b_stat) == 0 && (S_ISREG(a_stat.st_mode) || S_ISDIR(a_stat.st_mode)) &&
         same_inode(&a_stat, &b_stat);
}

// Without what at its end says nothing: "ov" of "ov/", "ov//", "ov/.".
static size_t folder_size(const char *path, size_t size)
{
  for (;;) {
    if (size > 1 && path[size - 1] == '/')
      size--;
    else if (size > 2 && path[size - 1] == '.' && path[size - 2] == '/')
      size -= 2;
    else
      return size;
  }
}

bool output_is_within(const char *path, const char *place)
{
  char above[4096], whole[4096];
  const char *slash = strrchr(path, '/');
  size_t above_size = slash ? folder_size(path, (size_t)(slash - path) + 1) : 0;
  size_t place_size = folder_size(place, strlen(place));
  if (is_standard(path) || above_size >= sizeof above || place_size >= sizeof whole)
    return false;
  snprintf(above, sizeof above, "%.*s", above_size ? (int)above_size : 1, above_size ? path : ".");
  snprintf(whole, sizeof whole, "%.*s", (int)place_size, place);
  return output_is_same(path, whole) || output_is_same(above, whole);
}

static int plan(struct outputs *outputs, const struct output_settings *settings, bool capture, struct error *err)
{
  if (outputs->unnamed) {
    outputs->count = 1;
    outputs->items[0].path = "";
    return choose_format(&outputs->items[0], settings->format ? settings->format : DEFAULT_FORMAT, capture, err);
  }
  bool has_capture = false;
  for (size_t i = 0; i < settings->paths.count; i++) {
    struct output *output = &outputs->items[outputs->count++];
    output->path = settings->paths.items[i];
    for (size_t other = 0; other < i; other++)
      if (output_is_same(outputs->items[other].path, output->path))
        return error_set(err, ERROR_USAGE, "two outputs go to %.120s: give each its own name", output->path);
    if (choose_format(output, settings->format, capture, err) < 0)
      return -1;
    if (!output->renderer && has_capture)
      return error_set(err, ERROR_USAGE, "one capture (.flb) is enough: copy it afterwards");
    has_capture |= !output->renderer;
  }
  return 0;
}

static const struct output *first_browsable(const struct outputs *outputs, bool written)
{
  for (size_t i = 0; i < outputs->count; i++)
    if (is_browsable(&outputs->items[i]) && (outputs->items[i].written || !written))
      return &outputs->items[i];
  return NULL;
}

int outputs_plan(struct outputs *outputs, const struct output_settings *settings, bool capture, struct error *err)
{
  *outputs = (struct outputs){.unnamed = settings->paths.count == 0, .open = settings->open};
  if (plan(outputs, settings, capture, err) < 0)
    return -1;
  if (outputs->open && !first_browsable(outputs, false))
    return error_set(err, ERROR_USAGE, "--open shows a file in the browser: write an .svg, .png or .pdf too");
  return 0;
}

void outputs_leave(struct outputs *outputs)
{
  outputs->count = 0;
  outputs->unnamed = false;
}

const char *outputs_extension(const struct outputs *outputs)
{
  return outputs->items[0].renderer ? outputs->items[0].renderer->extension : CAPTURE_EXTENSION;
}

struct output *outputs_capture(struct outputs *outputs)
{
  for (size_t i = 0; i < outputs->count; i++)
    if (!outputs->items[i].renderer)
      return &outputs->items[i];
  return NULL;
}

int outputs_check(struct outputs *outputs, const char *name, const char *input, struct error *err)
{
  if (outputs->unnamed) {
    snprintf(outputs->name, sizeof outputs->name, "%s", name);
    outputs->items[0].path = outputs->name;
  }
  for (size_t i = 0; i < outputs->count; i++) {
    const char *path = outputs->items[i].path;
    if (is_special(path))
      continue;
    if (input && output_is_same(input, path))
      return error_set(err, ERROR_USAGE, "%.120s is the input: give the output another name", path);
    struct byte_sink *trial = file_sink_new(path, err);
    if (!trial)
      return -1;
    byte_sink_free(trial);
  }
  return 0;
}

int outputs_open(struct outputs *outputs, struct error *err)
{
  for (size_t i = 0; i < outputs->count; i++) {
    struct output *output = &outputs->items[i];
    output->sink = file_sink_new(output->path, err);
    if (output->sink && output->renderer && output->renderer->gzipped)
      output->sink = gzip_sink_new(output->sink, err);
    if (!output->sink)
      return -1;
  }
  return 0;
}

void output_finish(struct output *output, int status, const struct error *failure, struct error *err)
{
  struct error own = *failure;
  if (status == 0)
    output->written = byte_sink_finish(output->sink, &own) == 0;
  byte_sink_free(output->sink);
  output->sink = NULL;
  if (output->written)
    return;
  if (err->code == ERROR_NONE)
    *err = own;
  else
    console_error(&own);
}

void outputs_show(const struct outputs *outputs)
{
  const struct output *output = outputs->open ? first_browsable(outputs, true) : NULL;
  struct error failure = {0};
  if (output && opener_show(output->path, &failure) < 0)
    console_error(&failure);
}

void outputs_release(struct outputs *outputs)
{
  for (size_t i = 0; i < outputs->count; i++) {
    byte_sink_free(outputs->items[i].sink);
    outputs->items[i].sink = NULL;
  }
}

void outputs_written(const struct outputs *outputs, char *text, size_t size)
{
  size_t used = 0;
  text[0] = '\0';
  for (size_t i = 0; i < outputs->count && used < size; i++) {
    const struct output *output = &outputs->items[i];
    if (output->written)
      used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                               is_standard(output->path) ? "standard output" : output->path);
  }
}
