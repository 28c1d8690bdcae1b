// A finding in, a sentence out. Whatever came from a node or a file passes text_clean and then the format's own way of
// writing what it does not know.
#include "verdict/sentence.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define MAX_DECIMALS 18 // as many as 64-bit numbers leave room for

__extension__ typedef unsigned __int128 wide;

void sentence_init(struct sentence *sentence, const struct verdict *verdict,
                   void (*write_name)(struct bytes *out, const char *clean))
{
  *sentence = (struct sentence){.verdict = verdict, .write_name = write_name};
  bytes_init(&sentence->text, SENTENCE_MAX_BYTES);
  bytes_init(&sentence->scratch, TEXT_SCRATCH_BYTES);
}

void sentence_release(struct sentence *sentence)
{
  bytes_release(&sentence->text);
  bytes_release(&sentence->scratch);
}

static void say(struct sentence *sentence, const char *text)
{
  bytes_append(&sentence->text, text, strlen(text));
}

static void say_name(struct sentence *sentence, const char *hostile)
{
  const char *clean = text_clean(&sentence->scratch, *hostile ? hostile : "?");
  if (sentence->write_name)
    sentence->write_name(&sentence->text, clean);
  else
    say(sentence, clean);
}

static void say_count(struct sentence *sentence, uint64_t count, const char *one, const char *many)
{
  char text[NUMBER_MAX];
  say(sentence, number_count(text, count));
  say(sentence, count == 1 ? one : many);
}

static const char *finish(struct sentence *sentence)
{
  bytes_append_u8(&sentence->text, '\0');
  return sentence->text.failed ? "" : (const char *)sentence->text.data;
}

// With so many decimals, rounded to the nearest, without zeros at the end; whether it is exact.
static bool rate_text(struct verdict_rate rate, unsigned decimals, char text[NUMBER_MAX])
{
  uint64_t of = rate.of ? rate.of : 1, unit = 1;
  for (unsigned i = 0; i < decimals; i++)
    unit *= 10;
  wide scaled = ((wide)rate.calls * unit * 2 + of) / of / 2;
  uint64_t part = (uint64_t)(scaled % unit);
  number_count(text, (uint64_t)(scaled / unit));
  bool exact = (wide)rate.calls * unit == scaled * of;
  for (; part && part % 10 == 0; part /= 10)
    decimals--;
  size_t used = strlen(text);
  if (part)
    snprintf(text + used, NUMBER_MAX - used, ".%0*" PRIu64, (int)decimals, part);
  return exact;
}

void sentence_rates(struct verdict_rate base, struct verdict_rate head, char base_text[NUMBER_MAX],
                    char head_text[NUMBER_MAX])
{
  for (unsigned decimals = 2; decimals <= MAX_DECIMALS; decimals++) {
    bool exact = rate_text(base, decimals, base_text);
    exact &= rate_text(head, decimals, head_text);
    bool vanishes = (base.calls && strcmp(base_text, "0") == 0) || (head.calls && strcmp(head_text, "0") == 0);
    if (exact || (!vanishes && strcmp(base_text, head_text) != 0))
      return;
  }
}

static const char *times(const char *number)
{
  return strcmp(number, "1") == 0 ? "once" : number;
}

// "3 times", "once".
static void say_times(struct sentence *sentence, const char *number)
{
  say(sentence, times(number));
  if (times(number) == number)
    say(sentence, " times");
}

static void say_captured(struct sentence *sentence)
{
  if (sentence->verdict->by_call)
    say(sentence, " in a captured call");
}

static void say_where(struct sentence *sentence, const struct verdict_edge *edge)
{
  if (!edge->within)
    return;
  say(sentence, ", where ");
  say_name(sentence, edge->within);
  say(sentence, " calls it");
}

// "S.total/2 now calls E.map/2 1,000 times a call, was 1".
static void say_cause(struct sentence *sentence, const struct finding *finding)
{
  const struct verdict_edge *edge = &finding->edge;
  char base[NUMBER_MAX], head[NUMBER_MAX];
  bool called = edge->caller != NULL;
  sentence_rates(called ? edge->base : finding->base, called ? edge->head : finding->head, base, head);
  say_name(sentence, called ? edge->caller : finding->name);
  say(sentence, called ? " now calls " : " is now called ");
  if (called && edge->itself)
    say(sentence, "itself ");
  else if (called)
    say_name(sentence, finding->name), say(sentence, " ");
  say_times(sentence, head);
  if (called && edge->counted)
    say(sentence, " a call");
  else
    say_captured(sentence);
  if ((called ? edge->base : finding->base).calls > 0)
    say(sentence, ", was "), say(sentence, base);
  else
    say(sentence, called ? ", did not before" : ", was not before");
  say_where(sentence, edge);
}

static void say_calls(struct sentence *sentence, const struct finding *finding)
{
  char base[NUMBER_MAX], head[NUMBER_MAX];
  sentence_rates(finding->base, finding->head, base, head);
  say_name(sentence, finding->name);
  say(sentence, " is called ");
  say_times(sentence, head);
  say_captured(sentence);
  if (finding->kind == FINDING_NEW)
    say(sentence, ", was not before");
  else
    say(sentence, ", was "), say(sentence, base);
  if (!finding->edge.caller)
    return;
  say(sentence, finding->kind == FINDING_NEW ? ", by " : ", because ");
  say_name(sentence, finding->edge.caller);
  if (finding->kind != FINDING_NEW)
    say(sentence, " is called more");
}

static void say_vanished(struct sentence *sentence, const struct finding *finding)
{
  char base[NUMBER_MAX], head[NUMBER_MAX];
  sentence_rates(finding->base, finding->head, base, head);
  say_name(sentence, finding->name);
  say(sentence, " is not called any more, was ");
  say_times(sentence, base);
  say_captured(sentence);
}

// A time that is not known was too short for a snapshot.
static const char *time_text(uint64_t time_ns, char text[NUMBER_MAX])
{
  char least[NUMBER_MAX];
  if (time_ns)
    return number_time(text, time_ns);
  snprintf(text, NUMBER_MAX, "less than %.20s", number_time(least, VERDICT_TIME_FLOOR_NS));
  return text;
}

static void say_time(struct sentence *sentence, const struct finding *finding)
{
  char base[NUMBER_MAX], head[NUMBER_MAX], text[NUMBER_MAX];
  bool whole = finding->kind == FINDING_CALL_TIME || finding->kind == FINDING_CALL_FASTER;
  if (!whole)
    say_name(sentence, finding->name);
  else if (*finding->name)
    say(sentence, "a call of "), say_name(sentence, finding->name);
  else
    say(sentence, "a captured call");
  say(sentence, " takes ");
  say(sentence, time_text(finding->head_time.median_ns, head));
  say(sentence, whole ? ", was " : " of its own in a captured call, was ");
  say(sentence, time_text(finding->base_time.median_ns, base));
  if (finding->base_time.median_ns && finding->head_time.median_ns)
    say(sentence, " ("), say(sentence, sentence_change(finding, text)), say(sentence, ")");
  if (whole)
    return;
  sentence_rates(finding->base, finding->head, base, head);
  if (strcmp(base, head) == 0)
    say(sentence, ", with as many calls");
  else
    say(sentence, ", with "), say(sentence, head), say(sentence, " calls, was "), say(sentence, base);
}

// The caller does what it did, but is called more.
static bool is_of_more_callers(const struct finding *finding)
{
  const struct verdict_edge *edge = &finding->edge;
  return finding->weight == FINDING_FOLLOWS ||
         (edge->caller && (wide)edge->head.calls * edge->base.of <= (wide)edge->base.calls * edge->head.of &&
          edge->base.calls > 0);
}

const char *sentence_of_finding(struct sentence *sentence, const struct finding *finding)
{
  bytes_clear(&sentence->text);
  switch (finding->kind) {
  case FINDING_CALLS:
  case FINDING_NEW:
    if (is_of_more_callers(finding))
      say_calls(sentence, finding);
    else
      say_cause(sentence, finding);
    break;
  case FINDING_VANISHED:
    say_vanished(sentence, finding);
    break;
  case FINDING_FEWER:
    say_calls(sentence, finding);
    break;
  case FINDING_OWN_TIME:
  case FINDING_CALL_TIME:
  case FINDING_OWN_FASTER:
  case FINDING_CALL_FASTER:
    say_time(sentence, finding);
    break;
  }
  return finish(sentence);
}

// "BASELINE ran on OTP 25, HEAD on OTP 27".
static void say_both(struct sentence *sentence, const struct verdict_note *note, const char *verb, const char *what)
{
  const char *values[] = {note->base, note->head};
  for (int i = 0; i < 2; i++) {
    say(sentence, i == 0 ? "BASELINE " : ", HEAD ");
    say(sentence, verb);
    say(sentence, what);
    say_name(sentence, values[i]);
  }
}

// "BASELINE", "HEAD" or "BASELINE and HEAD".
static void say_sides(struct sentence *sentence, const struct verdict_note *note)
{
  say(sentence, note->base && note->head ? "BASELINE and HEAD" : note->base ? "BASELINE" : "HEAD");
}

static void say_selection(struct sentence *sentence, const struct verdict_note *note)
{
  const char *values[] = {note->base, note->head};
  for (int i = 0; i < 2; i++) {
    say(sentence, i == 0 ? "in BASELINE " : ", in HEAD ");
    if (values[i])
      say_name(sentence, values[i]);
    else
      say(sentence, "all functions");
    say(sentence, i == 0 ? " were traced" : "");
  }
  say(sentence, ": what was not traced is missing");
}

static void say_ending(struct sentence *sentence, const struct verdict_note *note, const char *what)
{
  const char *values[] = {note->base, note->head};
  bool said = false;
  for (int i = 0; i < 2; i++) {
    if (!values[i])
      continue;
    say(sentence, said ? ", and " : "");
    say_name(sentence, values[i]);
    say(sentence, i == 0 ? " captured calls of BASELINE " : " captured calls of HEAD ");
    say(sentence, what);
    said = true;
  }
}

static void say_bound(struct sentence *sentence, const struct verdict_note *note)
{
  const char *values[] = {note->base, note->head};
  bool said = false;
  for (int i = 0; i < 2; i++) {
    if (!values[i])
      continue;
    say(sentence, said ? ", and that of " : "the trace of ");
    say(sentence, i == 0 ? "BASELINE ended early (" : "HEAD ended early (");
    say_name(sentence, values[i]);
    say(sentence, ")");
    said = true;
  }
  say(sentence, ": its counts are too low");
}

const char *sentence_of_note(struct sentence *sentence, const struct verdict_note *note)
{
  bytes_clear(&sentence->text);
  switch (note->kind) {
  case NOTE_TARGET:
    say_both(sentence, note, "ran ", "");
    say(sentence, ": another program has other counts");
    break;
  case NOTE_SELECTION:
    say_selection(sentence, note);
    break;
  case NOTE_OTP:
    say_both(sentence, note, "ran on ", "OTP ");
    say(sentence, ": counts may differ by that alone; --update begins anew");
    break;
  case NOTE_ELIXIR:
    say_both(sentence, note, "ran on ", "Elixir ");
    say(sentence, ": counts may differ by that alone; --update begins anew");
    break;
  case NOTE_CALLS:
    say_sides(sentence, note);
    say(sentence, " alone has captured calls (run, record -f): sums of all calls were compared");
    break;
  case NOTE_CLOCK:
    say(sentence, "neither side has captured calls (run, record -f): counts depend on how long each was traced");
    break;
  case NOTE_LOST:
    say(sentence, "events of ");
    say_sides(sentence, note);
    say(sentence, " are lost: the counts are too low");
    break;
  case NOTE_BUDGET:
    say(sentence, "functions of ");
    say_sides(sentence, note);
    say(sentence, " were switched off for the sake of --overhead: the counts are too low");
    break;
  case NOTE_BOUND:
    say_bound(sentence, note);
    break;
  case NOTE_CUT:
    say_ending(sentence, note, "were cut off: their counts are too low");
    break;
  case NOTE_RAISED:
    say_ending(sentence, note, "did not return, but raised or exited");
    break;
  case NOTE_STRANGERS:
    say(sentence, "the two have no function in common: are they runs of the same program?");
    break;
  }
  return finish(sentence);
}

const char *sentence_of_evidence(struct sentence *sentence)
{
  const struct verdict *verdict = sentence->verdict;
  char text[NUMBER_MAX];
  bytes_clear(&sentence->text);
  say_count(sentence, verdict->functions, " function, ", " functions, ");
  say(sentence, number_count(text, verdict->unchanged));
  say(sentence, " with as many calls as before");
  switch (verdict->times) {
  case TIMES_COMPARED:
    say(sentence, "; times compared over ");
    say(sentence, number_count(text, verdict->base_measured));
    say(sentence, " and ");
    say_count(sentence, verdict->head_measured, " call", " calls");
    break;
  case TIMES_TOO_FEW:
    say(sentence, "; times not compared: ");
    say(sentence, verdict->base_measured < VERDICT_MIN_MEASURED ? "BASELINE has " : "HEAD has ");
    say_count(sentence, verdict->base_measured < VERDICT_MIN_MEASURED ? verdict->base_measured : verdict->head_measured,
              " measured call", " measured calls");
    say(sentence, " of the ");
    say(sentence, number_count(text, VERDICT_MIN_MEASURED));
    say(sentence, " it takes");
    break;
  case TIMES_NO_CALLS:
    say(sentence, "; times not compared: they are of captured calls (run, record -f)");
    break;
  }
  return finish(sentence);
}

const char *sentence_of_outcome(struct sentence *sentence)
{
  bytes_clear(&sentence->text);
  if (sentence->verdict->regressions == 0)
    say(sentence, "no regression");
  else
    say_count(sentence, sentence->verdict->regressions, " regression", " regressions");
  return finish(sentence);
}

static bool is_time(const struct finding *finding)
{
  return finding->kind == FINDING_OWN_TIME || finding->kind == FINDING_CALL_TIME ||
         finding->kind == FINDING_OWN_FASTER || finding->kind == FINDING_CALL_FASTER;
}

const char *sentence_side(const struct finding *finding, bool head, char text[NUMBER_MAX])
{
  char other[NUMBER_MAX];
  if (is_time(finding))
    return time_text(head ? finding->head_time.median_ns : finding->base_time.median_ns, text);
  sentence_rates(finding->base, finding->head, head ? other : text, head ? text : other);
  return text;
}

// Both sides as whole numbers that are in the same proportion, as near as they can be.
static void proportion(const struct finding *finding, uint64_t *base, uint64_t *head)
{
  wide left = (wide)finding->base.calls * finding->head.of, right = (wide)finding->head.calls * finding->base.of;
  while (left > UINT64_MAX / 1000 || right > UINT64_MAX / 1000)
    left /= 2, right /= 2;
  *base = (uint64_t)left;
  *head = (uint64_t)right;
}

const char *sentence_change(const struct finding *finding, char text[NUMBER_MAX])
{
  uint64_t base = finding->base_time.median_ns, head = finding->head_time.median_ns;
  if (finding->kind == FINDING_NEW)
    return strcpy(text, "new");
  if (finding->kind == FINDING_VANISHED)
    return strcpy(text, "gone");
  if (!is_time(finding))
    proportion(finding, &base, &head);
  return base && head ? number_change(text, base, head) : strcpy(text, base ? "shorter" : "longer");
}

static const char *below(const char *file, const char *root)
{
  size_t size = strlen(root);
  if (!*file)
    return NULL;
  if (*file != '/')
    return strncmp(file, "../", 3) == 0 ? NULL : file;
  bool inside = size > 1 && strncmp(file, root, size) == 0 && file[size] == '/';
  return inside ? file + size + 1 : NULL;
}

const char *finding_file(const struct finding *finding, const char *root, uint32_t *line)
{
  const char *file = below(finding->edge.caller_file, root);
  *line = finding->edge.caller_line;
  if (file && *line)
    return file;
  *line = finding->line;
  file = below(finding->file, root);
  return *line ? file : NULL;
}
