// A profile whose numbers are known, for the tests of both reports.
#ifndef FLAMBEAU_TESTS_REPORT_SAMPLE_H
#define FLAMBEAU_TESTS_REPORT_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/profile_builder.h"

// 100 ms in all:
//
//   m:c/0 40 ms               1 call; 1.0 and 1.4 ms long          at src/m.erl:7
//     m:b/1 5.5 ms            1,234 calls; 0.5 and 1.5 ms long
//       [gc] 2 ms
//       [runnable] 3 ms
//     [waiting] 8.5 ms
//   m:a/0 1 ms                3 calls; 1.3 ms long
//     [waiting] 30 ms
//   m:n/2 0.5 ms              native
//   [lost] 9.5 ms
//
// own: c b a n; total: c 59, a 31, b 10.5, n 0.5; calls: b a c n; mean: a 1.3, c 1.2, b 1.0; max: b 1.5, c 1.4, a 1.3.
// Ran 40 + 5.5 + 1 + 0.5 = 47 ms, waited 38.5 ms. Without `capture` it is what a folded file would say: no calls, no
// facts, no processes.
struct profile *report_sample(bool capture);

// One stack of `width_ns`, and processes that each covered `covered_ns[i]` and were billed `billed_ns[i]`.
struct profile *report_sample_processes(uint64_t width_ns, const uint64_t *covered_ns, const uint64_t *billed_ns,
                                        unsigned count);

// One process from 100 to 200, 30 ns of them between its two calls; 4 events.
struct profile *report_sample_away(void);

// Captured calls of two processes, <0.1.0> shop_price and <0.2.0> without a name; `seen` of them in all.
enum { SAMPLE_F, SAMPLE_G, SAMPLE_H }; // frames: m:f/1, m:g/0, m:h/2
struct profile *report_sample_calls(const struct profile_call *calls, size_t count, uint64_t seen);

uint32_t report_sample_frame(struct profile_builder *builder, const char *name);
struct profile *report_sample_finish(struct profile_builder *builder, const struct profile_totals *totals);

#endif
