#!/usr/bin/env python3
"""What it takes to draw 200,000 stacks: render_bench.py FLAMBEAU [RUNS]. See scripts/bench.

The tools take turns, so that what else the machine does hits all alike. Time and memory are of the whole command, from the same file;
`picture` is the time from the navigation to the first frame that Chromium draws of the SVG, `zoom` that of a click on a wide frame."""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
STACKS = 200_000
FLAMEGRAPH_PL = ("/usr/share/perl5/Devel/NYTProf/flamegraph.pl", "flamegraph.pl")


def tools(flambeau):
    """Name: command that takes the file's name behind it and writes an SVG to standard output."""
    found = {"flambeau": [flambeau, "render", "-o", "-"]}
    script = next(filter(None, map(shutil.which, FLAMEGRAPH_PL)), None) or next(filter(os.path.exists, FLAMEGRAPH_PL), None)
    if script:
        found["flamegraph.pl"] = ["perl", script]
    if shutil.which("inferno-flamegraph"):
        found["inferno"] = ["inferno-flamegraph"]
    return found


def run(command, stacks, svg):
    """-> seconds, MiB at the highest."""
    with open(svg, "wb") as output:
        began = time.monotonic()
        process = subprocess.Popen([*command, stacks], stdout=output, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
    if status:
        sys.exit(f"render_bench: {command[0]} ended with {status}")
    return seconds, usage.ru_maxrss / 1024


def in_browser(svgs):
    """-> name: (ms to the first picture, ms of a zoom or None); {} without a browser."""
    done = subprocess.run(["node", HERE / "first_picture.mjs", *svgs.values()], capture_output=True, text=True)
    if done.returncode:
        print(f"no browser: {done.stderr.strip()}")
        return {}
    return dict(zip(svgs, json.loads(done.stdout)))


def bench(kind, commands, folder, runs):
    stacks = folder / f"{kind}.folded"
    with open(stacks, "wb") as output:
        subprocess.run([sys.executable, HERE / "make_stacks.py", str(STACKS), kind], stdout=output, check=True)
    print(f"\n{STACKS:,} stacks, {kind}: {stacks.stat().st_size / 1e6:.0f} MB of text, medians of {runs} runs")
    svgs = {name: folder / f"{name}.svg" for name in commands}
    taken = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            taken[name].append(run(command, stacks, svgs[name]))
    browser = in_browser(svgs)
    ours = statistics.median(seconds for seconds, _ in taken["flambeau"])
    print(f"{'':14} {'time':>9} {'ratio':>7} {'memory':>9} {'SVG':>8} {'picture':>9} {'zoom':>7}")
    for name in commands:
        seconds = statistics.median(value for value, _ in taken[name])
        memory = statistics.median(value for _, value in taken[name])
        picture, zoom = browser.get(name, (None, None))
        print(f"{name:14} {seconds:7.2f} s {seconds / ours:6.1f}x {memory:5.0f} MiB {svgs[name].stat().st_size / 1e6:5.2f} MB "
              f"{f'{picture:6.0f} ms' if picture else '':>9} {f'{zoom:4.0f} ms' if zoom else '':>7}")


def main():
    commands = tools(sys.argv[1])
    for name in ("flamegraph.pl", "inferno"):
        if name not in commands:
            print(f"{name} is not installed")
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("traced", "sampled"):
            bench(kind, commands, pathlib.Path(folder), int(sys.argv[2]) if len(sys.argv) > 2 else 5)


main()
