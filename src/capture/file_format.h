// The numbers of the .flb file around its packed records (FORMAT.md, "The file").
#ifndef FLAMBEAU_CAPTURE_FILE_FORMAT_H
#define FLAMBEAU_CAPTURE_FILE_FORMAT_H

#define FILE_MAGIC "FLAMBEAU"
#define FILE_MAGIC_BYTES 8u
#define FILE_HEAD_BYTES 10u // magic, version
#define FILE_VERSION 1u

#define BLOCK_MARK "FLBK"
#define END_MARK "FLBE"
#define MARK_BYTES 4u
#define BLOCK_HEAD_BYTES 16u // mark, size of the records, size of the packed data, CRC-32 of the records
#define BLOCK_RECORDS_MAX_BYTES (16u << 20)
#define BLOCK_PACKED_MAX_BYTES (17u << 20)

#endif
