// Terms in the external format, both ways. ei's decoders trust the lengths they read, so a reader first walks the
// whole term with term_span(), which trusts nothing; after that ei is only given bytes that are there.
#include "node/term.h"

#include <ei.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_reader.h"
#include "term_writer.h"

// What follows a tag: a count of `count_width` bytes, then `bytes` and `count_bytes` times the count, or as many whole
// terms, or a node's atom and then a tail.
struct shape {
  unsigned char tag;
  unsigned char count_width;
  signed char bytes;
  unsigned char count_bytes;
  unsigned char terms;
  unsigned char count_terms;
  unsigned char tail; // with tail or count_tail an atom comes first
  unsigned char count_tail;
};

static const struct shape shapes[] = {
    {.tag = ERL_SMALL_INTEGER_EXT, .bytes = 1},
    {.tag = ERL_INTEGER_EXT, .bytes = 4},
    {.tag = ERL_FLOAT_EXT, .bytes = 31},
    {.tag = NEW_FLOAT_EXT, .bytes = 8},
    {.tag = ERL_ATOM_EXT, .count_width = 2, .count_bytes = 1},
    {.tag = ERL_ATOM_UTF8_EXT, .count_width = 2, .count_bytes = 1},
    {.tag = ERL_SMALL_ATOM_EXT, .count_width = 1, .count_bytes = 1},
    {.tag = ERL_SMALL_ATOM_UTF8_EXT, .count_width = 1, .count_bytes = 1},
    {.tag = ERL_STRING_EXT, .count_width = 2, .count_bytes = 1},
    {.tag = ERL_BINARY_EXT, .count_width = 4, .count_bytes = 1},
    {.tag = ERL_BIT_BINARY_EXT, .count_width = 4, .count_bytes = 1, .bytes = 1},
    {.tag = ERL_SMALL_BIG_EXT, .count_width = 1, .count_bytes = 1, .bytes = 1},
    {.tag = ERL_LARGE_BIG_EXT, .count_width = 4, .count_bytes = 1, .bytes = 1},
    {.tag = ERL_NEW_FUN_EXT, .count_width = 4, .count_bytes = 1, .bytes = -4}, // the count counts itself
    {.tag = ERL_NIL_EXT},
    {.tag = ERL_SMALL_TUPLE_EXT, .count_width = 1, .count_terms = 1},
    {.tag = ERL_LARGE_TUPLE_EXT, .count_width = 4, .count_terms = 1},
    {.tag = ERL_LIST_EXT, .count_width = 4, .count_terms = 1, .terms = 1},
    {.tag = ERL_MAP_EXT, .count_width = 4, .count_terms = 2},
    {.tag = ERL_EXPORT_EXT, .terms = 3},
    {.tag = ERL_PID_EXT, .tail = 9},
    {.tag = ERL_NEW_PID_EXT, .tail = 12},
    {.tag = ERL_PORT_EXT, .tail = 5},
    {.tag = ERL_NEW_PORT_EXT, .tail = 8},
    {.tag = ERL_V4_PORT_EXT, .tail = 12},
    {.tag = ERL_NEW_REFERENCE_EXT, .count_width = 2, .tail = 1, .count_tail = 4},
    {.tag = ERL_NEWER_REFERENCE_EXT, .count_width = 2, .tail = 4, .count_tail = 4},
};

static const struct shape *shape_of(unsigned tag)
{
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    if (shapes[i].tag == tag)
      return &shapes[i];
  return NULL;
}

static bool is_atom(unsigned tag)
{
  return tag == ERL_ATOM_EXT || tag == ERL_ATOM_UTF8_EXT || tag == ERL_SMALL_ATOM_EXT || tag == ERL_SMALL_ATOM_UTF8_EXT;
}

// Passes over one term's own bytes; how many terms it holds, which follow.
static uint64_t pass(struct byte_reader *in, bool must_be_atom)
{
  unsigned tag = (unsigned)byte_reader_be(in, 1);
  const struct shape *shape = shape_of(tag);
  if (!shape || (must_be_atom && !is_atom(tag))) {
    in->failed = true;
    return 0;
  }
  int64_t count = shape->count_width ? (int64_t)byte_reader_be(in, shape->count_width) : 0;
  int64_t bytes = shape->bytes + shape->count_bytes * count;
  if (shape->tail || shape->count_tail) {
    pass(in, true);
    bytes = shape->tail + shape->count_tail * count;
  }
  if (bytes < 0)
    in->failed = true;
  else
    byte_reader_take(in, (size_t)bytes);
  return shape->terms + shape->count_terms * (uint64_t)count;
}

size_t term_span(const void *data, size_t size)
{
  struct byte_reader in;
  byte_reader_init(&in, data, size);
  for (uint64_t due = 1; due > 0; due--) {
    due += pass(&in, false);
    // Every term due takes a byte at least: a count past the bytes left is a lie.
    if (in.failed || due - 1 > byte_reader_left(&in))
      return 0;
  }
  return size - byte_reader_left(&in);
}

void term_reader_init(struct term_reader *reader, const void *data, size_t size)
{
  *reader = (struct term_reader){.data = data, .size = size};
  reader->failed = size == 0 || size > INT_MAX || term_span(data, size) != size;
}

static int failed(struct term_reader *reader)
{
  reader->failed = true;
  return 0;
}

// The tag of the next term, 0 when there is none.
static int next_tag(const struct term_reader *reader)
{
  return reader->failed || (size_t)reader->at >= reader->size ? 0 : (unsigned char)reader->data[reader->at];
}

int term_read_tuple(struct term_reader *reader)
{
  int arity = 0;
  if (next_tag(reader) == 0 || ei_decode_tuple_header(reader->data, &reader->at, &arity) != 0)
    return failed(reader);
  return arity;
}

int term_read_list(struct term_reader *reader)
{
  int elements = 0;
  if (next_tag(reader) == 0 || ei_decode_list_header(reader->data, &reader->at, &elements) != 0)
    return failed(reader);
  return elements;
}

void term_read_list_end(struct term_reader *reader)
{
  if (next_tag(reader) != ERL_NIL_EXT)
    failed(reader);
  else
    reader->at++;
}

void term_read_atom(struct term_reader *reader, char text[TERM_ATOM_MAX])
{
  if (next_tag(reader) == 0 ||
      ei_decode_atom_as(reader->data, &reader->at, text, TERM_ATOM_MAX, ERLANG_UTF8, NULL, NULL) != 0) {
    text[0] = '\0';
    failed(reader);
  }
}

bool term_read_atom_is(struct term_reader *reader, const char *text)
{
  char atom[TERM_ATOM_MAX];
  int at = reader->at;
  if (next_tag(reader) == 0 || ei_decode_atom_as(reader->data, &at, atom, sizeof atom, ERLANG_UTF8, NULL, NULL) != 0 ||
      strcmp(atom, text) != 0)
    return false;
  reader->at = at;
  return true;
}

const char *term_read_binary(struct term_reader *reader, size_t *size)
{
  *size = 0;
  if (next_tag(reader) != ERL_BINARY_EXT) {
    failed(reader);
    return NULL;
  }
  struct byte_reader in;
  byte_reader_init(&in, reader->data + reader->at + 1, reader->size - (size_t)reader->at - 1);
  *size = (size_t)byte_reader_be(&in, 4);
  reader->at += (int)(5 + *size);
  return (const char *)in.at;
}

uint64_t term_read_u64(struct term_reader *reader)
{
  unsigned long long value = 0;
  if (next_tag(reader) == 0 || ei_decode_ulonglong(reader->data, &reader->at, &value) != 0)
    return (uint64_t)failed(reader);
  return value;
}

int64_t term_read_i64(struct term_reader *reader)
{
  long long value = 0;
  if (next_tag(reader) == 0 || ei_decode_longlong(reader->data, &reader->at, &value) != 0)
    return failed(reader);
  return value;
}

void term_read_pid(struct term_reader *reader, struct node_pid *pid)
{
  erlang_pid from_ei;
  memset(pid, 0, sizeof *pid);
  if (next_tag(reader) == 0 || ei_decode_pid(reader->data, &reader->at, &from_ei) != 0) {
    failed(reader);
    return;
  }
  snprintf(pid->node, sizeof pid->node, "%s", from_ei.node);
  pid->number = from_ei.num;
  pid->serial = from_ei.serial;
  pid->creation = from_ei.creation;
}

void term_read_skip(struct term_reader *reader)
{
  size_t span = next_tag(reader) == 0 ? 0 : term_span(reader->data + reader->at, reader->size - (size_t)reader->at);
  if (span == 0)
    failed(reader);
  reader->at += (int)span;
}

struct term_writer *term_writer_new(void)
{
  struct term_writer *writer = calloc(1, sizeof *writer);
  if (writer && ei_x_new_with_version(&writer->x) != 0) {
    free(writer);
    return NULL;
  }
  return writer;
}

void term_writer_free(struct term_writer *writer)
{
  if (!writer)
    return;
  ei_x_free(&writer->x);
  free(writer);
}

static void latch(struct term_writer *writer, int result)
{
  writer->failed = writer->failed || result != 0;
}

void term_write_tuple(struct term_writer *writer, int arity)
{
  latch(writer, ei_x_encode_tuple_header(&writer->x, arity));
}

void term_write_list(struct term_writer *writer, int elements)
{
  if (elements > 0)
    latch(writer, ei_x_encode_list_header(&writer->x, elements));
}

void term_write_nil(struct term_writer *writer)
{
  latch(writer, ei_x_encode_empty_list(&writer->x));
}

void term_write_atom(struct term_writer *writer, const char *text)
{
  latch(writer, ei_x_encode_atom_as(&writer->x, text, ERLANG_UTF8, ERLANG_UTF8));
}

void term_write_binary(struct term_writer *writer, const void *data, size_t size)
{
  latch(writer, size > INT_MAX ? -1 : ei_x_encode_binary(&writer->x, data, (int)size));
}

void term_write_u64(struct term_writer *writer, uint64_t value)
{
  latch(writer, ei_x_encode_ulonglong(&writer->x, value));
}

void term_write_pid(struct term_writer *writer, const struct node_pid *pid)
{
  erlang_pid to_ei = {.num = pid->number, .serial = pid->serial, .creation = pid->creation};
  snprintf(to_ei.node, sizeof to_ei.node, "%s", pid->node);
  latch(writer, ei_x_encode_pid(&writer->x, &to_ei));
}

void term_write_encoded(struct term_writer *writer, const void *data, size_t size)
{
  latch(writer, size > INT_MAX ? -1 : ei_x_append_buf(&writer->x, data, (int)size));
}
