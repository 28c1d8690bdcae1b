// What every format says in the same words.
#ifndef FLAMBEAU_RENDERERS_SENTENCE_H
#define FLAMBEAU_RENDERERS_SENTENCE_H

#include "base/bytes.h"
#include "base/numbers.h"
#include "profile/verdict.h"

struct byte_sink;

#define SENTENCE_MAX_BYTES ((size_t)1 << 20)

struct sentence {
  const struct verdict *verdict;
  void (*write_name)(struct bytes *out,
                     const char *clean); // as the format writes what it does not know; NULL: as it is
  struct bytes text;                     // NUL-terminated when written
  struct bytes scratch;
};

void sentence_init(struct sentence *sentence, const struct verdict *verdict,
                   void (*write_name)(struct bytes *out, const char *clean));
void sentence_release(struct sentence *sentence);

// Each is good until the next call; without a full stop. "" when out of memory.
const char *sentence_of_finding(struct sentence *sentence, const struct finding *finding);
const char *sentence_of_note(struct sentence *sentence, const struct verdict_note *note);
const char *sentence_of_evidence(struct sentence *sentence); // what was compared
const char *sentence_of_outcome(struct sentence *sentence);  // "2 regressions", "no regression"

// Both as few digits as tell them apart, or the value exactly. Of a rate "1,000", "2.5".
void sentence_rates(struct verdict_rate base, struct verdict_rate head, char base_text[NUMBER_MAX],
                    char head_text[NUMBER_MAX]);
// "+22.8%", "x12.3", "new", "gone".
const char *sentence_change(const struct finding *finding, char text[NUMBER_MAX]);

// What a table has of a finding: of calls, or times.
const char *sentence_side(const struct finding *finding, bool head, char text[NUMBER_MAX]);

// Where the fault is to be looked for: in the caller where it is known, else in the function; NULL when unknown. Below
// `root` the path is from there; what is elsewhere is unknown.
const char *finding_file(const struct finding *finding, const char *root, uint32_t *line);

#endif
