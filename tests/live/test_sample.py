"""record --sample: stacks read at an interval, on processes of which it is known what they do."""
import json
import signal
import time

import harness
from harness import LiveTest, Node, Run, flambeau

SECONDS = 4
NS = 1_000_000_000
BY_NAME = ("sleeper", "computing", "divided", "deep", "restless", "x;y <b>")


class SampleTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        harness.world.compile(harness.HERE / "sampled.erl", "programs")
        name = f"sampled@{harness.HOST}"
        cls.node = Node(name, ["erl", "-noshell", "-name", name, "-setcookie", harness.world.cookie, "-s", "sampled"])
        cls.node.await_registered("x;y <b>")

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def setUp(self):
        self.before = self.node.state()

    def record(self, *words):
        return Run("record", "-n", self.node.name, "--sample", "10ms", *words)

    def recorded(self, *words):
        result = self.record(*words).result()
        self.assert_ended(result, 0)
        return result

    def start(self, function, count):
        """Processes of the node until the test ends."""
        pids = f"persistent_term:put(pids, rpc:call(N, sampled, many, [{function}, {count}])), ok"
        self.node.ask(pids)
        self.addCleanup(lambda: self.node.ask("rpc:call(N, sampled, stop, [persistent_term:get(pids)])"))

    def report(self, capture):
        result = flambeau("report", capture, "--json")
        self.assert_ended(result, 0)
        return json.loads(result.out)

    def stacks(self, folded):
        return {";".join(frames): weight for frames, weight in harness.folded(harness.world.folder / folded)}

    def test_named_processes(self):
        words = [word for name in BY_NAME for word in ("-p", name)]
        self.recorded(*words, "-d", f"{SECONDS}s", "-o", "n.flb", "-o", "n.svg", "-o", "n.png", "-o", "n.folded", "-o", "n.pb.gz",
                      "-o", "n.speedscope.json", "-o", "n.callgrind")
        stacks = self.stacks("n.folded")
        report = self.report("n.flb")
        with self.subTest("time is conserved, and all of it there"):
            self.assertEqual(report["conservation"]["difference_ns"], 0)
            self.assertEqual(report["process_count"], len(BY_NAME))
            for process in report["processes"]:
                self.assertGreater(process["covered_ns"], (SECONDS - 0.5) * NS, process)
                self.assertEqual(process["lost_ns"], 0)
            self.assertEqual(sum(stacks.values()), report["covered_ns"])
        with self.subTest("who waits is seen waiting, where it waits, all the time"):
            whole = next(p for p in report["processes"] if p["name"] == "sleeper")["covered_ns"]
            self.assertEqual(stacks["sampled:sleeper/0;[waiting]"], whole)
        with self.subTest("who computes does not wait"):
            row = next(p for p in report["processes"] if p["name"] == "computing")
            self.assertEqual(row["waiting_ns"], 0)
            self.assertGreater(row["ran_ns"], 0)
        with self.subTest("three parts to one"):
            parts = {name: sum(weight for stack, weight in stacks.items() if f"sampled:{name}/1" in stack)
                     for name in ("three_parts", "one_part")}
            share = parts["three_parts"] / sum(parts.values())
            self.assertGreater(share, 0.55)
            self.assertLess(share, 0.9)
        with self.subTest("a stack deeper than a stack trace, whole"):
            deep = [stack for stack in stacks if "sampled:deep/1" in stack]
            self.assertEqual(deep, [";".join(["sampled:deep/1"] * 41 + ["[waiting]"])])
        with self.subTest("a process that waits in turns is seen in both places"):
            for place in ("one_place", "other_place"):
                self.assertGreater(stacks.get(f"sampled:restless/0;sampled:{place}/0;[waiting]", 0), 0.2 * SECONDS * NS)
        with self.subTest("names are hostile"):
            hostile = [stack for stack in stacks if "a" in stack and "[gc] <i>" in stack]
            self.assertEqual(len(hostile), 1, stacks)
            self.assertNotIn("<i>", (harness.world.folder / "n.svg").read_text().replace("&lt;i>", ""))
        with self.subTest("nobody counted calls"):
            self.assertTrue(all(row["calls"] is None for row in report["functions"]))
            self.assertEqual(report["facts"]["sampled"], "10000000")
            self.assertGreater(int(report["facts"]["looks"]), 10 * len(BY_NAME))
            page = flambeau("report", "n.flb").out.decode()
            self.assertIn("sampled every 10.0 ms", page)
            self.assertNotIn(" calls ", page)
            self.assertIn("sampled every 10.0 ms", (harness.world.folder / "n.svg").read_text())
        with self.subTest("a capture is drawn again as it was"):
            self.assert_ended(flambeau("render", "n.flb", "-o", "again.svg"), 0)
            self.assertEqual((harness.world.folder / "n.svg").read_bytes(), (harness.world.folder / "again.svg").read_bytes())
            self.assert_ended(flambeau("render", "n.flb", "--chart", "-o", "chart.svg"), 0)
        with self.subTest("what has no calls is refused"):
            self.assert_refused(flambeau("render", "n.flb", "--weight", "calls", "-o", "c.svg"), 2, "call counts")
            self.assert_refused(flambeau("render", "n.flb", "-o", "c.snap"), 2, "snapshot")
            self.assert_refused(flambeau("report", "n.flb", "--sort", "calls"), 2, "calls")
            self.assert_refused(flambeau("check", "n.flb", "n.flb"), 6, "sampled")
        self.assert_clean(self.node, self.before)

    def test_the_whole_node(self):
        self.start("spawner", 1)
        self.recorded("-p", "all", "-d", f"{SECONDS}s", "-o", "all.flb", "-o", "all.folded")
        report = self.report("all.flb")
        self.assertEqual(report["conservation"]["difference_ns"], 0)
        names = {process["name"] for process in report["processes"]}
        self.assertLessEqual(set(BY_NAME) | {"init", "kernel_sup", "net_kernel", "sampled:spawner/0"}, names)
        stacks = self.stacks("all.folded")
        self.assertFalse([stack for stack in stacks if "flambeau_agent" in stack])
        brief = [p for p in report["processes"] if p["name"].startswith("sampled:brief/0")]
        with self.subTest("processes come and go: four begin in a second, each lives for half of one"):
            self.assertGreater(len(brief), 2 * SECONDS)
            self.assertLess(len(brief), 5 * SECONDS)
            ended = [p for p in brief if p["exited"]]
            self.assertGreater(len(ended), len(brief) / 2)
            self.assertTrue(all(p["covered_ns"] < 2 * NS for p in brief), brief)

    def test_until_all_have_ended(self):
        pid = self.node.ask("unicode:characters_to_binary(rpc:call(N, erlang, pid_to_list, [spawn(N, sampled, lasting, [])]))")
        result = self.record("-p", pid, "-d", "30s", "-o", "lasting.folded").result(25)
        self.assert_ended(result, 0)
        self.assertIn("all traced processes had ended", result.err)
        self.assertEqual(list(self.stacks("lasting.folded")), ["sampled:lasting/0;[waiting]"])
        self.assert_clean(self.node, self.before)

    def test_a_crowd(self):
        self.start("crowd", 1000)
        self.recorded("-p", "all", "-d", f"{2 * SECONDS}s", "-o", "crowd.flb")
        report = self.report("crowd.flb")
        self.assertGreater(report["process_count"], 1000)
        self.assertEqual(report["conservation"]["difference_ns"], 0)
        crowd = [p for p in report["processes"] if p["name"].startswith("sampled:crowd/0")]
        self.assertEqual(len(crowd), 1000)
        self.assertTrue(all(p["waiting_ns"] == p["covered_ns"] > 0 for p in crowd))
        self.assertTrue(all(p["events"] == 3 for p in crowd), "what does not change is told once: begin, sample, end")

    def test_interrupted(self):
        run = self.record("-p", "all", "-d", "30s", "-o", "stopped.folded")
        self.await_agent(run)
        time.sleep(0.5)
        run.signal(signal.SIGINT)
        self.assert_ended(run.result(20), 0)
        self.assertIn("sampled:sleeper/0;[waiting]", self.stacks("stopped.folded"))
        self.assert_clean(self.node, self.before)

    def test_killed_it_leaves_nothing(self):
        run = self.record("-p", "all", "-d", "30s", "-o", "killed.folded")
        self.await_agent(run)
        time.sleep(0.3)
        run.signal(signal.SIGKILL)
        run.result(20)
        self.assert_clean(self.node, self.before)

    def test_beside_a_trace(self):
        """Nothing is traced, so it works where another tracer has the process, and does not show in it."""
        tracing = Run("record", "-n", self.node.name, "-p", "restless", "--overhead", "full", "-d", "60s", "-o", "traced.folded")
        harness.wait_until(lambda: self.node.state()["flags"] or tracing.process.poll() is not None, 20, "tracing")
        flags = self.node.state()["flags"]
        run = self.record("-p", "restless", "-d", "1s", "-o", "beside.folded")
        self.assert_ended(run.result(), 0)
        self.assertEqual(self.node.state()["flags"], flags)
        tracing.signal(signal.SIGINT)
        self.assert_ended(tracing.result(), 0)
        self.assert_clean(self.node, self.before)

    def test_refusals(self):
        record = ("record", "-n", self.node.name)
        self.assert_refused(flambeau(*record, "-p", "all"), 2, "--sample 10ms")
        for words in (("-f", "lists:sort/1"), ("-p", "all", "--overhead", "20%"), ("-p", "all", "--only", "a"),
                      ("-p", "all", "--skip", "a"), ("-p", "all", "--opaque", "a"), ("-p", "all", "--spawned"),
                      ("-p", "all", "--calls", "2")):
            with self.subTest(words):
                self.assert_refused(flambeau(*record, "--sample", "10ms", *words), 2, next(w for w in words if w[0] == "-" and w != "-p"))
        for interval in ("0", "100us", "11s", "often"):
            with self.subTest(interval):
                self.assert_refused(flambeau(*record, "-p", "all", "--sample", interval), 2, "--sample")
        self.assert_refused(flambeau(*record, "-p", "all", "-p", "sleeper", "--sample", "10ms"), 2, "-p all")
        self.assert_refused(flambeau(*record, "-p", "all", "--sample", "10ms", "-o", "x.snap"), 2, "snapshot")
        self.assert_refused(flambeau(*record, "-p", "all", "--sample", "10ms", "--weight", "calls"), 2, "call counts")
        self.assert_refused(flambeau(*record, "-p", "nobody_there", "--sample", "10ms"), 4, "nobody_there")

    def await_agent(self, run):
        harness.wait_until(lambda: any("flambeau_agent" in name for name in self.node.state()["names"]) or
                           run.process.poll() is not None, 20, "the agent")
        self.assertIsNone(run.process.poll(), run.said())


if __name__ == "__main__":
    harness.main()
