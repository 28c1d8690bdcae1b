"""Snapshots: the same program gives the same counts byte for byte, in every run, however often it is repeated and whatever the
machine does meanwhile. What they are is worked out from counted.erl."""
import random
import re

import harness
from harness import HOST, LiveTest, Node, flambeau

RUNS = 20

PLAIN = """\
calls in one captured call
       1  counted:plain/1
      11  counted:plain/1;counted:total/2
      10  counted:plain/1;counted:total/2;counted:price/1
"""
# A call on which the snapshot was taken, and how many times it is called each run.
ADVERSE = ("maps(3000)", "closures(50)", "collects(20)", "waits(5)", "serves(100)", "spawns(50)", "bifs(200000)", "raises(100)",
           "deep(300)")


class SnapTest(LiveTest):
    number = 0

    def path(self):
        SnapTest.number += 1
        return harness.world.folder / f"snap-{SnapTest.number}.snap"

    def take(self, node, expression, *options):
        """The text of a snapshot."""
        path = self.path()
        result = flambeau("run", "-n", node.name, expression, "-o", path, *options)
        self.assert_ended(result, 0)
        return path.read_text()

    def header(self, text):
        return dict(line.split(": ", 1) for line in text.split("\n\n")[0].splitlines()[1:])

    def calls(self, text):
        """The section of calls. A fraction would say that the calls were not the same."""
        section = text.split("\n\n")[1].rstrip("\n") + "\n"
        self.assertTrue(section.startswith("calls in one captured call\n"), text)
        self.assertNotRegex(section, r"(?m)^ *\d+/")
        return section

    def assert_always(self, node, expression, runs):
        first = self.calls(self.take(node, expression, "--repeat", 3))
        for _ in range(runs):
            again = self.calls(self.take(node, expression, "--repeat", random.randint(1, 8)))
            self.assertEqual(first, again, expression)
        return first


class ErlangTest(SnapTest):
    @classmethod
    def setUpClass(cls):
        for program in ("counted", "counted_lazy"):
            harness.world.compile(harness.HERE / f"{program}.erl", "programs")
        name = f"live_snap@{HOST}"
        cls.node = Node(name, ["erl", "-noinput", "-name", name, "-setcookie", harness.world.cookie, "-s", "counted"])
        cls.node.await_registered("counted_server")

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def test_what_is_in_it(self):
        text = self.take(self.node, "counted:plain(10)", "--repeat", 5)
        self.assertEqual(self.calls(text), PLAIN)
        header = self.header(text)
        self.assertEqual(header["run"], "counted:plain(10)")
        self.assertEqual(int(header["otp"]), harness.otp_release(self.node))
        self.assertEqual(set(header), {"run", "otp", "flambeau"})

    def test_a_capture_has_the_same(self):
        path, snap = harness.world.folder / "same.flb", self.path()
        self.assert_ended(flambeau("run", "-n", self.node.name, "counted:closures(9)", "--repeat", 6, "-o", path, "-o", snap), 0)
        again = self.path()
        self.assert_ended(flambeau("render", path, "-o", again), 0)
        self.assertEqual(snap.read_text(), again.read_text())
        self.assert_ended(flambeau("render", snap, "-o", again), 0)
        self.assertEqual(snap.read_text(), again.read_text())
        self.assertNotRegex(snap.read_text(), r"-(fun|lc)-\d")
        table = flambeau("diff", path, snap)
        self.assert_ended(table, 0)
        self.assertIn(b"Nothing changed", table.out)
        self.assertIn("no times: compared are the calls in 1 captured call", table.err)

    def test_the_same_in_every_run(self):
        self.node.call("counted", "load", "[4]")
        try:
            self.assertEqual(self.assert_always(self.node, "counted:plain(10)", RUNS), PLAIN)
        finally:
            self.node.call("counted", "unload")

    def test_the_same_whatever_the_vm_does(self):
        self.node.call("counted", "load", "[4]")
        try:
            for call in ADVERSE:
                self.assert_always(self.node, f"counted:{call}", 4)
        finally:
            self.node.call("counted", "unload")

    def test_code_that_is_loaded_in_the_first_call(self):
        self.node.call("counted", "forget", "[counted_lazy]")
        text = self.take(self.node, "counted:lazy()", "--warmup", 0)
        self.assertIn("loaded", self.header(text))
        self.assertNotRegex(text, "error_handler|code_server")
        self.node.call("counted", "forget", "[counted_lazy]")
        warm = self.take(self.node, "counted:lazy()")
        self.assertNotIn("loaded", warm)
        self.assertIn("\n       1  counted:lazy/0;counted_lazy:value/0;counted_lazy:inner/1\n", warm)


class ElixirTest(SnapTest):
    @classmethod
    def setUpClass(cls):
        cls.node = harness.start_talk()

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def test_the_same_in_every_run(self):
        for call, runs in (("Talk.Mix.work(60)", RUNS), ("Talk.Fib.fib(8)", 3), ("Talk.Programme.with_word(\"beam\")", 3)):
            self.assert_always(self.node, call, runs)

    def test_its_version(self):
        header = self.header(self.take(self.node, "Talk.Mix.lists(20)"))
        self.assertRegex(header["elixir"], r"^\d+\.\d+\.\d+")


if __name__ == "__main__":
    harness.main()
