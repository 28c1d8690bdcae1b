// A finished profile in, its frames and tables in the builder of another one that is made of it.
#include "builder.h"

#include <stdlib.h>
#include <string.h>

int builder_copy_frames(struct profile_builder *builder, const struct profile *profile, uint32_t *frame_map)
{
  for (size_t i = 0; i < profile->frame_count; i++) {
    const struct profile_frame *frame = &profile->frames[i];
    frame_map[i] = profile_builder_frame(builder, frame->kind, frame->name, strlen(frame->name), frame->module,
                                         strlen(frame->module), frame->native);
    if (frame_map[i] == PROFILE_FAILED ||
        (frame->line && profile_builder_locate(builder, frame_map[i], frame->file, frame->line) < 0) ||
        profile_builder_belongs(builder, frame_map[i], frame->application, frame->origin) < 0)
      return -1;
  }
  return 0;
}

#define COMPARISON_FACTS 16 // room for those

// What is said of a comparison's sides is no fact of a side.
static bool is_of_comparison(const char *key)
{
  return strcmp(key, "head") == 0 || strcmp(key, "base") == 0 || strncmp(key, "base.", 5) == 0 ||
         strncmp(key, "base_", 5) == 0;
}

int builder_copy_tables(struct profile_builder *builder, const struct profile *profile)
{
  for (size_t i = 0; i < profile->process_count; i++) {
    if (profile_builder_process(builder, &profile->processes[i]) == PROFILE_FAILED)
      return -1;
  }
  for (size_t i = 0; i < profile->fact_count && i < PROFILE_MAX_FACTS - COMPARISON_FACTS; i++) {
    if (!is_of_comparison(profile->facts[i].key) &&
        profile_builder_fact(builder, profile->facts[i].key, profile->facts[i].value) < 0)
      return -1;
  }
  for (size_t i = 0; i < profile->module_count; i++) {
    if (profile_builder_module(builder, &profile->modules[i]) < 0)
      return -1;
  }
  return 0;
}

int builder_copy_calls(struct profile_builder *builder, const struct profile *profile, const uint32_t *frame_map)
{
  struct profile_call *calls = malloc((profile->call_count + 1) * sizeof *calls);
  if (!calls)
    return -1;
  for (size_t i = 0; i < profile->call_count; i++) {
    calls[i] = profile->calls[i];
    calls[i].frame = frame_map[calls[i].frame];
    if (calls[i].caller != PROFILE_NO_FRAME)
      calls[i].caller = frame_map[calls[i].caller];
  }
  int status = profile_builder_calls(builder, calls, profile->call_count, profile->calls_seen);
  free(calls);
  return status;
}

static uint64_t add_saturating(uint64_t sum, uint64_t more)
{
  return more > UINT64_MAX - sum ? UINT64_MAX : sum + more;
}

static void add_spread(struct profile_spread *sum, const struct profile_spread *more)
{
  sum->median_ns = add_saturating(sum->median_ns, more->median_ns);
  sum->lower_quartile_ns = add_saturating(sum->lower_quartile_ns, more->lower_quartile_ns);
  sum->upper_quartile_ns = add_saturating(sum->upper_quartile_ns, more->upper_quartile_ns);
}

int builder_copy_times(struct profile_builder *builder, const struct profile *profile, const uint32_t *frame_map)
{
  if (profile->measured_calls == 0)
    return 0;
  struct profile_spread *times = calloc(builder_frame_count(builder) + 1, sizeof *times);
  if (!times)
    return -1;
  for (size_t i = 0; i < profile->function_count; i++) {
    uint32_t frame = frame_map[profile->functions[i].frame];
    if (frame != PROFILE_FAILED)
      add_spread(&times[frame], &profile->function_times[i]);
  }
  int status = profile_builder_measured(builder, profile->measured_calls, &profile->call_time, times);
  free(times);
  return status;
}
