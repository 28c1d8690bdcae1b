// What was written is read, as often as one likes, and no file is ever seen.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/byte_io.h"
#include "base/spool.h"

#define LARGE_BYTES 300000

// On wish a file system that knows no files without a name: this stands before the C library's.
static bool knows_no_unnamed_files;

int open(const char *path, int flags, ...)
{
  va_list more;
  va_start(more, flags);
  int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;
  va_end(more);
  if (!knows_no_unnamed_files || (flags & O_TMPFILE) != O_TMPFILE)
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  errno = EOPNOTSUPP;
  return -1;
}

static void assert_holds(struct spool *spool, const char *expected, size_t size)
{
  struct error err = {0};
  char *got = malloc(size + 1);
  struct byte_source *source = spool_source_new(spool, &err);
  assert_non_null(source);
  assert_int_equal(byte_source_read_full(source, got, size + 1), size);
  assert_memory_equal(got, expected, size);
  byte_source_free(source);
  free(got);
}

static void write_to(struct spool *spool, const char *text, size_t size)
{
  struct error err = {0};
  struct byte_sink *sink = spool_sink_new(spool, &err);
  assert_non_null(sink);
  byte_sink_write(sink, text, size);
  assert_int_equal(byte_sink_finish(sink, &err), 0);
  byte_sink_free(sink);
}

static void is_read_again_and_again(void **state)
{
  (void)state;
  struct error err = {0};
  struct spool *spool = spool_new(&err);
  char *large = malloc(LARGE_BYTES + 3);
  for (size_t i = 0; i < LARGE_BYTES; i++)
    large[i] = (char)(i * 7 + i / 256);
  memcpy(large + LARGE_BYTES, "end", 3);
  assert_holds(spool, "", 0);
  write_to(spool, large, LARGE_BYTES);
  assert_holds(spool, large, LARGE_BYTES);
  write_to(spool, "end", 3);
  assert_holds(spool, large, LARGE_BYTES + 3);
  assert_holds(spool, large, LARGE_BYTES + 3);
  free(large);
  spool_free(spool);
}

static bool is_open_in(const char *folder)
{
  bool found = false;
  for (int fd = 0; fd < 100; fd++) {
    char link[64], path[256] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    found |= readlink(link, path, sizeof path - 1) > 0 && strncmp(path, folder, strlen(folder)) == 0;
  }
  return found;
}

static void leaves_no_file(void **state)
{
  (void)state;
  for (int i = 0; i < 2; i++) {
    struct error err = {0};
    char folder[] = "/tmp/flambeau-spool-XXXXXX";
    assert_non_null(mkdtemp(folder));
    knows_no_unnamed_files = i == 1;
    setenv("TMPDIR", folder, 1);
    struct spool *spool = spool_new(&err);
    unsetenv("TMPDIR");
    knows_no_unnamed_files = false;
    assert_non_null(spool);
    write_to(spool, "secret", 6);
    assert_true(is_open_in(folder));    // not elsewhere
    assert_int_equal(rmdir(folder), 0); // it is empty while the spool is in use
    assert_holds(spool, "secret", 6);
    spool_free(spool);
  }
}

// A folder that was chosen for what nobody is to find elsewhere.
static void a_folder_that_is_none_is_said(void **state)
{
  (void)state;
  struct error err = {0};
  setenv("TMPDIR", "/nonexistent", 1);
  struct spool *spool = spool_new(&err);
  unsetenv("TMPDIR");
  assert_null(spool);
  assert_int_equal(err.code, ERROR_OUTPUT);
  assert_string_equal(err.message,
                      "cannot make a temporary file: No such file or directory; set TMPDIR to a folder that "
                      "can be written");
  spool_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(is_read_again_and_again),
      cmocka_unit_test(leaves_no_file),
      cmocka_unit_test(a_folder_that_is_none_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
