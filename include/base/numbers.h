// Numbers for people, the same in every locale.
#ifndef FLAMBEAU_BASE_NUMBERS_H
#define FLAMBEAU_BASE_NUMBERS_H

#include <stdint.h>

#define NUMBER_MAX 40

// All write into `text` and return it.
const char *number_time(char text[NUMBER_MAX], uint64_t time_ns);               // "1.23 s": three digits
const char *number_count(char text[NUMBER_MAX], uint64_t count);                // "12,345"
const char *number_share(char text[NUMBER_MAX], uint64_t part, uint64_t whole); // "12.3%", "0.04%", "<0.01%"
// From one to the other: "+22.8%", "-4.00%", "x12.3" from the tenfold on, "0%"; "from 0" where there is no share.
const char *number_change(char text[NUMBER_MAX], uint64_t from, uint64_t to);

#endif
