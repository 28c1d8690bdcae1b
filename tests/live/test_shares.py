"""Many processes on a node with many schedulers: several relays, one picture. Every call is counted; a BIF's, too, which before
OTP 28.3 has one trace switch for all sessions."""
import json
import signal
import time

import harness
from harness import HERE, HOST, LiveTest, Run, flambeau

ROUNDS = 200
PER_ROUND = {"crowd:work/1": 11, "crowd:step/1": 10, "crowd:shared/1": 10, "lists:reverse/2": 10}
NAME = f"live_shares@{HOST}"


def setUpModule():
    harness.world.compile(HERE / "crowd.erl", "programs")


class SharesTest(LiveTest):
    def start(self, processes, schedulers=16):
        node = harness.Node(NAME, ["erl", "-noshell", "-name", NAME, "-setcookie", harness.world.cookie,
                                   "+S", f"{schedulers}:{schedulers}"]).await_registered("kernel_sup")
        self.addCleanup(node.stop)
        self.assertEqual(node.call("crowd", "start", f"[{processes}]"), processes)
        self.node, self.processes = node, processes
        self.sessions = harness.otp_release(node) >= 27
        # What the first visit loads for good is no leftover of ours.
        flambeau("record", "-n", NAME, "-p", "crowd", "-d", "200ms", "-o", "none.folded")
        time.sleep(harness.CLEAN_S)
        self.before = node.state()

    def relays_for(self, processes, schedulers):
        """One for every eight schedulers, four at most, and no more than processes; before OTP 27 there are no sessions."""
        return max(1, min(processes, (schedulers + 7) // 8, 4)) if self.sessions else 1

    def record(self, *more, output="shares.flb", overhead="full"):
        run = Run("record", "-n", NAME, "-p", "supervisor:crowd", "-d", "60s", "--overhead", overhead, "-v",
                  "-o", harness.world.folder / output, *more)
        self.addCleanup(run.process.kill)
        harness.wait_until(lambda: len(self.node.call("witness", "traced_processes")) >= self.processes or
                           run.process.poll() is not None, 20, "tracing")
        self.assertIsNone(run.process.poll(), run.said())
        time.sleep(1)  # their stacks have been read
        return run

    def go(self, rounds=ROUNDS, ending=0):
        self.node.call("crowd", "go", f"[{rounds}, {ending}]")

    def to_member(self, number, message):
        self.node.ask(f"{{_, P, _, _}} = lists:nth({number}, lists:sort(rpc:call(N, supervisor, which_children, [crowd]))), "
                      f"P ! {message}, ok")

    def await_done(self, staying):
        harness.wait_until(lambda: self.node.call("crowd", "done") == staying, 60, "the rounds")

    def interrupted(self, run):
        run.signal(signal.SIGINT)
        result = run.result(60)
        self.assert_ended(result, 0)
        return result

    def report(self, name="shares.flb"):
        report = flambeau("report", "--json", harness.world.folder / name)
        self.assert_ended(report, 0)
        return json.loads(report.out)

    def assert_relays(self, count):
        """One that is busy with something is not seen for one."""
        self.assertEqual(max(self.node.call("crowd", "relays") for _ in range(20)), count)

    def assert_calls(self, report, rounds):
        calls = {function["name"]: function["calls"] for function in report["functions"]}
        self.assertEqual({name: calls.get(name) for name in PER_ROUND},
                         {name: count * rounds for name, count in PER_ROUND.items()})

    def assert_counts(self, report, processes):
        self.assert_calls(report, ROUNDS * processes)
        self.assertEqual(report["conservation"]["difference_ns"], 0)
        self.assertEqual(report["facts"]["lost_events"], "0")
        self.assertEqual(len(report["processes"]), processes)

    def whole(self, processes, schedulers):
        self.start(processes, schedulers)
        # All that they do may have to wait in the queue, where many schedulers' worth of processes have two.
        run = self.record("-o", harness.world.folder / "live.svg", "-o", harness.world.folder / "live.folded",
                          "--max-queue", "10M", "--max-memory", "4G")
        relays = self.relays_for(processes, schedulers)
        self.assert_relays(relays)
        self.assertEqual(f"tracing with {relays} relays" in run.said(), relays > 1, run.said())
        self.go()
        self.await_done(processes)
        result = self.interrupted(run)
        self.assertRegex(result.err.splitlines()[-1], f"{processes} processes")
        self.assert_clean(self.node, self.before)
        report = self.report()
        self.assert_counts(report, processes)
        self.assertEqual(report["facts"]["ended"], "interrupted")
        self.assertNotIn("untraced", report["facts"])
        for kind in ("svg", "folded"):
            path = harness.world.folder / f"again.{kind}"
            self.assert_ended(flambeau("render", harness.world.folder / "shares.flb", "-o", path), 0)
            self.assertEqual(path.read_bytes(), (harness.world.folder / f"live.{kind}").read_bytes(), kind)

    def test_busy_from_the_start(self):
        """Decisions of the budget do not wait until the stacks of all have been read: the queue would be full by then."""
        self.start(8, 2)
        self.go(1_000_000_000)
        self.assert_ended(flambeau("record", "-n", NAME, "-p", "supervisor:crowd", "-d", "3s",
                                   "-o", harness.world.folder / "shares.flb", timeout_s=120), 0)
        self.assert_clean(self.node, self.before)
        report = self.report()
        self.assertEqual(report["facts"]["ended"], "deadline")
        self.assertEqual(report["facts"]["lost_events"], "0")
        self.assertEqual(len(report["processes"]), 8)

    def test_two_shares(self):
        self.whole(8, 16)

    def test_four_shares(self):
        self.whole(40, 32)

    def test_few_schedulers_have_one_relay(self):
        self.whole(8, 8)

    def test_a_share_that_ends_early(self):
        """Of two processes each has a share. Its session stays until all end: before OTP 28.3 its end would take the BIFs' calls
        from the others."""
        for number in (1, 2):
            with self.subTest(number=number):
                self.start(2)
                run = self.record()
                self.go()
                self.await_done(2)
                self.to_member(number, "leave")
                self.await_done(1)
                self.assert_relays(self.relays_for(2, 16))
                self.go()
                self.await_done(1)
                self.interrupted(run)
                self.assert_clean(self.node, self.before)
                report = self.report()
                self.assert_calls(report, 3 * ROUNDS)
                self.assertNotIn("untraced", report["facts"])
                self.node.stop()

    def test_all_end(self):
        self.start(8)
        run = self.record()
        self.go(ending=8)
        result = run.result(60)
        self.assert_ended(result, 0)
        self.assert_clean(self.node, self.before)
        report = self.report()
        self.assert_counts(report, 8)
        self.assertEqual(report["facts"]["ended"], "exited")

    def test_a_bound_is_for_all_together(self):
        """1,500 rounds are 63,000 calls, each with its return: more than half of the bound, less than all of it."""
        self.start(2)
        run = self.record("--max-events", "200k")
        self.to_member(1, "{go, 1500}")
        self.await_done(2)
        time.sleep(0.5)
        self.assertIsNone(run.process.poll(), run.said())
        self.to_member(2, "{go, 1500}")
        result = run.result(60)
        self.assert_ended(result, 0)
        self.assertIn("--max-events", result.err)
        self.assert_clean(self.node, self.before)
        report = self.report()
        self.assertEqual(report["facts"]["ended"], "max-events")
        self.assertGreaterEqual(report["events"], 200_000)
        self.assertEqual(report["conservation"]["difference_ns"], 0)

    def test_a_budget(self):
        """Each share keeps to it, with what it alone knows; what the output says is of all of them."""
        self.start(8)
        run = self.record(overhead="20%")
        self.go(rounds=30000)
        self.await_done(8)
        self.interrupted(run)
        self.assert_clean(self.node, self.before)
        report = self.report()
        names = [name.rpartition(" ")[0] for name in report["facts"]["folded_names"].split(", ")]
        self.assertEqual(len(names), len(set(names)), "each once")
        self.assertEqual(len(names), int(report["facts"]["folded"]))
        self.assertTrue({"crowd:shared/1", "crowd:step/1"} & set(names), names)
        self.assertEqual(report["conservation"]["difference_ns"], 0)

    def test_killed_and_told_at_once(self):
        self.start(8)
        for number in (signal.SIGKILL, signal.SIGTERM):
            for wait_s in (0.02, 0.2, 0.4, 0.8, 2):
                with self.subTest(number.name, wait_s=wait_s):
                    self.go(rounds=2000)
                    run = Run("record", "-n", NAME, "-p", "supervisor:crowd", "--overhead", "full", "-o", "none.folded")
                    time.sleep(wait_s)
                    run.signal(number)
                    run.result(30)
                    self.assert_clean(self.node, self.before)
                    self.await_done(8)

    def test_one_of_our_processes_is_killed(self):
        """A share's, or the head's: whatever has come is kept, and the others leave as well."""
        self.start(8)
        for which in ("control", "loop"):
            for number in range(self.relays_for(8, 16)):
                with self.subTest(which, number=number):
                    run = self.record(output="killed.flb")
                    self.go()
                    self.await_done(8)
                    time.sleep(0.5)  # a tick, with which what was packed is sent
                    self.node.ask("Found = [P || P <- rpc:call(N, erlang, processes, []), "
                                  "{_, {M, F, _}} <- [rpc:call(N, erlang, process_info, [P, current_function])], "
                                  f"F =:= {which}, lists:prefix(\"flambeau_agent_\", atom_to_list(M))], "
                                  f"exit(lists:nth({number + 1}, lists:sort(Found)), kill), ok")
                    result = run.result(30)
                    self.assert_ended(result, 0)
                    self.assert_clean(self.node, self.before)
                    report = self.report("killed.flb")
                    self.assertEqual(report["facts"]["ended"], "agent-ended")
                    self.assert_calls(report, 8 * ROUNDS)

    def test_spawned(self):
        """A child is of its parent's share."""
        self.start(8)
        run = self.record("--spawned")
        self.node.ask("[P ! {spawn, 50} || {_, P, _, _} <- rpc:call(N, supervisor, which_children, [crowd])], ok")
        time.sleep(2)
        self.await_done(8)
        self.interrupted(run)
        self.assert_clean(self.node, self.before)
        report = self.report()
        self.assert_calls(report, 8 * 50)
        self.assertEqual(len(report["processes"]), 16)

    def test_a_process_with_another_tracer(self):
        """Of any share: all are refused, and the other's trace goes on."""
        self.start(8)
        for number in (1, 2):
            with self.subTest(number=number):
                self.node.ask("P = spawn(N, timer, sleep, [20000]), rpc:call(N, erlang, register, [other_tracer, P]), "
                              "{_, C, _, _} = lists:nth(%d, lists:sort(rpc:call(N, supervisor, which_children, [crowd]))), "
                              "rpc:call(N, erlang, trace, [C, true, [call, {tracer, P}]])" % number)
                flags = self.node.state()["flags"]
                self.assertTrue(flags)
                self.assert_refused(flambeau("record", "-n", NAME, "-p", "supervisor:crowd", "-o", "none.svg"), 4, "other_tracer|<0")
                self.assertEqual(self.node.state()["flags"], flags)
                self.node.ask("exit(rpc:call(N, erlang, whereis, [other_tracer]), kill), ok")
                harness.wait_until(lambda: not self.node.state()["flags"], 5, "its end")
                self.assert_clean(self.node, self.before)


if __name__ == "__main__":
    harness.main()
