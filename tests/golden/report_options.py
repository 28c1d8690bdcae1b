#!/usr/bin/env python3
"""What the options of `flambeau report` choose and refuse: report_options.py FLAMBEAU"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

FLAMBEAU = sys.argv.pop(1)
CAPTURE = str(pathlib.Path(__file__).resolve().parent / "capture" / "input.flb")
FUNCTIONS = 40  # more than the text shows unasked
FOLDED = "".join(f"m:f{i}/0 {i + 1}\n" for i in range(FUNCTIONS)).encode()


def report(*words, folded=FOLDED):
    return subprocess.run([FLAMBEAU, "report", *words], input=folded, capture_output=True, timeout=60)


class ReportOptionsTest(unittest.TestCase):
    def rows(self, *words):
        done = report("-", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        if "--json" in words:
            return len(json.loads(done.stdout)["functions"])
        return done.stdout.count(b" m:f")

    def test_how_many(self):
        self.assertEqual(self.rows(), 30)
        self.assertEqual(self.rows("--json"), FUNCTIONS)
        for words, expected in ((("--top", "0"), FUNCTIONS), (("--top", "7"), 7), (("--top", "30"), 30)):
            self.assertEqual(self.rows(*words), expected)
            self.assertEqual(self.rows("--json", *words), expected)

    def test_a_folded_file_has_no_calls_to_sort_by(self):
        for sort, status in (("own", 0), ("total", 0), ("name", 0), ("calls", 2), ("mean", 2), ("max", 2)):
            for words in ((), ("--json",)):
                done = report("-", "--sort", sort, *words)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertEqual(done.stdout == b"", status != 0)
            self.assertEqual(report(CAPTURE, "--sort", sort).returncode, 0)

    def test_a_snapshot_has_no_times_to_sort_by(self):
        snapshot = str(pathlib.Path(__file__).resolve().parent / "snapshot" / "input.snap")
        for order in ("own", "total", "mean", "max"):
            done = subprocess.run([FLAMBEAU, "report", snapshot, "--sort", order], capture_output=True)
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn(b"no times to --sort " + order.encode(), done.stderr)
        by_name = subprocess.run([FLAMBEAU, "report", snapshot, "--sort", "name"], capture_output=True, check=True).stdout
        names = [line.split()[-1] for line in by_name.splitlines()[-3:]]
        self.assertEqual(names, [b"Enum.map/2", b"Shop.Cart.total/1", b"Shop.Price.of/1-fun"])

    def test_a_file_is_what_standard_output_would_be(self):
        with tempfile.TemporaryDirectory() as folder:
            for words in ((), ("--json",)):
                output = pathlib.Path(folder) / "report"
                self.assertEqual(report(CAPTURE, *words, "-o", str(output)).returncode, 0)
                self.assertEqual(output.read_bytes(), report(CAPTURE, *words).stdout)

    def test_a_refusal_leaves_no_file(self):
        with tempfile.TemporaryDirectory() as folder:
            output = pathlib.Path(folder) / "report.json"
            self.assertEqual(report("-", "--json", "--sort", "calls", "-o", str(output)).returncode, 2)
            self.assertFalse(output.exists())


unittest.main()
