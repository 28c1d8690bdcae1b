// The capture beside a live run: an event sink that never stops the run.
#ifndef FLAMBEAU_CLI_CAPTURE_OUTPUT_H
#define FLAMBEAU_CLI_CAPTURE_OUTPUT_H

#include "base/error.h"
#include "event/event_sink.h"

struct byte_sink;
struct capture_writer;

struct capture_output {
  struct event_sink sink;
  struct capture_writer *writer;
  struct error failure; // the first one; from then on events are let through unwritten
};

// Writes to `out` (borrowed). -1 when out of memory.
int capture_output_init(struct capture_output *capture, struct byte_sink *out, struct error *err);
void capture_output_release(struct capture_output *capture);
// Ends the capture; 0, or -1 with the first failure of its whole life.
int capture_output_finish(struct capture_output *capture, struct error *err);

#endif
