"""What tracing costs programs from call-dense to mostly waiting, and how true the widths are: the table of the README, as Markdown.

Every number is a ratio within one run of one node: how many rounds a second the program makes before a tracer comes and after it has
gone, and while it is there; the tracers take turns, because a machine drifts. The truth of the widths is what the program's own clock says of its
phases while nobody traces. Called by scripts/bench: PROGRAM FLAMBEAU [TURNS [ROW...]]; $FLAMBEAU_OTP_ROOT as in the live tests.
"""
import json
import statistics
import sys

import live_bench
from live_bench import EDGE_NS, SECOND, harness, print_row

ROWS = {  # program, processes, what it does
    "fib": ("fib", 1, "nothing but calls of tiny functions"),
    "mixed": ("mixed", 1, "half tiny functions, a quarter BIFs, a quarter larger functions"),
    "server": ("server", 1, "a server's state: maps and lists"),
    "text": ("text", 1, "parsing and formatting"),
    "text, 8 processes": ("text", 8, "the same, eight times at once"),
    "sparse": ("sparse", 1, "BIFs on large data"),
    "waiting": ("waiting", 1, "sleeps, and a little work"),
}
BEFORE_NS = SECOND
TOOL_S = 2
TRUTH_MS = 300
ABOVE = 0.05  # of the time a phase takes, at least, to be compared


def main():
    turns = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    rows = sys.argv[3:] or list(ROWS)
    with live_bench.world(sys.argv[1], "bench_programs", "bench_load"), live_bench.stopped(live_bench.start_node("bench_overhead")) as node:
        bench = Bench(node)
        found = {row: bench.measured(row, turns) for row in rows}
        print_tables(harness.otp_release(node), turns, bench, found)


class Bench:
    """{column: [values]} for each row: slow-downs, and what else a recording says. One that a bound ends is left out, and said."""

    def __init__(self, node):
        self.node = node
        self.has_raw_times = "--raw-times" in harness.flambeau("help", "report").out.decode()
        self.has_tprof = harness.otp_release(node) >= 27

    def measured(self, row, turns):
        program, processes, _ = ROWS[row]
        self.node.call("bench_load", "start", f"[{program}, {processes}]")
        targets = [word for number in range(processes) for word in ("-p", f"bench_{number + 1}")]
        self.wait_s(1)
        values, graphs, truth = {}, {}, {}
        # A program that computes does not wait for its turn when it is alone on its scheduler, but it does beside a tracer.
        weight = "wall" if program == "waiting" else "cpu"
        for turn in range(turns):
            for phase, ns in self.truth().items():
                truth[phase] = truth.get(phase, 0) + ns
            for tracer in ("drop", "eprof", "fprof") + (("tprof",) if self.has_tprof else ()):
                add(values, tracer, self.slowed_by(tracer))
            self.record(values, graphs, "full", 5, "full", targets, weight)
            self.record(values, graphs, "20%", 10, "20%", targets, weight)
            self.record(values, graphs, "20%, 2 s", 2, "20%", targets, weight)
            print(f"{row}, turn {turn + 1}: " + ", ".join(f"{column} {shown(all_of[-1])}" for column, all_of in values.items()),
                  file=sys.stderr, flush=True)
        self.node.call("bench_load", "stop")
        for column, all_of in graphs.items():
            values["error " + column] = [error(truth, graph) for graph in all_of]
        values["truth"] = [share(truth)]
        print(f"{row}: untraced {spoken(share(truth))}; " +
              "; ".join(f"{column} {spoken(share(all_of[-1]))}" for column, all_of in graphs.items()), file=sys.stderr, flush=True)
        return values

    def truth(self):
        return dict(pairs(self.node.call("bench_load", "truth", f"[{TRUTH_MS}]")))

    def now_ns(self):
        return self.node.call("bench_load", "now_ns")

    def wait_s(self, seconds):
        self.node.call("timer", "sleep", f"[{int(1000 * seconds)}]")

    def rounds(self, begin_ns, end_ns):
        return max(1, self.node.call("bench_load", "rounds", f"[{begin_ns}, {end_ns}]"))

    def memory(self, begin_ns, end_ns):
        return self.node.call("bench_load", "memory", f"[{begin_ns}, {end_ns}]")

    def alone(self):
        """Rounds a second, and memory at its highest, of a second in which nobody traces."""
        self.wait_s(0.3 + BEFORE_NS / SECOND)
        end = self.now_ns() - SECOND // 20  # the meter has seen that much
        return self.rounds(end - BEFORE_NS, end), self.memory(end - BEFORE_NS, end)

    def slowed_by(self, tracer):
        before, _ = self.alone()
        begin = self.node.call("bench_load", "trace", f"[{tracer}, on]")
        self.wait_s(TOOL_S + 0.1)
        during = self.rounds(begin, begin + TOOL_S * SECOND)
        self.node.call("bench_load", "trace", f"[{tracer}, off]")
        after, _ = self.alone()
        return (before + after) / 2 / during

    def record(self, values, graphs, column, seconds, overhead, targets, weight):
        before, memory = self.alone()
        path = harness.world.folder / "overhead.flb"
        result = harness.flambeau("record", "-n", self.node.name, "-d", f"{seconds}s", "--overhead", overhead, "-o", path, *targets,
                                  timeout_s=300)
        if result.code != 0:
            print(f"{column}: left out, {result}", file=sys.stderr)
            return
        report = self.report(path)
        facts = report["facts"]
        after, _ = self.alone()
        rounds = (before + after) / 2
        if facts["ended"] != "deadline":
            print(f"{column}: left out, ended by {facts['ended']}: {result}", file=sys.stderr)
            return
        begin, end = int(facts["begin_ns"]), int(facts["end_ns"])
        if column == "20%":
            add(values, "20%, first 2 s", rounds / self.rounds(begin, begin + 2 * SECOND))
            add(values, "20%", rounds / self.rounds(begin + 2 * SECOND, end - EDGE_NS))
        elif column == "full":
            add(values, column, rounds / self.rounds(begin + EDGE_NS, end - EDGE_NS))
        add(values, "events " + column, int(facts["wire_events"]) / (end - begin) * SECOND)
        add(values, "bytes " + column, int(facts["wire_bytes"]) / max(1, int(facts["wire_events"])))
        add(values, "memory " + column, max(0, self.memory(begin, end) - memory))
        add(values, "queue " + column, int(facts["max_queue"]))
        add(graphs, column, widths(path, weight))
        if column == "full" and self.has_raw_times:
            add(graphs, "full, raw", widths(path, weight, "--raw-times"))

    def report(self, path, *options):
        result = harness.flambeau("report", "--json", *options, path, timeout_s=300)
        if result.code != 0:
            raise AssertionError(str(result))
        return json.loads(result.out)


def add(values, key, value):
    values.setdefault(key, []).append(value)


def pairs(value):
    return value.items() if isinstance(value, dict) else value


def widths(path, weight, *options):
    """How wide each phase of the programs is, of which none calls another: what its calls take in a callgrind file."""
    result = harness.flambeau("render", path, "-o", "-", "--format", "callgrind", "--weight", weight, *options, timeout_s=300)
    if result.code != 0:
        raise AssertionError(str(result))
    names, called, sums = {}, None, {}
    lines = iter(result.out.decode().splitlines())
    for line in lines:
        key, _, value = line.partition("=")
        if key in ("fn", "cfn"):
            number, _, name = value.partition(" ")
            called = names.setdefault(number, name)
        elif key == "calls" and called.startswith("bench_programs:") and called.endswith("/1"):
            add(sums, called.partition(":")[2][:-2], int(next(lines).split()[1]))
    return {function: sum(all_of) for function, all_of in sums.items()}


def share(times):
    return {phase: ns / max(1, sum(times.values())) for phase, ns in times.items()}


def error(truth, graph):
    """The largest difference of a phase's share of all phases, in points."""
    shares = share(truth)
    drawn = share({phase: graph.get(phase, 0) for phase in truth})
    return max(100 * abs(shares[phase] - drawn[phase]) for phase in truth if max(shares[phase], drawn[phase]) > ABOVE)


def spoken(shares):
    return ", ".join(f"{phase} {100 * value:.0f} %" for phase, value in shares.items())


def shown(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def median(values, unit=1):
    return shown(statistics.median(values) / unit) if values else "-"


def print_tables(release, turns, bench, found):
    tools = ["fprof", "eprof"] + (["tprof"] if bench.has_tprof else [])
    slow = {"untraced": None, "a tracer that drops all": "drop", "flambeau `full`": "full", "`20%`, first 2 s": "20%, first 2 s",
            "`20%`, then": "20%", **{f"OTP's {tool}" if tool == "fprof" else tool: tool for tool in tools}}
    print(f"\nTimes slower than untraced, OTP {release}, medians of {turns}:\n")
    print_row("program", "what it does", *slow)
    print_row("---", "---", *["--:"] * len(slow))
    for row, values in found.items():
        print_row(row, ROWS[row][2], *[median(values.get(key)) if key else "1.00" for key in slow.values()])
    graphs = {"full, raw": "`full`, `--raw-times`", "full": "`full`", "20%": "`20%`, 10 s", "20%, 2 s": "`20%`, 2 s"}
    print("\nWhat it takes, and the largest error of a width against the untraced truth (in points; median, and the worst of all):\n")
    print_row("program", "events/s `full`", "`20%`", "bytes an event `full`", "`20%`", "node memory `full`", "`20%`",
              *[f"error {label}" for label in graphs.values()])
    print_row("---", *["--:"] * (6 + len(graphs)))
    for row, values in found.items():
        print_row(row, *[median(values.get(f"events {column}")) for column in ("full", "20%")],
                  *[median(values.get(f"bytes {column}")) for column in ("full", "20%")],
                  *[median(values.get(f"memory {column}"), 1 << 20) + " MB" for column in ("full", "20%")],
                  *[worst(values.get(f"error {column}")) for column in graphs])


def worst(errors):
    return f"{statistics.median(errors):.1f} ({max(errors):.1f})" if errors else "-"


main()
