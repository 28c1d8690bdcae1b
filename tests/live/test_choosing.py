"""What is traced: several processes, those they spawn, and functions by globs. Each choice is made at the source: what was not
asked for has no breakpoint."""
import json
import re
import time

import harness
import test_calls
from harness import LiveTest, Run, flambeau

SECONDS = 1.5


class ChoosingTest(LiveTest):
    """Records for a moment; the witness looks while it traces."""

    @classmethod
    def setUpClass(cls):
        if cls is ChoosingTest:
            raise harness.unittest.SkipTest("the subclasses run")
        cls.node = cls.start()
        flambeau("record", "-n", cls.node.name, "-p", cls.process, "-d", "300ms", "-o", "-", "--format", "folded")
        cls.path = harness.world.folder / f"{cls.__name__}.flb"

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def setUp(self):
        self.before = self.node.state()

    def tearDown(self):
        self.assert_clean(self.node, self.before)

    def record(self, *more, processes=None):
        chosen = [word for process in processes or [self.process] for word in ("-p", process)]
        return Run("record", "-n", self.node.name, *chosen, "-d", f"{SECONDS}s", "--overhead", "full", "-v", "-o", self.path, *more)

    def recorded(self, *more, processes=None):
        """-> report, the functions that had breakpoints while it was recorded, what it said."""
        run = self.record(*more, processes=processes)
        harness.wait_until(lambda: self.node.call("witness", "traced_processes") or run.process.poll() is not None, 20, "tracing")
        named = {text.split(" ", 1)[1] for text in self.node.state()["functions"]}
        functions = {name for name in named if not name.startswith("{flambeau_agent_")}  # what shows the cost of an event
        result = run.result()
        self.assert_ended(result, 0)
        report = self.report()
        self.assertEqual(report["conservation"]["difference_ns"], 0)
        return report, functions, result.err

    def report(self):
        result = flambeau("report", "--json", self.path)
        self.assert_ended(result, 0)
        return json.loads(result.out)

    def refused(self, *more, words=(), processes=None):
        self.assert_refused(flambeau("record", "-n", self.node.name, "-p", *(processes or [self.process]), "-d", "1s", "-o",
                                     self.path.with_name("refused.svg"), *more), 4, *words)

    def in_modules(self, *modules):
        """All functions of the modules, as the VM names them."""
        return {self.named(module, function, arity) for module in modules
                for function, arity in self.node.ask(f"[{{atom_to_binary(F), A}} || {{F, A}} <- rpc:call(N, {module}, module_info, [functions])]")}

    def named(self, module, function, arity):
        return self.node.ask(f"list_to_binary(io_lib:format(\"~0p\", [{{{module}, '{function}', {arity}}}]))")

    def called(self, report):
        return {function["name"] for function in report["functions"] if function["calls"]}

    def assert_chosen(self, expected, *more, processes=None):
        """Exactly these functions have breakpoints, and the output says how many."""
        report, functions, said = self.recorded(*more, processes=processes)
        self.assertEqual(functions, expected)
        self.assertEqual(report["facts"]["functions"], str(len(expected)))
        self.assertRegex(said, rf"will trace {len(expected)} functions? of")
        return report


class ErlangTest(ChoosingTest):
    process = "shop_price"
    start = staticmethod(lambda: harness.start_shop("live_choosing"))

    def all_functions(self):
        return int(self.everything()["facts"]["functions"])

    def everything(self):
        if not hasattr(ErlangTest, "everything_"):
            ErlangTest.everything_ = self.recorded()[0]
        return ErlangTest.everything_

    def test_all(self):
        report, functions, said = self.recorded()
        self.assertEqual(len(functions), int(report["facts"]["functions"]))
        self.assertGreaterEqual(len(functions), 3000)
        self.assertNotIn("flambeau_agent", "".join(functions))
        self.assertNotIn("selection", report["facts"])
        self.assertRegex(said, r"will trace \d+ functions of \d+ modules: .*\bkernel\b")

    def test_several_processes(self):
        report, _, _ = self.recorded(processes=["shop_cart", "shop_price"])
        self.assertEqual({process["name"] for process in report["processes"]}, {"shop_cart", "shop_price"})

    def test_the_same_process_twice(self):
        report, _, _ = self.recorded(processes=["shop_price", "shop_price"])
        self.assertEqual(report["process_count"], 1)

    def test_a_supervisor_and_a_descendant_of_it(self):
        report, _, _ = self.recorded(processes=["supervisor:shop_sup", "shop_price"])
        self.assertEqual({process["name"] for process in report["processes"]},
                         {"shop_cart", "shop_price", "shop_client", "shop_stock", "shop_dense"})

    # Which functions.

    def test_only_a_module(self):
        for pattern in ("shop_price", "shop_price:*", "shop_pr*ce", "*shop_price"):
            with self.subTest(pattern):
                report = self.assert_chosen(self.in_modules("shop_price"), "--only", pattern)
                self.assertEqual({name.split(":")[0] for name in self.called(report)}, {"shop_price"})
                self.assertEqual(report["facts"]["selection"], f"only {pattern}")

    def test_only_functions(self):
        self.assert_chosen({"{shop_price,tax,1}"}, "--only", "shop_price:tax")
        self.assert_chosen({"{shop_price,discount,1}", "{shop_price,discount,5}"}, "--only", "shop_price:discount*")
        report = self.assert_chosen({"{shop_price,discount,5}", "{lists,nth,2}"}, "--only", "shop_price:discount/5", "--only", "lists:nth/2")
        self.assertEqual(self.called(report), {"shop_price:discount/5", "lists:nth/2"})

    def test_only_an_application(self):
        expected = self.in_modules("shop", "shop_cart", "shop_client", "shop_dense", "shop_price", "shop_receipt", "shop_stock", "shop_sup")
        self.assert_chosen(expected, "--only", "app:shop", processes=["supervisor:shop_sup"])

    def test_skip(self):
        every = self.all_functions()
        lists = self.in_modules("lists")
        report, functions, _ = self.recorded("--skip", "lists:*", "--skip", "shop_price:pair/2")
        self.assertEqual(functions & (lists | {"{shop_price,pair,2}"}), set())
        self.assertEqual(len(functions), every - len(lists) - 1)
        self.assertEqual(int(report["facts"]["functions"]), len(functions))
        self.assertEqual({name for name in self.called(report) if name.startswith("lists:") or "pair" in name}, set())

    def test_only_and_skip(self):
        self.assert_chosen(self.in_modules("shop_price") - {"{shop_price,pair,2}"}, "--only", "shop_price", "--skip", "*:pair/2")

    def test_fewer_events(self):
        """Four calls and more for every pair of lines, 300 pairs; what is left is a call or two for every basket."""
        report, _, _ = self.recorded("--only", "shop_price:tax")
        self.assertGreater(report["events"], 10)
        self.assertLess(report["events"], self.everything()["events"] / 10)

    def test_opaque(self):
        report, functions, _ = self.recorded("--opaque", "shop_price:handle_call/3")
        self.assertEqual(len(functions), self.all_functions())
        (handles,) = [function for function in report["functions"] if function["name"] == "shop_price:handle_call/3"]
        self.assertGreater(handles["calls"], 10)
        self.assertEqual(handles["total_ns"], sum(handles[key] for key in ("own_ns", "waiting_ns", "runnable_ns", "gc_ns")))
        self.assertGreater(handles["own_share"], 0.8, "everything that took time")
        folded = self.path.with_suffix(".folded")
        self.assert_ended(flambeau("render", self.path, "-o", folded), 0)
        for frames, _ in harness.folded(folded):
            if "shop_price:handle_call/3" in frames:
                self.assertLessEqual(len(frames) - frames.index("shop_price:handle_call/3"), 2, frames)
                self.assertRegex(frames[-1], r"^(shop_price:handle_call/3|\[(gc|runnable|waiting)\])$")

    def test_what_an_opaque_function_calls_is_not_even_emitted(self):
        """pair/2 and nth/2 are called by discount/5 alone, and make most of all events."""
        report, _, _ = self.recorded("--opaque", "shop_price:discount/5")
        self.assertLess(report["events"], self.everything()["events"] / 2)
        self.assertEqual({"shop_price:pair/2", "lists:nth/2"} & self.called(report), set())

    # What is refused.

    def test_what_leaves_nothing(self):
        self.refused("--only", "no_such:*", words=["no loaded function"])
        self.refused("--skip", "*", words=["no loaded function"])
        self.refused("--only", "lists", "--skip", "lists:*", words=["no loaded function"])
        self.refused("--opaque", "no_such:*", words=["--opaque"])
        self.refused("--only", "app:no_such", words=["no_such"])

    def test_what_carries_our_connection(self):
        for function in ("dist_util:con_loop/2", "inet_tcp_dist:tick/2"):
            with self.subTest(function):
                self.assert_refused(flambeau("record", "-n", self.node.name, "-f", function, "-o", self.path.with_name("refused.svg")), 4,
                                    "connection")


class SpawnedTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        harness.world.compile(harness.HERE / "callee.erl", "programs")
        cls.node = test_calls.start_callee("live_spawned")

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def test_spawned(self):
        """A process that spawns one after the other, and waits for each; they call f."""
        self.node.ask("P = spawn(N, callee, opens, [1000000]), rpc:call(N, erlang, register, [opener, P])")
        for more, children in (((), False), (("--spawned",), True)):
            path = harness.world.folder / "spawned.flb"
            result = flambeau("record", "-n", self.node.name, "-p", "opener", "-d", "1s", "-o", path, *more)
            self.assert_ended(result, 0)
            report = json.loads(flambeau("report", "--json", path).out)
            self.assertEqual(report["conservation"]["difference_ns"], 0)
            calls = {function["name"]: function["calls"] for function in report["functions"]}
            self.assertEqual(report["process_count"] > 10, children, report["process_count"])
            self.assertEqual(calls.get("callee:f/1", 0) > 10, children)
        self.node.ask("exit(rpc:call(N, erlang, whereis, [opener]), kill)")

    def test_the_process_of_our_own_connection(self):
        self.node.call("callee", "names_carrier")
        path = harness.world.folder / "carrier.svg"
        self.assert_refused(flambeau("record", "-n", self.node.name, "-p", "callee_carrier", "-d", "1s", "-o", path), 4, "own connection")
        self.assertFalse(path.exists())

    def test_two_of_them_and_one_that_is_none(self):
        """The others are traced without it."""
        self.node.call("callee", "names_carrier")
        path = harness.world.folder / "carrier.flb"
        result = flambeau("record", "-n", self.node.name, "-p", "callee_carrier", "-p", "callee_served", "-d", "1s", "-o", path)
        if result.code == 0:
            self.assertEqual(json.loads(flambeau("report", "--json", path).out)["process_count"], 1)
        else:
            self.assert_refused(result, 4, "own connection")


class ElixirTest(ChoosingTest):
    process = "Talk.Endpoint"
    start = staticmethod(harness.start_talk)

    def test_only_modules(self):
        report, functions, said = self.recorded("--only", "Talk.*")
        self.assertTrue(functions)
        self.assertEqual({text for text in functions if not text.startswith(("{'Elixir.Talk.", "{'Elixir.Talk',"))}, set())
        self.assertEqual(len(functions), int(report["facts"]["functions"]))
        self.assertEqual({name for name in self.called(report) if not name.startswith("Talk.")}, set())
        self.assertIn("Talk.Fib.fib/1", self.called(report))
        self.assertRegex(said, r"will trace \d+ functions of \d+ modules: .*Talk\.Fib")

    def test_only_functions_in_either_languages_names(self):
        for pattern in ("Enum.map/2", "Elixir.Enum:map/2", "Enum.map"):
            with self.subTest(pattern):
                self.assert_chosen({"{'Elixir.Enum',map,2}"}, "--only", pattern)

    def test_a_module_is_not_those_beneath_it(self):
        self.assert_chosen(self.in_modules("'Elixir.Talk.Fib'"), "--only", "Talk.Fib")

    def test_skip_and_opaque(self):
        report, functions, _ = self.recorded("--skip", "Enum.*", "--opaque", "Talk.Mix.work/1")
        self.assertEqual({text for text in functions if text.startswith("{'Elixir.Enum'")}, set())
        self.assertEqual({name for name in self.called(report) if name.startswith(("Enum.", "Talk.Mix.lists"))}, set())

    def test_an_application(self):
        report, functions, _ = self.recorded("--only", "app:elixir", "--skip", "Enum*")
        self.assertTrue(functions)
        self.assertEqual({text for text in functions if text.startswith(("{'Elixir.Enum", "{'Elixir.Talk", "{lists"))}, set())


if __name__ == "__main__":
    harness.main()
