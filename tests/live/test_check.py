"""`flambeau check`: a change of the sample's code is found and its function named, on a busy machine as on an idle one."""
import re
import subprocess
import sys

import harness
from harness import LiveTest, flambeau

CALL = "shop_price:handle_call({total, lists:seq(1, 25)}, none, #{})"
SHORT = "shop_price:handle_call({total, [1, 2]}, none, #{})"
RUNS = 10
LOADS = 3  # processes that do nothing but run

# One needless call in the loop over the lines; work that no call is traced of (spin is left out); a wait.
NEEDLESS = ("price(Article) ->\n", "price(Article) ->\n    _ = tax(Article),\n")
WORK = ("price(Article) ->\n", "price(Article) ->\n    spin(%d, 0),\n")
SPIN = "\nspin(0, Sum) -> Sum;\nspin(N, Sum) -> spin(N - 1, (Sum * 33 + N) rem 65521).\n"
WAIT = ("    {reply, Total, ", "    receive after %d -> ok end,\n    {reply, Total, ")
CALLS_ONLY = ["--max-time", "off"]  # times are as good as the machine
LEFT_OUT = ["--skip", "shop_price:spin"]
ATTEMPTS = 6  # to measure on a busy machine what it spreads less than


class CheckTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        cls.node = harness.start_shop("live_check")
        cls.folder = harness.world.folder
        cls.source = cls.folder / "samples/erlang/shop_price.erl"
        cls.original = cls.source.read_text()
        cls.baseline = cls.folder / "baseline.snap"

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def setUp(self):
        self.load(self.original)
        self.baseline.unlink(missing_ok=True)
        self.runs = 0

    def load(self, text):
        """Compiles the module with this text, and loads it where the shop runs."""
        folder = self.folder / "changed"
        folder.mkdir(exist_ok=True)
        (folder / "shop_price.erl").write_text(text)
        inside = harness.world.inside / "changed"
        harness.world.run("erlc", "-o", inside, inside / "shop_price.erl")
        self.node.call("code", "purge", "[shop_price]")
        self.assertEqual(self.node.call("code", "load_abs", f'["{inside}/shop_price"]'), ["module", "shop_price"])

    def changed(self, change, *values):
        old, new = change
        self.assertEqual(self.original.count(old), 1)
        return self.original.replace(old, new % values if values else new)

    def measure(self, *more, name=None, repeat=10, call=CALL):
        self.runs += 1
        path = self.folder / (name or f"head-{self.runs}.flb")
        self.assert_ended(flambeau("run", "-n", self.node.name, call, "--repeat", str(repeat), "--warmup", "1", "-q", "-o", path, *more), 0)
        return path

    def check(self, head, *more):
        return flambeau("check", self.baseline, head, *more)

    def assert_passes(self, head, *more):
        result = self.check(head, *more)
        self.assert_ended_saying(result, 0)
        return result

    def assert_ended_saying(self, result, code):
        self.assertEqual(result.code, code, f"{result}\n{result.out.decode()}")

    def assert_names_the_culprit(self, head, *more):
        result = self.check(head, *more)
        self.assert_ended_saying(result, 1)
        self.assertTrue(result.out.decode().startswith(
            "REGRESSION: shop_price:price/1 now calls shop_price:tax/1 once a call, did not before.\n"), result.out.decode())

    def test_a_needless_call_in_a_loop(self):
        self.measure(name="baseline.snap")
        self.load(self.changed(NEEDLESS))
        for repeat in (10, 5, 1):
            self.assert_names_the_culprit(self.measure(repeat=repeat))
        head = self.measure(name="head.snap")
        self.assert_names_the_culprit(head)
        github = self.check(self.measure(), "--format", "github").out.decode()
        line = self.original[:self.original.index("price(Article) ->")].count("\n") + 1
        self.assertRegex(github, rf"(?m)^::error file=\S*shop_price\.erl,line={line},title=\S+ \S+ calls::shop_price:price/1 now")
        self.load(self.original)
        self.assert_passes(self.measure(), *CALLS_ONLY)
        self.assert_passes(self.measure(repeat=7), *CALLS_ONLY)

    def test_ten_times_on_a_busy_machine(self):
        self.measure(name="baseline.snap")
        loads = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(LOADS)]
        try:
            for text, judge in ((self.changed(NEEDLESS), self.assert_names_the_culprit), (self.original, self.assert_passes)):
                self.load(text)
                for _ in range(RUNS):
                    judge(self.measure(), *CALLS_ONLY)
        finally:
            for load in loads:
                load.kill()
                load.wait()

    # A wait is as long on a busy machine as on an idle one, but for a millisecond or some.
    def test_a_call_that_takes_twice_the_time(self):
        self.load(self.changed(WAIT, 100))
        self.measure(name="baseline.snap", call=SHORT)
        self.load(self.changed(WAIT, 110))
        self.assertIn("times compared over 10 and 10 calls", self.assert_passes(self.measure(call=SHORT)).out.decode())
        self.load(self.changed(WAIT, 200))
        result = self.check(self.measure(call=SHORT))
        self.assert_ended_saying(result, 1)
        self.assertRegex(result.out.decode(), r"REGRESSION: a call of shop_price:handle_call/3 takes 2\d\d ms, was 1\d\d ms \(\+")

    def test_a_function_that_takes_twice_the_time(self):
        for _ in range(ATTEMPTS):
            self.load(self.changed(WORK, 40_000) + SPIN)
            self.measure(*LEFT_OUT, name="baseline.snap")
            self.load(self.changed(WORK, 80_000) + SPIN)
            result = self.check(self.measure(*LEFT_OUT))
            said = result.out.decode()
            self.assertRegex(said, r"(\d+) functions, \1 with as many calls as before")
            if re.search(r"(?m)^REGRESSION: shop_price:price/1 takes \S+ ms of its own in a captured call, was ", said):
                self.assert_ended_saying(result, 1)
                return
        self.fail(f"not seen in {ATTEMPTS} attempts: {said}")


if __name__ == "__main__":
    harness.main()
