// A report's files appear together or not at all, and what was there before stays as it was.
#include "report_place.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <dirent.h>

#include "base/byte_io.h"
#include "base/spool.h"

// A file system without hard links, and on wish without RENAME_NOREPLACE: these stand before the C library's.
static bool knows_no_renaming;

int link(const char *from, const char *to)
{
  (void)from, (void)to;
  errno = EPERM;
  return -1;
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
  if (!knows_no_renaming)
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
  errno = EINVAL;
  return -1;
}

static const char *const names[] = {"a.md", "b.flb"};
#define COUNT 2

static struct spool *files[COUNT];
static char folder[64];

static int set_up(void **state)
{
  (void)state;
  struct error err = {0};
  strcpy(folder, "/tmp/flambeau-place-XXXXXX");
  if (!mkdtemp(folder) || chdir(folder) != 0)
    return -1;
  for (size_t i = 0; i < COUNT; i++) {
    files[i] = spool_new(&err);
    struct byte_sink *sink = spool_sink_new(files[i], &err);
    byte_sink_text(sink, names[i]); // each file holds its name
    byte_sink_finish(sink, &err);
    byte_sink_free(sink);
  }
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  for (size_t i = 0; i < COUNT; i++)
    spool_free(files[i]);
  char command[128];
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return chdir("/") == 0 ? system(command) : -1;
}

static size_t count_in(const char *path)
{
  size_t count = 0;
  DIR *opened = opendir(path);
  assert_non_null(opened);
  for (const struct dirent *entry; (entry = readdir(opened)) != NULL;)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(opened);
  return count;
}

static void assert_file(const char *path, const char *expected)
{
  char text[64] = "";
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  assert_string_equal(text, expected);
}

static void make_file(const char *path)
{
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs("mine", file);
  fclose(file);
}

static int fill(const char *path, struct error *err)
{
  return report_place_fill(path, names, files, COUNT, err);
}

static int check(const char *path, struct error *err)
{
  return report_place_check(path, names, COUNT, err);
}

static void assert_refused(const char *path, const char *why)
{
  struct error err = {0}, same = {0};
  assert_int_equal(check(path, &err), -1);
  assert_int_equal(err.code, ERROR_OUTPUT);
  assert_non_null(strstr(err.message, why));
  assert_int_equal(fill(path, &same), -1);
  assert_string_equal(same.message, err.message);
}

static void a_new_folder(void **state)
{
  (void)state;
  struct error err = {0};
  assert_int_equal(check("new/", &err), 0);
  assert_int_equal(count_in("."), 0); // to try leaves nothing
  assert_int_equal(fill("new/", &err), 0);
  assert_int_equal(count_in("."), 1);
  assert_int_equal(count_in("new"), COUNT);
  assert_file("new/a.md", "a.md");
  assert_file("new/b.flb", "b.flb");
}

static void an_empty_folder_is_filled(void **state)
{
  (void)state;
  struct error err = {0};
  struct stat before, after;
  assert_int_equal(mkdir("there", 0750), 0);
  assert_int_equal(symlink("there", "link"), 0);
  assert_int_equal(stat("there", &before), 0);
  assert_int_equal(check("link", &err), 0);
  assert_int_equal(fill("link", &err), 0);
  assert_int_equal(stat("there", &after), 0);
  assert_int_equal(before.st_ino, after.st_ino);
  assert_int_equal(count_in("there"), COUNT);
  assert_file("there/b.flb", "b.flb");
}

static void a_file_system_without_links(void **state)
{
  (void)state;
  struct error err = {0};
  knows_no_renaming = true;
  assert_int_equal(mkdir("there", 0777), 0);
  assert_int_equal(fill("there", &err), 0);
  knows_no_renaming = false;
  assert_int_equal(count_in("there"), COUNT);
  assert_file("there/a.md", "a.md");
}

// One file of the report has another's name, as if somebody had put it there meanwhile.
static void what_came_meanwhile_stays(void **state)
{
  (void)state;
  const char *const same[] = {"a.md", "a.md"};
  assert_int_equal(mkdir("there", 0777), 0);
  for (int i = 0; i < 2; i++) {
    knows_no_renaming = i == 1;
    struct error err = {0};
    assert_int_equal(report_place_fill("there", same, files, COUNT, &err), -1);
    assert_int_equal(err.code, ERROR_OUTPUT);
    assert_int_equal(count_in("there"), 0);
  }
  knows_no_renaming = false;
}

static void where_one_stands(void **state)
{
  (void)state;
  struct error err = {0};
  assert_int_equal(fill(".", &err), 0);
  assert_int_equal(count_in(folder), COUNT);
}

static void what_is_there_is_not_touched(void **state)
{
  (void)state;
  assert_int_equal(mkdir("full", 0777), 0);
  make_file("full/.flambeau-7-0.part");
  assert_int_equal(symlink("nowhere", "dangling"), 0);
  make_file("file");
  assert_refused("full", "not empty, .flambeau-7-0.part is in it");
  assert_refused("dangling", "a link that leads nowhere");
  assert_refused("file", "it is a file");
  assert_refused("none/new", "does not exist");
  assert_refused("file/new", "Not a directory");
  assert_file("file", "mine");
  assert_int_equal(count_in("full"), 1);
  assert_int_equal(count_in("."), 3);
}

static void half_a_report_is_none(void **state)
{
  (void)state;
  struct error err = {0};
  const char *const impossible[] = {"a.md", "no/such.flb"};
  assert_int_equal(mkdir("there", 0777), 0);
  assert_int_equal(report_place_fill("new", impossible, files, COUNT, &err), -1);
  assert_int_equal(report_place_fill("there", impossible, files, COUNT, &(struct error){0}), -1);
  assert_int_equal(count_in("."), 1);
  assert_int_equal(count_in("there"), 0);
  assert_int_not_equal(err.code, ERROR_NONE);
}

static void an_archive(void **state)
{
  (void)state;
  struct error err = {0};
  make_file("report.ZIP"); // as -o does, what is there is replaced
  assert_int_equal(check("report.ZIP", &err), 0);
  assert_file("report.ZIP", "mine");
  assert_int_equal(fill("report.ZIP", &err), 0);
  assert_int_equal(count_in("."), 1);
  assert_int_equal(system("python3 -c \"import zipfile; z = zipfile.ZipFile('report.ZIP'); assert z.testzip() is None;"
                          " assert [(n, z.read(n)) for n in z.namelist()] =="
                          " [('flambeau-report/a.md', b'a.md'), ('flambeau-report/b.flb', b'b.flb')]\""),
                   0);
  assert_refused("none/report.zip", "does not exist");
}

static size_t read_whole(const char *path, char bytes[4096])
{
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  size_t size = fread(bytes, 1, 4096, file);
  fclose(file);
  return size;
}

static void an_archive_does_not_tell_the_time_zone(void **state)
{
  (void)state;
  struct error err = {0};
  static const char *const zones[] = {"UTC0", "JST-9", "PST8"};
  char first[4096], other[4096];
  size_t size = 0;
  for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
    setenv("TZ", zones[i], 1);
    tzset();
    assert_int_equal(fill("report.zip", &err), 0);
    if (i == 0)
      size = read_whole("report.zip", first);
    assert_int_equal(read_whole("report.zip", other), size);
    assert_memory_equal(first, other, size);
  }
  unsetenv("TZ");
  tzset();
  assert_int_equal(system("python3 -c \"import zipfile; assert {i.date_time for i in"
                          " zipfile.ZipFile('report.zip').infolist()} == {(1980, 1, 1, 0, 0, 0)}\""),
                   0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_new_folder),
      TEST(an_empty_folder_is_filled),
      TEST(where_one_stands),
      TEST(what_is_there_is_not_touched),
      TEST(half_a_report_is_none),
      TEST(an_archive),
      TEST(a_file_system_without_links),
      TEST(what_came_meanwhile_stays),
      TEST(an_archive_does_not_tell_the_time_zone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
