// Events in, a profile and perhaps a capture out: the fold alone, or a tee of the capture and the fold.
#include "recording.h"

#include "fold/fold.h"
#include "outputs.h"
#include "profile/profile.h"

int recording_init(struct recording *recording, const struct fold_options *options, struct output *output,
                   struct error *err)
{
  *recording = (struct recording){.output = output};
  recording->fold = fold_new(options, err);
  if (!recording->fold)
    return -1;
  if (!output)
    return 0;
  if (capture_output_init(&recording->capture, output->sink, err) < 0)
    return -1;
  event_tee_init(&recording->tee, &recording->capture.sink, fold_sink(recording->fold));
  return 0;
}

void recording_release(struct recording *recording)
{
  if (recording->output)
    capture_output_release(&recording->capture);
  fold_free(recording->fold);
}

struct event_sink *recording_sink(struct recording *recording)
{
  return recording->output ? &recording->tee.sink : fold_sink(recording->fold);
}

struct profile *recording_finish(struct recording *recording, struct error *err)
{
  if (recording->output) {
    struct error failure = {0};
    int status = capture_output_finish(&recording->capture, &failure);
    output_finish(recording->output, status, &failure, err);
  }
  return fold_finish(recording->fold, err);
}
