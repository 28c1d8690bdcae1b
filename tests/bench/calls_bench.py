"""What captured calls (`record -f`) cost the node, measured on the node itself: for processes that do not call the function,
for those that do, and by what its arguments and its value weigh. Everything is compared with doing nothing in the same
run, in turns, because a machine drifts. Called by scripts/bench: PROGRAM FLAMBEAU; $FLAMBEAU_OTP_ROOT as in the live tests.
"""
import contextlib
import re
import signal
import statistics
import sys

import live_bench
from live_bench import harness

TURNS = 7
ROUNDS = 60
CALLS = 15
MOST_CALLS = 11  # of a call that comes before the end of the one before has been dealt with nothing is captured
DENSE_CALLS = 8_361 + 4_181 + 4_180  # of fib(18), one/1 and add/2 in one dense/0
SIZES_MB = (1, 10, 100)
COPIES = 3


@contextlib.contextmanager
def tracing(node, *options, calls=0):
    """flambeau traces within the block; afterwards it must have captured so many calls at least."""
    run = harness.Run("record", "-n", node.name, "--overhead", "full", "-v", "-o", "-", "--format", "flb", *options)
    harness.wait_until(lambda: "and tracing" in run.said() or run.process.poll() is not None, 20, "tracing")
    yield
    if run.process.poll() is None:
        run.signal(signal.SIGINT)
    result = run.result()
    captured = re.search(r"flambeau: (\d+) calls? in", result.err)
    if calls and (not captured or int(captured[1]) < calls):
        raise AssertionError(f"not {calls} calls: {result}")


def in_turns(cases, measure):
    """{case: median}; each turn has all cases."""
    found = {name: [] for name in cases}
    for _ in range(TURNS):
        for name, begin in cases.items():
            with begin():
                found[name].append(measure())
    return {name: statistics.median(values) for name, values in found.items()}


def print_row(what, value_ns, base_ns, more=""):
    print(f"  {what:<40} {value_ns / 1000:10.1f} us {value_ns / base_ns:9.2f} times{more}", flush=True)


def bench_waiting(node):
    """For a process that does not call the function."""
    never = ("-f", "bench_calls:never/0", "--timeout", "0")
    cases = {"nothing": contextlib.nullcontext,
             "-f": lambda: tracing(node, *never),
             "-f with --only": lambda: tracing(node, *never, "--only", "bench_calls:never")}
    for work, calls in (("request", 0), ("dense", DENSE_CALLS)):
        print(f"{work}/0 in a process that does not call the function that is waited for by")
        found = in_turns(cases, lambda: node.call("bench_calls", "works", f"[{work}, {ROUNDS}]"))
        for name, value in found.items():
            added_ns = (value - found["nothing"]) / calls if calls else 0
            print_row(name, value, found["nothing"], f", {added_ns:.1f} ns a call more" if added_ns else "")


def bench_captured(node):
    """For a process that calls the function, and each call is captured."""
    for work in ("request", "dense"):
        function = ("-f", f"bench_calls:{work}/0", "--calls", CALLS)
        cases = {"nothing": contextlib.nullcontext,
                 "-f": lambda: tracing(node, *function, calls=MOST_CALLS),
                 "-f with --only": lambda: tracing(node, *function, "--only", f"bench_calls:{work}", calls=MOST_CALLS),
                 "-p, the process": lambda: tracing(node, "-p", "bench_calls", "-d", "0")}
        print(f"a call of {work}/0, captured by")
        found = in_turns(cases, lambda: node.call("bench_calls", "calls", f"[{work}, {CALLS}]"))
        for name, value in found.items():
            print_row(name, value, found["nothing"])


def bench_copied(node):
    """For a process whose call has large arguments, or a large value: lists, which are copied, as large binaries are not."""
    for how, what in (("takes", "arguments"), ("gives", "value")):
        print(f"a captured call and the size of its {what}")
        for size in SIZES_MB:
            held_ns = []
            for _ in range(COPIES):
                with tracing(node, "-f", f"bench_calls:{how}", "--only", "bench_calls:*", calls=1):
                    held_ns.append(node.call("bench_calls", "held", f"[{how}, {size << 20}]"))
            print(f"  {size:>4} MB hold its process up for {statistics.median(held_ns) / 1e6:8.2f} ms", flush=True)


def main():
    with live_bench.world(sys.argv[1], "bench_calls"), live_bench.stopped(harness.start_shop("bench")) as node:
        print("OTP", harness.otp_release(node))
        node.call("bench_calls", "start")
        for bench in (bench_waiting, bench_captured, bench_copied):
            bench(node)


main()
