// Files appear whole or not at all, and every way of failing has its sentence.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/byte_io.h"
#include "base/bytes.h"

// Each test runs in an empty folder of its own.
static int enter_folder(void **state)
{
  char *folder = strdup("/tmp/flambeau-test-XXXXXX");
  if (!mkdtemp(folder) || chdir(folder) != 0)
    return -1;
  *state = folder;
  return 0;
}

static int leave_folder(void **state)
{
  char command[64];
  snprintf(command, sizeof command, "rm -rf %s", (char *)*state);
  int failed = chdir("/") != 0 || system(command) != 0;
  free(*state);
  return failed;
}

static int count_files(void)
{
  int count = 0;
  DIR *folder = opendir(".");
  for (struct dirent *entry; (entry = readdir(folder));)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(folder);
  return count;
}

static void assert_file_is(const char *path, const char *expected, size_t size)
{
  struct error err = {0};
  struct byte_source *source = file_source_new(path, &err);
  assert_non_null(source);
  char *data = malloc(size + 1);
  assert_int_equal(byte_source_read_full(source, data, size + 1), size);
  assert_memory_equal(data, expected, size);
  free(data);
  byte_source_free(source);
}

static void a_file_appears_when_finished(void **state)
{
  (void)state;
  struct error err = {0};
  struct byte_sink *sink = file_sink_new("a.svg", &err);
  assert_non_null(sink);
  byte_sink_text(sink, "<svg");
  byte_sink_printf(sink, " width=\"%d\">", 7);
  assert_int_equal(access("a.svg", F_OK), -1);
  assert_int_equal(byte_sink_finish(sink, &err), 0);
  byte_sink_free(sink);
  assert_file_is("a.svg", "<svg width=\"7\">", 15);
  assert_int_equal(count_files(), 1);
  struct stat there;
  mode_t mask = umask(0);
  umask(mask);
  assert_int_equal(stat("a.svg", &there), 0);
  assert_int_equal(there.st_mode & 0777, 0666 & ~mask);
}

static void without_a_finish_nothing_is_left(void **state)
{
  (void)state;
  struct error err = {0};
  struct byte_sink *sink = file_sink_new("a.svg", &err);
  for (int i = 0; i < 100000; i++)
    byte_sink_text(sink, "more than a buffer ");
  byte_sink_free(sink);
  assert_int_equal(count_files(), 0);
}

static void an_old_file_stays_until_then(void **state)
{
  (void)state;
  struct error err = {0};
  struct byte_sink *old = file_sink_new("a", &err);
  byte_sink_text(old, "old");
  assert_int_equal(byte_sink_finish(old, &err), 0);
  byte_sink_free(old);
  struct byte_sink *given_up = file_sink_new("a", &err);
  byte_sink_text(given_up, "half");
  byte_sink_free(given_up);
  assert_file_is("a", "old", 3);
  struct byte_sink *next = file_sink_new("a", &err);
  byte_sink_text(next, "next");
  assert_int_equal(byte_sink_finish(next, &err), 0);
  byte_sink_free(next);
  assert_file_is("a", "next", 4);
  assert_int_equal(count_files(), 1);
}

static void a_link_stays_a_link(void **state)
{
  (void)state;
  struct error err = {0};
  assert_int_equal(close(creat("real", 0644)), 0);
  assert_int_equal(symlink("real", "link"), 0);
  struct byte_sink *sink = file_sink_new("link", &err);
  byte_sink_text(sink, "new");
  assert_int_equal(byte_sink_finish(sink, &err), 0);
  byte_sink_free(sink);
  struct stat there;
  assert_int_equal(lstat("link", &there), 0);
  assert_true(S_ISLNK(there.st_mode));
  assert_file_is("real", "new", 3);
}

static void large_writes_and_reads_pass_whole(void **state)
{
  (void)state;
  enum { SIZE = 1000003 };
  char *data = malloc(SIZE);
  for (size_t i = 0; i < SIZE; i++)
    data[i] = (char)(i * 31 >> 3);
  struct error err = {0};
  struct byte_sink *sink = file_sink_new("big", &err);
  size_t at = 0;
  for (size_t piece = 1; at < SIZE; piece = piece * 3 % 300007) {
    size_t size = piece < SIZE - at ? piece : SIZE - at;
    byte_sink_write(sink, data + at, size);
    at += size;
  }
  assert_int_equal(byte_sink_finish(sink, &err), 0);
  byte_sink_free(sink);
  assert_file_is("big", data, SIZE);

  struct byte_source *source = file_source_new("big", &err);
  char piece[7001];
  for (at = 0; at < SIZE;) {
    ptrdiff_t got = byte_source_read(source, piece, sizeof piece);
    assert_true(got > 0);
    assert_memory_equal(piece, data + at, (size_t)got);
    at += (size_t)got;
  }
  assert_int_equal(byte_source_read(source, piece, sizeof piece), 0);
  byte_source_free(source);
  free(data);
}

static void long_texts_are_printed_whole(void **state)
{
  (void)state;
  char text[3000];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  struct bytes bytes;
  bytes_init(&bytes, 5000);
  struct error err = {0};
  struct byte_sink *sink = memory_sink_new(&bytes, &err);
  byte_sink_printf(sink, "[%s]", text);
  assert_int_equal(byte_sink_finish(sink, &err), 0);
  assert_int_equal(bytes.size, 3001);
  assert_int_equal(bytes.data[3000], ']');
  byte_sink_printf(sink, "%s", text);
  byte_sink_text(sink, "fits, but comes after a failure");
  assert_int_equal(byte_sink_finish(sink, &err), -1);
  assert_int_equal(err.code, ERROR_MEMORY);
  assert_int_equal(bytes.size, 3001);
  byte_sink_free(sink);
  bytes_release(&bytes);
}

static void assert_cannot_write(const char *path, const char *sentence)
{
  struct error err = {0};
  struct byte_sink *sink = file_sink_new(path, &err);
  if (sink) {
    byte_sink_text(sink, "text");
    assert_int_equal(byte_sink_finish(sink, &err), -1);
    byte_sink_free(sink);
  }
  assert_int_equal(err.code, ERROR_OUTPUT);
  assert_string_equal(err.message, sentence);
}

static void places_that_cannot_be_written(void **state)
{
  (void)state;
  assert_int_equal(mkdir("folder", 0755), 0);
  assert_int_equal(close(creat("file", 0644)), 0);
  assert_cannot_write("out/x.svg", "cannot write out/x.svg: the folder out does not exist");
  assert_cannot_write("file/x.svg", "cannot write file/x.svg: file is not a folder");
  assert_cannot_write("folder", "cannot write folder: it is a folder");
  assert_cannot_write("", "cannot write a file without a name");
  assert_cannot_write("/dev/full", "cannot write /dev/full: the disk is full");
  assert_cannot_write("/proc/x.svg", "cannot write /proc/x.svg: the folder /proc does not exist");
  if (geteuid() != 0) {
    assert_int_equal(chmod("folder", 0555), 0);
    assert_cannot_write("folder/x.svg", "cannot write folder/x.svg: no permission to write there");
  }
  assert_int_equal(count_files(), 2);
}

static void devices_are_written_straight(void **state)
{
  (void)state;
  struct error err = {0};
  struct byte_sink *sink = file_sink_new("/dev/null", &err);
  byte_sink_text(sink, "text");
  assert_int_equal(byte_sink_finish(sink, &err), 0);
  byte_sink_free(sink);
  struct stat there;
  assert_int_equal(stat("/dev/null", &there), 0);
  assert_true(S_ISCHR(there.st_mode));
}

static void a_failure_in_the_middle_is_seen_at_the_end(void **state)
{
  (void)state;
  struct error err = {0};
  struct byte_sink *sink = file_sink_new("/dev/full", &err);
  for (int i = 0; i < 100000; i++)
    byte_sink_text(sink, "more than a buffer ");
  assert_int_equal(sink->error.code, ERROR_OUTPUT);
  assert_int_equal(byte_sink_finish(sink, &err), -1);
  assert_string_equal(err.message, "cannot write /dev/full: the disk is full");
  byte_sink_free(sink);
}

static void a_reader_that_went_away(void **state)
{
  (void)state;
  signal(SIGPIPE, SIG_IGN);
  int ends[2], saved = dup(STDOUT_FILENO);
  assert_int_equal(pipe(ends), 0);
  fflush(stdout);
  dup2(ends[1], STDOUT_FILENO);
  close(ends[0]);
  struct error err = {0};
  struct byte_sink *sink = file_sink_new("-", &err);
  byte_sink_text(sink, "text");
  int result = byte_sink_finish(sink, &err);
  byte_sink_free(sink);
  dup2(saved, STDOUT_FILENO);
  close(saved);
  close(ends[1]);
  assert_int_equal(result, -1);
  assert_string_equal(err.message, "cannot write to the standard output: its reader has gone away");
}

static void the_standard_streams(void **state)
{
  (void)state;
  int out = open("out", O_RDWR | O_CREAT, 0644), saved_out = dup(STDOUT_FILENO), saved_in = dup(STDIN_FILENO);
  struct error err = {0};
  fflush(stdout);
  dup2(out, STDOUT_FILENO);
  struct byte_sink *sink = file_sink_new("-", &err);
  byte_sink_text(sink, "text");
  int result = byte_sink_finish(sink, &err);
  byte_sink_free(sink);
  dup2(saved_out, STDOUT_FILENO);
  assert_int_equal(result, 0);

  assert_int_equal(lseek(out, 0, SEEK_SET), 0);
  dup2(out, STDIN_FILENO);
  char back[10];
  struct byte_source *source = file_source_new("-", &err);
  ptrdiff_t got = byte_source_read_full(source, back, sizeof back);
  byte_source_free(source);
  dup2(saved_in, STDIN_FILENO);
  assert_int_equal(got, 4);
  assert_memory_equal(back, "text", 4);
  close(out);
  close(saved_in);
  close(saved_out);
}

static void sources_that_cannot_be_read(void **state)
{
  (void)state;
  assert_int_equal(mkdir("folder", 0755), 0);
  struct error missing = {0}, folder = {0};
  assert_null(file_source_new("none.flb", &missing));
  assert_int_equal(missing.code, ERROR_DATA);
  assert_string_equal(missing.message, "cannot read none.flb: there is no such file");
  assert_null(file_source_new("folder", &folder));
  assert_string_equal(folder.message, "cannot read folder: it is a folder");
}

static void a_long_path_does_not_hide_the_reason(void **state)
{
  (void)state;
  char path[4 * 250 + 10] = "";
  for (int i = 0; i < 4; i++) {
    memset(path + strlen(path), 'a' + i, 249);
    strcat(path, "/");
  }
  strcat(path, "x.svg");
  struct error err = {0};
  assert_null(file_sink_new(path, &err));
  assert_non_null(strstr(err.message, "/x.svg: the folder "));
}

static void memory_is_read_to_its_end(void **state)
{
  (void)state;
  struct error err = {0};
  struct byte_source *source = memory_source_new("abcdef", 6, &err);
  char back[8];
  assert_int_equal(byte_source_read(source, back, 4), 4);
  assert_int_equal(byte_source_read(source, back + 4, 4), 2);
  assert_int_equal(byte_source_read(source, back, 4), 0);
  assert_memory_equal(back, "abcdef", 6);
  byte_source_free(source);
  byte_source_free(NULL);
  byte_sink_free(NULL);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
  const struct CMUnitTest tests[] = {
      IN_FOLDER(a_file_appears_when_finished),
      IN_FOLDER(without_a_finish_nothing_is_left),
      IN_FOLDER(an_old_file_stays_until_then),
      IN_FOLDER(a_link_stays_a_link),
      IN_FOLDER(large_writes_and_reads_pass_whole),
      IN_FOLDER(long_texts_are_printed_whole),
      IN_FOLDER(places_that_cannot_be_written),
      IN_FOLDER(devices_are_written_straight),
      IN_FOLDER(a_failure_in_the_middle_is_seen_at_the_end),
      IN_FOLDER(a_reader_that_went_away),
      IN_FOLDER(the_standard_streams),
      IN_FOLDER(sources_that_cannot_be_read),
      IN_FOLDER(a_long_path_does_not_hide_the_reason),
      IN_FOLDER(memory_is_read_to_its_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
