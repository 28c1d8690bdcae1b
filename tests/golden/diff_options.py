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


# As SNAP.md has it: g twice in a call, and three times in two.
SNAPSHOT = b"""flambeau snapshot 1
calls in one captured call
       1  m:f/0
%s  m:f/0;m:g/0
"""


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

    def test_snapshots_are_compared_by_calls(self):
        with tempfile.TemporaryDirectory() as folder:
            base, head = pathlib.Path(folder) / "base.snap", pathlib.Path(folder) / "head"
            base.write_bytes(SNAPSHOT % b"       2")
            head.write_bytes(SNAPSHOT % b"     3/2")
            done = diff(str(base), str(head))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stderr, b"flambeau: snapshots have no times: compared are the calls in 2 captured calls\n")
            self.assertIn(b"m:g/0 shrank from 4 to 3 calls (-25.0%)", done.stdout)
            self.assertIn(b"Nothing changed: every stack has the same calls", self.page(str(head), str(head)))
            # The capture's 5 captured calls become the snapshot's one: SNAP.md's fractions are of 5 here.
            done = diff(str(base), OTHER)
            self.assertIn(b"BASE is a snapshot, which has no times: compared are the calls in 5 captured calls", done.stderr)
            self.assertIn(b"m:g/0 vanished, with 10 calls", done.stdout)
            done = diff(BASE, str(base))
            self.assertIn(b"taken to be calls, as in HEAD", done.stderr)
            self.assertIn(b"not both are of captured calls", done.stderr)
            self.refused(str(base), str(head), "--weight", "wall", saying=b"no times")
            self.refused(str(base), OTHER, "--sort", "own", saying=b"no times to --sort by")
            self.refused(str(base), str(head), "--by", "process", saying=b"a snapshot does not tell processes apart")
            head.write_bytes(SNAPSHOT % b"  <<<<<<")
            self.refused(str(base), str(head), saying=b"head: line 4 is not a line of a snapshot", status=6)
            base.write_bytes(b"m:f/0 1\n")
            self.refused(str(base), OTHER, saying=b"line 1: this flambeau reads snapshots", status=6)

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
