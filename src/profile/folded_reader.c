// Lines of `frame;frame;frame WEIGHT` in, a profile out. The weight is what follows the last space of the line, so
// frames may hold spaces. Invariant: what a line does not say exactly is an error that names the line.
#include "profile/profile.h"

#include <string.h>

#include "line_reader.h"
#include "profile/profile_builder.h"
#include "stack_reader.h"

// The whole number that is all of `text`; false when it is none or needs more than 64 bits.
static bool read_weight(const char *text, size_t size, uint64_t *weight)
{
  *weight = 0;
  for (size_t i = 0; i < size; i++) {
    if (text[i] < '0' || text[i] > '9')
      return false;
    if (__builtin_mul_overflow(*weight, 10, weight) || __builtin_add_overflow(*weight, text[i] - '0', weight))
      return false;
  }
  return size > 0;
}

static bool is_blank(const char *line, size_t size)
{
  while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\t'))
    size--;
  return size == 0;
}

static int read_stack(struct stack_reader *stacks, const char *line, size_t size, size_t number, struct error *err)
{
  if (memchr(line, '\0', size))
    return error_set(err, ERROR_DATA, "line %zu holds a zero byte: this is not folded text", number);
  const char *space = memrchr(line, ' ', size);
  uint64_t weight;
  if (!space || space == line || !read_weight(space + 1, (size_t)(line + size - space - 1), &weight))
    return error_set(
        err, ERROR_DATA,
        "line %zu is not folded text: expected `frame;frame WEIGHT` with a whole number after the last space", number);
  uint32_t node = stack_reader_node(stacks, line, (size_t)(space - line), number, err);
  if (node == PROFILE_FAILED)
    return -1;
  profile_builder_add(stacks->builder, node, weight, 0);
  return 0;
}

static int read_all(struct stack_reader *stacks, struct line_reader *lines, struct error *err)
{
  size_t count = 0;
  int more;
  while ((more = line_reader_next(lines, err)) > 0) {
    if (is_blank(lines->line, lines->size))
      continue;
    if (read_stack(stacks, lines->line, lines->size, lines->number, err) < 0)
      return -1;
    count++;
  }
  if (more == 0 && count == 0)
    return error_set(err, ERROR_DATA, "the folded input holds no stack");
  return more;
}

struct profile *profile_read_folded(struct byte_source *source, struct error *err)
{
  struct profile_builder *builder = profile_builder_new(err);
  if (!builder)
    return NULL;
  struct line_reader lines;
  struct stack_reader stacks;
  line_reader_init(&lines, source, "folded text");
  int status = stack_reader_init(&stacks, builder, LINE_MAX_BYTES, err);
  if (status == 0)
    status = read_all(&stacks, &lines, err);
  stack_reader_release(&stacks);
  line_reader_release(&lines);
  if (status == 0)
    return profile_builder_finish(builder, &(struct profile_totals){.counts_known = false}, err);
  profile_builder_free(builder);
  return NULL;
}
