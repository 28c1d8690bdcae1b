// Enters: the profile. Leaves: its stacks as text that every flame-graph tool reads, one a line, sorted by bytes:
//
//     frame;frame;frame WEIGHT\n
//
// The root is left out, outermost frame first; WEIGHT is a positive integer, nanoseconds or calls; stacks that weigh
// nothing have no line. In a name `;` becomes `:`; control characters and bytes that are no UTF-8 become `?`, as does
// an empty name. Stacks that are written the same are one line. Lines of a deep recursion grow with its depth: text
// past STACKS_MAX_BYTES is an error.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "picture/measures.h"
#include "picture/text.h"
#include "profile/stack_walk.h"
#include "renderers/renderer.h"

struct line {
  size_t offset;     // of the stack in the text
  const char *stack; // NUL-terminated; set when the text has stopped growing
  uint64_t weight;
};

struct folded {
  struct bytes stacks;
  struct bytes path; // of the node the walk is at, ';' behind each frame
  struct line *lines;
  size_t line_count;
};

static void append_name(struct bytes *path, const char *name)
{
  const char *end = name + strlen(name);
  if (name == end)
    bytes_append_u8(path, '?');
  while (name < end) {
    const char *from = name;
    uint32_t character = text_next(&name, end);
    bool itself = name - from == 3 && memcmp(from, "\uFFFD", 3) == 0;
    if (character == TEXT_REPLACEMENT && !itself)
      bytes_append_u8(path, '?');
    else if (character == ';')
      bytes_append_u8(path, ':');
    else
      bytes_append(path, from, (size_t)(name - from));
  }
  bytes_append_u8(path, ';');
}

// Back to the path of the parent: behind the last ';' but one.
static void drop_name(struct bytes *path)
{
  if (path->size > 0)
    path->size--;
  while (path->size > 0 && path->data[path->size - 1] != ';')
    path->size--;
}

static void add_line(struct folded *folded, uint64_t weight)
{
  if (weight == 0 || folded->path.size == 0)
    return;
  folded->lines[folded->line_count++] = (struct line){.offset = folded->stacks.size, .weight = weight};
  bytes_append(&folded->stacks, folded->path.data, folded->path.size - 1);
  bytes_append_u8(&folded->stacks, 0);
}

// The path follows the walk, a name for each frame of the stack.
static void collect_lines(struct folded *folded, struct stack_walk *walk, enum weight weight)
{
  const struct profile *profile = walk->profile;
  size_t names = 0;
  while (stack_walk_next(walk)) {
    for (; names >= walk->depth; names--)
      drop_name(&folded->path);
    append_name(&folded->path, profile->frames[profile->nodes[walk->node].frame].name);
    names++;
    add_line(folded, profile_own_weight(profile, walk->node, weight));
  }
}

// As the finished lines compare: behind the stack comes a blank.
static int compare_lines(const void *left, const void *right)
{
  const char *a = ((const struct line *)left)->stack, *b = ((const struct line *)right)->stack;
  while (*a == *b && *a != '\0') {
    a++;
    b++;
  }
  unsigned char next_a = *a == '\0' ? ' ' : (unsigned char)*a, next_b = *b == '\0' ? ' ' : (unsigned char)*b;
  if (next_a != next_b)
    return next_a < next_b ? -1 : 1;
  return (*a != '\0') - (*b != '\0');
}

static int write_lines(struct folded *folded, struct byte_sink *out, struct error *err)
{
  if (folded->line_count == 0)
    return error_set(err, ERROR_EMPTY, "nothing to write: the input weighs nothing in this weight");
  for (size_t i = 0; i < folded->line_count; i++)
    folded->lines[i].stack = (const char *)folded->stacks.data + folded->lines[i].offset;
  qsort(folded->lines, folded->line_count, sizeof *folded->lines, compare_lines);
  for (size_t i = 0; i < folded->line_count; i++) {
    struct line *line = &folded->lines[i], *next = line + 1;
    bool again = i + 1 < folded->line_count && strcmp(line->stack, next->stack) == 0;
    if (!again)
      byte_sink_printf(out, "%s %" PRIu64 "\n", line->stack, line->weight);
    else if (__builtin_add_overflow(next->weight, line->weight, &next->weight))
      return error_set(err, ERROR_DATA, "the weights add up to more than 64 bits can hold");
  }
  return 0;
}

static int folded_render(const struct picture *picture, struct byte_sink *out, struct error *err)
{
  struct folded folded = {.lines = calloc(picture->profile->node_count, sizeof *folded.lines)};
  struct stack_walk walk;
  if (folded.lines == NULL || stack_walk_init(&walk, picture->profile, err) < 0) {
    free(folded.lines);
    return error_set(err, ERROR_MEMORY, "out of memory for %zu stacks", picture->profile->node_count);
  }
  bytes_init(&folded.stacks, STACKS_MAX_BYTES);
  bytes_init(&folded.path, STACKS_MAX_BYTES);
  collect_lines(&folded, &walk, picture->weight);
  int status;
  if (folded.stacks.failed || folded.path.failed)
    status = error_set(err, ERROR_OUTPUT, "as folded text these stacks take more than %zu MiB; write an .svg instead",
                       STACKS_MAX_BYTES >> 20);
  else
    status = write_lines(&folded, out, err);
  bytes_release(&folded.stacks);
  bytes_release(&folded.path);
  stack_walk_release(&walk);
  free(folded.lines);
  return status;
}

const struct renderer renderer_folded = {
    .name = "folded",
    .extension = ".folded",
    .summary = "stacks as text, one a line, for other tools",
    .render = folded_render,
};
