// Enters: the profile. Leaves: pprof's Profile message (profile.proto), for whoever puts gzip in front of it: a sample
// for each stack that weighs anything, its values one of each weight; a frame is one function at one location.
//
// It is written in pieces: messages of one type written one behind another are read as one whose repeated fields are
// joined, so there is never more than one sample in memory. The table of strings, known when all is written, is last.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "base/string_table.h"
#include "picture/measures.h"
#include "picture/text.h"
#include "profile.pb-c.h"
#include "profile/stack_walk.h"
#include "renderers/renderer.h"

#define MAPPING_ID 1
#define NS_PER_S INT64_C(1000000000)

typedef Perftools__Profiles__Profile message_profile;

struct file {
  const struct picture *picture;
  const struct profile *profile;
  struct byte_sink *out;
  const struct measure *measures;
  size_t measure_count;
  struct string_table *strings;
  struct stack_walk walk;
  uint64_t *locations; // of one sample, innermost first
  struct bytes piece, scratch;
  size_t size; // written
  bool failed; // out of memory
};

static void put(struct file *file, const message_profile *piece)
{
  size_t size = perftools__profiles__profile__get_packed_size(piece);
  bytes_clear(&file->piece);
  uint8_t *room = bytes_reserve(&file->piece, size);
  file->size += size;
  if (room)
    byte_sink_write(file->out, room, perftools__profiles__profile__pack(piece, room));
  else if (file->size <= STACKS_MAX_BYTES)
    file->failed = true;
}

static int64_t string(struct file *file, const char *text)
{
  uint32_t id = string_table_intern(file->strings, text, strlen(text));
  file->failed |= id == STRING_TABLE_FAILED;
  return id;
}

static int64_t clean_string(struct file *file, const char *text)
{
  return *text ? string(file, text_name(&file->scratch, text)) : 0;
}

static void put_types(struct file *file)
{
  message_profile piece = PERFTOOLS__PROFILES__PROFILE__INIT;
  for (size_t i = 0; i < file->measure_count; i++) {
    Perftools__Profiles__ValueType type = PERFTOOLS__PROFILES__VALUE_TYPE__INIT, *types = &type;
    type.type = string(file, file->measures[i].name);
    type.unit = string(file, file->measures[i].time ? "nanoseconds" : "count");
    piece.n_sample_type = 1;
    piece.sample_type = &types;
    piece.default_sample_type = file->measures[i].weight == file->picture->weight ? type.type : 0;
    put(file, &piece);
  }
}

// "2026-01-31T12:00:00Z"; 0 when it is none.
static int64_t nanos_of(const char *started)
{
  struct tm utc = {0};
  const char *end = started ? strptime(started, "%Y-%m-%dT%H:%M:%SZ", &utc) : NULL;
  int64_t nanos;
  bool whole = end && *end == '\0' && !__builtin_mul_overflow((int64_t)timegm(&utc), (int64_t)NS_PER_S, &nanos);
  return whole ? nanos : 0;
}

static int64_t number_of(const struct profile *profile, const char *key)
{
  const char *value = profile_fact_value(profile, key);
  return value ? strtoll(value, NULL, 10) : 0;
}

static void put_comment(struct file *file, const char *before, const char *text)
{
  char comment[1024];
  if (!text || !*text)
    return;
  snprintf(comment, sizeof comment, "%s%s", before, text);
  int64_t id = clean_string(file, comment);
  message_profile piece = PERFTOOLS__PROFILES__PROFILE__INIT;
  piece.n_comment = 1;
  piece.comment = &id;
  put(file, &piece);
}

static void put_run(struct file *file)
{
  message_profile piece = PERFTOOLS__PROFILES__PROFILE__INIT;
  Perftools__Profiles__Mapping mapping = PERFTOOLS__PROFILES__MAPPING__INIT, *mappings = &mapping;
  const char *node = profile_fact_value(file->profile, "node");
  mapping.id = MAPPING_ID;
  mapping.filename = node ? clean_string(file, node) : 0;
  mapping.has_functions = mapping.has_filenames = mapping.has_line_numbers = mapping.has_inline_frames = true;
  piece.n_mapping = 1;
  piece.mapping = &mappings;
  piece.time_nanos = nanos_of(profile_fact_value(file->profile, "started"));
  int64_t begin = number_of(file->profile, "begin_ns"), end = number_of(file->profile, "end_ns"), duration;
  if (!__builtin_sub_overflow(end, begin, &duration) && duration > 0)
    piece.duration_nanos = duration;
  put(file, &piece);
  put_comment(file, "", file->picture->title);
  put_comment(file, "node ", node);
  put_comment(file, "OTP ", profile_fact_value(file->profile, "otp"));
  put_comment(file, "target ", profile_fact_value(file->profile, "target"));
  put_comment(file, "written by flambeau ", FLAMBEAU_VERSION);
}

static void put_frames(struct file *file)
{
  for (size_t i = 0; i < file->profile->frame_count; i++) {
    const struct profile_frame *frame = &file->profile->frames[i];
    Perftools__Profiles__Function function = PERFTOOLS__PROFILES__FUNCTION__INIT, *functions = &function;
    Perftools__Profiles__Location location = PERFTOOLS__PROFILES__LOCATION__INIT, *locations = &location;
    Perftools__Profiles__Line line = PERFTOOLS__PROFILES__LINE__INIT, *lines = &line;
    message_profile piece = PERFTOOLS__PROFILES__PROFILE__INIT;
    function.id = location.id = line.function_id = i + 1;
    function.name = function.system_name = string(file, text_name(&file->scratch, frame->name));
    function.filename = frame->line > 0 ? clean_string(file, frame->file) : 0;
    function.start_line = line.line = frame->line;
    location.mapping_id = MAPPING_ID;
    location.n_line = piece.n_function = piece.n_location = 1;
    location.line = &lines;
    piece.function = &functions;
    piece.location = &locations;
    put(file, &piece);
  }
}

static bool get_values(const struct file *file, int64_t *values)
{
  bool weighs = false;
  for (size_t i = 0; i < file->measure_count; i++) {
    values[i] = (int64_t)profile_own_weight(file->profile, file->walk.node, file->measures[i].weight);
    weighs |= values[i] > 0;
  }
  return weighs;
}

static void put_sample(struct file *file, int64_t *values)
{
  const struct stack_walk *walk = &file->walk;
  Perftools__Profiles__Sample sample = PERFTOOLS__PROFILES__SAMPLE__INIT, *samples = &sample;
  Perftools__Profiles__Label label = PERFTOOLS__PROFILES__LABEL__INIT, *labels = &label;
  message_profile piece = PERFTOOLS__PROFILES__PROFILE__INIT;
  for (size_t i = 0; i < walk->depth; i++) {
    uint32_t frame = file->profile->nodes[walk->nodes[i]].frame;
    file->locations[walk->depth - 1 - i] = frame + UINT64_C(1);
    if (file->profile->frames[frame].kind == FRAME_PROCESS) {
      label.key = string(file, "process");
      label.str = string(file, text_name(&file->scratch, file->profile->frames[frame].name));
      sample.n_label = 1;
      sample.label = &labels;
    }
  }
  sample.n_location_id = walk->depth;
  sample.location_id = file->locations;
  sample.n_value = file->measure_count;
  sample.value = values;
  piece.n_sample = 1;
  piece.sample = &samples;
  put(file, &piece);
}

static void put_samples(struct file *file)
{
  int64_t values[MEASURES_MAX];
  while (stack_walk_next(&file->walk))
    if (get_values(file, values) && file->size <= STACKS_MAX_BYTES && file->out->error.code == ERROR_NONE)
      put_sample(file, values);
}

static void put_strings(struct file *file)
{
  for (uint32_t i = 0; i < string_table_count(file->strings); i++) {
    message_profile piece = PERFTOOLS__PROFILES__PROFILE__INIT;
    char *text = (char *)(uintptr_t)string_table_text(file->strings, i, NULL); // packing only reads it
    piece.n_string_table = 1;
    piece.string_table = &text;
    put(file, &piece);
  }
}

// A sum is what its readers show.
static int check_sums(const struct file *file, struct error *err)
{
  for (size_t i = 0; i < file->measure_count; i++) {
    uint64_t sum = 0;
    for (uint32_t node = 1; node < file->profile->node_count; node++)
      if (__builtin_add_overflow(sum, profile_own_weight(file->profile, node, file->measures[i].weight), &sum) ||
          sum > INT64_MAX)
        return error_set(err, ERROR_DATA, "the weights add up to more than the 63 bits that pprof has can hold");
  }
  return 0;
}

static int put_file(struct file *file, struct error *err)
{
  put_types(file);
  put_run(file);
  put_frames(file);
  put_samples(file);
  put_strings(file);
  if (file->size > STACKS_MAX_BYTES)
    return error_set(err, ERROR_OUTPUT, "for pprof these stacks take more than %zu MiB; write an .svg instead",
                     STACKS_MAX_BYTES >> 20);
  if (file->out->error.code != ERROR_NONE)
    return error_set(err, file->out->error.code, "%s", file->out->error.message);
  return file->failed || file->scratch.failed ? error_set(err, ERROR_MEMORY, "out of memory while writing") : 0;
}

static int pprof_render(const struct picture *picture, struct byte_sink *out, struct error *err)
{
  struct file file = {.picture = picture, .profile = picture->profile, .out = out};
  file.measures = measures_of(file.profile, &file.measure_count);
  if (measures_check(picture, err) < 0 || check_sums(&file, err) < 0 ||
      stack_walk_init(&file.walk, file.profile, err) < 0)
    return -1;
  bytes_init(&file.piece, STACKS_MAX_BYTES);
  bytes_init(&file.scratch, TEXT_SCRATCH_BYTES);
  file.strings = string_table_new();
  file.locations = calloc(file.walk.depth_max, sizeof *file.locations);
  int status = file.strings && file.locations ? put_file(&file, err) : error_set(err, ERROR_MEMORY, "out of memory");
  free(file.locations);
  string_table_free(file.strings);
  bytes_release(&file.scratch);
  bytes_release(&file.piece);
  stack_walk_release(&file.walk);
  return status;
}

const struct renderer renderer_pprof = {
    .name = "pprof",
    .extension = ".pb.gz",
    .summary = "for pprof, every weight in one file",
    .gzipped = true,
    .render = pprof_render,
};
