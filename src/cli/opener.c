// A path in, a browser that shows it out. No shell sees the path: $BROWSER is cut into words here, as xdg-open does it:
//
//     BROWSER='firefox --new-window %s:chromium'     tries firefox, then chromium; %s is the URL, else it comes last
//
// The browser is on its own: it has no terminal to write to and stays when we end.
#include "opener.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __APPLE__
#define DEFAULT_BROWSER "open"
#else
#define DEFAULT_BROWSER "xdg-open"
#endif

#define URL_MAX (3 * PATH_MAX + 16)
#define WORDS_MAX 32
#define TEXT_MAX (2 * URL_MAX)
#define LOOKS 50 // for a browser that gives up at once
#define LOOK_NS 20000000

extern char **environ;

int opener_url(const char *path, char *url, size_t size)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  static const char digits[] = "0123456789ABCDEF";
  static const char scheme[] = "file://";
  if (size < sizeof scheme + 3 * strlen(path))
    return -1;
  strcpy(url, scheme);
  for (url += strlen(scheme); *path; path++) {
    unsigned char byte = (unsigned char)*path;
    if (strchr(plain, byte)) {
      *url++ = (char)byte;
      continue;
    }
    *url++ = '%';
    *url++ = digits[byte >> 4];
    *url++ = digits[byte & 0xF];
  }
  *url = '\0';
  return 0;
}

struct words {
  char text[TEXT_MAX];
  size_t used;
  char *items[WORDS_MAX + 1]; // NULL behind the last
  size_t count;
  bool failed; // too many or too long
};

static void add(struct words *words, const char *text, size_t size)
{
  words->failed |= words->used + size > TEXT_MAX;
  if (words->failed)
    return;
  memcpy(words->text + words->used, text, size);
  words->used += size;
}

static void begin_word(struct words *words)
{
  words->failed |= words->count == WORDS_MAX || words->used >= TEXT_MAX;
  if (!words->failed)
    words->items[words->count++] = words->text + words->used;
}

// One entry of $BROWSER with the URL in its place.
static void cut_words(const char *entry, size_t size, const char *url, struct words *words)
{
  const char *end = entry + size;
  bool placed = false;
  *words = (struct words){.count = 0};
  while (entry < end) {
    if (*entry == ' ' || *entry == '\t') {
      entry++;
      continue;
    }
    begin_word(words);
    for (; entry < end && *entry != ' ' && *entry != '\t'; entry++) {
      bool is_url = entry[0] == '%' && entry + 1 < end && entry[1] == 's';
      add(words, is_url ? url : entry, is_url ? strlen(url) : 1);
      placed |= is_url;
      entry += is_url;
    }
    add(words, "", 1);
  }
  if (!placed && words->count > 0) {
    begin_word(words);
    add(words, url, strlen(url) + 1);
  }
}

static int spawn(char *const *words, pid_t *pid)
{
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t none, ours;
  sigemptyset(&none);
  sigemptyset(&ours);
  sigaddset(&ours, SIGPIPE); // ignored here
  posix_spawn_file_actions_init(&files);
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &ours);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  int failure = posix_spawnp(pid, words[0], &files, &attributes, words, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return failure == 0 ? 0 : -1;
}

// Does it run, or has it done its work already?
static bool does_well(pid_t pid)
{
  const struct timespec pause = {.tv_nsec = LOOK_NS};
  int status;
  for (int look = 0; look < LOOKS; look++) {
    if (waitpid(pid, &status, WNOHANG) == pid)
      return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    nanosleep(&pause, NULL);
  }
  return true;
}

static bool start(const char *entry, size_t size, const char *url)
{
  struct words words;
  pid_t pid;
  cut_words(entry, size, url, &words);
  return words.count > 0 && !words.failed && spawn(words.items, &pid) == 0 && does_well(pid);
}

int opener_show(const char *path, struct error *err)
{
  char absolute[PATH_MAX], url[URL_MAX];
  const char *browsers = getenv("BROWSER");
  if (!browsers || !*browsers)
    browsers = DEFAULT_BROWSER;
  if (!realpath(path, absolute) || opener_url(absolute, url, sizeof url) < 0)
    return error_set(err, ERROR_OUTPUT, "cannot find %.120s to show it: %s", path, strerror(errno));
  for (const char *entry = browsers; *entry;) {
    size_t size = strcspn(entry, ":");
    if (start(entry, size, url))
      return 0;
    entry += size + (entry[size] == ':');
  }
  return error_set(err, ERROR_OUTPUT, "%.80s could not show %.120s: open it yourself, or set $BROWSER", browsers, path);
}
