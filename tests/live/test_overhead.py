"""A budget for the overhead: what is called most is switched off, and nothing but that changes."""
import json

import harness
from harness import LiveTest, flambeau

FIRST_S = 0.005  # that one process has run, before the others' turn comes
TURNS_PART = 4  # of the recording, after which all are traced in any case
FEWER = 2  # times fewer events in a second than with every call, at least, on whatever machine


class OverheadTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        harness.world.compile(harness.HERE / "pingpong.erl", "programs")
        cls.node = harness.start_shop(SHOP_DENSE="on")

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def recorded(self, overhead, seconds, *processes):
        before = self.node.state()
        path = harness.world.folder / "overhead.flb"
        targets = [word for process in processes or ("shop_dense",) for word in ("-p", process)]
        result = flambeau("record", "-n", self.node.name, *targets, "-d", f"{seconds}s", "--overhead", overhead, "-o", path, timeout_s=240)
        self.assert_ended(result, 0)
        self.assert_clean(self.node, before)
        report = flambeau("report", "--json", path, timeout_s=240)
        self.assert_ended(report, 0)
        return json.loads(report.out)

    def test_what_is_called_most_is_switched_off(self):
        """Of each fib(15) three functions make 3,946 calls; whoever calls them has their time."""
        full = self.recorded("full", 1)
        self.assertEqual(full["facts"]["overhead"], "full")
        self.assertNotIn("folded", full["facts"])
        bounded = self.recorded("20%", 6)
        facts = bounded["facts"]
        self.assertEqual(facts["overhead"], "20%")
        self.assertIn("shop_dense:fib/1 ", facts["folded_names"])
        self.assertEqual(int(facts["folded"]), facts["folded_names"].count(", ") + 1)
        self.assertEqual(bounded["conservation"]["difference_ns"], 0)
        self.assertLess(bounded["events"] / 6 * FEWER, full["events"])
        own = sum(function["own_ns"] for function in bounded["functions"] if function["name"].startswith("shop_dense:"))
        self.assertGreater(own, 0.8 * bounded["time"]["ran_ns"])

    def test_being_scheduled_costs_more_than_the_budget_where_processes_wait(self):
        """Of each turn half is the other's."""
        self.node.call("pingpong", "start")
        self.addCleanup(self.node.call, "pingpong", "stop")
        full = self.recorded("full", 1, "ping")
        bounded = self.recorded("20%", 6, "ping")
        self.assertIn("[runnable] ", bounded["facts"]["folded_names"])
        self.assertLess(bounded["events"] / 6 * FEWER, full["events"])
        self.assertEqual(bounded["conservation"]["difference_ns"], 0)
        waited = bounded["time"]["waiting_ns"] / bounded["covered_ns"]
        self.assertGreater(waited, 0.3)
        self.assertLess(waited, 0.7)
        self.assertEqual([function["name"] for function in bounded["functions"] if function["waiting_ns"] > 0.1 * bounded["time"]["waiting_ns"]],
                         ["pingpong:turns/0"])

    def test_of_busy_processes_one_is_traced_before_the_others(self):
        self.node.call("pingpong", "start")
        self.addCleanup(self.node.call, "pingpong", "stop")
        report = self.recorded("20%", 4, "ping", "pong")
        second, first = sorted(process["covered_ns"] / 1e9 for process in report["processes"])
        self.assertGreater(first - second, FIRST_S)
        self.assertGreater(second, 4 - 4 / TURNS_PART - 0.5)
        self.assertEqual(report["conservation"]["difference_ns"], 0)

    def test_words_that_are_no_budget(self):
        for word in ("0%", "20", "20%%", "much", "1001%"):
            self.assert_refused(flambeau("record", "-n", self.node.name, "-p", "shop_dense", f"--overhead={word}", "-o", "none.svg"),
                                2, "--overhead", word)


if __name__ == "__main__":
    harness.main()
