// Any bytes as an Erlang term: walked by every kind of read in turn, which either takes a term or latches.
#include <stdlib.h>
#include <string.h>

#include "node/term.h"

#define READS_MAX 10000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_one(struct term_reader *reader, uint8_t kind)
{
  static char atom[TERM_ATOM_MAX];
  struct node_pid pid;
  size_t size = 0;
  switch (kind % 9) {
  case 0:
    term_read_tuple(reader);
    break;
  case 1:
    term_read_list(reader);
    break;
  case 2:
    term_read_list_end(reader);
    break;
  case 3:
    term_read_atom(reader, atom);
    if (strlen(atom) >= TERM_ATOM_MAX)
      abort();
    break;
  case 4:
    if (term_read_binary(reader, &size) && size > reader->size)
      abort();
    break;
  case 5:
    term_read_u64(reader);
    break;
  case 6:
    term_read_i64(reader);
    break;
  case 7:
    term_read_pid(reader, &pid);
    break;
  default:
    term_read_skip(reader);
  }
}

// The first byte says how many reads the bytes after it choose; the term follows.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0 || data[0] >= size)
    return 0;
  const uint8_t *reads = data + 1;
  size_t read_count = data[0];
  const uint8_t *term = reads + read_count;
  size_t term_size = size - 1 - read_count;
  if (term_span(term, term_size) > term_size)
    abort();
  struct term_reader reader;
  term_reader_init(&reader, term, term_size);
  for (size_t i = 0; i < read_count && !reader.failed; i++)
    read_one(&reader, reads[i]);
  term_reader_init(&reader, term, term_size);
  term_read_atom_is(&reader, "ok");
  for (int i = 0; i < READS_MAX && !reader.failed && (size_t)reader.at < reader.size; i++)
    term_read_skip(&reader);
  return 0;
}
