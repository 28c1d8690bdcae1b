#!/usr/bin/env python3
"""Adds up the expected.folded of each capture and compares with its expected.json: own, total, waits, gc of every function."""
import collections
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
CASES = ("capture", "calls")
KEYS = {"[waiting]": "waiting_ns", "[runnable]": "runnable_ns", "[gc]": "gc_ns", "[lost]": "lost_ns"}


def add_up(folded):
    """Times of all, by key, and of each function, by name and key."""
    time = collections.Counter()
    functions = collections.defaultdict(collections.Counter)
    for line in folded.splitlines():
        stack, weight = line.rsplit(" ", 1)
        frames = stack.split(";")
        if frames[-1] in KEYS:
            key, owner = KEYS[frames[-1]], frames[-2] if len(frames) > 1 else None
        else:
            key, owner = "own_ns", frames[-1]
        time["ran_ns" if key == "own_ns" else key] += int(weight)
        functions[owner][key] += int(weight)
        for name in set(frames) - set(KEYS):
            functions[name]["total_ns"] += int(weight)
    return time, functions


def compare(case):
    time, functions = add_up((case / "expected.folded").read_text())
    report = json.loads((case / "expected.json").read_text())
    whole = sum(time.values())
    bad = [f"{key}: {report['time'][key]} in the report, {time[key]} in the stacks"
           for key in ("ran_ns", *KEYS.values()) if report["time"][key] != time[key]]
    if report["covered_ns"] != whole:
        bad.append(f"covered: {report['covered_ns']} in the report, {whole} in the stacks")
    if report["calls"] and sum(call["length_ns"] for call in report["calls"]) != whole:
        bad.append(f"the captured calls took {sum(call['length_ns'] for call in report['calls'])}, {whole} in the stacks")
    if {row["name"] for row in report["functions"]} != {name for name in functions if name}:
        bad.append("not the same functions")
    for row in report["functions"]:
        added = functions[row["name"]]
        bad += [f"{row['name']} {key}: {row[key]} in the report, {added[key]} in the stacks"
                for key in ("own_ns", "total_ns", "waiting_ns", "runnable_ns", "gc_ns") if row[key] != added[key]]
        shares = {"own_share": added["own_ns"] / time["ran_ns"], "total_share": added["total_ns"] / whole}
        bad += [f"{row['name']} {key}: {row[key]}, not {share}"
                for key, share in shares.items() if abs(row[key] - share) > 1e-6]
    print("\n".join(bad) or f"{case.name}: {len(report['functions'])} functions agree")
    return bool(bad)


def main():
    return 1 if any([compare(HERE / name) for name in CASES]) else 0


sys.exit(main())
