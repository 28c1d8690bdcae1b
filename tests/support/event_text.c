// Lines to events and events to lines; the table of verbs serves both ways.
#include "event_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/string_table.h"

#define DEFAULT_WORDS 7u
#define MAX_PROCESSES ((size_t)1 << 22)
#define MAX_TEXT ((size_t)64 << 10)

struct verb {
  const char *name;
  enum event_kind kind;
  enum process_status status;
  enum call_ending ending;
};

static const struct verb verbs[] = {
    {"call", EVENT_CALL, 0, 0},
    {"return", EVENT_RETURN_TO, 0, 0},
    {"out", EVENT_OUT, 0, 0},
    {"in", EVENT_IN, 0, 0},
    {"gc+", EVENT_GC_START, 0, 0},
    {"gc-", EVENT_GC_END, 0, 0},
    {"exit", EVENT_EXIT, 0, 0},
    {"stack", EVENT_STACK, 0, 0},
    {"cut", EVENT_STACK, 0, 0},
    {"again", EVENT_STACK, 0, 0},
    {"spawn", EVENT_SPAWN, 0, 0},
    {"lost", EVENT_LOST, 0, 0},
    {"end", EVENT_END, 0, 0},
    {"begin", EVENT_BEGIN, 0, 0},
    {"returned", EVENT_LEAVE, 0, CALL_RETURNED},
    {"raised", EVENT_LEAVE, 0, CALL_RAISED},
    {"waiting", EVENT_STATUS, STATUS_WAITING, 0},
    {"runnable", EVENT_STATUS, STATUS_RUNNABLE, 0},
    {"running", EVENT_STATUS, STATUS_RUNNING, 0},
    {"suspended", EVENT_STATUS, STATUS_SUSPENDED, 0},
    {"collecting", EVENT_STATUS, STATUS_COLLECTING, 0},
    {"exiting", EVENT_STATUS, STATUS_EXITING, 0},
    {"sampled", EVENT_SAMPLE, STATUS_UNKNOWN, 0},
    {"sampled-waiting", EVENT_SAMPLE, STATUS_WAITING, 0},
    {"sampled-runnable", EVENT_SAMPLE, STATUS_RUNNABLE, 0},
    {"sampled-running", EVENT_SAMPLE, STATUS_RUNNING, 0},
    {"sampled-suspended", EVENT_SAMPLE, STATUS_SUSPENDED, 0},
    {"sampled-collecting", EVENT_SAMPLE, STATUS_COLLECTING, 0},
    {"sampled-exiting", EVENT_SAMPLE, STATUS_EXITING, 0},
};
#define VERB_COUNT (sizeof verbs / sizeof *verbs)

void event_text_escape(FILE *out, const char *text, size_t size, const char *more)
{
  for (size_t i = 0; i < size; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c <= ' ' || c >= 0x7f || c == '%' || strchr(more, c))
      fprintf(out, "%%%02X", c);
    else
      fputc(c, out);
  }
}

// Appends `size` characters of `text` as they were before they were escaped.
static void append_unescaped(struct bytes *to, const char *text, size_t size)
{
  for (size_t i = 0; i < size; i++) {
    uint8_t c = (uint8_t)text[i];
    if (c == '%' && i + 2 < size) {
      const char digits[] = {text[i + 1], text[i + 2], '\0'};
      c = (uint8_t)strtoul(digits, NULL, 16);
      i += 2;
    }
    bytes_append_u8(to, c);
  }
}

// Reading.

int event_text_init(struct event_text *text, struct event_sink *sink, struct error *err)
{
  *text = (struct event_text){.sink = sink, .tokens = string_table_new()};
  bytes_init(&text->processes, MAX_PROCESSES);
  bytes_init(&text->module, MAX_TEXT);
  bytes_init(&text->texts, MAX_TEXT);
  return text->tokens ? 0 : error_set(err, ERROR_MEMORY, "out of memory");
}

void event_text_release(struct event_text *text)
{
  string_table_free(text->tokens);
  bytes_release(&text->processes);
  bytes_release(&text->module);
  bytes_release(&text->texts);
  free(text->stack);
}

// What a line says of a function besides its name.
struct traits {
  bool native, opaque;
};

static int define_function(struct event_text *text, uint32_t id, const char *token, struct traits traits,
                           struct error *err)
{
  const char *colon = strchr(token, ':'), *slash = strrchr(token, '/');
  const char *name = colon ? colon + 1 : token;
  struct bytes *module = &text->module, *function = &text->texts;
  bytes_clear(module);
  bytes_clear(function);
  if (colon && (!slash || slash < colon))
    return error_set(err, ERROR_DATA, "a function without an arity: %s", token);
  append_unescaped(module, colon ? token : "m", colon ? (size_t)(colon - token) : 1);
  append_unescaped(function, name, colon ? (size_t)(slash - name) : strlen(name));
  struct function_definition definition = {.id = id,
                                           .module = (const char *)module->data,
                                           .module_size = module->size,
                                           .name = (const char *)function->data,
                                           .name_size = function->size,
                                           .arity = colon ? (uint8_t)atoi(slash + 1) : 0,
                                           .native = traits.native,
                                           .opaque = traits.opaque};
  return text->sink->ops->function(text->sink, &definition, err);
}

// As id, the token's number: "" has 0, as FUNCTION_NONE is.
static uint32_t function(struct event_text *text, const char *token, struct traits traits, struct error *err)
{
  if (!token || strcmp(token, "none") == 0)
    return FUNCTION_NONE;
  uint32_t known = string_table_count(text->tokens);
  uint32_t id = string_table_intern(text->tokens, token, strlen(token));
  if (id == STRING_TABLE_FAILED) {
    error_set(err, ERROR_MEMORY, "out of memory");
    return FUNCTION_NONE;
  }
  bool is_new = string_table_count(text->tokens) > known;
  return !is_new || define_function(text, id, token, traits, err) == 0 ? id : FUNCTION_NONE;
}

uint32_t event_text_function(struct event_text *text, const char *token, struct error *err)
{
  return function(text, token, (struct traits){.native = token && strchr(token, ':')}, err);
}

static int read_function(struct event_text *text, const char *token, char **rest, struct error *err)
{
  struct traits traits = {0};
  for (const char *word; (word = strtok_r(NULL, " ", rest));) {
    traits.native |= strcmp(word, "native") == 0;
    traits.opaque |= strcmp(word, "opaque") == 0;
  }
  return function(text, token, traits, err) == FUNCTION_NONE ? -1 : 0;
}

static int read_code(struct event_text *text, const char *token, char **rest, struct error *err)
{
  const char *receives = strtok_r(NULL, " ", rest);
  const struct function_location location = {
      .function = event_text_function(text, token, err), .receives = receives != NULL, .file = ""};
  return location.function == FUNCTION_NONE ? -1 : text->sink->ops->location(text->sink, &location, err);
}

int event_text_process(struct event_text *text, const struct process_definition *definition, struct error *err)
{
  while (text->processes.size <= definition->id && !text->processes.failed)
    bytes_append_u8(&text->processes, false);
  if (text->processes.failed)
    return error_set(err, ERROR_DATA, "process id %" PRIu32 " is out of range", definition->id);
  text->processes.data[definition->id] = true;
  return text->sink->ops->process(text->sink, definition, err);
}

static int define_process(struct event_text *text, char **rest, struct error *err)
{
  enum { PID, NAME, LABEL, INITIAL, FIELDS };
  static const char *const keys[] = {"", "name=", "label=", "initial="};
  struct bytes *texts = &text->texts;
  struct {
    size_t at, size;
  } fields[FIELDS] = {0};
  struct process_definition definition = {.id = text->process, .parent = PROCESS_NONE};
  bytes_clear(texts);
  for (const char *word; (word = strtok_r(NULL, " ", rest));) {
    if (strncmp(word, "parent=", 7) == 0)
      definition.parent = (uint32_t)strtoul(word + 7, NULL, 10);
    for (int i = INITIAL; i >= PID; i--) {
      if (strncmp(word, keys[i], strlen(keys[i])) == 0 && (i != PID || word[0] == '<')) {
        fields[i].at = texts->size;
        append_unescaped(texts, word + strlen(keys[i]), strlen(word + strlen(keys[i])));
        fields[i].size = texts->size - fields[i].at;
        break;
      }
    }
  }
  bytes_append_u8(texts, '\0'); // so that there are data
  if (texts->failed)
    return error_set(err, ERROR_MEMORY, "a process's texts are too long");
  const char *data = (const char *)texts->data;
  definition.pid = data + fields[PID].at, definition.pid_size = fields[PID].size;
  definition.name = data + fields[NAME].at, definition.name_size = fields[NAME].size;
  definition.label = data + fields[LABEL].at, definition.label_size = fields[LABEL].size;
  definition.initial_call = data + fields[INITIAL].at, definition.initial_call_size = fields[INITIAL].size;
  return event_text_process(text, &definition, err);
}

static int select_process(struct event_text *text, char **rest, struct error *err)
{
  const char *id = strtok_r(NULL, " ", rest);
  text->process = id ? (uint32_t)strtoul(id, NULL, 10) : 0;
  return **rest ? define_process(text, rest, err) : 0;
}

static int read_stack(struct event_text *text, char **rest, struct error *err)
{
  int count = 0;
  for (const char *token; (token = strtok_r(NULL, " ", rest)); count++) {
    if ((size_t)count == text->stack_capacity) {
      size_t capacity = text->stack_capacity ? 2 * text->stack_capacity : 64;
      uint32_t *stack = realloc(text->stack, capacity * sizeof *stack);
      if (!stack)
        return error_set(err, ERROR_MEMORY, "out of memory");
      text->stack = stack;
      text->stack_capacity = capacity;
    }
    text->stack[count] = event_text_function(text, token, err);
    if (text->stack[count] == FUNCTION_NONE)
      return error_set(err, ERROR_DATA, "a stack with no function");
  }
  return count;
}

static void read_collection(struct trace_event *event, char **rest)
{
  event->words = DEFAULT_WORDS;
  for (const char *word; (word = strtok_r(NULL, " ", rest));) {
    if (strcmp(word, "major") == 0)
      event->major = true;
    else
      event->words = strtoull(word, NULL, 10);
  }
}

// A process that nobody defined before it is named.
static int define_unnamed(struct event_text *text, uint32_t id, struct error *err)
{
  static const char pid[] = "<0.1.0>";
  const struct process_definition process = {.id = id,
                                             .parent = PROCESS_NONE,
                                             .pid = pid,
                                             .pid_size = sizeof pid - 1,
                                             .name = "",
                                             .label = "",
                                             .initial_call = ""};
  if (id < text->processes.size && text->processes.data[id])
    return 0;
  return event_text_process(text, &process, err);
}

static int read_operands(struct event_text *text, struct trace_event *event, char **rest, struct error *err)
{
  const char *word;
  int count;
  switch (event->kind) {
  case EVENT_CALL:
  case EVENT_BEGIN:
    event->function = event_text_function(text, strtok_r(NULL, " ", rest), err);
    event->caller = event_text_function(text, strtok_r(NULL, " ", rest), err);
    break;
  case EVENT_RETURN_TO:
  case EVENT_OUT:
  case EVENT_IN:
    event->function = event_text_function(text, strtok_r(NULL, " ", rest), err);
    break;
  case EVENT_GC_START:
  case EVENT_GC_END:
    read_collection(event, rest);
    break;
  case EVENT_SAMPLE:
    event->stack_cut = strncmp(*rest, "cut", 3) == 0 && strchr(" ", (*rest)[3]);
    if (event->stack_cut)
      strtok_r(NULL, " ", rest);
    // fall through
  case EVENT_STACK:
    count = read_stack(text, rest, err);
    if (count < 0)
      return -1;
    event->stack = text->stack;
    event->stack_size = (size_t)count;
    break;
  case EVENT_SPAWN:
    word = strtok_r(NULL, " ", rest);
    event->child = word ? (uint32_t)strtoul(word, NULL, 10) : PROCESS_NONE;
    if (word && define_unnamed(text, event->child, err) < 0)
      return -1;
    event->function = event_text_function(text, strtok_r(NULL, " ", rest), err);
    break;
  case EVENT_LOST:
    word = strtok_r(NULL, " ", rest);
    event->lost = word ? strtoull(word, NULL, 10) : 0;
    break;
  case EVENT_EXIT:
  case EVENT_STATUS:
  case EVENT_END:
  case EVENT_LEAVE:
    break;
  }
  return err->code ? -1 : 0;
}

static int read_event(struct event_text *text, int64_t time_ns, const char *name, char **rest, struct error *err)
{
  struct trace_event event = {.process = text->process, .time_ns = time_ns};
  for (size_t i = 0; i < VERB_COUNT && !event.kind; i++) {
    if (strcmp(verbs[i].name, name) == 0) {
      event.kind = verbs[i].kind;
      event.status = verbs[i].status;
      event.ending = verbs[i].ending;
    }
  }
  if (!event.kind)
    return error_set(err, ERROR_DATA, "no event is called %s", name);
  event.stack_cut = strcmp(name, "cut") == 0;
  event.stack_again = strcmp(name, "again") == 0;
  if (read_operands(text, &event, rest, err) < 0)
    return -1;
  return text->sink->ops->event(text->sink, &event, err);
}

int event_text_line(struct event_text *text, char *line, struct error *err)
{
  char *rest = NULL;
  line[strcspn(line, "\n")] = '\0';
  const char *first = strtok_r(line, " ", &rest);
  if (!first)
    return 0;
  if (strcmp(first, "p") == 0)
    return select_process(text, &rest, err);
  const char *second = strtok_r(NULL, " ", &rest);
  if (!second)
    return error_set(err, ERROR_DATA, "nothing after %s", first);
  if (strcmp(first, "f") == 0)
    return read_function(text, second, &rest, err);
  if (strcmp(first, "c") == 0)
    return read_code(text, second, &rest, err);
  if (strcmp(first, "k") == 0)
    return text->sink->ops->fact(text->sink, second, rest ? rest : "", err);
  if (define_unnamed(text, text->process, err) < 0)
    return -1;
  return read_event(text, strtoll(first, NULL, 10), second, &rest, err);
}

int event_text_push(struct event_text *text, const char *lines, struct error *err)
{
  char *copy = strdup(lines), *rest = NULL;
  int result = copy ? 0 : error_set(err, ERROR_MEMORY, "out of memory");
  for (char *line = copy ? strtok_r(copy, "\n", &rest) : NULL; line && result == 0; line = strtok_r(NULL, "\n", &rest))
    result = event_text_line(text, line, err);
  free(copy);
  return result;
}

// Writing.

static char *token_of(const struct function_definition *definition, size_t *size)
{
  char *token = NULL;
  FILE *out = open_memstream(&token, size);
  if (!out)
    return NULL;
  event_text_escape(out, definition->module, definition->module_size, ":");
  fputc(':', out);
  event_text_escape(out, definition->name, definition->name_size, "");
  fprintf(out, "/%u", definition->arity);
  return fclose(out) == 0 ? token : NULL;
}

static int write_function(struct event_sink *sink, const struct function_definition *definition, struct error *err)
{
  struct event_text_writer *writer = (struct event_text_writer *)sink;
  if (definition->id >= writer->capacity) {
    uint32_t capacity = definition->id + definition->id / 2 + 64;
    uint32_t *grown = realloc(writer->token_of, capacity * sizeof *grown);
    if (!grown)
      return error_set(err, ERROR_MEMORY, "out of memory");
    memset(grown + writer->capacity, 0, (capacity - writer->capacity) * sizeof *grown);
    writer->token_of = grown;
    writer->capacity = capacity;
  }
  size_t size = 0;
  char *token = token_of(definition, &size);
  uint32_t id = token ? string_table_intern(writer->tokens, token, size) : STRING_TABLE_FAILED;
  free(token);
  if (id == STRING_TABLE_FAILED)
    return error_set(err, ERROR_MEMORY, "out of memory");
  writer->token_of[definition->id] = id;
  fprintf(writer->out, "f %s%s%s\n", string_table_text(writer->tokens, id, NULL), definition->native ? " native" : "",
          definition->opaque ? " opaque" : "");
  return 0;
}

static void write_field(struct event_text_writer *writer, const char *key, const char *text, size_t size)
{
  if (size == 0)
    return;
  fputs(key, writer->out);
  event_text_escape(writer->out, text, size, "");
}

static int write_process(struct event_sink *sink, const struct process_definition *definition, struct error *err)
{
  (void)err;
  struct event_text_writer *writer = (struct event_text_writer *)sink;
  writer->process = definition->id;
  fprintf(writer->out, "p %" PRIu32, definition->id);
  write_field(writer, " ", definition->pid, definition->pid_size);
  write_field(writer, " name=", definition->name, definition->name_size);
  write_field(writer, " label=", definition->label, definition->label_size);
  write_field(writer, " initial=", definition->initial_call, definition->initial_call_size);
  if (definition->parent != PROCESS_NONE)
    fprintf(writer->out, " parent=%" PRIu32, definition->parent);
  fputc('\n', writer->out);
  return 0;
}

static int write_fact(struct event_sink *sink, const char *key, const char *value, struct error *err)
{
  (void)sink, (void)key, (void)value, (void)err;
  return 0;
}

static int write_module(struct event_sink *sink, const char *name, int64_t time_ns, bool traced, struct error *err)
{
  (void)sink, (void)name, (void)time_ns, (void)traced, (void)err;
  return 0;
}

static const char *verb_of(const struct trace_event *event)
{
  if (event->kind == EVENT_STACK)
    return event->stack_cut ? "cut" : event->stack_again ? "again" : "stack";
  for (size_t i = 0; i < VERB_COUNT; i++) {
    if (verbs[i].kind == event->kind &&
        ((event->kind != EVENT_STATUS && event->kind != EVENT_SAMPLE) || verbs[i].status == event->status) &&
        (event->kind != EVENT_LEAVE || verbs[i].ending == event->ending))
      return verbs[i].name;
  }
  return "?";
}

static const char *token_for(const struct event_text_writer *writer, uint32_t function)
{
  bool defined = function < writer->capacity && writer->token_of[function];
  return defined ? string_table_text(writer->tokens, writer->token_of[function], NULL) : "none";
}

static int write_location(struct event_sink *sink, const struct function_location *location, struct error *err)
{
  (void)err;
  struct event_text_writer *writer = (struct event_text_writer *)sink;
  fprintf(writer->out, "c %s%s\n", token_for(writer, location->function), location->receives ? " receives" : "");
  return 0;
}

// Whose code it is changes no stack.
static int write_application(struct event_sink *sink, const struct module_application *application, struct error *err)
{
  (void)sink;
  (void)application;
  (void)err;
  return 0;
}

static void write_operands(struct event_text_writer *writer, const struct trace_event *event)
{
  FILE *out = writer->out;
  switch (event->kind) {
  case EVENT_CALL:
  case EVENT_BEGIN:
    fprintf(out, " %s %s", token_for(writer, event->function), token_for(writer, event->caller));
    break;
  case EVENT_RETURN_TO:
  case EVENT_OUT:
  case EVENT_IN:
    fprintf(out, " %s", token_for(writer, event->function));
    break;
  case EVENT_GC_START:
    fputs(event->major ? " major" : "", out);
    break;
  case EVENT_GC_END:
    fprintf(out, "%s %" PRIu64, event->major ? " major" : "", event->words);
    break;
  case EVENT_SAMPLE:
    fputs(event->stack_cut ? " cut" : "", out);
    // fall through
  case EVENT_STACK:
    for (size_t i = 0; i < event->stack_size; i++)
      fprintf(out, " %s", token_for(writer, event->stack[i]));
    break;
  case EVENT_SPAWN:
    fprintf(out, " %" PRIu32 " %s", event->child, token_for(writer, event->function));
    break;
  case EVENT_LOST:
    fprintf(out, " %" PRIu64, event->lost);
    break;
  case EVENT_EXIT:
  case EVENT_STATUS:
  case EVENT_END:
  case EVENT_LEAVE:
    break;
  }
}

static int write_event(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  (void)err;
  struct event_text_writer *writer = (struct event_text_writer *)sink;
  if (event->process != writer->process)
    fprintf(writer->out, "p %" PRIu32 "\n", event->process);
  writer->process = event->process;
  fprintf(writer->out, "%" PRId64 " %s", event->time_ns, verb_of(event));
  write_operands(writer, event);
  fputc('\n', writer->out);
  return 0;
}

int event_text_writer_init(struct event_text_writer *writer, FILE *out, struct error *err)
{
  static const struct event_sink_ops ops = {
      .function = write_function,
      .process = write_process,
      .fact = write_fact,
      .module = write_module,
      .location = write_location,
      .application = write_application,
      .event = write_event,
  };
  *writer = (struct event_text_writer){.sink = {&ops}, .out = out, .tokens = string_table_new()};
  return writer->tokens ? 0 : error_set(err, ERROR_MEMORY, "out of memory");
}

void event_text_writer_release(struct event_text_writer *writer)
{
  string_table_free(writer->tokens);
  free(writer->token_of);
}
