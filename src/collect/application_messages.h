// What src/agent/modules.exprs says of applications and modules.
#ifndef FLAMBEAU_COLLECT_APPLICATION_MESSAGES_H
#define FLAMBEAU_COLLECT_APPLICATION_MESSAGES_H

struct applications;
struct term_reader;

enum application_message {
  APPLICATION_MESSAGE_NONE, // it is about something else, or misshapen
  APPLICATION_MESSAGE_TAKEN,
  APPLICATION_MESSAGE_LAST, // all was said
};

// `message` is what follows on {flambeau, in a tuple of `arity` elements.
enum application_message application_message_take(struct applications *applications, struct term_reader *message,
                                                  int arity);

#endif
