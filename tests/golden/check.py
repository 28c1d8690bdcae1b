#!/usr/bin/env python3
"""What `flambeau check` says, byte for byte, and what it takes: check.py FLAMBEAU [--update]

A case is a folder in check/: base.snap, head.snap, README.md (what is expected and why), and the verdict in each format.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

UPDATE = "--update" in sys.argv and not sys.argv.remove("--update")
FLAMBEAU = str(pathlib.Path(sys.argv.pop(1)).resolve())
HERE = pathlib.Path(__file__).resolve().parent
CASES = sorted(path for path in (HERE / "check").iterdir() if path.is_dir())
FORMATS = {"text": "expected.txt", "markdown": "expected.md", "junit": "expected.xml", "github": "expected.github"}
CULPRIT = HERE / "check/culprit"
SMALL, LARGE = (HERE.parent.parent / "samples/captures" / f"basket-of-{lines}.flb" for lines in (12, 25))
NAMES = {SMALL: "small.flb", LARGE: "large.flb"}


class CheckTest(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.scratch.name)
        self.addCleanup(self.scratch.cleanup)
        for name in ("base.snap", "head.snap"):
            shutil.copy(CULPRIT / name, self.folder)
        for path, name in NAMES.items():
            shutil.copy(path, self.folder / name)

    def check(self, *words, status, cwd=None, stdin=None):
        done = subprocess.run([FLAMBEAU, "check", *words], cwd=cwd or self.folder, input=stdin, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, status, (words, done.stdout, done.stderr))
        self.said = done.stderr.decode()
        return done.stdout.decode()

    def refused(self, *words, saying, status=2):
        self.assertEqual(self.check(*words, status=status), "")
        self.assertIn(saying, self.said)

    def configure(self, *lines, name=".flambeau"):
        (self.folder / name).write_text("".join(line + "\n" for line in lines))

    def test_every_format_of_every_case(self):
        self.assertTrue(CASES)
        for case in CASES:
            for format, name in FORMATS.items():
                with self.subTest(case=case.name, format=format):
                    page = self.check("base.snap", "head.snap", "--format", format, status=1, cwd=case)
                    if UPDATE:
                        (case / name).write_text(page)
                    self.assertEqual(page, (case / name).read_text())

    def test_hostile_names_stay_names(self):
        case = HERE / "check/hostile"
        words = ["base.snap", "head.snap", "--format"]
        for line in self.check(*words, "github", status=1, cwd=case).splitlines():
            self.assertRegex(line, r"^::(error|warning|notice) [^:]*::[^\r\n]*$")
        suite = xml.etree.ElementTree.fromstring(self.check(*words, "junit", status=1, cwd=case)).find("testsuite")
        name = re.search(r"^    (m:.*)$", (case / "README.md").read_text(), re.M)[1]
        self.assertEqual(suite.find("testcase").get("name"), name)
        self.assertIn(name, suite.find("testcase/failure").text)
        for line in self.check(*words, "markdown", status=1, cwd=case).splitlines():
            outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)  # of spans of code
            if line.startswith("|"):
                self.assertEqual(len(re.sub(r"\\\|", "", line).split("|")), 8, line)
            else:
                self.assertNotRegex(outside, r"[@#|]user|<b>|<!|::")

    @unittest.skipUnless(shutil.which("xmllint"), "there is no xmllint")
    def test_junit_is_xml(self):
        for case in CASES:
            page = self.check("base.snap", "head.snap", "--format", "junit", status=1, cwd=case)
            subprocess.run(["xmllint", "--noout", "-"], input=page.encode(), check=True)

    def test_junit_counts_its_cases(self):
        suite = xml.etree.ElementTree.fromstring(self.check("base.snap", "head.snap", "--format", "junit", status=1)).find("testsuite")
        self.assertEqual(len(suite.findall("testcase")), int(suite.get("tests")))
        self.assertEqual(len(suite.findall("testcase/failure")), int(suite.get("failures")))
        self.assertEqual(int(suite.get("failures")), 4)
        suite = xml.etree.ElementTree.fromstring(self.check("base.snap", "base.snap", "--format", "junit", status=0)).find("testsuite")
        self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("skipped")), ("3", "0", "0"))

    def test_the_same_has_no_regression(self):
        for path in ("base.snap", "small.flb"):
            self.assertIn("no regression: ", self.check(path, path, status=0))
            self.assertEqual(self.said, "")

    # basket-of-25 has 25 lines where the other has 12: 25 * 24 / 2 pairs, not 12 * 11 / 2.
    def test_captures(self):
        page = self.check("small.flb", "large.flb", status=1)
        self.assertIn("REGRESSION: shop_price:handle_call/3 now calls shop_price:discount/5 325 times a call, was 78.", page)
        self.assertRegex(page, r"  66 +300 +\+355%  shop_price:pair/2")
        self.assertIn("WARNING: BASELINE ran shop_price:handle_call({total, lists:seq(1, 12)}, none, #{})", page)
        self.assertIn("no regression: ", self.check("large.flb", "small.flb", status=0))
        self.assertIn("file=samples/erlang/shop_price.erl,line=", self.check("small.flb", "large.flb", "--format", "github", status=1))

    def test_a_capture_and_its_snapshot_are_the_same(self):
        self.check("small.snap", "small.flb", "--update", status=0)
        for sides in (("small.snap", "small.flb"), ("small.flb", "small.snap")):
            self.assertIn("11 functions, 11 with as many calls as before; times compared", self.check(*sides, status=0))

    def test_standard_input_is_a_side(self):
        head = (self.folder / "head.snap").read_bytes()
        self.assertIn("Enum.map/2 1,000 times", self.check("base.snap", "-", status=1, stdin=head))

    def test_limits(self):
        strict = ["base.snap", "head.snap", "--only", "Shop.tax", "--only", "Shop.Receipt"]
        self.assertIn("1 regression:", self.check(*strict, status=1))  # of time; that of the whole call is not chosen
        self.check(*strict, "--max-time", "Shop.tax/1=100%", status=0)
        whole = ["base.snap", "head.snap", "--max-calls", "off", "--skip", "Shop.tax"]
        self.assertIn("a call of Shop.checkout/1 takes 30.0 ms", self.check(*whole, status=1))
        self.check(*whole, "--max-time", "Shop.checkout/1=50%", status=0)
        self.check(*whole, "--skip", "Shop.checkout", status=0)
        self.check(*strict, "--max-time", "100%", status=0)
        self.check(*strict, "--max-time", "off", status=0)
        self.check(*strict, "--max-time", "Shop.*=99.9%", "--max-time", "off", status=1)
        calls = ["base.snap", "head.snap", "--max-time", "off", "--skip", "Enum.sort"]
        self.check(*calls, "--max-calls", "99900%", status=0)
        self.check(*calls, "--max-calls", "99899.999%", status=1)
        self.check(*calls, "--max-calls", "Enum.*=off", status=0)
        self.check("base.snap", "head.snap", "--max-time", "off", "--max-calls", "Enum.map/2=off", status=1)
        self.check("base.snap", "head.snap", "--max-time", "off", "--max-calls", "Enum.map/2=off", "--allow-new", status=0)
        self.check("head.snap", "head.snap", "--fail-vanished", status=0)
        self.check(*calls, "--max-calls", "off", "--fail-vanished", status=1)

    def test_a_file_of_settings(self):
        words = ["base.snap", "head.snap"]
        self.configure("# all is well", "", "  max-time=off ", "max-calls = Enum.*=off", "; and", "allow-new = true")
        self.check(*words, status=0)
        self.check(*words, "--max-calls", "Enum.map/2=0%", status=1)  # the command line's comes last
        self.check(*words, "--max-time", "20%", status=1)
        self.configure("max-time = off", "only = Enum.*")
        self.check(*words, status=1)
        self.check(*words, "--only", "Shop.tax/1", status=0)
        self.configure("max-time = off", "max-calls = off", name="other")
        self.check(*words, "--config", "other", status=0)

    def test_what_is_wrong_in_the_file_is_said_with_its_line(self):
        words = ["base.snap", "head.snap"]
        for line, saying in (("max-call = 1%", "did you mean max-calls?"), ("skip", "key = value"), ("skip =", "empty"),
                             ("allow-new = yes", "true or false"), ("update = true", "no setting 'update'"), ("= 1", "no setting ''")):
            self.configure("# first", line)
            self.refused(*words, saying=".flambeau:2: ")
            self.assertIn(saying, self.said)
        self.configure("max-calls = 10")
        self.refused(*words, saying="'10'")
        self.configure("a\0b")
        self.refused(*words, saying="zero byte")
        (self.folder / ".flambeau").write_bytes(b"#" * (1 << 20))
        self.refused(*words, saying="too large", status=6)
        self.refused(*words, "--config", "none", saying="none", status=6)

    def test_what_makes_no_sense_is_refused(self):
        self.refused("base.snap", saying="something is missing")
        self.refused("-", "-", saying="standard input")
        for limit in ("10", "x%", "%", "-1%", "1.%", "=10%", "Enum.*=", "10%%", "99999999%"):
            self.refused("base.snap", "head.snap", "--max-calls=" + limit, saying="--max-calls wants a limit")
        self.refused("base.snap", "head.snap", "--only", "app:shop", saying="app:shop")
        self.refused("base.snap", "head.snap", "--format", "html", saying="--format wants one of text|markdown|junit|github")
        self.refused("base.snap", "head.snap", "-o", "-", saying="standard output")
        self.refused("base.snap", "head.snap", "-o", "x.folded", saying="x.folded")
        self.refused("base.snap", "head.snap", "-o", "head.svg", "-o", "head.svg", saying="two outputs")
        self.refused("base.flb", "head.snap", "--update", saying="has to be a .snap")
        self.refused("none.snap", "head.snap", saying="none.snap", status=6)
        self.refused("base.snap", "head.snap", "--only", "nobody:*", saying="nothing to check", status=6)
        folded = self.folder / "x.folded"
        folded.write_text("a;b 3\n")
        self.refused("base.snap", "x.folded", saying="no calls to check", status=6)
        (self.folder / "damaged.snap").write_text("flambeau snapshot 1\nx\n")
        self.refused("damaged.snap", "head.snap", saying="damaged.snap", status=6)

    def snapshot(self, name, *stacks):
        text = "flambeau snapshot 1\ncalls in one captured call\n" + "".join(f"  {stack}\n" for stack in stacks)
        (self.folder / name).write_text(text)

    # A rate that two decimals would make nothing of is not nothing.
    def test_rare_calls_are_calls(self):
        self.snapshot("rare.snap", "1  m:f/0", "10000  m:f/0;m:g/0", "1  m:f/0;m:g/0;m:h/0")
        self.snapshot("less.snap", "1  m:f/0", "10000  m:f/0;m:g/0", "50  m:f/0;m:g/0;m:h/0")
        self.assertIn("m:g/0 now calls m:h/0 0.005 times a call, was 0.0001.", self.check("rare.snap", "less.snap", status=1))

    # h is called as often by g as before: it has a limit that is stricter than g's.
    def test_growth_that_is_no_edge_s(self):
        self.snapshot("less.snap", "1  m:f/0", "100  m:f/0;m:g/0", "100  m:f/0;m:g/0;m:h/0")
        self.snapshot("more.snap", "1  m:f/0", "109  m:f/0;m:g/0", "109  m:f/0;m:g/0;m:h/0")
        self.check("less.snap", "more.snap", "--max-calls", "10%", status=0)
        page = self.check("less.snap", "more.snap", "--max-calls", "10%", "--max-calls", "m:h/0=5%", status=1)
        self.assertIn("REGRESSION: m:h/0 is called 109 times in a captured call, was 100, because m:g/0 is called more.", page)

    # The title of the last notice has a number, and in it a comma.
    def test_a_property_ends_where_it_does(self):
        self.snapshot("none.snap", "1  m:f/0")
        self.snapshot("many.snap", "1  m:f/0", *(f"1  m:f/0;m:g{i}/0" for i in range(1000)))
        last = self.check("none.snap", "many.snap", "--format", "github", status=1).splitlines()[-1]
        self.assertTrue(last.startswith("::notice title=flambeau%3A 1%2C000 regressions::1,001 functions, "), last)

    def test_lost_events_of_a_snapshot_are_said(self):
        base = self.folder / "base.snap"
        base.write_text(base.read_text().replace("flambeau: 0.1.0\n", "flambeau: 0.1.0\nlost: 12\n"))
        self.assertIn("WARNING: events of BASELINE are lost", self.check("base.snap", "head.snap", status=1))

    def test_more_is_written(self):
        self.check("base.snap", "head.snap", "-o", "a.svg", "-o", "a.png", "-o", "a.md", "-o", "a.xml", status=1)
        self.assertIn("From BASE to HEAD: ", (self.folder / "a.svg").read_text())
        self.assertEqual((self.folder / "a.png").read_bytes()[:4], b"\x89PNG")
        self.assertEqual((self.folder / "a.md").read_text(), self.check("base.snap", "head.snap", "--format", "markdown", status=1))
        self.assertEqual((self.folder / "a.xml").read_text(), self.check("base.snap", "head.snap", "--format", "junit", status=1))

    def test_update(self):
        base = self.folder / "base.snap"
        self.check("base.snap", "head.snap", "--update", status=0)
        self.assertIn("see what changed in it", self.said)
        self.check("base.snap", "head.snap", status=0)
        self.check("new.snap", "head.snap", "--update", status=0)
        self.assertIn("    1000  Shop.checkout/1;Shop.Cart.total/2;Enum.map/2\n", (self.folder / "new.snap").read_text())
        # Times within the spread stay: 10 % are.
        before = base.read_text()
        (self.folder / "noisy.snap").write_text(before.replace("10ms  9.6ms-11ms", "11ms  10ms-12ms").replace("1000  ", "1001  "))
        self.check("base.snap", "noisy.snap", "--update", status=0)
        self.assertEqual(base.read_text(), before.replace("1000  ", "1001  "))
        again = base.read_bytes()
        self.check("base.snap", "base.snap", "--update", status=0)
        self.assertEqual(base.read_bytes(), again)


unittest.main()
