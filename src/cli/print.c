// A writer of text in, a whole text out. Elsewhere a closed pipe is an error with a sentence; for text that somebody
// pages through it is how reading ends.
#include "print.h"

#include <signal.h>
#include <string.h>

#include "base/byte_io.h"

int print_to(const char *path, int (*write)(const void *what, struct byte_sink *out, struct error *err),
             const void *what, struct error *err)
{
  if (strcmp(path, "-") == 0)
    signal(SIGPIPE, SIG_DFL);
  struct byte_sink *out = file_sink_new(path, err);
  if (!out)
    return -1;
  int status = write(what, out, err);
  if (status == 0)
    status = byte_sink_finish(out, err);
  byte_sink_free(out);
  return status;
}
