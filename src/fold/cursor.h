// Where one BEAM process is in its program: its stack, whether it runs, and what time has not been decided yet.
#ifndef FLAMBEAU_FOLD_CURSOR_H
#define FLAMBEAU_FOLD_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "call_stack.h"
#include "call_times.h"
#include "captured_calls.h"
#include "event/trace_event.h"
#include "profile/profile_builder.h"
#include "span_list.h"
#include "undecided.h"

// Small: an event touches two or three of them.
struct fold_function {
  uint32_t frame; // of the profile
  bool defined : 1;
  bool native : 1;
  bool opaque : 1;       // what it calls is not shown
  bool raises : 1;       // its caller is not to be believed
  bool hibernates : 1;   // the one native function a process waits in
  bool seen_waiting : 1; // a process that was out in it was looked at, and waited
  bool seen_busy : 1;    // ... and did not
  bool code_known : 1;   // its module's file was read:
  bool receives : 1;     // whether there is a receive in it
};

// How often processes were out in a function and nobody saw.
struct function_absences {
  uint64_t brief, lasting;
};

// What all cursors of a fold share: the tree that grows, the functions, the sums.
struct fold_tree {
  struct profile_builder *builder;
  struct fold_function *functions; // by id
  uint32_t function_capacity;
  struct function_absences *absences;   // by id
  uint32_t synthetic[FRAME_DEEPER + 1]; // frames, by kind
  struct profile_gc gc;
  struct profile_absence waiting, runnable;
  uint64_t lost_events;
  struct call_stack_budget budget;
  struct undecided undecided;
  struct captured_calls calls;
  struct call_times call_times;
  struct span_list *spans; // NULL unless asked for
  bool selective;          // not all functions are traced
  bool failed;             // latched: out of memory, or the profile is full
};

// What an absence turns out to be.
enum absence {
  ABSENCE_NONE, // it ran
  ABSENCE_WAITING,
  ABSENCE_RUNNABLE,
  ABSENCE_BRIEF, // not decided: struct undecided
  ABSENCE_LASTING,
};

enum activity {
  ACTIVITY_RUNNING,
  ACTIVITY_OUT,     // scheduled out; whether it waits is decided when it comes in
  ACTIVITY_UNKNOWN, // its stack was read; whether it ran then is decided by its next event
  ACTIVITY_LOST,    // events are missing
  ACTIVITY_AWAY,    // between captured calls
  ACTIVITY_OVER,    // no more events
};

// An absence in time: in pieces, because a collection may come between. More than these are not drawn.
#define ABSENCE_PIECES 4

struct absence_pieces {
  int64_t start_ns[ABSENCE_PIECES], end_ns[ABSENCE_PIECES];
  unsigned count;
};

struct cursor {
  struct call_stack stack;
  uint32_t process;   // of the fold
  uint32_t root_node; // the profile's root or the node of this process
  uint32_t base_node; // what the outermost frame hangs on: root_node, or [cut] under it
  int64_t base_since_ns;
  bool open;             // there may be frames below the outermost one
  bool on_floor;         // the outermost frame is that of a captured call, which returns to `floor`
  uint32_t floor;        // or FUNCTION_NONE
  uint32_t opaque_depth; // so many frames up to the outermost opaque one, which hides those above it; 0: none
  enum activity activity;
  bool started; // first_ns is known
  bool exited;
  bool captured; // there was a captured call: what is not in one is not in sight
  bool in_call;
  uint32_t call; // the one that is on, of the tree's
  int64_t call_since_ns;
  int64_t in_sight_since_ns; // unless it is away
  bool newborn;              // spawned, and has not run yet
  bool collecting;
  bool out_to_collect; // it went out in the collection that is on
  uint32_t out_in;     // what it named when it went out, FUNCTION_NONE if in a collection
  uint32_t waits_in;   // what it had named when it was last seen waiting
  uint32_t waits_on;   // what that stood on when it was last on the stack then, FUNCTION_NONE: nothing
  uint32_t waits_at;   // ... as which frame from the outermost
  uint32_t collecting_node;
  int64_t collecting_since_ns;
  int64_t first_ns, last_ns;
  enum event_kind since_kind; // of the event at last_ns
  uint64_t away_ns;
  uint64_t width_ns;                                // billed so far, but for what is pending
  struct measured_call *measured;                   // own times of the call that is on; NULL when they are not measured
  uint64_t waiting_ns, runnable_ns, gc_ns, lost_ns; // parts of it that are decided
  uint64_t pending_ns;                              // not billed yet: OUT or UNKNOWN
  int64_t pending_since_ns;
  uint64_t events;
  enum event_kind last_kind;  // of the last event that moved the stack or the scheduling
  enum event_kind before_out; // last_kind as it was when the process went out
  enum absence last_absence;
  uint64_t steps_since_in; // calls and returns
  int64_t seen_waiting_ns; // newest status of this kind that can still decide; INT64_MIN: none
  int64_t seen_busy_ns;
  enum process_status seen_busy;
  struct absence_pieces pieces; // of pending_ns; only for spans
};

// `root_node` is where the stacks of `process` hang.
void cursor_init(struct cursor *cursor, uint32_t process, uint32_t root_node);
void cursor_release(struct cursor *cursor, struct fold_tree *tree);

// Applies one event whose function ids are all defined; false when it does not count. Failures are latched in `tree`.
bool cursor_apply(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event);

// The process has just been spawned by another, where `root_node` is now. Nothing happens once it has had events.
void cursor_spawn(struct cursor *cursor, uint32_t root_node);

// What is on top of the stack now, or [cut] where nothing is known of it.
uint32_t cursor_top_node(const struct cursor *cursor, struct fold_tree *tree);

// Bills what is pending and closes the cursor at its last event.
void cursor_close(struct cursor *cursor, struct fold_tree *tree);

// Bills time of the cursor's process that was still undecided, or decides all spans. For when all cursors are closed.
void cursor_decide(struct cursor *cursor, struct fold_tree *tree, const struct undecided_time *time);
void cursor_decide_spans(struct fold_tree *tree);

#endif
