// Texts of limits and patterns in, terms for the verdict out. Of each kind of limit one is for all functions, the last
// that has no pattern; those with patterns stand in order, the file's before the command line's, and the last that
// matches counts.
#include "check_terms.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config_file.h"

#define DEFAULT_TIME_GROWTH (20 * VERDICT_PERCENT)
#define MAX_PERCENT 1000000u
#define PATTERNS_MAX_BYTES ((size_t)4 << 20)

#define FIELD(field) .offset = offsetof(struct check_settings, field)

const struct option_row check_rows[] = {
    {.name = "max-calls",
     .kind = OPTION_LIST,
     FIELD(max_calls),
     .argument = "LIMIT",
     .help = "how many more calls a function may have: 10%, or for some PATTERN=10% (Enum.*=10%, lists:map/2=off); off "
             "is any "
             "number (default 0%)"},
    {.name = "max-time",
     .kind = OPTION_LIST,
     FIELD(max_time),
     .argument = "LIMIT",
     .help = "how much longer a function's own time in a call, and the whole call, may take: 20%, PATTERN=50%, off "
             "(default 20%)"},
    {.name = "only",
     .kind = OPTION_LIST,
     FIELD(only),
     .argument = "PATTERN",
     .help = "judge only these modules or functions (Shop.*, lists:map/2)"},
    {.name = "skip",
     .kind = OPTION_LIST,
     FIELD(skip),
     .argument = "PATTERN",
     .help = "do not judge these modules or functions; what they call is their callers' doing"},
    {.name = "allow-new",
     .kind = OPTION_FLAG,
     FIELD(allow_new),
     .help = "functions that BASELINE does not call, and what is called more only because of them, are no regression"},
    {.name = "fail-vanished",
     .kind = OPTION_FLAG,
     FIELD(fail_vanished),
     .help = "functions that HEAD does not call any more are a regression"},
    {0},
};

// "12.5%" up to three decimals, or "off".
static int read_growth(const char *text, uint64_t *growth)
{
  uint64_t value = 0, unit = VERDICT_PERCENT;
  if (strcmp(text, "off") == 0) {
    *growth = VERDICT_NO_LIMIT;
    return 0;
  }
  const char *at = text;
  for (; *at >= '0' && *at <= '9' && value <= MAX_PERCENT; at++)
    value = value * 10 + (uint64_t)(*at - '0');
  if (at == text || value > MAX_PERCENT)
    return -1;
  value *= unit;
  if (*at == '.')
    for (at++; *at >= '0' && *at <= '9' && unit >= 10; at++)
      value += (uint64_t)(*at - '0') * (unit /= 10);
  if (strcmp(at, "%") != 0 || at[-1] == '.')
    return -1;
  *growth = value;
  return 0;
}

// `patterns` keeps the part before the last "=".
static int add_limit(const char *text, const char *option, struct verdict_limits *limits, struct verdict_limit *items,
                     struct bytes *patterns, struct error *err)
{
  const char *equals = strrchr(text, '=');
  uint64_t growth;
  if (read_growth(equals ? equals + 1 : text, &growth) < 0 || equals == text)
    return error_set(err, ERROR_USAGE, "--%s wants a limit such as 10%%, Enum.*=10%% or off, not '%.80s'", option,
                     text);
  if (!equals) {
    limits->growth = growth;
    return 0;
  }
  size_t size = (size_t)(equals - text);
  char *pattern = (char *)bytes_reserve(patterns, size + 1);
  if (!pattern)
    return error_set(err, ERROR_USAGE, "the patterns of --%s are too long", option);
  memcpy(pattern, text, size);
  pattern[size] = '\0';
  items[limits->count++] = (struct verdict_limit){.growth = growth};
  return 0;
}

// When all are there, for the buffer may have moved.
static void place_patterns(struct verdict_limit *items, size_t count, const char **at)
{
  for (size_t i = 0; i < count; i++) {
    items[i].pattern = *at;
    *at += strlen(*at) + 1;
  }
}

static int add_limits(struct check_terms *terms, const struct text_list *file, const struct text_list *given,
                      const char *option, struct verdict_limits *limits, struct verdict_limit *items, struct error *err)
{
  const struct text_list *lists[] = {file, given};
  limits->items = items;
  for (size_t list = 0; list < 2; list++)
    for (size_t i = 0; i < lists[list]->count; i++)
      if (add_limit(lists[list]->items[i], option, limits, items, &terms->patterns, err) < 0)
        return -1;
  return 0;
}

static int read_file(struct check_terms *terms, const char *config, struct error *err)
{
  if (!config && access(CHECK_CONFIG_NAME, F_OK) < 0)
    return 0;
  return config_file_read(config ? config : CHECK_CONFIG_NAME, check_rows, &terms->file, &terms->text, err);
}

// Which application a function is of, a snapshot does not say.
static int check_patterns(const struct check_settings *settings, struct error *err)
{
  const struct text_list *lists[] = {&settings->max_calls, &settings->max_time, &settings->only, &settings->skip};
  for (size_t list = 0; list < sizeof lists / sizeof *lists; list++)
    for (size_t i = 0; i < lists[list]->count; i++)
      if (strncmp(lists[list]->items[i], "app:", 4) == 0)
        return error_set(err, ERROR_USAGE, "'%.80s': check knows modules, but not whose they are: name them (Shop.*)",
                         lists[list]->items[i]);
  return 0;
}

static void choose_patterns(const struct text_list *file, const struct text_list *given, const char *const **patterns,
                            size_t *count)
{
  const struct text_list *list = given->count ? given : file;
  *patterns = list->items;
  *count = list->count;
}

int check_terms_init(struct check_terms *terms, const struct check_settings *settings, const char *config,
                     struct error *err)
{
  *terms = (struct check_terms){.terms.time.growth = DEFAULT_TIME_GROWTH};
  bytes_init(&terms->text, CONFIG_FILE_MAX_BYTES);
  bytes_init(&terms->patterns, PATTERNS_MAX_BYTES);
  const struct check_settings *file = &terms->file;
  struct verdict_terms *made = &terms->terms;
  if (read_file(terms, config, err) < 0 || check_patterns(file, err) < 0 || check_patterns(settings, err) < 0 ||
      add_limits(terms, &file->max_calls, &settings->max_calls, "max-calls", &made->calls, terms->calls, err) < 0 ||
      add_limits(terms, &file->max_time, &settings->max_time, "max-time", &made->time, terms->time, err) < 0)
    return -1;
  const char *at = (const char *)terms->patterns.data;
  place_patterns(terms->calls, made->calls.count, &at);
  place_patterns(terms->time, made->time.count, &at);
  choose_patterns(&file->only, &settings->only, &made->only, &made->only_count);
  choose_patterns(&file->skip, &settings->skip, &made->skip, &made->skip_count);
  made->allow_new = file->allow_new || settings->allow_new;
  made->fail_vanished = file->fail_vanished || settings->fail_vanished;
  return 0;
}

void check_terms_release(struct check_terms *terms)
{
  bytes_release(&terms->text);
  bytes_release(&terms->patterns);
}
