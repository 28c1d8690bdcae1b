// Stands in for libFuzzer's main: runs the target once for every file named, or in a folder named. Fails when there
// is none, so that a corpus that went missing is noticed.
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) {
    perror(path);
    exit(1);
  }
  long size = ftell(file);
  rewind(file);
  uint8_t *data = malloc(size > 0 ? (size_t)size : 1); // the exact size, so that a sanitizer sees a read past it
  if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) {
    perror(path);
    exit(1);
  }
  fclose(file);
  LLVMFuzzerTestOneInput(data, (size_t)size);
  free(data);
  return 1;
}

static int run_folder(const char *path, DIR *folder)
{
  int files = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (entry->d_name[0] == '.')
      continue;
    char name[4096];
    snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
    files += run_file(name);
  }
  closedir(folder);
  return files;
}

int main(int count, char **paths)
{
  int files = 0;
  for (int i = 1; i < count; i++) {
    DIR *folder = opendir(paths[i]);
    files += folder ? run_folder(paths[i], folder) : run_file(paths[i]);
  }
  printf("%d files\n", files);
  return files > 0 ? 0 : 1;
}
