// Formats, names and the fate of files: an output is whole or not there, and one that fails does not take the others.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/byte_io.h"
#include "outputs.h"
#include "renderers/renderer.h"

static struct outputs outputs;
static struct error err;

static int plan(bool capture, const char *format, size_t count, const char *const *paths)
{
  struct output_settings settings = {.format = format};
  for (size_t i = 0; i < count; i++)
    settings.paths.items[settings.paths.count++] = paths[i];
  err = (struct error){0};
  return outputs_plan(&outputs, &settings, capture, &err);
}

#define PLAN(capture, format, ...)                                                                                     \
  plan(capture, format, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static void endings_choose_formats(void **state)
{
  (void)state;
  assert_int_equal(PLAN(true, NULL, "a.svg", "dir.x/b.png", "c.folded", "d.flb", "e.pdf", "f.svgz", "g.txt"), 0);
  assert_string_equal(outputs.items[0].renderer->name, "svg");
  assert_string_equal(outputs.items[1].renderer->name, "png");
  assert_string_equal(outputs.items[2].renderer->name, "folded");
  assert_null(outputs.items[3].renderer);
  assert_string_equal(outputs.items[4].renderer->name, "pdf");
  assert_string_equal(outputs.items[5].renderer->name, "svgz");
  assert_string_equal(outputs.items[6].renderer->name, "text");
  assert_ptr_equal(outputs_capture(&outputs), &outputs.items[3]);
}

static void format_overrides_endings(void **state)
{
  (void)state;
  assert_int_equal(PLAN(true, "folded", "a.svg"), 0);
  assert_string_equal(outputs.items[0].renderer->name, "folded");
  assert_int_equal(PLAN(true, "flb", "capture"), 0);
  assert_null(outputs.items[0].renderer);
  assert_int_equal(PLAN(true, NULL, "-"), 0);
  assert_string_equal(outputs.items[0].renderer->name, "svg");
}

static void unnamed_output_is_an_svg(void **state)
{
  (void)state;
  assert_int_equal(plan(true, NULL, 0, NULL), 0);
  assert_true(outputs.unnamed);
  assert_int_equal(outputs.count, 1);
  assert_string_equal(outputs_extension(&outputs), ".svg");
  assert_int_equal(plan(true, "flb", 0, NULL), 0);
  assert_string_equal(outputs_extension(&outputs), ".flb");
}

static void wrong_outputs_get_a_sentence(void **state)
{
  (void)state;
  assert_int_equal(PLAN(true, NULL, "a.jpeg"), -1);
  assert_int_equal(err.code, ERROR_USAGE);
  assert_memory_equal(err.message, "a.jpeg: its ending is no format: use svg|", 41);
  assert_non_null(strstr(err.message, "|folded|"));
  assert_non_null(strstr(err.message, "|flb or say --format"));
  assert_int_equal(PLAN(true, NULL, ".svg"), -1); // a name, not an ending
  assert_int_equal(PLAN(true, NULL, "a.svg", "./a.svg"), -1);
  assert_string_equal(err.message, "two outputs go to ./a.svg: give each its own name");
  assert_int_equal(PLAN(true, NULL, "-", "-"), -1);
  assert_int_equal(PLAN(true, NULL, "a.flb", "b.flb"), -1);
  assert_string_equal(err.message, "one capture (.flb) is enough: copy it afterwards");
  assert_int_equal(PLAN(false, NULL, "a.flb"), -1);
  assert_string_equal(err.message, "only record writes captures (.flb): to keep one, copy it");
}

static int plan_to_open(const char *format, const char *path)
{
  const struct output_settings settings = {
      .format = format, .paths = {.items = {path}, .count = path ? 1 : 0}, .open = true};
  err = (struct error){0};
  return outputs_plan(&outputs, &settings, true, &err);
}

static void a_browser_needs_a_file_it_shows(void **state)
{
  (void)state;
  assert_int_equal(plan_to_open(NULL, NULL), 0); // the SVG that nobody named
  assert_int_equal(plan_to_open(NULL, "a.png"), 0);
  assert_int_equal(plan_to_open(NULL, "a.pdf"), 0);
  assert_int_equal(plan_to_open(NULL, "-"), -1);
  assert_int_equal(err.code, ERROR_USAGE);
  assert_string_equal(err.message, "--open shows a file in the browser: write an .svg, .png or .pdf too");
  assert_int_equal(plan_to_open("folded", NULL), -1);
  assert_int_equal(plan_to_open(NULL, "a.flb"), -1);
  assert_int_equal(plan_to_open(NULL, "a.svgz"), -1); // which browsers take from servers only
  assert_int_equal(plan_to_open("svg", "/dev/null"), -1);
}

static int enter_empty_folder(void **state)
{
  static char folder[32];
  strcpy(folder, "/tmp/unit_outputs_XXXXXX");
  *state = mkdtemp(folder);
  return *state && chdir(*state) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
  unlink("a.svg");
  unlink("b.svg");
  return chdir("/") == 0 && rmdir(*state) == 0 ? 0 : -1; // fails when anything else was left there
}

static void finish(size_t index, const char *text)
{
  const struct error none = {0};
  byte_sink_text(outputs.items[index].sink, text);
  output_finish(&outputs.items[index], 0, &none, &err);
}

static void files_appear_when_finished(void **state)
{
  (void)state;
  char text[64];
  assert_int_equal(PLAN(true, NULL, "a.svg", "b.svg"), 0);
  assert_int_equal(outputs_open(&outputs, &err), 0);
  assert_int_equal(access("a.svg", F_OK), -1);
  finish(0, "whole");
  outputs_written(&outputs, text, sizeof text);
  outputs_release(&outputs); // b.svg is not finished
  assert_int_equal(access("a.svg", F_OK), 0);
  assert_int_equal(access("b.svg", F_OK), -1);
  assert_string_equal(text, "a.svg");
}

static void an_svgz_is_packed(void **state)
{
  (void)state;
  uint8_t bytes[64];
  assert_int_equal(PLAN(true, "svgz", "a.svg"), 0);
  assert_int_equal(outputs_open(&outputs, &err), 0);
  finish(0, "whole");
  FILE *file = fopen("a.svg", "r");
  assert_non_null(file);
  assert_in_range(fread(bytes, 1, sizeof bytes, file), 18 + 5, sizeof bytes);
  fclose(file);
  assert_memory_equal(bytes, "\x1f\x8b\x08\0\0\0\0\0", 8); // gzip, deflate, no name, no time
}

static void one_failure_does_not_take_the_others(void **state)
{
  (void)state;
  const struct error failure = {.code = ERROR_OUTPUT, .message = "no"};
  char text[64];
  assert_int_equal(PLAN(true, NULL, "a.svg", "b.svg"), 0);
  assert_int_equal(outputs_open(&outputs, &err), 0);
  output_finish(&outputs.items[0], -1, &failure, &err);
  finish(1, "whole");
  outputs_written(&outputs, text, sizeof text);
  assert_string_equal(text, "b.svg");
  assert_string_equal(err.message, "no");
  assert_int_equal(access("a.svg", F_OK), -1);
  assert_int_equal(access("b.svg", F_OK), 0);
}

static void a_missing_folder_is_known_before_any_work(void **state)
{
  (void)state;
  assert_int_equal(PLAN(true, NULL, "a.svg", "no/such/b.svg"), 0);
  assert_int_equal(outputs_check(&outputs, NULL, NULL, &err), -1);
  assert_int_equal(err.code, ERROR_OUTPUT);
  outputs_release(&outputs);
  assert_int_equal(access("a.svg", F_OK), -1);
}

static void a_check_leaves_nothing(void **state)
{
  (void)state;
  assert_int_equal(PLAN(true, NULL, "a.svg", "b.svg"), 0);
  assert_int_equal(outputs_check(&outputs, NULL, NULL, &err), 0);
  assert_int_equal(access("a.svg", F_OK), -1); // and the folder is empty again, or leave_folder fails
}

static void an_unnamed_output_gets_its_name(void **state)
{
  (void)state;
  const struct error none = {0};
  assert_int_equal(plan(true, NULL, 0, NULL), 0);
  assert_int_equal(outputs_check(&outputs, "a.svg", NULL, &err), 0);
  assert_int_equal(outputs_open(&outputs, &err), 0);
  output_finish(&outputs.items[0], 0, &none, &err);
  assert_int_equal(access("a.svg", F_OK), 0);
}

static void the_input_is_not_overwritten(void **state)
{
  (void)state;
  assert_int_equal(PLAN(false, "svg", "./a.svg"), 0);
  assert_int_equal(outputs_check(&outputs, NULL, "a.svg", &err), -1);
  assert_string_equal(err.message, "./a.svg is the input: give the output another name");
  outputs_release(&outputs);
}

#define FILE_TEST(test) cmocka_unit_test_setup_teardown(test, enter_empty_folder, leave_folder)

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(endings_choose_formats),
      cmocka_unit_test(format_overrides_endings),
      cmocka_unit_test(unnamed_output_is_an_svg),
      cmocka_unit_test(wrong_outputs_get_a_sentence),
      cmocka_unit_test(a_browser_needs_a_file_it_shows),
      FILE_TEST(files_appear_when_finished),
      FILE_TEST(an_svgz_is_packed),
      FILE_TEST(one_failure_does_not_take_the_others),
      FILE_TEST(a_missing_folder_is_known_before_any_work),
      FILE_TEST(a_check_leaves_nothing),
      FILE_TEST(an_unnamed_output_gets_its_name),
      FILE_TEST(the_input_is_not_overwritten),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
