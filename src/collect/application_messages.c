// Terms from the node in, facts out. Invariant: of a message with a misfit in it, what came before the misfit counts.
#include "application_messages.h"

#include <string.h>

#include "applications.h"
#include "node/term.h"

#define TEXT_MAX_BYTES 4096u // of a path or a description; a longer one is none

static void read_text(struct term_reader *message, char text[TEXT_MAX_BYTES + 1])
{
  size_t size;
  const char *data = term_read_binary(message, &size);
  if (message->failed || size > TEXT_MAX_BYTES || memchr(data, 0, size))
    size = 0;
  memcpy(text, size ? data : "", size);
  text[size] = '\0';
}

// Name, Description, Uses, Indexes
static void take_application(struct applications *applications, struct term_reader *message)
{
  char name[TEXT_MAX_BYTES + 1], description[TEXT_MAX_BYTES + 1], used[TERM_ATOM_MAX];
  read_text(message, name);
  read_text(message, description);
  if (message->failed)
    return;
  applications_loaded(applications, name, description);
  int uses = term_read_list(message);
  if (uses > (int)APPLICATIONS_MAX)
    return;
  for (int i = 0; i < uses && !message->failed; i++) {
    term_read_atom(message, used);
    if (!message->failed)
      applications_uses(applications, name, used);
  }
  if (uses > 0)
    term_read_list_end(message);
  int members = term_read_tuple(message);
  for (int i = 0; i < members && !message->failed; i++) {
    uint64_t module = term_read_u64(message);
    if (!message->failed && module < UINT32_MAX)
      applications_member(applications, name, (uint32_t)module);
  }
}

// Index, File, Source
static void take_module(struct applications *applications, struct term_reader *message)
{
  char file[TEXT_MAX_BYTES + 1], source[TEXT_MAX_BYTES + 1];
  uint64_t module = term_read_u64(message);
  read_text(message, file);
  read_text(message, source);
  if (!message->failed && module < UINT32_MAX)
    applications_module(applications, (uint32_t)module, file, source);
}

enum application_message application_message_take(struct applications *applications, struct term_reader *message,
                                                  int arity)
{
  if (arity == 6 && term_read_atom_is(message, "application"))
    take_application(applications, message);
  else if (arity == 5 && term_read_atom_is(message, "module"))
    take_module(applications, message);
  else
    return arity == 3 && term_read_atom_is(message, "modules") ? APPLICATION_MESSAGE_LAST : APPLICATION_MESSAGE_NONE;
  return APPLICATION_MESSAGE_TAKEN;
}
