// Where a run's results go: the files that -o names, their formats, and the sinks that write them.
#ifndef FLAMBEAU_CLI_OUTPUTS_H
#define FLAMBEAU_CLI_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "options.h"
#include "output_name.h"

struct byte_sink;
struct renderer;

struct output_settings {
  struct text_list paths;
  const char *format;
  bool open;
};

extern const struct option_row output_rows[];             // pictures and text
extern const struct option_row output_and_capture_rows[]; // and .flb

struct output {
  const char *path;                // "-" is standard output
  const struct renderer *renderer; // NULL: a capture
  struct byte_sink *sink;          // owned; NULL before outputs_open, and again when finished
  bool written;                    // whole, under its name
};

bool output_is_stdout(const struct output *output);
// Would writing one file replace the other?
bool output_is_same(const char *path, const char *other);
// Would the file be in this place, or replace it? A place is a file or a folder, which need not be there yet.
bool output_is_within(const char *path, const char *place);

struct outputs {
  struct output items[TEXT_LIST_MAX];
  size_t count;
  bool unnamed; // nobody said -o: outputs_open is given the name
  bool open;    // the first of them that a browser shows is to be shown
  char name[OUTPUT_NAME_MAX];
};

// Finds every output's format. ERROR_USAGE for a format that does not exist (or is a capture where
// `capture` is false), for one file named twice, for more than one capture, for nothing to open where --open is said.
int outputs_plan(struct outputs *outputs, const struct output_settings *settings, bool capture, struct error *err);
// Nobody named an output, and there is something else to write: none is written.
void outputs_leave(struct outputs *outputs);
const char *outputs_extension(const struct outputs *outputs); // of the first one: ".svg"
struct output *outputs_capture(struct outputs *outputs);      // NULL without

// Tries every place, so that what cannot be written is known before any work is done, and leaves nothing there. `name`
// is for the unnamed output; `input` (or NULL) is refused as an output.
int outputs_check(struct outputs *outputs, const char *name, const char *input, struct error *err);
int outputs_open(struct outputs *outputs, struct error *err);
// Makes one output whole, or gives it up when `status` is not 0. The first failure goes to `err`, later ones are said
// at once: one output that fails does not take the others with it.
void output_finish(struct output *output, int status, const struct error *failure, struct error *err);
// Shows what was written if --open asked for it; what prevents that is said at once.
void outputs_show(const struct outputs *outputs);
void outputs_release(struct outputs *outputs); // what is not finished leaves no trace

// "a.svg, a.png": what was written, for people.
void outputs_written(const struct outputs *outputs, char *text, size_t size);

#endif
