// Enters: the profile, maybe with spans. Leaves: speedscope's own file format,
// https://www.speedscope.app/file-format-schema.json:
//
//     {"$schema": ..., "name": ..., "activeProfileIndex": 0, "shared": {"frames": [{"name", "file", "line"}, ...]},
//      "profiles": [...]}
//
// A chart comes first, one "evented" profile for each process with its frames in time, in nanoseconds since the first
// event of all; then one "sampled" profile for each weight that weighs anything. A sample lists the frames of its
// stack, outermost first. The one shown first is the first process, or the picture's weight.
//
// Written by hand, not by jansson: nearly all of it is arrays of integers, which need no tree in memory, and texts have
// gone through text_clean.
#include <string.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "picture/measures.h"
#include "picture/text.h"
#include "profile/stack_walk.h"
#include "renderers/renderer.h"

#define PIECE_BYTES ((size_t)64 << 10)
#define PIECE_MAX_BYTES ((size_t)1 << 20) // a piece and the longest text

struct file {
  const struct profile *profile;
  struct byte_sink *out;
  struct stack_walk walk;
  struct bytes piece;   // not yet written
  struct bytes scratch; // of the text last cleaned
  struct bytes open;    // of a chart: indices of the spans that lie around the next one
  size_t size;          // written
  size_t profiles;      // begun
};

static void flush(struct file *file)
{
  file->size += file->piece.size;
  byte_sink_write(file->out, file->piece.data, file->piece.size);
  if (file->piece.failed)
    error_set(&file->out->error, ERROR_MEMORY, "out of memory while writing");
  bytes_clear(&file->piece);
}

static void put(struct file *file, const char *text)
{
  if (file->piece.size >= PIECE_BYTES)
    flush(file);
  bytes_append(&file->piece, text, strlen(text));
}

static void put_number(struct file *file, const char *before, uint64_t number)
{
  put(file, before);
  bytes_append_decimal(&file->piece, number);
}

static void put_text(struct file *file, const char *before, const char *text)
{
  put(file, before);
  text_append_json(&file->piece, text_name(&file->scratch, text));
}

static const char *comma(size_t index)
{
  return index == 0 ? "" : ",";
}

static bool is_full(const struct file *file)
{
  return file->size > STACKS_MAX_BYTES || file->out->error.code != ERROR_NONE;
}

static void put_frames(struct file *file)
{
  put(file, "\"shared\":{\"frames\":[");
  for (size_t i = 0; i < file->profile->frame_count; i++) {
    const struct profile_frame *frame = &file->profile->frames[i];
    put(file, comma(i));
    put_text(file, "\n{\"name\":", frame->name);
    if (frame->line > 0) {
      put_text(file, ",\"file\":", frame->file);
      put_number(file, ",\"line\":", frame->line);
    }
    put(file, "}");
  }
  put(file, "\n]},\n\"profiles\":[");
}

static void begin_profile(struct file *file, const char *type, const char *name, bool time, uint64_t start,
                          uint64_t end)
{
  put(file, comma(file->profiles++));
  put_text(file, "\n{\"type\":", type);
  put_text(file, ",\"name\":", name);
  put_text(file, ",\"unit\":", time ? "nanoseconds" : "none");
  put_number(file, ",\"startValue\":", start);
  put_number(file, ",\"endValue\":", end);
}

static uint64_t total_of(const struct profile *profile, enum weight weight)
{
  uint64_t total = 0;
  for (uint32_t node = 1; node < profile->node_count; node++)
    total += profile_own_weight(profile, node, weight);
  return total;
}

static void put_stack(struct file *file)
{
  for (size_t i = 0; i < file->walk.depth; i++)
    put_number(file, i == 0 ? "[" : ",", file->profile->nodes[file->walk.nodes[i]].frame);
  put(file, "]");
}

static void put_sampled(struct file *file, const struct measure *measure, uint64_t total)
{
  begin_profile(file, "sampled", measure->title, measure->time, 0, total);
  put(file, ",\"samples\":[");
  size_t count = 0;
  while (stack_walk_next(&file->walk)) {
    if (profile_own_weight(file->profile, file->walk.node, measure->weight) == 0 || is_full(file))
      continue;
    put(file, comma(count++));
    put(file, "\n");
    put_stack(file);
  }
  put(file, "\n],\"weights\":[");
  count = 0;
  for (uint32_t node = 1; node < file->profile->node_count; node++) {
    uint64_t weight = profile_own_weight(file->profile, node, measure->weight);
    if (weight > 0)
      put_number(file, comma(count++), weight);
  }
  put(file, "]}");
}

// Which of them, counted from 0, is of the picture's weight.
static size_t index_of_weight(const struct picture *picture)
{
  size_t count, index = 0;
  const struct measure *measures = measures_of(picture->profile, &count);
  for (size_t i = 0; i < count && measures[i].weight != picture->weight; i++)
    index += total_of(picture->profile, measures[i].weight) > 0;
  return index;
}

static void put_weights(struct file *file)
{
  size_t count;
  const struct measure *measures = measures_of(file->profile, &count);
  for (size_t i = 0; i < count; i++) {
    uint64_t total = total_of(file->profile, measures[i].weight);
    if (total > 0)
      put_sampled(file, &measures[i], total);
  }
}

#define EVENT_OPENS "\n{\"type\":\"O\","
#define EVENT_CLOSES "\n{\"type\":\"C\","

static void put_event(struct file *file, size_t *count, const char *type, uint32_t frame, uint64_t at)
{
  put(file, comma((*count)++));
  put(file, type);
  put_number(file, "\"frame\":", frame);
  put_number(file, ",\"at\":", at);
  put(file, "}");
}

struct open_span {
  uint32_t frame;
  uint64_t end;
};

static struct open_span *innermost(const struct file *file)
{
  return file->open.size == 0 ? NULL
                              : (struct open_span *)(file->open.data + file->open.size - sizeof(struct open_span));
}

// Closes what has ended by `at`.
static void close_spans(struct file *file, size_t *count, uint64_t at)
{
  for (struct open_span *span = innermost(file); span && span->end <= at; span = innermost(file)) {
    put_event(file, count, EVENT_CLOSES, span->frame, span->end);
    file->open.size -= sizeof *span;
  }
}

// Spans `first` to `end` are of one process. What reaches past the one it lies in is cut there: events nest.
static void put_evented(struct file *file, size_t first, size_t end)
{
  const struct profile_span *spans = file->profile->spans;
  uint64_t start_ns = spans[first].start_ns, end_ns = start_ns;
  for (size_t i = first; i < end; i++)
    end_ns = spans[i].start_ns + spans[i].width_ns > end_ns ? spans[i].start_ns + spans[i].width_ns : end_ns;
  begin_profile(file, "evented", file->profile->processes[spans[first].process].title, true, start_ns, end_ns);
  put(file, ",\"events\":[");
  size_t count = 0;
  for (size_t i = first; i < end; i++) {
    struct open_span span = {file->profile->nodes[spans[i].node].frame, spans[i].start_ns + spans[i].width_ns};
    close_spans(file, &count, spans[i].start_ns);
    const struct open_span *around = innermost(file);
    if (around && around->end < span.end)
      span.end = around->end;
    if (spans[i].width_ns == 0 || is_full(file))
      continue;
    put_event(file, &count, EVENT_OPENS, span.frame, spans[i].start_ns);
    bytes_append(&file->open, &span, sizeof span);
  }
  close_spans(file, &count, end_ns);
  put(file, "\n]}");
}

static void put_chart(struct file *file)
{
  const struct profile *profile = file->profile;
  for (size_t first = 0, end = 0; first < profile->span_count; first = end) {
    while (end < profile->span_count && profile->spans[end].process == profile->spans[first].process)
      end++;
    put_evented(file, first, end);
  }
}

static void put_file(struct file *file, const struct picture *picture)
{
  put(file, "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\"");
  put_text(file, ",\n\"exporter\":", "flambeau " FLAMBEAU_VERSION);
  put_text(file, ",\n\"name\":", picture->title);
  put_number(file, ",\n\"activeProfileIndex\":", file->profile->span_count > 0 ? 0 : index_of_weight(picture));
  put(file, ",\n");
  put_frames(file);
  put_chart(file);
  put_weights(file);
  put(file, "\n]}\n");
  flush(file);
}

static int speedscope_render(const struct picture *picture, struct byte_sink *out, struct error *err)
{
  struct file file = {.profile = picture->profile, .out = out};
  if (measures_check(picture, err) < 0 || stack_walk_init(&file.walk, picture->profile, err) < 0)
    return -1;
  bytes_init(&file.piece, PIECE_MAX_BYTES);
  bytes_init(&file.scratch, TEXT_SCRATCH_BYTES);
  bytes_init(&file.open, (picture->profile->span_count + 1) * sizeof(struct open_span));
  put_file(&file, picture);
  int status = 0;
  if (file.scratch.failed || file.open.failed)
    status = error_set(err, ERROR_MEMORY, "out of memory while writing");
  else if (file.size > STACKS_MAX_BYTES)
    status = error_set(err, ERROR_OUTPUT, "for speedscope these stacks take more than %zu MiB; write an .svg instead",
                       STACKS_MAX_BYTES >> 20);
  else if (out->error.code != ERROR_NONE)
    status = error_set(err, out->error.code, "%s", out->error.message);
  bytes_release(&file.open);
  bytes_release(&file.scratch);
  bytes_release(&file.piece);
  stack_walk_release(&file.walk);
  return status;
}

const struct renderer renderer_speedscope = {
    .name = "speedscope",
    .extension = ".speedscope.json",
    .summary = "for https://www.speedscope.app, every weight in one file",
    .time_order = true,
    .render = speedscope_render,
};
