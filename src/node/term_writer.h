// What a term_writer is inside the node layer: ei's own buffer.
#ifndef FLAMBEAU_NODE_TERM_WRITER_H
#define FLAMBEAU_NODE_TERM_WRITER_H

#include <ei.h>
#include <stdbool.h>

struct term_writer {
  ei_x_buff x;
  bool failed;
};

#endif
