// The time that only goes forward, of this machine: for deadlines, never for what is shown of a node.
#ifndef FLAMBEAU_BASE_CLOCK_H
#define FLAMBEAU_BASE_CLOCK_H

#include <stdint.h>

uint64_t clock_ns(void);
int64_t clock_ms(void);

#endif
