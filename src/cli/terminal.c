// The environment and stdout in, what may be written there out.
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_MAX 10000

static const char *environment(const char *name)
{
  const char *value = getenv(name);
  return value ? value : "";
}

unsigned terminal_columns(bool on_stdout)
{
  struct winsize size;
  if (on_stdout && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  long columns = strtol(environment("COLUMNS"), NULL, 10);
  return columns > 0 && columns <= COLUMNS_MAX ? (unsigned)columns : 0;
}

unsigned terminal_colors(void)
{
  const char *depth = environment("COLORTERM");
  if (!isatty(STDOUT_FILENO) || *environment("NO_COLOR") || strcmp(environment("TERM"), "dumb") == 0)
    return 0;
  return strcmp(depth, "truecolor") == 0 || strcmp(depth, "24bit") == 0 ? 1u << 24 : 256;
}
