"""`--bug-report`: four files that say what was slow, where and on what system, and nothing that is nobody else's business."""
import base64
import pathlib
import re
import signal
import struct
import time
import zipfile
import zlib

import harness
from harness import LiveTest, Run, flambeau

FILES = ["capture.flb", "flame.png", "flame.svg", "report.md"]
SECRET = "s3cretValue77"


def unpacked_capture(data):
    """All records, one block after another (src/capture/FORMAT.md)."""
    at, records = 10, b""
    while data[at:at + 4] == b"FLBK":
        size, = struct.unpack_from(">I", data, at + 8)
        records += zlib.decompress(data[at + 16:at + 16 + size])
        at += 16 + size
    return records


def unpacked_svg(data):
    """Not what is packed: letters of base64 make short words by chance."""
    packed = re.search(rb'<metadata class="data">(.*?)</metadata>', data, re.S)
    return data[:packed.start()] + data[packed.end():] + zlib.decompress(base64.b64decode(packed[1]))


def unpacked_png(data):
    """What is no picture of it."""
    at, texts = 8, b""
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind != b"IDAT":
            texts += kind + data[at + 8:at + 8 + size]
        at += 12 + size
    return texts


UNPACK = {".flb": unpacked_capture, ".svg": unpacked_svg, ".png": unpacked_png, ".md": bytes, ".folded": bytes}


def readable(path):
    return UNPACK[path.suffix](path.read_bytes())


class BugReportTest(LiveTest):
    def setUp(self):
        self.folder = harness.world.folder / f"reports-{len(list(harness.world.folder.iterdir()))}"
        self.folder.mkdir()

    def report(self, *arguments, at="report", beside=(), code=0, **env):
        place = self.folder / at
        self.assert_ended(flambeau(*arguments, "--bug-report", place, *beside,
                                   env=harness.world.flambeau_env(**env)), code)
        if place.is_dir():
            self.assertEqual(sorted(path.name for path in place.iterdir()), FILES)
        return place

    def assert_holds_none(self, place, secrets):
        for name in FILES:
            text = readable(place / name).lower()
            for secret in secrets:
                self.assertFalse(secret.lower().encode() in text, f"{name} holds {secret}")

    def assert_control(self, path, secrets):
        """What is looked for is where nothing is left out, and is found there."""
        text = readable(path).lower()
        for secret in secrets:
            self.assertIn(secret.lower().encode(), text)

    def assert_same(self, one, other):
        for name in FILES:
            self.assertEqual((one / name).read_bytes(), (other / name).read_bytes(), name)

    def facts(self, node):
        """What the report is to say of the system, asked another way."""
        return [str(harness.otp_release(node)),
                bytes(node.call("erlang", "system_info", "[version]")).decode(),
                bytes(node.call("erlang", "system_info", "[system_architecture]")).decode(),
                f"{node.call('erlang', 'system_info', '[schedulers_online]')} schedulers"]


class ElixirTest(BugReportTest):
    @classmethod
    def setUpClass(cls):
        cls.node = harness.start_talk()
        cls.call = ["run", "-n", cls.node.name, f'Talk.Search.find("elixir {SECRET}")', "--repeat", "5"]
        cls.secrets = [SECRET, harness.world.cookie, "front@", "back@", "localhost", str(harness.world.folder),
                       str(harness.world.inside)]

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def test_says_what_was_slow_and_where(self):
        capture = self.folder / "all.flb"
        place = self.report(*self.call, "-c", harness.world.cookie, "-o", capture, "--title", f"of {SECRET}")
        text = (place / "report.md").read_text()
        finding = text.splitlines()[2]
        self.assertRegex(finding, r"^5 calls of `Talk\.Search\.find/1` were captured")
        self.assertIn("Most own time went to `ets:lookup_element/3`", finding)
        self.assertRegex(finding, r" has most of that is beneath `Talk\.Programme\.talk/1` \(`search\.ex:\d+`")
        version = self.node.call("'Elixir.System'", "version")
        for fact in self.facts(self.node) + [f"Elixir `{version}`"]:
            self.assertIn(fact, text)
        self.assertIn("- Asked: `flambeau run 'Talk.Search.find(...)' --repeat 5`\n", text)
        self.assert_control(capture, [SECRET, "front@localhost", str(harness.world.inside)])
        self.assert_holds_none(place, self.secrets)
        again = self.report("render", capture, at="again")
        self.assert_same(place, again)
        # A report's capture is one like others, and says no more than the report.
        self.assert_same(place, self.report("render", place / "capture.flb", at="third"))

    def test_a_call_that_raises(self):
        place = self.report("run", "-n", self.node.name, f':erlang.error("{SECRET}")', code=4)
        self.assert_holds_none(place, self.secrets)
        text = (place / "report.md").read_text()
        self.assertIn("raised an exception", text)
        self.assertIn("- Asked: `flambeau run 'erlang:error(...)'`", text)

    def test_interrupted(self):
        place = self.folder / "report"
        run = Run("record", "-n", self.node.name, "-p", "Talk.Endpoint", "-d", "0", "--bug-report", place, "-v")
        harness.wait_until(lambda: "tracing" in run.said().lower() or "traced" in run.said().lower(), 30, "the trace")
        time.sleep(0.5)
        run.signal(signal.SIGINT)
        self.assert_ended(run.result(), 0)
        self.assertIn("until it was interrupted", (place / "report.md").read_text())
        self.assert_holds_none(place, self.secrets)

    def test_nothing_captured_is_no_report(self):
        result = flambeau("record", "-n", self.node.name, "-f", "Talk.Mix.nobody_calls_this_secretly", "--timeout", "1s",
                          "--bug-report", self.folder / "report")
        self.assertIn(result.code, (4, 5), str(result))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_archive(self):
        capture = self.folder / "all.flb"
        place = self.report(*self.call, "-o", capture)
        archive = self.report("render", capture, at="report.zip")
        with zipfile.ZipFile(archive) as opened:
            self.assertIsNone(opened.testzip())
            self.assertEqual(sorted(opened.namelist()), [f"flambeau-report/{name}" for name in FILES])
            opened.extractall(self.folder)
        self.assert_same(place, self.folder / "flambeau-report")
        again = self.report("render", capture, at="again.zip")
        self.assertEqual(archive.read_bytes(), again.read_bytes())

    def test_redacted(self):
        capture = self.folder / "all.flb"
        place = self.report(*self.call, "--redact", "-o", capture)
        self.assert_control(capture, ["Talk.Programme"])
        self.assert_holds_none(place, self.secrets + ["talk", "lookup_talk", "programme", "search.ex", "with_word"])
        text = (place / "report.md").read_text()
        self.assertIn("`ets:lookup_element/3`", text)
        self.assertIn("Enum.map/2", text)
        self.assertIn("This report is redacted", text)
        culprit = re.search(r"beneath `(M_[a-z2-7]{10}\.f_[a-z2-7]{10}/1)`", text)[1]
        self.assertIn(f"run 'M_", text)
        self.assertEqual((self.report("render", capture, "--redact", at="again") / "report.md").read_text(), text)
        other = self.report(*self.call, "--redact", at="another run") / "report.md"
        self.assertIn(culprit, other.read_text())
        keyed = self.report("render", capture, "--redact", at="keyed", FLAMBEAU_REDACT_KEY="my own") / "report.md"
        self.assertNotIn(culprit, keyed.read_text())


class ErlangTest(BugReportTest):
    @classmethod
    def setUpClass(cls):
        harness.world.compile(harness.HERE / "teller.erl", "programs")
        cls.node = harness.start_shop()
        cls.teller = cls.node.call("teller", "start", f'["{SECRET}"]')
        cls.secrets = [SECRET, harness.world.cookie, "shop@127", "127.0.0.1", str(harness.world.folder),
                       str(harness.world.inside)]

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def test_names_that_tell(self):
        capture, stacks = self.folder / "all.flb", self.folder / "all.folded"
        place = self.report("record", "-n", self.node.name, "-p", self.teller, "-p", "supervisor:shop_sup", "-p", "teller",
                            "-d", "1s", "--by", "process", beside=["-o", capture, "-o", stacks])
        self.assert_control(capture, [SECRET, "shop@127.0.0.1", f"teller of {SECRET} on shop@127.0.0.1", "config_shop@127.0.0.1"])
        self.assert_control(stacks, [SECRET, "config_shop@127.0.0.1"])
        if harness.otp_release(self.node) >= 27:
            self.assert_control(capture, [f'{{customer,"{SECRET}"}}'])
        self.assert_holds_none(place, self.secrets)
        text = (place / "report.md").read_text()
        self.assertIn(f"-p '{self.teller}' -p supervisor:shop_sup -p teller".replace("'", ""), text.replace("'", ""))
        for name in ("shop_cart", "shop_price", "config_n@h"):
            self.assertIn(name, readable(place / "flame.svg").decode(errors="replace"))
        for fact in self.facts(self.node):
            self.assertIn(fact, text)

    def test_redacted(self):
        capture = self.folder / "all.flb"
        place = self.report("record", "-n", self.node.name, "-p", "supervisor:shop_sup", "-p", "teller", "-d", "1s",
                            "--only", "shop_*", "--only", "gen_server", "--redact", beside=["-o", capture])
        self.assert_control(capture, ["shop_cart", "src/shop" if b"src/shop" in readable(capture) else "shop_"])
        self.assert_holds_none(place, self.secrets + ["shop", "teller", "discount"])
        self.assertIn(b"gen_server", readable(place / "capture.flb"))

    def test_refused_before_the_node_is_touched(self):
        full = self.folder / "full"
        full.mkdir()
        (full / "mine").write_text("kept")
        record = ["record", "-n", "nobody@127.0.0.1", "-p", "shop_cart", "-d", "1s"]
        self.assert_refused(flambeau(*record, "--bug-report", full), 6, "not empty")
        self.assert_refused(flambeau(*record, "--bug-report", full / "mine"), 6, "is a file")
        self.assert_refused(flambeau(*record, "--bug-report", self.folder / "none" / "report"), 6, "does not exist")
        self.assert_refused(flambeau(*record, "--bug-report", self.folder / "none" / "report.zip"), 6, "does not exist")
        self.assert_refused(flambeau(*record, "--redact"), 2, "--bug-report")
        for place, output in [("new", "new/mine.svg"), ("q.zip", "q.zip")]:
            self.assert_refused(flambeau(*record, "--bug-report", self.folder / place, "-o", self.folder / output,
                                         "--format", "svg"), 2, "the bug report")
        self.assert_refused(flambeau(*record, "--bug-report", self.folder / "new",
                                     env=harness.world.flambeau_env(TMPDIR=str(self.folder / "none"))), 6, "set TMPDIR")
        self.assert_refused(flambeau(*record, "--bug-report", self.folder / "new"), 3, "no node named")
        self.assertEqual([path.name for path in full.iterdir()], ["mine"])
        self.assertEqual([path.name for path in self.folder.iterdir()], ["full"])


if __name__ == "__main__":
    harness.main()
