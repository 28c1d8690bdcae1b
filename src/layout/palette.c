// Enters: a frame's kind and name. Leaves: an opaque color. A color depends on nothing else, so a function looks the
// same in every picture, and dark text (#1b1f24) on it always has a contrast of at least 4.5 to 1 (WCAG AA).
//
// `beam` gives each kind of frame a range of colors of its own; the module chooses the place in the range and the
// function moves it a little. The ranges stay apart for people with protanopia, deuteranopia and tritanopia, too
// (tests/unit/layout/palette_test.c measures both claims).
#include "palette.h"

#include <stddef.h>
#include <string.h>

enum kind {
  KIND_ERLANG,
  KIND_ELIXIR,
  KIND_NATIVE,
  KIND_PROCESS,
  KIND_WAITING,
  KIND_RUNNABLE,
  KIND_GC,
  KIND_LOST,
  KIND_FOLDED,
  KIND_COUNT,
};

struct range {
  uint32_t from, to;
};

struct palette {
  const char *name;
  bool by_kind;         // colors tell kinds apart
  struct range by_name; // otherwise
};

static const struct palette palettes[] = {
    {.name = "beam", .by_kind = true},
    {.name = "hot", .by_name = {0xffe27a, 0xee7058}},
    {.name = "mono", .by_name = {0xd3dde8, 0xa5bbd3}},
};

static const struct {
  const char *label;
  struct range range;
} beam[KIND_COUNT] = {
    [KIND_ERLANG] = {"Erlang", {0xffc97a, 0xf8ab5a}},
    [KIND_ELIXIR] = {"Elixir", {0xc4abf0, 0xac92e6}},
    [KIND_NATIVE] = {"BIF or NIF", {0x86dfc6, 0x6ccdb2}},
    [KIND_PROCESS] = {"process", {0xc8b48c, 0xc8b48c}},
    [KIND_WAITING] = {"waiting", {0xe1e5ea, 0xe1e5ea}},
    [KIND_RUNNABLE] = {"runnable, not running", {0xf7ec62, 0xf7ec62}},
    [KIND_GC] = {"garbage collection", {0xe8604c, 0xe8604c}},
    [KIND_LOST] = {"events lost", {0xfc6cc0, 0xfc6cc0}},
    [KIND_FOLDED] = {"frames not shown", {0x8a9096, 0x8a9096}},
};

#define MODULE_STEPS 9
#define FUNCTION_STEPS 4
#define SHADES (MODULE_STEPS * FUNCTION_STEPS)

const char *layout_palettes(void)
{
  return "beam|hot|mono";
}

const struct palette *palette_by_name(const char *name)
{
  if (name == NULL)
    return &palettes[0];
  for (size_t i = 0; i < sizeof palettes / sizeof palettes[0]; i++)
    if (strcmp(palettes[i].name, name) == 0)
      return &palettes[i];
  return NULL;
}

// Frames are told apart by how they are written, not by what else is known of them: a folded file then has the
// colors of the run it came from. Erlang modules that start with a capital letter are written in quotes.
static enum kind kind_of(const struct profile_frame *frame)
{
  switch (frame->kind) {
  case FRAME_FUNCTION:
    break;
  case FRAME_PROCESS:
    return KIND_PROCESS;
  case FRAME_WAITING:
    return KIND_WAITING;
  case FRAME_RUNNABLE:
    return KIND_RUNNABLE;
  case FRAME_GC:
    return KIND_GC;
  case FRAME_LOST:
    return KIND_LOST;
  case FRAME_CUT:
  case FRAME_DEEPER:
  case FRAME_VANISHED:
    return KIND_FOLDED;
  }
  if (frame->native)
    return KIND_NATIVE;
  bool elixir = (frame->name[0] >= 'A' && frame->name[0] <= 'Z') || strncmp(frame->name, "'Elixir.", 8) == 0;
  return elixir ? KIND_ELIXIR : KIND_ERLANG;
}

palette_kinds palette_kind(const struct profile_frame *frame)
{
  return (palette_kinds)1 << kind_of(frame);
}

palette_kinds palette_kind_deeper(void)
{
  return (palette_kinds)1 << KIND_FOLDED;
}

// FNV-1a, its bits mixed once more because only a few of them are used.
static uint32_t hash_of(const char *text, size_t size)
{
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < size; i++)
    hash = (hash ^ (uint8_t)text[i]) * 16777619u;
  hash ^= hash >> 16;
  hash *= 0x85ebca6bu;
  return hash ^ hash >> 13;
}

// "lists" of lists:sort/1, "Shop.Cart" of Shop.Cart.total/2.
static size_t module_size(const char *name)
{
  const char *colon = strchr(name, ':');
  if (colon != NULL)
    return (size_t)(colon - name);
  const char *dot = strrchr(name, '.');
  return dot == NULL ? strlen(name) : (size_t)(dot - name);
}

static uint32_t mix(struct range range, uint32_t step)
{
  uint32_t color = 0;
  for (int shift = 16; shift >= 0; shift -= 8) {
    uint32_t from = range.from >> shift & 0xff, to = range.to >> shift & 0xff;
    color |= (from * (SHADES - 1 - step) + to * step) / (SHADES - 1) << shift;
  }
  return color;
}

uint32_t palette_color(const struct palette *palette, const struct profile_frame *frame)
{
  size_t size = module_size(frame->name);
  uint32_t module_step = hash_of(frame->name, size) % MODULE_STEPS;
  uint32_t function_step = hash_of(frame->name + size, strlen(frame->name + size)) % FUNCTION_STEPS;
  struct range range = palette->by_kind ? beam[kind_of(frame)].range : palette->by_name;
  return mix(range, module_step * FUNCTION_STEPS + function_step);
}

uint32_t palette_deeper_color(const struct palette *palette)
{
  return palette->by_kind ? beam[KIND_FOLDED].range.from : palette->by_name.from;
}

void palette_legend(const struct palette *palette, palette_kinds used, struct layout *layout)
{
  layout->legend_count = 0;
  if (!palette->by_kind)
    return;
  for (size_t i = 0; i < KIND_COUNT; i++)
    if (used >> i & 1)
      layout->legend[layout->legend_count++] = (struct legend_entry){beam[i].label, mix(beam[i].range, SHADES / 2)};
}
