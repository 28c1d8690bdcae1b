// Lines in, filled settings out, by the tables that the command line is read by: what an option takes, its key takes.
#include "config_file.h"

#include <string.h>

#include "base/byte_io.h"
#include "nearest.h"

#define READ_BYTES 4096

struct config {
  const char *path;
  const struct option_row *rows;
  void *settings;
  size_t line;
};

static int fail_line(const struct config *config, const struct error *why, struct error *err)
{
  return error_set(err, ERROR_USAGE, "%.100s:%zu: %s", config->path, config->line, why->message);
}

static char *trimmed(char *text)
{
  text += strspn(text, " \t\r");
  for (size_t size = strlen(text); size > 0 && strchr(" \t\r", text[size - 1]); size--)
    text[size - 1] = '\0';
  return text;
}

static int set_flag(bool *flag, const char *value, struct error *err)
{
  *flag = strcmp(value, "true") == 0;
  return *flag || strcmp(value, "false") == 0 ? 0 : error_set(err, ERROR_USAGE, "'%.80s' is not true or false", value);
}

static int set(const struct config *config, const char *key, const char *value, struct error *err)
{
  struct nearest nearest;
  nearest_init(&nearest, key);
  for (const struct option_row *row = config->rows; row->name; row++) {
    void *setting = (char *)config->settings + row->offset;
    nearest_offer(&nearest, row->name);
    if (strcmp(row->name, key) == 0)
      return row->kind == OPTION_FLAG ? set_flag(setting, value, err) : options_set(row, value, setting, err);
  }
  if (nearest.best)
    return error_set(err, ERROR_USAGE, "there is no setting '%.60s': did you mean %s?", key, nearest.best);
  return error_set(err, ERROR_USAGE, "there is no setting '%.60s'", key);
}

static int read_line(const struct config *config, char *line, struct error *err)
{
  struct error why = {0};
  line = trimmed(line);
  if (*line == '\0' || *line == '#' || *line == ';')
    return 0;
  char *value = strchr(line, '=');
  if (!value) {
    error_set(&why, ERROR_USAGE, "'%.60s' is no setting: write key = value", line);
    return fail_line(config, &why, err);
  }
  *value++ = '\0';
  return set(config, trimmed(line), trimmed(value), &why) < 0 ? fail_line(config, &why, err) : 0;
}

static int read_all(const char *path, struct bytes *text, struct error *err)
{
  struct byte_source *source = file_source_new(path, err);
  ptrdiff_t got = -1;
  if (!source)
    return -1;
  do {
    size_t had = text->size;
    uint8_t *room = bytes_reserve(text, READ_BYTES);
    got = room ? byte_source_read(source, room, READ_BYTES) : -1;
    text->size = had + (got > 0 ? (size_t)got : 0);
  } while (got > 0);
  if (got < 0 && source->error.code != ERROR_NONE)
    error_set(err, source->error.code, "%.100s: %s", path, source->error.message);
  byte_source_free(source);
  bytes_append_u8(text, '\0');
  if (text->failed || got < 0)
    return error_set(err, ERROR_DATA, "%.100s is too large to be a file of settings", path);
  return 0;
}

int config_file_read(const char *path, const struct option_row *rows, void *settings, struct bytes *text,
                     struct error *err)
{
  struct config config = {.path = path, .rows = rows, .settings = settings};
  if (read_all(path, text, err) < 0)
    return -1;
  if (strlen((const char *)text->data) + 1 != text->size)
    return error_set(err, ERROR_USAGE, "%.100s holds a zero byte: it is no file of settings", path);
  for (char *rest = (char *)text->data, *line; (line = strsep(&rest, "\n")) != NULL;) {
    config.line++;
    if (read_line(&config, line, err) < 0)
      return -1;
  }
  return 0;
}
