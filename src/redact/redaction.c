// A stream in, first for what has to be known, then for what of it may be seen. Invariants: ids, times and events are
// as they were, so that all numbers of a profile are; a fact passes only when its key is known; a text passes only
// through names.h, asked.h or source_path.h.
#include "redact/redaction.h"

#include <stdlib.h>
#include <string.h>

#include "asked.h"
#include "base/bytes.h"
#include "event/event_sink.h"
#include "names.h"
#include "source_path.h"

#define TEXT_MAX_BYTES ((size_t)1 << 20)
#define FUNCTIONS_MAX_BYTES ((size_t)1 << 30)

#define REDACTED "redacted"
#define REDACTED_NAMES "names"

struct redaction {
  struct event_sink survey;
  struct event_filter filter;
  struct names names;
  char *asked;                     // NULL when the capture does not say it
  struct bytes functions;          // by id, the module of each: a text in `modules`
  struct bytes module, name, text; // scratch
};

static struct redaction *redaction_of(struct event_sink *filter)
{
  return (struct redaction *)((char *)filter - offsetof(struct redaction, filter));
}

static struct redaction *surveyor_of(struct event_sink *survey)
{
  return (struct redaction *)((char *)survey - offsetof(struct redaction, survey));
}

static int out_of_memory(struct error *err)
{
  return error_set(err, ERROR_MEMORY, "out of memory");
}

static struct text text_of(const char *text)
{
  return (struct text){text, strlen(text)};
}

// The scratch as a text, with a NUL behind it; "" when it failed.
static const char *ended(struct bytes *scratch)
{
  bytes_append_u8(scratch, '\0');
  if (scratch->failed)
    return "";
  scratch->size--;
  return (const char *)scratch->data;
}

static int survey_function(struct event_sink *sink, const struct function_definition *definition, struct error *err)
{
  (void)sink, (void)definition, (void)err;
  return 0;
}

static int survey_process(struct event_sink *sink, const struct process_definition *definition, struct error *err)
{
  (void)sink, (void)definition, (void)err;
  return 0;
}

static int survey_fact(struct event_sink *sink, const char *key, const char *value, struct error *err)
{
  struct redaction *redaction = surveyor_of(sink);
  if (strcmp(key, "node") == 0 && names_learn_node(&redaction->names, value) < 0)
    return out_of_memory(err);
  if (strcmp(key, "asked") != 0)
    return 0;
  free(redaction->asked);
  redaction->asked = strdup(value);
  return redaction->asked ? 0 : out_of_memory(err);
}

static int survey_module(struct event_sink *sink, const char *name, int64_t time_ns, bool traced, struct error *err)
{
  (void)sink, (void)name, (void)time_ns, (void)traced, (void)err;
  return 0;
}

static int survey_location(struct event_sink *sink, const struct function_location *location, struct error *err)
{
  (void)sink, (void)location, (void)err;
  return 0;
}

static int survey_application(struct event_sink *sink, const struct module_application *application, struct error *err)
{
  return names_learn_module(&surveyor_of(sink)->names, application) < 0 ? out_of_memory(err) : 0;
}

static int survey_event(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  (void)sink, (void)event, (void)err;
  return 0;
}

// Whose code a function is, is asked again for its location.
static int keep_module(struct redaction *redaction, const struct function_definition *definition)
{
  struct bytes *functions = &redaction->functions;
  size_t at = (size_t)definition->id * sizeof(uint32_t);
  uint32_t module = names_module_id(&redaction->names, (struct text){definition->module, definition->module_size});
  if (at >= functions->size) {
    size_t more = at + sizeof module - functions->size;
    uint8_t *room = bytes_reserve(functions, more);
    if (!room)
      return -1;
    memset(room, 0, more);
  }
  memcpy(functions->data + at, &module, sizeof module);
  return 0;
}

static int take_function(struct event_sink *sink, const struct function_definition *definition, struct error *err)
{
  struct redaction *redaction = redaction_of(sink);
  struct text module = {definition->module, definition->module_size};
  struct function_definition seen = *definition;
  bytes_clear(&redaction->module);
  bytes_clear(&redaction->name);
  names_append_module(&redaction->names, &redaction->module, module);
  names_append_function(&redaction->names, &redaction->name, module,
                        (struct text){definition->name, definition->name_size});
  seen.module = ended(&redaction->module);
  seen.module_size = redaction->module.size;
  seen.name = ended(&redaction->name);
  seen.name_size = redaction->name.size;
  if (redaction->module.failed || redaction->name.failed || keep_module(redaction, definition) < 0)
    return out_of_memory(err);
  return event_filter_function(sink, &seen, err);
}

static int take_process(struct event_sink *sink, const struct process_definition *definition, struct error *err)
{
  struct redaction *redaction = redaction_of(sink);
  struct process_definition seen = *definition;
  bytes_clear(&redaction->name);
  bytes_clear(&redaction->text);
  names_append_registered(&redaction->names, &redaction->name, (struct text){definition->name, definition->name_size});
  names_append_initial_call(&redaction->names, &redaction->text,
                            (struct text){definition->initial_call, definition->initial_call_size});
  seen.name = ended(&redaction->name);
  seen.name_size = redaction->name.size;
  seen.label = "";
  seen.label_size = 0;
  seen.initial_call = ended(&redaction->text);
  seen.initial_call_size = redaction->text.size;
  if (redaction->name.failed || redaction->text.failed)
    return out_of_memory(err);
  return event_filter_process(sink, &seen, err);
}

// What is not in one of these two does not pass.
static const char *const seen_facts[] = {
    "flambeau",
    "otp",
    "erts",
    "elixir",
    "system",
    "started",
    "begin_ns",
    "end_ns",
    "calls",
    "slower_than_ns",
    "ended",
    "bounds",
    "functions",
    "untraced",
    "wire_bytes",
    "wire_events",
    "max_queue",
    "lost_events",
    "overhead",
    "untraced_ns",
    "folded",
    "cost_call_ns",
    "cost_return_ns",
    "cost_gc_ns",
    "cost_bare_ns",
    "sampled",
    "looks",
    "stacks_read",
    "cost_turn_ns",
    "cost_call_words",
    "cost_call_call_ns",
    "cost_return_return_ns",
};

struct asked_fact {
  const char *key;
  void (*append)(struct names *names, struct bytes *out, const char *asked);
};

static const struct asked_fact asked_facts[] = {
    {"asked", asked_append},
    {"target", asked_append_target},
    {"selection", asked_append_selection},
};

// May the fact be seen? Then what of it is in the scratch.
static bool append_fact(struct redaction *redaction, const char *key, const char *value)
{
  bytes_clear(&redaction->text);
  for (size_t i = 0; i < sizeof asked_facts / sizeof *asked_facts; i++)
    if (strcmp(asked_facts[i].key, key) == 0) {
      asked_facts[i].append(&redaction->names, &redaction->text, redaction->asked ? redaction->asked : "");
      return true;
    }
  for (size_t i = 0; i < sizeof seen_facts / sizeof *seen_facts; i++)
    if (strcmp(seen_facts[i], key) == 0) {
      names_append(&redaction->names, &redaction->text, text_of(value));
      return true;
    }
  return false;
}

static int take_fact(struct event_sink *sink, const char *key, const char *value, struct error *err)
{
  struct redaction *redaction = redaction_of(sink);
  // What was redacted before stays so.
  if (strcmp(key, REDACTED) == 0 && strcmp(value, REDACTED_NAMES) == 0)
    return event_filter_fact(sink, key, value, err);
  if (!append_fact(redaction, key, value))
    return 0;
  const char *seen = ended(&redaction->text);
  return redaction->text.failed ? out_of_memory(err) : event_filter_fact(sink, key, seen, err);
}

static int take_module(struct event_sink *sink, const char *name, int64_t time_ns, bool traced, struct error *err)
{
  struct redaction *redaction = redaction_of(sink);
  bytes_clear(&redaction->module);
  names_append_module(&redaction->names, &redaction->module, text_of(name));
  const char *seen = ended(&redaction->module);
  return redaction->module.failed ? out_of_memory(err) : event_filter_module(sink, seen, time_ns, traced, err);
}

static int take_location(struct event_sink *sink, const struct function_location *location, struct error *err)
{
  struct redaction *redaction = redaction_of(sink);
  struct function_location seen = *location;
  size_t at = (size_t)location->function * sizeof(uint32_t);
  uint32_t id = 0;
  if (at < redaction->functions.size)
    memcpy(&id, redaction->functions.data + at, sizeof id);
  struct text module = names_module_text(&redaction->names, id);
  bool shown = names_show(&redaction->names, module);
  bytes_clear(&redaction->text);
  names_append(&redaction->names, &redaction->text,
               text_of(source_path_within(location->file, names_application_of(&redaction->names, module))));
  seen.file = shown ? ended(&redaction->text) : "";
  seen.line = *seen.file ? location->line : 0; // a capture has no line of nothing
  return redaction->text.failed ? out_of_memory(err) : event_filter_location(sink, &seen, err);
}

static int take_application(struct event_sink *sink, const struct module_application *application, struct error *err)
{
  struct redaction *redaction = redaction_of(sink);
  struct text module = {application->module, application->module_size};
  struct module_application seen = *application;
  bytes_clear(&redaction->module);
  bytes_clear(&redaction->text);
  names_append_module(&redaction->names, &redaction->module, module);
  names_append_application(&redaction->names, &redaction->text, module, application->application);
  seen.module = ended(&redaction->module);
  seen.module_size = redaction->module.size;
  seen.application = ended(&redaction->text);
  if (redaction->module.failed || redaction->text.failed)
    return out_of_memory(err);
  return event_filter_application(sink, &seen, err);
}

struct redaction *redaction_new(const struct redaction_options *options, struct error *err)
{
  static const struct event_sink_ops survey_ops = {
      .function = survey_function,
      .process = survey_process,
      .fact = survey_fact,
      .module = survey_module,
      .location = survey_location,
      .application = survey_application,
      .event = survey_event,
  };
  static const struct event_sink_ops filter_ops = {
      .function = take_function,
      .process = take_process,
      .fact = take_fact,
      .module = take_module,
      .location = take_location,
      .application = take_application,
      .event = event_filter_event,
  };
  struct redaction *redaction = calloc(1, sizeof *redaction);
  if (!redaction) {
    out_of_memory(err);
    return NULL;
  }
  redaction->survey.ops = &survey_ops;
  redaction->filter.sink.ops = &filter_ops;
  bytes_init(&redaction->functions, FUNCTIONS_MAX_BYTES);
  bytes_init(&redaction->module, TEXT_MAX_BYTES);
  bytes_init(&redaction->name, TEXT_MAX_BYTES);
  bytes_init(&redaction->text, TEXT_MAX_BYTES);
  if (names_init(&redaction->names, options) < 0) {
    out_of_memory(err);
    redaction_free(redaction);
    return NULL;
  }
  return redaction;
}

void redaction_free(struct redaction *redaction)
{
  if (!redaction)
    return;
  names_release(&redaction->names);
  free(redaction->asked);
  bytes_release(&redaction->functions);
  bytes_release(&redaction->module);
  bytes_release(&redaction->name);
  bytes_release(&redaction->text);
  free(redaction);
}

struct event_sink *redaction_survey(struct redaction *redaction)
{
  return &redaction->survey;
}

struct event_sink *redaction_filter(struct redaction *redaction, struct event_sink *next, struct error *err)
{
  struct event_sink *sink = &redaction->filter.sink;
  redaction->filter.next = next;
  const char *how = redaction->names.hashed ? REDACTED_NAMES : "private";
  return event_filter_fact(sink, REDACTED, how, err) < 0 ? NULL : sink;
}
