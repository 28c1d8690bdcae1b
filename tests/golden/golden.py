#!/usr/bin/env python3
"""Draws every case here and compares with what is expected, byte for byte: golden.py FLAMBEAU [--update]

A case is a folder: input.folded or input.flb, README.md (what is expected and why), maybe `options` for `flambeau render`,
and whichever of the files in OUTPUTS are expected (a new one starts empty and is filled by --update). In expected.svg the
style and the script are left out: they are compared with the files they come from, so that a golden file is short
enough to be read.
"""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SVG_SOURCES = HERE.parent.parent / "renderers" / "svg"
OUTPUTS = {
    "expected.svg": ["render"],
    "expected.folded": ["render"],
    "expected.txt": ["report"],
    "expected.json": ["report", "--json"],
}
EMBEDDED = {
    "flamegraph.css": (b"<style>\n", b"</style>"),
    "flamegraph.js": (b"<script><![CDATA[\n", b"]]></script>"),
}


def input_of(folder):
    return next((path for path in (folder / "input.folded", folder / "input.flb") if path.exists()), None)


def draw(flambeau, case, name, folder):
    verb, *words = OUTPUTS[name]
    options = case / "options"
    if verb == "render" and options.exists():
        words += options.read_text().split()
    output = folder / name
    command = [flambeau, verb, str(input_of(case)), *words, "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\nexit {done.returncode}: {done.stderr}")
    drawn = output.read_bytes()
    return take_out_embedded(drawn) if name == "expected.svg" else drawn


def take_out_embedded(svg):
    for name, (begin, end) in EMBEDDED.items():
        part = begin + (SVG_SOURCES / name).read_bytes() + end
        if svg.count(part) != 1:
            raise RuntimeError(f"the SVG does not hold {name} as it is in the tree")
        svg = svg.replace(part, begin + end)
    return svg


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
