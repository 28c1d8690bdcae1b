"""Calls of a function, captured in whatever process makes them: which, how many, what is in them and how they ended. The
truth is derived from callee.erl, where it says what one call of each function makes."""
import json
import re
import signal
import statistics
import time

import harness
from harness import HOST, LiveTest, Node, Run, flambeau

GATE_S = 20
REQUESTS = 2000


def start_callee(name="live_callee", *flags, **env):
    name = f"{name}@{HOST}"
    node = Node(name, ["erl", "-noinput", "-name", name, "-setcookie", harness.world.cookie, *flags, "-s", "callee"], **env)
    return node.await_registered("callee_served")


def named(counts):
    """A table's stacks as they are written in folded text: names without a module are callee's."""
    return {";".join(frame if re.search(r"[:.\[]", frame) else f"callee:{frame}" for frame in stack.split(";")): count
            for stack, count in counts.items()}


def f_of(n, root="f/1", calls=1):
    """f(n), so many times."""
    return {root: calls, root + ";times/2": calls * (n + 1), root + ";times/2;g/1": calls * n, root + ";h/0": calls,
            root + ";h/0;timer:sleep/1": calls}


class CapturedTest(LiveTest):
    """Whatever is captured adds up, and its capture drawn again is what was drawn live."""

    def assert_sound(self, path):
        again = path.with_suffix(".again.folded")
        self.assert_ended(flambeau("render", path, "-o", again), 0)
        self.assertEqual(again.read_text(), path.with_suffix(".folded").read_text())
        report = self.report(path)
        self.assertEqual(report["conservation"]["difference_ns"], 0)
        self.assertEqual(report["calls_seen"], len(report["calls"]))
        return report

    def report(self, path):
        result = flambeau("report", "--json", path)
        self.assert_ended(result, 0)
        return json.loads(result.out)

    def counts(self, path):
        """{stack: calls} of a capture."""
        counted = path.with_suffix(".calls.folded")
        self.assert_ended(flambeau("render", path, "--weight", "calls", "-o", counted), 0)
        return {";".join(frames): count for frames, count in harness.folded(counted)}

    def endings(self, report):
        return [call["ending"] for call in report["calls"]]

    def functions(self, report):
        return {function["name"]: function["calls"] for function in report["functions"]}


class CallsTest(CapturedTest):
    @classmethod
    def setUpClass(cls):
        harness.world.compile(harness.HERE / "callee.erl", "programs")
        cls.node = start_callee()
        flambeau("record", "-n", cls.node.name, "-f", "callee:f", "--timeout", "100ms", "-o", "none.folded")
        time.sleep(harness.CLEAN_S)

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def setUp(self):
        self.number = getattr(CallsTest, "number", 0) + 1
        CallsTest.number = self.number
        self.path = harness.world.folder / f"calls-{self.number}.flb"

    def record(self, *functions, calls=1, timeout="20s", more=()):
        chosen = [word for function in functions for word in ("-f", function if re.search("[:.]", function) else f"callee:{function}")]
        return Run("record", "-n", self.node.name, *chosen, "--calls", calls, "--timeout", timeout, "--overhead", "full", "-o", self.path,
                   "-o", self.path.with_suffix(".folded"), *more)

    def await_gate(self, run):
        harness.wait_until(lambda: run.process.poll() is not None or self.node.call("witness", "is_gate_open"), GATE_S, "the gate")
        self.assertIsNone(run.process.poll(), run.said())

    def make(self, function, arguments="[]"):
        return self.node.ask(f"rpc:call(N, callee, makes, [{function}, {arguments}])")

    def local(self, pid):
        return "<0" + pid[pid.index("."):]

    def load(self, n):
        self.node.call("callee", "load", f"[{n}]")
        self.addCleanup(self.node.call, "callee", "unload")

    def hot(self, function, arguments):
        """A process that does it for ever; ended by the test's end."""
        pid = self.node.ask(f"spawn(N, callee, {function}, {arguments})")
        self.addCleanup(self.node.ask, f"exit(list_to_pid(\"{pid}\"), kill)")
        return pid

    def capture(self, function, arguments, *functions, calls=1, made=None, more=()):
        """Records while so many calls are made, one after the other; -> result, report, counts."""
        run = self.record(*(functions or (function.strip("'"),)), calls=calls, more=more)
        self.await_gate(run)
        for _ in range(made or calls):
            self.make(function, arguments)
            if (made or calls) > 1:
                time.sleep(0.3)
        result = run.result(40)
        self.assert_ended(result, 0)
        return result, self.assert_sound(self.path), self.counts(self.path)

    def assert_calls(self, function, arguments, counts, endings, *functions, **options):
        """What the table says is there, and nothing else."""
        result, report, counted = self.capture(function, arguments, *functions, **options)
        self.assertEqual(counted, named(counts))
        self.assertEqual(self.endings(report), endings)
        return report

    # Many callers.

    def test_twenty_whole_calls_of_four_callers(self):
        self.load(5)
        before = self.node.state()
        run = self.record("f/1", calls=20)
        traced = set()
        while run.process.poll() is None:
            traced.update(self.node.call("witness", "traced_processes"))
        self.assert_ended(run.result(), 0)
        report = self.assert_sound(self.path)
        self.assertEqual(self.counts(self.path), named(f_of(5, calls=20)))
        self.assertEqual(self.endings(report), ["returned"] * 20)
        self.assertGreater(len({call["pid"] for call in report["calls"]}), 1)
        self.assertEqual({call["caller"] for call in report["calls"]}, {"callee:caller/1"})
        callers = {self.local(self.node.ask(f"rpc:call(N, erlang, whereis, [callee_{i}])")) for i in range(1, 5)}
        self.assertLessEqual(traced, callers, "only those that make the calls")
        self.assertLessEqual({call["pid"] for call in report["calls"]}, callers)
        self.assert_clean(self.node, before)

    def test_every_stack_starts_at_the_function(self):
        self.load(5)
        self.assert_ended(self.record("f/1", calls=50).result(), 0)
        self.assert_sound(self.path)
        for frames, _ in harness.folded(self.path.with_suffix(".folded")):
            self.assertEqual(frames[0], "callee:f/1")
            self.assertNotIn("callee:other_work/0", frames)

    def test_one_process_in_a_hot_loop(self):
        """Its next call begins before the flags are off again; the gate may open in the middle of one. Before OTP 26 nothing but
        the caller tells that a call is within another, and here that is via/1."""
        self.hot("chain", "[3]")
        run = self.record("callee:through/1", calls=10)
        self.assert_ended(run.result(), 0)
        report = self.assert_sound(self.path)
        self.assertEqual(self.endings(report), ["returned"] * 10)
        functions = self.functions(report)
        through, via, g = (functions[f"callee:{name}/1"] for name in ("through", "via", "g"))
        self.assertEqual((via, g), (through - 10, through))
        if harness.otp_release(self.node) >= 26:
            self.assertEqual(through, 40)

    def test_one_process_in_a_recursion_of_nothing_else(self):
        """The same with no other function between."""
        self.hot("calls_on", "[body, [4]]")
        self.assert_ended(self.record("body/1", calls=10).result(), 0)
        self.assert_sound(self.path)
        self.assertEqual(self.counts(self.path), named({";".join(["body/1"] * depth): 10 for depth in range(1, 6)}))

    def test_processes_that_live_for_one_call(self):
        self.hot("opens", "[100000]")
        self.assert_ended(self.record("f/1", calls=20).result(), 0)
        report = self.assert_sound(self.path)
        self.assertEqual(self.counts(self.path), named(f_of(2, calls=20)))
        self.assertEqual(len({call["pid"] for call in report["calls"]}), 20)

    def test_functions_that_the_agent_uses_itself(self):
        """Of its own calls none is captured, and none keeps others from being captured."""
        for module, function, arguments in (("erlang", "process_info", "[rpc:call(N, erlang, whereis, [init]), links]"),
                                            ("erlang", "system_info", "[trace_control_word]"), ("erlang", "send", "[callee_served, x, []]"),
                                            ("maps", "fold", "[fun maps:update/3, none, #{}]"), ("queue", "in", "[1, queue:new()]")):
            with self.subTest(function):
                pid = self.hot("again", f"[{module}, {function}, {arguments}]")
                arity = {"process_info": 2, "system_info": 1, "send": 3, "fold": 3, "in": 2}[function]
                self.assert_ended(self.record(f"{module}:{function}/{arity}", calls=20).result(), 0)
                report = self.assert_sound(self.path)
                self.assertEqual({call["pid"] for call in report["calls"]}, {self.local(pid)})
                self.assertEqual(self.endings(report), ["returned"] * 20)
                self.node.ask(f"exit(list_to_pid(\"{pid}\"), kill)")

    def test_others_are_as_fast_while_a_call_is_waited_for(self):
        """Below three times: this machine's noise alone makes it twice now and then, tracing makes it ten times."""
        median = lambda: statistics.median(self.node.call("callee", "latencies", f"[{REQUESTS}, 300]"))
        median()
        before = min(median() for _ in range(3))
        run = self.record("callee:last/1", timeout="60s")
        self.await_gate(run)
        during = min(median() for _ in range(3))
        run.signal(signal.SIGINT)
        self.assert_refused(run.result(), 5, "nothing was captured")
        print(f"median latency {before} ns before, {during} ns while waiting: {during / before:.2f}", end=" ", flush=True)
        self.assertLess(during, 3 * before)

    # How a call ends.

    def test_returns(self):
        report = self.assert_calls("f", "[7]", f_of(7), ["returned"])
        self.assertEqual(report["calls"][0]["function"], "callee:f/1")
        self.assertGreater(report["calls"][0]["length_ns"], 1e6, "it sleeps a millisecond")

    def test_raises(self):
        self.assert_calls("raises", "[3]", {"raises/1": 1, "raises/1;times/2": 4, "raises/1;times/2;g/1": 3,
                                            "raises/1;erlang:throw/1": 1}, ["raised"])

    def test_exits(self):
        """exit/1 is an exception; here nobody catches it."""
        self.assert_calls("quits", "[]", {"quits/0": 1, "quits/0;g/1": 1, "quits/0;erlang:exit/1": 1}, ["raised"])

    def test_is_killed(self):
        run = self.record("sleeps/1")
        self.await_gate(run)
        pid = self.make("sleeps", "[20000]")
        harness.wait_until(lambda: self.node.call("witness", "traced_processes"), 10, "the call")
        time.sleep(0.2)
        self.node.ask(f"exit(list_to_pid(\"{pid}\"), kill)")
        self.assert_ended(run.result(), 0)
        report = self.assert_sound(self.path)
        self.assertEqual(self.endings(report), ["exited"])
        self.assertEqual(self.counts(self.path), named({"sleeps/1": 1, "sleeps/1;timer:sleep/1": 1}))

    def test_bifs_that_raise(self):
        """Nothing of theirs is on the stack that could tell of their end."""
        for module, function, arguments in (("erlang", "throw", "[a]"), ("erlang", "error", "[a]"), ("ets", "lookup", "[no_such, key]"),
                                            ("erlang", "raise", "[error, a, []]")):
            with self.subTest(function):
                pid = self.hot("again", f"[{module}, {function}, {arguments}]")
                self.assert_ended(self.record(f"{module}:{function}", calls=5).result(), 0)
                report = self.assert_sound(self.path)
                self.assertEqual(self.endings(report), ["raised"] * 5)
                self.assertEqual({call["pid"] for call in report["calls"]}, {self.local(pid)})
                self.assertEqual(list(self.functions(report).values()), [5])
                self.node.ask(f"exit(list_to_pid(\"{pid}\"), kill)")

    def test_an_exception_from_within(self):
        """Raised in the innermost of five calls of it, caught in the third. (Which of five equal frames is returned to then,
        the VM does not say: the counts are those of the functions.)"""
        _, report, _ = self.capture("tries", "[4]")
        self.assertEqual(self.endings(report), ["returned"])
        self.assertEqual(self.functions(report), {"callee:tries/1": 5, "callee:g/1": 2, "erlang:error/1": 1})

    def test_hibernates_and_so_never_returns(self):
        run = self.record("hibernates/0", more=("-d", "1s"))
        self.await_gate(run)
        pid = self.node.ask("spawn(N, callee, hands, [hibernates, []])")
        self.assert_ended(run.result(), 0)
        self.assertEqual(self.endings(self.assert_sound(self.path)), ["cut"])
        self.assertFalse(self.node.ask(f"rpc:call(N, witness, is_traced, [list_to_pid(\"{pid}\")])"))
        self.node.ask(f"exit(list_to_pid(\"{pid}\"), kill)")

    def test_last_call(self):
        """What the captured function ends in stands above it, although its own frame is gone: it is the call's root."""
        self.assert_calls("last", "[1]", {"last/1": 1, "last/1;g/1": 1, **f_of(3, "last/1;f/1")}, ["returned"])

    # What belongs to it.

    def test_body_recursion(self):
        self.assert_calls("body", "[5]", {";".join(["body/1"] * depth): 1 for depth in range(1, 7)}, ["returned"])

    def test_a_call_within_the_call(self):
        self.assert_calls("through", "[1]", {
            "through/1": 1, "through/1;g/1": 1, "through/1;via/1": 1, "through/1;via/1;through/1": 1,
            "through/1;via/1;through/1;g/1": 1}, ["returned"])

    def test_two_functions_that_call_each_other(self):
        stack = ["ping/1", "pong/1"] * 3
        self.assert_calls("ping", "[5]", {";".join(stack[:depth]): 1 for depth in range(1, 7)}, ["returned"], "ping/1", "pong/1")

    def test_two_functions_that_end_in_each_other(self):
        """A loop by last calls is one frame deep, and the first of it is the call's root."""
        self.assert_calls("even", "[9]", {"even/1": 5, "even/1;odd/1": 5}, ["returned"], "even/1", "odd/1")

    def test_all_arities(self):
        run = self.record("a", calls=3)
        self.await_gate(run)
        for arguments in ("[]", "[1]", "[1, 2]"):
            self.make("a", arguments)
            time.sleep(0.3)
        self.assert_ended(run.result(), 0)
        report = self.assert_sound(self.path)
        self.assertEqual([call["function"] for call in report["calls"]], ["callee:a/0", "callee:a/1", "callee:a/2"])
        self.assertEqual(self.functions(report), {"callee:a/0": 1, "callee:a/1": 2, "callee:a/2": 3, "callee:g/1": 3})

    def test_one_arity(self):
        report = self.assert_calls("a", "[]", {"a/1": 1, "a/1;a/2": 1, "a/1;a/2;g/1": 1}, ["returned"], "a/1")
        self.assertEqual(report["calls"][0]["caller"], "callee:a/0")

    def test_a_bif(self):
        self.assert_calls("looks_up", "[key]", {"ets:lookup/2": 1}, ["returned"], "ets:lookup/2", more=("--max-events", "1000"))

    def test_a_nif(self):
        _, report, counts = self.capture("reads", "[]", "prim_file:get_cwd_nif/0")
        self.assertEqual(counts, {"prim_file:get_cwd_nif/0": 1})
        self.assertEqual(self.endings(report), ["returned"])

    def test_a_function_that_is_not_exported(self):
        self.assert_calls("calls_local", "[1]", {"hidden/1": 2, "hidden/1;g/1": 2}, ["returned"] * 2, "hidden/1", calls=2, made=4)

    def test_a_fun_by_its_raw_name(self):
        self.assert_calls("maps", "[1]", {"maps/1-fun-0": 1, "maps/1-fun-0;g/1": 1}, ["returned"], "callee:-maps/1-fun-0-/1")
        self.assert_calls("maps", "[1]", {"maps/1-fun-0": 1, "maps/1-fun-0;g/1": 1}, ["returned"], "callee:-maps/1-fun-0-")

    def test_a_recursion_that_was_going_on_is_no_whole_call(self):
        pid = self.make("deep", "[400, 10]")
        time.sleep(0.5)
        run = self.record("deep/2", timeout="1500ms")
        self.assert_refused(run.result(), 5, "deep", "1.50? s|1500")
        self.assertFalse(self.node.ask(f"rpc:call(N, witness, is_traced, [list_to_pid(\"{pid}\")])"))
        harness.wait_until(lambda: not self.node.ask(f"rpc:call(N, erlang, is_process_alive, [list_to_pid(\"{pid}\")])"), 10, "its end")

    def test_a_new_call_beside_a_recursion_that_was_going_on(self):
        """The recursion may get in its way more than once."""
        self.hot("deep", "[100000, 10]")
        time.sleep(0.3)
        run = self.record("deep/2")
        self.await_gate(run)
        while run.process.poll() is None:
            self.make("deep", "[2, 1]")
            time.sleep(0.02)
        self.assert_ended(run.result(), 0)
        self.assertEqual(self.endings(self.assert_sound(self.path)), ["returned"])
        self.assertEqual(self.counts(self.path), named({
            "deep/2": 1, "deep/2;timer:sleep/1": 1, "deep/2;deep/2": 1, "deep/2;deep/2;timer:sleep/1": 1,
            "deep/2;deep/2;deep/2": 1}))

    def test_the_first_call_of_a_process(self):
        """Nobody calls it: the process begins with it."""
        run = self.record("child/1")
        self.await_gate(run)
        self.node.ask("spawn(N, callee, child, [2])")
        self.assert_ended(run.result(), 0)
        report = self.assert_sound(self.path)
        self.assertEqual(self.counts(self.path), named({"child/1": 1, **f_of(2, "child/1;f/1")}))
        self.assertEqual(len(report["calls"]), 1)

    def test_what_it_spawns(self):
        """The child ends in a call of f/1, which stands where the child's first function stood: at its root."""
        self.assert_calls("parent", "[2]", {
            "parent/1": 1, "parent/1;erlang:spawn_monitor/3": 1, "parent/1;erlang:spawn_monitor/3;erlang:spawn_opt/4": 1,
            "child/1": 1, **f_of(2)}, ["returned"], more=("--spawned",))

    def test_without_what_it_spawns(self):
        _, report, counts = self.capture("parent", "[2]")
        self.assertEqual(len(report["processes"]), 1)
        self.assertNotIn("callee:f/1", "".join(counts))

    # When it ends.

    def test_a_loop_that_never_returns(self):
        run = self.record("spins/1", more=("-d", "1s", "--max-queue", "10M"))
        self.await_gate(run)
        self.hot("spins", "[0]")
        result = run.result()
        self.assert_ended(result, 0)
        report = self.assert_sound(self.path)
        self.assertEqual(self.endings(report), ["cut"])
        counts = self.counts(self.path)
        self.assertEqual(set(counts), {"callee:spins/1", "callee:spins/1;callee:g/1"})
        self.assertLessEqual(abs(counts["callee:spins/1"] - counts["callee:spins/1;callee:g/1"]), 1)
        self.assertRegex(result.err, "1 call")

    def test_a_bound_in_the_middle_of_a_call(self):
        run = self.record("f/1", more=("--max-events", "5000"))
        self.await_gate(run)
        self.make("f", "[1000000]")
        result = run.result()
        self.assert_ended(result, 0)
        self.assertRegex(result.err, "max-events")
        report = self.assert_sound(self.path)
        self.assertEqual(self.endings(report), ["cut"])
        self.assertEqual(report["facts"]["ended"], "max-events")
        self.assertGreaterEqual(self.functions(report)["callee:g/1"], 1000)

    def test_interrupted_while_waiting(self):
        before = self.node.state()
        run = self.record("last/1")
        self.await_gate(run)
        run.signal(signal.SIGINT)
        self.assert_refused(run.result(10), 5, "last")
        self.assertFalse(self.path.exists())
        self.assertFalse(self.path.with_suffix(".folded").exists())
        self.assert_clean(self.node, before)

    def test_interrupted_in_a_call(self):
        run = self.record("sleeps/1")
        self.await_gate(run)
        self.make("sleeps", "[5000]")
        harness.wait_until(lambda: self.node.call("witness", "traced_processes"), 10, "the call")
        time.sleep(0.5)
        run.signal(signal.SIGINT)
        self.assert_ended(run.result(10), 0)
        report = self.assert_sound(self.path)
        self.assertEqual(self.endings(report), ["cut"])
        self.assertGreater(report["calls"][0]["length_ns"], 0.4e9)

    def test_no_call_in_time(self):
        result = self.record("last/1", timeout="700ms").result(10)
        self.assert_refused(result, 5, "last/1", "--timeout")
        self.assertFalse(self.path.exists())

    def test_the_duration_begins_with_the_first_call(self):
        run = self.record("sleeps/1", calls=100, more=("-d", "1s"))
        self.await_gate(run)
        time.sleep(2)
        self.assertIsNone(run.process.poll(), run.said())
        self.make("sleeps", "[1]")
        began = time.monotonic()
        self.assert_ended(run.result(), 0)
        self.assertGreater(time.monotonic() - began, 0.9)
        self.assertEqual(self.endings(self.assert_sound(self.path)), ["returned"])

    # Which calls.

    def test_only_slow_calls_are_kept_and_counted(self):
        run = self.record("sleeps/1", calls=3, more=("--slower-than", "50ms"))
        self.await_gate(run)
        self.hot("sleeps_after", "[7, 60]")
        self.assert_ended(run.result(), 0)
        report = self.assert_sound(self.path)
        self.assertEqual(self.endings(report), ["returned"] * 3)
        self.assertTrue(all(call["length_ns"] >= 50e6 for call in report["calls"]), report["calls"])
        self.assertEqual(self.counts(self.path), named({"sleeps/1": 3, "sleeps/1;timer:sleep/1": 3}))

    def test_no_call_was_slow_enough(self):
        run = self.record("sleeps/1", more=("--slower-than", "5s", "-d", "1s"))
        self.await_gate(run)
        self.hot("sleeps_after", "[6, 2]")
        self.assert_refused(run.result(), 5, "none took as long as 5")

    def test_only(self):
        """times/2 is not traced, but calls what is."""
        self.assert_calls("f", "[3]", {"f/1": 1, "f/1;times/2;g/1": 3}, ["returned"], more=("--only", "callee:g"))

    def test_skip(self):
        counts = f_of(3)
        del counts["f/1;h/0;timer:sleep/1"]
        self.assert_calls("f", "[3]", counts, ["returned"], more=("--skip", "timer"))

    def test_skipped_itself(self):
        self.assert_calls("f", "[3]", {"f/1": 1, "f/1;h/0;timer:sleep/1": 1}, ["returned"], more=("--skip", "callee"))

    def test_opaque(self):
        report = self.assert_calls("f", "[3]", {"f/1": 1, "f/1;times/2": 4, "f/1;times/2;g/1": 3, "f/1;h/0": 1}, ["returned"],
                                   more=("--opaque", "callee:h/0"))
        (h,) = [function for function in report["functions"] if function["name"] == "callee:h/0"]
        self.assertGreater(h["waiting_ns"], 1e6, "the sleep is beneath nothing but it")

    # What is hard on the node.

    def test_large_terms(self):
        """Copied to the tracer, a hundred megabytes each way, and gone again."""
        before = self.node.state()
        run = self.record("with_terms/1")
        self.await_gate(run)
        self.make("hands", "[with_terms, [lists:seq(1, 6000000)]]")
        self.assert_ended(run.result(60), 0)
        self.assertEqual(self.counts(self.path), named({"with_terms/1": 1, "with_terms/1;g/1": 1}))
        self.assertEqual(self.endings(self.assert_sound(self.path)), ["returned"])
        self.assert_clean(self.node, before, within_s=5)

    def test_new_code_while_waiting(self):
        """The new code's calls are captured: it has no breakpoints when it is loaded."""
        source = harness.world.folder / "reloaded.erl"
        for version, body in ((1, "old()"), (2, "new() + new()")):
            source.write_text(f"-module(reloaded).\n-export([f/0]).\nf() -> 1 + {body}.\n" +
                              ("old() -> erlang:phash2(a).\n" if version == 1 else "new() -> erlang:phash2(b).\n"))
            harness.world.compile(source, "programs")
            if version == 1:
                self.node.call("code", "load_file", "[reloaded]")
                run = self.record("reloaded:f/0")
                self.await_gate(run)
        self.node.call("code", "load_file", "[reloaded]")
        time.sleep(1)
        self.node.call("reloaded", "f")
        self.assert_ended(run.result(), 0)
        self.assert_sound(self.path)
        self.assertEqual(self.counts(self.path), {
            "reloaded:f/0": 1, "reloaded:f/0;reloaded:new/0": 2, "reloaded:f/0;reloaded:new/0;erlang:phash2/1": 2})
        self.node.call("code", "purge", "[reloaded]")

    def test_a_module_that_nobody_has_called_yet(self):
        """Code that is loaded when it is first called, as a node in interactive mode does: that call may be the one to wait for."""
        source = harness.world.folder / "idler.erl"
        source.write_text("-module(idler).\n-export([f/0]).\nf() -> 1 + g().\ng() -> erlang:phash2(a).\n")
        harness.world.compile(source, "programs")
        run = self.record("idler:f/0")
        self.await_gate(run)
        self.node.call("idler", "f")
        self.assert_ended(run.result(), 0)
        self.assertEqual(self.counts(self.path), {
            "idler:f/0": 1, "idler:f/0;idler:g/0": 1, "idler:f/0;idler:g/0;erlang:phash2/1": 1})
        self.assert_refused(self.record("idlest:f/0").result(), 4, "no module of idlest:f/0 is loaded, or can be")

    def test_callers_are_let_go_after_each_call(self):
        """Between its calls a process is not traced."""
        run = self.record("sleeps/1", calls=2)
        self.await_gate(run)
        pid = self.hot("keeps", "[sleeps, [300]]")
        traced = lambda: self.node.ask(f"rpc:call(N, witness, is_traced, [list_to_pid(\"{pid}\")])")
        harness.wait_until(traced, 5, "the call")
        harness.wait_until(lambda: not traced(), 5, "the end of the call")
        time.sleep(0.5)
        self.assertFalse(traced())
        self.node.ask(f"list_to_pid(\"{pid}\") ! again")
        self.assert_ended(run.result(10), 0)
        self.assertEqual(len(self.assert_sound(self.path)["calls"]), 2)


class ElixirCallsTest(CapturedTest):
    def test_an_elixir_function(self):
        """Called by real requests; it calls nothing but itself."""
        node = harness.start_talk()
        self.addCleanup(node.stop)
        before = node.state()
        path = harness.world.folder / "fib.flb"
        result = flambeau("record", "-n", node.name, "-f", "Talk.Fib.fib/1", "--calls", "2", "--overhead", "full", "-o", path,
                          "-o", path.with_suffix(".folded"))
        self.assert_ended(result, 0)
        report = self.assert_sound(path)
        self.assertEqual(self.endings(report), ["returned"] * 2)
        self.assertEqual(list(self.functions(report)), ["Talk.Fib.fib/1"])
        self.assert_clean(node, before)


if __name__ == "__main__":
    harness.main()
