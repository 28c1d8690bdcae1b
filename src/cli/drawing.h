// From a finished profile to the outputs: the one way that live runs and `render` share, so that both write the same
// bytes.
#ifndef FLAMBEAU_CLI_DRAWING_H
#define FLAMBEAU_CLI_DRAWING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "fold/fold.h"
#include "options.h"
#include "profile/profile.h"
#include "quantity.h"

struct outputs;

struct drawing_settings {
  const char *weight; // NULL: not said
  const char *by;     // NULL: not said
  bool chart;
  bool icicle;
  bool reverse;
  bool raw_names;
  bool raw_times;
  const char *title;
  const char *subtitle;
  uint64_t width_px;
  double scale; // 0: not said
  struct min_width min_width;
  const char *colors;
};

extern const struct option_row drawing_rows[];

void drawing_init(struct drawing_settings *settings);
// The weight that is said; else wall time, or calls where the profile has no times (a snapshot).
enum weight drawing_weight(const struct drawing_settings *settings, const struct profile *profile);
// What the fold must keep for these settings.
struct fold_options drawing_fold_options(const struct drawing_settings *settings);

// ERROR_USAGE when the settings, or they and the outputs, exclude each other.
int drawing_check_settings(const struct drawing_settings *settings, const struct outputs *outputs, struct error *err);
// ERROR_USAGE when they ask for calls, which a profile of stacks that were read at an interval does not have.
int drawing_check_sampled(const struct drawing_settings *settings, const struct outputs *outputs, struct error *err);
// ERROR_USAGE when the settings ask for what a folded file (`counts_known` is false) or a snapshot (`times_known` is
// false) cannot tell.
int drawing_check(const struct drawing_settings *settings, const struct profile *profile, struct error *err);
// Draws every output that has a renderer and is open, and shows what --open asks for. ERROR_EMPTY when there is nothing
// to draw; a failed output does not lose the others (see output_finish).
int drawing_write(const struct drawing_settings *settings, const struct profile *profile, struct outputs *outputs,
                  struct error *err);

#endif
