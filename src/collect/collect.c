// Enters: a connected node and what to trace. Leaves: the events, pushed into the sink as they come.
// One thread, one poll() on the node and on the stop pipe. The agent keeps the deadline and the bounds, and cleans up
// by itself whenever the connection goes; so whatever happens here, leaving is enough to leave the node as it was.
#include "collect/collect.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent_session.h"
#include "base/clock.h"
#include "base/numbers.h"
#include "decode/decoder.h"
#include "locations.h"
#include "node/node.h"
#include "node/term.h"
#include "process_ends.h"
#include "slow_calls.h"

#define START_TIMEOUT_NS 20000000000 // loading the agent and setting the patterns
#define SILENCE_NS 20000000000       // the agent says something every second
#define GOODBYE_NS 3000000000        // from its last word, or from giving up, to its end
#define STOPPING_NS 30000000000      // from Ctrl-C to its last word: it may have much to send
#define OVERTIME_NS 60000000000      // past the deadline that the agent keeps
#define BUDGET_LOOK_NS 10000000      // with --overhead, between two looks, on average
#define MESSAGES_AT_ONCE 64          // between two looks at the stop pipe
#define PROGRESS_INTERVAL_NS 200000000

const struct collect_bounds collect_default_bounds = {
    .max_events = 100000000,
    .max_queue = 500000,                    // about 100 MB on the node
    .max_memory_bytes = 128u * 1024 * 1024, // about 18 million packed events that nobody fetches
};

enum phase { PHASE_STARTING, PHASE_TRACING, PHASE_LEAVING, PHASE_OVER };

struct collector {
  struct node *node;
  const struct collect_options *options;
  struct agent_session session;
  struct slow_calls slow;     // before the locations, with slower_than_ns
  struct locations locations; // of what the decoder pushes, before it goes to the ends
  struct process_ends ends;
  struct event_ids ids;
  struct decoder *decoders[AGENT_RELAYS_MAX]; // one for each relay, once they are known
  unsigned decoder_count;
  uint64_t queues[AGENT_RELAYS_MAX];
  struct collect_result *result;
  enum phase phase;
  uint64_t phase_ns, heard_ns, stopped_ns, given_up_ns, progress_ns; // on our clock
  uint64_t called_ns;                                                // when the first captured call came
  uint64_t look_ns, look_seed; // when the next look is due, and what the distances are drawn from
  bool deaf;                   // the node takes no messages; what it has sent may still come
  bool more;                   // messages were left in the node's buffer
  bool agent_left;             // by itself, and the node is there
  uint64_t wire_bytes;
  int stops; // signals so far
};

static void enter(struct collector *collector, enum phase phase)
{
  collector->phase = phase;
  collector->phase_ns = clock_ns();
}

static void note(const struct collector *collector, const char *sentence)
{
  if (collector->options->on_note)
    collector->options->on_note(collector->options->context, sentence);
}

static int push_fact(struct collector *collector, const char *key, const char *value, struct error *err)
{
  struct event_sink *sink = &collector->ends.filter.sink;
  return sink->ops->fact(sink, key, value, err);
}

static int push_number(struct collector *collector, const char *key, uint64_t value, struct error *err)
{
  char text[24];
  snprintf(text, sizeof text, "%" PRIu64, value);
  return push_fact(collector, key, text, err);
}

// "only Shop.*, only lists:*, skip Shop.Log"; nothing where all functions are traced.
static int push_selection(struct collector *collector, struct error *err)
{
  const struct collect_options *options = collector->options;
  char text[1024] = "";
  size_t used = 0;
  for (size_t i = 0; i < options->only_count + options->skip_count && used < sizeof text; i++) {
    bool only = i < options->only_count;
    used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s", i ? ", " : "", only ? "only" : "skip",
                             only ? options->only[i] : options->skip[i - options->only_count]);
  }
  return *text ? push_fact(collector, "selection", text, err) : 0;
}

static void write_target(const struct collect_options *options, char *text, size_t size)
{
  size_t used = 0;
  const char *const *names = options->function_count ? options->functions : options->processes;
  size_t count = options->function_count ? options->function_count : options->process_count;
  *text = '\0';
  if (options->own_call)
    snprintf(text, size, "%s", options->own_call->expression);
  for (size_t i = 0; i < count && used < size; i++)
    used += (size_t)snprintf(text + used, size - used, "%s%s",
                             i                         ? ", "
                             : options->function_count ? "calls of "
                                                       : "",
                             names[i]);
}

static int push_calls(struct collector *collector, struct error *err)
{
  const struct collect_options *options = collector->options;
  if (options->own_call)
    return push_number(collector, "calls", options->own_call->repeat, err);
  if (!options->function_count)
    return 0;
  return push_number(collector, "calls", options->calls, err) != 0 ||
                 (options->slower_than_ns &&
                  push_number(collector, "slower_than_ns", options->slower_than_ns, err) != 0)
             ? -1
             : 0;
}

static int push_first_facts(struct collector *collector, struct error *err)
{
  const struct collect_options *options = collector->options;
  char target[1024], bounds[128];
  write_target(options, target, sizeof target);
  snprintf(bounds, sizeof bounds, "%" PRIu64 " events, %" PRIu64 " in the queue, %" PRIu64 " bytes of memory",
           options->bounds.max_events, options->bounds.max_queue, options->bounds.max_memory_bytes);
  return push_fact(collector, "flambeau", FLAMBEAU_VERSION, err) != 0 ||
                 push_fact(collector, "asked", options->asked, err) != 0 ||
                 push_fact(collector, "target", target, err) != 0 || push_selection(collector, err) != 0 ||
                 push_calls(collector, err) != 0 || push_fact(collector, "bounds", bounds, err) != 0
             ? -1
             : 0;
}

static uint64_t event_count(const struct collector *collector)
{
  uint64_t events = 0;
  for (unsigned i = 0; i < collector->decoder_count; i++)
    events += decoder_event_count(collector->decoders[i]);
  return events;
}

static int push_last_facts(struct collector *collector, struct error *err)
{
  return push_fact(collector, "ended", collector->result->ended, err) != 0 ||
                 push_number(collector, "wire_bytes", collector->wire_bytes, err) != 0 ||
                 push_number(collector, "wire_events", event_count(collector), err) != 0 ||
                 push_number(collector, "lost_events", collector->result->lost_events, err) != 0
             ? -1
             : 0;
}

static void has_said(struct collector *collector, int failed, const struct error *how)
{
  if (!failed)
    return;
  collector->deaf = true;
  note(collector, how->message);
}

static void stop(struct collector *collector)
{
  struct error how = {0};
  if (!collector->deaf)
    has_said(collector, agent_session_stop(&collector->session, &how), &how);
}

static void look(struct collector *collector)
{
  struct error how = {0};
  if (!collector->deaf)
    has_said(collector, agent_session_look(&collector->session, &how), &how);
}

static void acknowledge(struct collector *collector, unsigned relay)
{
  struct error how = {0};
  if (!collector->deaf)
    has_said(collector, agent_session_acknowledge(&collector->session, relay, &how), &how);
}

static int take_batch(struct collector *collector, const struct agent_message *said, struct error *err)
{
  collector->queues[said->relay] = said->queue;
  collector->wire_bytes += said->batch_size;
  acknowledge(collector, said->relay); // first: the credit is for what travels, not for how long we fold
  int status = decoder_push(collector->decoders[said->relay], said->batch, said->batch_size, err);
  if (!collector->called_ns && collector->ends.calls_begun)
    collector->called_ns = clock_ns();
  return status;
}

// "calls of lists:sort/1, and what they call: 812 functions of 12 modules: lists, ..."
static void note_plan(const struct collector *collector, const struct agent_message *said)
{
  char sentence[2048];
  bool calls = said->captured.size > 0;
  snprintf(sentence, sizeof sentence, "will trace %s%.*s%s%" PRIu64 " function%s of %" PRIu64 " module%s: %.*s",
           calls ? "calls of " : "", (int)said->captured.size, said->captured.data,
           calls ? ", and what they call among " : "", said->functions, said->functions == 1 ? "" : "s", said->modules,
           said->modules == 1 ? "" : "s", (int)said->text.size, said->text.data);
  note(collector, sentence);
}

// Where there are several relays, a function that more than one tells of is one.
static int start_tracing(struct collector *collector, struct error *err)
{
  unsigned relays = collector->session.relay_count;
  const char *what = collector->options->sample_ns ? "reads stacks" : "tracing";
  char sentence[96];
  struct event_sink *first =
      collector->options->slower_than_ns ? &collector->slow.filter.sink : &collector->locations.filter.sink;
  enter(collector, PHASE_TRACING);
  if (relays > 1 && event_ids_init_common(&collector->ids, err) != 0)
    return -1;
  for (; collector->decoder_count < relays; collector->decoder_count++) {
    struct decoder *decoder = decoder_new(&collector->ids, first);
    if (!decoder)
      return error_set(err, ERROR_MEMORY, "out of memory");
    collector->decoders[collector->decoder_count] = decoder;
  }
  snprintf(sentence, sizeof sentence, "the agent is in the node's memory, and %s", what);
  if (relays > 1)
    snprintf(sentence, sizeof sentence, "the agent is in the node's memory, and tracing with %u relays", relays);
  note(collector, sentence);
  if (collector->stops > 0)
    stop(collector);
  return 0;
}

static int take_message(struct collector *collector, struct term_reader *message, struct error *err)
{
  struct agent_message said;
  if (agent_session_understand(&collector->session, message, &said, err) != 0)
    return -1;
  const struct collect_options *options = collector->options;
  if (said.kind != AGENT_UNKNOWN)
    collector->heard_ns = clock_ns();
  switch (said.kind) {
  case AGENT_PREPARING:
    break;
  case AGENT_PLANNED:
    note_plan(collector, &said);
    break;
  case AGENT_ANSWER:
    collector->result->raised = said.answer == COLLECT_EXCEPTION;
    if (options->on_answer)
      options->on_answer(options->context, said.answer, said.text.data, said.text.size);
    break;
  case AGENT_STARTED:
    return collector->phase == PHASE_STARTING ? start_tracing(collector, err) : 0;
  case AGENT_BATCH:
    return collector->phase == PHASE_TRACING ? take_batch(collector, &said, err) : 0;
  case AGENT_ENDED:
    if (collector->phase != PHASE_TRACING)
      break;
    enter(collector, PHASE_LEAVING);
    snprintf(collector->result->ended, sizeof collector->result->ended, "%.31s", said.why);
    collector->result->lost_events = said.lost;
    note(collector, collector->options->sample_ns ? "no more stacks are read; the agent leaves"
                                                  : "tracing is off; the agent leaves");
    return process_ends_lose(&collector->ends, said.lost, said.end_ns, err);
  case AGENT_UNKNOWN:
    break;
  }
  return 0;
}

// The connection or the agent is gone before it said so. What has come is kept.
static int lost_agent(struct collector *collector, const struct error *how, struct error *err)
{
  if (collector->phase == PHASE_STARTING)
    return error_set(err, ERROR_UNREACHABLE, "%s",
                     how->code ? how->message : "the node ended the agent before it could start");
  if (collector->phase == PHASE_TRACING) {
    snprintf(collector->result->ended, sizeof collector->result->ended, "%s",
             how->code ? "disconnected" : "agent-ended");
    note(collector, how->code ? how->message : "the agent ended");
  }
  collector->agent_left = collector->phase == PHASE_LEAVING && !how->code;
  enter(collector, PHASE_OVER);
  return 0;
}

// What it said was no such thing as an agent says, or damaged.
static bool is_of_the_node(const struct error *err)
{
  return err->code == ERROR_DATA || err->code == ERROR_UNREACHABLE;
}

static int give_up_node(struct collector *collector, struct error *err)
{
  struct error how = *err;
  *err = (struct error){0};
  return lost_agent(collector, &how, err);
}

static int take_from_node(struct collector *collector, struct error *err)
{
  for (int i = 0; i < MESSAGES_AT_ONCE; i++) {
    struct term_reader message;
    struct error how = {0};
    enum node_event event = node_receive(collector->node, &message, &how);
    collector->more = event != NODE_NOTHING;
    if (event == NODE_NOTHING)
      return 0;
    if (event != NODE_MESSAGE)
      return lost_agent(collector, &how, err);
    if (take_message(collector, &message, err) != 0)
      return is_of_the_node(err) ? give_up_node(collector, err) : -1;
    if (collector->phase == PHASE_OVER)
      return 0;
  }
  return 0;
}

static void take_stop(struct collector *collector)
{
  char signals[16];
  ssize_t count = read(collector->options->stop_fd, signals, sizeof signals);
  for (ssize_t i = 0; i < count; i++) {
    collector->stops++;
    if (collector->stops == 2) {
      collector->result->given_up = true;
      collector->given_up_ns = clock_ns();
    }
    if (collector->stops == 1 && collector->phase == PHASE_STARTING && collector->options->own_call) {
      collector->result->given_up = true; // its arguments may take for ever
      enter(collector, PHASE_OVER);
    }
    if (collector->stops == 1 && collector->phase == PHASE_TRACING)
      stop(collector);
    if (collector->stops == 1)
      collector->stopped_ns = clock_ns();
  }
}

static void show_progress(struct collector *collector, uint64_t now)
{
  const struct collect_options *options = collector->options;
  if (!options->on_progress || now - collector->progress_ns < PROGRESS_INTERVAL_NS)
    return;
  collector->progress_ns = now;
  struct collect_progress progress = {
      .events = event_count(collector),
      .elapsed_ns = collector->phase == PHASE_STARTING ? 0 : now - collector->phase_ns,
      .duration_ns = options->duration_ns,
      .calls = collector->ends.calls_ended,
      .calls_wanted = options->own_call         ? options->own_call->repeat
                      : options->function_count ? options->calls
                                                : 0,
  };
  for (unsigned i = 0; i < collector->decoder_count; i++)
    progress.queue += collector->queues[i];
  if (options->function_count && !collector->called_ns && options->first_call_ns > progress.elapsed_ns)
    progress.waiting_ns = options->first_call_ns - progress.elapsed_ns;
  if (collector->called_ns && progress.duration_ns) // which counts from the first call on
    progress.duration_ns += collector->called_ns - collector->phase_ns;
  options->on_progress(options->context, &progress);
}

// Too long, or nothing for too long: whatever the other side is, it is not an agent at work.
static bool is_overdue(const struct collector *collector, uint64_t now)
{
  const struct collect_options *options = collector->options;
  uint64_t duration_ns = options->duration_ns;
  uint64_t first_call_ns = options->function_count ? options->first_call_ns : 0;
  bool endless = !duration_ns || (options->function_count && !options->first_call_ns);
  if (collector->given_up_ns && now - collector->given_up_ns > GOODBYE_NS)
    return true;
  switch (collector->phase) {
  case PHASE_STARTING:
    return now - collector->heard_ns > START_TIMEOUT_NS;
  case PHASE_TRACING:
    return now - collector->heard_ns > SILENCE_NS ||
           (collector->stopped_ns && now - collector->stopped_ns > STOPPING_NS) ||
           (!endless && now - collector->phase_ns > first_call_ns + duration_ns + OVERTIME_NS);
  case PHASE_LEAVING:
    return now - collector->phase_ns > GOODBYE_NS;
  case PHASE_OVER:
    break;
  }
  return false;
}

static int check_time(struct collector *collector, uint64_t now, struct error *err)
{
  struct error how = {0};
  if (!is_overdue(collector, now))
    return 0;
  error_set(&how, ERROR_UNREACHABLE, "%s has stopped answering", node_name(collector->node));
  return lost_agent(collector, &how, err);
}

// Has the agent look at the processes, at random distances (src/agent/sampler.hrl): half an interval to one and a half.
// How long to wait for the next time.
static struct timespec look_in_time(struct collector *collector)
{
  uint64_t interval_ns = collector->options->sample_ns, now = clock_ns(), wait_ns = PROGRESS_INTERVAL_NS;
  if (!interval_ns && collector->options->overhead_percent > 0)
    interval_ns = BUDGET_LOOK_NS;
  if (interval_ns && collector->phase == PHASE_TRACING && !collector->stopped_ns) {
    if (now >= collector->look_ns) {
      look(collector);
      collector->look_seed = collector->look_seed * 6364136223846793005u + 1442695040888963407u;
      uint64_t share = collector->look_seed >> 33; // of 2^31
      collector->look_ns = now + interval_ns / 2 + (uint64_t)((double)interval_ns * (double)share / 0x1p31);
    }
    if (collector->look_ns - now < wait_ns)
      wait_ns = collector->look_ns - now;
  }
  return (struct timespec){.tv_sec = 0, .tv_nsec = collector->more ? 0 : (long)wait_ns};
}

static int poll_once(struct collector *collector, struct error *err)
{
  struct timespec wait = look_in_time(collector);
  struct pollfd fds[] = {{.fd = node_fd(collector->node), .events = POLLIN},
                         {.fd = collector->options->stop_fd, .events = POLLIN}};
  int ready = ppoll(fds, 2, &wait, NULL);
  if (ready < 0 && errno != EINTR)
    return error_set(err, ERROR_MEMORY, "cannot wait for the node: %s", strerror(errno));
  if (ready > 0 && fds[1].revents)
    take_stop(collector);
  if ((collector->more || (ready > 0 && fds[0].revents)) && take_from_node(collector, err) != 0)
    return -1;
  uint64_t now = clock_ns();
  show_progress(collector, now);
  return check_time(collector, now, err);
}

// Once nothing of the trace is left on the node. A stop skips it.
static int find_locations(struct collector *collector, struct error *err)
{
  struct locations_found found;
  char sentence[128];
  uint64_t began_ns = clock_ns();
  if (locations_read(&collector->locations, collector->node, collector->options->stop_fd, &found, err) != 0)
    return -1;
  if (found.stopped)
    take_stop(collector);
  snprintf(sentence, sizeof sentence, "read the source lines of %zu functions of %zu modules%s (%" PRIu64 " ms)",
           found.functions, found.modules, found.complete ? "" : ", not of all", (clock_ns() - began_ns) / 1000000);
  note(collector, sentence);
  return 0;
}

static int nothing_captured(const struct collector *collector, struct error *err)
{
  const struct collect_options *options = collector->options;
  char target[256], time[NUMBER_MAX];
  write_target(options, target, sizeof target);
  if (options->slower_than_ns && collector->slow.dropped)
    return error_set(err, ERROR_EMPTY, "nothing was captured: of %" PRIu64 " %s none took as long as %s",
                     collector->slow.dropped, target, number_time(time, options->slower_than_ns));
  if (options->function_count && strcmp(collector->result->ended, "timeout") == 0)
    return error_set(err, ERROR_EMPTY, "nothing was captured: there were no %s within %s (--timeout)", target,
                     number_time(time, options->first_call_ns));
  if (strcmp(collector->result->ended, "other-tracer") == 0)
    return error_set(err, ERROR_EMPTY,
                     "nothing was captured: another tracer came to the node before there were %s, and flambeau left",
                     target);
  if (options->function_count)
    return error_set(err, ERROR_EMPTY, "nothing was captured: there were no %s", target);
  if (options->sample_ns)
    return error_set(err, ERROR_EMPTY, "nothing was captured: no stack of these processes was read");
  return error_set(err, ERROR_EMPTY, "nothing was captured: no event came from the traced processes");
}

static int run(struct collector *collector, struct error *err)
{
  if (push_first_facts(collector, err) != 0 ||
      agent_session_begin(&collector->session, collector->node, collector->options, err) != 0)
    return -1;
  collector->heard_ns = collector->phase_ns = clock_ns();
  while (collector->phase != PHASE_OVER)
    if (poll_once(collector, err) != 0)
      return -1;
  const struct collect_options *options = collector->options;
  struct collect_result *result = collector->result;
  result->events = options->slower_than_ns ? collector->ends.events : event_count(collector);
  result->processes = process_ends_seen(&collector->ends);
  result->calls = collector->ends.calls_begun;
  result->calls_cut = collector->ends.calls_begun - collector->ends.calls_ended;
  result->calls_fast = collector->slow.dropped;
  if (result->processes == 0 && !result->given_up)
    return nothing_captured(collector, err);
  if (collector->agent_left && !result->given_up && find_locations(collector, err) != 0)
    return -1;
  return push_last_facts(collector, err);
}

int collect_run(struct node *node, const struct collect_options *options, struct event_sink *sink,
                struct collect_result *result, struct error *err)
{
  struct collector collector = {.node = node, .options = options, .result = result, .look_seed = clock_ns()};
  *result = (struct collect_result){0};
  event_ids_init(&collector.ids);
  process_ends_init(&collector.ends, sink);
  if (locations_init(&collector.locations, &collector.ends.filter.sink, err) != 0)
    return -1;
  slow_calls_init(&collector.slow, &collector.locations.filter.sink, options->slower_than_ns, SLOW_CALLS_HELD_BYTES);
  int done = run(&collector, err);
  for (unsigned i = 0; i < collector.decoder_count; i++)
    decoder_free(collector.decoders[i]);
  event_ids_release(&collector.ids);
  slow_calls_release(&collector.slow);
  locations_release(&collector.locations);
  process_ends_release(&collector.ends);
  return done;
}
