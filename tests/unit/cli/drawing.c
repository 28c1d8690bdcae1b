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
  unlink("in.snap");
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

static void a_snapshot_is_drawn_by_its_calls(void **state)
{
  (void)state;
  struct drawing_settings settings = {0};
  drawing_init(&settings);
  struct profile *profile = read_text("flambeau snapshot 1\ncalls in one captured call\n1  a\n25/2  a;b\n");
  assert_int_equal(write_folded(&settings, profile), 0);
  check_written("a 2\na;b 25\n");
  settings.reverse = true;
  assert_int_equal(write_folded(&settings, profile), 0);
  check_written("a 2\nb;a 25\n");
  settings.weight = "calls";
  assert_int_equal(write_folded(&settings, profile), 0);
  static const char *const times[] = {"wall", "cpu", "wait", "gc"};
  for (size_t i = 0; i < 4; i++) {
    settings.weight = times[i];
    assert_int_equal(write_folded(&settings, profile), -1);
    assert_int_equal(err.code, ERROR_USAGE);
    assert_string_equal(err.message, "a snapshot has calls, and no times: take --weight calls, or captures (.flb)");
  }
  settings.weight = NULL;
  settings.by = "process";
  assert_int_equal(write_folded(&settings, profile), -1);
  assert_int_equal(err.code, ERROR_USAGE);
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
  settings.raw_names = false;
  settings.chart = true;
  assert_int_equal(write_folded(&settings, profile), -1);
  assert_int_equal(err.code, ERROR_USAGE);
  profile_free(profile);
  assert_int_equal(access("out.folded", F_OK), -1);
}

// Plans `first` and maybe `second` as outputs and checks the settings with them.
static int check_with(const struct drawing_settings *settings, const char *first, const char *second)
{
  struct outputs outputs;
  struct output_settings output_settings = {.paths = {.items = {first, second}, .count = second ? 2 : 1}};
  err = (struct error){0};
  assert_int_equal(outputs_plan(&outputs, &output_settings, true, &err), 0);
  int status = drawing_check_settings(settings, &outputs, &err);
  assert_int_equal(err.code, status < 0 ? ERROR_USAGE : ERROR_NONE);
  return status;
}

static void a_chart_excludes_other_views(void **state)
{
  (void)state;
  struct drawing_settings plain = {0};
  drawing_init(&plain);
  struct drawing_settings chart = plain;
  chart.chart = true;
  assert_int_equal(check_with(&chart, "a.svg", NULL), 0);
  struct drawing_settings with = chart;
  with.by = "process"; // which it is
  assert_int_equal(check_with(&with, "a.png", NULL), 0);
  with.by = "merged";
  assert_int_equal(check_with(&with, "a.svg", NULL), -1);
  assert_non_null(strstr(err.message, "--by merged"));
  with.by = "parent";
  assert_int_equal(check_with(&with, "a.svg", NULL), -1);
  with = chart;
  with.weight = "cpu";
  assert_int_equal(check_with(&with, "a.svg", NULL), -1);
  assert_non_null(strstr(err.message, "--weight cpu"));
  with.chart = false;
  assert_int_equal(check_with(&with, "a.svg", NULL), 0);
  with = chart;
  with.reverse = true;
  assert_int_equal(check_with(&with, "a.svg", NULL), -1);
  assert_non_null(strstr(err.message, "--reverse"));
}

static void a_chart_needs_a_picture(void **state)
{
  (void)state;
  struct drawing_settings chart = {0};
  drawing_init(&chart);
  chart.chart = true;
  assert_int_equal(check_with(&chart, "a.folded", NULL), -1);
  assert_int_equal(check_with(&chart, "a.folded", "a.flb"), -1);
  assert_int_equal(check_with(&chart, "a.folded", "a.svg"), 0);
  assert_int_equal(check_with(&chart, "a.flb", NULL), 0); // has all the time there is
}

static void a_snapshot_is_of_callers_and_steady_names(void **state)
{
  (void)state;
  struct drawing_settings with = {0};
  drawing_init(&with);
  assert_int_equal(check_with(&with, "a.snap", NULL), 0);
  with.reverse = true;
  assert_int_equal(check_with(&with, "a.snap", "a.svg"), -1);
  assert_non_null(strstr(err.message, "--reverse"));
  with.reverse = false;
  with.raw_names = true;
  assert_int_equal(check_with(&with, "a.snap", NULL), -1);
  assert_non_null(strstr(err.message, "--raw-names"));
}

static void a_chart_is_by_process(void **state)
{
  (void)state;
  struct drawing_settings settings = {0};
  drawing_init(&settings);
  struct fold_options merged = drawing_fold_options(&settings);
  assert_true(merged.by == FOLD_MERGED && !merged.spans);
  settings.chart = true;
  struct fold_options chart = drawing_fold_options(&settings);
  assert_true(chart.by == FOLD_BY_PROCESS && chart.spans);
  settings.chart = false;
  settings.by = "parent";
  assert_true(drawing_fold_options(&settings).by == FOLD_BY_PARENT);
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
  assert_null(read_as("in.snap", "a;b 3\n", 6));
  assert_memory_equal(err.message, "in.snap: line 1: this flambeau reads snapshots", 46);
  assert_null(read_as("in.flb", "", 0));
  assert_int_equal(err.code, ERROR_DATA);
  assert_null(input_read("missing", &options, &(struct error){0}));
}

#define FILE_TEST(test) cmocka_unit_test_setup_teardown(test, enter_empty_folder, leave_folder)

int main(void)
{
  const struct CMUnitTest tests[] = {
      FILE_TEST(folded_text_is_drawn),
      FILE_TEST(a_snapshot_is_drawn_by_its_calls),
      FILE_TEST(folded_text_cannot_tell_everything),
      cmocka_unit_test(a_snapshot_is_of_callers_and_steady_names),
      cmocka_unit_test(a_chart_excludes_other_views),
      cmocka_unit_test(a_chart_needs_a_picture),
      cmocka_unit_test(a_chart_is_by_process),
      FILE_TEST(nothing_to_draw_is_an_error_without_a_file),
      FILE_TEST(other_files_are_named_and_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
