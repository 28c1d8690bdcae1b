"""Memory and queues through a long recording of the highest event rate that the machine gives: a process of nothing but tiny functions for
each scheduler. Called by scripts/bench: PROGRAM FLAMBEAU [MINUTES]; $FLAMBEAU_OTP_ROOT as in the live tests.
"""
import json
import pathlib
import re
import signal
import statistics
import sys
import time

import live_bench
from live_bench import SECOND, harness, print_row

ENDLESS = ("--max-events", "1000G", "--max-queue", "1G", "--max-memory", "1000G")
STOPPED_S = 15
SAMPLE_S = 1
MB = 1 << 20


def rss_bytes(pid):
    """0 for a process that has ended."""
    try:
        found = re.search(r"VmRSS:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return 1024 * int(found[1]) if found else 0


def sample(node, node_pid, run):
    memory, queue, heap = node.call("bench_load", "agent")
    return {"node, erlang:memory": memory / MB, "node, resident": rss_bytes(node_pid) / MB, "relay's queue, messages": queue,
            "relay's heap": heap / MB, "flambeau, resident": rss_bytes(run.process.pid) / MB}


def bench(node, node_pid, targets, name, options):
    before = node.call("bench_load", "agent")[0] / MB
    run = harness.Run("record", "-n", node.name, "-o", harness.world.folder / "soak.svg", "-v", *targets, *options)
    harness.wait_until(lambda: "and tracing" in run.said() or run.process.poll() is not None, 30, "tracing")
    began, samples = time.monotonic(), []
    while run.process.poll() is None:
        at = time.monotonic() - began
        samples.append((at, sample(node, node_pid, run)))
        time.sleep(max(0, began + at + SAMPLE_S - time.monotonic()))
    result = run.result()
    print(f"\n{name}: {result.err.splitlines()[-1]}\n(exit {result.code}; the node's memory before: {before:.0f} MB)\n")
    print_row("each second", "first minute, median", "last minute, median", "highest")
    print_row("---", "--:", "--:", "--:")
    end = samples[-1][0]
    for what in samples[0][1]:
        values = {label: [found[what] for at, found in samples if within(at) and found[what]] or [0]
                  for label, within in (("first", lambda at: at <= 60), ("last", lambda at: at > end - 60), ("all", lambda at: True))}
        unit = "" if "messages" in what else " MB"
        print_row(what, *[f"{value:,.{0 if not unit else 1}f}{unit}" for value in
                          (statistics.median(values["first"]), statistics.median(values["last"]), max(values["all"]))])
    sys.stdout.flush()


def bench_bound(node, targets, name, *options, stopped=False):
    """What is left of a recording that a bound ends."""
    path = harness.world.folder / "bound.flb"
    run = harness.Run("record", "-n", node.name, "-o", path, "--overhead", "full", "-d", "1m", "-v", *targets, *options)
    harness.wait_until(lambda: "and tracing" in run.said() or run.process.poll() is not None, 30, "tracing")
    if stopped:
        time.sleep(1)
        run.signal(signal.SIGSTOP)
        time.sleep(STOPPED_S)
        run.signal(signal.SIGCONT)
    result = run.result()
    print(f"\n{name}: {result.err.splitlines()[-1]} (exit {result.code})", flush=True)
    report = json.loads(harness.flambeau("report", "--json", path).out)
    print(f"ended: {report['facts']['ended']}, {report['events']:,} events in the capture, {report['lost']['events']} lost, "
          f"[lost] {report['lost']['total_ns'] / SECOND:.3f} s, conservation {report['conservation']['difference_ns']} ns", flush=True)


def main():
    minutes = sys.argv[2] if len(sys.argv) > 2 else "10"
    with live_bench.world(sys.argv[1], "bench_programs", "bench_load"), live_bench.stopped(live_bench.start_node("bench_soak")) as node:
        schedulers = node.call("erlang", "system_info", "[schedulers_online]")
        node_pid = int(bytes(node.call("os", "getpid")).decode())
        node.call("bench_load", "start", f"[fib, {schedulers}]")
        targets = [word for number in range(schedulers) for word in ("-p", f"bench_{number + 1}")]
        print(f"OTP {harness.otp_release(node)}, {schedulers} processes on {schedulers} schedulers, {minutes} minutes each")
        bench(node, node_pid, targets, "--overhead full, without bounds", ("--overhead", "full", "-d", f"{minutes}m", *ENDLESS))
        bench(node, node_pid, targets, "defaults", ("-d", f"{minutes}m"))
        bench_bound(node, targets, "a queue that may not grow", "--max-queue", "2k")
        bench_bound(node, targets, "nobody reads any more, then somebody does", stopped=True)


main()
