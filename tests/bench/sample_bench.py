"""What sampling a whole node (`record -p all --sample 10ms`) costs it: CPU time of the node's own process, as the operating system
has it, with and without, in turns. Called by scripts/bench: PROGRAM FLAMBEAU; $FLAMBEAU_OTP_ROOT as in the live tests.

The node's schedulers do not spin for work before they sleep (+sbwt none): how long they would is a setting, and no work.
"""
import os
import pathlib
import re
import signal
import statistics
import sys
import time

import live_bench
from live_bench import harness

TURNS = 7
PROCESSES = 1000
WINDOW_S = 4
SETTLING_S = 2  # until the processes that wait are known to
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    """Of a process and its threads; its name may have spaces in it."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def share(pid):
    """CPU time of the window, of one scheduler's."""
    began, before = time.monotonic(), cpu_s(pid)
    time.sleep(WINDOW_S)
    return (cpu_s(pid) - before) / (time.monotonic() - began)


def sampled_share(node, pid, interval):
    run = harness.Run("record", "-n", node.name, "-v", "-p", "all", "--sample", interval, "-d", "0", "-o", "-", "--format", "flb")
    harness.wait_until(lambda: "reads stacks" in run.said() or run.process.poll() is not None, 20, "sampling")
    time.sleep(SETTLING_S)
    found = share(pid)
    run.signal(signal.SIGINT)
    result = run.result()
    if result.code != 0 or not re.search(r"of 1,?0\d\d processes", result.err):
        raise AssertionError(str(result))
    return found


def bench(kind, interval):
    name = f"bench_sample_{kind}@{harness.HOST}"
    node = harness.Node(name, ["erl", "-noshell", "-name", name, "-setcookie", harness.world.cookie, "+sbwt", "none", "+sbwtdcpu", "none",
                               "+sbwtdio", "none", "-eval", f"bench_sample:start({kind}, {PROCESSES}), register(bench_ready, spawn(bench_sample, wait, []))."])
    try:
        node.await_registered("bench_ready")
        pid = int(bytes(node.call("os", "getpid")))
        turns = [(share(pid), sampled_share(node, pid, interval)) for _ in range(TURNS)]
    finally:
        node.stop()
    without, sampled = (statistics.median(column) for column in zip(*turns))
    added = statistics.median(b - a for a, b in turns)
    print(f"| {PROCESSES:,} {kind}, every {interval} | {without:.2%} | {sampled:.2%} | {added:.2%} |", flush=True)


def main():
    with live_bench.world(sys.argv[1], "bench_sample"):
        print(f"CPU time of the node in shares of one core, medians of {TURNS} windows of {WINDOW_S} s, in turns")
        print("| processes | untouched | sampled | added |\n| --- | --- | --- | --- |")
        for kind in sys.argv[2:] or ("idle", "waking"):
            bench(kind, "10ms")


main()
