// What may be written to stdout: a pseudo-terminal of a known width stands in for it.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "terminal.h"

static int real_stdout, master;

static int forget_environment(void **state)
{
  (void)state;
  unsetenv("COLUMNS");
  unsetenv("COLORTERM");
  unsetenv("NO_COLOR");
  return setenv("TERM", "xterm", 1);
}

static int take_terminal(void **state)
{
  const struct winsize size = {.ws_col = 123, .ws_row = 40};
  master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
    return -1;
  int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
  real_stdout = dup(STDOUT_FILENO);
  if (terminal < 0 || ioctl(terminal, TIOCSWINSZ, &size) < 0 || dup2(terminal, STDOUT_FILENO) < 0)
    return -1;
  close(terminal);
  return forget_environment(state);
}

static int give_back(void **state)
{
  (void)state;
  dup2(real_stdout, STDOUT_FILENO);
  close(real_stdout);
  return close(master);
}

static void a_terminal_has_its_width(void **state)
{
  (void)state;
  assert_int_equal(terminal_columns(true), 123);
  assert_int_equal(terminal_columns(false), 0);
  setenv("COLUMNS", "60", 1);
  assert_int_equal(terminal_columns(true), 123);
  assert_int_equal(terminal_columns(false), 60);
}

static void a_terminal_has_colors(void **state)
{
  (void)state;
  assert_int_equal(terminal_colors(), 256);
  setenv("COLORTERM", "truecolor", 1);
  assert_int_equal(terminal_colors(), 16777216);
  setenv("NO_COLOR", "", 1); // as if it were not set
  assert_int_equal(terminal_colors(), 16777216);
  setenv("NO_COLOR", "1", 1);
  assert_int_equal(terminal_colors(), 0);
  unsetenv("NO_COLOR");
  setenv("TERM", "dumb", 1);
  assert_int_equal(terminal_colors(), 0);
}

static int take_file(void **state)
{
  int file = open("/dev/null", O_WRONLY);
  real_stdout = dup(STDOUT_FILENO);
  master = dup(file);
  if (dup2(file, STDOUT_FILENO) < 0)
    return -1;
  close(file);
  return forget_environment(state);
}

static void a_file_has_neither(void **state)
{
  (void)state;
  setenv("COLORTERM", "truecolor", 1);
  assert_int_equal(terminal_colors(), 0);
  assert_int_equal(terminal_columns(true), 0);
  setenv("COLUMNS", "wide", 1);
  assert_int_equal(terminal_columns(true), 0);
  setenv("COLUMNS", "-5", 1);
  assert_int_equal(terminal_columns(true), 0);
  setenv("COLUMNS", "60", 1);
  assert_int_equal(terminal_columns(true), 60);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_terminal_has_its_width, take_terminal, give_back),
      cmocka_unit_test_setup_teardown(a_terminal_has_colors, take_terminal, give_back),
      cmocka_unit_test_setup_teardown(a_file_has_neither, take_file, give_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
