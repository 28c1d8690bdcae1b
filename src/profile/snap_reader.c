// The text of a snapshot in (renderers/snap/SNAP.md), a profile of calls out. Invariant: what a line does not say
// exactly is an error that names the line.
#include "profile/profile_snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "line_reader.h"
#include "profile/profile_builder.h"
#include "stack_reader.h"

#define SNAP_MAX_CALLS 1000000 // captured ones that the fractions of a file are of
#define NAME_GAP "  "          // before a stack or a name, which may begin with a blank itself

enum section { SECTION_HEADER, SECTION_CALLS, SECTION_TIMES };

struct count {
  uint32_t node;
  uint64_t calls, of; // so many in `of` captured calls
};

struct time_line {
  uint32_t frame;
  struct profile_spread spread;
};

struct snap_reader {
  struct line_reader lines;
  struct stack_reader stacks;
  struct profile_builder *builder;
  struct bytes text;   // of the line at hand, ended by NUL
  struct bytes counts; // struct count
  struct bytes times;  // struct time_line
  enum section section;
  bool captured;           // counts are those of captured calls
  uint64_t captured_calls; // the smallest number for which all counts are whole
  uint64_t measured_calls;
  struct profile_spread call_time;
};

static int bad(const struct snap_reader *reader, const char *expected, struct error *err)
{
  return error_set(err, ERROR_DATA, "line %zu is not a line of a snapshot: expected %s", reader->lines.number,
                   expected);
}

static bool take(const char **at, const char *text)
{
  size_t size = strlen(text);
  if (strncmp(*at, text, size) != 0)
    return false;
  *at += size;
  return true;
}

// A whole number of at most 64 bits.
static bool take_number(const char **at, uint64_t *number)
{
  const char *from = *at;
  *number = 0;
  for (; **at >= '0' && **at <= '9'; ++*at) {
    if (__builtin_mul_overflow(*number, 10, number) || __builtin_add_overflow(*number, (uint64_t)(**at - '0'), number))
      return false;
  }
  return *at > from;
}

// "1.2ms", "850ns".
static bool take_time(const char **at, uint64_t *time_ns)
{
  static const struct {
    const char *name;
    uint64_t ns;
  } units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}};
  uint64_t whole, tenths = 0;
  if (!take_number(at, &whole))
    return false;
  if (take(at, ".")) {
    if (**at < '0' || **at > '9')
      return false;
    tenths = (uint64_t)(*(*at)++ - '0');
  }
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (take(at, units[i].name))
      return !__builtin_mul_overflow(whole, units[i].ns, time_ns) &&
             !__builtin_add_overflow(*time_ns, tenths * units[i].ns / 10, time_ns);
  return false;
}

static void skip_blanks(const char **at)
{
  while (**at == ' ')
    ++*at;
}

static int no_memory(struct error *err)
{
  return error_set(err, ERROR_MEMORY, "out of memory for a snapshot");
}

// Whether the line begins a section; the sections follow one another.
static bool take_section(struct snap_reader *reader, const char *at)
{
  bool captured = strcmp(at, SNAPSHOT_CALLS_CAPTURED) == 0;
  if (reader->section == SECTION_HEADER && (captured || strcmp(at, SNAPSHOT_CALLS_TRACE) == 0)) {
    reader->section = SECTION_CALLS;
    reader->captured = captured;
    return true;
  }
  if (reader->section == SECTION_CALLS && take(&at, SNAPSHOT_TIMES_OF) && take_number(&at, &reader->measured_calls) &&
      strcmp(at, SNAPSHOT_TIMES_CALLS) == 0 && reader->measured_calls > 0) {
    reader->section = SECTION_TIMES;
    return true;
  }
  return false;
}

// Keys that a later version may add are skipped.
static int read_fact(struct snap_reader *reader, const char *at, struct error *err)
{
  size_t size = strcspn(at, ": ");
  const char *value = at + size + 2;
  if (size == 0 || strncmp(at + size, ": ", 2) != 0)
    return bad(reader, "`KEY: VALUE` or the head of a section", err);
  for (size_t i = 0; i < SNAPSHOT_FACTS; i++)
    if (strlen(snapshot_facts[i].key) == size && memcmp(at, snapshot_facts[i].key, size) == 0)
      return profile_builder_fact(reader->builder, snapshot_facts[i].fact, value) < 0 ? no_memory(err) : 0;
  return 0;
}

// The counts of all lines become those of one number of captured calls.
static int widen(struct snap_reader *reader, uint64_t of, struct error *err)
{
  uint64_t more = of / profile_common_divisor(reader->captured_calls, of);
  if (more > SNAP_MAX_CALLS / reader->captured_calls)
    return error_set(err, ERROR_DATA, "line %zu: the fractions are of more than %d captured calls",
                     reader->lines.number, SNAP_MAX_CALLS);
  reader->captured_calls *= more;
  return 0;
}

// "      12  f;g": 12 calls of g from f in each captured call; "     25/2  f;g": 25 in two.
static int read_count(struct snap_reader *reader, const char *at, struct error *err)
{
  struct count count = {.of = 1};
  skip_blanks(&at);
  bool number = take_number(&at, &count.calls);
  if (number && reader->captured && take(&at, "/"))
    number = take_number(&at, &count.of) && count.of > 0;
  if (!number || count.calls == 0 || !take(&at, NAME_GAP) || !*at)
    return bad(reader, "`COUNT  frame;frame`", err);
  uint64_t divisor = profile_common_divisor(count.calls, count.of);
  count.calls /= divisor;
  count.of /= divisor;
  if (widen(reader, count.of, err) < 0)
    return -1;
  count.node = stack_reader_node(&reader->stacks, at, strlen(at), reader->lines.number, err);
  if (count.node == PROFILE_FAILED)
    return -1;
  bytes_append(&reader->counts, &count, sizeof count);
  return reader->counts.failed ? no_memory(err) : 0;
}

// "   1.2ms  1.1ms-1.4ms  shop:total/1": the median and the quartiles.
static int read_time(struct snap_reader *reader, const char *at, struct error *err)
{
  struct time_line line;
  struct profile_spread *spread = &line.spread;
  skip_blanks(&at);
  bool whole = take_time(&at, &spread->median_ns) && take(&at, NAME_GAP) &&
               take_time(&at, &spread->lower_quartile_ns) && take(&at, "-") &&
               take_time(&at, &spread->upper_quartile_ns) && take(&at, NAME_GAP) && *at;
  if (!whole || spread->lower_quartile_ns > spread->median_ns || spread->median_ns > spread->upper_quartile_ns)
    return bad(reader, "`MEDIAN  QUARTILE-QUARTILE  function`", err);
  if (strcmp(at, SNAPSHOT_WHOLE_CALL) == 0) {
    reader->call_time = *spread;
    return 0;
  }
  line.frame = profile_builder_frame(reader->builder, FRAME_FUNCTION, at, strlen(at), "", 0, false);
  bytes_append(&reader->times, &line, sizeof line);
  return line.frame == PROFILE_FAILED || reader->times.failed ? no_memory(err) : 0;
}

static int read_line(struct snap_reader *reader, struct error *err)
{
  static int (*const read[])(struct snap_reader *, const char *, struct error *) = {
      [SECTION_HEADER] = read_fact, [SECTION_CALLS] = read_count, [SECTION_TIMES] = read_time};
  const struct line_reader *lines = &reader->lines;
  bytes_clear(&reader->text);
  bytes_append(&reader->text, lines->line, lines->size);
  bytes_append_u8(&reader->text, 0);
  if (reader->text.failed)
    return no_memory(err);
  const char *text = (const char *)reader->text.data;
  if (strlen(text) != lines->size)
    return error_set(err, ERROR_DATA, "line %zu holds a zero byte: this is not a snapshot", lines->number);
  if (lines->number == 1)
    return strcmp(text, SNAPSHOT_FIRST_LINE) == 0
               ? 0
               : error_set(err, ERROR_DATA, "line 1: this flambeau reads snapshots that begin with `%s`",
                           SNAPSHOT_FIRST_LINE);
  return !*text || take_section(reader, text) ? 0 : read[reader->section](reader, text, err);
}

static int read_lines(struct snap_reader *reader, struct error *err)
{
  int more;
  while ((more = line_reader_next(&reader->lines, err)) > 0)
    if (read_line(reader, err) < 0)
      return -1;
  if (more == 0 && reader->section == SECTION_HEADER)
    return error_set(err, ERROR_DATA, "the snapshot ends after line %zu, before its calls", reader->lines.number);
  return more;
}

static int add_counts(struct snap_reader *reader, struct error *err)
{
  const struct count *counts = (const struct count *)reader->counts.data;
  uint64_t sum = 0, seen = reader->captured ? reader->captured_calls : 0;
  for (size_t i = 0; i < reader->counts.size / sizeof *counts; i++) {
    uint64_t calls;
    if (__builtin_mul_overflow(counts[i].calls, reader->captured_calls / counts[i].of, &calls) ||
        __builtin_add_overflow(sum, calls, &sum))
      return error_set(err, ERROR_DATA, "the calls add up to more than a 64-bit number holds");
    profile_builder_add(reader->builder, counts[i].node, 0, calls);
  }
  return profile_builder_calls(reader->builder, &(struct profile_call){0}, 0, seen) < 0 ? no_memory(err) : 0;
}

static int add_times(struct snap_reader *reader, struct error *err)
{
  const struct time_line *lines = (const struct time_line *)reader->times.data;
  if (reader->section != SECTION_TIMES)
    return 0;
  struct profile_spread *times = calloc(profile_builder_frame_count(reader->builder) + 1, sizeof *times);
  if (!times)
    return no_memory(err);
  for (size_t i = 0; i < reader->times.size / sizeof *lines; i++)
    times[lines[i].frame] = lines[i].spread;
  int status = profile_builder_measured(reader->builder, reader->measured_calls, &reader->call_time, times);
  free(times);
  return status < 0 ? no_memory(err) : 0;
}

static int read_all(struct snap_reader *reader, struct error *err)
{
  if (stack_reader_init(&reader->stacks, reader->builder, LINE_MAX_BYTES, err) < 0 || read_lines(reader, err) < 0)
    return -1;
  return add_counts(reader, err) < 0 ? -1 : add_times(reader, err);
}

struct profile *profile_read_snap(struct byte_source *source, struct error *err)
{
  struct snap_reader reader = {.builder = profile_builder_new(err), .captured_calls = 1};
  if (!reader.builder)
    return NULL;
  line_reader_init(&reader.lines, source, "a snapshot");
  bytes_init(&reader.text, 2 * LINE_MAX_BYTES);
  bytes_init(&reader.counts, PROFILE_MAX_NODES * sizeof(struct count));
  bytes_init(&reader.times, PROFILE_MAX_FRAMES * sizeof(struct time_line));
  int status = read_all(&reader, err);
  stack_reader_release(&reader.stacks);
  line_reader_release(&reader.lines);
  bytes_release(&reader.text);
  bytes_release(&reader.counts);
  bytes_release(&reader.times);
  if (status == 0)
    return profile_builder_finish(reader.builder, &(struct profile_totals){.counts_known = true, .calls_only = true},
                                  err);
  profile_builder_free(reader.builder);
  return NULL;
}

bool profile_is_snapshot(const void *head, size_t size)
{
  static const char mark[] = "flambeau snapshot ";
  return size >= sizeof mark - 1 && memcmp(head, mark, sizeof mark - 1) == 0;
}
