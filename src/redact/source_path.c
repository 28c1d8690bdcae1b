// A path in, the end of it out that is the same for everybody who has the sources.
//
//   lib/shop/cart.ex                       lib/shop/cart.ex   begins where an application's sources do
//   /home/ada/shop-2/src/cart/x.erl        src/cart/x.erl     when the application is shop, whatever its version
//   /home/ada/src/x.erl                    src/x.erl
//   /home/ada/src/customer/x.erl           x.erl              nothing says that this src is an application's
#include "source_path.h"

#include <stdbool.h>
#include <string.h>

static size_t part_size(const char *part)
{
  return strcspn(part, "/\\");
}

static const char *next_part(const char *part)
{
  part += part_size(part);
  return *part ? part + 1 : NULL;
}

static bool part_is(const char *part, const char *word)
{
  size_t size = strlen(word);
  return part_size(part) == size && memcmp(part, word, size) == 0;
}

static bool holds_sources(const char *part)
{
  static const char *const folders[] = {"src", "lib", "test", "include"};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    if (part_is(part, folders[i]))
      return true;
  return false;
}

// "shop", "shop-1.2.0".
static bool is_of(const char *part, const char *application)
{
  size_t size = strlen(application);
  return size > 0 && strncmp(part, application, size) == 0 && (part_size(part) == size || part[size] == '-');
}

const char *source_path_within(const char *file, const char *application)
{
  const char *within = NULL, *bare = file, *before = NULL;
  for (const char *part = file; part; before = part, part = next_part(part)) {
    const char *next = next_part(part);
    bool named = before && is_of(before, application);
    bool direct = next && !next_part(next);
    if (part_is(part, ".."))
      within = NULL;
    else if (next && holds_sources(part) && (part == file || named || (direct && !within)))
      within = part;
    bare = part;
  }
  return within ? within : bare;
}
