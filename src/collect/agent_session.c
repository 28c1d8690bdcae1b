// Enters: the options of a run, and terms from the agent. Leaves: the agent's orders, and its messages in C.
// The agent's side of each term is in src/agent: Asked in start/2, the messages where it says `Client !`.
#include "agent_session.h"

#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "evaluate.h"

#define SUPERVISOR "supervisor:"

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

static void write_targets(struct term_writer *writer, const struct collect_options *options)
{
  term_write_list(writer, (int)options->process_count);
  for (size_t i = 0; i < options->process_count; i++) {
    const char *text = options->processes[i];
    if (strncmp(text, SUPERVISOR, strlen(SUPERVISOR)) == 0)
      write_target(writer, "supervisor", text + strlen(SUPERVISOR));
    else
      write_target(writer, is_pid(text) ? "pid" : "name", text);
  }
  term_write_nil(writer);
}

static void write_texts(struct term_writer *writer, const char *const *texts, size_t count)
{
  term_write_list(writer, (int)count);
  for (size_t i = 0; i < count; i++)
    term_write_binary(writer, texts[i], strlen(texts[i]));
  term_write_nil(writer);
}

// {Targets, Only, Skip, Spawned, DurationMs, {MaxEvents, MaxQueue, MaxMemory}}
static void write_asked(struct term_writer *writer, const struct collect_options *options)
{
  term_write_tuple(writer, 6);
  write_targets(writer, options);
  write_texts(writer, options->only, options->only_count);
  write_texts(writer, options->skip, options->skip_count);
  term_write_atom(writer, options->spawned ? "true" : "false");
  term_write_u64(writer, (options->duration_ns + 999999) / 1000000);
  term_write_tuple(writer, 3);
  term_write_u64(writer, options->bounds.max_events);
  term_write_u64(writer, options->bounds.max_queue);
  term_write_u64(writer, options->bounds.max_memory_bytes);
}

static void bind(struct term_writer *writer, const char *variable)
{
  term_write_tuple(writer, 2);
  term_write_atom(writer, variable);
}

int agent_session_begin(struct agent_session *session, struct node *node, const struct collect_options *options,
                        struct error *err)
{
  *session = (struct agent_session){.node = node};
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
  int width = text && size < 160 ? (int)size : text ? 160 : 0;
  const char *node = node_name(session->node);
  if (strcmp(kind, "no_process") == 0)
    return error_set(err, ERROR_REFUSED, "on %s, %.*s: `flambeau ps` lists what is there", node, width, text);
  if (strcmp(kind, "other_tracer") == 0)
    return error_set(err, ERROR_REFUSED, "%s is being traced already: %.*s", node, width, text);
  if (strcmp(kind, "release") == 0)
    return error_set(err, ERROR_UNREACHABLE, "%s runs OTP %.*s: OTP 25 is the oldest that flambeau traces", node, width,
                     text);
  return error_set(err, ERROR_REFUSED, "%s did not let the agent in: %.*s", node, width, text);
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
  if (term_read_atom_is(message, "started")) {
    term_read_pid(message, &session->relay);
    term_read_pid(message, &session->controller);
    said->kind = AGENT_STARTED;
    session->started = !message->failed;
  } else if (term_read_atom_is(message, "batch")) {
    said->batch = term_read_binary(message, &said->batch_size);
    said->queue = term_read_u64(message);
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

int agent_session_acknowledge(struct agent_session *session, struct error *err)
{
  struct term_writer *writer = term_writer_new();
  if (!writer)
    return error_set(err, ERROR_MEMORY, "out of memory");
  term_write_tuple(writer, 2);
  term_write_atom(writer, "ack");
  term_write_u64(writer, 1);
  int result = node_send(session->node, &session->relay, writer, err);
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
