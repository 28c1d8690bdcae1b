#include "exchanged.h"

#define HEAD(active)                                                                                                   \
  "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n"                                             \
  "\"exporter\":\"flambeau " FLAMBEAU_VERSION "\",\n\"name\":\"Title <1>\",\n\"activeProfileIndex\":" active ",\n"     \
  "\"shared\":{\"frames\":[\n"
#define PROFILES "\n]},\n\"profiles\":[\n"
#define SAMPLED(name, unit, end)                                                                                       \
  "{\"type\":\"sampled\",\"name\":\"" name "\",\"unit\":\"" unit "\",\"startValue\":0,\"endValue\":" end               \
  ",\"samples\":[\n"
#define EVENTED(name, start, end)                                                                                      \
  "{\"type\":\"evented\",\"name\":\"" name "\",\"unit\":\"nanoseconds\",\"startValue\":" start ",\"endValue\":" end    \
  ",\"events\":[\n"
#define OPENS(frame, at) "{\"type\":\"O\",\"frame\":" frame ",\"at\":" at "}"
#define CLOSES(frame, at) "{\"type\":\"C\",\"frame\":" frame ",\"at\":" at "}"

static void assert_speedscope(const struct profile *profile, enum weight weight, const char *expected)
{
  struct bytes out;
  struct error err = {0};
  assert_int_equal(exchange(profile, weight, "speedscope", &out, &err), 0);
  assert_string_equal((const char *)out.data, expected);
  bytes_release(&out);
}

#define EXAMPLE_FRAMES                                                                                                 \
  "{\"name\":\"[gc]\"},\n{\"name\":\"[waiting]\"},\n{\"name\":\"a:f/0\",\"file\":\"src/a.erl\",\"line\":12},\n"        \
  "{\"name\":\"b:\\\"\\\\g\uFFFD\uFFFD\\\\x{202E}/1\"},\n{\"name\":\"shop\"}"
#define EXAMPLE_WALL                                                                                                   \
  SAMPLED("wall time", "nanoseconds", "20")                                                                            \
  "[4,2],\n[4,2,0],\n[4,2,2],\n[4,2,2,3],\n[4,2,2,3,1]\n],\"weights\":[3,2,4,1,10]},\n"
#define EXAMPLE_CPU                                                                                                    \
  SAMPLED("CPU time", "nanoseconds", "10")                                                                             \
  "[4,2],\n[4,2,0],\n[4,2,2],\n[4,2,2,3]\n],\"weights\":[3,2,4,1]},\n"
#define EXAMPLE_WAIT SAMPLED("waiting", "nanoseconds", "10") "[4,2,2,3,1]\n],\"weights\":[10]},\n"
#define EXAMPLE_GC SAMPLED("garbage collection", "nanoseconds", "2") "[4,2,0]\n],\"weights\":[2]},\n"
#define EXAMPLE_CALLS SAMPLED("calls", "none", "8") "[4,2],\n[4,2,2],\n[4,2,2,3]\n],\"weights\":[2,5,1]}\n]}\n"
#define EXAMPLE(active)                                                                                                \
  HEAD(active) EXAMPLE_FRAMES PROFILES EXAMPLE_WALL EXAMPLE_CPU EXAMPLE_WAIT EXAMPLE_GC EXAMPLE_CALLS

static void every_weight_is_a_profile(void **state)
{
  (void)state;
  struct profile profile = exchange_example();
  assert_speedscope(&profile, WEIGHT_WALL, EXAMPLE("0"));
}

static void the_pictures_weight_is_shown_first(void **state)
{
  (void)state;
  struct profile profile = exchange_example();
  assert_speedscope(&profile, WEIGHT_CALLS, EXAMPLE("4"));
}

static void weights_that_weigh_nothing_are_left_out_and_not_counted(void **state)
{
  (void)state;
  static const struct profile_frame frame = {.name = "a:f/0", .file = ""};
  static const struct profile_node nodes[] = {{0, 0, 1, 0, 0, 0}, {0, 0, 0, 0, 7, 1}};
  const struct profile profile = {
      .frames = &frame, .frame_count = 1, .nodes = nodes, .node_count = 2, .counts_known = true, .times_known = true};
  assert_speedscope(
      &profile, WEIGHT_CALLS,
      HEAD("2") "{\"name\":\"a:f/0\"}" PROFILES
          SAMPLED("wall time", "nanoseconds", "7") "[0]\n],\"weights\":[7]},\n" SAMPLED(
              "CPU time", "nanoseconds",
              "7") "[0]\n],\"weights\":[7]},\n" SAMPLED("calls", "none", "1") "[0]\n],\"weights\":[1]}\n]}\n");
}

static void a_folded_file_has_one_weight_without_unit(void **state)
{
  (void)state;
  struct bytes out;
  struct error err = {0};
  assert_int_equal(draw_folded("a;b 5\na 2\n", "speedscope", 1200, &out, &err), 0);
  assert_string_equal((const char *)out.data, HEAD("0") "{\"name\":\"a\"},\n{\"name\":\"b\"}" PROFILES SAMPLED(
                                                  "weight", "none", "7") "[0],\n[0,1]\n],\"weights\":[2,5]}\n]}\n");
  bytes_release(&out);
}

#define CHART_FRAMES                                                                                                   \
  "{\"name\":\"?\"},\n{\"name\":\"shop\"},\n{\"name\":\"brief <0.7.0>\"},\n"                                           \
  "{\"name\":\"a:f/0\",\"file\":\"src/a.erl\",\"line\":12},\n{\"name\":\"a:g/0\"}"
#define CHART_STACKS "[1],\n[1,3],\n[1,3,4],\n[2,3]\n],\"weights\":[4,3,3,1]},\n"
#define CHART_WEIGHTS                                                                                                  \
  SAMPLED("wall time", "nanoseconds", "11")                                                                            \
  CHART_STACKS SAMPLED("CPU time", "nanoseconds", "11")                                                                \
      CHART_STACKS SAMPLED("calls", "none", "4") "[1,3],\n[1,3,4],\n[2,3]\n],\"weights\":[1,2,1]}\n]}\n"

static void a_chart_is_a_profile_of_each_process_in_time(void **state)
{
  (void)state;
  struct profile profile = chart_example();
  assert_speedscope(
      &profile, WEIGHT_WALL,
      HEAD("0") CHART_FRAMES PROFILES EVENTED("shop", "0", "10")
          OPENS("1", "0") ",\n" OPENS("3", "0") ",\n" OPENS("4", "1") ",\n" CLOSES("4", "3") ",\n" OPENS(
              "4", "4") ",\n" CLOSES("4", "5") ",\n" CLOSES("3", "6") ",\n" CLOSES("1", "10") "\n]},\n" EVENTED("brief",
                                                                                                                "8",
                                                                                                                "9")
              OPENS("2", "8") ",\n" OPENS("3", "8") ",\n" CLOSES("3", "9") ",\n" CLOSES("2",
                                                                                        "9") "\n]},\n" CHART_WEIGHTS);
}

static void events_nest_whatever_the_spans_do(void **state)
{
  (void)state;
  // f takes no time; g reaches past shop.
  static const struct profile_span spans[] = {{0, 1, 0, 10}, {0, 2, 0, 0}, {0, 3, 2, 20}};
  struct profile profile = chart_example();
  profile.spans = spans, profile.span_count = 3;
  assert_speedscope(&profile, WEIGHT_WALL,
                    HEAD("0") CHART_FRAMES PROFILES EVENTED("shop", "0", "22") OPENS("1", "0") ",\n" OPENS(
                        "4", "2") ",\n" CLOSES("4", "10") ",\n" CLOSES("1", "10") "\n]},\n" CHART_WEIGHTS);
}

static void nothing_to_write_is_an_error(void **state)
{
  (void)state;
  assert_nothing_is_an_error("speedscope");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_weight_is_a_profile),
      cmocka_unit_test(the_pictures_weight_is_shown_first),
      cmocka_unit_test(weights_that_weigh_nothing_are_left_out_and_not_counted),
      cmocka_unit_test(a_folded_file_has_one_weight_without_unit),
      cmocka_unit_test(a_chart_is_a_profile_of_each_process_in_time),
      cmocka_unit_test(events_nest_whatever_the_spans_do),
      cmocka_unit_test(nothing_to_write_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
