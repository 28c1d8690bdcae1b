// A filter passes everything on. Of a tee both sinks see everything; when the first one fails the second is not asked.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "event/event_sink.h"

struct counting_sink {
  struct event_sink sink;
  int functions, processes, facts, modules, locations, applications, events;
  bool fails;
};

static int count(struct event_sink *sink, int *counter, struct error *err)
{
  ++*counter;
  return ((struct counting_sink *)sink)->fails ? error_set(err, ERROR_OUTPUT, "full") : 0;
}

static int count_function(struct event_sink *sink, const struct function_definition *definition, struct error *err)
{
  assert_int_equal(definition->id, 5);
  return count(sink, &((struct counting_sink *)sink)->functions, err);
}

static int count_process(struct event_sink *sink, const struct process_definition *definition, struct error *err)
{
  assert_int_equal(definition->id, 6);
  return count(sink, &((struct counting_sink *)sink)->processes, err);
}

static int count_fact(struct event_sink *sink, const char *key, const char *value, struct error *err)
{
  assert_string_equal(key, "key");
  assert_string_equal(value, "value");
  return count(sink, &((struct counting_sink *)sink)->facts, err);
}

static int count_module(struct event_sink *sink, const char *name, int64_t time_ns, bool traced, struct error *err)
{
  assert_string_equal(name, "module");
  assert_int_equal(time_ns, -7);
  assert_true(traced);
  return count(sink, &((struct counting_sink *)sink)->modules, err);
}

static int count_location(struct event_sink *sink, const struct function_location *location, struct error *err)
{
  assert_int_equal(location->line, 8);
  return count(sink, &((struct counting_sink *)sink)->locations, err);
}

static int count_application(struct event_sink *sink, const struct module_application *application, struct error *err)
{
  assert_string_equal(application->application, "shop");
  return count(sink, &((struct counting_sink *)sink)->applications, err);
}

static int count_event(struct event_sink *sink, const struct trace_event *event, struct error *err)
{
  assert_int_equal(event->kind, EVENT_EXIT);
  return count(sink, &((struct counting_sink *)sink)->events, err);
}

static const struct event_sink_ops counting_ops = {
    .function = count_function,
    .process = count_process,
    .fact = count_fact,
    .module = count_module,
    .location = count_location,
    .application = count_application,
    .event = count_event,
};

static int push_all(struct event_sink *sink, struct error *err)
{
  const struct function_definition function = {.id = 5};
  const struct process_definition process = {.id = 6};
  const struct function_location location = {.function = 5, .line = 8, .file = "a.erl"};
  const struct module_application application = {.application = "shop", .origin = MODULE_OWN};
  const struct trace_event event = {.kind = EVENT_EXIT};
  return sink->ops->function(sink, &function, err) + sink->ops->process(sink, &process, err) +
         sink->ops->fact(sink, "key", "value", err) + sink->ops->module(sink, "module", -7, true, err) +
         sink->ops->location(sink, &location, err) + sink->ops->application(sink, &application, err) +
         sink->ops->event(sink, &event, err);
}

static const struct event_sink_ops passing_ops = {
    .function = event_filter_function,
    .process = event_filter_process,
    .fact = event_filter_fact,
    .module = event_filter_module,
    .location = event_filter_location,
    .application = event_filter_application,
    .event = event_filter_event,
};

static void a_filter_passes_everything_on(void **state)
{
  (void)state;
  struct counting_sink next = {.sink.ops = &counting_ops}, direct = {.sink.ops = &counting_ops};
  struct event_filter filter = {.sink.ops = &passing_ops, .next = &next.sink};
  struct error err = {0};
  assert_int_equal(push_all(&filter.sink, &err), 0);
  assert_int_equal(push_all(&direct.sink, &err), 0);
  assert_memory_equal(&next, &direct, sizeof next);
  next.fails = true;
  assert_int_equal(push_all(&filter.sink, &err), -7);
  assert_string_equal(err.message, "full");
}

static void both_see_everything(void **state)
{
  (void)state;
  struct counting_sink first = {.sink.ops = &counting_ops}, second = {.sink.ops = &counting_ops};
  struct event_tee tee;
  event_tee_init(&tee, &first.sink, &second.sink);
  struct error err = {0};
  assert_int_equal(push_all(&tee.sink, &err), 0);
  assert_memory_equal(&first, &second, sizeof first);
  assert_int_equal(first.functions + first.processes + first.facts + first.modules + first.locations +
                       first.applications + first.events,
                   7);
}

static void the_first_failure_ends_it(void **state)
{
  (void)state;
  struct counting_sink first = {.sink.ops = &counting_ops, .fails = true}, second = {.sink.ops = &counting_ops};
  struct event_tee tee;
  event_tee_init(&tee, &first.sink, &second.sink);
  struct error err = {0};
  assert_int_equal(push_all(&tee.sink, &err), -7);
  assert_int_equal(second.functions + second.processes + second.facts + second.modules + second.locations +
                       second.applications + second.events,
                   0);
  assert_string_equal(err.message, "full");
}

static void the_second_ones_failure_is_reported(void **state)
{
  (void)state;
  struct counting_sink first = {.sink.ops = &counting_ops}, second = {.sink.ops = &counting_ops, .fails = true};
  struct event_tee tee;
  event_tee_init(&tee, &first.sink, &second.sink);
  struct error err = {0};
  assert_int_equal(push_all(&tee.sink, &err), -7);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_filter_passes_everything_on),
      cmocka_unit_test(both_see_everything),
      cmocka_unit_test(the_first_failure_ends_it),
      cmocka_unit_test(the_second_ones_failure_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
