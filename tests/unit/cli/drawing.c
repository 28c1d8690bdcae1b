// Inputs by their first bytes, and what the drawing options may ask of each.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "drawing.h"
#include "fold/fold.h"
#include "input.h"
#include "outputs.h"
#include "profile/profile.h"

static const struct fold_options options;
static struct error err;

static int enter_empty_folder(void **state)
{
  static char folder[32];
  strcpy(folder, "/tmp/unit_drawing_XXXXXX");
  *state = mkdtemp(folder);
  return *state && chdir(*state) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
  unlink("in");
  unlink("in.flb");
  unlink("out.folded");
  return chdir("/") == 0 && rmdir(*state) == 0 ? 0 : -1;
}

static struct profile *read_as(const char *name, const char *data, size_t size)
{
  FILE *file = fopen(name, "w");
  assert_non_null(file);
  assert_int_equal(fwrite(data, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
  err = (struct error){0};
  return input_read(name, &options, &err);
}

static struct profile *read_text(const char *text)
{
  struct profile *profile = read_as("in", text, strlen(text));
  assert_non_null(profile);
  return profile;
}

static void check_written(const char *expected)
{
  char text[256] = "";
  FILE *file = fopen("out.folded", "r");
  assert_non_null(file);
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  assert_string_equal(text, expected);
}

static int write_folded(const struct drawing_settings *settings, const struct profile *profile)
{
  struct outputs outputs;
  struct output_settings output_settings = {.paths = {.items = {"out.folded"}, .count = 1}};
  err = (struct error){0};
  assert_int_equal(outputs_plan(&outputs, &output_settings, false, &err), 0);
  assert_int_equal(outputs_open(&outputs, &err), 0);
  int status = drawing_write(settings, profile, &outputs, &err);
  outputs_release(&outputs);
  return status;
}

static void folded_text_is_drawn(void **state)
{
  (void)state;
  struct drawing_settings settings = {0};
  drawing_init(&settings);
  struct profile *profile = read_text("a;b 3\na;c 5\na;[waiting] 7\n");
  assert_int_equal(write_folded(&settings, profile), 0);
  check_written("a;[waiting] 7\na;b 3\na;c 5\n");
  settings.weight = "wait";
  assert_int_equal(write_folded(&settings, profile), 0);
  check_written("a;[waiting] 7\n");
  settings.weight = "cpu";
  settings.reverse = true;
  assert_int_equal(write_folded(&settings, profile), 0);
  check_written("b;a 3\nc;a 5\n");
  profile_free(profile);
}

static void folded_text_cannot_tell_everything(void **state)
{
  (void)state;
  struct drawing_settings settings = {0};
  drawing_init(&settings);
  struct profile *profile = read_text("a;b 3\n");
  settings.weight = "calls";
  assert_int_equal(write_folded(&settings, profile), -1);
  assert_int_equal(err.code, ERROR_USAGE);
  settings.weight = "wall";
  settings.by = "process";
  assert_int_equal(write_folded(&settings, profile), -1);
  assert_int_equal(err.code, ERROR_USAGE);
  settings.by = "merged";
  settings.raw_names = true;
  assert_int_equal(write_folded(&settings, profile), -1);
  assert_int_equal(err.code, ERROR_USAGE);
  profile_free(profile);
  assert_int_equal(access("out.folded", F_OK), -1);
}

static void nothing_to_draw_is_an_error_without_a_file(void **state)
{
  (void)state;
  struct drawing_settings settings = {0};
  drawing_init(&settings);
  settings.weight = "gc";
  struct profile *profile = read_text("a;b 3\n");
  assert_int_equal(write_folded(&settings, profile), -1);
  assert_int_equal(err.code, ERROR_EMPTY);
  assert_string_equal(err.message, "nothing was captured of garbage collections: try --weight wall");
  profile_free(profile);
  assert_int_equal(access("out.folded", F_OK), -1);
}

static void other_files_are_named_and_refused(void **state)
{
  (void)state;
  assert_null(read_as("in", "a;b many\n", 9));
  assert_int_equal(err.code, ERROR_DATA);
  assert_memory_equal(err.message, "in: line 1 ", 11);
  assert_null(read_as("in", "\xff\xd8\xff\xe0\0\x10JFIF", 10)); // binary: asked as a capture
  assert_int_equal(err.code, ERROR_DATA);
  assert_non_null(strstr(err.message, "JPEG"));
  assert_null(read_as("in.flb", "a;b 3\n", 6)); // a name is taken by its word
  assert_int_equal(err.code, ERROR_DATA);
  assert_null(read_as("in.flb", "", 0));
  assert_int_equal(err.code, ERROR_DATA);
  assert_null(input_read("missing", &options, &(struct error){0}));
}

#define FILE_TEST(test) cmocka_unit_test_setup_teardown(test, enter_empty_folder, leave_folder)

int main(void)
{
  const struct CMUnitTest tests[] = {
      FILE_TEST(folded_text_is_drawn),
      FILE_TEST(folded_text_cannot_tell_everything),
      FILE_TEST(nothing_to_draw_is_an_error_without_a_file),
      FILE_TEST(other_files_are_named_and_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
