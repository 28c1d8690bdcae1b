#!/usr/bin/env python3
"""Bug reports of captures: bug_report.py FLAMBEAU [--update]

report.md of two sample captures is compared with what is kept in bug_report/, and its numbers with the other report's. A
capture whose names are Markdown, HTML, mentions and links is read as a tracker would (cmark-gfm): all of it is text in
code, nothing is a link. Without cmark-gfm that part is skipped, and says so. Places and inputs that no report can be made
of are refused, and nothing is written.
"""
import html.parser
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

HERE = pathlib.Path(__file__).resolve().parent
CAPTURES = HERE.parent.parent / "samples" / "captures"
CASES = {"search": ["search.flb"], "search-redacted": ["search.flb", "--redact"], "shop": ["shop.flb"]}

HOSTILE = ["a`b``c```d|e\\|f", "<img src=x onerror=alert(1)>", "@octocat", "#123", "org/repo#4", "https://example.com/x",
           "www.example.com", "ada@example.com", "[text](http://x.y)", "![i](j)", "*bold* _it_ ~~no~~", "&lt;b&gt;&amp;",
           "# head", "- item", "> quote", "    code", "<!-- c -->", "$`x`$", "`", "``````", "a\nb", "\u202egnp.exe",
           "</code></pre><script>x</script>", "|---|", "$(rm)", ":tada:"]


def text16(text):
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def fact(key, value):
    data = value.encode()
    return b"\x82" + text16(key) + struct.pack(">I", len(data)) + data


def hostile_capture(path):
    """Functions that call each other, each of a hostile name, in src/capture/FORMAT.md's words."""
    records = b"".join(fact(key, value) for key, value in [
        ("flambeau", "0.1.0"), ("node", "n@h"), ("otp", "@octocat"), ("erts", "`#123`"), ("elixir", HOSTILE[1]),
        ("system", HOSTILE[0]), ("started", "#1"), ("bounds", "@octocat"), ("untraced", HOSTILE[8]), ("ended", "@octocat")])
    for number, name in enumerate(HOSTILE, 1):
        records += b"\x80" + struct.pack(">IBB", number, 0, 0) + text16(name) + text16(name)
        records += b"\x86" + struct.pack(">IBI", number, 0, 7) + text16(name + ".erl")
        records += b"\x87\x01" + text16(name) + text16(name)
    records += b"\x81" + struct.pack(">II", 0, 0xffffffff) + text16("<0.1.0>") + text16("") + text16("") + text16("")
    events = b"\x28" + bytes(3) + struct.pack(">BII", 0, 1, 1)  # a stack of the first one
    for number in range(2, len(HOSTILE) + 1):
        events += b"\x21" + (1000).to_bytes(3, "big") + struct.pack(">II", number, number - 1)
    events += b"\x0c" + (5000).to_bytes(3, "big")
    records += b"\x83" + struct.pack(">IqI", 0, 0, len(events)) + events
    packed = zlib.compress(records)
    block = b"FLBK" + struct.pack(">III", len(records), len(packed), zlib.crc32(records)) + packed
    path.write_bytes(b"FLAMBEAU\x00\x01" + block + b"FLBE" + bytes(12))


class Reader(html.parser.HTMLParser):
    """The tags a page has, and its text outside of code."""

    def __init__(self):
        super().__init__()
        self.tags, self.open, self.outside, self.inside = set(), [], "", ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "code":
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag == "code":
            self.open.pop()

    def handle_comment(self, data):
        self.tags.add("comment")

    def handle_data(self, data):
        if self.open:
            self.inside += data
        else:
            self.outside += data


def report(flambeau, folder, *words):
    place = pathlib.Path(folder) / "report"
    subprocess.run([flambeau, "render", *words, "--bug-report", str(place)], check=True, stderr=subprocess.DEVNULL)
    return place


def check(problems, holds, what):
    if not holds:
        problems.append(what)


def check_hostile(flambeau, problems):
    with tempfile.TemporaryDirectory() as folder:
        capture = pathlib.Path(folder) / "hostile.flb"
        hostile_capture(capture)
        markdown = (report(flambeau, folder, str(capture)) / "report.md").read_text()
        check(problems, len(markdown) < 65536, "a tracker takes no report of that length")
        parser = shutil.which("cmark-gfm")
        if not parser:
            print("skipped: what a tracker makes of hostile names, for want of cmark-gfm")
            return
        page = subprocess.run([parser, "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tasklist"],
                              input=markdown, capture_output=True, text=True, check=True).stdout
    reader = Reader()
    reader.feed(page)
    check(problems, reader.tags <= {"h3", "p", "ul", "li", "code", "pre", "strong"}, f"there are other tags: {reader.tags}")
    for piece in ("octocat", "#1", "example", "onerror", "script", "text](", "bold", "quote", "tada", "`", "|", "<"):
        check(problems, piece not in reader.outside, f"{piece!r} stands outside of code")
    for piece in ("<img src=x onerror=alert(1)>", "@octocat", "a`b``c```d|e", "</code></pre><script>x</script>",
                  "https://example.com/x", "&lt;b&gt;&amp;", "``````", "\\x{202E}gnp.exe"):
        check(problems, piece in reader.inside, f"{piece!r} cannot be read in the report")


def check_numbers(flambeau, capture, markdown, problems):
    """The functions of the table are the other report's, in its order and with its calls."""
    told = json.loads(subprocess.run([flambeau, "report", "--json", "--top", "15", capture], check=True, capture_output=True).stdout)
    rows = [line.split() for line in markdown.split("```text\n")[2].split("\n```")[0].splitlines()[1:]]
    for row, function in zip(rows, told["functions"]):
        check(problems, int(row[0].replace(",", "")) == function["calls"], f"{row} is not as often called as {function}")
        check(problems, function["name"] in " ".join(row), f"{row} is not {function}")
    check(problems, len(rows) == len(told["functions"]) + 1, "the table has fewer functions, or more")
    check(problems, told["functions"][0]["name"] in markdown.splitlines()[2], "the finding names another function")


def check_refusals(flambeau, problems):
    """Each with the words after `render`, the exit code and a part of the sentence."""
    cases = [
        (["in.flb", "--bug-report", "empty", "-o", "empty/flame.svg"], 2, "in the place of the bug report"),
        (["in.flb", "--bug-report", "new", "-o", "new/flame.svg"], 2, "in the place of the bug report"),
        (["in.flb", "--bug-report", "./new/", "-o", "new//./mine.svg"], 2, "in the place of the bug report"),
        (["in.flb", "--bug-report", "link", "-o", "empty/mine.svg"], 2, "in the place of the bug report"),
        (["in.flb", "--bug-report", "new/", "-o", "./new", "--format", "svg"], 2, "in the place of the bug report"),
        (["in.flb", "--bug-report", ".", "-o", "mine.svg"], 2, "in the place of the bug report"),
        (["in.flb", "--bug-report", "new", "-o", "new/../new/mine.svg"], 6, "does not exist"),
        (["in.flb", "--bug-report", "q.zip", "-o", "q.zip", "--format", "svg"], 2, "in the place of the bug report"),
        (["in.flb", "--bug-report", "q.zip", "-o", "empty/../q.zip", "--format", "svg"], 2, "in the place of the bug report"),
        (["in.zip", "--bug-report", "in.zip"], 2, "is the input"),
        (["in.zip", "--bug-report", "./in.zip"], 2, "is the input"),
        (["in.folded", "--bug-report", "new"], 6, "a bug report is made of a capture"),
        (["nothing", "--bug-report", "new"], 6, "a bug report is made of a capture"),
        (["in.flb", "--bug-report", "dangling"], 6, "a link that leads nowhere"),
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for copy in ("in.flb", "in.zip"):
            shutil.copy(CAPTURES / "search.flb", folder / copy)
        (folder / "in.folded").write_text("a;b 5\n")
        (folder / "nothing").write_text("")
        (folder / "empty").mkdir()
        (folder / "link").symlink_to("empty")
        (folder / "dangling").symlink_to("nowhere")
        before = sorted((str(path), path.is_file() and path.read_bytes()) for path in folder.rglob("*"))
        for words, code, sentence in cases:
            done = subprocess.run([flambeau, "render", *words], cwd=folder, capture_output=True, text=True)
            check(problems, (done.returncode, sentence in done.stderr) == (code, True),
                  f"render {words}: {done.returncode}, {done.stderr!r}")
            check(problems, before == sorted((str(path), path.is_file() and path.read_bytes()) for path in folder.rglob("*")),
                  f"render {words} left something")
        done = subprocess.run([flambeau, "render", "in.flb", "--bug-report", "empty"], cwd=folder, capture_output=True,
                              text=True, env={**os.environ, "TMPDIR": str(folder / "none")})
        check(problems, done.returncode == 6 and "set TMPDIR" in done.stderr, f"a TMPDIR that is not there: {done}")


def check_apart(flambeau, problems):
    """Beside the report there may be outputs, also where their names are alike."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([flambeau, "render", str(CAPTURES / "search.flb"), "--bug-report", "new", "-o", "new.svg", "-o", "-",
                        "--format", "svg"], cwd=folder, check=True, capture_output=True)
        check(problems, sorted(path.name for path in folder.iterdir()) == ["new", "new.svg"], "an output beside is not there")


def check_cut(flambeau, problems):
    """That a capture was cut is said, and once."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "cut.flb").write_bytes((CAPTURES / "search.flb").read_bytes()[:-16])
        for words in ([], ["-o", "beside.svg"]):
            place = f"report{len(words)}"
            done = subprocess.run([flambeau, "render", "cut.flb", "--bug-report", place, *words], cwd=folder, text=True,
                                  capture_output=True, check=True)
            check(problems, done.stderr.count("cut.flb was cut: its end is missing") == 1, f"of a cut one: {done.stderr!r}")


def main():
    flambeau, update = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2:] == ["--update"]
    problems = []
    for name, (capture, *options) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            text = (report(flambeau, folder, str(CAPTURES / capture), *options) / "report.md").read_text()
        kept = HERE / "bug_report" / f"{name}.md"
        if update:
            kept.write_text(text)
        else:
            check(problems, kept.read_text() == text, f"{kept.name} differs")
        if not options:
            check_numbers(flambeau, str(CAPTURES / capture), text, problems)
    check_hostile(flambeau, problems)
    check_refusals(flambeau, problems)
    check_apart(flambeau, problems)
    check_cut(flambeau, problems)
    print("\n".join(problems) or f"{len(CASES)} reports are as they should be")
    return 1 if problems else 0


sys.exit(main())
