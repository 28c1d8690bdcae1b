// The JSON of `report`, read back by a JSON parser.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "renderers/report.h"
#include "report_sample.h"

#define SHARE_ERROR 1e-6

static json_t *parse(const char *text, size_t size)
{
  json_error_t error;
  json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
  if (!value)
    fail_msg("line %d: %s in\n%.*s", error.line, error.text, (int)size, text);
  return value;
}

// Frees the profile.
static json_t *report_of(struct profile *profile, const struct report_options *options)
{
  struct error err = {0};
  struct bytes text;
  bytes_init(&text, 1 << 20);
  struct byte_sink *sink = memory_sink_new(&text, &err);
  assert_int_equal(report_write_json(profile, options, sink, &err), 0);
  assert_false(text.failed);
  for (size_t i = 0; i < text.size; i++)
    assert_true(text.data[i] == '\n' || (text.data[i] >= 0x20 && text.data[i] < 0x80));
  json_t *value = parse((const char *)text.data, text.size);
  byte_sink_free(sink);
  bytes_release(&text);
  profile_free(profile);
  return value;
}

// The same keys and the same values, shares to their last printed digit; `path` is where we are.
static void check_equal(const json_t *value, const json_t *expected, const char *path)
{
  char below[256];
  if (json_is_real(expected)) {
    double error = json_real_value(value) - json_real_value(expected);
    if (!json_is_real(value) || error > SHARE_ERROR || error < -SHARE_ERROR)
      fail_msg("%s is %f, not %f", path, json_number_value(value), json_real_value(expected));
  } else if (json_is_object(expected) && json_is_object(value)) {
    const char *key;
    json_t *member;
    if (json_object_size(value) != json_object_size(expected))
      fail_msg("%s has %zu keys, not %zu", path, json_object_size(value), json_object_size(expected));
    json_object_foreach((json_t *)(uintptr_t)expected, key, member)
    {
      snprintf(below, sizeof below, "%s.%s", path, key);
      check_equal(json_object_get(value, key), member, below);
    }
  } else if (json_is_array(expected) && json_is_array(value)) {
    if (json_array_size(value) != json_array_size(expected))
      fail_msg("%s has %zu rows, not %zu", path, json_array_size(value), json_array_size(expected));
    for (size_t i = 0; i < json_array_size(expected); i++) {
      snprintf(below, sizeof below, "%s[%zu]", path, i);
      check_equal(json_array_get(value, i), json_array_get(expected, i), below);
    }
  } else if (!json_equal(value, expected)) {
    char *got = json_dumps(value, JSON_ENCODE_ANY), *wanted = json_dumps(expected, JSON_ENCODE_ANY);
    fail_msg("%s is %s, not %s", path, got ? got : "missing", wanted);
  }
}

static void check(bool capture, const char *expected)
{
  json_t *value = report_of(report_sample(capture), &(struct report_options){0});
  json_t *wanted = parse(expected, strlen(expected));
  check_equal(value, wanted, "$");
  json_decref(value);
  json_decref(wanted);
}

// own_share is of the 47 ms that ran, total_share of 100 ms.
static void a_capture(void **state)
{
  (void)state;
  check(
      true,
      "{\"format\": 1, \"flambeau\": \"" FLAMBEAU_VERSION "\", \"input\": \"capture\","
      " \"facts\": {\"flambeau\": \"0.0.9\", \"node\": \"shop@host\", \"otp\": \"25\", \"erts\": \"13.1\","
      "  \"begin_ns\": \"-1000000000\", \"end_ns\": \"2000000000\", \"ended\": \"deadline\","
      "  \"wire_bytes\": \"9000\", \"wire_events\": \"1236\", \"bounds\": \"5000 events\", \"lost_events\": \"12\", "
      "\"functions\": \"8778\"},"
      " \"events\": 1266, \"covered_ns\": 100000000,"
      " \"conservation\": {\"sum_of_widths_ns\": 100000000, \"time_covered_ns\": 100000000, \"difference_ns\": 0},"
      " \"time\": {\"ran_ns\": 47000000, \"waiting_ns\": 38500000, \"runnable_ns\": 3000000, \"gc_ns\": 2000000,"
      "  \"lost_ns\": 9500000},"
      " \"waits\": {\"count\": 4, \"total_ns\": 38500000, \"max_ns\": 20000000},"
      " \"runnable\": {\"count\": 7, \"total_ns\": 3000000, \"max_ns\": 1000000},"
      " \"gc\": {\"minor\": 2, \"major\": 1, \"total_ns\": 2000000, \"max_ns\": 1500000, \"words_given_back\": 4096},"
      " \"lost\": {\"events\": 17, \"total_ns\": 9500000},"
      " \"modules\": [{\"name\": \"late\", \"time_ns\": -7, \"traced\": true}],"
      " \"calls_seen\": 0, \"calls\": [], \"measured_calls\": 0, \"call_time\": null,"
      " \"process_count\": 2,"
      " \"processes\": ["
      "  {\"pid\": \"<0.1.0>\", \"name\": \"ev\\u001b[2Jil\", \"events\": 1236, \"covered_ns\": 70000000,"
      "   \"width_ns\": 70000000, \"ran_ns\": 46500000, \"waiting_ns\": 18500000, \"runnable_ns\": 3000000,"
      "   \"gc_ns\": 2000000, \"lost_ns\": 0, \"exited\": false},"
      "  {\"pid\": \"<0.2.0>\", \"name\": \"<0.2.0>\", \"events\": 30, \"covered_ns\": 30000000,"
      "   \"width_ns\": 30000000, \"ran_ns\": 500000, \"waiting_ns\": 20000000, \"runnable_ns\": 0,"
      "   \"gc_ns\": 0, \"lost_ns\": 9500000, \"exited\": true}],"
      " \"function_count\": 4,"
      " \"functions\": ["
      "  {\"name\": \"m:c/0\", \"module\": \"m\", \"application\": \"shop\", \"origin\": \"own\", \"file\": "
      "\"src/m.erl\", \"line\": 7, \"native\": false, \"calls\": "
      "1,"
      "   \"own_ns\": 40000000, \"own_share\": 0.851064, \"total_ns\": 59000000, \"total_share\": 0.59, "
      "\"timed_calls\": 2,"
      "   \"mean_ns\": 1200000, \"min_ns\": 1000000, \"max_ns\": 1400000,"
      "   \"waiting_ns\": 8500000, \"runnable_ns\": 0, \"gc_ns\": 0, \"own_time\": null},"
      "  {\"name\": \"m:b/1\", \"module\": \"m\", \"application\": null, \"origin\": null, \"file\": null, \"line\": "
      "null, \"native\": false, \"calls\": 1234,"
      "   \"own_ns\": 5500000, \"own_share\": 0.117021, \"total_ns\": 10500000, \"total_share\": 0.105, "
      "\"timed_calls\": "
      "2,"
      "   \"mean_ns\": 1000000, \"min_ns\": 500000, \"max_ns\": 1500000,"
      "   \"waiting_ns\": 0, \"runnable_ns\": 3000000, \"gc_ns\": 2000000, \"own_time\": null},"
      "  {\"name\": \"m:a/0\", \"module\": \"m\", \"application\": null, \"origin\": null, \"file\": null, \"line\": "
      "null, \"native\": false, \"calls\": 3,"
      "   \"own_ns\": 1000000, \"own_share\": 0.0212766, \"total_ns\": 31000000, \"total_share\": 0.31, "
      "\"timed_calls\": 1,"
      "   \"mean_ns\": 1300000, \"min_ns\": 1300000, \"max_ns\": 1300000,"
      "   \"waiting_ns\": 30000000, \"runnable_ns\": 0, \"gc_ns\": 0, \"own_time\": null},"
      "  {\"name\": \"m:n/2\", \"module\": \"m\", \"application\": null, \"origin\": null, \"file\": null, \"line\": "
      "null, \"native\": true, \"calls\": 0,"
      "   \"own_ns\": 500000, \"own_share\": 0.0106383, \"total_ns\": 500000, \"total_share\": 0.005, \"timed_calls\": "
      "0,"
      "   \"mean_ns\": null, \"min_ns\": null, \"max_ns\": null,"
      "   \"waiting_ns\": 0, \"runnable_ns\": 0, \"gc_ns\": 0, \"own_time\": null}]}");
}

static void a_folded_file_claims_no_nanoseconds(void **state)
{
  (void)state;
  check(
      false,
      "{\"format\": 1, \"flambeau\": \"" FLAMBEAU_VERSION "\", \"input\": \"folded\", \"weight\": 100000000,"
      " \"weights\": {\"ran\": 47000000, \"waiting\": 38500000, \"runnable\": 3000000, \"gc\": 2000000,"
      "  \"lost\": 9500000},"
      " \"function_count\": 4,"
      " \"functions\": ["
      "  {\"name\": \"m:c/0\", \"own\": 40000000, \"own_share\": 0.851064, \"total\": 59000000, \"total_share\": 0.59},"
      "  {\"name\": \"m:b/1\", \"own\": 5500000, \"own_share\": 0.117021, \"total\": 10500000, \"total_share\": 0.105},"
      "  {\"name\": \"m:a/0\", \"own\": 1000000, \"own_share\": 0.0212766, \"total\": 31000000, \"total_share\": 0.31},"
      "  {\"name\": \"m:n/2\", \"own\": 500000, \"own_share\": 0.0106383, \"total\": 500000, \"total_share\": "
      "0.005}]}");
}

static const char *text_at(const json_t *value, const char *list, size_t index, const char *key)
{
  const char *text = json_string_value(json_object_get(json_array_get(json_object_get(value, list), index), key));
  return text ? text : "(no text)";
}

static void the_top_in_the_order_asked_for(void **state)
{
  (void)state;
  json_t *value = report_of(report_sample(true), &(struct report_options){.sort = REPORT_SORT_MEAN, .top = 1});
  assert_int_equal(json_integer_value(json_object_get(value, "function_count")), 4);
  assert_int_equal(json_array_size(json_object_get(value, "functions")), 1);
  assert_string_equal(text_at(value, "functions", 0, "name"), "m:a/0");
  assert_int_equal(json_integer_value(json_object_get(value, "process_count")), 2);
  assert_int_equal(json_array_size(json_object_get(value, "processes")), 1);
  assert_string_equal(text_at(value, "processes", 0, "pid"), "<0.1.0>");
  json_decref(value);
}

// In order of start, all of them, whatever the top is.
static void every_call_in_order_of_start(void **state)
{
  (void)state;
  static const struct profile_call calls[] = {
      {0, SAMPLE_F, SAMPLE_H, 0, 1200000, PROFILE_CALL_RETURNED},
      {1, SAMPLE_G, PROFILE_NO_FRAME, 5, 9007199254740993, PROFILE_CALL_RAISED},
      {1, SAMPLE_G, SAMPLE_F, 7, 0, PROFILE_CALL_EXITED},
      {0, SAMPLE_F, SAMPLE_H, 9, 1, PROFILE_CALL_CUT},
  };
  const char *expected = "[{\"start_ns\": 0, \"length_ns\": 1200000, \"pid\": \"<0.1.0>\", \"name\": \"shop_price\","
                         "  \"function\": \"m:f/1\", \"caller\": \"m:h/2\", \"ending\": \"returned\"},"
                         " {\"start_ns\": 5, \"length_ns\": 9007199254740993, \"pid\": \"<0.2.0>\","
                         "  \"name\": \"<0.2.0>\", \"function\": \"m:g/0\", \"caller\": null, \"ending\": \"raised\"},"
                         " {\"start_ns\": 7, \"length_ns\": 0, \"pid\": \"<0.2.0>\", \"name\": \"<0.2.0>\","
                         "  \"function\": \"m:g/0\", \"caller\": \"m:f/1\", \"ending\": \"exited\"},"
                         " {\"start_ns\": 9, \"length_ns\": 1, \"pid\": \"<0.1.0>\", \"name\": \"shop_price\","
                         "  \"function\": \"m:f/1\", \"caller\": \"m:h/2\", \"ending\": \"cut\"}]";
  json_t *value = report_of(report_sample_calls(calls, 4, 2000000), &(struct report_options){.top = 1});
  json_t *wanted = parse(expected, strlen(expected));
  check_equal(json_object_get(value, "calls"), wanted, "$.calls");
  assert_int_equal(json_integer_value(json_object_get(value, "calls_seen")), 2000000);
  json_decref(wanted);
  json_decref(value);
}

static void time_between_calls_is_not_covered(void **state)
{
  (void)state;
  json_t *value = report_of(report_sample_away(), &(struct report_options){0});
  const char *expected = "{\"sum_of_widths_ns\": 70, \"time_covered_ns\": 70, \"difference_ns\": 0}";
  json_t *wanted = parse(expected, strlen(expected));
  check_equal(json_object_get(value, "conservation"), wanted, "$.conservation");
  assert_int_equal(json_integer_value(json_object_get(value, "covered_ns")), 70);
  const json_t *process = json_array_get(json_object_get(value, "processes"), 0);
  assert_int_equal(json_integer_value(json_object_get(process, "covered_ns")), 70);
  json_decref(wanted);
  json_decref(value);
}

// The sum over all processes would be 0 here; the one that got 1 ns too few and the one that got 1 too many are seen.
static void the_difference_is_worked_out(void **state)
{
  (void)state;
  json_t *value = report_of(report_sample_processes(100, (uint64_t[]){50, 50}, (uint64_t[]){49, 51}, 2),
                            &(struct report_options){0});
  const char *expected = "{\"sum_of_widths_ns\": 100, \"time_covered_ns\": 100, \"difference_ns\": 2}";
  json_t *wanted = parse(expected, strlen(expected));
  check_equal(json_object_get(value, "conservation"), wanted, "$.conservation");
  json_decref(wanted);
  json_decref(value);
}

static const struct {
  const char *bytes, *read_back;
} hostile[] = {
    {"quote\" back\\slash", "quote\" back\\slash"},
    {"a\nb\tc\x01\x1b[2J", "a\nb\tc\x01\x1b[2J"},                   // control characters
    {"</script>\u2028\u2029\u202e", "</script>\u2028\u2029\u202e"}, // what breaks JavaScript, HTML and lines
    {"\x80\xff", "\uFFFD\uFFFD"},                                   // no UTF-8 at all
    {"a\xc3", "a\uFFFD"},                                           // a character that is not finished
    {"\xc0\xaf", "\uFFFD\uFFFD"},                                   // "/" in two bytes
    {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},                         // half of a surrogate pair
    {"\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},               // past U+10FFFF
    {"\xc2\x85\uFFFE\U0001F525\uFFFD", "\xc2\x85\uFFFE\U0001F525\uFFFD"},
};
#define HOSTILE_COUNT (sizeof hostile / sizeof hostile[0])

static void hostile_texts_come_back(void **state)
{
  (void)state;
  for (size_t i = 0; i < HOSTILE_COUNT; i++) {
    struct error err = {0};
    const char *bytes = hostile[i].bytes, *read_back = hostile[i].read_back;
    struct profile_builder *builder = profile_builder_new(&err);
    uint32_t frame = profile_builder_frame(builder, FRAME_FUNCTION, bytes, strlen(bytes), bytes, strlen(bytes), false);
    profile_builder_add(builder, profile_builder_child(builder, 0, frame), 10, 1);
    profile_builder_locate(builder, frame, bytes, 1);
    profile_builder_fact(builder, bytes, bytes);
    profile_builder_process(builder, &(struct profile_process){.pid = bytes, .title = bytes});
    profile_builder_module(builder, &(struct profile_module){.name = bytes});
    struct profile *profile = report_sample_finish(builder, &(struct profile_totals){.counts_known = true});
    json_t *value = report_of(profile, &(struct report_options){0});
    assert_string_equal(text_at(value, "functions", 0, "name"), read_back);
    assert_string_equal(text_at(value, "functions", 0, "module"), read_back);
    assert_string_equal(text_at(value, "functions", 0, "file"), read_back);
    assert_string_equal(text_at(value, "processes", 0, "pid"), read_back);
    assert_string_equal(text_at(value, "processes", 0, "name"), read_back);
    assert_string_equal(text_at(value, "modules", 0, "name"), read_back);
    const char *fact = json_string_value(json_object_get(json_object_get(value, "facts"), read_back));
    assert_string_equal(fact ? fact : "(no fact)", read_back);
    json_decref(value);
  }
}

static void two_facts_whose_keys_read_the_same(void **state)
{
  (void)state;
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  profile_builder_fact(builder, "\xff", "first");
  profile_builder_fact(builder, "\xfe", "last");
  json_t *value = report_of(report_sample_finish(builder, &(struct profile_totals){.counts_known = true}),
                            &(struct report_options){0});
  assert_string_equal(json_string_value(json_object_get(json_object_get(value, "facts"), "\uFFFD")), "last");
  json_decref(value);
}

static void a_long_name_is_whole(void **state)
{
  (void)state;
  struct error err = {0};
  static char name[100001];
  memset(name, 'x', sizeof name - 1);
  struct profile_builder *builder = profile_builder_new(&err);
  profile_builder_add(builder, profile_builder_child(builder, 0, report_sample_frame(builder, name)), 10, 0);
  json_t *value = report_of(report_sample_finish(builder, &(struct profile_totals){0}), &(struct report_options){0});
  assert_string_equal(text_at(value, "functions", 0, "name"), name);
  json_decref(value);
}

static void check_number(uint64_t number, json_int_t read_back)
{
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  profile_builder_add(builder, profile_builder_child(builder, 0, report_sample_frame(builder, "m:a/0")), number, 0);
  json_t *value = report_of(report_sample_finish(builder, &(struct profile_totals){0}), &(struct report_options){0});
  const json_t *own = json_object_get(json_array_get(json_object_get(value, "functions"), 0), "own");
  assert_true(json_is_integer(own));
  assert_true(json_integer_value(own) == read_back);
  json_decref(value);
}

static void large_numbers_are_exact_up_to_63_bits(void **state)
{
  (void)state;
  check_number(9007199254740993, 9007199254740993); // 2^53 + 1: no double
  check_number(INT64_MAX, INT64_MAX);
  check_number((uint64_t)INT64_MAX + 1, INT64_MAX);
  check_number(UINT64_MAX, INT64_MAX);
}

static void losses_that_nobody_counted_are_null(void **state)
{
  (void)state;
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  uint32_t lost = profile_builder_frame(builder, FRAME_LOST, "[lost]", 6, "", 0, false);
  profile_builder_add(builder, profile_builder_child(builder, 0, lost), 5, 0);
  json_t *value = report_of(report_sample_finish(builder, &(struct profile_totals){.counts_known = true}),
                            &(struct report_options){0});
  const char *expected = "{\"events\": null, \"total_ns\": 5}";
  json_t *wanted = parse(expected, strlen(expected));
  check_equal(json_object_get(value, "lost"), wanted, "$.lost");
  json_decref(wanted);
  json_decref(value);
}

static void an_empty_profile_is_still_an_object(void **state)
{
  (void)state;
  struct error err = {0};
  json_t *value = report_of(report_sample_finish(profile_builder_new(&err), &(struct profile_totals){0}),
                            &(struct report_options){0});
  assert_int_equal(json_array_size(json_object_get(value, "functions")), 0);
  json_decref(value);
}

struct small_disk {
  struct byte_sink sink;
  size_t left;
};

static void write_to_small_disk(struct byte_sink *sink, const void *data, size_t size)
{
  struct small_disk *disk = (struct small_disk *)sink;
  (void)data;
  if (size > disk->left)
    error_set(&sink->error, ERROR_OUTPUT, "the disk is full");
  else
    disk->left -= size;
}

// At every point: between members, between rows, in a value.
static void a_full_disk_is_reported(void **state)
{
  (void)state;
  static const struct byte_sink_ops ops = {.write = write_to_small_disk};
  struct profile *profile = report_sample(true);
  size_t room = 0;
  for (int status = -1; status < 0; room++) {
    struct error err = {0};
    struct small_disk disk = {.sink.ops = &ops, .left = room};
    status = report_write_json(profile, &(struct report_options){0}, &disk.sink, &err);
    assert_int_equal(err.code, status < 0 ? ERROR_OUTPUT : ERROR_NONE);
    assert_true(room < 10000);
  }
  assert_true(room > 1000);
  profile_free(profile);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_capture),
      cmocka_unit_test(a_folded_file_claims_no_nanoseconds),
      cmocka_unit_test(the_top_in_the_order_asked_for),
      cmocka_unit_test(every_call_in_order_of_start),
      cmocka_unit_test(time_between_calls_is_not_covered),
      cmocka_unit_test(the_difference_is_worked_out),
      cmocka_unit_test(hostile_texts_come_back),
      cmocka_unit_test(two_facts_whose_keys_read_the_same),
      cmocka_unit_test(a_long_name_is_whole),
      cmocka_unit_test(large_numbers_are_exact_up_to_63_bits),
      cmocka_unit_test(losses_that_nobody_counted_are_null),
      cmocka_unit_test(an_empty_profile_is_still_an_object),
      cmocka_unit_test(a_full_disk_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
