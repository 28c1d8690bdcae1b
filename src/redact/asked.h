// What was asked, without what only its asker needs to know.
#ifndef FLAMBEAU_REDACT_ASKED_H
#define FLAMBEAU_REDACT_ASKED_H

struct bytes;
struct names;

// The fact `asked`, a command line quoted for a shell: only options that are known to be harmless are left, and of a
// call its function.
void asked_append(struct names *names, struct bytes *out, const char *asked);
// The fact `target`.
void asked_append_target(struct names *names, struct bytes *out, const char *target);
// The fact `selection`.
void asked_append_selection(struct names *names, struct bytes *out, const char *selection);

#endif
