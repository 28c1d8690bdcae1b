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

// Bytes that follow the tag and the node atom of pids, ports and references.
enum { PID_TAIL = 9, NEW_PID_TAIL = 12, PORT_TAIL = 5, NEW_PORT_TAIL = 8, V4_PORT_TAIL = 12 };

// What one tag announces: bytes to pass over at once, then whole terms, then bytes after those terms.
struct span {
  uint64_t bytes;
  uint64_t terms;
  uint64_t tail_bytes; // only with terms == 1 (an atom), whose size is small
  bool known;
};

static struct span span_of(unsigned tag, struct byte_reader *in)
{
  struct span span = {.known = true};
  switch (tag) {
  case ERL_SMALL_INTEGER_EXT:
    span.bytes = 1;
    break;
  case ERL_INTEGER_EXT:
    span.bytes = 4;
    break;
  case ERL_FLOAT_EXT:
    span.bytes = 31;
    break;
  case NEW_FLOAT_EXT:
    span.bytes = 8;
    break;
  case ERL_ATOM_EXT:
  case ERL_ATOM_UTF8_EXT:
  case ERL_STRING_EXT:
    span.bytes = byte_reader_be(in, 2);
    break;
  case ERL_SMALL_ATOM_EXT:
  case ERL_SMALL_ATOM_UTF8_EXT:
    span.bytes = byte_reader_be(in, 1);
    break;
  case ERL_BINARY_EXT:
    span.bytes = byte_reader_be(in, 4);
    break;
  case ERL_BIT_BINARY_EXT:
    span.bytes = byte_reader_be(in, 4) + 1;
    break;
  case ERL_SMALL_BIG_EXT:
    span.bytes = byte_reader_be(in, 1) + 1;
    break;
  case ERL_LARGE_BIG_EXT:
    span.bytes = byte_reader_be(in, 4) + 1;
    break;
  case ERL_SMALL_TUPLE_EXT:
    span.terms = byte_reader_be(in, 1);
    break;
  case ERL_LARGE_TUPLE_EXT:
    span.terms = byte_reader_be(in, 4);
    break;
  case ERL_LIST_EXT:
    span.terms = byte_reader_be(in, 4) + 1;
    break;
  case ERL_MAP_EXT:
    span.terms = 2 * byte_reader_be(in, 4);
    break;
  case ERL_EXPORT_EXT:
    span.terms = 3;
    break;
  case ERL_NIL_EXT:
    break;
  case ERL_PID_EXT:
    span = (struct span){.terms = 1, .tail_bytes = PID_TAIL, .known = true};
    break;
  case ERL_NEW_PID_EXT:
    span = (struct span){.terms = 1, .tail_bytes = NEW_PID_TAIL, .known = true};
    break;
  case ERL_PORT_EXT:
    span = (struct span){.terms = 1, .tail_bytes = PORT_TAIL, .known = true};
    break;
  case ERL_NEW_PORT_EXT:
    span = (struct span){.terms = 1, .tail_bytes = NEW_PORT_TAIL, .known = true};
    break;
  case ERL_V4_PORT_EXT:
    span = (struct span){.terms = 1, .tail_bytes = V4_PORT_TAIL, .known = true};
    break;
  case ERL_NEW_REFERENCE_EXT:
    span = (struct span){.terms = 1, .tail_bytes = 4 * byte_reader_be(in, 2) + 1, .known = true};
    break;
  case ERL_NEWER_REFERENCE_EXT:
    span = (struct span){.terms = 1, .tail_bytes = 4 * byte_reader_be(in, 2) + 4, .known = true};
    break;
  case ERL_NEW_FUN_EXT: {
    uint64_t size = byte_reader_be(in, 4); // counts its own four bytes
    span.bytes = size < 4 ? 0 : size - 4;
    span.known = size >= 4;
    break;
  }
  default:
    span.known = false;
    break;
  }
  return span;
}

// The node atom inside a pid, port or reference, which must be a plain atom.
static void pass_atom(struct byte_reader *in)
{
  unsigned tag = (unsigned)byte_reader_be(in, 1);
  bool is_atom =
      tag == ERL_ATOM_EXT || tag == ERL_ATOM_UTF8_EXT || tag == ERL_SMALL_ATOM_EXT || tag == ERL_SMALL_ATOM_UTF8_EXT;
  if (!is_atom) {
    in->failed = true;
    return;
  }
  byte_reader_take(in, (size_t)span_of(tag, in).bytes);
}

size_t term_span(const void *data, size_t size)
{
  struct byte_reader in;
  byte_reader_init(&in, data, size);
  for (uint64_t terms_due = 1; terms_due > 0 && !in.failed; terms_due--) {
    struct span span = span_of((unsigned)byte_reader_be(&in, 1), &in);
    // Every term due takes a byte at least: a count past the bytes left is a lie.
    if (!span.known || span.terms > byte_reader_left(&in))
      return 0;
    byte_reader_take(&in, (size_t)span.bytes);
    if (span.tail_bytes > 0) {
      pass_atom(&in);
      byte_reader_take(&in, (size_t)span.tail_bytes);
    } else {
      terms_due += span.terms;
    }
    if (terms_due > size)
      return 0;
  }
  return in.failed ? 0 : size - byte_reader_left(&in);
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
