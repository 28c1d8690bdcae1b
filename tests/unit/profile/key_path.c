// The path against one that is looked for node by node.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../../src/profile/key_path.h"
#include "profile/profile_builder.h"

#define NODES 400
#define KEYS 7

struct tree {
  uint32_t parents[NODES], keys[NODES], count;
};

static uint32_t next_random(uint32_t *state)
{
  *state = *state * 1664525u + 1013904223u;
  return *state >> 16;
}

// Deep where it can be: each stack mostly goes on from the one before.
static struct profile *random_profile(uint32_t *seed)
{
  struct error err = {0};
  struct profile_builder *builder = profile_builder_new(&err);
  uint32_t node = 0, nodes[NODES] = {0}, count = 1;
  while (count < NODES - 1) {
    char name[8];
    snprintf(name, sizeof name, "m:%u/0", next_random(seed) % KEYS);
    uint32_t frame = profile_builder_frame(builder, FRAME_FUNCTION, name, strlen(name), "", 0, false);
    node = profile_builder_child(builder, next_random(seed) % 8 ? node : nodes[next_random(seed) % count], frame);
    nodes[count++] = node;
    profile_builder_add(builder, node, 0, 1);
  }
  struct profile *profile = profile_builder_finish(builder, &(struct profile_totals){.counts_known = true}, &err);
  assert_non_null(profile);
  return profile;
}

static uint32_t look_for(const struct tree *tree, uint32_t node, uint32_t key)
{
  while (node != 0 && tree->keys[node] != key)
    node = tree->parents[node];
  return node;
}

static uint32_t child_of(struct tree *tree, uint32_t parent, uint32_t key)
{
  for (uint32_t i = 1; i < tree->count; i++)
    if (tree->parents[i] == parent && tree->keys[i] == key)
      return i;
  tree->parents[tree->count] = parent;
  tree->keys[tree->count] = key;
  return tree->count++;
}

// Stacks that are not entered, every fifth, are passed over.
static void walk(const struct profile *profile, size_t *found)
{
  struct error err = {0};
  struct key_path path;
  struct tree tree = {.count = 1};
  uint32_t at[NODES] = {0};
  assert_int_equal(key_path_init(&path, profile, KEYS, NODES, &err), 0);
  while (key_path_next(&path)) {
    uint32_t i = path.walk.node, above = at[profile->nodes[i].parent], key = profile->nodes[i].frame;
    at[i] = above;
    if (i % 5 == 0)
      continue;
    for (uint32_t any = 0; any < KEYS; any++)
      assert_int_equal(key_path_find(&path, above, any), look_for(&tree, above, any));
    at[i] = key_path_find(&path, above, key);
    *found += at[i] > 0;
    if (at[i])
      continue;
    at[i] = child_of(&tree, above, key);
    key_path_enter(&path, above, at[i], key);
  }
  key_path_release(&path);
}

static void a_key_is_found_where_it_is_on_the_path(void **state)
{
  (void)state;
  uint32_t seed = 1;
  size_t found = 0;
  for (int round = 0; round < 200; round++) {
    struct profile *profile = random_profile(&seed);
    walk(profile, &found);
    profile_free(profile);
  }
  assert_true(found > 1000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_key_is_found_where_it_is_on_the_path)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
