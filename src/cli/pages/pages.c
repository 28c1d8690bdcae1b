// A template in, a page out: a line that is a mark is replaced by what the tables of verbs and options say. Run while
// flambeau is built, and not installed.
#include <stdio.h>
#include <string.h>

#include "base/byte_io.h"
#include "console.h"
#include "pages.h"
#include "print.h"

#define LINE_MAX_BYTES 1024

struct mark {
  const char *line;
  void (*write)(struct byte_sink *out);
};

static const struct mark marks[] = {
    {".\\\" SYNOPSIS\n", write_man_synopsis}, {".\\\" VERBS\n", write_man_verbs},
    {".\\\" EXAMPLES\n", write_man_examples}, {"# BASH TABLES\n", write_bash_tables},
    {"# ZSH TABLES\n", write_zsh_tables},     {"# FISH TABLES\n", write_fish_tables},
};

static void write_line(const char *line, struct byte_sink *out)
{
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (strcmp(line, marks[i].line) == 0) {
      marks[i].write(out);
      return;
    }
  byte_sink_text(out, line);
}

static int write_page(const void *template_path, struct byte_sink *out, struct error *err)
{
  FILE *template = fopen(template_path, "r");
  if (!template)
    return error_set(err, ERROR_DATA, "%s cannot be read", (const char *)template_path);
  char line[LINE_MAX_BYTES];
  while (fgets(line, sizeof line, template))
    write_line(line, out);
  fclose(template);
  return 0;
}

int main(int argc, char **argv)
{
  struct error err = {0};
  if (argc != 3)
    error_set(&err, ERROR_USAGE, "usage: flambeau_pages TEMPLATE PAGE");
  else
    print_to(argv[2], write_page, argv[1], &err);
  if (err.code)
    console_error(&err);
  return console_exit_status(err.code);
}
