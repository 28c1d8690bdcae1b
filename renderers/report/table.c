// Cells in, aligned lines out. Invariant: the number of cells is a multiple of the number of columns.
#include "report/table.h"

#include <string.h>

#include "base/byte_io.h"
#include "picture/text.h"

#define MAX_CELL_BYTES ((size_t)1 << 30)
#define COLUMN_GAP 2u

void table_init(struct table *table)
{
  *table = (struct table){0};
  bytes_init(&table->cells, MAX_CELL_BYTES);
}

void table_release(struct table *table)
{
  bytes_release(&table->cells);
}

void table_cell(struct table *table, const char *clean)
{
  bytes_append(&table->cells, clean, strlen(clean) + 1);
}

void table_column(struct table *table, const char *title, bool left)
{
  table->left[table->columns++] = left;
  table_cell(table, title);
}

// `spaces` are owed before the next text, so that no line ends in any. A column without a text takes no room.
static void write_cell(const struct table *table, unsigned column, unsigned width, const char *cell, unsigned *spaces,
                       struct byte_sink *out)
{
  if (width == 0)
    return;
  unsigned padding = width - text_cells(cell);
  if (!table->left[column])
    *spaces += padding;
  if (*cell) {
    byte_sink_printf(out, "%*s%s", (int)*spaces, "", cell);
    *spaces = 0;
  }
  if (table->left[column])
    *spaces += padding;
  *spaces += COLUMN_GAP;
}

void table_write(const struct table *table, unsigned indent, struct byte_sink *out)
{
  if (table->cells.failed) {
    if (out->error.code == ERROR_NONE)
      error_set(&out->error, ERROR_MEMORY, "out of memory for a table");
    return;
  }
  const char *first = (const char *)table->cells.data, *end = first + table->cells.size;
  unsigned widths[TABLE_MAX_COLUMNS] = {0}, column = 0;
  for (const char *cell = first; cell < end; cell += strlen(cell) + 1) {
    unsigned width = text_cells(cell);
    if (width > widths[column])
      widths[column] = width;
    column = (column + 1) % table->columns;
  }
  unsigned spaces = indent;
  for (const char *cell = first; cell < end; cell += strlen(cell) + 1) {
    write_cell(table, column, widths[column], cell, &spaces, out);
    column = (column + 1) % table->columns;
    if (column == 0) {
      byte_sink_text(out, "\n");
      spaces = indent;
    }
  }
}
