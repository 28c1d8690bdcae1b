// A verdict in, workflow commands out, one a line: an error for each regression, a warning for what makes it doubtful,
// a notice of the outcome. A runner reads commands at the beginning of a line only, and nothing here is written there
// but commands.
#include <inttypes.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/text.h"
#include "verdict/formats.h"
#include "verdict/sentence.h"

#define MAX_ERRORS 10 // a step shows no more of them
#define OF_A_PROPERTY "%\r\n:,"

static void write_escaped(struct byte_sink *out, const char *text, const char *special)
{
  while (*text) {
    size_t plain = strcspn(text, special);
    byte_sink_write(out, text, plain);
    text += plain;
    if (*text)
      byte_sink_printf(out, "%%%02X", (unsigned)(unsigned char)*text++);
  }
}

static void write_message(struct byte_sink *out, const char *message)
{
  byte_sink_text(out, "::");
  write_escaped(out, message, "%\r\n");
  byte_sink_text(out, "\n");
}

static void write_property(struct byte_sink *out, const char *name, const char *value)
{
  byte_sink_printf(out, "%s=", name);
  write_escaped(out, value, OF_A_PROPERTY);
}

static const char *title_of(const struct finding *finding)
{
  static const char *const titles[] = {
      [FINDING_CALLS] = "more calls",     [FINDING_NEW] = "new calls",      [FINDING_VANISHED] = "no calls any more",
      [FINDING_OWN_TIME] = "more time",   [FINDING_CALL_TIME] = "slower",   [FINDING_FEWER] = "fewer calls",
      [FINDING_OWN_FASTER] = "less time", [FINDING_CALL_FASTER] = "faster",
  };
  return titles[finding->kind];
}

static void write_error(struct sentence *sentence, const struct finding *finding, const struct verdict_page *page,
                        struct byte_sink *out)
{
  uint32_t line;
  const char *file = finding_file(finding, page->root, &line);
  byte_sink_text(out, "::error ");
  if (file) {
    struct bytes scratch;
    bytes_init(&scratch, TEXT_SCRATCH_BYTES);
    write_property(out, "file", text_clean(&scratch, file));
    bytes_release(&scratch);
    byte_sink_printf(out, ",line=%" PRIu32 ",", line);
  }
  byte_sink_printf(out, "title=flambeau%%3A %s", title_of(finding));
  write_message(out, sentence_of_finding(sentence, finding));
}

int verdict_write_github(const struct verdict *verdict, const struct verdict_page *page, struct byte_sink *out,
                         struct error *err)
{
  struct sentence sentence;
  sentence_init(&sentence, verdict, NULL);
  for (size_t i = 0; i < verdict->note_count; i++) {
    byte_sink_text(out, "::warning title=flambeau");
    write_message(out, sentence_of_note(&sentence, &verdict->notes[i]));
  }
  for (size_t i = 0; i < verdict->regressions && i < MAX_ERRORS; i++)
    write_error(&sentence, &verdict->findings[i], page, out);
  byte_sink_text(out, "::notice ");
  write_property(out, "title", "flambeau: ");
  write_escaped(out, sentence_of_outcome(&sentence), OF_A_PROPERTY);
  write_message(out, sentence_of_evidence(&sentence));
  sentence_release(&sentence);
  return out->error.code == ERROR_NONE ? 0 : error_set(err, out->error.code, "%s", out->error.message);
}
