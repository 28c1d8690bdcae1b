// Facts of modules and applications in, whose code each module is out. The module's application is the one that lists
// it, else the one whose folder it was loaded from (lib/NAME-VSN/ebin), else none. Whose the application is:
//
//   1  OTP's or Elixir's, by its name                                       OTP, Elixir
//   2  a module's source or file lies in a folder that a build tool keeps   dependency
//      for what it fetched (deps/NAME, _build/PROFILE/lib/NAME, ...)
//   3  a module's source is known and lies elsewhere                        own
//   4  another application uses it, and somebody wrote a description of it  dependency
//   5  else, and modules of no application                                  own
//
// What the tools leave for that, and what it comes to:
//
//   iex -S mix          _build/dev/lib/NAME/ebin holds own ones and dependencies. Sources: deps/NAME/lib (2), lib, or
//                       apps/NAME/lib in an umbrella (3)
//   mix release         lib/NAME-VSN/ebin holds them all, and sources are stripped off. Erlang ones have whole paths in
//                       their lines: deps/NAME/src (2). For Elixir's there is the graph: mix writes the name as the
//                       description unless told one, and Hex takes no package without one, so siblings of an
//                       umbrella are told from packages (4, 5)
//   rebar3 shell        a dependency's source is _build/default/lib/NAME/src (2); own ones are compiled from src or
//                       apps/NAME/src (3), though _build/default/lib has links to them
//   rebar3 release      lib/NAME-VSN/ebin; stripped or not, the lines have the same paths (2, 3)
//   erlang.mk           deps/NAME/src, deps/NAME/ebin (2)
//   erl -pa ebin        no application may be loaded: own, unless they come from deps/NAME/ebin (2)
//   escript             as by mix or rebar3; modules of no application go by their sources (2, 5)
//
// A project can lie in such a folder itself. So when nothing at all would be own, what nobody uses and uses others is.
#include "applications.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/string_table.h"
#include "decode/packed.h"

struct application {
  enum module_origin origin; // decided
  bool loaded;
  bool described;    // by a person
  bool fetched;      // lies where a build tool puts dependencies
  bool source_known; // and lies elsewhere
  bool used;         // by an application that is neither OTP's nor Elixir's
  bool uses;         // one that is neither OTP's nor Elixir's
};

struct told_module {
  uint32_t application; // 0: none
  bool told;
};

struct text {
  const char *at;
  size_t size;
};

// OTP 25 to 29; in byte order.
static const char *const otp_names[] = {
    "asn1",         "common_test", "compiler",      "crypto", "debugger", "dialyzer", "diameter", "edoc",
    "eldap",        "erl_docgen",  "erl_interface", "erts",   "et",       "eunit",    "ftp",      "inets",
    "jinterface",   "kernel",      "megaco",        "mnesia", "observer", "odbc",     "os_mon",   "parsetools",
    "public_key",   "reltool",     "runtime_tools", "sasl",   "snmp",     "ssh",      "ssl",      "stdlib",
    "syntax_tools", "tftp",        "tools",         "wx",     "xmerl",
};
static const char *const elixir_names[] = {"eex", "elixir", "ex_unit", "iex", "logger", "mix"};

static int compare_names(const void *key, const void *row)
{
  return strcmp(key, *(const char *const *)row);
}

// 0 when it is neither OTP's nor Elixir's.
static enum module_origin platform(const char *name)
{
  if (bsearch(name, otp_names, sizeof otp_names / sizeof *otp_names, sizeof *otp_names, compare_names))
    return MODULE_OTP;
  if (bsearch(name, elixir_names, sizeof elixir_names / sizeof *elixir_names, sizeof *elixir_names, compare_names))
    return MODULE_ELIXIR;
  return 0;
}

// Where build tools keep what they fetched: a folder, and for some the folder above the one above.
static const struct {
  const char *name, *above;
  bool sources_only; // own applications are built there, too
} dependency_folders[] = {
    {"deps", NULL, false},          {"_checkouts", NULL, false},  {"lib", "_build", true},
    {"checkouts", "_build", false}, {"plugins", "_build", false},
};

// Where NAME/ebin is an application's.
static const char *const library_folders[] = {"lib", "deps", "apps", "_checkouts", "checkouts", "plugins"};

static bool is(struct text text, const char *word)
{
  return strlen(word) == text.size && memcmp(text.at, word, text.size) == 0;
}

static struct text next_folder(const char **path)
{
  struct text folder = {*path, strcspn(*path, "/")};
  *path += folder.size;
  *path += **path == '/';
  return folder;
}

static bool keeps_dependencies(struct text folder, struct text above, bool is_source)
{
  for (size_t i = 0; i < sizeof dependency_folders / sizeof *dependency_folders; i++) {
    if (is(folder, dependency_folders[i].name) &&
        (!dependency_folders[i].above || is(above, dependency_folders[i].above)) &&
        (is_source || !dependency_folders[i].sources_only))
      return true;
  }
  return false;
}

// Does the path lead through a folder of dependencies, into that of `name`? Where that is "", any will do, and *name
// becomes its name. The innermost counts.
static bool is_fetched(const char *path, bool is_source, struct text *name)
{
  struct text before[3] = {{"", 0}, {"", 0}, {"", 0}};
  struct text wanted = *name;
  bool found = false;
  while (*path) {
    struct text folder = next_folder(&path);
    bool whose = wanted.size == 0 || (folder.size == wanted.size && memcmp(folder.at, wanted.at, folder.size) == 0);
    if (*path && folder.size && whose && keeps_dependencies(before[2], before[0], is_source)) {
      *name = folder;
      found = true;
    }
    memmove(before, before + 1, sizeof before - sizeof *before);
    before[2] = folder;
  }
  return found;
}

// shop of lib/shop-1.0/ebin/shop_cart.beam.
static struct text application_folder(const char *path)
{
  struct text before[3] = {{"", 0}, {"", 0}, {"", 0}}, none = {"", 0};
  while (*path) {
    struct text folder = next_folder(&path);
    if (!*path && !is(before[2], "ebin"))
      return none;
    if (*path) {
      memmove(before, before + 1, sizeof before - sizeof *before);
      before[2] = folder;
    }
  }
  bool library = false;
  for (size_t i = 0; i < sizeof library_folders / sizeof *library_folders; i++)
    library |= is(before[0], library_folders[i]);
  if (!library)
    return none;
  struct text name = before[1];
  for (size_t i = name.size; i-- > 1;) {
    if (name.at[i] == '-' && isdigit((unsigned char)name.at[i + 1]))
      return (struct text){name.at, i};
  }
  return name;
}

void applications_init(struct applications *applications, uint32_t module_count)
{
  *applications = (struct applications){.names = string_table_new(),
                                        .modules = calloc((size_t)module_count + 1, sizeof *applications->modules),
                                        .module_count = module_count};
  applications->failed = !applications->names || !applications->modules;
}

void applications_release(struct applications *applications)
{
  string_table_free(applications->names);
  free(applications->rows);
  free(applications->modules);
}

// The id of the application; 0 where there are too many, or the name is none.
static uint32_t named(struct applications *applications, struct text name)
{
  if (applications->failed || name.size > PACKED_NAME_MAX_BYTES || memchr(name.at, 0, name.size) ||
      string_table_count(applications->names) > APPLICATIONS_MAX)
    return 0;
  uint32_t id = string_table_intern(applications->names, name.at, name.size);
  if (id == STRING_TABLE_FAILED) {
    applications->failed = true;
    return 0;
  }
  if (id >= applications->row_capacity) {
    uint32_t capacity = id * 2 + 64;
    struct application *grown = realloc(applications->rows, capacity * sizeof *grown);
    applications->failed = !grown;
    if (!grown)
      return 0;
    memset(grown + applications->row_capacity, 0, (capacity - applications->row_capacity) * sizeof *grown);
    applications->rows = grown;
    applications->row_capacity = capacity;
  }
  return id;
}

static struct text name_of(const struct applications *applications, uint32_t id)
{
  struct text name;
  name.at = string_table_text(applications->names, id, &name.size);
  return name;
}

static uint32_t named_by(struct applications *applications, const char *name)
{
  return named(applications, (struct text){name, strlen(name)});
}

void applications_loaded(struct applications *applications, const char *name, const char *description)
{
  static const char *const templates[] = {"", "An OTP application", "An OTP library"};
  uint32_t id = named_by(applications, name);
  if (id == 0)
    return;
  bool described = strcmp(description, name) != 0;
  for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
    described = described && strcmp(description, templates[i]) != 0;
  applications->rows[id].loaded = true;
  applications->rows[id].described = described;
}

void applications_uses(struct applications *applications, const char *name, const char *used)
{
  uint32_t user = named_by(applications, name), of = named_by(applications, used);
  if (user == 0 || of == 0 || user == of || platform(name) || platform(used))
    return;
  applications->rows[user].uses = true;
  applications->rows[of].used = true;
}

void applications_member(struct applications *applications, const char *name, uint32_t module)
{
  if (module < applications->module_count && !applications->failed)
    applications->modules[module].application = named_by(applications, name);
}

// A path that a module came from, with its application known or not.
static void weigh_path(struct applications *applications, struct told_module *module, const char *path, bool is_source)
{
  struct text name = name_of(applications, module->application);
  bool fetched = is_fetched(path, is_source, &name);
  if (module->application == 0 && fetched)
    module->application = named(applications, name);
  if (module->application == 0)
    return;
  struct application *row = &applications->rows[module->application];
  row->fetched |= fetched;
  row->source_known |= !fetched && is_source && path[0] == '/';
}

void applications_module(struct applications *applications, uint32_t index, const char *file, const char *source)
{
  if (applications->failed || index >= applications->module_count)
    return;
  struct told_module *module = &applications->modules[index];
  module->told = true;
  if (module->application == 0 && strcmp(file, "preloaded") == 0)
    module->application = named_by(applications, "erts");
  if (module->application == 0)
    module->application = named(applications, application_folder(file));
  weigh_path(applications, module, source, true);
  weigh_path(applications, module, file, false);
}

// Functions made by macros, and included ones, begin elsewhere: only what is named as the module is its source.
void applications_located(struct applications *applications, uint32_t index, const char *module_name, const char *file)
{
  if (applications->failed || index >= applications->module_count || !applications->modules[index].told)
    return;
  const char *slash = strrchr(file, '/');
  size_t size = strlen(module_name);
  if (slash && strncmp(slash + 1, module_name, size) == 0 && strcmp(slash + 1 + size, ".erl") == 0)
    weigh_path(applications, &applications->modules[index], file, true);
}

static enum module_origin origin_of(const struct application *application)
{
  if (application->fetched)
    return MODULE_DEPENDENCY;
  if (application->source_known)
    return MODULE_OWN;
  return application->used && application->described ? MODULE_DEPENDENCY : MODULE_OWN;
}

static bool any_is_own(const struct applications *applications)
{
  for (uint32_t id = 1; id < string_table_count(applications->names); id++) {
    if (applications->rows[id].loaded && applications->rows[id].origin == MODULE_OWN)
      return true;
  }
  for (uint32_t i = 0; i < applications->module_count; i++) {
    if (applications->modules[i].told && applications->modules[i].application == 0)
      return true;
  }
  return false;
}

bool applications_decide(struct applications *applications)
{
  if (applications->failed)
    return false;
  uint32_t count = string_table_count(applications->names);
  for (uint32_t id = 1; id < count; id++) {
    struct application *row = &applications->rows[id];
    row->origin = platform(name_of(applications, id).at);
    if (row->origin == 0)
      row->origin = origin_of(row);
  }
  if (any_is_own(applications))
    return true;
  for (uint32_t id = 1; id < count; id++) {
    struct application *row = &applications->rows[id];
    if (row->loaded && row->uses && !row->used)
      row->origin = MODULE_OWN;
  }
  return true;
}

bool applications_of_module(const struct applications *applications, uint32_t index, struct module_application *to)
{
  if (index >= applications->module_count || !applications->modules[index].told)
    return false;
  const struct told_module *module = &applications->modules[index];
  to->application = name_of(applications, module->application).at;
  to->origin = module->application ? applications->rows[module->application].origin : MODULE_OWN;
  return true;
}
