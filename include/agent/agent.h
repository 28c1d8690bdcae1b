// The Erlang side, compiled at build time (src/agent/embed.escript) and carried in the program.
#ifndef FLAMBEAU_AGENT_AGENT_H
#define FLAMBEAU_AGENT_AGENT_H

#include <stddef.h>

extern const char agent_module[];        // its name: flambeau_agent_<hash of its code>
extern const unsigned char agent_beam[]; // a BEAM file
extern const size_t agent_beam_size;

// Expressions for erl_eval:exprs/2 on the node: a list of abstract forms in the external term format, without the
// version byte. Each says in its source which variables it wants bound.
extern const unsigned char agent_attach[]; // src/agent/attach.exprs
extern const size_t agent_attach_size;
extern const unsigned char agent_processes[]; // src/agent/processes.exprs
extern const size_t agent_processes_size;
extern const unsigned char agent_modules[]; // src/agent/modules.exprs
extern const size_t agent_modules_size;

#endif
