"""Several people profile one node: sessions make that possible from OTP 27 on; before, the second is told who is there."""
import signal
import time

import harness
from harness import LiveTest, Run, flambeau


class TogetherTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        cls.node = harness.start_shop()
        cls.sessions = harness.otp_release(cls.node) >= 27

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def record(self, process, output, duration="3s"):
        return Run("record", "-n", self.node.name, "-p", process, "-d", duration, "--raw-times", "-o", harness.world.folder / output)

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

    def test_a_tracer_that_comes_to_our_process(self):
        """Before OTP 27 the VM refuses it; from then on it would be one session too many on a process."""
        if not self.sessions:
            self.skipTest("one tracer a process before OTP 27")
        before = self.node.state()
        run = self.record("shop_cart", "left.folded", "20s")
        harness.wait_until(lambda: self.node.state()["flags"], 20, "tracing")
        self.node.ask("P = spawn(N, timer, sleep, [20000]), rpc:call(N, erlang, register, [late_tracer, P]), "
                      "rpc:call(N, erlang, trace, [rpc:call(N, erlang, whereis, [shop_cart]), true, [send, {tracer, P}]])")
        result = run.result(15)
        self.assert_ended(result, 0)
        self.assertIn("another tracer", result.err)
        left = [flag for flag in self.node.state()["flags"] if flag not in before["flags"]]
        self.node.call("erlang", "trace", "[rpc:call(N, erlang, whereis, [shop_cart]), false, [all]]")
        self.node.ask("exit(rpc:call(N, erlang, whereis, [late_tracer]), kill)")
        self.assertTrue(left and all(" legacy " in flag for flag in left), left)
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


class CallsTest(LiveTest):
    """Whoever waits for calls may find itself in any process, so it wants to be the only one on the node."""

    @classmethod
    def setUpClass(cls):
        cls.node = harness.start_shop("live_together")
        cls.sessions = harness.otp_release(cls.node) >= 27
        flambeau("record", "-n", cls.node.name, "-f", "shop_price:tax/1", "-o", "none.folded")
        time.sleep(harness.CLEAN_S)

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def setUp(self):
        self.before = self.node.state()
        self.output = harness.world.folder / "together.folded"
        self.output.unlink(missing_ok=True)

    def start(self, *words):
        run = Run(*words)
        self.addCleanup(run.process.kill)  # where the test did not come to its end
        return run

    def processes(self):
        return self.start("record", "-n", self.node.name, "-p", "shop_stock", "-d", "30s", "-o", harness.world.folder / "processes.folded")

    def calls(self, function="shop_price:tax/1", *more):
        return self.start("record", "-n", self.node.name, "-f", function, "-o", self.output, *more)

    def waiting(self, *more):
        """For calls that do not come."""
        run = self.calls("shop:stop/1", "--timeout", "30s", *more)
        harness.wait_until(lambda: self.node.call("witness", "is_gate_open"), 20, "the gate")
        return run

    def own_call(self, expression):
        return self.start("run", "-n", self.node.name, expression, "-o", harness.world.folder / "own.folded")

    def await_flags(self):
        harness.wait_until(lambda: self.node.state()["flags"], 20, "tracing")

    def end(self, run, code):
        run.signal(signal.SIGINT)
        self.assert_ended(run.result(), code)
        self.assert_clean(self.node, self.before)

    def test_calls_while_another_traces_processes(self):
        first = self.processes()
        self.await_flags()
        self.assert_refused(self.calls().result(), 4, "traced by|another flambeau")
        self.end(first, 0)

    def test_calls_while_another_runs_its_own(self):
        first = self.own_call("timer:sleep(20000)")
        self.await_flags()
        self.assert_refused(self.calls().result(), 4, "traced by|another flambeau")
        self.end(first, 0)

    def test_others_while_calls_are_waited_for(self):
        first = self.waiting()
        self.assert_refused(self.processes().result(), 4, "another flambeau", "wait|at it")
        self.assert_refused(self.calls().result(), 4, "another flambeau", "wait|at it")
        self.assert_refused(self.own_call("lists:sort([2, 1])").result(), 4, "another flambeau", "wait|at it")
        self.assertTrue(self.node.call("witness", "is_gate_open"), "the first goes on")
        self.end(first, 5)

    def test_a_process_with_another_tracer(self):
        """Any process: it might make the call."""
        self.node.ask("P = spawn(N, timer, sleep, [20000]), rpc:call(N, erlang, register, [other_tracer, P]), "
                      "rpc:call(N, erlang, trace, [rpc:call(N, erlang, whereis, [shop_dense]), true, [call, {tracer, P}]])")
        try:
            before = self.node.state()
            self.assertTrue(before["flags"])
            self.assert_refused(self.calls().result(), 4, "other_tracer")
            self.assertEqual(self.node.state()["flags"], before["flags"], "the other's trace goes on")
            self.assert_clean(self.node, before)
        finally:
            self.node.ask("exit(rpc:call(N, erlang, whereis, [other_tracer]), kill)")
            self.node.call("erlang", "trace", "[rpc:call(N, erlang, whereis, [shop_dense]), false, [all]]")

    def test_a_meta_pattern_of_somebody_else(self):
        """Before OTP 27 a function has one meta tracer; a session has one of its own."""
        self.node.ask("rpc:call(N, erlang, trace_pattern, [{shop_price, tax, 1}, [], [{meta, rpc:call(N, erlang, whereis, [init])}]])")
        try:
            before = self.node.state()
            result = self.calls().result()
            if self.sessions:
                self.assert_ended(result, 0)
            else:
                self.assert_refused(result, 4, "shop_price:tax/1")
            self.assertEqual(self.node.state()["functions"], before["functions"])
        finally:
            self.node.call("erlang", "trace_pattern", "[{shop_price, tax, 1}, false, [meta]]")
        self.assert_clean(self.node, self.before)

    def evaluate(self, text):
        """On the node, as handles of sessions are only good there."""
        return self.node.ask("rpc:call(N, erl_eval, exprs, [element(2, erl_parse:parse_exprs(element(2, erl_scan:string("
                             f"\"{text}.\")))), []])")

    def need_sessions(self):
        if not self.sessions:
            self.skipTest("no sessions before OTP 27")

    def session(self):
        self.evaluate("S = trace:session_create(somebodys, whereis(init), []), trace:process(S, whereis(shop_dense), true, [call]), "
                      "persistent_term:put(somebodys, S)")
        self.addCleanup(self.evaluate, "trace:session_destroy(persistent_term:get(somebodys)), persistent_term:erase(somebodys)")

    def test_a_process_of_another_session(self):
        self.need_sessions()
        self.session()
        before = self.node.state()
        self.assert_refused(self.calls().result(), 4, "somebodys")
        self.assert_clean(self.node, before)

    def test_a_session_that_comes_while_waiting(self):
        self.need_sessions()
        run = self.waiting()
        self.session()
        result = run.result(10)
        self.assert_refused(result, 5, "trac")
        self.assertFalse(self.output.exists())

    def test_a_session_that_comes_between_calls(self):
        self.need_sessions()
        run = self.calls("shop_price:tax/1", "--calls", "1000000")
        harness.wait_until(lambda: self.node.state()["functions"], 20, "tracing")
        time.sleep(1)
        self.session()
        result = run.result(10)
        self.assert_ended(result, 0)
        self.assertRegex(result.err, "trace session|tracer")
        self.assertIn("shop_price:tax/1", self.output.read_text())

    def test_other_bits_of_the_trace_control_word(self):
        word = lambda: self.node.call("erlang", "system_info", "[trace_control_word]")
        self.node.call("erlang", "system_flag", "[trace_control_word, 5]")
        try:
            first = self.waiting()
            self.assertEqual(word(), 5 | 1 << 30)
            self.end(first, 5)
            self.assertEqual(word(), 5)
            self.assert_ended(self.calls().result(), 0)
            harness.wait_until(lambda: word() == 5, harness.CLEAN_S, "the gate shut")
        finally:
            self.node.call("erlang", "system_flag", "[trace_control_word, 0]")


if __name__ == "__main__":
    harness.main()
