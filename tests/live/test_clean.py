"""However flambeau ends, two seconds later the node is as it was."""
import random
import re
import signal
import time

import harness
from harness import LiveTest, Run, flambeau

KILLS = 20
SHORT_RUNS = 10
SEED = 2


class CleanTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        cls.node = harness.start_shop()
        # What the first visit loads for good (kernel's own modules) is no leftover of ours.
        flambeau("record", "-n", cls.node.name, "-p", "shop_cart", "-d", "300ms", "-o", "-", "--format", "folded")
        time.sleep(harness.CLEAN_S)

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def setUp(self):
        self.before = self.node.state()

    def dense(self, switch):
        self.node.ask(f"{{shop_dense, N}} ! {switch}")

    def assert_serving(self):
        """The traced program goes on: nobody is left suspended, no timeout of a receive was lost."""
        baskets = lambda: self.node.ask("{_, R} = rpc:call(N, erlang, process_info, "
                                        "[rpc:call(N, erlang, whereis, [shop_stock]), reductions]), R")
        before = baskets()
        time.sleep(0.5)
        # Being asked costs a process a few reductions too; a basket costs hundreds.
        self.assertGreater(baskets() - before, 500, f"the shop stands still; it said: {self.node.said()}")

    def record(self, *more, duration="30s", output="clean.svg"):
        return Run("record", "-n", self.node.name, "-p", "supervisor:shop_sup", "-d", duration, "-o", output, *more)

    def await_tracing(self):
        harness.wait_until(lambda: self.node.state()["flags"], 20, "tracing")

    def test_normal_end(self):
        self.assert_ended(self.record(duration="1s").result(), 0)
        self.assert_clean(self.node, self.before)

    def test_many_short_runs(self):
        for run in range(SHORT_RUNS):
            with self.subTest(run=run):
                self.assert_ended(self.record(duration="100ms").result(), 0)
                self.assert_clean(self.node, self.before)
                self.assert_serving()

    def test_interrupt_still_writes(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                output = harness.world.folder / f"{number.name}.svg"
                run = self.record(output=output)
                self.await_tracing()
                time.sleep(0.5)
                run.signal(number)
                result = run.result(20)
                self.assert_ended(result, 0)
                self.assert_clean(self.node, self.before)
                self.assertTrue(output.exists())

    def test_second_interrupt_gives_up_the_output_only(self):
        output = harness.world.folder / "given-up.svg"
        run = self.record(output=output)
        self.await_tracing()
        self.dense("on")
        time.sleep(0.5)
        run.signal(signal.SIGINT)
        time.sleep(0.02)
        run.signal(signal.SIGINT)
        run.result(20)
        self.dense("off")
        self.assert_clean(self.node, self.before)

    def test_kill_at_random_moments(self):
        moments = random.Random(SEED)
        for kill in range(KILLS):
            after_s = moments.uniform(0, 1.5)
            with self.subTest(kill=kill, after_s=round(after_s, 3)):
                self.dense("on" if kill % 2 else "off")
                run = self.record()
                time.sleep(after_s)
                run.signal(signal.SIGKILL)
                run.result()
                self.assert_clean(self.node, self.before)
                self.assert_serving()
        self.dense("off")

    def test_stopped_until_a_bound_trips(self):
        output = harness.world.folder / "stopped.folded"
        run = self.record("--max-queue", "20000", "--max-memory", "16M", output=output)
        self.await_tracing()
        time.sleep(0.5)
        run.signal(signal.SIGSTOP)
        self.dense("on")
        try:
            harness.wait_until(lambda: not self.node.state()["flags"], 30, "the bound")
            self.assert_clean(self.node, self.before, connected=True)
        finally:
            self.dense("off")
            run.signal(signal.SIGCONT)
        result = run.result(30)
        self.assert_ended(result, 0)
        self.assertTrue(re.search("queue|memory|answer", result.err), str(result))
        self.assertTrue(harness.folded(output))
        self.assert_clean(self.node, self.before)


if __name__ == "__main__":
    harness.main()
