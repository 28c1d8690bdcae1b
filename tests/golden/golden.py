#!/usr/bin/env python3
"""Draws every case here and compares with what is expected, byte for byte: golden.py FLAMBEAU [--update]

A case is a folder: input.folded, expected.svg, expected.folded, README.md (what is expected and why), and maybe
`options` for `flambeau render`. In expected.svg the style and the script are left out: they are compared with the files they come
from, so that a golden file is short enough to be read.
"""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SVG_SOURCES = HERE.parent.parent / "renderers" / "svg"
EMBEDDED = {
    "flamegraph.css": (b"<style>\n", b"</style>"),
    "flamegraph.js": (b"<script><![CDATA[\n", b"]]></script>"),
}


def draw(flambeau, case, folder):
    options = case / "options"
    words = options.read_text().split() if options.exists() else []
    outputs = [folder / "expected.svg", folder / "expected.folded"]
    command = [flambeau, "render", str(case / "input.folded"), *words]
    for output in outputs:
        command += ["-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\nexit {done.returncode}: {done.stderr}")
    return {output.name: output.read_bytes() for output in outputs}


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
    cases = sorted(folder for folder in HERE.iterdir() if (folder / "input.folded").exists())
    failures = 0
    for case in cases:
        with tempfile.TemporaryDirectory() as folder:
            drawn = draw(flambeau, case, pathlib.Path(folder))
        drawn["expected.svg"] = take_out_embedded(drawn["expected.svg"])
        for name, actual in drawn.items():
            path = case / name
            if update:
                path.write_bytes(actual)
            elif not path.exists() or path.read_bytes() != actual:
                failures += 1
                expected = path.read_bytes() if path.exists() else b""
                print(f"{case.name}/{name}: {first_difference(expected, actual)}")
    print(f"{len(cases)} cases, {'rewritten' if update else f'{failures} files differ'}")
    return 1 if failures or not cases else 0


sys.exit(main())
