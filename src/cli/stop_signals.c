// Signals in, bytes out (the self-pipe trick): the only thing done in a handler is one write that cannot block.
#include "stop_signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int write_end = -1;

static void on_signal(int number)
{
  int saved = errno;
  (void)number;
  if (write(write_end, "!", 1) < 0) {
    // A full pipe holds more wishes to stop than anyone needs.
  }
  errno = saved;
}

int stop_signals_catch(struct error *err)
{
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
    return error_set(err, ERROR_MEMORY, "cannot make a pipe: %s", strerror(errno));
  write_end = ends[1];
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  return ends[0];
}
