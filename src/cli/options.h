// Option tables: one table gives the parser its options and the help its lines.
#ifndef FLAMBEAU_CLI_OPTIONS_H
#define FLAMBEAU_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct byte_sink;

#define TEXT_LIST_MAX 64

struct text_list {
  const char *items[TEXT_LIST_MAX]; // borrowed from the command line
  size_t count;
};

// The type of the setting that an option fills.
enum option_kind {
  OPTION_FLAG,      // bool
  OPTION_TEXT,      // const char *, never ""
  OPTION_LIST,      // struct text_list; the only kind that may be given again
  OPTION_CHOICE,    // const char *, one of `choices`
  OPTION_DURATION,  // uint64_t, nanoseconds
  OPTION_SIZE,      // uint64_t, bytes
  OPTION_COUNT,     // uint64_t
  OPTION_MIN_WIDTH, // struct min_width
  OPTION_FACTOR,    // double
};

#define OPTION_NOT_GIVEN UINT64_MAX // a default that the verb chooses and its help text names

struct option_row {
  const char *name; // without the dashes; NULL ends a table
  char letter;      // 0: none
  enum option_kind kind;
  size_t offset;                // of the setting in the group's settings
  const char *argument;         // what the help calls the value
  const char *help;             // the default is added when the settings have one
  const char *(*choices)(void); // "wall|cpu": all words that OPTION_CHOICE takes; formats that an output's ending names
  uint64_t min, max;            // of OPTION_DURATION, OPTION_SIZE, OPTION_COUNT; max 0: no bound
  bool secret;                  // never repeated, neither in errors nor in what was asked
};

struct option_group {
  const char *title; // heading in the help; NULL ends a list of groups
  const struct option_row *rows;
  size_t offset; // of the group's settings in the command's
};

#define ASKED_MAX 4096

struct invocation {
  struct text_list operands;
  bool help;             // --help was given: nothing after it was looked at
  char asked[ASKED_MAX]; // the command line in one canonical form, quoted for a shell, without secrets
};

// Fills `settings` (which hold the defaults already) from argv[1..]; argv[0] is the verb. Options and operands come in
// any order, "--" ends the options. ERROR_USAGE with one sentence for whatever is wrong.
int options_parse(const struct option_group *groups, int argc, char **argv, void *settings,
                  struct invocation *invocation, struct error *err);

// Fills the setting of one option from its value; a flag needs none. ERROR_USAGE for whatever is wrong.
int options_set(const struct option_row *row, const char *value, void *setting, struct error *err);

// Writes the groups' options as lines of at most 80 columns, with the defaults that `settings` holds.
void options_help(const struct option_group *groups, const void *settings, struct byte_sink *out);

#define OPTION_HELP_MAX 512

// What an option does, with the default that `setting` holds.
void option_describe(const struct option_row *row, const void *setting, char text[OPTION_HELP_MAX]);

// Every word of "a|b|c" in turn: false after the last one. `*at` starts as the whole text.
bool options_next_choice(const char **at, char *word, size_t size);

#endif
