// Writes the pictures the browser tests open into a folder: pictures FOLDER.
// 10 s of one process: what is on top of what, and how wide, can be read off `stacks`. And a chart: see `calls`.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "layout/layout.h"
#include "profile/profile.h"
#include "profile/profile_builder.h"
#include "profile/profile_compare.h"
#include "renderers/renderer.h"

#define MS 1000000ull
#define MAX_DEPTH 16

struct stack {
  const char *frames[MAX_DEPTH];
  uint64_t own_ns, calls;
};

#define LOOP "proc_lib:init_p_do_apply/3", "gen_server:loop/7"
#define CALL LOOP, "gen_server:try_handle_call/4", "Shop.Cart.handle_call/3"

static const struct stack shop[] = {
    {{LOOP}, 500 * MS, 4},
    {{LOOP, "[waiting]"}, 3000 * MS, 0},
    {{LOOP, "gen_server:try_handle_call/4"}, 250 * MS, 1234},
    {{CALL}, 750 * MS, 1234},
    {{CALL, "Shop.Cart.total/2"}, 400 * MS, 1234},
    {{CALL, "Shop.Cart.total/2", "Enum.reduce/3"}, 600 * MS, 1234},
    {{CALL, "Shop.Cart.total/2", "Enum.reduce/3", "lists:foldl/3"}, 500 * MS, 2468},
    {{CALL, "Shop.Cart.total/2", "Enum.reduce/3", "lists:foldl/3", "Shop.Price.of/1"}, 700 * MS, 98765},
    {{CALL, "Shop.Cart.total/2", "Enum.reduce/3", "lists:foldl/3", "Shop.Price.of/1", "ets:lookup/2"}, 800 * MS, 98765},
    {{CALL, "Shop.Cart.total/2", "Enum.reduce/3", "lists:foldl/3", "[gc]"}, 300 * MS, 0},
    {{CALL, "Shop.Cart.total/2", "[runnable]"}, 200 * MS, 0},
    {{CALL, "lists:sort/1"}, 900 * MS, 617},
    {{CALL, "lists:sort/1", "lists:split_1/5"}, 600 * MS, 12345},
    {{CALL, "lists:sort/1", "lists:split_1/5", "lists:rmergel/2"}, 100 * MS, 777},
    {{CALL, "Shop.Log.write/1"}, 395 * MS, 1},
    {{CALL, "Shop.Log.write/1", "io_lib:format/2"}, 5 * MS, 1},
};

// m:a/0 calls itself by way of m:b/0.
static const struct stack recursive[] = {
    {{"m:a/0"}, 1000 * MS, 1},
    {{"m:a/0", "m:b/0"}, 2000 * MS, 1},
    {{"m:a/0", "m:b/0", "m:a/0"}, 3000 * MS, 1},
    {{"m:a/0", "m:b/0", "m:a/0", "m:c/0"}, 4000 * MS, 1},
    {{"m:d/0", "m:c/0"}, 2000 * MS, 1},
};

// What BASE had of it: b was half as much, d ran beside.
static const struct stack before[] = {
    {{"m:a/0"}, 1000 * MS, 1},
    {{"m:a/0", "m:b/0"}, 1000 * MS, 1},
    {{"m:a/0", "m:b/0", "m:a/0"}, 4000 * MS, 2},
    {{"m:a/0", "m:b/0", "m:a/0", "m:c/0"}, 4000 * MS, 1},
    {{"m:e/0"}, 3000 * MS, 1},
};

static const struct stack hostile[] = {
    {{"<script>window.owned=1</script>:f/0"}, 400 * MS, 1},
    {{"\"><img src=x onerror=window.owned=1>:f/0"}, 300 * MS, 1},
    {{"]]><script>window.owned=1</script>"}, 200 * MS, 1},
    {{"line\nbreak\tand \x01\x7f control:f/0", "\u202Egnp.exe:f/0"}, 300 * MS, 1},
    {{"bytes \xff\xc3 that are no UTF-8:f/0", "\u5546\u5e97\u7684\u8d2d\u7269\u8f66:\u603b\u8ba1/2"}, 300 * MS, 1},
    {{"&amp;&#60;:f/0"}, 100 * MS, 1},
};

struct call {
  uint32_t process, depth; // 1 is the process itself
  const char *name;
  uint64_t start, width; // in a unit of time
};

// 10,000 units of three processes. The second lives for 300 in the middle, the third at the end.
static const struct call calls[] = {
    {0, 1, "shop_cart", 0, 10000},
    {0, 2, "gen_server:loop/7", 0, 10000},
    {0, 3, "[waiting]", 0, 2000},
    {0, 3, "Shop.Cart.handle_call/3", 2000, 3000},
    {0, 4, "Shop.Cart.total/2", 2000, 1000},
    {0, 4, "Shop.Cart.total/2", 3000, 1500},
    {0, 5, "lists:foldl/3", 3250, 1000},
    {0, 5, "[gc]", 4250, 40},
    {0, 3, "[waiting]", 5000, 4500},
    {1, 1, "Shop.Receipt.print/1 <0.124.0>", 4000, 300},
    {1, 2, "Shop.Receipt.print/1", 4000, 300},
    {1, 3, "io_lib:format/2", 4100, 150},
    {2, 1, "Shop.Receipt.print/1 <0.125.0>", 9900, 100},
    {2, 2, "Shop.Receipt.print/1", 9900, 100},
};

#define CALLS (sizeof calls / sizeof calls[0])

static enum frame_kind kind_of(const char *name)
{
  return strcmp(name, "[waiting]") == 0    ? FRAME_WAITING
         : strcmp(name, "[runnable]") == 0 ? FRAME_RUNNABLE
         : strcmp(name, "[gc]") == 0       ? FRAME_GC
                                           : FRAME_FUNCTION;
}

static struct profile *build(const struct stack *stacks, size_t count, const char *const facts[][2], struct error *err)
{
  struct profile_builder *builder = profile_builder_new(err);
  if (builder == NULL)
    return NULL;
  for (size_t i = 0; i < count; i++) {
    uint32_t node = 0;
    for (size_t depth = 0; depth < MAX_DEPTH && stacks[i].frames[depth] != NULL; depth++) {
      const char *name = stacks[i].frames[depth];
      uint32_t frame =
          profile_builder_frame(builder, kind_of(name), name, strlen(name), "", 0, strcmp(name, "ets:lookup/2") == 0);
      if (name[0] == '<')
        profile_builder_locate(builder, frame, "</title><img src=x onerror=window.owned=1>.erl", 1);
      if (strcmp(name, "io_lib:format/2") == 0) {
        profile_builder_locate(builder, frame, "io_lib.erl", 99);
        profile_builder_belongs(builder, frame, "stdlib", ORIGIN_UNKNOWN);
      }
      node = profile_builder_child(builder, node, frame);
    }
    profile_builder_add(builder, node, stacks[i].own_ns, stacks[i].calls);
    if (stacks[i].own_ns == 5 * MS) { // io_lib:format/2: two calls
      profile_builder_call_end(builder, node, 1 * MS);
      profile_builder_call_end(builder, node, 5 * MS);
    }
  }
  const struct profile_process process = {
      .pid = "<0.123.0>", .title = "shop_cart", .first_ns = 0, .last_ns = 10000 * MS};
  profile_builder_process(builder, &process);
  for (size_t i = 0; facts[i][0] != NULL; i++)
    profile_builder_fact(builder, facts[i][0], facts[i][1]);
  const struct profile_totals totals = {.events = 436124, .counts_known = true};
  return profile_builder_finish(builder, &totals, err);
}

static uint32_t child_named(struct profile_builder *builder, uint32_t parent, const char *format, unsigned m,
                            unsigned f)
{
  char name[32];
  int size = snprintf(name, sizeof name, format, m, f);
  return profile_builder_child(builder, parent,
                               profile_builder_frame(builder, FRAME_FUNCTION, name, (size_t)size, "", 0, false));
}

// 300 functions call 20 each that call 20 each, of 1 ms: most is too narrow to be drawn.
static struct profile *build_large(struct error *err)
{
  struct profile_builder *builder = profile_builder_new(err);
  if (builder == NULL)
    return NULL;
  for (unsigned m = 0; m < 300; m++) {
    uint32_t outer = child_named(builder, 0, "m%03u:f/0", m, 0);
    for (unsigned g = 0; g < 20; g++) {
      uint32_t middle = child_named(builder, outer, "m%03u:g%02u/1", m, g);
      for (unsigned h = 0; h < 20; h++)
        profile_builder_add(builder, child_named(builder, middle, "m%03u:h%02u/2", m, h), MS, 1);
    }
  }
  const struct profile_totals totals = {.counts_known = true};
  return profile_builder_finish(builder, &totals, err);
}

static struct profile *build_chart(uint64_t unit_ns, struct error *err)
{
  struct profile_builder *builder = profile_builder_new(err);
  if (builder == NULL)
    return NULL;
  struct profile_span spans[CALLS];
  uint32_t open[MAX_DEPTH] = {0};
  for (size_t i = 0; i < CALLS; i++) {
    const struct call *call = &calls[i];
    enum frame_kind kind = call->depth == 1 ? FRAME_PROCESS : kind_of(call->name);
    uint32_t frame = profile_builder_frame(builder, kind, call->name, strlen(call->name), "", 0, false);
    if (strcmp(call->name, "Shop.Cart.total/2") == 0)
      profile_builder_locate(builder, frame, "lib/shop/<cart>.ex", 12);
    uint64_t own = call->width;
    for (size_t inner = i + 1; inner < CALLS && calls[inner].depth > call->depth; inner++)
      own -= calls[inner].depth == call->depth + 1 ? calls[inner].width : 0;
    uint32_t node = open[call->depth] = profile_builder_child(builder, open[call->depth - 1], frame);
    profile_builder_add(builder, node, own * unit_ns, kind == FRAME_FUNCTION);
    spans[i] = (struct profile_span){call->process, node, call->start * unit_ns, call->width * unit_ns};
  }
  static const struct profile_process processes[] = {{.pid = "<0.123.0>", .title = "shop_cart"},
                                                     {.pid = "<0.124.0>", .title = "Shop.Receipt.print/1"},
                                                     {.pid = "<0.125.0>", .title = "Shop.Receipt.print/1"}};
  for (size_t i = 0; i < sizeof processes / sizeof processes[0]; i++)
    profile_builder_process(builder, &processes[i]);
  profile_builder_spans(builder, spans, CALLS, 0);
  const struct profile_totals totals = {.events = 29, .counts_known = true};
  return profile_builder_finish(builder, &totals, err);
}

static int write_picture(const struct profile *profile, const char *folder, const char *name, int width_px, bool icicle,
                         struct error *err)
{
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  bool chart = profile->span_count > 0;
  const struct layout_options options = {
      .weight = WEIGHT_WALL, .chart = chart, .min_share = profile->node_count > 10000 ? 0.001 : 0, .palette = "beam"};
  struct layout *layout = layout_new(profile, &options, err);
  char *title = picture_default_title(profile, WEIGHT_WALL, chart);
  char *subtitle = picture_default_subtitle(profile, WEIGHT_WALL, chart);
  struct byte_sink *sink = file_sink_new(path, err);
  int status = -1;
  if (layout != NULL && title != NULL && subtitle != NULL && sink != NULL) {
    const struct picture picture = {.profile = profile,
                                    .layout = layout,
                                    .weight = WEIGHT_WALL,
                                    .title = title,
                                    .subtitle = subtitle,
                                    .width_px = width_px,
                                    .icicle = icicle};
    status = renderer_by_path(path)->render(&picture, sink, err);
    if (status == 0)
      status = byte_sink_finish(sink, err);
  }
  byte_sink_free(sink);
  free(title);
  free(subtitle);
  layout_free(layout);
  return status;
}

int main(int argc, char **argv)
{
  static const char *const shop_facts[][2] = {
      {"node", "shop@10.0.0.7"}, {"target", "shop_cart"},
      {"otp", "27.3.4"},         {"begin_ns", "0"},
      {"end_ns", "10000000000"}, {"started", "2026-01-31T12:00:00Z"},
      {"ended", "deadline"},     {NULL, NULL},
  };
  static const char *const hostile_facts[][2] = {{"node", "<script>window.owned=1</script>"}, {NULL, NULL}};
  if (argc != 2)
    return 2;
  struct error err = {0};
  struct profile *cart = build(shop, sizeof shop / sizeof shop[0], shop_facts, &err);
  struct profile *odd = build(hostile, sizeof hostile / sizeof hostile[0], hostile_facts, &err);
  struct profile *lanes = build_chart(MS, &err), *brief = build_chart(1000, &err);
  struct profile *loop = build(recursive, sizeof recursive / sizeof recursive[0], &shop_facts[7], &err);
  struct profile *large = build_large(&err);
  struct profile *earlier = build(before, sizeof before / sizeof before[0], &shop_facts[7], &err);
  const struct profile_comparison sides = {
      .base = earlier, .head = loop, .base_name = "before.flb", .head_name = "after.flb"};
  struct profile *compared = earlier != NULL && loop != NULL ? profile_compare(&sides, &err) : NULL;
  int status =
      cart == NULL || odd == NULL || lanes == NULL || brief == NULL || loop == NULL || large == NULL || compared == NULL
          ? -1
          : 0;
  if (status == 0 && write_picture(cart, argv[1], "shop.svg", 1200, false, &err) == 0 &&
      write_picture(cart, argv[1], "shop.png", 1200, false, &err) == 0 &&
      write_picture(cart, argv[1], "narrow.svg", 400, false, &err) == 0 &&
      write_picture(cart, argv[1], "narrow.png", 400, false, &err) == 0 &&
      write_picture(cart, argv[1], "wide.svg", 1600, false, &err) == 0 &&
      write_picture(cart, argv[1], "icicle.svg", 800, true, &err) == 0 &&
      write_picture(lanes, argv[1], "chart.svg", 1200, false, &err) == 0 &&
      write_picture(lanes, argv[1], "chart.png", 1200, false, &err) == 0 &&
      write_picture(brief, argv[1], "brief.svg", 800, true, &err) == 0 &&
      write_picture(loop, argv[1], "recursive.svg", 1200, false, &err) == 0 &&
      write_picture(compared, argv[1], "compared.svg", 1200, false, &err) == 0 &&
      write_picture(large, argv[1], "large.svg", 1200, false, &err) == 0 &&
      write_picture(odd, argv[1], "hostile.png", 900, false, &err) == 0)
    status = write_picture(odd, argv[1], "hostile.svg", 900, false, &err);
  if (err.code != ERROR_NONE)
    fprintf(stderr, "pictures: %s\n", err.message);
  profile_free(cart);
  profile_free(odd);
  profile_free(lanes);
  profile_free(brief);
  profile_free(loop);
  profile_free(large);
  profile_free(earlier);
  profile_free(compared);
  return err.code == ERROR_NONE && status == 0 ? 0 : 1;
}
