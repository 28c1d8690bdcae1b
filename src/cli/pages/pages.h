// What the man page and the shell completions are made of, beside the tables of verbs and options themselves.
#ifndef FLAMBEAU_CLI_PAGES_H
#define FLAMBEAU_CLI_PAGES_H

#include <stddef.h>

#include "command.h"

struct byte_sink;

// How a shell completes the value of an option.
enum value_kind {
  VALUE_NONE, // a flag
  VALUE_TEXT, // nothing that could be listed
  VALUE_WORD, // one of the row's choices
  VALUE_FILE,
  VALUE_OUTPUT, // a file to write, in the format of its ending
  VALUE_NODE,   // NAME@HOST; epmd knows the names
};

enum value_kind value_kind(const struct option_row *row);

#define ROWS_MAX 64
#define WORDS_MAX 512
#define BRIEF_MAX 256

// All options of a verb, --help last; how many.
size_t command_rows(const struct command *command, const struct option_row *rows[ROWS_MAX]);
// What a value of VALUE_WORD may be, or of VALUE_OUTPUT end in: "wall cpu wait", ".svg .png"; "" for the others.
void value_words(const struct option_row *row, char words[WORDS_MAX]);
// What an option does, as short as a list of candidates wants it.
void option_brief(const struct option_row *row, char brief[BRIEF_MAX]);

// Writers of what takes the place of a mark in a template.
void write_man_synopsis(struct byte_sink *out);
void write_man_verbs(struct byte_sink *out);
void write_man_examples(struct byte_sink *out);
void write_bash_tables(struct byte_sink *out);
void write_zsh_tables(struct byte_sink *out);
void write_fish_tables(struct byte_sink *out);

#endif
