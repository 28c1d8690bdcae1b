"""However flambeau ends, two seconds later the node is as it was."""
import itertools
import os
import random
import re
import signal
import time

import harness
from harness import HOST, Cable, LiveTest, Run, flambeau

ENDS = int(os.environ.get("FLAMBEAU_ENDS", 67))  # on three OTP releases that makes two hundred
LATEST_S = 1.2
ROOMY = ("--max-queue", "10000000", "--max-memory", "2G")  # no bound trips, however busy the machine
SHORT_RUNS = 5

# What flambeau is doing when it ends.
MODES = {
    "processes": ("record", "-p", "supervisor:shop_sup", "-d", "30s"),
    "every call of processes": ("record", "-p", "supervisor:shop_sup", "-d", "30s", "--overhead", "full"),
    "waiting for a call": ("record", "-f", "shop:stop/1", "--timeout", "30s"),
    "capturing calls": ("record", "-f", "shop_price:discount/1", "-f", "shop_stock:take/1", "--calls", "1000000",
                        "--overhead", "full"),
    "in a call": ("record", "-f", "shop_dense:fib/1", "--calls", "1000000", "--spawned"),
    "its arguments": ("run", "erlang:abs(timer:sleep(30000))"),
    "its call": ("run", "timer:sleep(30000)"),
    "its busy call": ("run", "lists:foldl(fun(X, S) -> X + S end, 0, lists:seq(1, 3000000))", "--repeat", "1000000"),
}

# How it ends.
WAYS = ("killed", "cut off", "interrupted", "told twice")


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
        # Being asked costs a process a few reductions too; a basket costs hundreds.
        harness.wait_until(lambda: baskets() - before > 1000, 3, f"baskets; the shop said: {self.node.said()}")

    def record(self, *more, duration="30s", output="clean.svg"):
        return Run("record", "-n", self.node.name, "-p", "supervisor:shop_sup", "-d", duration, "-o", output, *more)

    def await_tracing(self, run):
        harness.wait_until(lambda: self.node.state()["flags"] or run.process.poll() is not None, 20, "tracing")
        self.assertIsNone(run.process.poll(), run.said())

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
                run = self.record(*ROOMY, output=output)
                self.await_tracing(run)
                time.sleep(0.5)
                run.signal(number)
                result = run.result(20)
                self.assert_ended(result, 0)
                self.assert_clean(self.node, self.before)
                self.assertTrue(output.exists())

    def test_second_interrupt_gives_up_the_output_only(self):
        output = harness.world.folder / "given-up.svg"
        run = self.record(*ROOMY, output=output)
        self.await_tracing(run)
        self.dense("on")
        time.sleep(0.5)
        run.signal(signal.SIGINT)
        time.sleep(0.02)
        run.signal(signal.SIGINT)
        run.result(20)
        self.dense("off")
        self.assert_clean(self.node, self.before)

    def start_mode(self, mode, *more):
        verb, *words = MODES[mode]
        return Run(verb, "-n", self.node.name, *words, "-o", harness.world.folder / "random.folded", *more)

    def port(self):
        return self.node.ask(f"{{port, P, _}} = erl_epmd:port_please(\"shop\", \"{HOST}\"), P")

    def test_cut_off_as_it_asks(self):
        """The node comes to what it is asked when we have gone. It must not look for us: that starts its resolver."""
        def hold(data):
            if asked := b"erl_eval" in data:
                self.node.ask("Busy = [rpc:call(N, erlang, whereis, [Name]) || Name <- [rex, net_kernel]], "
                              "[rpc:call(N, sys, suspend, [Pid]) || Pid <- Busy], ok")
            return asked
        for words in (("ps",), ("record", "-p", "shop_cart"), ("run", "erlang:abs(1)")):
            with self.subTest(words[0]):
                cable = Cable(self.port(), hold)
                result = flambeau(words[0], "-n", self.node.name, "--address", f"{HOST}:{cable.port}", *words[1:])
                self.assertIn(result.code, (3, 5), str(result))
                self.node.ask("[rpc:call(N, sys, resume, [rpc:call(N, erlang, whereis, [Name])]) || Name <- [rex, net_kernel]], ok")
                time.sleep(0.5)
                self.assert_clean(self.node, self.before)

    def end(self, way, after_s, mode):
        """Starts in this mode, and ends it in this way so long afterwards."""
        cable = Cable(self.port()) if way == "cut off" else None
        run = self.start_mode(mode, *(("--address", f"{HOST}:{cable.port}") if cable else ()))
        time.sleep(after_s)
        if way == "killed":
            run.signal(signal.SIGKILL)
        elif way == "cut off":
            cable.cut()
        elif way == "interrupted":
            run.signal(signal.SIGINT)
        else:
            run.signal(signal.SIGTERM)
            time.sleep(0.03)
            run.signal(signal.SIGTERM)
        result = run.result(20)
        # Killed by the signal itself where it has not been caught yet; what was cut off while it connected cannot be reached.
        self.assertIn(result.code, {"killed": (-signal.SIGKILL,), "cut off": (0, 3, 5), "interrupted": (0, 4, 5, -signal.SIGINT),
                                    "told twice": (0, 4, 5, -signal.SIGTERM)}[way], str(result))

    def test_ends_at_random_moments(self):
        seed = int(os.environ.get("FLAMBEAU_SEED", time.time_ns() % 1000000))
        print(f"FLAMBEAU_SEED={seed}", end=" ", flush=True)
        moments = random.Random(seed)
        cases = list(itertools.product(MODES, WAYS))
        moments.shuffle(cases)
        for number, (mode, way) in enumerate(itertools.islice(itertools.cycle(cases), ENDS)):
            after_s = moments.uniform(0, LATEST_S)
            with self.subTest(mode=mode, way=way, after_s=round(after_s, 3), seed=seed):
                self.dense("on" if number % 2 or mode == "in a call" else "off")
                self.end(way, after_s, mode)
                self.assert_clean(self.node, self.before)
                self.assert_serving()
        self.dense("off")

    def test_stopped_until_nobody_answers(self):
        """Nothing is emitted, so no bound trips but the agent's patience."""
        for mode in ("waiting for a call", "its call"):
            with self.subTest(mode):
                run = self.start_mode(mode)
                harness.wait_until(lambda: self.node.state()["functions"], 20, "tracing")
                time.sleep(0.3)
                run.signal(signal.SIGSTOP)
                try:
                    harness.wait_until(lambda: not self.node.state()["functions"], 30, "the end of its patience")
                    self.assert_clean(self.node, self.before, connected=True)
                finally:
                    run.signal(signal.SIGCONT)
                self.assertIn(run.result(30).code, (0, 5))
                self.assert_clean(self.node, self.before)

    def test_stopped_in_a_call_until_a_bound_trips(self):
        run = self.start_mode("its busy call")
        self.await_tracing(run)
        run.signal(signal.SIGSTOP)
        try:
            harness.wait_until(lambda: not self.node.state()["flags"], 30, "the bound")
            self.assert_clean(self.node, self.before, connected=True)
        finally:
            run.signal(signal.SIGCONT)
        result = run.result(30)
        self.assert_ended(result, 0)
        self.assertRegex(result.err, "queue|memory|answer")
        self.assert_clean(self.node, self.before)

    def test_stopped_until_a_bound_trips(self):
        output = harness.world.folder / "stopped.folded"
        run = self.record("--max-memory", "32M", output=output)
        self.await_tracing(run)
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


class GuardsTest(LiveTest):
    """Whichever of the agent's processes is killed, the others see to it that nothing stays; and if all are, the next
    flambeau."""

    WHICH = ("keeper", "controller", "relay", "runner", "all but the keeper", "all")

    @classmethod
    def setUpClass(cls):
        cls.node = harness.start_shop("live_guards")
        for mode in ("processes", "its arguments"):
            verb, *words = MODES[mode]
            run = Run(verb, "-n", cls.node.name, *words, "-o", "none.folded")
            time.sleep(1.5)
            run.signal(signal.SIGINT)
            run.result()
        time.sleep(harness.CLEAN_S)

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def kill(self, which):
        """By what they are doing; the runner by its controller's word. -> how many."""
        chosen = {"keeper": "[Keeper]", "controller": "Controllers", "relay": "Relays", "runner": "Runners",
                  "all but the keeper": "Controllers ++ Relays ++ Runners", "all": "[Keeper | Controllers ++ Relays ++ Runners]"}
        return self.node.ask(
            "Module = hd([M || {M, _} <- rpc:call(N, code, all_loaded, []), lists:prefix(\"flambeau_agent_\", atom_to_list(M))]), "
            "Keeper = rpc:call(N, erlang, whereis, [Module]), "
            "All = [{P, rpc:call(N, erlang, process_info, [P, [current_function, dictionary, links]])} || "
            "P <- rpc:call(N, erlang, processes, [])], "
            "Controllers = [P || {P, [{_, {M, F, _}} | _]} <- All, M =:= Module, lists:member(F, [control, await_runner])], "
            "Runners = [R || {P, [_, {_, D} | _]} <- All, lists:member(P, Controllers), {runner, R} <- D], "
            "Relays = [P || {P, [{_, {M, F, _}} | _]} <- All, M =:= Module, lists:member(F, [loop, drain])], "
            f"Killed = {chosen[which]}, [exit(P, kill) || P <- Killed], length(Killed)")

    def test_guards(self):
        for mode in MODES:
            for which in self.WHICH:
                if which == "runner" and MODES[mode][0] == "record" or which == "relay" and mode == "its arguments":
                    continue
                with self.subTest(mode=mode, which=which):
                    self.kill_in(mode, which)

    def kill_in(self, mode, which):
        before = self.node.state()
        self.node.ask("{shop_dense, N} ! " + ("on" if mode == "in a call" else "off"))
        verb, *words = MODES[mode]
        run = Run(verb, "-n", self.node.name, *words, "-o", harness.world.folder / "guarded.folded")
        if mode == "its arguments":
            harness.wait_until(lambda: self.node.state()["modules"] != before["modules"], 20, "the agent")
        else:
            harness.wait_until(lambda: self.node.state()["functions"], 20, "tracing")
        time.sleep(0.3)
        harness.wait_until(lambda: self.kill(which), 5, f"to find the {which}") # which may be at something else
        time.sleep(0.2)
        if which == "keeper":
            run.signal(signal.SIGINT)
        result = run.result(20)
        self.assertIn(result.code, (0, 5) if which == "keeper" else (0, 3, 4, 5), str(result))
        if which == "keeper":
            self.assertNotIn("connection", result.err)
        if which == "all":
            self.assert_ended(flambeau("record", "-n", self.node.name, "-p", "shop_stock", "-d", "200ms", "-o", "none.folded"), 0)
        self.assert_clean(self.node, before, within_s=2 * harness.CLEAN_S if which == "all" else harness.CLEAN_S)


if __name__ == "__main__":
    harness.main()
