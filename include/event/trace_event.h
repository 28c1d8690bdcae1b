// What happened in one BEAM process at one time. The same events come from a live node and from a capture.
#ifndef FLAMBEAU_EVENT_TRACE_EVENT_H
#define FLAMBEAU_EVENT_TRACE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
  EVENT_CALL = 1,  // `function` was called; returning from it leads to `caller`
  EVENT_RETURN_TO, // control came back to `function` (FUNCTION_NONE: the process's last frame ended)
  EVENT_OUT,       // scheduled out; `function` is what the VM names, to be believed only when no stack is known
  EVENT_IN,        // scheduled in again
  EVENT_GC_START,  // `major`
  EVENT_GC_END,    // `major`, `words`: how many heap words it gave back
  EVENT_EXIT,      // the process is gone
  EVENT_STACK,  // the real stack, read while the process stood still: `stack`, `stack_size`, `stack_cut`, `stack_again`
  EVENT_STATUS, // somebody looked: `status` was true at `time_ns`. May be stamped later than the event after it
  EVENT_SPAWN,  // the process spawned process `child`, which starts in `function`
  EVENT_LOST,   // events are missing from here to the next event of this process; `lost` of them (0: unknown)
  EVENT_END,    // tracing of this process ended here
  EVENT_BEGIN,  // the process called `function`, which returns to `caller`, and is traced from here until it has ended
  EVENT_LEAVE,  // that call ended, `ending`: what the process does until its next EVENT_BEGIN is nobody's business
  EVENT_SAMPLE, // since its sample before the process is taken to have been in `status` with this stack, which is as in
                // EVENT_STACK. The first sample of a process only starts its time
};

enum call_ending { CALL_RETURNED = 1, CALL_RAISED };

enum process_status {
  STATUS_UNKNOWN,     // in EVENT_SAMPLE alone
  STATUS_WAITING = 1, // in a receive
  STATUS_RUNNABLE,
  STATUS_RUNNING,
  STATUS_SUSPENDED,
  STATUS_COLLECTING, // garbage collection
  STATUS_EXITING,
};

#define FUNCTION_NONE 0u // ids of functions count from 1
#define PROCESS_NONE UINT32_MAX

struct trace_event {
  enum event_kind kind;
  uint32_t process; // id given by the sink's `process` definition
  int64_t time_ns;  // the node's monotonic clock, stamped in the process itself; never falls within a process,
                    // but for EVENT_STATUS
  uint32_t function;
  uint32_t caller;            // EVENT_CALL: FUNCTION_NONE when the VM says `undefined`
  uint32_t child;             // EVENT_SPAWN
  enum process_status status; // EVENT_STATUS, EVENT_SAMPLE
  enum call_ending ending;    // EVENT_LEAVE
  bool major;
  bool stack_cut;   // EVENT_STACK, EVENT_SAMPLE: outer frames are missing below stack[0]
  bool stack_again; // EVENT_STACK: read in mid-trace, after calls were not traced for a while; never with stack_cut
  uint64_t words;
  uint64_t lost;
  const uint32_t *stack; // function ids, outermost first; borrowed for the call
  size_t stack_size;
};

// A function's definition: sent once, before its id is used. Texts are UTF-8 as the VM has them (hostile), borrowed.
struct function_definition {
  uint32_t id;
  const char *module;
  size_t module_size;
  const char *name;
  size_t name_size;
  uint8_t arity;
  bool native; // a BIF or NIF: it can never be in a receive
  bool opaque; // what it calls is not to be shown: the time is its own
};

// What the file of its module says of a function: where its source begins, as a stack trace on the node would say it,
// and whether a process can wait in it.
struct function_location {
  uint32_t function;
  bool receives;    // there is a receive in its code
  uint32_t line;    // from 1; 0: the place is not known
  const char *file; // "src/shop.erl", "" when the place is not known: UTF-8, hostile, borrowed; NUL-terminated
};

// Whose code a module is.
enum module_origin {
  MODULE_OWN = 1,    // the user's: of an application that is no dependency, or of none
  MODULE_DEPENDENCY, // somebody else's
  MODULE_ELIXIR,     // of Elixir's own applications
  MODULE_OTP,
};

// To which application a module belongs.
struct module_application {
  const char *module; // as in a function's definition
  size_t module_size;
  const char *application; // "" without one: UTF-8, hostile, borrowed; NUL-terminated
  enum module_origin origin;
};

// A process's definition; sent before its id is used, and again when more is known (the last one counts).
struct process_definition {
  uint32_t id;
  uint32_t parent; // PROCESS_NONE when unknown
  const char *pid; // "<0.123.0>"
  size_t pid_size;
  const char *name; // registered name, "" without
  size_t name_size;
  const char *label; // proc_lib label, "" without
  size_t label_size;
  const char *initial_call; // "Module:function/arity" as Erlang writes it, "" when unknown
  size_t initial_call_size;
};

#endif
