// The stack's index against a walk over its frames.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call_stack.h"

static uint32_t next(uint64_t *seed)
{
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*seed >> 33);
}

static uint32_t walk(const struct call_stack *stack, uint32_t from, uint32_t function)
{
  for (uint32_t i = from; i-- > 0;) {
    if (stack->frames[i].function == function)
      return i;
  }
  return CALL_STACK_NONE;
}

// Random pushes and pops of `functions` functions; every function is looked up after each.
static void check_moves(uint32_t functions, uint32_t stride, int moves)
{
  struct call_stack stack = {0};
  struct call_stack_budget budget = {.frames_left = 1 << 20};
  uint64_t seed = 1;
  for (int i = 0; i < moves; i++) {
    if (stack.depth && next(&seed) % 5 < 2)
      call_stack_pop(&stack);
    else
      assert_true(call_stack_push(&stack, &budget, 1 + next(&seed) % functions * stride, 0, i, CALL_SEEN));
    uint32_t wanted = 1 + next(&seed) % functions * stride;
    assert_int_equal(call_stack_find(&stack, &budget, wanted), walk(&stack, stack.depth, wanted));
    assert_int_equal(call_stack_find_below_top(&stack, &budget, wanted),
                     walk(&stack, stack.depth ? stack.depth - 1 : 0, wanted));
  }
  call_stack_release(&stack, &budget);
  assert_int_equal(budget.frames_left, 1 << 20);
}

static void few_functions(void **state)
{
  (void)state;
  check_moves(3, 1, 20000);
}

static void many_functions(void **state)
{
  (void)state;
  check_moves(5000, 1, 20000);
}

static void ids_far_apart(void **state)
{
  (void)state;
  check_moves(1000, 4096, 20000);
}

static void an_empty_stack_holds_nothing(void **state)
{
  (void)state;
  struct call_stack stack = {0};
  const struct call_stack_budget budget = {0};
  assert_int_equal(call_stack_find(&stack, &budget, 1), CALL_STACK_NONE);
  assert_int_equal(call_stack_find_below_top(&stack, &budget, 1), CALL_STACK_NONE);
}

static void without_budget_the_outermost_frames_fail(void **state)
{
  (void)state;
  struct call_stack stack = {0};
  struct call_stack_budget budget = {.frames_left = 40};
  int pushed = 0;
  while (call_stack_push(&stack, &budget, 1, 0, 0, CALL_SEEN))
    pushed++;
  assert_in_range(pushed, 1, 40);
  assert_int_equal(stack.beyond, 0);
  call_stack_release(&stack, &budget);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(few_functions),
      cmocka_unit_test(many_functions),
      cmocka_unit_test(ids_far_apart),
      cmocka_unit_test(an_empty_stack_holds_nothing),
      cmocka_unit_test(without_budget_the_outermost_frames_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
