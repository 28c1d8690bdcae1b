// Events of one process in, its frames and its time out: stacking.c knows what stands on what, billing.c whose the time
// between two events is. Invariant: every nanosecond lies on the stack that the event before it left behind, but for
// those between captured calls, when the process is away.
//
//   event             the stack it leaves    billed to what was there before
//   at  0  BEGIN f    f
//   at 10  CALL a     f;a                    f 10
//   at 15  LEAVE      away                   f;a 5        (f and what it called have ended; the call took 15)
//   at 18  CALL b     away                                (nobody's business)
//   at 40  BEGIN f    f                      away 25
//   at 43  LOST       f is cut               f 3
//   at 60  CALL a     the same                            (whose it would be is not known)
//   at 90  LEAVE      away                   [lost] 47
//   at 99  EXIT       over                   away 9
//
//   10 + 5 + 3 + 47 = 99 - 0 - (25 + 9)
//
// A sample is the exception: it says what the time was that it ends, and nothing of what comes after.
//
//   event                   billed since the event before
//   at  0  SAMPLE ? -       (its time starts)
//   at 10  SAMPLE run f a   f;a 10
//   at 40  SAMPLE wait f    f;[waiting] 30
//   at 45  END              [lost] 5
#include "cursor.h"

#include "billing.h"
#include "stacking.h"

void cursor_init(struct cursor *cursor, uint32_t process, uint32_t root_node)
{
  *cursor = (struct cursor){.process = process,
                            .root_node = root_node,
                            .base_node = root_node,
                            .open = true,
                            .activity = ACTIVITY_UNKNOWN,
                            .pending_since_ns = INT64_MIN,
                            .out_in = FUNCTION_NONE,
                            .waits_in = FUNCTION_NONE,
                            .waits_at = CALL_STACK_NONE,
                            .last_absence = ABSENCE_BRIEF,
                            .seen_waiting_ns = INT64_MIN,
                            .seen_busy_ns = INT64_MIN};
}

void cursor_spawn(struct cursor *cursor, uint32_t root_node)
{
  if (cursor->events)
    return;
  cursor->root_node = cursor->base_node = root_node;
  cursor->newborn = true;
}

void cursor_release(struct cursor *cursor, struct fold_tree *tree)
{
  call_times_end(cursor->measured, false, 0);
  call_stack_release(&cursor->stack, &tree->budget);
}

static void read_stack(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  bool first = cursor->last_kind == 0, floored = event->stack_again && cursor->on_floor;
  bool speaks = !floored || (event->stack_size && cursor->stack.frames[0].function == event->stack[0]);
  cursor_settle_at_end(cursor, tree);
  if (speaks) { // else it is not within the captured call
    cursor_restack(cursor, tree, event->stack, event->stack_size, event->stack_cut);
    cursor->on_floor = floored; // which is as it was
  }
  cursor->activity = ACTIVITY_UNKNOWN;
  // What was seen before the first event of a process is still true at it.
  cursor->pending_since_ns = first ? INT64_MIN : cursor->last_ns;
  cursor->before_out = EVENT_STACK;
}

// A function named by a scheduling event is believed only where nothing better is known.
static void learn_top(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  if (cursor->stack.depth == 0 && !cursor->collecting && function != FUNCTION_NONE)
    cursor_learn_top(cursor, tree, function);
}

// It is out in what it was last seen waiting in: where that stands is known.
static void stand_where_it_waits(struct cursor *cursor, struct fold_tree *tree)
{
  if (cursor->out_in != FUNCTION_NONE && cursor->out_in == cursor->waits_in)
    cursor_wait_in(cursor, tree);
}

static void apply_out(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  if (cursor->activity == ACTIVITY_OUT)
    return;
  cursor_came_in(cursor, tree);
  learn_top(cursor, tree, function);
  cursor->out_in = cursor->collecting ? FUNCTION_NONE : function;
  stand_where_it_waits(cursor, tree);
  cursor->activity = ACTIVITY_OUT;
  cursor->out_to_collect = cursor->collecting;
  cursor->pending_since_ns = cursor->last_ns;
  cursor->before_out = cursor->last_kind;
}

// Somebody looked at the process. If it waits, it does so where it was when it went out.
static void look(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  bool waits = event->status == STATUS_WAITING && cursor->activity == ACTIVITY_OUT && !cursor->collecting &&
               event->time_ns >= cursor->pending_since_ns && cursor->out_in != FUNCTION_NONE;
  if (waits) {
    if (cursor->waits_in != cursor->out_in)
      cursor->waits_at = CALL_STACK_NONE;
    cursor->waits_in = cursor->out_in;
    if (cursor->last_ns == cursor->pending_since_ns)
      cursor_wait_in(cursor, tree);
  }
  cursor_look(cursor, event);
}

static void apply_in(struct cursor *cursor, struct fold_tree *tree, uint32_t function)
{
  learn_top(cursor, tree, function);
  cursor_scheduled_in(cursor, tree);
  cursor->newborn = false;
  cursor->steps_since_in = 0;
}

// For sums that come from outside and nothing else depends on.
static uint64_t add_saturating(uint64_t sum, uint64_t more)
{
  return more > UINT64_MAX - sum ? UINT64_MAX : sum + more;
}

static void start_collecting(struct cursor *cursor, struct fold_tree *tree)
{
  if (cursor->activity != ACTIVITY_OUT)
    cursor_came_in(cursor, tree);
  cursor_stop_collecting(cursor, tree);
  cursor->collecting = true;
  cursor->collecting_since_ns = cursor->last_ns;
  cursor->collecting_node = cursor_child(tree, cursor_top_node(cursor, tree), tree->synthetic[FRAME_GC]);
}

static void end_collecting(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  if (cursor->activity != ACTIVITY_OUT)
    cursor_came_in(cursor, tree);
  if (!cursor->collecting)
    return;
  cursor_stop_collecting(cursor, tree);
  uint64_t pause_ns = (uint64_t)cursor->last_ns - (uint64_t)cursor->collecting_since_ns;
  struct profile_gc *gc = &tree->gc;
  *(event->major ? &gc->major : &gc->minor) += 1;
  gc->pause_ns = add_saturating(gc->pause_ns, pause_ns);
  gc->words_given_back = add_saturating(gc->words_given_back, event->words);
  if (pause_ns > gc->max_ns)
    gc->max_ns = pause_ns;
}

// The captured call that is on, if one is, has ended here.
static void end_call(struct cursor *cursor, struct fold_tree *tree, enum profile_call_ending ending)
{
  if (cursor->in_call)
    captured_calls_end(&tree->calls, cursor->call, cursor->last_ns, ending);
  cursor->in_call = false;
  uint64_t length_ns = (uint64_t)cursor->last_ns - (uint64_t)cursor->call_since_ns;
  call_times_end(cursor->measured, ending != PROFILE_CALL_CUT, length_ns);
  cursor->measured = NULL;
}

// The process goes out of sight.
static void end_sight(struct cursor *cursor, struct fold_tree *tree, enum activity activity)
{
  cursor_forget(cursor, tree, false);
  if (cursor->root_node != 0 && cursor->activity != ACTIVITY_AWAY)
    cursor_add_span(cursor, tree, cursor->root_node, cursor->in_sight_since_ns);
  cursor->activity = activity;
}

// A captured call begins; whatever was there is not known to have ended.
static void begin(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  if (cursor->activity == ACTIVITY_AWAY)
    cursor->in_sight_since_ns = cursor->last_ns;
  end_call(cursor, tree, PROFILE_CALL_CUT);
  const struct captured_call call = {
      .process = cursor->process, .function = event->function, .caller = event->caller, .start_ns = cursor->last_ns};
  cursor->call_since_ns = cursor->last_ns;
  cursor->measured = call_times_begin(&tree->call_times);
  if (!captured_calls_begin(&tree->calls, &call, &cursor->call))
    tree->failed = true;
  cursor->captured = cursor->in_call = true;
  cursor->activity = ACTIVITY_RUNNING;
  cursor->steps_since_in = 0; // since it came in there may have been others
  cursor_stand_on_floor(cursor, tree, event->function, event->caller);
}

static void leave(struct cursor *cursor, struct fold_tree *tree, enum call_ending ending)
{
  cursor_end_frames(cursor, tree);
  end_call(cursor, tree, ending == CALL_RAISED ? PROFILE_CALL_RAISED : PROFILE_CALL_RETURNED);
  end_sight(cursor, tree, ACTIVITY_AWAY);
}

static void lose(struct cursor *cursor, struct fold_tree *tree, uint64_t lost)
{
  cursor_settle_at_end(cursor, tree);
  end_call(cursor, tree, PROFILE_CALL_CUT);
  cursor_forget(cursor, tree, true);
  cursor->activity = ACTIVITY_LOST;
  tree->lost_events = add_saturating(tree->lost_events, lost);
}

static void end(struct cursor *cursor, struct fold_tree *tree, bool exited)
{
  cursor_settle_at_end(cursor, tree);
  if (exited)
    cursor_end_frames(cursor, tree);
  end_call(cursor, tree, exited ? PROFILE_CALL_EXITED : PROFILE_CALL_CUT);
  end_sight(cursor, tree, ACTIVITY_OVER);
  cursor->exited = exited;
  call_stack_release(&cursor->stack, &tree->budget);
}

void cursor_close(struct cursor *cursor, struct fold_tree *tree)
{
  if (cursor->activity != ACTIVITY_OVER)
    end(cursor, tree, false);
}

// Events that say nothing about where in its program the process is. A garbage collection on a dirty scheduler goes
// out and in by itself.
static bool is_aside(const struct cursor *cursor, enum event_kind kind)
{
  return kind == EVENT_GC_START || kind == EVENT_GC_END || kind == EVENT_SPAWN ||
         (cursor->collecting && (kind == EVENT_OUT || kind == EVENT_IN));
}

// Does the event count? Between its captured calls a process is not traced. Where events are missing in one, it is not
// known where it is until the next one begins; but it may end.
static bool is_in_sight(const struct cursor *cursor, enum event_kind kind)
{
  if (cursor->activity == ACTIVITY_OVER)
    return false;
  if (!cursor->captured)
    return kind != EVENT_LEAVE;
  return cursor->in_call || kind == EVENT_BEGIN || kind == EVENT_EXIT || kind == EVENT_END ||
         (kind == EVENT_LEAVE && cursor->activity == ACTIVITY_LOST);
}

// The time since the sample before was spent so; whether it was before or behind other events is not known.
static void sample(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  if (!cursor->started || event->status == STATUS_UNKNOWN) {
    lose(cursor, tree, 0);
    cursor_advance(cursor, tree, event);
    return;
  }
  cursor_settle_at_end(cursor, tree);
  cursor_stack_sampled(cursor, tree, event);
  cursor->activity = ACTIVITY_RUNNING;
  if (event->status == STATUS_WAITING || event->status == STATUS_RUNNABLE || event->status == STATUS_SUSPENDED)
    cursor->activity = ACTIVITY_OUT;
  else if (event->status == STATUS_COLLECTING)
    start_collecting(cursor, tree);
  cursor->pending_since_ns = cursor->last_ns;
  cursor_advance(cursor, tree, event);
  cursor_stop_collecting(cursor, tree);
  if (cursor->activity == ACTIVITY_OUT)
    cursor_settle(cursor, tree, event->status == STATUS_WAITING ? ABSENCE_WAITING : ABSENCE_RUNNABLE);
  cursor->activity = ACTIVITY_LOST;
}

static void apply(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  switch (event->kind) {
  case EVENT_CALL:
  case EVENT_RETURN_TO:
    cursor_stop_collecting(cursor, tree);
    cursor_came_in(cursor, tree);
    cursor->newborn = false;
    cursor->steps_since_in++;
    if (event->kind == EVENT_CALL)
      cursor_call(cursor, tree, event);
    else
      cursor_return(cursor, tree, event->function);
    break;
  case EVENT_BEGIN:
  case EVENT_LEAVE:
    cursor_stop_collecting(cursor, tree);
    if (cursor->activity != ACTIVITY_AWAY)
      cursor_came_in(cursor, tree);
    cursor->newborn = false;
    if (event->kind == EVENT_BEGIN)
      begin(cursor, tree, event);
    else
      leave(cursor, tree, event->ending);
    break;
  case EVENT_OUT:
    apply_out(cursor, tree, event->function);
    break;
  case EVENT_IN:
    apply_in(cursor, tree, event->function);
    break;
  case EVENT_GC_START:
    start_collecting(cursor, tree);
    break;
  case EVENT_GC_END:
    end_collecting(cursor, tree, event);
    break;
  case EVENT_STACK:
    read_stack(cursor, tree, event);
    break;
  case EVENT_LOST:
    lose(cursor, tree, event->lost);
    break;
  case EVENT_EXIT:
  case EVENT_END:
    end(cursor, tree, event->kind == EVENT_EXIT);
    break;
  case EVENT_SPAWN:
    cursor_came_in(cursor, tree);
    break;
  case EVENT_STATUS:
  case EVENT_SAMPLE:
    break;
  }
}

// A stack that is read in mid-trace: what the process is doing goes on, whether it runs or has just gone out. What it
// ran since the event before is what still stands of the stack; what it was out is the new one's.
static bool goes_on(const struct cursor *cursor, const struct trace_event *event)
{
  bool gone_out = cursor->activity == ACTIVITY_OUT && cursor->last_ns == cursor->pending_since_ns;
  return event->kind == EVENT_STACK && event->stack_again && !cursor->collecting &&
         (cursor->activity == ACTIVITY_RUNNING || gone_out);
}

bool cursor_apply(struct cursor *cursor, struct fold_tree *tree, const struct trace_event *event)
{
  if (!is_in_sight(cursor, event->kind)) {
    if (event->kind == EVENT_LOST && cursor->activity != ACTIVITY_OVER)
      tree->lost_events = add_saturating(tree->lost_events, event->lost);
    return false;
  }
  cursor->events++;
  if (event->kind == EVENT_STATUS) {
    look(cursor, tree, event);
    return true;
  }
  if (event->kind == EVENT_SAMPLE) {
    sample(cursor, tree, event);
    cursor->last_kind = EVENT_SAMPLE;
    return true;
  }
  if (cursor->last_kind == EVENT_SAMPLE)
    cursor_forget(cursor, tree, true);
  if (goes_on(cursor, event)) {
    size_t standing = cursor_keep(cursor, tree, event->stack, event->stack_size);
    if (cursor->activity == ACTIVITY_RUNNING)
      cursor_advance(cursor, tree, event);
    if (standing < event->stack_size)
      cursor_complete(cursor, tree, event->stack + standing, event->stack_size - standing);
    if (cursor->activity == ACTIVITY_OUT)
      stand_where_it_waits(cursor, tree);
    cursor_advance(cursor, tree, event);
    return true;
  }
  bool aside = is_aside(cursor, event->kind);
  cursor_advance(cursor, tree, event);
  apply(cursor, tree, event);
  if (!aside)
    cursor->last_kind = event->kind;
  return true;
}
