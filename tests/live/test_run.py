"""`flambeau run`: the value or the exception of a call of one's own, and a graph of exactly that call."""
import json
import re
import signal
import time

import harness
import test_calls
from harness import Run, flambeau
from test_calls import CapturedTest, f_of, named


class RunTest(CapturedTest):
    @classmethod
    def setUpClass(cls):
        harness.world.compile(harness.HERE / "callee.erl", "programs")
        cls.node = test_calls.start_callee("live_run")
        # What the first visits load for good is no leftover of ours: the parser, what formats values and exceptions.
        for expression in ("lists:sort([3,1,2])", "callee:boom(first)"):
            flambeau("run", "-n", cls.node.name, expression, "-o", "none.folded")
        time.sleep(harness.CLEAN_S)

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def setUp(self):
        self.number = getattr(RunTest, "number", 0) + 1
        RunTest.number = self.number
        self.path = harness.world.folder / f"run-{self.number}.flb"
        self.before = self.node.state()

    def tearDown(self):
        """Whatever came of it: the runner and everything else is gone."""
        self.assert_clean(self.node, self.before)
        self.assertEqual(len(self.node.call("callee", "latencies", "[3, 10]")), 3)

    def run_(self, expression, *more, node=None):
        return Run("run", "-n", (node or self.node).name, expression, "-o", self.path, "-o", self.path.with_suffix(".folded"), *more)

    def assert_value(self, expression, value, *more, node=None):
        result = self.run_(expression, *more, node=node).result()
        self.assert_ended(result, 0)
        self.assertEqual(result.out.decode(), value + "\n")
        return self.assert_sound(self.path)

    def assert_raised(self, expression, *words, endings=("raised",)):
        result = self.run_(expression).result()
        self.assert_ended(result, 4)
        self.assertEqual(result.out, b"")
        for word in words:
            self.assertRegex(result.err, word)
        self.assertNotIn("flambeau_agent", result.err)
        report = self.assert_sound(self.path)
        self.assertEqual(tuple(self.endings(report)), endings)
        return report

    def assert_wrong(self, expression, code, *words):
        self.assert_refused(self.run_(expression).result(), code, *words)
        self.assertFalse(self.path.exists())

    # Values.

    def test_value(self):
        report = self.assert_value("lists:sort([3,1,2])", "[1,2,3]")
        self.assertEqual(self.endings(report), ["returned"])
        self.assertEqual(self.functions(report)["lists:sort/1"], 1)

    def test_a_dot_at_the_end_is_no_harm(self):
        self.assert_value(" callee:value(1). ", "{value,1}")

    def test_exactly_the_call(self):
        self.assert_value("callee:f(3)", "13")
        self.assertEqual(self.counts(self.path), named(f_of(3)))

    def test_arguments_are_not_in_the_graph(self):
        self.assert_value("callee:both(callee:a(1), lists:sum(lists:seq(1, 3)))", "[16,12]")
        self.assertEqual(self.counts(self.path), named({"both/2": 1, "both/2;g/1": 2}))

    def test_a_bif(self):
        self.assert_value("erlang:phash2(a)", str(self.node.call("erlang", "phash2", "[a]")))
        self.assertEqual(self.counts(self.path), {"erlang:phash2/1": 1})

    def test_an_inlined_bif(self):
        self.assert_value("erlang:element(2, {a, b})", "b")

    def test_shortened_and_whole(self):
        whole = "[" + ",".join(str(n) for n in range(1, 2001)) + "]"
        result = self.run_("lists:seq(1, 2000)").result()
        self.assert_ended(result, 0)
        shown = result.out.decode()
        self.assertLess(len(shown), 700)
        self.assertTrue(shown.startswith("[1,2,3,4,"), shown)
        self.assertIn("...", shown)
        result = self.run_("lists:seq(1, 2000)", "--full").result()
        self.assert_ended(result, 0)
        self.assertEqual(result.out.decode().replace("\n", "").replace(" ", ""), whole)

    def test_repeat(self):
        report = self.assert_value("callee:f(4)", "21", "--repeat", "25")
        self.assertEqual(self.counts(self.path), named(f_of(4, calls=25)))
        self.assertEqual(self.endings(report), ["returned"] * 25)

    def test_warmup_is_not_in_the_graph(self):
        self.assert_value("ets:update_counter(callee, counter, 1, {counter, 0})", "5", "--warmup", "3", "--repeat", "2")
        self.node.call("ets", "delete", "[callee, counter]")
        self.assertEqual(self.functions(self.report(self.path)), {"ets:update_counter/4": 2})

    def test_how_long_it_takes_untraced(self):
        """Ten thousand tiny calls took longer while they were traced; a sleep of 20 ms was at least that in both. What tracing cost is not in
        the graph, and is with --raw-times."""
        for more, word in ((("--warmup", "1"), "--warmup"), (("--spawned",), "--spawned")):
            self.assert_refused(self.run_("callee:both(1, 2)", "--verify", *more).result(), 2, word)
        for expression, least_ms in (("timer:sleep(20)", 20), ("lists:foldl(fun(X, S) -> X + S end, 0, lists:seq(1, 10000))", 0)):
            result = self.run_(expression, "--verify").result()
            self.assert_ended(result, 0)
            said = re.search(r"a call takes ([\d.]+) (\S+) untraced and ([\d.]+) (\S+) in the graph, ([\d.e+]+) times as long "
                             r"\(([\d.]+) (\S+) as it was traced, ([\d.e+]+) times\)", result.err)
            self.assertTrue(said, result.err)
            fact = int(self.report(self.path)["facts"]["untraced_ns"])
            self.assertGreaterEqual(fact, least_ms * 1_000_000)
            if not least_ms:
                self.assertGreater(float(said[8]), 2)  # a call costs more than what it adds
                self.assertLess(float(said[5]), float(said[8]))
                report = self.report(self.path)
                self.assertTrue(report["tracing"]["scaled"])
                self.assertEqual(report["conservation"]["sum_of_widths_ns"] + report["tracing"]["taken_ns"],
                                 report["conservation"]["time_covered_ns"])
                self.assertEqual(report["conservation"]["difference_ns"], 0)
                raw = json.loads(flambeau("report", self.path, "--json", "--raw-times").out)
                self.assertNotIn("tracing", raw)
                self.assertRegex(flambeau("report", self.path).out.decode(), r"\[tracing\] +taken out: .*(?s:.)* uncertain: \S+ \S+ left of ")
                self.assertEqual(raw["conservation"]["sum_of_widths_ns"], raw["conservation"]["time_covered_ns"])

    def test_recursion_and_last_calls(self):
        self.assert_value("callee:last(2)", "13")
        self.assertEqual(self.counts(self.path), named({"last/1": 1, "last/1;g/1": 1, **f_of(3, "last/1;f/1")}))
        self.assert_value("callee:body(3)", "3")
        self.assertEqual(self.counts(self.path), named({";".join(["body/1"] * depth): 1 for depth in range(1, 5)}))

    def test_captures_of_other_functions_are_not_needed(self):
        self.assert_value("callee:f(3)", "13", "--only", "callee:g")
        self.assertEqual(self.counts(self.path), named({"f/1": 1, "f/1;times/2;g/1": 3}))

    def test_value_beside_an_output_on_stdout(self):
        result = flambeau("run", "-n", self.node.name, "callee:f(3)", "-o", "-", "--format", "folded")
        self.assert_ended(result, 0)
        self.assertIn("13\n", result.err)
        for line in result.out.decode().splitlines():
            self.assertTrue(line.startswith("callee:f/1"), line)

    def test_hostile_values(self):
        for name in ("escape", "invalid", "string", "atom", "improper", "wide"):
            for more in ((), ("--full",)):
                with self.subTest(name, more=more):
                    result = self.run_(f"callee:hostile({name})", *more).result()
                    self.assert_ended(result, 0)
                    self.assertNotRegex(result.out.decode(), r"[\x00-\x09\x0b-\x1f\x7f]")
        self.assert_value("callee:hostile(improper)", "[1|2]")

    def test_ten_megabytes(self):
        """A list of a million numbers, nine bytes each as text: more than is printed, and it says so."""
        result = self.run_("callee:hostile(huge)", "--full").result()
        self.assert_ended(result, 0)
        self.assertGreater(len(result.out), 1 << 20)
        self.assertIn(b"...", result.out[-100:])
        short = self.run_("callee:hostile(huge)").result()
        self.assert_ended(short, 0)
        self.assertLess(len(short.out), 700)

    # Exceptions.

    def test_exceptions(self):
        self.assert_raised("callee:boom(badarg)", "badarg", "callee:boom")
        self.assert_raised("callee:raises(2)", "raised", "2")
        self.assertEqual(self.counts(self.path), named({"raises/1": 1, "raises/1;times/2": 3, "raises/1;times/2;g/1": 2,
                                                        "raises/1;erlang:throw/1": 1}))
        self.assert_raised("callee:exits(enough)", "enough")
        self.assert_raised("lists:nth(3, [a])", "function_clause|no function clause")
        self.assert_raised("erlang:atom_to_list(1)", "badarg|bad argument")
        self.assert_raised("callee:unlucky(0)", "badarith|arithmetic")

    def test_a_hostile_exception(self):
        result = self.run_("callee:boom(callee:hostile(escape))").result()
        self.assert_ended(result, 4)
        self.assertNotRegex(result.err, r"[\x00-\x09\x0b-\x1f\x7f]")

    def test_an_exception_ends_repeating(self):
        report = self.assert_raised("callee:unlucky(0)")
        self.assertEqual(len(report["calls"]), 1)

    def test_the_process_is_killed(self):
        self.assert_raised("callee:kill_me()", "killed", endings=("exited",))

    def test_the_process_dies_of_a_link(self):
        self.assert_raised("callee:dies_of_link()", "of_link", endings=("exited",))

    def test_exit_normal_is_an_exception(self):
        self.assert_raised("callee:exits(normal)", "normal")

    # What a call may do to its process.

    def test_traps_exits(self):
        self.assert_value("callee:traps()", "trapped")

    def test_sets_its_group_leader(self):
        self.assert_value("callee:group()", "grouped")

    def test_leaves_messages(self):
        self.assert_value("callee:floods()", "flooded")

    def test_prints(self):
        self.assert_value("callee:prints()", "printed")
        harness.wait_until(lambda: "callee was here" in self.node.said(), 5, "what it printed, where the node prints")

    def test_messages_that_look_like_ours(self):
        self.assert_value("erlang:send(erlang:self(), answer)", "answer")

    def test_never_returns_and_is_interrupted(self):
        run = self.run_("callee:forever()")
        harness.wait_until(lambda: self.node.call("witness", "traced_processes"), 20, "the call")
        time.sleep(0.5)
        run.signal(signal.SIGINT)
        result = run.result(15)
        self.assert_ended(result, 0)
        self.assertEqual(self.endings(self.assert_sound(self.path)), ["cut"])

    def test_never_returns_and_has_a_duration(self):
        began = time.monotonic()
        result = self.run_("callee:forever()", "-d", "1s").result(20)
        self.assertLess(time.monotonic() - began, 15)
        self.assert_ended(result, 0)
        self.assertEqual(self.endings(self.assert_sound(self.path)), ["cut"])

    def test_arguments_that_never_come(self):
        run = self.run_("callee:value(callee:forever())")
        time.sleep(2.5)
        self.assertEqual(self.node.call("witness", "traced_processes"), [])
        run.signal(signal.SIGINT)
        result = run.result(10)
        self.assertNotEqual(result.code, 0, result)
        self.assertFalse(self.path.exists())

    # What is no call.

    def test_what_is_no_call(self):
        for expression in ("", "1 + 1", "lists:sort(", "lists:sort([1]), foo:bar()", "sort([1])", "X:sort([1])",
                           "lists:sort([X])", "fun() -> 1 end()", "\x1b[31m", "begin lists:sort([1]) end"):
            with self.subTest(expression):
                result = self.run_(expression).result()
                self.assertIn(result.code, (2,) if expression != "lists:sort([X])" else (2, 4), str(result))
                self.assertFalse(self.path.exists())
                self.assertRegex(result.err, r"^flambeau: [^\x00-\x1f]+\n$")

    def test_arguments_raise(self):
        self.assert_wrong("callee:value(1 div callee:value(0))", 4, "argument", "arith")
        self.assert_wrong("callee:value(callee:kill_me())", 4, "killed")

    def test_no_such_function(self):
        self.assert_wrong("callee:no_such_function()", 4, "no_such_function")
        self.assert_wrong("callee:hidden(1)", 4, "hidden")
        self.assert_wrong("callee:both(1)", 4, "both/1", "both/2")
        self.assert_wrong("no_such_module:f()", 4, "no_such_module")

    def test_elixir_where_there_is_none(self):
        self.assert_wrong("Shop.Cart.total(%{id: 7})", 2)

    # With others.

    def test_two_at_once(self):
        first = self.run_("callee:sleeps(3000)")
        harness.wait_until(lambda: self.node.call("witness", "traced_processes"), 20, "the call")
        second_path = self.path.with_name("second.flb")
        second = flambeau("run", "-n", self.node.name, "callee:f(3)", "-o", second_path, "-o", second_path.with_suffix(".folded"))
        if harness.otp_release(self.node) >= 27:
            self.assert_ended(second, 0)
            self.assert_sound(second_path)
            self.assertEqual(self.counts(second_path), named(f_of(3)))
        else:
            self.assert_refused(second, 4, "another flambeau")
        self.assert_ended(first.result(), 0)
        self.assert_sound(self.path)
        self.assertEqual(self.counts(self.path), named({"sleeps/1": 1, "sleeps/1;timer:sleep/1": 1}))


class ElixirRunTest(CapturedTest):
    @classmethod
    def setUpClass(cls):
        cls.node = harness.start_talk()

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def run_(self, expression, value=None, code=0):
        path = harness.world.folder / "elixir.flb"
        result = flambeau("run", "-n", self.node.name, expression, "-o", path, "-o", path.with_suffix(".folded"))
        self.assert_ended(result, code)
        if value is not None:
            self.assertEqual(result.out.decode(), value + "\n")
        return (result, self.counts(path), self.assert_sound(path)) if path.exists() else (result, None, None)

    def test_a_call(self):
        """fib(n) calls itself 2 F(n + 1) - 2 times, F(10) = 55, and fib(9) = 34."""
        _, _, report = self.run_("Talk.Fib.fib(9)", "34")
        self.assertEqual(self.functions(report), {"Talk.Fib.fib/1": 109})

    def test_a_pipe(self):
        self.run_("[3, 1, 2] |> Enum.sort()", "[1, 2, 3]")
        self.run_("[3, 1, 2] |> Enum.map(fn x -> x + 1 end) |> Enum.sum()", "9")

    def test_structs_and_maps(self):
        self.run_("Talk.Shape.area(%Talk.Square{side: 3})", "9")
        self.run_("Map.get(%{id: 7}, :id)", "7")

    def test_default_arguments(self):
        self.run_('String.pad_leading("a", 3)', '"  a"')

    def test_a_module_of_erlang(self):
        self.run_(":lists.sort([2, 1])", "[1, 2]")
        self.run_(":lists.nth(1, ~w(a b))", '"a"')

    def test_erlang_is_understood_too(self):
        self.run_("lists:sort([2, 1])", "[1,2]")

    def test_a_module_that_is_not_loaded_yet(self):
        self.run_("Range.size(1..3)", "3")

    def test_an_exception(self):
        result, counts, report = self.run_("Talk.Fib.fib(:a)", code=4)
        self.assertIn("ArithmeticError", result.err)
        self.assertEqual(self.endings(report), ["raised"])
        result, _, _ = self.run_('Map.fetch!(%{}, "key")', code=4)
        self.assertIn("KeyError", result.err)

    def test_what_is_no_call(self):
        for expression in ("1 + 1", "Enum.sort", "Enum.sort([1]", "fn -> 1 end", "Enum.sort([x])", "if true, do: 1", "&Enum.sort/1"):
            with self.subTest(expression):
                result = flambeau("run", "-n", self.node.name, expression, "-o", "none.folded")
                self.assertIn(result.code, (2, 4), str(result))
                self.assertRegex(result.err, r"^flambeau: [^\x00-\x1f]+\n$")


if __name__ == "__main__":
    harness.main()
