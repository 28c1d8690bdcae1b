// An event sink that writes down, one line each, all it is given.
#ifndef FLAMBEAU_TESTS_LOG_SINK_H
#define FLAMBEAU_TESTS_LOG_SINK_H

#include "base/bytes.h"
#include "event/event_sink.h"

struct log_sink {
  struct event_sink sink;
  struct bytes log; // NUL-terminated by log_sink_text
};

void log_sink_init(struct log_sink *log);
void log_sink_release(struct log_sink *log);
const char *log_sink_text(struct log_sink *log);

#endif
