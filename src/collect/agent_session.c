// Enters: the options of a run, and terms from the agent. Leaves: the agent's orders, and its messages in C.
// The agent's side of each term is in src/agent: Asked in start/2, the messages where it says `Client !`.
#include "agent_session.h"

#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "evaluate.h"

#define SUPERVISOR "supervisor:"
#define REFUSAL_MAX 160 // bytes of the node's own words in a sentence

// "0.123.0" and "<0.123.0>" are pids; everything else is a name.
static bool is_pid(const char *text)
{
  unsigned a, b, c;
  int end = 0;
  int fields = sscanf(text, *text == '<' ? "<%u.%u.%u>%n" : "%u.%u.%u%n", &a, &b, &c, &end);
  return fields == 3 && end > 0 && text[end] == '\0';
}

// Pids are written as Erlang does: "<0.123.0>".
static void write_target(struct term_writer *writer, const char *kind, const char *text)
{
  char pid[64];
  if (is_pid(text) && *text != '<') {
    snprintf(pid, sizeof pid, "<%s>", text);
    text = pid;
  }
  term_write_tuple(writer, 2);
  term_write_atom(writer, kind);
  term_write_binary(writer, text, strlen(text));
}

static void write_process(struct term_writer *writer, const char *text)
{
  if (strcmp(text, "all") == 0)
    write_target(writer, "all", text);
  else if (strncmp(text, SUPERVISOR, strlen(SUPERVISOR)) == 0)
    write_target(writer, "supervisor", text + strlen(SUPERVISOR));
  else
    write_target(writer, is_pid(text) ? "pid" : "name", text);
}

static void write_targets(struct term_writer *writer, const struct collect_options *options)
{
  term_write_list(writer, (int)(options->process_count + options->function_count));
  for (size_t i = 0; i < options->process_count; i++)
    write_process(writer, options->processes[i]);
  for (size_t i = 0; i < options->function_count; i++)
    write_target(writer, "function", options->functions[i]);
  term_write_nil(writer);
}

static void write_texts(struct term_writer *writer, const char *const *texts, size_t count)
{
  term_write_list(writer, (int)count);
  for (size_t i = 0; i < count; i++)
    term_write_binary(writer, texts[i], strlen(texts[i]));
  term_write_nil(writer);
}

static uint64_t milliseconds(uint64_t ns)
{
  return ns / 1000000 + (ns % 1000000 != 0);
}

static void write_bool(struct term_writer *writer, bool value)
{
  term_write_atom(writer, value ? "true" : "false");
}

// processes | {functions, HowMany, SlowerNs, TimeoutMs} | {own, Text, Repeat, Warmup, Full}
static void write_capture(struct term_writer *writer, const struct collect_options *options)
{
  const struct collect_own_call *own = options->own_call;
  if (own) {
    term_write_tuple(writer, 5);
    term_write_atom(writer, "own");
    term_write_binary(writer, own->expression, strlen(own->expression));
    term_write_u64(writer, own->repeat);
    term_write_u64(writer, own->warmup);
    write_bool(writer, own->full);
  } else if (options->function_count) {
    term_write_tuple(writer, 4);
    term_write_atom(writer, "functions");
    term_write_u64(writer, options->calls);
    term_write_u64(writer, options->slower_than_ns);
    term_write_u64(writer, milliseconds(options->first_call_ns));
  } else if (options->sample_ns) {
    term_write_tuple(writer, 2);
    term_write_atom(writer, "sample");
    term_write_u64(writer, milliseconds(options->sample_ns));
  } else {
    term_write_atom(writer, "processes");
  }
}

// {Targets, {Only, Skip, Opaque}, Spawned, DurationMs, {MaxEvents, MaxQueue, MaxMemory}, Overhead, Capture}
static void write_asked(struct term_writer *writer, const struct collect_options *options)
{
  term_write_tuple(writer, 7);
  write_targets(writer, options);
  term_write_tuple(writer, 3);
  write_texts(writer, options->only, options->only_count);
  write_texts(writer, options->skip, options->skip_count);
  write_texts(writer, options->opaque, options->opaque_count);
  write_bool(writer, options->spawned);
  term_write_u64(writer, milliseconds(options->duration_ns));
  term_write_tuple(writer, 3);
  term_write_u64(writer, options->bounds.max_events);
  term_write_u64(writer, options->bounds.max_queue);
  term_write_u64(writer, options->bounds.max_memory_bytes);
  if (options->overhead_percent > 0)
    term_write_u64(writer, options->overhead_percent);
  else
    term_write_atom(writer, "full");
  write_capture(writer, options);
}

static void bind(struct term_writer *writer, const char *variable)
{
  term_write_tuple(writer, 2);
  term_write_atom(writer, variable);
}

int agent_session_begin(struct agent_session *session, struct node *node, const struct collect_options *options,
                        struct error *err)
{
  *session = (struct agent_session){.node = node, .own_call = options->own_call != NULL};
  struct term_writer *writer = evaluate_begin(agent_attach, agent_attach_size, 4);
  if (!writer)
    return error_set(err, ERROR_MEMORY, "out of memory");
  bind(writer, "Client");
  term_write_pid(writer, node_self(node));
  bind(writer, "Module");
  term_write_atom(writer, agent_module);
  bind(writer, "Beam");
  term_write_binary(writer, agent_beam, agent_beam_size);
  bind(writer, "Asked");
  write_asked(writer, options);
  return evaluate_spawn(node, writer, err);
}

static int refused(struct agent_session *session, struct term_reader *message, struct error *err)
{
  char kind[TERM_ATOM_MAX];
  size_t size;
  term_read_atom(message, kind);
  const char *text = term_read_binary(message, &size);
  int width = text && size < REFUSAL_MAX ? (int)size : text ? REFUSAL_MAX : 0;
  const char *node = node_name(session->node);
  if (strcmp(kind, "expression") == 0 && session->own_call)
    return error_set(err, ERROR_USAGE, "%s says: %.*s", node, width, text);
  if (strcmp(kind, "raised") == 0)
    return error_set(err, ERROR_REFUSED, "on %s, %.*s", node, width, text);
  if (strcmp(kind, "no_function") == 0)
    return error_set(err, ERROR_REFUSED, "on %s, %.*s", node, width, text);
  if (strcmp(kind, "no_process") == 0)
    return error_set(err, ERROR_REFUSED, "on %s, %.*s: `flambeau ps` lists what is there", node, width, text);
  if (strcmp(kind, "other_tracer") == 0)
    return error_set(err, ERROR_REFUSED, "%s is being traced already: %.*s", node, width, text);
  if (strcmp(kind, "release") == 0)
    return error_set(err, ERROR_UNREACHABLE, "%s runs OTP %.*s: OTP 25 is the oldest that flambeau traces", node, width,
                     text);
  return error_set(err, ERROR_REFUSED, "%s did not let the agent in: %.*s", node, width, text);
}

static struct agent_text read_text(struct term_reader *message)
{
  size_t size = 0;
  const char *data = term_read_binary(message, &size);
  return data ? (struct agent_text){data, size} : (struct agent_text){"", 0};
}

static void read_relays(struct term_reader *message, struct agent_session *session)
{
  int count = term_read_list(message);
  session->relay_count = 0;
  if (count < 1 || count > AGENT_RELAYS_MAX)
    message->failed = true;
  for (int i = 0; i < count && !message->failed; i++)
    term_read_pid(message, &session->relays[i]);
  term_read_list_end(message);
  if (!message->failed)
    session->relay_count = (unsigned)count;
}

static unsigned read_relay(struct term_reader *message, const struct agent_session *session)
{
  uint64_t relay = term_read_u64(message);
  if (relay >= session->relay_count)
    message->failed = true;
  return (unsigned)relay;
}

int agent_session_understand(struct agent_session *session, struct term_reader *message, struct agent_message *said,
                             struct error *err)
{
  *said = (struct agent_message){.kind = AGENT_UNKNOWN};
  int arity = term_read_tuple(message);
  if (message->failed || arity < 4 || !term_read_atom_is(message, "flambeau"))
    return 0;
  if (term_read_atom_is(message, "refused"))
    return refused(session, message, err);
  if (term_read_atom_is(message, "preparing")) {
    said->kind = session->own_call ? AGENT_PREPARING : AGENT_UNKNOWN; // nothing else takes long
  } else if (term_read_atom_is(message, "planned")) {
    said->functions = term_read_u64(message);
    said->modules = term_read_u64(message);
    said->text = read_text(message);
    said->captured = read_text(message);
    said->kind = AGENT_PLANNED;
  } else if (term_read_atom_is(message, "answer")) {
    said->answer = term_read_atom_is(message, "exception") ? COLLECT_EXCEPTION : COLLECT_VALUE;
    if (said->answer == COLLECT_VALUE && !term_read_atom_is(message, "value"))
      message->failed = true;
    said->text = read_text(message);
    said->kind = AGENT_ANSWER;
  } else if (!session->started && term_read_atom_is(message, "started")) {
    read_relays(message, session);
    term_read_pid(message, &session->controller);
    session->looker = session->controller;
    if (arity > 4) // the sampler
      term_read_pid(message, &session->looker);
    said->kind = AGENT_STARTED;
    session->started = !message->failed;
  } else if (term_read_atom_is(message, "batch")) {
    said->batch = term_read_binary(message, &said->batch_size);
    said->queue = term_read_u64(message);
    said->relay = read_relay(message, session);
    said->kind = AGENT_BATCH;
  } else if (term_read_atom_is(message, "ended")) {
    term_read_atom(message, said->why);
    said->lost = term_read_u64(message);
    said->end_ns = term_read_i64(message);
    said->kind = AGENT_ENDED;
  }
  if (message->failed)
    return error_set(err, ERROR_UNREACHABLE, "%s sent a message that the agent does not send",
                     node_name(session->node));
  return 0;
}

int agent_session_acknowledge(struct agent_session *session, unsigned relay, struct error *err)
{
  struct term_writer *writer = term_writer_new();
  if (!writer)
    return error_set(err, ERROR_MEMORY, "out of memory");
  term_write_tuple(writer, 2);
  term_write_atom(writer, "ack");
  term_write_u64(writer, 1);
  int result = node_send(session->node, &session->relays[relay], writer, err);
  term_writer_free(writer);
  return result;
}

int agent_session_look(struct agent_session *session, struct error *err)
{
  struct term_writer *writer = term_writer_new();
  if (!writer)
    return error_set(err, ERROR_MEMORY, "out of memory");
  term_write_atom(writer, "look");
  int result = node_send(session->node, &session->looker, writer, err);
  term_writer_free(writer);
  return result;
}

int agent_session_stop(struct agent_session *session, struct error *err)
{
  struct term_writer *writer = term_writer_new();
  if (!writer)
    return error_set(err, ERROR_MEMORY, "out of memory");
  term_write_tuple(writer, 2);
  term_write_atom(writer, "stop");
  term_write_pid(writer, node_self(session->node));
  int result = node_send(session->node, &session->controller, writer, err);
  term_writer_free(writer);
  return result;
}
