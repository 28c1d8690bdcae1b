#!/usr/bin/env python3
"""Writes the seeds of the fuzz corpora: small inputs that reach every record, event and term, after FORMAT.md.
Run it again after the format changes; what fuzzing found lies beside the seeds and is left alone."""
import pathlib
import struct
import zlib

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"


def text(value, width=2):
    return len(value).to_bytes(width, "big") + value


def function(ident, module=b"m", name=b"f", arity=0, flags=0):
    return struct.pack(">BIBB", 0x80, ident, flags, arity) + text(module) + text(name)


def process(ident, parent=0xFFFFFFFF, name=b""):
    return struct.pack(">BII", 0x81, ident, parent) + text(b"<0.1.0>") + text(name) + text(b"l") + text(b"m:f/0")


def fact(key, value):
    return b"\x82" + text(key) + text(value, 4)


def chunk(ident, base, events):
    return struct.pack(">BIqI", 0x83, ident, base, len(events)) + events


def module(time, traced, name):
    return struct.pack(">BqB", 0x84, time, traced) + text(name)


def location(ident, receives, line, file):
    return struct.pack(">BIBI", 0x86, ident, receives, line) + text(file)


def application(origin, module, name):
    return struct.pack(">BB", 0x87, origin) + text(module) + text(name)


BARRIER = b"\x85"
DEFINITIONS = function(1) + function(2, b"lists", b"sort", 1, 1) + process(0) + process(1, 0, b"shop")
EVERY_EVENT = bytes.fromhex(
    "0100000a00010000" "410000010002" "020000020001" "030000030001" "040000040000" "0500000500"
    "06000005000000000000000100" "080000010100000002" "00020001" "0900000101" "0a00000100000002"
    "0b0000010000000000000009" "31000000000000000100000001" "00000000" "07000001" "0c000000"
)
CAPTURED_CALLS = bytes.fromhex(
    "0d00000100010002" "410000020001" "0e00000301" "0d00000400020000" "0100000100010000" "020000010001"
    "0b0000010000000000000002" "0e00000102" "2d0000010000000100000002" "0e00000001" "07000001"
)
SAMPLES = bytes.fromhex(
    "0f0000000000" "00000000" "0f0000090100" "0000000200010002" "2f0000030301" "0000000100000002" "0f0000010500" "00000000"
    "0f0000010400" "000000010001" "0c000000"
)
OTHER_EVENTS = bytes.fromhex("020000050001" "090000ff02" "0100000100020001")

RECORDS = {
    "definitions": DEFINITIONS,
    "events": DEFINITIONS + chunk(0, 1000, EVERY_EVENT),
    "merge": DEFINITIONS + chunk(0, 1000, EVERY_EVENT) + chunk(1, 1001, OTHER_EVENTS) + chunk(1, 1010, OTHER_EVENTS),
    "barrier": DEFINITIONS + chunk(0, 9, OTHER_EVENTS) + BARRIER + fact(b"node", b"n@h") + chunk(1, 0, OTHER_EVENTS),
    "facts": fact(b"node", b"shop@here") + fact(b"ended", b"deadline") + module(-1, 1, b"late"),
    "locations": DEFINITIONS + location(1, 1, 17, b"src/m.erl") + chunk(0, 9, OTHER_EVENTS) + location(2, 0, 2**32 - 1, b"\xff"),
    "applications": DEFINITIONS + application(1, b"m", b"shop") + application(4, b"lists", b"stdlib")
                    + application(2, b"\0\xff", b"") + application(3, b"m", b"\xff"),
    "captured": DEFINITIONS + function(3, flags=2) + chunk(0, 1000, CAPTURED_CALLS) + chunk(1, 1002, CAPTURED_CALLS),
    "samples": DEFINITIONS + chunk(0, 1000, SAMPLES) + chunk(1, 1002, SAMPLES) + fact(b"sampled", b"10000000"),
    "far": DEFINITIONS + chunk(0, -(2**63), bytes.fromhex("17ffffffffffffffff")),
}


def block(records):
    packed = zlib.compress(records, 1)
    return b"FLBK" + struct.pack(">III", len(records), len(packed), zlib.crc32(records)) + packed


HEAD = b"FLAMBEAU\0\1"
END = b"FLBE" + bytes(12)
WHOLE = HEAD + block(RECORDS["merge"]) + block(RECORDS["facts"]) + END
CAPTURES = {
    "whole": WHOLE,
    "locations": HEAD + block(RECORDS["locations"]) + END,
    "applications": HEAD + block(RECORDS["applications"]) + END,
    "captured": HEAD + block(RECORDS["captured"]) + END,
    "samples": HEAD + block(RECORDS["samples"]) + END,
    "cut": WHOLE[: len(WHOLE) - 40],
    "nothing": HEAD + END,
    "newer": b"FLAMBEAU\0\2",
    "empty": b"",
    "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1",
    "flipped": WHOLE[:40] + bytes([WHOLE[40] ^ 1]) + WHOLE[41:],
    "large_claim": HEAD + b"FLBK" + struct.pack(">III", 16 << 20, 17 << 20, 0),
}

FOLDED = {
    "usual": b"main;work;sleep 10\nmain;work 3\nmain 1\n",
    "beam": b"shop:init/1;lists:sort/1 120\nshop:init/1;[waiting] 7\nshop:init/1;[gc] 1\n",
    "hostile": b"<script>;\"a' &b;\xc3\xa9\xff 1\n;;; 2\na b c 3\r\n",
    "no_weight": b"main;work\n",
    "huge_weight": b"main 18446744073709551615\nmain 18446744073709551616\n",
    "fraction": b"main;work 10.5\n# comment\n\n",
    "deep": b";".join([b"f"] * 500) + b" 1\n",
}


def atom(name):
    return b"w" + bytes([len(name)]) + name


PID = b"X" + atom(b"n@h") + struct.pack(">III", 1, 2, 3)
BATCH = b"h\3" + atom(b"batch") + b"a\7" + b"m" + text(b"\x85", 4)
LIST = b"l" + struct.pack(">I", 2) + atom(b"ok") + PID + b"j"
TERMS = {
    "batch": b"\3\0\3\5" + BATCH,
    "list": b"\4\1\3\7\2" + LIST,
    "integers": b"\4\0\5\6\5" + b"h\3" + b"b\xff\xff\xff\xff" + b"n\x08\1" + bytes(7) + b"\x80" + b"n\x08\0" + b"\xff" * 8,
    "skip": b"\1\x08" + b"t" + struct.pack(">I", 1) + atom(b"k") + b"F" + struct.pack(">d", 1.5),
    "string": b"\1\1" + b"k\0\3abc",
    "old_atom": b"\1\3" + b"d\0\2ok",
    "large_arity": b"\1\0" + b"i\xff\xff\xff\xff",
    "large_binary": b"\1\4" + b"m\xff\xff\xff\xff",
}



def beam(atoms, code, lines):
    head = struct.pack(">IIIII", 16, 0, 0xFF, 0, 0)
    chunks = b"".join(name + text(data, 4) + bytes(-len(data) % 4)
                      for name, data in ((b"AtU8", atoms), (b"Code", head + code), (b"Line", lines)))
    return b"FOR1" + text(b"BEAM" + chunks, 4)


# What a function begins with, and a `move` of operands of every shape.
SUM = bytes.fromhex("0110" "9910" "02122220")
MOVES = bytes.fromhex("40" "03" "f900010203040506070809" "40" "4728ff" "570310" "40" "17300147105713 20" "37200010 1020")
ATOMS = bytes.fromhex("00000002") + b"\4shop\3sum"
LINES = bytes.fromhex("00000000 00000000 00000009 00000003 00000001" "51" "12" "292c" "39011170") + text(b"a.x")
REAL = CORPUS.parent.parent / "unit/decode/beams"
BEAMS = {
    "operands": beam(ATOMS, SUM + MOVES + SUM + b"\3", LINES),
    "long_atoms": beam(bytes.fromhex("fffffffe") + b"\x40shop\x30sum", SUM, LINES),
    "no_lines": beam(ATOMS, SUM, LINES).replace(b"Line", b"Docs"),
    "erlang_25": (REAL / "otp25/sample.beam").read_bytes(),
    "erlang_29": (REAL / "otp29/sample.beam").read_bytes(),
    "elixir_29": (REAL / "otp29/Elixir.Sample.beam").read_bytes(),
}

for target, seeds in {"decoder": RECORDS, "capture": CAPTURES, "folded": FOLDED, "term": TERMS,
                      "beam_file": BEAMS}.items():
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in seeds.items():
        (folder / name).write_bytes(data)
