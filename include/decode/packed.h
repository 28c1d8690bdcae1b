// The numbers of the packed format, for those who read or write it; src/capture/FORMAT.md is its specification.
#ifndef FLAMBEAU_DECODE_PACKED_H
#define FLAMBEAU_DECODE_PACKED_H

enum packed_tag {
  PACKED_FUNCTION = 0x80,
  PACKED_PROCESS = 0x81,
  PACKED_FACT = 0x82,
  PACKED_CHUNK = 0x83,
  PACKED_MODULE = 0x84,
  PACKED_BARRIER = 0x85,
  PACKED_LOCATION = 0x86,
  PACKED_APPLICATION = 0x87,
};

// Of an event's tag. The kinds are those of enum event_kind.
#define PACKED_KIND_MASK 0x0fu
#define PACKED_LONG_DELTA 0x10u
#define PACKED_LONG_IDS 0x20u
#define PACKED_SAME_CALLER 0x40u

// The flags of a stack: one or none.
#define PACKED_STACK_CUT 1u
#define PACKED_STACK_AGAIN 2u

#define PACKED_SHORT_DELTA_LIMIT (1u << 24) // a short delta is below
#define PACKED_SHORT_ID_LIMIT (1u << 16)    // a short id is below

#define PACKED_NAME_MAX_BYTES 1020u // of a module, a function, an application, a registered name
#define PACKED_PID_MAX_BYTES 64u
#define PACKED_TEXT_MAX_BYTES 4096u // of a label or an initial call
#define PACKED_FILE_MAX_BYTES 4096u // of a source file's name
#define PACKED_KEY_MAX_BYTES 64u
#define PACKED_VALUE_MAX_BYTES 65536u
#define PACKED_CHUNK_MAX_BYTES (16u << 20)
#define PACKED_STACK_MAX (1u << 20)      // functions in it
#define PACKED_FUNCTION_LIMIT (1u << 22) // ids are below
#define PACKED_PROCESS_LIMIT (1u << 22)

#endif
