// Messages are read back with the code that protoc-c makes of profile.proto; that Go reads them is shown by
// tests/exchange.
#include "exchanged.h"
#include "profile.pb-c.h"

typedef Perftools__Profiles__Profile message_profile;

static message_profile *read_back(const struct profile *profile, enum weight weight)
{
  struct bytes out;
  struct error err = {0};
  assert_int_equal(exchange(profile, weight, "pprof", &out, &err), 0);
  message_profile *message = perftools__profiles__profile__unpack(NULL, out.size - 1, out.data);
  assert_non_null(message);
  assert_string_equal(message->string_table[0], "");
  bytes_release(&out);
  return message;
}

static void release(message_profile *message)
{
  perftools__profiles__profile__free_unpacked(message, NULL);
}

static void assert_string(const message_profile *message, int64_t index, const char *expected)
{
  assert_in_range(index, 0, message->n_string_table - 1);
  assert_string_equal(message->string_table[index], expected);
}

static void assert_sample(const message_profile *message, size_t index, const uint64_t *locations, size_t depth,
                          const int64_t *values)
{
  const Perftools__Profiles__Sample *sample = message->sample[index];
  assert_int_equal(sample->n_location_id, depth);
  assert_memory_equal(sample->location_id, locations, depth * sizeof *locations);
  assert_int_equal(sample->n_value, message->n_sample_type);
  assert_memory_equal(sample->value, values, sample->n_value * sizeof *values);
}

static void every_weight_is_a_value_and_the_pictures_is_the_default(void **state)
{
  (void)state;
  static const char *const types[][2] = {{"wall", "nanoseconds"},
                                         {"cpu", "nanoseconds"},
                                         {"wait", "nanoseconds"},
                                         {"gc", "nanoseconds"},
                                         {"calls", "count"}};
  struct profile profile = exchange_example();
  message_profile *message = read_back(&profile, WEIGHT_GC);
  assert_int_equal(message->n_sample_type, 5);
  for (size_t i = 0; i < 5; i++) {
    assert_string(message, message->sample_type[i]->type, types[i][0]);
    assert_string(message, message->sample_type[i]->unit, types[i][1]);
  }
  assert_string(message, message->default_sample_type, "gc");
  release(message);
}

static void a_stack_is_a_sample_innermost_frame_first(void **state)
{
  (void)state;
  struct profile profile = exchange_example();
  message_profile *message = read_back(&profile, WEIGHT_WALL);
  assert_int_equal(message->n_sample, 5);
  assert_sample(message, 0, (uint64_t[]){3, 5}, 2, (int64_t[]){3, 3, 0, 0, 2});
  assert_sample(message, 1, (uint64_t[]){1, 3, 5}, 3, (int64_t[]){2, 2, 0, 2, 0});
  assert_sample(message, 2, (uint64_t[]){3, 3, 5}, 3, (int64_t[]){4, 4, 0, 0, 5});
  assert_sample(message, 3, (uint64_t[]){4, 3, 3, 5}, 4, (int64_t[]){1, 1, 0, 0, 1});
  assert_sample(message, 4, (uint64_t[]){2, 4, 3, 3, 5}, 5, (int64_t[]){10, 0, 10, 0, 0});
  for (size_t i = 0; i < 5; i++) {
    assert_int_equal(message->sample[i]->n_label, 1);
    assert_string(message, message->sample[i]->label[0]->key, "process");
    assert_string(message, message->sample[i]->label[0]->str, "shop");
  }
  release(message);
}

static void a_frame_is_a_function_at_a_location(void **state)
{
  (void)state;
  static const char *const names[] = {"[gc]", "[waiting]", "a:f/0", EXCHANGE_HOSTILE, "shop"};
  struct profile profile = exchange_example();
  message_profile *message = read_back(&profile, WEIGHT_WALL);
  assert_int_equal(message->n_function, 5);
  assert_int_equal(message->n_location, 5);
  for (size_t i = 0; i < 5; i++) {
    const Perftools__Profiles__Function *function = message->function[i];
    const Perftools__Profiles__Location *location = message->location[i];
    assert_int_equal(function->id, i + 1);
    assert_int_equal(location->id, i + 1);
    assert_int_equal(location->mapping_id, 1);
    assert_int_equal(location->n_line, 1);
    assert_int_equal(location->line[0]->function_id, i + 1);
    assert_int_equal(location->line[0]->line, i == 2 ? 12 : 0);
    assert_int_equal(function->start_line, i == 2 ? 12 : 0);
    assert_string(message, function->name, names[i]);
    assert_string(message, function->filename, i == 2 ? "src/a.erl" : "");
  }
  release(message);
}

// 2026-01-31 12:00 UTC is 1769860800 s after the epoch; from -5 to 20 are 25 ns.
static void the_run_is_told(void **state)
{
  (void)state;
  static const char *const comments[] = {"Title <1>", "node shop@host", "OTP 27", "target sho\uFFFDp",
                                         "written by flambeau " FLAMBEAU_VERSION};
  struct profile profile = exchange_example();
  message_profile *message = read_back(&profile, WEIGHT_WALL);
  assert_true(message->time_nanos == INT64_C(1769860800000000000));
  assert_int_equal(message->duration_nanos, 25);
  assert_int_equal(message->n_mapping, 1);
  assert_int_equal(message->mapping[0]->id, 1);
  assert_string(message, message->mapping[0]->filename, "shop@host");
  assert_true(message->mapping[0]->has_functions); // else pprof looks for a program of that name
  assert_int_equal(message->n_comment, 5);
  for (size_t i = 0; i < 5; i++)
    assert_string(message, message->comment[i], comments[i]);
  release(message);
}

static void a_folded_file_has_one_value_without_unit(void **state)
{
  (void)state;
  struct profile profile = exchange_example();
  profile.counts_known = false;
  profile.fact_count = 0;
  message_profile *message = read_back(&profile, WEIGHT_WALL);
  assert_int_equal(message->n_sample_type, 1);
  assert_string(message, message->sample_type[0]->type, "weight");
  assert_string(message, message->sample_type[0]->unit, "count");
  assert_sample(message, 4, (uint64_t[]){2, 4, 3, 3, 5}, 5, (int64_t[]){10});
  assert_int_equal(message->time_nanos, 0);
  assert_int_equal(message->duration_nanos, 0);
  release(message);
}

static void more_than_63_bits_are_an_error(void **state)
{
  (void)state;
  static const struct profile_frame frame = {.name = "a", .file = ""};
  struct profile_node nodes[] = {{0, 0, 1, 0, 0, 0}, {0, 0, 2, 0, INT64_MAX, 0}, {0, 1, 0, 0, 1, 0}};
  const struct profile profile = {.frames = &frame, .frame_count = 1, .nodes = nodes, .node_count = 3};
  struct bytes out;
  struct error err = {0};
  assert_int_equal(exchange(&profile, WEIGHT_WALL, "pprof", &out, &err), -1);
  assert_int_equal(err.code, ERROR_DATA);
  bytes_release(&out);
  nodes[2].own = 0;
  release(read_back(&profile, WEIGHT_WALL));
}

static void nothing_to_write_is_an_error(void **state)
{
  (void)state;
  assert_nothing_is_an_error("pprof");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_weight_is_a_value_and_the_pictures_is_the_default),
      cmocka_unit_test(a_stack_is_a_sample_innermost_frame_first),
      cmocka_unit_test(a_frame_is_a_function_at_a_location),
      cmocka_unit_test(the_run_is_told),
      cmocka_unit_test(a_folded_file_has_one_value_without_unit),
      cmocka_unit_test(more_than_63_bits_are_an_error),
      cmocka_unit_test(nothing_to_write_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
