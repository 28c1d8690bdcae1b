// Enters: a .beam file. Leaves: its functions and their places. A function's code begins with three instructions:
//
//   label 7
//   line 12                      index into the chunk "Line": a file and a line in it
//   func_info shop, total, 2     indices into the chunk "AtU8"
//
// so the code is walked, by a table of how many operands each instruction has. Formats: OTP,
// erts/emulator/beam/beam_file.c and lib/compiler/src/beam_asm.erl. Invariant: every text and index handed out was
// checked against the bytes that are there.
#include "decode/beam_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/byte_reader.h"
#include "decode/packed.h"

#define FORMAT_NUMBER 0 // of the chunks "Code" and "Line": in all releases so far

// An operand's tag, its lowest three bits.
enum { TAG_UNSIGNED = 0, TAG_INTEGER = 1, TAG_ATOM = 2, TAG_EXTENDED = 7 };
// What an extended operand is, its value.
enum {
  EXTENDED_LIST = 1,
  EXTENDED_FLOAT_REGISTER = 2,
  EXTENDED_ALLOC_LIST = 3,
  EXTENDED_LITERAL = 4,
  EXTENDED_TYPED = 5
};

enum { OPCODE_FUNC_INFO = 2, OPCODE_WAIT = 25, OPCODE_WAIT_TIMEOUT = 26, OPCODE_LINE = 153 };

// How many operands, by opcode, from 1: OTP 29, lib/compiler/src/genop.tab. Opcodes keep their meaning for ever.
static const char operand_counts[] = "-"
                                     "1302322324" // 1: label, func_info, int_code_end, call, ...
                                     "5232321100" // 11
                                     "0021124444" // 21
                                     "4444444333" // 31
                                     "3333222222" // 41
                                     "2222222333" // 51
                                     "1212333332" // 61
                                     "1101132225" // 71
                                     "5542112255" // 81
                                     "5210122444" // 91
                                     "4312111263" // 101
                                     "5122357775" // 111
                                     "3225622221" // 121
                                     "3408626545" // 131
                                     "4543333301" // 141
                                     "1715523340" // 151: ..., line, ...
                                     "0222343224" // 161
                                     "3121116301" // 171
                                     "5324624363" // 181
                                     "5";         // 191: get_record_field

struct text {
  const uint8_t *data;
  size_t size;
};

struct place {
  uint32_t file; // 0: the module's name with ".erl"
  uint32_t line;
};

struct beam_file {
  struct text *atoms; // atom 1 is the first: the module
  uint32_t atom_count;
  struct place *places; // place 1 is the first; place 0 is that nothing is known
  uint32_t place_count;
  struct text *files; // file 1 is the first
  uint32_t file_count;
  struct byte_reader code; // from the next instruction on
  bool in_function;        // its func_info was read, and its end has not been:
  uint32_t name;           // an atom
  uint32_t arity;
  uint64_t place;
  bool receives;
  char file[PACKED_FILE_MAX_BYTES + 1];
};

struct operand {
  unsigned tag;
  uint64_t value; // UINT64_MAX when it is larger
};

static uint64_t read_value(struct byte_reader *reader, uint8_t first)
{
  if (!(first & 0x08))
    return first >> 4;
  if (!(first & 0x10))
    return (uint64_t)(first >> 5) << 8 | byte_reader_be(reader, 1);
  unsigned size = (first >> 5) + 2u;
  if (size <= 8)
    return byte_reader_be(reader, size);
  reader->failed = true;
  return 0;
}

static struct operand read_operand(struct byte_reader *reader)
{
  uint8_t first = (uint8_t)byte_reader_be(reader, 1);
  struct operand operand = {.tag = first & 7, .value = UINT64_MAX};
  if ((first & 0xf8) == 0xf8) // nine bytes or more, how many more says an operand of its own
    byte_reader_take(reader, 9 + read_value(reader, (uint8_t)byte_reader_be(reader, 1)));
  else
    operand.value = read_value(reader, first);
  return operand;
}

// Some operands announce others, which count as more to skip: nothing here is nested.
static void skip_operands(struct byte_reader *reader, size_t count)
{
  while (count > 0 && !reader->failed) {
    struct operand operand = read_operand(reader);
    count--;
    if (operand.tag != TAG_EXTENDED)
      continue;
    switch (operand.value) {
    case EXTENDED_FLOAT_REGISTER:
    case EXTENDED_LITERAL:
      count++;
      break;
    case EXTENDED_TYPED:
      count += 2;
      break;
    case EXTENDED_LIST:
    case EXTENDED_ALLOC_LIST: {
      uint64_t elements = read_operand(reader).value;
      if (elements > byte_reader_left(reader))
        reader->failed = true;
      else
        count += (size_t)elements * (operand.value == EXTENDED_LIST ? 1 : 2);
      break;
    }
    default:
      reader->failed = true;
    }
  }
}

// An array for as many elements as the bytes that are left can hold at most one each.
static void *new_array(struct byte_reader *reader, uint64_t count, size_t element_size)
{
  void *array = count <= byte_reader_left(reader) ? calloc((size_t)count + 1, element_size) : NULL;
  reader->failed = reader->failed || !array;
  return array;
}

static struct text read_text(struct byte_reader *reader, uint64_t size)
{
  const uint8_t *data = size <= SIZE_MAX ? byte_reader_take(reader, (size_t)size) : NULL;
  return data ? (struct text){data, (size_t)size} : (struct text){0};
}

// A count, and the atoms, each after its size: a byte, or an operand when the count is negative (from OTP 28 on).
static bool read_atoms(struct beam_file *file, struct byte_reader *reader)
{
  int32_t count = (int32_t)byte_reader_be(reader, 4);
  bool operands = count < 0;
  file->atoms = new_array(reader, operands ? -(int64_t)count : count, sizeof *file->atoms);
  if (reader->failed)
    return false;
  file->atom_count = operands ? 0u - (uint32_t)count : (uint32_t)count;
  for (uint32_t i = 0; i < file->atom_count; i++)
    file->atoms[i] = read_text(reader, operands ? read_operand(reader).value : byte_reader_be(reader, 1));
  return !reader->failed && file->atom_count > 0;
}

// An atom operand sets the file of the lines that follow, each an integer.
static void read_places(struct beam_file *file, struct byte_reader *reader)
{
  uint32_t in_file = 0;
  for (uint32_t i = 0; i < file->place_count && !reader->failed;) {
    struct operand operand = read_operand(reader);
    if (operand.value > UINT32_MAX || (operand.tag != TAG_ATOM && operand.tag != TAG_INTEGER))
      reader->failed = true;
    else if (operand.tag == TAG_ATOM)
      in_file = (uint32_t)operand.value;
    else
      file->places[i++] = (struct place){.file = in_file, .line = (uint32_t)operand.value};
  }
}

// Format, flags, number of line instructions, of places and of files; the places; the files.
static bool read_lines(struct beam_file *file, struct byte_reader *reader)
{
  if (byte_reader_be(reader, 4) != FORMAT_NUMBER)
    return false;
  byte_reader_take(reader, 8);
  uint32_t place_count = (uint32_t)byte_reader_be(reader, 4);
  uint32_t file_count = (uint32_t)byte_reader_be(reader, 4);
  file->places = new_array(reader, place_count, sizeof *file->places);
  file->files = new_array(reader, file_count, sizeof *file->files);
  if (reader->failed)
    return false;
  file->place_count = place_count;
  file->file_count = file_count;
  read_places(file, reader);
  for (uint32_t i = 0; i < file_count; i++)
    file->files[i] = read_text(reader, byte_reader_be(reader, 2));
  return !reader->failed;
}

// The size of a head, which begins with the format; the instructions.
static bool read_code_head(struct beam_file *file, struct byte_reader *reader)
{
  struct byte_reader head;
  size_t size = (size_t)byte_reader_be(reader, 4);
  const uint8_t *data = byte_reader_take(reader, size);
  if (!data)
    return false;
  byte_reader_init(&head, data, size);
  file->code = *reader;
  return byte_reader_be(&head, 4) == FORMAT_NUMBER && !head.failed;
}

// "FOR1", size, "BEAM", and chunks: name, size, data, and up to three bytes to a multiple of four.
static bool find_chunks(struct byte_reader *reader, const char *const *names, struct text *chunks, size_t count)
{
  const uint8_t *form = byte_reader_take(reader, 4);
  bool whole = byte_reader_be(reader, 4) <= byte_reader_left(reader);
  const uint8_t *kind = byte_reader_take(reader, 4);
  if (reader->failed || !whole || memcmp(form, "FOR1", 4) != 0 || memcmp(kind, "BEAM", 4) != 0)
    return false;
  while (byte_reader_left(reader) > 0) {
    const uint8_t *name = byte_reader_take(reader, 4);
    struct text chunk = read_text(reader, byte_reader_be(reader, 4));
    for (size_t i = 0; i < count && !reader->failed; i++)
      if (memcmp(name, names[i], 4) == 0)
        chunks[i] = chunk;
    size_t padding = -chunk.size & 3;
    byte_reader_take(reader, padding < byte_reader_left(reader) ? padding : byte_reader_left(reader));
  }
  return !reader->failed;
}

static bool read_file(struct beam_file *file, struct byte_reader *reader)
{
  static const char *const names[] = {"AtU8", "Line", "Code"};
  static bool (*const readers[])(struct beam_file *, struct byte_reader *) = {read_atoms, read_lines, read_code_head};
  struct text chunks[3] = {0};
  if (!find_chunks(reader, names, chunks, 3))
    return false;
  for (size_t i = 0; i < 3; i++) {
    struct byte_reader chunk;
    if (chunks[i].size == 0)
      return false;
    byte_reader_init(&chunk, chunks[i].data, chunks[i].size);
    if (!readers[i](file, &chunk))
      return false;
  }
  return true;
}

struct beam_file *beam_file_new(const void *data, size_t size)
{
  struct byte_reader reader;
  struct beam_file *file = calloc(1, sizeof *file);
  byte_reader_init(&reader, data, size);
  if (file && read_file(file, &reader))
    return file;
  beam_file_free(file);
  return NULL;
}

void beam_file_free(struct beam_file *file)
{
  if (!file)
    return;
  free(file->atoms);
  free(file->places);
  free(file->files);
  free(file);
}

// Sets `file->file` to a file's name. False when there is no such file, or its name is not fit to be shown.
static bool name_file(struct beam_file *file, uint32_t number)
{
  struct text name = number > 0 && number <= file->file_count ? file->files[number - 1] : (struct text){0};
  const char *extension = "";
  if (number > file->file_count)
    return false;
  if (name.size == 0) { // an empty name means the same to the VM
    name = file->atoms[0];
    extension = ".erl";
  }
  if (name.size + strlen(extension) > PACKED_FILE_MAX_BYTES || memchr(name.data, 0, name.size))
    return false;
  memcpy(file->file, name.data, name.size);
  memcpy(file->file + name.size, extension, strlen(extension) + 1);
  return true;
}

// The operands of a func_info after a `line`, which begin a function.
static void begin_function(struct beam_file *file, uint64_t place)
{
  read_operand(&file->code); // the module
  uint64_t name = read_operand(&file->code).value;
  uint64_t arity = read_operand(&file->code).value;
  file->in_function = !file->code.failed && name > 0 && name <= file->atom_count && arity <= UINT8_MAX;
  file->name = (uint32_t)name;
  file->arity = (uint32_t)arity;
  file->place = place;
  file->receives = false;
}

static void hand_out(struct beam_file *file, struct beam_function *function)
{
  const struct text *name = &file->atoms[file->name - 1];
  uint64_t place = file->place;
  bool known = place > 0 && place <= file->place_count && file->places[place - 1].line > 0 &&
               name_file(file, file->places[place - 1].file);
  *function = (struct beam_function){.name = (const char *)name->data,
                                     .name_size = name->size,
                                     .arity = file->arity,
                                     .receives = file->receives,
                                     .file = known ? file->file : "",
                                     .line = known ? file->places[place - 1].line : 0};
}

// A function is whole where the next one's func_info comes, or the code ends: what is in it is known then.
bool beam_file_next(struct beam_file *file, struct beam_function *function)
{
  struct byte_reader *code = &file->code;
  uint64_t place = 0; // of the instruction before this one, if it is a `line`
  while (byte_reader_left(code) > 0 && !code->failed) {
    size_t opcode = byte_reader_be(code, 1);
    if (opcode == 0 || opcode >= sizeof operand_counts - 1) {
      code->failed = true;
    } else if (opcode == OPCODE_LINE) {
      place = read_operand(code).value;
    } else if (opcode == OPCODE_FUNC_INFO) {
      bool whole = file->in_function;
      if (whole)
        hand_out(file, function);
      begin_function(file, place);
      if (whole)
        return true;
      place = 0;
    } else {
      file->receives = file->receives || opcode == OPCODE_WAIT || opcode == OPCODE_WAIT_TIMEOUT;
      skip_operands(code, (size_t)(operand_counts[opcode] - '0'));
      place = 0;
    }
  }
  if (!file->in_function)
    return false;
  file->receives = file->receives || code->failed; // the rest of it may be anything
  hand_out(file, function);
  file->in_function = false;
  return true;
}
