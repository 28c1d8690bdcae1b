// Sentences in, lines on stderr out. The invariant: a sentence never lands in the middle of a progress line, and no
// byte of a name or path reaches the terminal as a command.
#include "console.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/text.h"

#define SENTENCE_MAX 2048

static bool progress_shown;

void console_progress(const char *line)
{
  if (!*line && !progress_shown)
    return;
  fprintf(stderr, "\r\033[K\033[?7l%s\033[?7h", line); // wrapped lines could not be taken back: cut instead
  fflush(stderr);
  progress_shown = *line != '\0';
}

void console_say(const char *format, ...)
{
  char sentence[SENTENCE_MAX];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(sentence, sizeof sentence, format, arguments);
  va_end(arguments);
  struct bytes scratch;
  bytes_init(&scratch, TEXT_SCRATCH_BYTES);
  const char *clean = text_clean(&scratch, sentence);
  console_progress("");
  fprintf(stderr, "flambeau: %s\n", scratch.failed ? "out of memory" : clean);
  bytes_release(&scratch);
}

void console_error(const struct error *err)
{
  console_say("%s", err->message);
}

bool console_is_terminal(void)
{
  const char *terminal = getenv("TERM");
  return isatty(STDERR_FILENO) && !(terminal && strcmp(terminal, "dumb") == 0);
}

int console_exit_status(enum error_code code)
{
  static const int statuses[] = {
      [ERROR_NONE] = 0, [ERROR_USAGE] = 2,  [ERROR_UNREACHABLE] = 3, [ERROR_REFUSED] = 4,    [ERROR_EMPTY] = 5,
      [ERROR_DATA] = 6, [ERROR_OUTPUT] = 6, [ERROR_MEMORY] = 6,      [ERROR_REGRESSION] = 1,
  };
  return statuses[code];
}
