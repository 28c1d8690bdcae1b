// A verdict in, JUnit's XML out, as CI services read it: a case for each rule, passed, or instead of it a failed case
// for each function that breaks it, named by the function. So a history has the same names from run to run, and what is
// listed first is what failed. What makes the verdict doubtful stands in system-out.
#include <inttypes.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/text.h"
#include "verdict/formats.h"
#include "verdict/sentence.h"

struct rule {
  const char *name;
  enum finding_kind first, last; // that break it
  bool of_times;
};

static const struct rule rules[] = {
    {"no function is called more", FINDING_CALLS, FINDING_VANISHED, false},
    {"no function takes longer", FINDING_OWN_TIME, FINDING_OWN_TIME, true},
    {"no captured call takes longer", FINDING_CALL_TIME, FINDING_CALL_TIME, true},
};
#define RULES (sizeof rules / sizeof *rules)

struct page {
  const struct verdict *verdict;
  const struct verdict_page *options;
  struct byte_sink *out;
  struct sentence sentence;
  struct bytes scratch;
};

static void write_escaped(struct byte_sink *out, const char *clean)
{
  static const char special[] = "&<>\"'";
  static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
  while (*clean) {
    size_t plain = strcspn(clean, special);
    byte_sink_write(out, clean, plain);
    clean += plain;
    if (*clean)
      byte_sink_text(out, entities[strchr(special, *clean++) - special]);
  }
}

static void write_attribute(struct page *page, const char *name, const char *hostile)
{
  byte_sink_printf(page->out, " %s=\"", name);
  write_escaped(page->out, text_clean(&page->scratch, hostile));
  byte_sink_text(page->out, "\"");
}

static bool breaks(const struct rule *rule, const struct finding *finding)
{
  return finding->weight == FINDING_REGRESSION && finding->kind >= rule->first && finding->kind <= rule->last;
}

static size_t count_broken(const struct page *page, const struct rule *rule)
{
  size_t count = 0;
  for (size_t i = 0; i < page->verdict->regressions; i++)
    count += breaks(rule, &page->verdict->findings[i]);
  return count;
}

static void write_failure(struct page *page, const struct rule *rule, const struct finding *finding)
{
  uint32_t line;
  const char *file = finding_file(finding, page->options->root, &line);
  byte_sink_text(page->out, "    <testcase");
  write_attribute(page, "classname", rule->of_times ? "flambeau.times" : "flambeau.calls");
  write_attribute(page, "name", *finding->name ? finding->name : "a captured call");
  if (file) {
    write_attribute(page, "file", file);
    byte_sink_printf(page->out, " line=\"%" PRIu32 "\"", line);
  }
  byte_sink_text(page->out, ">\n      <failure");
  write_attribute(page, "type", "regression");
  byte_sink_text(page->out, " message=\"");
  write_escaped(page->out, sentence_of_finding(&page->sentence, finding));
  byte_sink_text(page->out, "\">");
  write_escaped(page->out, sentence_of_finding(&page->sentence, finding));
  byte_sink_text(page->out, "</failure>\n    </testcase>\n");
}

static bool is_skipped(const struct page *page, const struct rule *rule)
{
  return rule->of_times && page->verdict->times != TIMES_COMPARED;
}

static void write_rule(struct page *page, const struct rule *rule)
{
  for (size_t i = 0; i < page->verdict->regressions; i++)
    if (breaks(rule, &page->verdict->findings[i]))
      write_failure(page, rule, &page->verdict->findings[i]);
  if (count_broken(page, rule) > 0)
    return;
  byte_sink_text(page->out, "    <testcase");
  write_attribute(page, "classname", rule->of_times ? "flambeau.times" : "flambeau.calls");
  write_attribute(page, "name", rule->name);
  if (!is_skipped(page, rule)) {
    byte_sink_text(page->out, "/>\n");
    return;
  }
  byte_sink_text(page->out, ">\n      <skipped message=\"");
  write_escaped(page->out, sentence_of_evidence(&page->sentence));
  byte_sink_text(page->out, "\"/>\n    </testcase>\n");
}

static void write_counts(struct page *page)
{
  size_t tests = page->verdict->regressions, skipped = 0;
  for (size_t i = 0; i < RULES; i++) {
    tests += count_broken(page, &rules[i]) == 0;
    skipped += count_broken(page, &rules[i]) == 0 && is_skipped(page, &rules[i]);
  }
  byte_sink_printf(page->out, " name=\"flambeau check\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\"",
                   tests, page->verdict->regressions, skipped);
}

static void write_notes(struct page *page)
{
  byte_sink_text(page->out, "    <system-out>");
  write_escaped(page->out, sentence_of_evidence(&page->sentence));
  byte_sink_text(page->out, "\n");
  for (size_t i = 0; i < page->verdict->note_count; i++) {
    byte_sink_text(page->out, "WARNING: ");
    write_escaped(page->out, sentence_of_note(&page->sentence, &page->verdict->notes[i]));
    byte_sink_text(page->out, "\n");
  }
  byte_sink_text(page->out, "</system-out>\n");
}

int verdict_write_junit(const struct verdict *verdict, const struct verdict_page *options, struct byte_sink *out,
                        struct error *err)
{
  struct page page = {.verdict = verdict, .options = options, .out = out};
  sentence_init(&page.sentence, verdict, NULL);
  bytes_init(&page.scratch, TEXT_SCRATCH_BYTES);
  byte_sink_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite");
  write_counts(&page);
  byte_sink_text(out, ">\n");
  for (size_t i = 0; i < RULES; i++)
    write_rule(&page, &rules[i]);
  write_notes(&page);
  byte_sink_text(out, "  </testsuite>\n</testsuites>\n");
  bytes_release(&page.scratch);
  sentence_release(&page.sentence);
  return out->error.code == ERROR_NONE ? 0 : error_set(err, out->error.code, "%s", out->error.message);
}
