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
        """Also where the VM would allow it: several sessions on one process make OTP 27 to 29 abort."""
        self.node.ask("P = spawn(N, timer, sleep, [20000]), rpc:call(N, erlang, register, [other_tracer, P]), "
                      "rpc:call(N, erlang, trace, [rpc:call(N, erlang, whereis, [shop_cart]), true, [call, {tracer, P}]])")
        self.addCleanup(self.node.call, "erlang", "trace", "[rpc:call(N, erlang, whereis, [shop_cart]), false, [all]]")
        before = self.node.state()
        self.assertTrue(before["flags"])
        self.assert_refused(self.record("shop_cart", "refused.svg").result(), 4, "other_tracer|<0")
        self.assertEqual(self.node.state()["flags"], before["flags"], "the other's trace goes on")
        self.assert_clean(self.node, before)

    def test_a_process_that_flambeau_traces_already(self):
        before = self.node.state()
        first, second = self.two("shop_cart", "shop_cart")
        self.assert_ended(first, 0)
        self.assert_whole("first.folded", "shop_cart:pay/1", 3)
        self.assert_refused(second, 4, "traced already")
        self.assert_clean(self.node, before)

    def test_a_pattern_that_somebody_sets_meanwhile_stays(self):
        before = self.node.state()
        run = self.record("shop_cart", "pattern.folded", "2s")
        harness.wait_until(lambda: self.node.state()["flags"], 20, "tracing")
        self.node.call("erlang", "trace_pattern", "[{lists, seq, 2}, [{'_', [], [{message, mine}]}], [local]]")
        self.addCleanup(self.node.call, "erlang", "trace_pattern", "[{lists, seq, 2}, false, [local]]")
        self.assert_ended(run.result(), 0)
        time.sleep(harness.CLEAN_S)
        left = [line for line in self.node.state()["functions"] if line not in before["functions"]]
        self.assertEqual(left, ["legacy {lists,seq,2}"])

    def test_a_global_pattern_that_somebody_sets_meanwhile_stays_global(self):
        run = self.record("shop_cart", "global.folded", "2s")
        harness.wait_until(lambda: self.node.state()["flags"], 20, "tracing")
        self.node.call("erlang", "trace_pattern", "[{lists, duplicate, 2}, true, [global]]")
        self.addCleanup(self.node.call, "erlang", "trace_pattern", "[{lists, duplicate, 2}, false, [global]]")
        self.assert_ended(run.result(), 0)
        time.sleep(harness.CLEAN_S)
        self.assertIs(self.node.ask("rpc:call(N, erlang, trace_info, [{lists, duplicate, 2}, traced]) =:= {traced, global}"),
                      True)


class FreshNodeTest(LiveTest):
    def test_sessions_are_used_where_there_are_any(self):
        """Nobody has loaded the module `trace` yet: looking at the node would do so, hence the waiting."""
        node = harness.start_shop()
        self.addCleanup(node.stop)
        run = Run("record", "-n", node.name, "-p", "shop_cart", "-d", "5s", "-o", harness.world.folder / "fresh.folded")
        time.sleep(2.5)
        flags = node.state()["flags"]
        self.assert_ended(run.result(), 0)
        self.assertTrue(flags)
        self.assertEqual([flag for flag in flags if " legacy " in flag] == [], harness.otp_release(node) >= 27, flags)


class GuardsTest(LiveTest):
    """Whichever of the agent's processes is killed, the others see to it that nothing stays."""

    def setUp(self):
        self.node = harness.start_shop()
        self.addCleanup(self.node.stop)

    def kill(self, which):
        """`which` picks of {Keeper, Others}: the process named as the agent's module, and those that run its code."""
        return self.node.ask(
            "Module = hd([M || {M, _} <- rpc:call(N, code, all_loaded, []), lists:prefix(\"flambeau_agent_\", atom_to_list(M))]), "
            "Keeper = rpc:call(N, erlang, whereis, [Module]), "
            "Others = [P || P <- rpc:call(N, erlang, processes, []), P =/= Keeper, "
            "{current_function, {M, _, _}} <- [rpc:call(N, erlang, process_info, [P, current_function])], M =:= Module], "
            f"Killed = {which}, [exit(P, kill) || P <- Killed], length(Killed)")

    def killed_while_tracing(self, which, at_least):
        before = self.node.state()
        output = harness.world.folder / "guarded.folded"
        run = Run("record", "-n", self.node.name, "-p", "shop_price", "-d", "3s", "-o", output)
        harness.wait_until(lambda: self.node.state()["flags"], 20, "tracing")
        self.assertGreaterEqual(self.kill(which), at_least)
        result = run.result(20)
        self.assert_clean(self.node, before)
        return result

    def test_the_keeper_is_killed(self):
        result = self.killed_while_tracing("[Keeper]", 1)
        self.assert_ended(result, 0)
        self.assertNotIn("connection", result.err)

    def test_all_but_the_keeper_are_killed(self):
        self.assert_ended(self.killed_while_tracing("Others", 1), 0)


if __name__ == "__main__":
    harness.main()
