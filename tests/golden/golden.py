#!/usr/bin/env python3
"""Draws every case here and compares with what is expected, byte for byte: golden.py FLAMBEAU [--update]

A case is a folder: input.folded, input.flb or input.snap, or base.folded and head.folded to be compared, README.md (what is expected
and why), maybe `options` for `flambeau render` or `diff`, and whichever of the files in OUTPUTS are expected (a new one starts empty and is filled by --update). In expected.svg the
style and the script are left out: they are compared with the files they come from, so that a golden file is short
enough to be read. So can the data be: it is unpacked, its head as it is and the numbers of its columns in decimal.
"""
import base64
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
SVG_SOURCES = HERE.parent.parent / "renderers" / "svg"
OUTPUTS = {
    "expected.svg": ["render"],
    "expected.folded": ["render"],
    "expected.snap": ["render"],
    "expected.txt": ["report"],
    "expected.json": ["report", "--json"],
}
# The files that are embedded one after another, and what stands around them.
EMBEDDED = {
    ("flamegraph.css",): (b"<style>\n", b"</style>"),
    tuple(re.search(r"set\(flamegraph_js ([^)]*)\)", (SVG_SOURCES.parent / "CMakeLists.txt").read_text())[1].split()):
        (b"<script><![CDATA[\n", b"]]></script>"),
}


def input_of(folder):
    inputs = ("input.folded", "input.flb", "input.snap", "head.folded")
    return next((folder / name for name in inputs if (folder / name).exists()), None)


def command_of(flambeau, case, name, output):
    options = case / "options"
    options = options.read_text().split() if options.exists() else []
    if (case / "base.folded").exists():
        sides = [str(case / "base.folded"), str(case / "head.folded")]
        return [flambeau, "diff", *sides, *options, *(["-o", str(output)] if name == "expected.svg" else [])]
    verb, *words = OUTPUTS[name]
    return [flambeau, verb, str(input_of(case)), *words, *(options if verb == "render" else []), "-o", str(output)]


def draw(flambeau, case, name, folder):
    output = folder / name
    command = command_of(flambeau, case, name, output)
    done = subprocess.run(command, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\nexit {done.returncode}: {done.stderr.decode()}")
    drawn = output.read_bytes() if output.exists() else done.stdout  # a comparison's table
    return take_out_embedded(drawn) if name == "expected.svg" else drawn


def take_out_embedded(svg):
    for names, (begin, end) in EMBEDDED.items():
        part = begin + b"".join((SVG_SOURCES / name).read_bytes() for name in names) + end
        if svg.count(part) != 1:
            raise RuntimeError(f"the SVG does not hold {names[0]} as it is in the tree")
        svg = svg.replace(part, begin + end)
    return re.sub(rb'(<metadata class="data">)(.*)(</metadata>)', lambda found: found[1] + readable(found[2]) + found[3], svg)


def readable(letters):
    """As renderers/svg/DATA.md says."""
    data = zlib.decompress(base64.b64decode(letters, validate=True))
    head_size, = struct.unpack_from("<I", data)
    numbers, number, shift = [], 0, 0
    for byte in data[4 + head_size:]:
        number |= (byte & 127) << shift
        shift = shift + 7 if byte & 128 else 0
        if not shift:
            numbers.append(number)
            number = 0
    return b"\n" + data[4:4 + head_size] + b"\n" + " ".join(map(str, numbers)).encode() + b"\n"


def first_difference(expected, actual):
    pairs = zip(expected.splitlines(), actual.splitlines())
    for number, (wanted, got) in enumerate(pairs, 1):
        if wanted != got:
            return f"line {number}\n  expected {wanted!r}\n  got      {got!r}"
    return f"one is longer: {len(expected)} bytes expected, {len(actual)} drawn"


def main():
    flambeau, update = sys.argv[1], sys.argv[2:] == ["--update"]
    cases = sorted(folder for folder in HERE.iterdir() if folder.is_dir() and input_of(folder))
    compared = failures = 0
    for path in (case / name for case in cases for name in OUTPUTS if (case / name).exists()):
        with tempfile.TemporaryDirectory() as folder:
            actual = draw(flambeau, path.parent, path.name, pathlib.Path(folder))
        compared += 1
        if update:
            path.write_bytes(actual)
        elif path.read_bytes() != actual:
            failures += 1
            print(f"{path.parent.name}/{path.name}: {first_difference(path.read_bytes(), actual)}")
    print(f"{len(cases)} cases, {compared} files {'rewritten' if update else f'compared, {failures} differ'}")
    return 1 if failures or not compared else 0


sys.exit(main())
