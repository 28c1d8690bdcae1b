// Enters: a picture's profile. Leaves: base64 of the packed profile, for the script that draws what the still picture
// is too coarse for. DATA.md is the specification. Nodes lie in the profile in preorder, so a column is a walk along
// the array.
//
//     all ─┬─ a ─┬─ b        node      a  b  c  b        The lists of callees grow: of all: a; of a: b, c; of c: b.
//          │     └─ c ── b   up        0  0  1  0        c is one level further out than a child of b would be.
//                            callee    0  0  1  0        every time the list grew: frame  a b c b
#include "data.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/gzip_io.h"
#include "base/rank.h"
#include "base/string_table.h"
#include "base/text.h"
#include "picture/sheet.h"

#define DATA_MAX_BYTES ((size_t)2 << 30)
#define MAX_SPANS 100000
#define PACK_LEVEL 2 // within a twentieth of level 6, several times as fast

static const char *const weight_names[] = {
    [WEIGHT_WALL] = "wall", [WEIGHT_CPU] = "cpu", [WEIGHT_WAIT] = "wait", [WEIGHT_GC] = "gc", [WEIGHT_CALLS] = "calls",
};
#define WEIGHTS (sizeof weight_names / sizeof weight_names[0])

#define KINDS                                                                                                          \
  "[\"function\",\"process\",\"waiting\",\"runnable\",\"gc\",\"lost\",\"cut\",\"deeper\",\"vanished\"]" // enum
                                                                                                        // frame_kind

struct data {
  const struct picture *picture;
  const struct profile *profile;
  const struct profile_function **functions; // of each frame; NULL where it is none
  struct bytes head, columns, scratch;
  bool *spans; // which are kept
};

static void add(struct bytes *out, const char *text)
{
  bytes_append(out, text, strlen(text));
}

static void add_string(struct data *data, const char *text)
{
  text_append_json(&data->head, text_clean(&data->scratch, text));
}

static void add_key(struct bytes *head, const char *key)
{
  add(head, head->size > 0 && head->data[head->size - 1] == '{' ? "\"" : ",\"");
  add(head, key);
  add(head, "\":");
}

static void add_count(struct bytes *head, const char *key, uint64_t number)
{
  add_key(head, key);
  bytes_append_decimal(head, number);
}

static void add_flag(struct bytes *head, const char *key, bool set)
{
  add_key(head, key);
  add(head, set ? "true" : "false");
}

// Opens an array, or goes on in it.
static void add_item(struct bytes *head, size_t index)
{
  bytes_append_u8(head, index == 0 ? '[' : ',');
}

static void end_array(struct bytes *head, size_t count)
{
  add(head, count == 0 ? "[]" : "]");
}

static uint64_t kind_of(const struct data *data, size_t frame)
{
  return data->profile->frames[frame].kind;
}

static uint64_t color_of(const struct data *data, size_t frame)
{
  return data->picture->layout->colors[frame];
}

static uint64_t line_of(const struct data *data, size_t frame)
{
  return data->profile->frames[frame].line;
}

static uint64_t timed_of(const struct data *data, size_t frame)
{
  return data->functions[frame] != NULL ? data->functions[frame]->timed_calls : 0;
}

static uint64_t mean_of(const struct data *data, size_t frame)
{
  uint64_t timed = timed_of(data, frame);
  return timed > 0 ? (data->functions[frame]->call_sum_ns + timed / 2) / timed : 0;
}

static uint64_t min_of(const struct data *data, size_t frame)
{
  return timed_of(data, frame) > 0 ? data->functions[frame]->call_min_ns : 0;
}

static uint64_t max_of(const struct data *data, size_t frame)
{
  return timed_of(data, frame) > 0 ? data->functions[frame]->call_max_ns : 0;
}

static const struct {
  const char *key;
  uint64_t (*value)(const struct data *data, size_t frame);
} frame_numbers[] = {
    {"kind", kind_of}, {"color", color_of}, {"line", line_of}, {"timed", timed_of},
    {"mean", mean_of}, {"min", min_of},     {"max", max_of},
};

static const char *application_of(const struct profile_frame *frame)
{
  return frame->application;
}

static const char *file_of(const struct profile_frame *frame)
{
  return frame->file;
}

// Texts that many frames share.
static const struct {
  const char *key, *list; // of a frame's index, of the texts
  const char *(*text)(const struct profile_frame *frame);
} frame_texts[] = {{"application", "applications", application_of}, {"file", "files", file_of}};
#define TEXTS (sizeof frame_texts / sizeof frame_texts[0])

static void add_frames(struct data *data, struct string_table *const texts[TEXTS])
{
  const struct profile *profile = data->profile;
  struct bytes *head = &data->head;
  add_key(head, "frames");
  add(head, "{");
  add_key(head, "name");
  for (size_t i = 0; i < profile->frame_count; i++) {
    add_item(head, i);
    add_string(data, profile->frames[i].name);
  }
  end_array(head, profile->frame_count);
  for (size_t column = 0; column < sizeof frame_numbers / sizeof frame_numbers[0]; column++) {
    add_key(head, frame_numbers[column].key);
    for (size_t i = 0; i < profile->frame_count; i++) {
      add_item(head, i);
      bytes_append_decimal(head, frame_numbers[column].value(data, i));
    }
    end_array(head, profile->frame_count);
  }
  for (size_t column = 0; column < TEXTS; column++) {
    add_key(head, frame_texts[column].key);
    for (size_t i = 0; i < profile->frame_count; i++) {
      const char *text = frame_texts[column].text(&profile->frames[i]);
      uint32_t index = string_table_intern(texts[column], text, strlen(text));
      add_item(head, i);
      bytes_append_decimal(head, index);
      head->failed |= index == STRING_TABLE_FAILED;
    }
    end_array(head, profile->frame_count);
  }
  add(head, "}");
  for (size_t list = 0; list < TEXTS && !head->failed; list++) {
    add_key(head, frame_texts[list].list);
    for (uint32_t i = 0; i < string_table_count(texts[list]); i++) {
      add_item(head, i);
      add_string(data, string_table_text(texts[list], i, NULL));
    }
    add(head, "]");
  }
}

// The weights that are not nothing, and not just all time under another name.
static void add_weights(struct data *data)
{
  const struct picture *picture = data->picture;
  uint64_t wall = picture_total(data->profile, WEIGHT_WALL);
  size_t count = 0;
  add_key(&data->head, "weights");
  for (enum weight weight = WEIGHT_WALL; weight < WEIGHTS; weight++) {
    uint64_t total = picture_total(data->profile, weight);
    if (weight != picture->weight && (total == 0 || (weight != WEIGHT_WALL && weight != WEIGHT_CALLS && total == wall)))
      continue;
    add_item(&data->head, count++);
    add_string(data, weight_names[weight]);
  }
  add(&data->head, "]");
  add_key(&data->head, "weight");
  add_string(data, weight_names[picture->weight]);
}

static void add_shades(struct bytes *head, const char *key, const uint32_t shades[LAYOUT_SHADES])
{
  add_key(head, key);
  for (size_t i = 0; i < LAYOUT_SHADES; i++) {
    add_item(head, i);
    bytes_append_decimal(head, shades[i]);
  }
  add(head, "]");
}

static void add_comparison(struct data *data)
{
  static const char *const sides[] = {"base", "head"};
  const struct layout_shades *shades = &data->picture->layout->shades;
  if (data->profile->base == NULL)
    return;
  add_key(&data->head, "compare");
  add(&data->head, "{");
  for (size_t i = 0; i < 2; i++) {
    const char *name = profile_fact_value(data->profile, sides[i]);
    add_key(&data->head, sides[i]);
    add_string(data, name != NULL ? name : sides[i]);
  }
  add_key(&data->head, "shades");
  add(&data->head, "{");
  add_shades(&data->head, "grown", shades->grown);
  add_shades(&data->head, "shrunk", shades->shrunk);
  add_count(&data->head, "same", shades->same);
  add(&data->head, "}}");
}

// Processes with spans, in order; a lane each.
static void add_lanes(struct data *data)
{
  const struct profile *profile = data->profile;
  size_t lanes = 0;
  add_key(&data->head, "lanes");
  for (size_t i = 0; i < profile->span_count; i++) {
    if (i > 0 && profile->spans[i].process == profile->spans[i - 1].process)
      continue;
    add_item(&data->head, lanes++);
    add_string(data,
               profile->frames[profile->nodes[profile->spans[i].node].frame].name); // the outermost span is the process
  }
  end_array(&data->head, lanes);
}

static size_t kept_spans(const struct data *data)
{
  size_t count = 0;
  for (size_t i = 0; i < data->profile->span_count; i++)
    count += data->spans[i];
  return count;
}

static void write_head(struct data *data, struct string_table *const texts[TEXTS], size_t callees)
{
  const struct picture *picture = data->picture;
  const struct profile *profile = data->profile;
  struct bytes *head = &data->head;
  add(head, "{");
  add_key(head, "unit");
  add(head, profile->counts_known ? "\"ns\"" : "\"\"");
  add_weights(data);
  add_flag(head, "icicle", picture->icicle);
  add_flag(head, "reversed", profile->own_kinds != NULL);
  add_flag(head, "chart", picture->layout->chart);
  add_count(head, "nodes", profile->node_count - 1);
  add_count(head, "callees", callees);
  add_flag(head, "calls", profile_has_calls(profile));
  add_flag(head, "own_kinds", profile->own_kinds != NULL);
  if (profile->tracing != NULL)
    add_flag(head, "tracing", true);
  add_frames(data, texts);
  add_key(head, "kinds");
  add(head, KINDS);
  add_count(head, "spans", kept_spans(data));
  add_lanes(data);
  add_comparison(data);
  add(head, "}");
}

// Unsigned LEB128: seven bits a byte, the lowest first; the last byte is below 128.
static void put(struct bytes *columns, uint64_t number)
{
  uint8_t bytes[10];
  size_t size = 0;
  for (; number >= 0x80; number >>= 7)
    bytes[size++] = (uint8_t)(number | 0x80);
  bytes[size++] = (uint8_t)number;
  bytes_append(columns, bytes, size);
}

static void put_up(struct bytes *columns, const struct profile_node *nodes, size_t count)
{
  for (uint32_t i = 1; i < count; i++) {
    uint64_t up = 0;
    for (uint32_t at = i - 1; at != nodes[i].parent; at = nodes[at].parent)
      up++;
    put(columns, up);
  }
}

static void put_own_kinds(struct data *data)
{
  for (size_t i = 1; i < data->profile->node_count; i++)
    put(&data->columns, data->profile->own_kinds[i]);
}

static void put_sides(struct data *data)
{
  const struct profile *profile = data->profile;
  for (size_t i = 1; i < profile->node_count; i++)
    put(&data->columns, profile->base[i].own);
  for (size_t i = 1; i < profile->node_count; i++)
    put(&data->columns, profile->base[i].calls);
}

// The lists of callees, as far as they have grown.
struct callees {
  struct string_table *pairs; // of a caller's and a callee's frame
  uint32_t *place;            // of each pair, in its caller's list
  uint32_t *size;             // of each frame's list; the last is the root's
};

// What `frame` has in its caller's list: its place, or the list's size when it has none yet. UINT32_MAX: out of memory.
static uint32_t find_callee(struct callees *callees, uint32_t caller, uint32_t frame)
{
  const uint32_t pair[] = {caller, frame};
  uint32_t known = string_table_count(callees->pairs);
  uint32_t id = string_table_intern(callees->pairs, (const char *)pair, sizeof pair);
  if (id == known)
    callees->place[id] = callees->size[caller]++;
  return id == STRING_TABLE_FAILED ? id : callees->place[id];
}

// Both columns, and how many numbers the second has.
static void put_frames(struct data *data, struct callees *callees, size_t *grown)
{
  const struct profile *profile = data->profile;
  uint32_t *appended = callees->place + profile->node_count + 1; // frames, behind the places
  *grown = 0;
  for (size_t i = 1; i < profile->node_count; i++) {
    const struct profile_node *node = &profile->nodes[i];
    uint32_t caller = node->parent == 0 ? (uint32_t)profile->frame_count : profile->nodes[node->parent].frame;
    uint32_t size = callees->size[caller], place = find_callee(callees, caller, node->frame);
    data->columns.failed |= place == UINT32_MAX;
    if (place == size)
      appended[(*grown)++] = node->frame;
    put(&data->columns, place);
  }
  for (size_t i = 0; i < *grown; i++)
    put(&data->columns, appended[i]);
}

static int put_callees(struct data *data, size_t *grown)
{
  size_t nodes = data->profile->node_count + 1;
  struct callees callees = {.pairs = string_table_new(),
                            .place = malloc(2 * nodes * sizeof *callees.place),
                            .size = calloc(data->profile->frame_count + 1, sizeof *callees.size)};
  bool whole = callees.pairs != NULL && callees.place != NULL && callees.size != NULL;
  if (whole)
    put_frames(data, &callees, grown);
  string_table_free(callees.pairs);
  free(callees.place);
  free(callees.size);
  return whole ? 0 : -1;
}

static void put_spans(struct data *data, const uint32_t *depths)
{
  const struct profile *profile = data->profile;
  enum { LANE, NODE, DEPTH, START, WIDTH, SPAN_COLUMNS };
  for (int column = 0; column < SPAN_COLUMNS; column++) {
    uint64_t lane = 0, last_ns = 0;
    for (size_t i = 0; i < profile->span_count; i++) {
      const struct profile_span *span = &profile->spans[i];
      if (i > 0 && span->process != span[-1].process) {
        lane++;
        last_ns = 0;
      }
      if (!data->spans[i])
        continue;
      const uint64_t values[] = {lane, span->node, depths[span->node], span->start_ns - last_ns, span->width_ns};
      put(&data->columns, values[column]);
      last_ns = span->start_ns;
    }
  }
}

static int put_chart(struct data *data)
{
  const struct profile_node *nodes = data->profile->nodes;
  if (data->profile->span_count == 0)
    return 0;
  uint32_t *depths = calloc(data->profile->node_count, sizeof *depths);
  if (depths == NULL)
    return -1;
  for (size_t i = 1; i < data->profile->node_count; i++) // a parent's index is smaller than its children's
    depths[i] = depths[nodes[i].parent] + 1;
  put_spans(data, depths);
  free(depths);
  return 0;
}

static int write_columns(struct data *data, size_t *callees)
{
  const struct profile *profile = data->profile;
  put_up(&data->columns, profile->nodes, profile->node_count);
  if (put_callees(data, callees) < 0)
    return -1;
  for (size_t i = 1; i < profile->node_count; i++)
    put(&data->columns, profile->nodes[i].own);
  bool calls = profile_has_calls(profile); // as the head says
  for (size_t i = 1; calls && i < profile->node_count; i++)
    put(&data->columns, profile->nodes[i].calls);
  if (profile->own_kinds != NULL)
    put_own_kinds(data);
  for (size_t i = 1; profile->tracing != NULL && i < profile->node_count; i++)
    put(&data->columns, profile->tracing[i]);
  if (profile->base != NULL)
    put_sides(data);
  return put_chart(data);
}

// The processes, and the longest of the others.
static int choose_spans(struct data *data)
{
  const struct profile *profile = data->profile;
  uint64_t *widths = malloc((profile->span_count + 1) * sizeof *widths);
  data->spans = malloc(profile->span_count + 1);
  for (size_t i = 0; widths != NULL && i < profile->span_count; i++)
    widths[i] = profile->spans[i].width_ns;
  int status = -1;
  if (widths != NULL && data->spans != NULL)
    status = rank_choose(widths, profile->span_count, MAX_SPANS, data->spans);
  for (size_t i = 0; status == 0 && i < profile->span_count; i++)
    data->spans[i] |= profile->nodes[profile->spans[i].node].parent == 0;
  free(widths);
  return status;
}

static int find_functions(struct data *data)
{
  const struct profile *profile = data->profile;
  data->functions = calloc(profile->frame_count + 1, sizeof *data->functions);
  for (size_t i = 0; data->functions != NULL && i < profile->function_count; i++)
    data->functions[profile->functions[i].frame] = &profile->functions[i];
  return data->functions != NULL ? 0 : -1;
}

// What is packed: the head's size, the head, the columns.
static int assemble(struct data *data, struct bytes *whole)
{
  struct string_table *texts[TEXTS] = {0};
  size_t callees = 0;
  int status = choose_spans(data) < 0 || find_functions(data) < 0 || write_columns(data, &callees) < 0 ? -1 : 0;
  for (size_t i = 0; i < TEXTS; i++)
    status = (texts[i] = string_table_new()) != NULL ? status : -1;
  if (status == 0) {
    write_head(data, texts, callees);
    for (unsigned shift = 0; shift < 32; shift += 8)
      bytes_append_u8(whole, (uint8_t)(data->head.size >> shift));
    bytes_append(whole, data->head.data, data->head.size);
    bytes_append(whole, data->columns.data, data->columns.size);
  }
  for (size_t i = 0; i < TEXTS; i++)
    string_table_free(texts[i]);
  return data->head.failed || data->columns.failed || data->scratch.failed || whole->failed ? -1 : status;
}

int data_write(const struct picture *picture, struct bytes *out, struct error *err)
{
  struct data data = {.picture = picture, .profile = picture->profile};
  struct bytes whole, packed;
  bytes_init(&data.head, DATA_MAX_BYTES);
  bytes_init(&data.columns, DATA_MAX_BYTES);
  bytes_init(&data.scratch, TEXT_SCRATCH_BYTES);
  bytes_init(&whole, DATA_MAX_BYTES);
  bytes_init(&packed, DATA_MAX_BYTES);
  int status = assemble(&data, &whole);
  if (status < 0)
    error_set(err, ERROR_MEMORY, "out of memory for the data of the picture");
  else
    status = zlib_pack(whole.data, whole.size, PACK_LEVEL, &packed, err);
  if (status == 0)
    base64_append(out, packed.data, packed.size);
  free(data.functions);
  free(data.spans);
  bytes_release(&data.head);
  bytes_release(&data.columns);
  bytes_release(&data.scratch);
  bytes_release(&whole);
  bytes_release(&packed);
  return status == 0 && out->failed ? error_set(err, ERROR_MEMORY, "out of memory for the data of the picture")
                                    : status;
}
