// A verdict in, lines for a person out, most important first:
//
//     WARNING: BASELINE ran on OTP 25, HEAD ran on OTP 27: ...
//     REGRESSION: S.total/2 now calls E.map/2 1,000 times a call, was 1.
//
//       BASELINE   HEAD  change  follows from that
//              1  1,000   x1000  S.price/1
//
//     1 regression: 12 functions, ...
#include <stdio.h>

#include "base/byte_io.h"
#include "base/text.h"
#include "report/table.h"
#include "verdict/formats.h"
#include "verdict/sentence.h"

#define INDENT 2
#define MAX_SENTENCES 20
#define MAX_ROWS 10

#define RED "\033[1;31m"
#define GREEN "\033[1;32m"
#define YELLOW "\033[1;33m"
#define PLAIN "\033[0m"

struct page {
  const struct verdict *verdict;
  const struct verdict_page *options;
  struct byte_sink *out;
  struct sentence sentence;
};

static void write_label(struct page *page, const char *color, const char *label)
{
  bool colored = page->options->colors > 0;
  byte_sink_printf(page->out, "%s%s%s", colored ? color : "", label, colored ? PLAIN : "");
}

static void write_notes(struct page *page)
{
  for (size_t i = 0; i < page->verdict->note_count; i++) {
    write_label(page, YELLOW, "WARNING");
    byte_sink_printf(page->out, ": %s.\n", sentence_of_note(&page->sentence, &page->verdict->notes[i]));
  }
}

static void write_rest(struct page *page, size_t rest)
{
  char text[NUMBER_MAX];
  if (rest > 0)
    byte_sink_printf(page->out, "%*sand %s more\n", INDENT, "", number_count(text, rest));
}

static void write_regressions(struct page *page)
{
  for (size_t i = 0; i < page->verdict->regressions && i < MAX_SENTENCES; i++) {
    write_label(page, RED, "REGRESSION");
    byte_sink_printf(page->out, ": %s.\n", sentence_of_finding(&page->sentence, &page->verdict->findings[i]));
  }
  if (page->verdict->regressions > MAX_SENTENCES)
    write_rest(page, page->verdict->regressions - MAX_SENTENCES);
}

static void add_row(struct page *page, struct table *table, const struct finding *finding)
{
  char text[NUMBER_MAX];
  table_cell(table, finding->kind == FINDING_NEW ? "-" : sentence_side(finding, false, text));
  table_cell(table, finding->kind == FINDING_VANISHED ? "-" : sentence_side(finding, true, text));
  table_cell(table, sentence_change(finding, text));
  table_cell(table, text_clean(&page->sentence.scratch, *finding->name ? finding->name : "a captured call"));
}

static void write_table(struct page *page, enum finding_weight weight, const char *title)
{
  struct table table;
  size_t count = 0;
  table_init(&table);
  table_column(&table, "BASELINE", false);
  table_column(&table, "HEAD", false);
  table_column(&table, "change", false);
  table_column(&table, title, true);
  for (size_t i = 0; i < page->verdict->finding_count; i++) {
    const struct finding *finding = &page->verdict->findings[i];
    if (finding->weight == weight && count++ < MAX_ROWS)
      add_row(page, &table, finding);
  }
  if (count > 0) {
    byte_sink_text(page->out, "\n");
    table_write(&table, INDENT, page->out);
    write_rest(page, count > MAX_ROWS ? count - MAX_ROWS : 0);
  }
  table_release(&table);
}

static void write_outcome(struct page *page)
{
  bool failed = page->verdict->regressions > 0;
  if (page->verdict->finding_count > 0)
    byte_sink_text(page->out, "\n");
  write_label(page, failed ? RED : GREEN, sentence_of_outcome(&page->sentence));
  byte_sink_printf(page->out, ": %s\n", sentence_of_evidence(&page->sentence));
}

int verdict_write_text(const struct verdict *verdict, const struct verdict_page *options, struct byte_sink *out,
                       struct error *err)
{
  struct page page = {.verdict = verdict, .options = options, .out = out};
  sentence_init(&page.sentence, verdict, NULL);
  write_notes(&page);
  write_regressions(&page);
  write_table(&page, FINDING_FOLLOWS, "follows from that");
  write_table(&page, FINDING_ALLOWED, "more, within its limit");
  write_table(&page, FINDING_SAID, "not called any more");
  write_table(&page, FINDING_IMPROVEMENT, "improved");
  write_outcome(&page);
  sentence_release(&page.sentence);
  return out->error.code == ERROR_NONE ? 0 : error_set(err, out->error.code, "%s", out->error.message);
}
