// A capture cut at every byte, one with every bit flipped in turn, and files that are none.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "base/gzip_io.h"
#include "capture/capture.h"
#include "log_sink.h"

#define FILE_MAX_BYTES (1u << 20)
#define BLOCKS 3
#define END_MARK_BYTES 16

struct outcome {
  int result;
  struct error err;
  struct capture_status status;
  struct log_sink log;
};

static struct outcome read_bytes(const void *data, size_t size)
{
  struct outcome outcome = {0};
  log_sink_init(&outcome.log);
  uint8_t *exact = malloc(size ? size : 1); // so that a sanitizer sees a read past the end
  memcpy(exact, data, size);
  struct byte_source *source = memory_source_new(exact, size, &outcome.err);
  outcome.result = capture_read(source, &outcome.log.sink, &outcome.status, &outcome.err);
  byte_source_free(source);
  free(exact);
  return outcome;
}

static void append_block(struct bytes *file, const void *records, size_t size)
{
  struct error err = {0};
  struct bytes packed;
  bytes_init(&packed, FILE_MAX_BYTES);
  assert_int_equal(zlib_pack(records, size, 1, &packed, &err), 0);
  bytes_append(file, "FLBK", 4);
  bytes_append_be(file, size, 4);
  bytes_append_be(file, packed.size, 4);
  bytes_append_be(file, crc32_of(records, size), 4);
  bytes_append(file, packed.data, packed.size);
  bytes_release(&packed);
}

// A file of three blocks, by hand: each holds one fact. Where each block begins, and the end mark, is in `starts`.
static void make_capture(struct bytes *file, size_t starts[BLOCKS + 1])
{
  static const char *const facts[BLOCKS] = {"\x82\0\4node\0\0\0\4shop",
                                            "\x82\0\3otp\0\0\0\2"
                                            "25",
                                            "\x82\0\5ended\0\0\0\x8"
                                            "deadline"};
  static const size_t sizes[BLOCKS] = {15, 12, 20};
  bytes_init(file, FILE_MAX_BYTES);
  bytes_append(file, "FLAMBEAU\0\1", 10);
  for (int i = 0; i < BLOCKS; i++) {
    starts[i] = file->size;
    append_block(file, facts[i], sizes[i]);
  }
  starts[BLOCKS] = file->size;
  bytes_append(file, "FLBE\0\0\0\0\0\0\0\0\0\0\0\0", END_MARK_BYTES);
}

static const char *const logs[BLOCKS + 1] = {"", "fact node = shop\n", "fact node = shop\nfact otp = 25\n",
                                             "fact node = shop\nfact otp = 25\nfact ended = deadline\n"};

static void the_whole_file(void **state)
{
  (void)state;
  struct bytes file;
  size_t starts[BLOCKS + 1];
  make_capture(&file, starts);
  assert_true(capture_is(file.data, file.size));
  assert_false(capture_is(file.data, 7));
  struct outcome outcome = read_bytes(file.data, file.size);
  assert_int_equal(outcome.result, 0);
  assert_string_equal(log_sink_text(&outcome.log), logs[BLOCKS]);
  assert_int_equal(outcome.status.blocks, BLOCKS);
  assert_false(outcome.status.cut);
  log_sink_release(&outcome.log);
  bytes_release(&file);
}

static void cut_at_every_byte(void **state)
{
  (void)state;
  struct bytes file;
  size_t starts[BLOCKS + 1];
  make_capture(&file, starts);
  for (size_t size = 0; size < file.size; size++) {
    unsigned whole = 0;
    while (whole < BLOCKS && starts[whole + 1] <= size)
      whole++;
    struct outcome outcome = read_bytes(file.data, size);
    assert_string_equal(log_sink_text(&outcome.log), logs[whole]);
    assert_int_equal(outcome.status.blocks, whole);
    if (whole == 0) {
      assert_int_equal(outcome.result, -1);
      assert_int_equal(outcome.err.code, ERROR_DATA);
      assert_non_null(strstr(outcome.err.message, size ? "cut before its first whole block" : "is empty"));
    } else {
      assert_int_equal(outcome.result, 0);
      assert_true(outcome.status.cut);
      assert_int_equal(outcome.status.unread_bytes, size - starts[whole]);
    }
    log_sink_release(&outcome.log);
  }
  bytes_release(&file);
}

// Deflate's last byte has up to 7 bits that mean nothing: a flip there changes no record, and is let pass.
static void every_bit_flipped(void **state)
{
  (void)state;
  struct bytes file;
  size_t starts[BLOCKS + 1];
  make_capture(&file, starts);
  unsigned without_meaning = 0;
  for (size_t bit = 0; bit < file.size * 8; bit++) {
    file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    struct outcome outcome = read_bytes(file.data, file.size);
    file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    if (outcome.result == 0) {
      without_meaning++;
      assert_false(outcome.status.cut);
      assert_int_equal(outcome.status.blocks, BLOCKS);
    } else {
      assert_int_equal(outcome.err.code, ERROR_DATA);
    }
    assert_string_equal(log_sink_text(&outcome.log), logs[outcome.status.blocks]);
    log_sink_release(&outcome.log);
  }
  assert_true(without_meaning <= 7 * BLOCKS);
  bytes_release(&file);
}

static void assert_not_read(const void *data, size_t size, const char *sentence)
{
  struct outcome outcome = read_bytes(data, size);
  assert_int_equal(outcome.result, -1);
  assert_int_equal(outcome.err.code, ERROR_DATA);
  assert_string_equal(outcome.err.message, sentence);
  log_sink_release(&outcome.log);
}

static void files_of_another_kind(void **state)
{
  (void)state;
  assert_not_read("", 0, "this capture is empty: nothing was ever written to it; record again");
  assert_not_read("\xff\xd8\xff\xe0\0\x10JFIF\0\1", 12,
                  "this is not a capture but a JPEG picture; captures are made with flambeau record -o NAME.flb");
  assert_not_read("main;work 10\n", 13,
                  "this is not a capture but another kind of file; captures are made with flambeau record -o NAME.flb");
  assert_not_read("FLAMBEAU\0\2", 10,
                  "this capture is of version 2 and this flambeau reads version 1: use the flambeau that made it, or a "
                  "newer one");
}

static void a_block_that_claims_too_much(void **state)
{
  (void)state;
  assert_not_read("FLAMBEAU\0\1FLBK\1\0\0\1\0\0\0\1\0\0\0\0", 26,
                  "this capture is damaged: a block says it is larger than blocks are (block 1); copy it again from "
                  "where it was made, or record again");
}

// The checksum is right and the records are not: somebody made it so.
static void damaged_records_in_a_whole_block(void **state)
{
  (void)state;
  struct bytes file;
  bytes_init(&file, FILE_MAX_BYTES);
  bytes_append(&file, "FLAMBEAU\0\1", 10);
  append_block(&file, "\x7f", 1);
  assert_not_read(file.data, file.size, "the trace data is damaged: a record of an unknown kind");
  bytes_release(&file);
}

static ptrdiff_t failing_read(struct byte_source *source, void *data, size_t size)
{
  (void)data;
  (void)size;
  return error_set(&source->error, ERROR_DATA, "cannot read a.flb: Input/output error");
}

static void a_source_that_fails(void **state)
{
  (void)state;
  static const struct byte_source_ops ops = {.read = failing_read};
  struct byte_source source = {.ops = &ops};
  struct outcome outcome = {0};
  log_sink_init(&outcome.log);
  assert_int_equal(capture_read(&source, &outcome.log.sink, &outcome.status, &outcome.err), -1);
  assert_string_equal(outcome.err.message, "cannot read a.flb: Input/output error");
  log_sink_release(&outcome.log);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_whole_file),
      cmocka_unit_test(cut_at_every_byte),
      cmocka_unit_test(every_bit_flipped),
      cmocka_unit_test(files_of_another_kind),
      cmocka_unit_test(a_block_that_claims_too_much),
      cmocka_unit_test(damaged_records_in_a_whole_block),
      cmocka_unit_test(a_source_that_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
