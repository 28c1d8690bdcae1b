// Enters: a frame's kind and name, and whose code it is. Leaves: an opaque color. A color depends on nothing else, so a
// function looks the same in every picture, and dark text (#1b1f24) on it always has a contrast of at least 4.5 to 1
// (WCAG AA).
//
// `beam` gives each kind of frame a range of colors of its own; the module chooses the place in the range and the
// function moves it a little. The user's own code is what stands out. Where nobody knows whose code it is, as in a
// folded file, the language is told instead, and Erlang looks as the user's own does. The ranges stay apart for people
// with protanopia, deuteranopia and tritanopia, too (tests/unit/layout/palette_test.c measures both claims). `module`
// and `application` choose one of some hues by that name: several may share one.
#include "palette.h"

#include <stddef.h>
#include <string.h>

enum kind {
  KIND_OWN,
  KIND_DEPENDENCY,
  KIND_ELIXIR,
  KIND_OTP,
  KIND_ERLANG_MODULE, // whose it is is not known
  KIND_ELIXIR_MODULE,
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

enum scheme {
  SCHEME_KINDS,
  SCHEME_NAMES, // all in one range
  SCHEME_MODULES,
  SCHEME_APPLICATIONS,
};

struct palette {
  const char *name;
  enum scheme scheme;
  struct range range; // SCHEME_NAMES
};

static const struct palette palettes[] = {
    {.name = "beam", .scheme = SCHEME_KINDS},
    {.name = "hot", .scheme = SCHEME_NAMES, .range = {0xffe27a, 0xee7058}},
    {.name = "mono", .scheme = SCHEME_NAMES, .range = {0xd3dde8, 0xa5bbd3}},
    {.name = "module", .scheme = SCHEME_MODULES},
    {.name = "application", .scheme = SCHEME_APPLICATIONS},
};

static const struct {
  const char *label;
  struct range range;
} beam[KIND_COUNT] = {
    [KIND_OWN] = {"your code", {0xfdb466, 0xfb8b2f}},
    [KIND_DEPENDENCY] = {"dependencies", {0xbfe6b2, 0xabdd98}},
    [KIND_ELIXIR] = {"Elixir", {0xead6ef, 0xe4cdec}},
    [KIND_OTP] = {"OTP", {0xa3bae3, 0x94b0db}},
    [KIND_ERLANG_MODULE] = {"Erlang modules", {0xfdb466, 0xfb8b2f}},
    [KIND_ELIXIR_MODULE] = {"Elixir modules", {0xb398e8, 0x9e83e3}},
    [KIND_NATIVE] = {"BIF or NIF", {0x79ccb3, 0x6ac7a5}},
    [KIND_PROCESS] = {"process", {0xab967e, 0xab967e}},
    [KIND_WAITING] = {"waiting", {0xf0f2f4, 0xf0f2f4}},
    [KIND_RUNNABLE] = {"runnable, not running", {0xf4ee4e, 0xf4ee4e}},
    [KIND_GC] = {"garbage collection", {0xee6040, 0xee6040}},
    [KIND_LOST] = {"events lost", {0xea7dbd, 0xea7dbd}},
    [KIND_FOLDED] = {"frames not shown", {0x868e92, 0x868e92}},
};

// Around the circle of hues (CIE LCh) in steps of 15 degrees, each light and less so.
static const struct range hues[] = {
    {0xfed2d9, 0xffbac6}, {0xff8ba4, 0xf47593}, {0xfdd3d1, 0xfebbba}, {0xff8d8f, 0xf4787c}, {0xfed3c9, 0xffbcad},
    {0xfe8f78, 0xee7e67}, {0xffd4bf, 0xffbe9d}, {0xf69663, 0xe38655}, {0xffd5b1, 0xfbc18b}, {0xe69f55, 0xd48f46},
    {0xfed895, 0xecc785}, {0xd3a74d, 0xc2973e}, {0xecde95, 0xdbcd85}, {0xbeaf4c, 0xac9f3d}, {0xd9e399, 0xc8d289},
    {0xa5b653, 0x95a643}, {0xc5e8a3, 0xb4d793}, {0x8bbc60, 0x7bab51}, {0xafecb0, 0x9fdaa0}, {0x6dc073, 0x5caf63},
    {0x9aeec0, 0x89ddb0}, {0x46c389, 0x31b279}, {0x85f0d3, 0x74dfc2}, {0x10c4a1, 0x06b292}, {0x73f1e5, 0x60dfd5},
    {0x16c2b7, 0x14b0a6}, {0x67f0f8, 0x52dfe6}, {0x12c0c8, 0x15afb6}, {0x8aebff, 0x50ddf7}, {0x1abfd7, 0x08adc4},
    {0xa7e6ff, 0x70d9fe}, {0x15bde7, 0x17abd2}, {0xbae2fe, 0x90d4fe}, {0x10baf9, 0x0ba9e3}, {0xc5dffe, 0xa5d0fe},
    {0x56b5ff, 0x09a6f8}, {0xd0ddfe, 0xb7ccfe}, {0x80aeff, 0x609ffa}, {0xdbdafe, 0xc8c7fe}, {0xa2a6fe, 0x8e96f4},
    {0xe8d6fe, 0xdbc1fe}, {0xc29cf9, 0xb18ce7}, {0xfacffe, 0xf1b9f7}, {0xde93e7, 0xcc83d6}, {0xfecfee, 0xfeb6e6},
    {0xf28cd2, 0xe07bc2}, {0xffd1e2, 0xfeb9d3}, {0xfe88bb, 0xee76ab}};

const struct layout_shades palette_shades = {
    .grown = {0xfde3d2, 0xfbd1bc, 0xf9bfa7, 0xf7ad91, 0xf69b7b, 0xf48965, 0xf27750, 0xf0653a},
    .shrunk = {0xd2e5f7, 0xc2dbf4, 0xb1d1f0, 0xa1c7ed, 0x90bde9, 0x80b3e6, 0x6fa9e2, 0x5f9fdf},
    .same = 0xeeeeee,
};

#define MODULE_STEPS 9
#define FUNCTION_STEPS 4
#define SHADES (MODULE_STEPS * FUNCTION_STEPS)
#define FUNCTION_KINDS (((palette_kinds)1 << KIND_PROCESS) - 1)
#define LABEL_MAX_BYTES 32u
#define LEGEND_GROUPS 9u // and the kinds of frames that are no functions

const char *layout_palettes(void)
{
  return "beam|hot|mono|module|application";
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

// By how they are written: of a folded file nothing else is known. Erlang modules that start with a capital letter are
// written in quotes.
static bool is_elixir_name(const char *name)
{
  return (name[0] >= 'A' && name[0] <= 'Z') || strncmp(name, "'Elixir.", 8) == 0;
}

static enum kind function_kind(const struct profile_frame *frame)
{
  static const enum kind by_origin[] = {[ORIGIN_OWN] = KIND_OWN,
                                        [ORIGIN_DEPENDENCY] = KIND_DEPENDENCY,
                                        [ORIGIN_ELIXIR] = KIND_ELIXIR,
                                        [ORIGIN_OTP] = KIND_OTP};
  if (frame->native)
    return KIND_NATIVE;
  if (frame->origin != ORIGIN_UNKNOWN)
    return by_origin[frame->origin];
  return is_elixir_name(frame->name) ? KIND_ELIXIR_MODULE : KIND_ERLANG_MODULE;
}

static enum kind kind_of(const struct profile_frame *frame)
{
  switch (frame->kind) {
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
  case FRAME_FUNCTION:
    break;
  }
  return function_kind(frame);
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

struct text {
  const char *at;
  size_t size;
};

// By what `module` and `application` color the frame; "" where by its kind.
static struct text group_of(const struct palette *palette, const struct profile_frame *frame)
{
  if (frame->kind == FRAME_FUNCTION && palette->scheme == SCHEME_MODULES)
    return (struct text){frame->name, module_size(frame->name)};
  if (frame->kind == FRAME_FUNCTION && palette->scheme == SCHEME_APPLICATIONS)
    return (struct text){frame->application, strlen(frame->application)};
  return (struct text){"", 0};
}

static struct range hue_of(struct text group)
{
  return hues[hash_of(group.at, group.size) % (sizeof hues / sizeof hues[0])];
}

uint32_t palette_color(const struct palette *palette, const struct profile_frame *frame)
{
  size_t size = module_size(frame->name);
  uint32_t module_hash = hash_of(frame->name, size);
  uint32_t function_hash = hash_of(frame->name + size, strlen(frame->name + size));
  uint32_t step = module_hash % MODULE_STEPS * FUNCTION_STEPS + function_hash % FUNCTION_STEPS;
  struct text group = group_of(palette, frame);
  if (group.size > 0)
    return mix(hue_of(group), palette->scheme == SCHEME_MODULES ? function_hash % SHADES : step);
  return mix(palette->scheme == SCHEME_NAMES ? palette->range : beam[kind_of(frame)].range, step);
}

uint32_t palette_deeper_color(const struct palette *palette)
{
  return palette->scheme == SCHEME_NAMES ? palette->range.from : beam[KIND_FOLDED].range.from;
}

static void add_entry(struct layout *layout, const char *label, struct range range)
{
  if (layout->legend_count < LAYOUT_MAX_LEGEND)
    layout->legend[layout->legend_count++] = (struct legend_entry){label, mix(range, SHADES / 2)};
}

// A legend has room for a name that looks as names do; others are hostile, or too long.
static bool is_plain(const char *name)
{
  size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@.");
  return size > 0 && size <= LABEL_MAX_BYTES && name[size] == '\0';
}

// The application that all of the user's own code in the profile is of, where there is just one.
static const char *own_label(const struct profile *profile)
{
  const char *only = NULL;
  for (size_t i = 0; i < profile->frame_count; i++) {
    const struct profile_frame *frame = &profile->frames[i];
    if (frame->origin != ORIGIN_OWN)
      continue;
    if (!is_plain(frame->application) || (only && strcmp(only, frame->application) != 0))
      return beam[KIND_OWN].label;
    only = frame->application;
  }
  return only ? only : beam[KIND_OWN].label;
}

static bool is_listed(const struct layout *layout, const char *label)
{
  for (size_t i = 0; i < layout->legend_count; i++)
    if (strcmp(layout->legend[i].label, label) == 0)
      return true;
  return false;
}

// Of the functions with the most own time. The kinds of those that have no group.
static palette_kinds add_groups(const struct palette *palette, const struct profile *profile, struct layout *layout)
{
  palette_kinds without = 0;
  for (size_t i = 0; i < profile->function_count; i++) {
    const struct profile_frame *frame = &profile->frames[profile->functions[i].frame];
    struct text group = group_of(palette, frame);
    const char *label = palette->scheme == SCHEME_APPLICATIONS ? frame->application : frame->module;
    if (strncmp(label, "Elixir.", strlen("Elixir.")) == 0)
      label += strlen("Elixir.");
    if (group.size == 0)
      without |= palette_kind(frame);
    else if (layout->legend_count < LEGEND_GROUPS && is_plain(label) && !is_listed(layout, label))
      add_entry(layout, label, hue_of(group));
  }
  return without;
}

void palette_legend(const struct palette *palette, const struct profile *profile, palette_kinds used,
                    struct layout *layout)
{
  layout->legend_count = 0;
  if (palette->scheme == SCHEME_NAMES)
    return;
  if (palette->scheme != SCHEME_KINDS)
    used = (used & ~FUNCTION_KINDS) | add_groups(palette, profile, layout);
  for (enum kind kind = 0; kind < KIND_COUNT; kind++)
    if (used >> kind & 1)
      add_entry(layout, kind == KIND_OWN ? own_label(profile) : beam[kind].label, beam[kind].range);
}
