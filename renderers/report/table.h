// Rows of cells whose columns line up: as wide as their widest cell.
#ifndef FLAMBEAU_RENDERERS_TABLE_H
#define FLAMBEAU_RENDERERS_TABLE_H

#include <stdbool.h>

#include "base/bytes.h"

struct byte_sink;

#define TABLE_MAX_COLUMNS 10

struct table {
  unsigned columns;
  bool left[TABLE_MAX_COLUMNS]; // left-aligned; else right-aligned
  struct bytes cells;           // the texts, each ended by a NUL, row after row
};

void table_init(struct table *table);
void table_release(struct table *table);

void table_column(struct table *table, const char *title, bool left); // all columns come before the first cell
void table_cell(struct table *table, const char *clean);
// `indent` spaces before each row. Latches an error in `out` when the table ran out of memory.
void table_write(const struct table *table, unsigned indent, struct byte_sink *out);

#endif
