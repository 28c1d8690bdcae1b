"""Several people profile one node: sessions make that possible from OTP 27 on; before, the second is told who is there."""
import time

import harness
from harness import LiveTest, Run


class TogetherTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        cls.node = harness.start_shop()
        cls.sessions = harness.otp_release(cls.node) >= 27

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def record(self, process, output, duration="3s"):
        return Run("record", "-n", self.node.name, "-p", process, "-d", duration, "-o", harness.world.folder / output)

    def two(self, first_process, second_process):
        first = self.record(first_process, "first.folded")
        harness.wait_until(lambda: self.node.state()["flags"], 20, "tracing")
        second = self.record(second_process, "second.folded", "1500ms")
        return first.result(), second.result()

    def assert_whole(self, output, process_frame, seconds):
        stacks = harness.folded(harness.world.folder / output)
        frames = {frame for stack, _ in stacks for frame in stack}
        self.assertIn(process_frame, frames)
        self.assertNotIn("[lost]", frames)
        self.assertAlmostEqual(sum(weight for _, weight in stacks) / 1e9, seconds, delta=0.7)

    def test_two_at_once(self):
        before = self.node.state()
        first, second = self.two("shop_cart", "shop_price")
        self.assert_ended(first, 0)
        self.assert_whole("first.folded", "shop_cart:pay/1", 3)
        if self.sessions:
            self.assert_ended(second, 0)
            self.assert_whole("second.folded", "shop_price:discount/5", 1.5)
        else:
            self.assert_refused(second, 4, "trac")
            self.assertFalse((harness.world.folder / "second.folded").exists())
        self.assert_clean(self.node, before)

    def test_the_first_may_leave_first(self):
        if not self.sessions:
            self.skipTest("one at a time before OTP 27")
        before = self.node.state()
        first = self.record("shop_cart", "first.folded", "1s")
        second = self.record("shop_price", "second.folded")
        self.assert_ended(first.result(), 0)
        self.assert_ended(second.result(), 0)
        self.assert_whole("second.folded", "shop_price:discount/5", 3)
        self.assert_clean(self.node, before)

    def test_a_process_with_another_tracer(self):
        if self.sessions:
            self.skipTest("sessions do not meet")
        self.node.ask("P = spawn(N, timer, sleep, [20000]), rpc:call(N, erlang, register, [other_tracer, P]), "
                      "rpc:call(N, erlang, trace, [rpc:call(N, erlang, whereis, [shop_cart]), true, [call, {tracer, P}]])")
        self.addCleanup(self.node.call, "erlang", "trace", "[rpc:call(N, erlang, whereis, [shop_cart]), false, [all]]")
        before = self.node.state()
        self.assert_refused(self.record("shop_cart", "refused.svg").result(), 4, "other_tracer|<0")
        now = self.node.state()
        self.assertEqual(now["flags"], before["flags"], "the other's trace goes on")
        self.assert_clean(self.node, before)


if __name__ == "__main__":
    harness.main()
