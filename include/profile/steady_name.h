// Names without what differs from run to run or from compiler to compiler.
#ifndef FLAMBEAU_PROFILE_STEADY_NAME_H
#define FLAMBEAU_PROFILE_STEADY_NAME_H

#include "profile/profile.h"

struct bytes;

// Appends a frame's name, as shown (not raw), without
//   - the number of a function that the compiler made: "shop:total/2-fun-0" is "shop:total/2-fun", "...-lc-3" "...-lc";
//   - in a process's title, the numbers of pids, references, ports and funs: "worker <0.12.0>" is "worker <>",
//     "#Ref<0.1.2.3>" "#Ref<>", "#Fun<shop.0.123>" "#Fun<shop>".
// All other names stay as they are, and so does a name that is steady already. Frames whose steady names are equal are
// the same one.
void steady_name_append(struct bytes *out, enum frame_kind kind, const char *name);

#endif
