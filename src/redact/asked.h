// What was asked, without what only its asker needs to know.
#ifndef FLAMBEAU_REDACT_ASKED_H
#define FLAMBEAU_REDACT_ASKED_H

struct bytes;
struct names;

// The fact `asked`, a command line quoted for a shell: only options that are known to be harmless are left, and of a
// call its function.
void asked_append(struct names *names, struct bytes *out, const char *asked);
// The facts `target` and `selection`, made anew of what was asked: in their own text nothing tells a comma in a name
// from one between two.
void asked_append_target(struct names *names, struct bytes *out, const char *asked);
void asked_append_selection(struct names *names, struct bytes *out, const char *asked);

#endif
