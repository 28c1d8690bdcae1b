// Enters: the functions that a trace names, and then what the node knows of their modules, their .beam files among it,
// told by src/agent/modules.exprs. Leaves: a location of each function that has one, and of each module whose code it
// is. Nothing is asked before the trace is over.
#include "locations.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "application_messages.h"
#include "applications.h"
#include "base/clock.h"
#include "base/string_table.h"
#include "decode/beam_file.h"
#include "evaluate.h"
#include "node/node.h"
#include "node/term.h"

#define TIMEOUT_MS 2000
#define MODULES_MAX 2000u
#define FILE_MAX_BYTES (4u << 20)
#define FILES_MAX_BYTES (64u << 20)

struct named_function {
  uint32_t id;
  uint32_t module; // in `modules`; on the wire too
  const char *name;
  size_t name_size;
  uint32_t arity;
  size_t position; // among all, in the order they were named
  bool settled;    // it has its location
};

static struct locations *locations_of(struct event_sink *sink)
{
  return (struct locations *)sink;
}

static int no_memory(struct error *err)
{
  return error_set(err, ERROR_MEMORY, "out of memory");
}

static int remember(struct locations *locations, const struct function_definition *definition, struct error *err)
{
  if (locations->count == locations->capacity) {
    size_t capacity = locations->capacity * 2 + 256;
    struct named_function *grown = realloc(locations->functions, capacity * sizeof *grown);
    if (!grown)
      return no_memory(err);
    locations->functions = grown;
    locations->capacity = capacity;
  }
  uint32_t module = string_table_intern(locations->modules, definition->module, definition->module_size);
  uint32_t name = string_table_intern(locations->names, definition->name, definition->name_size);
  if (module == STRING_TABLE_FAILED || name == STRING_TABLE_FAILED)
    return no_memory(err);
  struct named_function *function = &locations->functions[locations->count];
  *function = (struct named_function){
      .id = definition->id, .module = module, .arity = definition->arity, .position = locations->count};
  locations->count++;
  function->name = string_table_text(locations->names, name, &function->name_size);
  return 0;
}

static int on_function(struct event_sink *sink, const struct function_definition *definition, struct error *err)
{
  return remember(locations_of(sink), definition, err) != 0 ? -1 : event_filter_function(sink, definition, err);
}

// New code: the file of the module will say nothing about the functions seen before.
static int on_module(struct event_sink *sink, const char *name, int64_t time_ns, bool traced, struct error *err)
{
  struct locations *locations = locations_of(sink);
  uint32_t module = string_table_intern(locations->modules, name, strlen(name));
  if (module == STRING_TABLE_FAILED)
    return no_memory(err);
  if (module >= locations->stale_count) {
    size_t count = (size_t)module * 2 + 64;
    size_t *grown = realloc(locations->stale, count * sizeof *grown);
    if (!grown)
      return no_memory(err);
    memset(grown + locations->stale_count, 0, (count - locations->stale_count) * sizeof *grown);
    locations->stale = grown;
    locations->stale_count = count;
  }
  locations->stale[module] = locations->count;
  return event_filter_module(sink, name, time_ns, traced, err);
}

// The agent sends none: they are read from files, once.
static int on_location(struct event_sink *sink, const struct function_location *location, struct error *err)
{
  (void)sink;
  (void)location;
  (void)err;
  return 0;
}

// Nor of these.
static int on_application(struct event_sink *sink, const struct module_application *application, struct error *err)
{
  (void)sink;
  (void)application;
  (void)err;
  return 0;
}

static const struct event_sink_ops ops = {
    .function = on_function,
    .process = event_filter_process,
    .fact = event_filter_fact,
    .module = on_module,
    .location = on_location,
    .application = on_application,
    .event = event_filter_event,
};

int locations_init(struct locations *locations, struct event_sink *next, struct error *err)
{
  *locations = (struct locations){
      .filter = {.sink.ops = &ops, .next = next}, .modules = string_table_new(), .names = string_table_new()};
  if (locations->modules && locations->names)
    return 0;
  locations_release(locations);
  return no_memory(err);
}

void locations_release(struct locations *locations)
{
  string_table_free(locations->modules);
  string_table_free(locations->names);
  free(locations->functions);
  free(locations->stale);
  *locations = (struct locations){0};
}

static int by_module_and_name(const void *left, const void *right)
{
  const struct named_function *a = left, *b = right;
  if (a->module != b->module)
    return a->module < b->module ? -1 : 1;
  if (a->arity != b->arity)
    return a->arity < b->arity ? -1 : 1;
  if (a->name_size != b->name_size)
    return a->name_size < b->name_size ? -1 : 1;
  return memcmp(a->name, b->name, a->name_size);
}

static void bind_number(struct term_writer *writer, const char *name, uint64_t value)
{
  term_write_tuple(writer, 2);
  term_write_atom(writer, name);
  term_write_u64(writer, value);
}

static int ask(const struct locations *locations, struct node *node, struct error *err)
{
  struct term_writer *writer = evaluate_begin(agent_modules, agent_modules_size, 5);
  if (!writer)
    return no_memory(err);
  uint32_t modules = string_table_count(locations->modules);
  if (modules > MODULES_MAX)
    modules = MODULES_MAX;
  term_write_tuple(writer, 2);
  term_write_atom(writer, "Client");
  term_write_pid(writer, node_self(node));
  term_write_tuple(writer, 2);
  term_write_atom(writer, "Modules");
  term_write_list(writer, (int)modules);
  for (uint32_t i = 0; i < modules; i++) {
    size_t size;
    const char *name = string_table_text(locations->modules, i, &size);
    term_write_binary(writer, name, size);
  }
  term_write_nil(writer);
  bind_number(writer, "MaxBytes", FILE_MAX_BYTES);
  bind_number(writer, "AllBytes", FILES_MAX_BYTES);
  bind_number(writer, "TimeoutMs", TIMEOUT_MS);
  return evaluate_spawn(node, writer, err);
}

static int push(struct locations *locations, const struct beam_function *from, struct named_function *function,
                struct error *err)
{
  const struct function_location location = {
      .function = function->id, .receives = from->receives, .line = from->line, .file = from->file};
  function->settled = true;
  applications_located(&locations->applications, function->module,
                       string_table_text(locations->modules, function->module, NULL), from->file);
  return event_filter_location(&locations->filter.sink, &location, err);
}

static bool is_stale(const struct locations *locations, const struct named_function *function)
{
  return function->module < locations->stale_count && function->position < locations->stale[function->module];
}

static int take_file(struct locations *locations, uint32_t module, const char *beam, size_t size,
                     struct locations_found *found, struct error *err)
{
  struct beam_function function;
  int result = 0;
  size_t before = found->functions;
  struct beam_file *file = beam_file_new(beam, size);
  while (file && result == 0 && beam_file_next(file, &function)) {
    const struct named_function key = {
        .module = module, .name = function.name, .name_size = function.name_size, .arity = function.arity};
    struct named_function *named =
        bsearch(&key, locations->functions, locations->count, sizeof key, by_module_and_name);
    if (!named || named->settled || is_stale(locations, named))
      continue;
    result = push(locations, &function, named, err);
    found->functions++;
  }
  beam_file_free(file);
  found->modules += found->functions > before;
  return result;
}

// Of an application or a module, then {flambeau, beam_file, Index, Beam}, and in the end {flambeau, beam_files, sent}.
// 1: the end; 0; or -1.
static int take_message(struct locations *locations, struct term_reader *message, struct locations_found *found,
                        struct error *err)
{
  size_t size;
  int arity = term_read_tuple(message);
  if (arity < 3 || !term_read_atom_is(message, "flambeau"))
    return 0;
  enum application_message told = application_message_take(&locations->applications, message, arity);
  found->applications |= told == APPLICATION_MESSAGE_LAST;
  if (told != APPLICATION_MESSAGE_NONE)
    return 0;
  if (!term_read_atom_is(message, "beam_file"))
    return arity == 3 && term_read_atom_is(message, "beam_files");
  uint64_t module = arity == 4 ? term_read_u64(message) : UINT64_MAX;
  const char *beam = term_read_binary(message, &size);
  if (message->failed || module >= string_table_count(locations->modules) || size > FILE_MAX_BYTES)
    return 0;
  return take_file(locations, (uint32_t)module, beam, size, found, err);
}

static bool wait_for(struct node *node, int stop_fd, int timeout_ms, struct locations_found *found)
{
  struct pollfd fds[] = {{.fd = stop_fd, .events = POLLIN}, {.fd = node_fd(node), .events = POLLIN}};
  poll(fds, 2, timeout_ms);
  found->stopped = fds[0].revents != 0;
  return !found->stopped;
}

static int take_all(struct locations *locations, struct node *node, int stop_fd, struct locations_found *found,
                    struct error *err)
{
  struct error lost = {0}; // without the node nothing more is known, and nothing else is amiss
  int64_t deadline_ms = clock_ms() + TIMEOUT_MS;
  if (ask(locations, node, &lost) != 0)
    return 0;
  for (;;) {
    struct term_reader message;
    enum node_event event = node_receive(node, &message, &lost);
    int64_t left_ms = deadline_ms - clock_ms();
    if (event == NODE_GONE || left_ms <= 0)
      return 0;
    if (event == NODE_NOTHING && !wait_for(node, stop_fd, (int)left_ms, found))
      return 0;
    int taken = event == NODE_MESSAGE ? take_message(locations, &message, found, err) : 0;
    if (taken < 0)
      return -1;
    found->complete = taken > 0;
    if (found->complete)
      return 0;
  }
}

static int push_applications(struct locations *locations, struct error *err)
{
  if (!applications_decide(&locations->applications))
    return no_memory(err);
  for (uint32_t module = 0; module < locations->applications.module_count; module++) {
    struct module_application application;
    if (!applications_of_module(&locations->applications, module, &application))
      continue;
    application.module = string_table_text(locations->modules, module, &application.module_size);
    if (event_filter_application(&locations->filter.sink, &application, err) != 0)
      return -1;
  }
  return 0;
}

int locations_read(struct locations *locations, struct node *node, int stop_fd, struct locations_found *found,
                   struct error *err)
{
  *found = (struct locations_found){0};
  if (locations->count == 0)
    return 0;
  qsort(locations->functions, locations->count, sizeof *locations->functions, by_module_and_name);
  applications_init(&locations->applications, string_table_count(locations->modules));
  int result = take_all(locations, node, stop_fd, found, err);
  if (result == 0 && found->applications)
    result = push_applications(locations, err);
  applications_release(&locations->applications);
  return result;
}
