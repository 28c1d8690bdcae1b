// Erlang terms in the external format, without the caller seeing ei. Reading is safe on hostile bytes: a reader is
// checked as a whole when it is made, and every misfit latches `failed`.
// Format: OTP, erts/doc "External Term Format".
#ifndef FLAMBEAU_NODE_TERM_H
#define FLAMBEAU_NODE_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TERM_ATOM_MAX 1021 // 255 characters of at most 4 bytes, and a NUL

struct node_pid {
  char node[TERM_ATOM_MAX];
  uint32_t number;
  uint32_t serial;
  uint32_t creation;
};

struct term_reader {
  const char *data; // borrowed
  size_t size;
  int at;
  bool failed;
};

// One term without the leading version byte; `failed` at once when the bytes are not one whole term.
void term_reader_init(struct term_reader *reader, const void *data, size_t size);

// Each takes the next term; on a misfit it latches `failed` and yields 0, "", NULL.
int term_read_tuple(struct term_reader *reader); // arity
int term_read_list(struct term_reader *reader);  // elements, each to be read, then term_read_list_end unless 0
void term_read_list_end(struct term_reader *reader);
void term_read_atom(struct term_reader *reader, char text[TERM_ATOM_MAX]);
bool term_read_atom_is(struct term_reader *reader, const char *text);   // takes it only when it is
const char *term_read_binary(struct term_reader *reader, size_t *size); // borrowed from the input
uint64_t term_read_u64(struct term_reader *reader);
int64_t term_read_i64(struct term_reader *reader);
void term_read_pid(struct term_reader *reader, struct node_pid *pid);
void term_read_skip(struct term_reader *reader);

// How many bytes the term at `data` takes; 0 when it is not a whole term.
size_t term_span(const void *data, size_t size);

struct term_writer; // grows as needed; a failure latches and is seen when the term is sent

struct term_writer *term_writer_new(void); // NULL when out of memory
void term_writer_free(struct term_writer *writer);

void term_write_tuple(struct term_writer *writer, int arity);
void term_write_list(struct term_writer *writer, int elements); // then the elements, then term_write_nil
void term_write_nil(struct term_writer *writer);
void term_write_atom(struct term_writer *writer, const char *text);
void term_write_binary(struct term_writer *writer, const void *data, size_t size);
void term_write_u64(struct term_writer *writer, uint64_t value);
void term_write_pid(struct term_writer *writer, const struct node_pid *pid);
// A term that is encoded already, without the version byte.
void term_write_encoded(struct term_writer *writer, const void *data, size_t size);

#endif
