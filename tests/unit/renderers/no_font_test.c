// A machine without a font: a sentence, where Pango would end the program. Fonts are looked for once in a process.
#include "drawn.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char config[] = "/tmp/unit_no_font_XXXXXX";

static int take_fonts_away(void **state)
{
  static const char empty[] = "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\"><fontconfig/>\n";
  (void)state;
  int fd = mkstemp(config);
  return fd >= 0 && write(fd, empty, strlen(empty)) == (ssize_t)strlen(empty) && close(fd) == 0 &&
                 setenv("FONTCONFIG_FILE", config, 1) == 0
             ? 0
             : -1;
}

static int clean_up(void **state)
{
  (void)state;
  return unlink(config);
}

static void check(const char *format)
{
  struct bytes out;
  struct error err = {0};
  assert_int_equal(draw_folded("a 1\n", format, 700, &out, &err), -1);
  assert_int_equal(err.code, ERROR_OUTPUT);
  assert_string_equal(err.message, "there is no font to write with: install one (DejaVu, say), or write an .svg");
  bytes_release(&out);
}

static void stills_say_so(void **state)
{
  (void)state;
  check("png");
  check("pdf");
}

static void others_need_none(void **state)
{
  (void)state;
  struct bytes out;
  struct error err = {0};
  assert_int_equal(draw_folded("a 1\n", "svg", 700, &out, &err), 0);
  bytes_release(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(stills_say_so), cmocka_unit_test(others_need_none)};
  return cmocka_run_group_tests(tests, take_fonts_away, clean_up);
}
