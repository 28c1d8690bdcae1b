// A path in, a profile out. The first bytes decide what the file is, so that a renamed file still reads; only a name
// that ends in .flb or .snap is taken by its word, for the better sentence when it is none.
#include "input.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/byte_io.h"
#include "capture/capture.h"
#include "console.h"
#include "event/event_sink.h"
#include "fold/fold.h"
#include "profile/profile.h"
#include "profile/profile_snapshot.h"

#define HEAD_BYTES 512

// The bytes that were read to look at them, then the rest.
struct peeked_source {
  struct byte_source source;
  struct byte_source *rest; // borrowed
  unsigned char head[HEAD_BYTES];
  size_t head_size;
  size_t taken;
};

static ptrdiff_t peeked_read(struct byte_source *source, void *data, size_t size)
{
  struct peeked_source *peeked = (struct peeked_source *)source;
  size_t left = peeked->head_size - peeked->taken;
  if (left > 0) {
    size = size < left ? size : left;
    memcpy(data, peeked->head + peeked->taken, size);
    peeked->taken += size;
    return (ptrdiff_t)size;
  }
  ptrdiff_t got = byte_source_read(peeked->rest, data, size);
  if (got < 0)
    source->error = peeked->rest->error;
  return got;
}

static int peeked_init(struct peeked_source *peeked, struct byte_source *rest, struct error *err)
{
  static const struct byte_source_ops ops = {.read = peeked_read};
  *peeked = (struct peeked_source){.source.ops = &ops, .rest = rest};
  ptrdiff_t got = byte_source_read_full(rest, peeked->head, HEAD_BYTES);
  if (got < 0)
    return error_set(err, rest->error.code, "%s", rest->error.message);
  peeked->head_size = (size_t)got;
  return 0;
}

static bool is_binary(const unsigned char *head, size_t size)
{
  if (capture_is(head, size))
    return true;
  for (size_t i = 0; i < size; i++)
    if (head[i] < 0x20 && head[i] != '\n' && head[i] != '\r' && head[i] != '\t')
      return true;
  return false;
}

static bool ends_with(const char *path, const char *end)
{
  size_t size = strlen(path), end_size = strlen(end);
  return size > end_size && strcmp(path + size - end_size, end) == 0;
}

static const char *input_name(const char *path)
{
  return strcmp(path, "-") == 0 ? "standard input" : path;
}

void input_say_cut(const char *path)
{
  console_say("%s was cut: its end is missing, what came before it is shown", input_name(path));
}

static struct profile *read_capture(const char *path, struct byte_source *source, const struct fold_options *options,
                                    struct error *err)
{
  struct fold *fold = fold_new(options, err);
  if (!fold)
    return NULL;
  struct capture_status status = {0};
  struct profile *profile = NULL;
  struct event_sink *sink = fold_sink(fold);
  if (capture_read(source, sink, &status, err) == 0 &&
      (!status.cut || sink->ops->fact(sink, "ended", "cut", err) == 0)) // the file's own last word is missing
    profile = fold_finish(fold, err);
  fold_free(fold);
  if (profile && status.cut)
    input_say_cut(path);
  return profile;
}

// Whatever is no text goes to the capture reader: it knows other kinds of files by their first bytes and says so.
static struct profile *read_peeked(const char *path, struct peeked_source *peeked, const struct fold_options *options,
                                   struct error *err)
{
  if (profile_is_snapshot(peeked->head, peeked->head_size) || ends_with(path, ".snap"))
    return profile_read_snap(&peeked->source, err);
  if (ends_with(path, ".flb") || is_binary(peeked->head, peeked->head_size))
    return read_capture(path, &peeked->source, options, err);
  return profile_read_folded(&peeked->source, err);
}

struct profile *input_read(const char *path, const struct fold_options *options, struct error *err)
{
  const char *name = input_name(path);
  struct byte_source *source = file_source_new(path, err);
  if (!source)
    return NULL;
  struct error failure = {0};
  struct peeked_source peeked;
  struct profile *profile = NULL;
  if (peeked_init(&peeked, source, err) == 0) {
    profile = read_peeked(path, &peeked, options, &failure);
    if (!profile)
      error_set(err, failure.code, "%.100s: %s", name, failure.message);
  }
  byte_source_free(source);
  return profile;
}
