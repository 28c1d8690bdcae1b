// The judgment on two profiles of the same program, BASE and HEAD: what became worse, and whose doing it is.
#ifndef FLAMBEAU_PROFILE_VERDICT_H
#define FLAMBEAU_PROFILE_VERDICT_H

#include "profile/profile.h"

// Growth in thousandths of a percent.
#define VERDICT_PERCENT 1000u
#define VERDICT_NO_LIMIT UINT64_MAX

// Times are compared where both sides have so many measured calls, and a difference below the floor is none. A snapshot
// has no times below it.
#define VERDICT_MIN_MEASURED 5
#define VERDICT_TIME_FLOOR_NS 100000u

struct verdict_limit {
  const char *pattern; // profile/name_pattern.h
  uint64_t growth;
};

struct verdict_limits {
  uint64_t growth;                   // of all functions that no pattern matches
  const struct verdict_limit *items; // the last that matches counts
  size_t count;
};

struct verdict_terms {
  struct verdict_limits calls, time;
  const char *const *only; // patterns of the functions to judge; none: all
  size_t only_count;
  const char *const *skip;
  size_t skip_count;
  bool allow_new;     // a function that BASE does not call is no regression
  bool fail_vanished; // a function that HEAD does not call is one
};

enum finding_kind {  // in the order in which they are told
  FINDING_CALLS,     // a function is called more
  FINDING_NEW,       // is called, and was not
  FINDING_VANISHED,  // is not called any more
  FINDING_OWN_TIME,  // has more own time in a captured call
  FINDING_CALL_TIME, // the captured call takes longer
  FINDING_FEWER,     // is called less
  FINDING_OWN_FASTER,
  FINDING_CALL_FASTER,
};

enum finding_weight {
  FINDING_REGRESSION, // fails
  FINDING_FOLLOWS,    // called more because its callers are, or takes the time of more calls: these are judged
  FINDING_ALLOWED,    // worse, but within its limit
  FINDING_SAID,       // no better, no worse: vanished
  FINDING_IMPROVEMENT,
};

// So many calls in so many of another function, or of captured ones, or, where there are neither, in 1 run.
struct verdict_rate {
  uint64_t calls, of;
};

struct verdict_edge {
  const char *caller;      // NULL: nobody, a process begins with the callee
  const char *caller_file; // "" when unknown
  uint32_t caller_line;
  const char *within; // NULL, or who calls the caller in the place of the growth, which is not the only one
  bool itself;        // the callee is its own caller: `of` is its calls from others
  bool counted;       // `of` are calls of the caller, else captured ones
  struct verdict_rate base, head;
};

struct finding {
  enum finding_kind kind;
  enum finding_weight weight;
  const char
      *name; // of the function, steady (profile/steady_name.h); of captured calls, "" when stacks begin with several
  const char *file; // "" when unknown, or OTP's or Elixir's
  uint32_t line;
  uint64_t limit;                 // that it is held to
  struct verdict_rate base, head; // its calls in captured ones
  struct verdict_edge edge;       // of FINDING_CALLS and FINDING_NEW: the one that grew most
  struct profile_spread base_time, head_time;
};

enum verdict_note_kind {
  NOTE_TARGET,    // another program was run
  NOTE_SELECTION, // other functions were traced
  NOTE_OTP,
  NOTE_ELIXIR,
  NOTE_CALLS,     // one side has captured calls, the other has none: nothing can be compared a call
  NOTE_CLOCK,     // no side has, and how long it was traced decided how much was seen
  NOTE_LOST,      // events are missing
  NOTE_BUDGET,    // functions were switched off for it
  NOTE_BOUND,     // the trace was ended by a bound or an accident
  NOTE_CUT,       // captured calls that were cut off
  NOTE_RAISED,    // captured calls that raised, or whose process ended
  NOTE_STRANGERS, // no function in common
};

// What makes the comparison doubtful.
struct verdict_note {
  enum verdict_note_kind kind;
  const char *base, *head; // values of the fact; NULL where that side has none, or it is not about it
};

enum verdict_times {
  TIMES_COMPARED,
  TIMES_NO_CALLS, // a side has no captured calls
  TIMES_TOO_FEW,  // a side has fewer measured calls than VERDICT_MIN_MEASURED
};

struct verdict {
  const struct finding *findings; // regressions first, causes before what is beneath them; then by weight
  size_t finding_count;
  size_t regressions;               // that many of them
  const struct verdict_note *notes; // in the order of their kinds
  size_t note_count;
  bool by_call;                          // `of` are captured calls where they are no function's, else 1
  size_t functions, unchanged;           // looked at, on either side; of them with as many calls
  uint64_t base_captured, head_captured; // captured calls
  uint64_t base_measured, head_measured;
  enum verdict_times times;
};

// Judges what profile_snapshot makes of both, so captures and snapshots can be mixed, and captured calls be different
// numbers.
//
// Calls. A function's growth is that of its calls in a captured call. Whose doing it is: at a place in the tree of
// calls (each stack names a function once, recursion is folded) a call is caused there as far as it is more than the
// caller's own growth explains. A caller that BASE does not have at this place is held to what it does elsewhere there;
// what one calls that BASE has nowhere comes with it, and so does a function that is new itself. The largest sum of
// that over the places of one caller is the finding's edge. A function whose growth beyond its limit is not caused at
// its own edges follows from callers, and is no regression itself, nor is one of whose growth less than half is caused
// there when such a caller is a regression. Where there is no such caller it is one nevertheless; what callers add that
// may grow by name, in a pattern of the limits or as new functions, does not count then.
//
// Times. The median of HEAD's calls must be above BASE's by more than the limit, the floor, and what the two spread:
// their ranges between the quartiles together. So both middle halves lie apart, by the more the less either can be
// trusted. A time that is not known was too short for a snapshot, and is taken to be the floor. The captured call has
// the name of the function that all stacks begin with, for limits and for what is chosen.
//
// The caller frees the verdict, which keeps nothing of the profiles. ERROR_DATA when a side has no calls to judge.
struct verdict *verdict_new(const struct profile *base, const struct profile *head, const struct verdict_terms *terms,
                            struct error *err);
void verdict_free(struct verdict *verdict); // NULL is fine

#endif
