// An event sink that grows a profile by the rules of stacks and time (src/fold/README: in fold.c's head).
#ifndef FLAMBEAU_FOLD_FOLD_H
#define FLAMBEAU_FOLD_FOLD_H

#include <stdbool.h>

#include "base/error.h"

struct event_sink;
struct profile;

// Deeper stacks keep their outermost frames and fold the rest into one `[deeper]` frame.
#define FOLD_MAX_DEPTH 20000

enum fold_by {
  FOLD_MERGED,     // equal stacks of all processes are one
  FOLD_BY_PROCESS, // one root frame per process
  FOLD_BY_PARENT,  // merged, but a spawned process's stacks stand on the frame that spawned it
};

// A profile keeps at most so many spans: the shortest are left out.
#define FOLD_MAX_SPANS ((size_t)1 << 20)

struct fold_options {
  enum fold_by by;
  bool spans;     // keep frames in time, for a chart; wants FOLD_BY_PROCESS
  bool raw_names; // names as the VM says them
  bool raw_times; // what tracing cost stays in
};

struct fold; // opaque

struct fold *fold_new(const struct fold_options *options, struct error *err);
void fold_free(struct fold *fold);
struct event_sink *fold_sink(struct fold *fold); // valid as long as the fold

// Closes all processes at their last event and hands over the finished profile, which the caller frees. The fold
// takes no more events. NULL on failure.
struct profile *fold_finish(struct fold *fold, struct error *err);

#endif
