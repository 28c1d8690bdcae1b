// What a check holds HEAD to: from the command line and a file of settings.
#ifndef FLAMBEAU_CLI_CHECK_TERMS_H
#define FLAMBEAU_CLI_CHECK_TERMS_H

#include "base/bytes.h"
#include "base/error.h"
#include "options.h"
#include "profile/verdict.h"

#define CHECK_CONFIG_NAME ".flambeau"

struct check_settings {
  struct text_list max_calls, max_time; // "10%" or "PATTERN=10%"
  struct text_list only, skip;
  bool allow_new, fail_vanished;
};

extern const struct option_row check_rows[]; // of struct check_settings: the keys of the file, too

struct check_terms {
  struct verdict_terms terms; // points into this, and into the settings of the command line
  struct check_settings file;
  struct verdict_limit calls[2 * TEXT_LIST_MAX], time[2 * TEXT_LIST_MAX];
  struct bytes text;     // of the file
  struct bytes patterns; // without what follows them
};

// `config` is the file, or NULL: then CHECK_CONFIG_NAME in the current folder, where there is one. What is said on the
// command line wins: its limits over the file's, its --only and --skip in place of the file's. Release it in any case.
int check_terms_init(struct check_terms *terms, const struct check_settings *settings, const char *config,
                     struct error *err);
void check_terms_release(struct check_terms *terms);

#endif
