// Passes everything on, and remembers which functions were named: to find out, when the trace is over, where in the
// source each begins, and whose code its module is.
#ifndef FLAMBEAU_COLLECT_LOCATIONS_H
#define FLAMBEAU_COLLECT_LOCATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applications.h"
#include "event/event_sink.h"

struct node;
struct string_table;
struct named_function;

struct locations {
  struct event_filter filter; // first: this is one
  struct string_table *modules;
  struct string_table *names;
  struct named_function *functions;
  size_t count, capacity;
  size_t *stale; // by module: so many functions were known when new code of it was loaded
  size_t stale_count;
  struct applications applications; // while they are read
};

struct locations_found {
  size_t functions, modules;
  bool applications; // whose code the modules are is known
  bool complete;     // every file that could be read was
  bool stopped;      // there is something to read from `stop_fd`
};

int locations_init(struct locations *locations, struct event_sink *next, struct error *err);
void locations_release(struct locations *locations);

// Asks the node for the applications of the modules and reads the modules' files there, of each that is the code that
// was traced, and pushes the functions' locations and the modules' applications. Takes two seconds at most, and returns
// at once when it is told to stop: what is not known by then, or not at all, has no location. Only the sink's errors
// are errors.
int locations_read(struct locations *locations, struct node *node, int stop_fd, struct locations_found *found,
                   struct error *err);

#endif
