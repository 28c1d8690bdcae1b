// Marks are longer than any run of them in the text, so that code ends where it should.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "report/markdown.h"

static void assert_written(const char *clean, bool block, const char *expected)
{
  struct error err = {0};
  struct bytes out, lines;
  bytes_init(&out, 4096);
  bytes_init(&lines, 4096);
  struct byte_sink *sink = memory_sink_new(&out, &err);
  bytes_append(&lines, clean, strlen(clean));
  if (block)
    markdown_block(sink, &lines);
  else
    markdown_span(sink, clean);
  bytes_append_u8(&out, '\0');
  assert_string_equal((const char *)out.data, expected);
  byte_sink_free(sink);
  bytes_release(&out);
  bytes_release(&lines);
}

static void spans(void **state)
{
  (void)state;
  assert_written("lists:sort/1", false, "`lists:sort/1`");
  assert_written("a`b", false, "``a`b``");
  assert_written("a``b`c", false, "```a``b`c```");
  assert_written("`a", false, "`` `a ``");
  assert_written("a`", false, "`` a` ``");
  assert_written(" a", false, "`  a `");
  assert_written("`", false, "`` ` ``");
  assert_written("", false, "");
  assert_written("<b>@ada #1 a|b *c* \\", false, "`<b>@ada #1 a|b *c* \\`");
}

static void blocks(void **state)
{
  (void)state;
  assert_written("", true, "```text\n```\n");
  assert_written("a\nb\n", true, "```text\na\nb\n```\n");
  assert_written("```\n<b>\n", true, "````text\n```\n<b>\n````\n");
  assert_written("a ``` b ````` c\n", true, "``````text\na ``` b ````` c\n``````\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(spans), cmocka_unit_test(blocks)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
