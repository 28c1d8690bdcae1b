#!/usr/bin/env python3
"""One capture, all exchange formats, the same numbers, as their own readers see them: exchange.py FLAMBEAU

Readers: flamegraph.pl, Go's pprof, callgrind_annotate, speedscope in Chromium (speedscope.mjs) and its schema. What is
expected of a capture is what `flambeau report --json` says, of the small inputs what is worked out here.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden"
CAPTURES = [GOLDEN / "capture" / "input.flb", GOLDEN / "calls" / "input.flb",
            *(HERE.parent / "model" / "captures" / name for name in ("client-25.flb", "stock-27.flb", "throws-25.flb"))]
CHART = GOLDEN / "chart" / "input.flb"
HOSTILE = GOLDEN / "hostile" / "input.folded"
FLAMEGRAPH = "/usr/share/perl5/Devel/NYTProf/flamegraph.pl"
FORMATS = ("folded", "speedscope.json", "pb.gz", "callgrind")
WEIGHTS = ("wall", "cpu", "wait", "gc", "calls")
TITLES = ("wall time", "CPU time", "waiting", "garbage collection", "calls")
ABSENCES = {"[waiting]": "waiting_ns", "[runnable]": "runnable_ns", "[gc]": "gc_ns", "[lost]": "lost_ns"}
SHOWN = 8 # functions that speedscope's table surely has room for

problems = []


def check(what, got, wanted):
    if got != wanted:
        problems.append(f"{what}: {got!r}, not {wanted!r}")


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120)
    if done.returncode != 0 or "WARNING" in done.stderr or "malformed" in done.stderr:
        problems.append(f"{' '.join(str(word) for word in command)}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def find_readers():
    there = {"flamegraph.pl": shutil.which("flamegraph.pl") or (FLAMEGRAPH if pathlib.Path(FLAMEGRAPH).exists() else None),
             "go": shutil.which("go"), "callgrind_annotate": shutil.which("callgrind_annotate"), "node": shutil.which("node")}
    missing = [name for name, path in there.items() if not path]
    if missing:
        sys.exit(f"exchange tests: without {', '.join(missing)}; run scripts/setup --tests")
    return there


class Expected:
    """Own of each frame by weight, total of each function, totals by weight."""

    def __init__(self, own, total):
        self.own, self.total = own, total
        self.sums = {weight: sum(values.values()) for weight, values in own.items()}


def expect_of_capture(report):
    functions = report["functions"]
    wall = {row["name"]: row["own_ns"] for row in functions}
    wall.update({name: report["time"][key] for name, key in ABSENCES.items()})
    own = {"wall": wall,
           "cpu": {name: value for name, value in wall.items() if name not in ("[waiting]", "[runnable]")},
           "wait": {"[waiting]": wall["[waiting]"]},
           "gc": {"[gc]": wall["[gc]"]},
           "calls": {row["name"]: row["calls"] for row in functions}}
    own = {weight: {name: value for name, value in values.items() if value} for weight, values in own.items()}
    check("report: own times", sum(wall.values()), report["covered_ns"])
    return Expected(own, {row["name"]: row["total_ns"] for row in functions if row["total_ns"]})


def nonzero(pairs):
    return {name: value for name, value in pairs if value}


def functions_of(totals):
    return {name: value for name, value in totals.items() if not name.startswith("[")}


def number(text):
    return int(text.replace(",", ""))


def read_pprof(go, path, weight):
    """Own and total of each function, in pprof's order, and the total it states."""
    lines = run(go, "tool", "pprof", "-top", "-nodecount=1000000", "-nodefraction=0", "-edgefraction=0", "-unit=ns",
                f"-sample_index={weight}", path).splitlines()
    stated = [re.search(r"of (\d+)(?:ns)? total", line) for line in lines]
    rows = [re.match(r"\s*(\d+)(?:ns)?\s+\S+\s+\S+\s+(\d+)(?:ns)?\s+\S+\s+(.*)", line) for line in lines]
    return ([(row[3], int(row[1]), int(row[2])) for row in rows if row],
            sum(int(found[1]) for found in stated if found))


def check_pprof(go, path, expected):
    for weight, own in expected.own.items():
        rows, total = read_pprof(go, path, weight)
        check(f"{path.name}: pprof's own {weight}", nonzero((name, flat) for name, flat, _ in rows), own)
        check(f"{path.name}: pprof's total {weight}", total, expected.sums[weight])
        flats = [flat for _, flat, _ in rows]
        check(f"{path.name}: pprof's order", flats, sorted(own.values(), reverse=True) + [0] * (len(flats) - len(own)))
    rows, _ = read_pprof(go, path, next(iter(expected.own)))
    check(f"{path.name}: pprof's cumulated", functions_of(nonzero((name, cum) for name, _, cum in rows)), expected.total)


def read_callgrind(annotate, path, *options):
    """Costs of each function by event, and those of the program."""
    costs, program, events = {}, {}, []
    for line in run(annotate, "--threshold=100", "--show-percs=no", "--auto=no", *options, path).splitlines():
        if line.startswith("Events shown:"):
            events = [event.lower() for event in line.split()[2:]]
        row = re.match(r"\s*((?:[\d,]+\s+)+)(\S.*)", line)
        if not row or not events:
            continue
        values = dict(zip(events, map(number, row[1].split())))
        if row[2] == "PROGRAM TOTALS":
            program = values
        else:
            costs[row[2].split(":", 1)[1]] = values
    return costs, program


def check_callgrind(annotate, path, expected):
    first = next(iter(expected.own))
    for weight, own in expected.own.items():
        if own: # the others are sorted out by the first event they are sorted by
            costs, program = read_callgrind(annotate, path, f"--sort={weight.capitalize()}:100")
            check(f"{path.name}: callgrind's own {weight}", nonzero((name, cost[weight]) for name, cost in costs.items()), own)
            check(f"{path.name}: callgrind's total {weight}", program[weight], expected.sums[weight])
    costs, _ = read_callgrind(annotate, path, "--inclusive=yes")
    check(f"{path.name}: callgrind's inclusive costs",
          functions_of(nonzero((name, cost[first]) for name, cost in costs.items())), expected.total)


def check_flamegraph(script, path, total):
    svg = run("perl", script, path)
    check(f"{path.name}: flamegraph.pl's total", re.findall(r"<title>all \(([\d,]+) samples", svg), [f"{total:,}"])


def shown_time(value):
    """As speedscope writes nanoseconds."""
    seconds = value * 1e-9
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds / size >= 1:
            return f"{seconds / size:.2f}{unit}"
    return f"{seconds / 1e-9:.2f}ns"


def shown_number(value):
    return f"{value:,}"


def speedscope_case(path, expected, title):
    first, *others = expected.own
    folded = not others
    show = shown_number if folded else shown_time
    names = dict(zip(WEIGHTS, TITLES))
    profiles = [[names.get(weight, weight), (shown_number if weight in ("calls", "weight") else shown_time)(total)]
                for weight, total in expected.sums.items() if total]
    top = sorted(expected.own[first].items(), key=lambda row: -row[1])[:SHOWN]
    return {"file": str(path), "title": title, "active": 0, "profiles": profiles,
            "functions": [[name, show(expected.total[name]), show(own)] for name, own in top if name in expected.total]}


def render(flambeau, source, folder, name, *options):
    paths = {form: folder / f"{name}.{form}" for form in FORMATS}
    outputs = [word for path in paths.values() for word in ("-o", path)]
    run(flambeau, "render", source, "--title", name, *options, *outputs)
    return paths


def compare(readers, flambeau, source, folder, expected):
    name = f"{source.parent.name}-{source.stem}"
    paths = render(flambeau, source, folder, name)
    check_flamegraph(readers["flamegraph.pl"], paths["folded"], expected.sums[next(iter(expected.own))])
    check_pprof(readers["go"], paths["pb.gz"], expected)
    check_callgrind(readers["callgrind_annotate"], paths["callgrind"], expected)
    return speedscope_case(paths["speedscope.json"], expected, name)


def compare_hostile(readers, flambeau, folder):
    """Names are each reader's affair; its numbers are those of tests/golden/hostile: 4, 3, 3, 3, 2 and 1 of 16."""
    paths = render(flambeau, HOSTILE, folder, "hostile")
    owns = [4, 3, 3, 3, 2, 1]
    check_flamegraph(readers["flamegraph.pl"], paths["folded"], 16)
    rows, total = read_pprof(readers["go"], paths["pb.gz"], "weight")
    check("hostile: pprof", ([flat for _, flat, _ in rows if flat], total), (owns, 16))
    costs, program = read_callgrind(readers["callgrind_annotate"], paths["callgrind"])
    check("hostile: callgrind", (sorted((cost["weight"] for cost in costs.values() if cost["weight"]), reverse=True), program),
          (owns, {"weight": 16}))
    return {"file": str(paths["speedscope.json"]), "title": "hostile", "active": 0, "profiles": [["weight", "16"]],
            "functions": [["<script>alert(1)</script>:f/0", "4", "4"]]}


def compare_by_process(readers, flambeau, folder):
    """A stack is labeled with its process: sums by label are the widths of the processes."""
    source = CAPTURES[0]
    paths = render(flambeau, source, folder, "by-process", "--by", "process")
    report = json.loads(run(flambeau, "report", source, "--json"))
    text = run(readers["go"], "tool", "pprof", "-raw", paths["pb.gz"])
    widths = {}
    for values, name in re.findall(r"^\s+([\d ]+): [\d ]+\n\s+process:\[(.*)\]$", text, re.M):
        widths[name] = widths.get(name, 0) + int(values.split()[0])
    check("by process: pprof's labels", widths, {row["name"]: row["width_ns"] for row in report["processes"]})


def chart_case(flambeau, folder):
    """tests/golden/chart: shop_cart lives 1 ms, its total/2 runs from 200 to 600 µs, 200 of them in three callees."""
    path = folder / "chart.speedscope.json"
    run(flambeau, "render", CHART, "--chart", "--title", "chart", "-o", path)
    return {"file": str(path), "title": "chart", "active": 0,
            "profiles": [["shop_cart", "1.00ms"], ["shop_receipt:print/1", "90.00µs"],
                         *zip(TITLES, ("1.09ms", "490.00µs", "600.00µs", "30.00µs", "5"))],
            "functions": [["[waiting]", "600.00µs", "600.00µs"], ["shop_cart:total/2", "400.00µs", "199.98µs"],
                          ["lists:foldl/3", "200.00µs", "170.00µs"], ["[gc]", "30.00µs", "30.00µs"],
                          ["shop_price:'of'/1", "20.00ns", "20.00ns"]]}


def main():
    flambeau = sys.argv[1]
    readers = find_readers()
    # Worked out by hand: 1 + 2 + 4 + 3 + 5; b is on itself, and has 2 + 4 + 3 of what is on its outermost frame.
    recursion = Expected({"weight": {"a": 6, "b": 5, "c": 4}}, {"a": 15, "b": 9, "c": 7, "d": 5})
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        cases = [compare(readers, flambeau, HERE / "recursion.folded", folder, recursion),
                 compare_hostile(readers, flambeau, folder), chart_case(flambeau, folder)]
        for source in CAPTURES:
            report = json.loads(run(flambeau, "report", source, "--json", "--top", "0"))
            cases.append(compare(readers, flambeau, source, folder, expect_of_capture(report)))
        compare_by_process(readers, flambeau, folder)
        (folder / "cases.json").write_text(json.dumps(cases))
        run(readers["node"], HERE / "speedscope.mjs", folder / "cases.json")
    print("\n".join(problems) or f"{len(cases)} inputs: the same in every reader")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
