#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/profile.h"
#include "profile/stack_walk.h"

static void assert_stack(struct stack_walk *walk, const uint32_t *nodes, size_t depth)
{
  assert_true(stack_walk_next(walk));
  assert_int_equal(walk->depth, depth);
  assert_int_equal(walk->node, nodes[depth - 1]);
  assert_memory_equal(walk->nodes, nodes, depth * sizeof *nodes);
}

// The example in stack_walk.c with one more frame on the last stack: 1; 1 2; 1 3; 4; 4 5.
static void goes_through_all_stacks_and_anew(void **state)
{
  (void)state;
  const struct profile_node nodes[] = {
      {0}, {.parent = 0}, {.parent = 1}, {.parent = 1}, {.parent = 0}, {.parent = 4},
  };
  const struct profile profile = {.nodes = nodes, .node_count = 6};
  struct stack_walk walk;
  struct error err = {0};
  assert_int_equal(stack_walk_init(&walk, &profile, &err), 0);
  assert_int_equal(walk.depth_max, 2);
  for (int turn = 0; turn < 2; turn++) {
    assert_stack(&walk, (uint32_t[]){1}, 1);
    assert_stack(&walk, (uint32_t[]){1, 2}, 2);
    assert_stack(&walk, (uint32_t[]){1, 3}, 2);
    assert_stack(&walk, (uint32_t[]){4}, 1);
    assert_stack(&walk, (uint32_t[]){4, 5}, 2);
    assert_false(stack_walk_next(&walk));
    assert_int_equal(walk.depth, 0);
  }
  stack_walk_release(&walk);
}

static void a_profile_without_stacks_has_none(void **state)
{
  (void)state;
  const struct profile_node root = {0};
  const struct profile profile = {.nodes = &root, .node_count = 1};
  struct stack_walk walk;
  struct error err = {0};
  assert_int_equal(stack_walk_init(&walk, &profile, &err), 0);
  assert_false(stack_walk_next(&walk));
  stack_walk_release(&walk);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(goes_through_all_stacks_and_anew),
      cmocka_unit_test(a_profile_without_stacks_has_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
