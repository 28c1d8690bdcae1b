// What a snapshot (`.snap`) keeps of a profile: the calls of its stacks, without what differs from run to run of the
// same program. renderers/snap/SNAP.md is the specification.
#ifndef FLAMBEAU_PROFILE_PROFILE_SNAPSHOT_H
#define FLAMBEAU_PROFILE_PROFILE_SNAPSHOT_H

#include <stddef.h>

#include "profile/profile.h"

// A profile of calls alone (`times_known` is false):
//   - names are steady (profile/steady_name.h) and clean, with `:` for `;`;
//   - a call from F to G within such a call is counted where the outermost one is;
//   - [gc], [waiting], [runnable], [lost], what the VM calls as often as it sees fit, and stacks without calls are not
//   there;
//   - calls are those of so few captured calls that all are whole numbers: `calls_seen`, 1 where every call did the
//     same. With `captured_calls`, a multiple of it, they are those of so many. 0 and all calls without captured ones.
//   - of measured times those of functions that become one are added up; facts that name a machine or a time are gone.
// The snapshot of a snapshot is the same. What a folded file weighs is taken to be calls. The profile must not be
// turned round. ERROR_MEMORY, or ERROR_DATA where calls need more than 64 bits.
struct profile *profile_snapshot(const struct profile *profile, uint64_t captured_calls, struct error *err);

// Both sides' captured calls made the same number, for profile_snapshot; 0 where a side has none, or there is no such
// number.
uint64_t profile_common_calls(const struct profile *a, const struct profile *b);

// The greatest; of 0 and a number that number.
uint64_t profile_common_divisor(uint64_t a, uint64_t b);

// Whether a text that begins so is a snapshot.
bool profile_is_snapshot(const void *head, size_t size);
// The text of a snapshot. ERROR_DATA names the first bad line. A function without a line of times has zeros.
struct profile *profile_read_snap(struct byte_source *source, struct error *err);

// Words of the text.
#define SNAPSHOT_FIRST_LINE "flambeau snapshot 1"
#define SNAPSHOT_CALLS_CAPTURED "calls in one captured call"
#define SNAPSHOT_CALLS_TRACE "calls in the trace"
#define SNAPSHOT_TIMES_OF "own times in " // then how many calls
#define SNAPSHOT_TIMES_CALLS " captured calls, median and quartiles"
#define SNAPSHOT_WHOLE_CALL "(the whole call)" // in the place of a function's name

// The facts that a snapshot has, in their order, and how it calls them.
struct snapshot_fact {
  const char *fact, *key;
};
#define SNAPSHOT_FACTS 9
extern const struct snapshot_fact snapshot_facts[SNAPSHOT_FACTS];

#endif
