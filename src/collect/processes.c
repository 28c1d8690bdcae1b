// Enters: a connected node. Leaves: a row for each of its processes, from one answer of src/agent/processes.exprs.
#include "collect/processes.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "base/clock.h"
#include "evaluate.h"
#include "node/node.h"
#include "node/term.h"

#define PROCESSES_MAX 20000000 // more than any node may have (+P 134,217,727 is never used so)

static char *read_text(struct term_reader *message)
{
  size_t size;
  const char *text = term_read_binary(message, &size);
  return text ? strndup(text, size) : NULL;
}

// {Pid, Name, Current, Reductions, Queue}
static int read_row(struct term_reader *message, struct process_row *row)
{
  if (term_read_tuple(message) != 5)
    return -1;
  row->pid = read_text(message);
  row->name = read_text(message);
  row->current = read_text(message);
  row->reductions = term_read_u64(message);
  row->queue = term_read_u64(message);
  return message->failed || !row->pid || !row->name || !row->current ? -1 : 0;
}

static int most_reductions_first(const void *left, const void *right)
{
  const struct process_row *a = left, *b = right;
  if (a->reductions != b->reductions)
    return a->reductions < b->reductions ? 1 : -1;
  return strcmp(a->pid, b->pid);
}

static int read_rows(struct term_reader *message, struct process_list *list, struct error *err)
{
  int count = term_read_list(message);
  if (message->failed || count > PROCESSES_MAX)
    return error_set(err, ERROR_UNREACHABLE, "the node's list of processes cannot be read");
  list->rows = calloc((size_t)count + 1, sizeof *list->rows);
  if (!list->rows)
    return error_set(err, ERROR_MEMORY, "out of memory");
  for (int i = 0; i < count; i++) {
    list->count++;
    if (read_row(message, &list->rows[i]) != 0)
      return error_set(err, ERROR_UNREACHABLE, "the node's list of processes cannot be read");
  }
  if (count > 0)
    term_read_list_end(message);
  if (message->failed)
    return error_set(err, ERROR_UNREACHABLE, "the node's list of processes cannot be read");
  qsort(list->rows, list->count, sizeof *list->rows, most_reductions_first);
  return 0;
}

static int await_rows(struct node *node, int64_t deadline_ms, struct process_list *list, struct error *err)
{
  for (;;) {
    struct term_reader message;
    enum node_event event = node_receive(node, &message, err);
    if (event == NODE_GONE)
      return -1;
    if (event == NODE_EXITED)
      return error_set(err, ERROR_REFUSED, "the node did not list its processes");
    if (event == NODE_MESSAGE && term_read_tuple(&message) == 3 && term_read_atom_is(&message, "flambeau") &&
        term_read_atom_is(&message, "processes"))
      return read_rows(&message, list, err);
    int64_t left = deadline_ms - clock_ms();
    if (left <= 0)
      return error_set(err, ERROR_UNREACHABLE, "%s did not answer in time", node_name(node));
    struct pollfd poller = {.fd = node_fd(node), .events = POLLIN};
    if (event == NODE_NOTHING)
      poll(&poller, 1, (int)left);
  }
}

int processes_list(struct node *node, int timeout_ms, struct process_list *list, struct error *err)
{
  *list = (struct process_list){0};
  struct term_writer *writer = evaluate_begin(agent_processes, agent_processes_size, 1);
  if (!writer)
    return error_set(err, ERROR_MEMORY, "out of memory");
  term_write_tuple(writer, 2);
  term_write_atom(writer, "Client");
  term_write_pid(writer, node_self(node));
  if (evaluate_spawn(node, writer, err) != 0)
    return -1;
  int result = await_rows(node, clock_ms() + timeout_ms, list, err);
  if (result != 0)
    processes_release(list);
  return result;
}

void processes_release(struct process_list *list)
{
  for (size_t i = 0; i < list->count; i++) {
    free(list->rows[i].pid);
    free(list->rows[i].name);
    free(list->rows[i].current);
  }
  free(list->rows);
  *list = (struct process_list){0};
}
