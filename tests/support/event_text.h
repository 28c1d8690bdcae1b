// A stream of events written as text, one a line, `TIME EVENT OPERANDS`: read into an event sink, and written by one.
//
//   p 1                  the lines after it are events of process 1 (the first is 0)
//   p 1 <0.7.0> name=worker label= initial= parent=0
//                        defines it; whatever is not said is empty or unknown
//   f shop:total/2       defines a function, `f lists:reverse/1 native` a native one, `f a opaque` one that hides what
//                        it calls; seldom needed, see below
//   c a, c b receives    the code of a function is known, and whether there is a receive in it
//   k cost_call_ns 300  a fact
//   0 stack a b          the real stack, outermost first; `cut` instead of `stack`: outer frames are
//                        missing; `again`: in mid-trace
//   5 call b a           b called; returning leads to a (none: `undefined`)
//   9 return a           (none: the last frame ended)
//   9 out, 12 in         perhaps with a function
//   20 gc+ and 25 gc-    a minor collection that gives back 7 words; `gc+ major`, `gc- major`, `gc- major 300`
//   30 waiting           a status: waiting, runnable, running, suspended, collecting, exiting
//   40 lost 3            three events are missing from here on
//   50 exit, 50 end
//   60 spawn 2 c         process 2 was spawned and starts in c
//   70 begin f g         a captured call of f from g (or none) begins
//   80 returned, raised  and ends
//
// A function that has no definition gets one where it is first named: `a` is m:a/0, and `erlang:throw/1`, with its
// module and arity, is a native one. A process gets <0.1.0> as its pid. Bytes that would be in the way are written as
// %25.
#ifndef FLAMBEAU_TESTS_EVENT_TEXT_H
#define FLAMBEAU_TESTS_EVENT_TEXT_H

#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"
#include "event/event_sink.h"

struct string_table;

struct event_text {
  struct event_sink *sink;     // borrowed
  struct string_table *tokens; // of functions, in order of their ids
  uint32_t process;            // whose events come
  struct bytes processes;      // one byte each: whether it is defined
  struct bytes module, texts;  // scratch
  uint32_t *stack;
  size_t stack_capacity;
};

// Reads into `sink`. Every operation that can fail returns -1 with `err` set.
int event_text_init(struct event_text *text, struct event_sink *sink, struct error *err);
void event_text_release(struct event_text *text);
int event_text_line(struct event_text *text, char *line, struct error *err); // which is spoiled
int event_text_push(struct event_text *text, const char *lines, struct error *err);
// The id of the function that `token` names, defined if new; FUNCTION_NONE for NULL and "none", and on failure.
uint32_t event_text_function(struct event_text *text, const char *token, struct error *err);
int event_text_process(struct event_text *text, const struct process_definition *definition, struct error *err);

// Writes what it is given to `out`: definitions of functions and processes, and events.
struct event_text_writer {
  struct event_sink sink;
  FILE *out;                   // borrowed
  struct string_table *tokens; // of functions
  uint32_t *token_of;          // by function
  uint32_t capacity;
  uint32_t process; // whose events come
};

int event_text_writer_init(struct event_text_writer *writer, FILE *out, struct error *err);
void event_text_writer_release(struct event_text_writer *writer);

// Blanks, controls, bytes beyond ASCII, `%` and the characters of `more` as %25.
void event_text_escape(FILE *out, const char *text, size_t size, const char *more);

#endif
