// What a live run grows: a profile, and beside it a capture when one was asked for.
#ifndef FLAMBEAU_CLI_RECORDING_H
#define FLAMBEAU_CLI_RECORDING_H

#include "base/error.h"
#include "capture_output.h"
#include "event/event_sink.h"

struct fold;
struct fold_options;
struct output;
struct profile;

struct recording {
  struct fold *fold;
  struct output *output; // of the capture; NULL without
  struct capture_output capture;
  struct event_tee tee;
};

// `output` is the opened output of the capture (borrowed), or NULL.
int recording_init(struct recording *recording, const struct fold_options *options, struct output *output,
                   struct error *err);
void recording_release(struct recording *recording);
struct event_sink *recording_sink(struct recording *recording);
// Makes the capture whole (a failure is in `err`, and does not keep the profile from being made) and hands over the
// profile, which the caller frees; NULL on failure.
struct profile *recording_finish(struct recording *recording, struct error *err);

#endif
