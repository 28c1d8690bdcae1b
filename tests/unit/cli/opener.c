// What a browser is started with: a script stands for it and writes down its words.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "opener.h"

#define FILE_NAME "-a b%20;$(c)'ü.svg"
#define FILE_URL "-a%20b%2520%3B%24%28c%29%27%C3%BC.svg"

static char folder[] = "/tmp/unit_opener_XXXXXX";
static struct error err;

static void write_file(const char *name, const char *text, mode_t mode)
{
  FILE *file = fopen(name, "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(chmod(name, mode), 0);
}

static int enter_folder(void **state)
{
  (void)state;
  if (!mkdtemp(folder) || chdir(folder) != 0)
    return -1;
  write_file(FILE_NAME, "<svg/>", 0600);
  write_file("browser", "#!/bin/sh\nprintf '%s\\n' \"$@\" > words.new && mv words.new words\n", 0700);
  write_file("locked", "#!/bin/sh\n", 0600);
  write_file("broken", "#!/bin/sh\nexit 3\n", 0700);
  return 0;
}

static int leave_folder(void **state)
{
  (void)state;
  unlink(FILE_NAME);
  unlink("browser");
  unlink("locked");
  unlink("broken");
  unlink("words");
  return chdir("/") == 0 ? rmdir(folder) : -1;
}

// With $BROWSER as said, "@" standing for the folder; -1 when nothing was started, else its words are in `words`.
static int show(const char *browser, char words[1024])
{
  char value[1024] = "";
  for (; *browser; browser++)
    sprintf(value + strlen(value), *browser == '@' ? "%s" : "%.1s", *browser == '@' ? folder : browser);
  setenv("BROWSER", value, 1);
  unlink("words");
  err = (struct error){0};
  if (opener_show(FILE_NAME, &err) < 0)
    return -1;
  for (int i = 0; i < 600 && access("words", F_OK) != 0; i++)
    usleep(100000); // nobody waits for a browser to end
  FILE *file = fopen("words", "r");
  assert_non_null(file);
  words[fread(words, 1, 1023, file)] = '\0';
  fclose(file);
  return 0;
}

static void check(const char *browser, const char *before, const char *after)
{
  char words[1024], expected[1024];
  assert_int_equal(show(browser, words), 0);
  snprintf(expected, sizeof expected, "%sfile://%s/%s\n%s", before, folder, FILE_URL, after);
  assert_string_equal(words, expected);
}

static void no_byte_of_the_path_means_anything(void **state)
{
  (void)state;
  check("@/browser", "", "");
}

static void words_are_cut_and_the_url_put_in(void **state)
{
  (void)state;
  check("@/browser --new-window", "--new-window\n", "");
  check("  @/browser  %s  -x", "", "-x\n");
  check("@/browser --app=%s", "--app=", "");
}

static void the_first_that_starts_shows_it(void **state)
{
  (void)state;
  check("@/missing:@/locked:@/browser:@/missing", "", "");
}

static void without_any_there_is_a_sentence(void **state)
{
  (void)state;
  char words[1024];
  assert_int_equal(show("/nowhere/browser:", words), -1);
  assert_int_equal(err.code, ERROR_OUTPUT);
  assert_string_equal(err.message, "/nowhere/browser: could not show " FILE_NAME ": open it yourself, or set $BROWSER");
}

// Where it does so at once, and on a busy machine that may take some tries.
static void a_browser_that_fails_has_not_shown_it(void **state)
{
  (void)state;
  char browser[64];
  sprintf(browser, "%s/broken", folder);
  setenv("BROWSER", browser, 1);
  int tries = 20;
  while (tries > 0 && opener_show(FILE_NAME, &(struct error){0}) == 0)
    tries--;
  assert_int_not_equal(tries, 0);
}

static void urls_fit_or_fail(void **state)
{
  (void)state;
  char url[32];
  assert_int_equal(opener_url("/a~b-c_d.e", url, sizeof url), -1); // might take 7 + 3 * 10 and the end
  assert_int_equal(opener_url("/a~", url, sizeof url), 0);
  assert_string_equal(url, "file:///a~");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_byte_of_the_path_means_anything),    cmocka_unit_test(words_are_cut_and_the_url_put_in),
      cmocka_unit_test(the_first_that_starts_shows_it),        cmocka_unit_test(without_any_there_is_a_sentence),
      cmocka_unit_test(a_browser_that_fails_has_not_shown_it), cmocka_unit_test(urls_fit_or_fail),
  };
  return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
