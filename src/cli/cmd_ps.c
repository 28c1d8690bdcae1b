// `flambeau ps`: the node's processes as a table on standard output, most reductions first.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "base/text.h"
#include "collect/processes.h"
#include "command.h"
#include "node/node.h"
#include "print.h"
#include "reach.h"

#define NAME_COLUMNS_MAX 48 // a longer name pushes its row, not the table

static const struct option_group ps_groups[] = {{"Reaching the node", reach_rows, 0}, {0}};

static void ps_init(void *settings)
{
  reach_init(settings);
}

// Of clean text, a character as one.
static size_t columns_of(const char *clean)
{
  const char *end = clean + strlen(clean);
  size_t columns = 0;
  for (; clean < end; columns++)
    text_next(&clean, end);
  return columns;
}

static size_t text_columns(struct bytes *scratch, const char *text, size_t least, size_t most)
{
  size_t columns = columns_of(text_clean(scratch, text));
  return columns < least ? least : columns > most ? most : columns;
}

// `text` made safe and padded to `columns`.
static void write_cell(struct byte_sink *out, struct bytes *scratch, const char *text, size_t columns)
{
  const char *clean = text_clean(scratch, text);
  if (scratch->failed)
    error_set(&out->error, ERROR_MEMORY, "out of memory");
  size_t width = columns_of(clean);
  byte_sink_printf(out, "%s%*s", clean, width < columns ? (int)(columns - width) : 0, "");
}

static int write_table(const void *opaque, struct byte_sink *out, struct error *err)
{
  const struct process_list *list = opaque;
  struct bytes scratch;
  size_t pid_columns = strlen("PID");
  size_t name_columns = strlen("NAME");
  (void)err;
  bytes_init(&scratch, TEXT_SCRATCH_BYTES);
  for (size_t i = 0; i < list->count; i++) {
    pid_columns = text_columns(&scratch, list->rows[i].pid, pid_columns, NAME_COLUMNS_MAX);
    name_columns = text_columns(&scratch, list->rows[i].name, name_columns, NAME_COLUMNS_MAX);
  }
  byte_sink_printf(out, "%-*s  %-*s  %15s  %8s  %s\n", (int)pid_columns, "PID", (int)name_columns, "NAME", "REDUCTIONS",
                   "QUEUE", "CURRENT FUNCTION");
  for (size_t i = 0; i < list->count; i++) {
    const struct process_row *row = &list->rows[i];
    write_cell(out, &scratch, row->pid, pid_columns);
    byte_sink_text(out, "  ");
    write_cell(out, &scratch, row->name, name_columns);
    byte_sink_printf(out, "  %15" PRIu64 "  %8" PRIu64 "  ", row->reductions, row->queue);
    write_cell(out, &scratch, row->current, 0);
    byte_sink_text(out, "\n");
  }
  bytes_release(&scratch);
  return 0;
}

static int ps_run(const struct invocation *invocation, const void *opaque, struct error *err)
{
  const struct reach_settings *settings = opaque;
  struct process_list list = {0};
  (void)invocation;
  if (reach_check(settings, "ps", err) < 0)
    return -1;
  struct node *node = reach_connect(settings, NULL, err);
  if (!node)
    return -1;
  int status = processes_list(node, reach_timeout_ms(settings), &list, err);
  node_free(node);
  if (status == 0)
    status = print_to("-", write_table, &list, err);
  processes_release(&list);
  return status;
}

const struct command command_ps = {
    .name = "ps",
    .summary = "list a node's processes, to find a target",
    .usage = "-n NODE [options]",
    .details = "Lists the node's processes, most reductions first: pid, registered name (or\n"
               "label, or initial call), reductions, messages waiting, and the function each one\n"
               "is in. Nothing is loaded or left on the node.\n",
    .examples = "  flambeau ps -n shop@localhost | head\n",
    .groups = ps_groups,
    .settings_size = sizeof(struct reach_settings),
    .init = ps_init,
    .run = ps_run,
};
