// The command line in, the exit status out. Only here is a verb chosen; everything after it belongs to the verb's
// table.
#include <signal.h>
#include <string.h>

#include "base/byte_io.h"
#include "command.h"
#include "console.h"
#include "print.h"

static int write_version(const void *nothing, struct byte_sink *out, struct error *err)
{
  (void)nothing;
  (void)err;
  byte_sink_text(out, "flambeau " FLAMBEAU_VERSION "\n");
  return 0;
}

// An option where the verb belongs: the verb may come later on the line.
static int fail_option_first(int argc, char **argv, struct error *err)
{
  for (int i = 2; i < argc; i++)
    if (command_find(argv[i], &(struct error){0}))
      return error_set(err, ERROR_USAGE, "the verb comes first: flambeau %s [options]", argv[i]);
  return error_set(err, ERROR_USAGE, "there is no verb: flambeau VERB [options], see flambeau help");
}

static int run(int argc, char **argv, struct error *err)
{
  if (argc < 2)
    return error_set(err, ERROR_USAGE, "what shall it do? flambeau help lists the verbs");
  const char *verb = argv[1];
  if (strcmp(verb, "--version") == 0 || strcmp(verb, "-V") == 0)
    return print_to("-", write_version, NULL, err);
  if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0)
    verb = command_help.name;
  if (verb[0] == '-')
    return fail_option_first(argc, argv, err);
  const struct command *command = command_find(verb, err);
  return command ? command_execute(command, argc - 1, argv + 1, err) : -1;
}

int main(int argc, char **argv)
{
  struct error err = {0};
  signal(SIGPIPE, SIG_IGN); // a closed connection or pipe is a sentence, not a death
  if (run(argc, argv, &err) < 0)
    console_error(&err);
  return console_exit_status(err.code);
}
