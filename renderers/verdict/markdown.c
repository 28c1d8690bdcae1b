// A verdict in, the comment of a pull request out: what it says is seen at once, what else changed is folded away.
// Every name stands in code, where Markdown has no marks, mentions or links; invariant: the marks around it are longer
// than any run of them within, and in a table no `|` of it ends a cell.
#include <string.h>

#include "base/byte_io.h"
#include "base/text.h"
#include "verdict/formats.h"
#include "verdict/sentence.h"

#define MAX_ROWS 50

struct page {
  const struct verdict *verdict;
  struct byte_sink *out;
  struct sentence sentence; // for paragraphs
  struct bytes cell;
};

static size_t longest_run(const char *text)
{
  size_t longest = 0;
  for (; *text; text++) {
    size_t run = strspn(text, "`");
    longest = run > longest ? run : longest;
    text += run ? run - 1 : 0;
  }
  return longest;
}

static void append_marks(struct bytes *out, size_t count)
{
  while (count-- > 0)
    bytes_append_u8(out, '`');
}

// One space on either side is taken off again: it keeps marks apart, and spaces of the text alive.
static void append_span(struct bytes *out, const char *clean, bool in_table)
{
  size_t marks = longest_run(clean) + 1, size = strlen(clean);
  bool apart = size > 0 && (strchr("` ", clean[0]) || strchr("` ", clean[size - 1]));
  append_marks(out, marks);
  bytes_append(out, " ", apart);
  for (; *clean; clean++) {
    if (in_table && *clean == '|')
      bytes_append_u8(out, '\\');
    bytes_append_u8(out, (uint8_t)*clean);
  }
  bytes_append(out, " ", apart);
  append_marks(out, marks);
}

static void write_name(struct bytes *out, const char *clean)
{
  append_span(out, clean, false);
}

static const char *cell_of(struct page *page, const char *hostile)
{
  bytes_clear(&page->cell);
  append_span(&page->cell, text_clean(&page->sentence.scratch, hostile), true);
  bytes_append_u8(&page->cell, '\0');
  return page->cell.failed ? "" : (const char *)page->cell.data;
}

static void write_outcome(struct page *page)
{
  bool failed = page->verdict->regressions > 0;
  byte_sink_printf(page->out, "### %s flambeau: %s\n\n", failed ? "\u274c" : "\u2705",
                   sentence_of_outcome(&page->sentence));
  for (size_t i = 0; i < page->verdict->note_count; i++)
    byte_sink_printf(page->out, "> **Warning:** %s.\n\n", sentence_of_note(&page->sentence, &page->verdict->notes[i]));
  for (size_t i = 0; i < page->verdict->regressions && i < MAX_ROWS; i++)
    byte_sink_printf(page->out, "- %s.\n", sentence_of_finding(&page->sentence, &page->verdict->findings[i]));
  if (page->verdict->regressions > MAX_ROWS)
    byte_sink_printf(page->out, "- and %zu more.\n", page->verdict->regressions - MAX_ROWS);
  byte_sink_printf(page->out, "%s", failed ? "\n" : "");
}

static const char *remark(const struct finding *finding)
{
  static const char *const remarks[] = {
      [FINDING_REGRESSION] = "**regression**", [FINDING_FOLLOWS] = "follows",
      [FINDING_ALLOWED] = "within its limit",  [FINDING_SAID] = "not called any more",
      [FINDING_IMPROVEMENT] = "improved",
  };
  return remarks[finding->weight];
}

static bool is_time(const struct finding *finding)
{
  return finding->base_time.median_ns || finding->head_time.median_ns;
}

static void write_row(struct page *page, const struct finding *finding)
{
  char base[NUMBER_MAX], head[NUMBER_MAX], change[NUMBER_MAX];
  const char *what = is_time(finding) ? "time" : "calls";
  byte_sink_printf(page->out, "| %s | %s | %s | %s | %s | %s |\n",
                   *finding->name ? cell_of(page, finding->name) : "a captured call", what,
                   finding->kind == FINDING_NEW ? "" : sentence_side(finding, false, base),
                   finding->kind == FINDING_VANISHED ? "" : sentence_side(finding, true, head),
                   sentence_change(finding, change), remark(finding));
}

// Those that fail have been said, but not in numbers.
static void write_details(struct page *page)
{
  size_t count = page->verdict->finding_count;
  if (count == 0)
    return;
  byte_sink_printf(page->out, "<details><summary>%zu change%s</summary>\n\n", count, count == 1 ? "" : "s");
  byte_sink_printf(page->out, "| function | %s | BASELINE | HEAD | change | |\n|---|---|---:|---:|---:|---|\n",
                   page->verdict->by_call ? "in a captured call" : "in all");
  for (size_t i = 0; i < count && i < MAX_ROWS; i++)
    write_row(page, &page->verdict->findings[i]);
  if (count > MAX_ROWS)
    byte_sink_printf(page->out, "\nand %zu more\n", count - MAX_ROWS);
  byte_sink_text(page->out, "\n</details>\n\n");
}

int verdict_write_markdown(const struct verdict *verdict, const struct verdict_page *options, struct byte_sink *out,
                           struct error *err)
{
  struct page page = {.verdict = verdict, .out = out};
  sentence_init(&page.sentence, verdict, write_name);
  bytes_init(&page.cell, SENTENCE_MAX_BYTES);
  write_outcome(&page);
  write_details(&page);
  byte_sink_printf(out, "%s ", cell_of(&page, options->head_name));
  byte_sink_printf(out, "against %s: ", cell_of(&page, options->base_name));
  byte_sink_printf(out, "%s.\n", sentence_of_evidence(&page.sentence));
  bytes_release(&page.cell);
  sentence_release(&page.sentence);
  return out->error.code == ERROR_NONE ? 0 : error_set(err, out->error.code, "%s", out->error.message);
}
