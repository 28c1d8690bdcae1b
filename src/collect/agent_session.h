// Talking with the agent (src/agent/agent.erl): what is asked of it, and what it says.
#ifndef FLAMBEAU_COLLECT_AGENT_SESSION_H
#define FLAMBEAU_COLLECT_AGENT_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "collect/collect.h"
#include "node/node.h"
#include "node/term.h"

#define AGENT_RELAYS_MAX 16

struct agent_session {
  struct node *node;
  struct node_pid relays[AGENT_RELAYS_MAX];
  unsigned relay_count; // once it has started
  struct node_pid controller;
  struct node_pid looker; // whom agent_session_look() tells
  bool started;
  bool own_call; // was asked for
};

enum agent_message_kind {
  AGENT_PREPARING, // it is there, and takes its time
  AGENT_PLANNED,   // `functions`, `modules`, `text`, `captured`
  AGENT_STARTED,
  AGENT_BATCH,   // `batch`, `queue`, `relay`
  AGENT_ANSWER,  // `answer`, `text`
  AGENT_ENDED,   // `why`, `lost`, `end_ns`
  AGENT_UNKNOWN, // not of the agent, or not understood
};

// Texts are the node's, borrowed until its next message: UTF-8 perhaps, hostile, not terminated.
struct agent_text {
  const char *data;
  size_t size;
};

struct agent_message {
  enum agent_message_kind kind;
  struct agent_text text;      // names of modules; a piece of an answer
  struct agent_text captured;  // functions whose calls are captured
  uint64_t functions, modules; // that will be traced
  enum collect_answer answer;
  const char *batch; // packed records, borrowed from the node until the next message
  size_t batch_size;
  uint64_t queue; // messages waiting in the relay
  unsigned relay; // whose batch it is, below relay_count
  char why[TERM_ATOM_MAX];
  uint64_t lost;  // events that were packed but given up
  int64_t end_ns; // when tracing was off, on the node's clock
};

// Loads the agent into the node's memory, unless it is there, and tells it what to trace. Does not wait.
int agent_session_begin(struct agent_session *session, struct node *node, const struct collect_options *options,
                        struct error *err);

// What a message says. A refusal is an error: ERROR_REFUSED and the sentence for it.
int agent_session_understand(struct agent_session *session, struct term_reader *message, struct agent_message *said,
                             struct error *err);

int agent_session_acknowledge(struct agent_session *session, unsigned relay, struct error *err); // one batch
int agent_session_stop(struct agent_session *session, struct error *err);
// With sample_ns, or a budget: the agent shall look at the processes now.
int agent_session_look(struct agent_session *session, struct error *err);

#endif
