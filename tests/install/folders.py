"""What `cmake --install` puts where, and whether it works from there.
Usage: folders.py CMAKE BUILD_FOLDER VERSION"""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

FILES = {"bin/flambeau", "share/man/man1/flambeau.1.gz", "share/bash-completion/completions/flambeau",
         "share/fish/vendor_completions.d/flambeau.fish", "share/zsh/site-functions/_flambeau",
         "share/doc/flambeau/LICENSE"}
SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "VERBS", "EXIT STATUS", "FILES", "ENVIRONMENT", "EXAMPLES", "SEE ALSO"]

cmake = build = version = None


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, **options)


def files_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp(prefix="flambeau-install-"))
        cls.prefix = cls.scratch / "with a space"
        cls.install("--prefix", cls.prefix)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.scratch)

    @staticmethod
    def install(*options, **env):
        result = run(cmake, "--install", build, *options, env=dict(os.environ, **env))
        if result.returncode != 0:
            raise AssertionError(result.stderr)

    def test_prefix(self):
        self.assertEqual(files_in(self.prefix), FILES)

    def test_destdir(self):
        self.install("--prefix", "/opt/flambeau", DESTDIR=str(self.scratch / "stage"))
        self.assertEqual(files_in(self.scratch / "stage/opt/flambeau"), FILES)
        self.assertEqual(os.listdir(self.scratch / "stage"), ["opt"])

    def test_modes(self):
        for name in FILES:
            mode = (self.prefix / name).stat().st_mode & 0o777
            self.assertEqual(mode, 0o755 if name.startswith("bin/") else 0o644, name)

    def test_version(self):
        for word in ("--version", "-V"):
            result = run(self.prefix / "bin/flambeau", word)
            self.assertEqual((result.returncode, result.stdout, result.stderr), (0, f"flambeau {version}\n", ""))
        self.assertIn(f'"flambeau {version}"', self.page().splitlines()[0])

    def test_says_the_same_whenever_it_is_written(self):
        """The page has no clock, locale or path of the build in it."""
        for name, template in (("flambeau.1", "flambeau.1.in"), ("_flambeau", None), ("flambeau.bash", None),
                               ("flambeau.fish", None)):
            pages = pathlib.Path(build) / "src/cli/pages"
            template = pages / template if template else pathlib.Path(__file__).parents[2] / "src/cli/pages" / name
            again = self.scratch / name
            run(pages / "flambeau_pages", template, again, check=True, cwd="/", env={"TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8"})
            self.assertEqual(again.read_bytes(), (pages / name).read_bytes(), name)
            self.assertNotIn(os.path.abspath(build), again.read_text())

    def page(self):
        return gzip.decompress((self.prefix / "share/man/man1/flambeau.1.gz").read_bytes()).decode()

    def read_page(self):
        """As a person reads it, very wide, so that no line is broken."""
        result = run("man", "--warnings", "-l", self.prefix / "share/man/man1/flambeau.1.gz",
                     env=dict(os.environ, LC_ALL="C.UTF-8", MANWIDTH="2000", MAN_KEEP_FORMATTING="", PAGER="cat"))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def test_page_has_no_faults(self):
        if not shutil.which("mandoc"):
            self.fail("mandoc is missing: scripts/setup --tests installs it")
        (self.scratch / "lint.1").write_text(self.page())
        result = run("mandoc", "-T", "lint", "-W", "warning", self.scratch / "lint.1")
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))
        for width in ("60", "80", "120"):
            result = run("man", "--warnings", "-l", self.scratch / "lint.1", env=dict(os.environ, MANWIDTH=width, LC_ALL="C.UTF-8"))
            self.assertEqual((result.returncode, result.stderr), (0, ""), width)

    def test_page_says_what_help_says(self):
        text = self.read_page()
        self.assertEqual(re.findall(r"^([A-Z][A-Z ]+)$", text, re.M), SECTIONS)
        squeezed = re.sub(r"\s+", " ", text)
        overview = run(self.prefix / "bin/flambeau", "help", check=True).stdout
        verbs = re.findall(r"^  (\w+) +\S", overview.split("\n`flambeau help")[0], re.M)
        self.assertIn("record", verbs)
        for verb in verbs:
            page = run(self.prefix / "bin/flambeau", "help", verb, check=True).stdout
            usage = page.splitlines()[0].removeprefix("usage: ")
            self.assertEqual(squeezed.count(usage), 2, usage)  # in the synopsis and before the verb's options
            blocks = re.split(r"\n(?=\n|  +-)", page[page.index("\n"):])
            for block in blocks:
                words = re.sub(r"\s+", " ", block).strip().removesuffix(":").removeprefix("Examples: ")
                self.assertIn(words, squeezed, verb)


if __name__ == "__main__":
    cmake, build, version = sys.argv[1:4]
    del sys.argv[1:4]
    unittest.main(verbosity=2)
