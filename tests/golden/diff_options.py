#!/usr/bin/env python3
"""What `flambeau diff` compares, draws and refuses: diff_options.py FLAMBEAU"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

FLAMBEAU = sys.argv.pop(1)
HERE = pathlib.Path(__file__).resolve().parent
BASE, HEAD = str(HERE / "diff" / "base.folded"), str(HERE / "diff" / "head.folded")
CAPTURE, OTHER = str(HERE / "capture" / "input.flb"), str(HERE / "calls" / "input.flb")


def diff(*words, stdin=b""):
    return subprocess.run([FLAMBEAU, "diff", *words], input=stdin, capture_output=True, timeout=60)


class DiffOptionsTest(unittest.TestCase):
    def refused(self, *words, saying, status=2):
        done = diff(*words)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, b"")
        self.assertIn(saying, done.stderr)

    def page(self, *words, **options):
        done = diff(*words, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_what_makes_no_sense_is_refused(self):
        self.refused(BASE, saying=b"something is missing")
        self.refused("-", "-", saying=b"standard input")
        self.refused(BASE, HEAD, "--chart", saying=b"--chart")
        self.refused(BASE, HEAD, "--weight", "calls", saying=b"no call")
        self.refused(BASE, CAPTURE, "--sort", "calls", saying=b"no calls to compare")
        self.refused(BASE, HEAD, "--format", "svg", saying=b"-o FILE")
        self.refused(BASE, HEAD, "-o", "x.folded", saying=b"two sides")
        self.refused(BASE, HEAD, "-o", HEAD, "--format", "svg", saying=b"is the input")
        self.refused(BASE, HEAD, "-o", BASE, "--format", "svg", saying=b"is the input")
        self.refused(BASE, str(HERE / "none.flb"), saying=b"none.flb", status=6)

    def test_the_same_input_has_not_changed(self):
        for path in (BASE, CAPTURE, OTHER):
            self.assertIn(b"\nNothing changed: ", self.page(path, path))

    def test_standard_input_is_a_side(self):
        head = pathlib.Path(HEAD).read_bytes()
        piped = self.page(BASE, "-", stdin=head)
        self.assertIn(b"HEAD: standard input\n", piped)
        self.assertEqual(piped.split(b"\n")[2:], self.page(BASE, HEAD).split(b"\n")[2:])

    def test_names_begin_where_they_differ(self):
        self.assertIn(b"BASE: capture/input.flb, ", self.page(CAPTURE, OTHER))

    def test_a_capture_beside_its_own_folded_text_is_the_same(self):
        done = diff(str(HERE / "capture" / "expected.folded"), CAPTURE)
        self.assertIn(b"\nNothing changed: every stack has the same weight", done.stdout)
        self.assertIn(b"nanoseconds", done.stderr)

    def test_both_ways_are_each_others_opposite(self):
        def changes(page):
            rows = [line.split() for line in page.decode().split("  function\n")[1].splitlines()]
            return {row[-1]: int(row[0]) for row in rows}
        there, back = changes(self.page(BASE, HEAD)), changes(self.page(HEAD, BASE))
        self.assertEqual(there, {name: -change for name, change in back.items()})
        self.assertEqual(there["price:discount/5"], 300)

    def test_pictures(self):
        with tempfile.TemporaryDirectory() as folder:
            svg, png = pathlib.Path(folder) / "d.svg", pathlib.Path(folder) / "d.png"
            for words in ([], ["--reverse"], ["--weight", "wait"], ["--normalize", "--icicle"]):
                page = self.page(CAPTURE, OTHER, *words, "-o", str(svg), "-o", str(png))
                self.assertIn(b"  function\n", page)
                self.assertIn("From BASE to HEAD: ", svg.read_text())
                self.assertEqual(png.read_bytes()[:4], b"\x89PNG")
            drawn = self.page(CAPTURE, OTHER, *words, "-o", "-")
            self.assertEqual(drawn, svg.read_bytes())  # in place of the table


unittest.main()
