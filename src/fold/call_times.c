// Own times while a call is on, one sum for each function; when it has ended they are listed, and from the lists of all
// calls come medians and quartiles. A function that a call does not come to has no time in it, which counts: as 0.
#include "call_times.h"

#include <stdlib.h>
#include <string.h>

#include "profile/profile_builder.h"
#include "profile/profile_spread.h"

#define FIRST_CAPACITY 64u

void call_times_release(struct call_times *times)
{
  free(times->own);
  free(times->lengths_ns);
  *times = (struct call_times){0};
}

struct measured_call *call_times_begin(struct call_times *times)
{
  if (times->ended || times->count + times->on >= PROFILE_MAX_MEASURED)
    return NULL;
  if (!times->lengths_ns)
    times->lengths_ns = calloc(PROFILE_MAX_MEASURED, sizeof *times->lengths_ns);
  struct measured_call *call = times->lengths_ns ? calloc(1, sizeof *call) : NULL;
  if (!call)
    return NULL;
  call->times = times;
  times->on++;
  return call;
}

static void clear(struct measured_call *call)
{
  call->times->on_capacity -= call->capacity;
  free(call->own_ns);
  free(call->frames);
  *call = (struct measured_call){.times = call->times};
}

static bool give_up(struct measured_call *call)
{
  clear(call);
  call->given_up = call->times->ended = true;
  return false;
}

static bool widen(struct measured_call *call, uint32_t frame)
{
  uint32_t capacity = call->capacity ? call->capacity : FIRST_CAPACITY;
  while (capacity <= frame)
    capacity *= 2;
  uint32_t more = capacity - call->capacity;
  bool room = call->times->on_capacity + more <= CALL_TIMES_MAX_ON;
  uint64_t *own_ns = room ? realloc(call->own_ns, capacity * sizeof *own_ns) : NULL;
  if (!own_ns)
    return false;
  memset(own_ns + call->capacity, 0, more * sizeof *own_ns);
  call->own_ns = own_ns;
  call->capacity = capacity;
  call->times->on_capacity += more;
  return true;
}

// Makes room for a frame that is new to the call; false where there is none.
static bool add_frame(struct measured_call *call, uint32_t frame)
{
  if (call->given_up)
    return false;
  if (frame >= call->capacity && !widen(call, frame))
    return give_up(call);
  if (call->frame_count == call->frame_capacity) {
    uint32_t capacity = call->frame_capacity ? call->frame_capacity * 2 : FIRST_CAPACITY;
    uint32_t *frames = realloc(call->frames, capacity * sizeof *frames);
    if (!frames)
      return give_up(call);
    call->frames = frames;
    call->frame_capacity = capacity;
  }
  call->frames[call->frame_count++] = frame;
  return true;
}

void measured_call_add(struct measured_call *call, uint32_t frame, uint64_t ns)
{
  if ((frame < call->capacity && call->own_ns[frame] > 0) || add_frame(call, frame))
    call->own_ns[frame] += ns;
}

// For the own times of one more call.
static bool make_room(struct call_times *times, size_t more)
{
  size_t capacity = times->own_capacity ? times->own_capacity : FIRST_CAPACITY;
  if (more > CALL_TIMES_MAX_OWN - times->own_count)
    return false;
  while (capacity < times->own_count + more)
    capacity *= 2;
  struct own_time *own = capacity > times->own_capacity ? realloc(times->own, capacity * sizeof *own) : times->own;
  if (!own)
    return false;
  times->own = own;
  times->own_capacity = capacity;
  return true;
}

static void keep(struct call_times *times, const struct measured_call *call, uint64_t length_ns)
{
  if (times->ended || !make_room(times, call->frame_count)) {
    times->ended = true;
    return;
  }
  for (uint32_t i = 0; i < call->frame_count; i++)
    times->own[times->own_count++] = (struct own_time){call->frames[i], call->own_ns[call->frames[i]]};
  times->lengths_ns[times->count++] = length_ns;
}

void call_times_end(struct measured_call *call, bool whole, uint64_t length_ns)
{
  if (!call)
    return;
  call->times->on--;
  if (whole)
    keep(call->times, call, length_ns);
  clear(call);
  free(call);
}

// The own times of all calls, frame after frame, and where those of each begin; both are to be freed.
struct by_frame {
  uint64_t *own_ns;
  size_t *begins; // one more than there are frames
};

static bool sort_by_frame(const struct call_times *times, uint32_t frame_count, struct by_frame *by_frame)
{
  *by_frame = (struct by_frame){calloc(times->own_count + 1, sizeof *by_frame->own_ns),
                                calloc((size_t)frame_count + 2, sizeof *by_frame->begins)};
  if (!by_frame->own_ns || !by_frame->begins)
    return false;
  size_t *ends = by_frame->begins + 1; // each moves on to where the next frame's begin
  for (size_t i = 0; i < times->own_count; i++)
    ends[times->own[i].frame + 1]++;
  for (uint32_t frame = 0; frame < frame_count; frame++)
    ends[frame + 1] += ends[frame];
  for (size_t i = 0; i < times->own_count; i++)
    by_frame->own_ns[ends[times->own[i].frame]++] = times->own[i].ns;
  return true;
}

bool call_times_hand_over(const struct call_times *times, struct profile_builder *builder)
{
  if (times->count == 0)
    return true;
  uint32_t frame_count = profile_builder_frame_count(builder);
  struct profile_spread *spreads = calloc((size_t)frame_count + 1, sizeof *spreads);
  struct by_frame by_frame;
  bool sorted = sort_by_frame(times, frame_count, &by_frame);
  bool done = false;
  if (spreads && sorted) {
    for (uint32_t frame = 0; frame < frame_count; frame++)
      spreads[frame] = profile_spread_of(by_frame.own_ns + by_frame.begins[frame],
                                         by_frame.begins[frame + 1] - by_frame.begins[frame], times->count);
    struct profile_spread call_time = profile_spread_of(times->lengths_ns, times->count, times->count);
    done = profile_builder_measured(builder, times->count, &call_time, spreads) == 0;
  }
  free(spreads);
  free(by_frame.own_ns);
  free(by_frame.begins);
  return done;
}
