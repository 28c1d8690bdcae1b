// Expressions to a process on the node: stdlib's erl_eval is on every node, and needs nothing loaded.
#include "evaluate.h"

#include "node/node.h"
#include "node/term.h"

struct term_writer *evaluate_begin(const unsigned char *expressions, size_t size, int bindings)
{
  struct term_writer *writer = term_writer_new();
  if (!writer)
    return NULL;
  term_write_list(writer, 2);
  term_write_encoded(writer, expressions, size);
  term_write_list(writer, bindings);
  return writer;
}

int evaluate_spawn(struct node *node, struct term_writer *writer, struct error *err)
{
  term_write_nil(writer); // of the bindings
  term_write_nil(writer); // of the arguments
  int result = node_spawn(node, "erl_eval", "exprs", writer, err);
  term_writer_free(writer);
  return result;
}
