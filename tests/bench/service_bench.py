"""A node under steady load, served by eight processes, while it is recorded with defaults: throughput and latency before and during, in
turns. Called by scripts/bench: PROGRAM FLAMBEAU [TURNS]; $FLAMBEAU_OTP_ROOT as in the live tests.
"""
import json
import statistics
import sys

import live_bench
from live_bench import EDGE_NS, SECOND, harness, print_row

LOAD = 0.6  # of what the node can do
CAPACITY_S = 3
BEFORE_S = 5
SETTLE_S = 2
RECORDED_S = 10  # record's own default


class Service:
    def __init__(self, node):
        self.node = node
        node.call("bench_service", "start")

    def now_ns(self):
        return self.node.call("bench_service", "now_ns")

    def wait_s(self, seconds):
        self.node.call("timer", "sleep", f"[{int(1000 * seconds)}]")

    def window(self, begin, end):
        return self.node.call("bench_service", "window", f"[{begin}, {end}]")

    def capacity(self):
        self.node.call("bench_service", "closed")
        self.wait_s(CAPACITY_S)
        end = self.now_ns()
        self.node.call("bench_service", "quiet")
        return self.window(end - (CAPACITY_S - 1) * SECOND, end)[0]

    def turn(self):
        """What `window` says of the time before, of the whole recording, and of it from the third second on."""
        harness.wait_until(lambda: self.node.call("bench_service", "waiting") < 100, 120, "the servers to catch up")
        self.wait_s(SETTLE_S + BEFORE_S)
        end = self.now_ns()
        self.wait_s(0.5)  # for the answers to what was due
        before = self.window(end - BEFORE_S * SECOND, end)
        path = harness.world.folder / "service.flb"
        result = harness.flambeau("record", "-n", self.node.name, "-p", "supervisor:bench_service_sup", "-o", path,
                                  timeout_s=300)
        if result.code != 0:
            raise AssertionError(str(result))
        begin, end = recorded_ns(path)
        return before, self.window(begin, end), self.window(begin + 2 * SECOND, end - EDGE_NS)


def recorded_ns(path):
    facts = json.loads(harness.flambeau("report", "--json", "--top", "1", path).out)["facts"]
    if facts["ended"] != "deadline":
        print(f"ended by {facts['ended']}", flush=True)
    begin = int(facts["begin_ns"])
    return begin, int(facts.get("end_ns", begin + RECORDED_S * SECOND))


def bench(service, kind, rate, turns):
    service.node.call("bench_service", kind, f"[{rate}]" if kind == "open" else "[]")
    rows = {"before": [], "recorded": [], "from the third second on": []}
    for _ in range(turns):
        for row, found in zip(rows.values(), service.turn()):
            row.append(found)
    service.node.call("bench_service", "quiet")
    throughput = statistics.median(found[0] for found in rows["before"])
    p99 = statistics.median(found[2] for found in rows["before"])
    print(f"\n{kind} loop" + (f", {rate:,} requests a second due" if kind == "open" else "") + f", medians of {turns}:\n")
    print_row("", "answers/s", "of before", "median", "99th percentile", "of before")
    print_row("---", *["--:"] * 5)
    for label, found in rows.items():
        answers, median, late = (statistics.median(values) for values in zip(*found))
        print_row(label, f"{answers:,.0f}", f"{100 * answers / throughput:.0f} %", f"{median / 1e6:.2f} ms",
                  f"{late / 1e6:.2f} ms", f"{late / p99:.2f}")
    sys.stdout.flush()


def main():
    turns = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with live_bench.world(sys.argv[1], "bench_service"), live_bench.stopped(live_bench.start_node("bench_service")) as node:
        service = Service(node)
        capacity = service.capacity()
        print(f"OTP {harness.otp_release(node)}: can give {capacity:,} answers a second")
        bench(service, "open", int(LOAD * capacity), turns)
        bench(service, "closed", None, turns)


main()
