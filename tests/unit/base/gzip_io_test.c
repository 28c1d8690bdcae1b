// What is packed comes back; what is damaged, short or long is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <zlib.h>

#include "base/byte_io.h"
#include "base/bytes.h"
#include "base/gzip_io.h"

#define TEXT_BYTES 300000

static void fill(char *text)
{
  for (size_t i = 0; i < TEXT_BYTES; i++)
    text[i] = (char)(i * i >> 7);
}

static void the_sink_writes_gzip(void **state)
{
  (void)state;
  static char text[TEXT_BYTES], back[TEXT_BYTES + 1];
  fill(text);
  struct bytes packed;
  bytes_init(&packed, 1 << 20);
  struct error err = {0};
  struct byte_sink *sink = gzip_sink_new(memory_sink_new(&packed, &err), &err);
  byte_sink_write(sink, text, 1);
  byte_sink_write(sink, text + 1, TEXT_BYTES - 1);
  assert_int_equal(byte_sink_finish(sink, &err), 0);
  byte_sink_free(sink);
  assert_memory_equal(packed.data, "\x1f\x8b\x08\0\0\0\0\0", 8); // deflate; no name, no time
  assert_int_equal(packed.data[9], 255);                         // no system

  z_stream stream = {.next_in = packed.data,
                     .avail_in = (uInt)packed.size,
                     .next_out = (unsigned char *)back,
                     .avail_out = sizeof back};
  assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
  assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
  assert_int_equal(stream.total_out, TEXT_BYTES);
  assert_memory_equal(back, text, TEXT_BYTES);
  inflateEnd(&stream);
  bytes_release(&packed);
}

static void the_sink_reports_the_inner_ones_failure(void **state)
{
  (void)state;
  struct bytes packed;
  bytes_init(&packed, 12); // the header and a little
  struct error err = {0};
  struct byte_sink *sink = gzip_sink_new(memory_sink_new(&packed, &err), &err);
  byte_sink_text(sink, "more than fits");
  assert_int_equal(byte_sink_finish(sink, &err), -1);
  assert_int_equal(err.code, ERROR_MEMORY);
  byte_sink_free(sink);
  bytes_release(&packed);
}

static void packed_data_comes_back(void **state)
{
  (void)state;
  static char text[TEXT_BYTES], back[TEXT_BYTES];
  fill(text);
  struct bytes packed;
  bytes_init(&packed, 1 << 20);
  struct error err = {0};
  bytes_append(&packed, "before", 6); // packing appends
  assert_int_equal(zlib_pack(text, TEXT_BYTES, 6, &packed, &err), 0);
  assert_int_equal(zlib_unpack(packed.data + 6, packed.size - 6, back, TEXT_BYTES, &err), 0);
  assert_memory_equal(back, text, TEXT_BYTES);

  struct error shorter = {0}, longer = {0}, cut = {0}, more = {0}, empty = {0};
  assert_int_equal(zlib_unpack(packed.data + 6, packed.size - 6, back, TEXT_BYTES - 1, &shorter), -1);
  assert_int_equal(shorter.code, ERROR_DATA);
  static char large[TEXT_BYTES + 1];
  assert_int_equal(zlib_unpack(packed.data + 6, packed.size - 6, large, TEXT_BYTES + 1, &longer), -1);
  assert_int_equal(longer.code, ERROR_DATA);
  assert_int_equal(zlib_unpack(packed.data + 6, packed.size - 7, back, TEXT_BYTES, &cut), -1);
  assert_int_equal(cut.code, ERROR_DATA);
  bytes_append_u8(&packed, 0);
  assert_int_equal(zlib_unpack(packed.data + 6, packed.size - 6, back, TEXT_BYTES, &more), -1);
  assert_int_equal(more.code, ERROR_DATA);
  assert_int_equal(zlib_unpack("", 0, back, 0, &empty), -1);
  assert_int_equal(empty.code, ERROR_DATA);
  bytes_release(&packed);
}

static void nothing_can_be_packed(void **state)
{
  (void)state;
  struct bytes packed;
  bytes_init(&packed, 100);
  struct error err = {0};
  assert_int_equal(zlib_pack(NULL, 0, 1, &packed, &err), 0);
  assert_int_equal(zlib_unpack(packed.data, packed.size, NULL, 0, &err), 0);
  bytes_release(&packed);
}

static void the_checksum_is_the_usual_one(void **state)
{
  (void)state;
  assert_int_equal(crc32_of("123456789", 9), 0xcbf43926); // the check value of CRC-32
  assert_int_equal(crc32_of(NULL, 0), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_sink_writes_gzip),          cmocka_unit_test(the_sink_reports_the_inner_ones_failure),
      cmocka_unit_test(packed_data_comes_back),        cmocka_unit_test(nothing_can_be_packed),
      cmocka_unit_test(the_checksum_is_the_usual_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
