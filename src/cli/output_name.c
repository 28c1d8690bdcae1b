// Names of nodes and processes in, a file name out that needs no quoting, holds no slash and does not start with a
// dash.
#include "output_name.h"

#include <stdbool.h>
#include <string.h>

#define PART_MAX 60

// Appends '-' and what is safe of `part`; runs of other characters become one '-'.
static void append_part(char *name, const char *part)
{
  static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@+";
  size_t used = strlen(name);
  size_t end = used + PART_MAX;
  bool gap = true;
  for (; *part && used < end; part++) {
    bool kept = strchr(safe, *part) != NULL;
    if (kept && gap)
      name[used++] = '-';
    if (kept)
      name[used++] = *part;
    gap = !kept;
  }
  name[used] = '\0';
}

// "2026-01-31T12:00:00Z" as "20260131-120000".
static void append_time(char *name, const char *started)
{
  char digits[32] = "";
  size_t used = 0;
  for (; *started && used + 1 < sizeof digits; started++) {
    if (*started >= '0' && *started <= '9')
      digits[used++] = *started;
    else if (*started == 'T')
      digits[used++] = '-';
  }
  digits[used] = '\0';
  append_part(name, digits);
}

void output_name(const char *node, const char *what, const char *started, const char *extension,
                 char name[OUTPUT_NAME_MAX])
{
  strcpy(name, "flambeau");
  if (node)
    append_part(name, node);
  if (what)
    append_part(name, what);
  if (started)
    append_time(name, started);
  strcat(name, extension);
}
