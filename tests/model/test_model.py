#!/usr/bin/env python3
"""The folding engine against a model of the rules, and against the truth.

    test_model.py ENGINE [--seed N] [--count N]

For each seed and OTP release a random program (programs.py) runs on a tiny BEAM (beam.py), which traces it as that release does.
The engine must make of the stream exactly what the model (model.py) makes of it: stacks, nanoseconds, counts, calls' lengths. Where
the stream is not ambiguous, both must also be the truth that the tiny BEAM knows. The same for streams that no program makes, and
for real captures (captures/). A disagreement is printed as the smallest program and stream that still disagree.
"""
import argparse
import collections
import pathlib
import sys
import time

sys.dont_write_bytecode = True  # leave the sources alone

import engine
from beam import Beam
from programs import random_program, random_soup, smaller_programs
from stream import Stream, parse, raw_name

OTPS = (25, 27, 29)
BATCH = 250
SHRINK_S = 20
HERE = pathlib.Path(__file__).resolve().parent


def difference(lines, others, name, other_name):
    missing, extra = sorted(set(others) - set(lines)), sorted(set(lines) - set(others))
    return "\n".join(["%-7s %s" % (other_name, line) for line in missing] + ["%-7s %s" % (name, line) for line in extra])


def against_model(stream, lines):
    """"" when the engine's lines are the model's."""
    if lines is None:
        return "the engine failed"
    model = engine.model_lines(stream)
    return "" if model == lines else difference(lines, model, "engine", "model")


# The truth.

def followed_only(lines, program, titles):
    """The engine's walls and calls by process, without functions that were not followed; and where not every absence
    was looked at, without telling waiting from runnable."""
    unfollowed = {raw_name(function) for function in program.unfollowed}
    sums = collections.Counter()
    for line in lines:
        key, _, rest = line.partition(" process ")
        if key not in ("wall", "calls"):
            continue
        stack, weight = rest.rsplit(" ", 1)
        title, *frames = stack.split(";")
        sums[key, titles[title], tuple(absence(f, program) for f in frames if f not in unfollowed)] += int(weight)
    return sums


def absence(frame, program):
    return "[out]" if frame in ("[waiting]", "[runnable]") and program.looks != "all" else frame


def truth_sums(truth, program):
    sums = collections.Counter()
    for key, weights in (("wall", truth.wall), ("calls", truth.calls)):
        for (process, stack), weight in weights.items():
            names = [frame if frame.startswith("[") else raw_name(frame) for frame in stack]
            sums[key, process, tuple(absence(name, program) for name in names)] += weight
    return sums


def against_truth(program, stream, truth, lines):
    if truth.reasons:
        return ""
    model = engine.Model(stream)
    titles = {engine.escape(shown, ";"): number for number, (_, shown) in model.titles.items()}
    found, true = followed_only(lines, program, titles), truth_sums(truth, program)
    def shown(sums):
        return ["%s p%s %s %d" % (key, process, ";".join(stack), weight) for (key, process, stack), weight in sums.items()]
    gc = "gc %(minor)d %(major)d %(pause)d %(longest)d %(words)d" % truth.gc
    found_lines = shown(found) + [line for line in lines if line.startswith("gc ")]
    return difference(found_lines, shown(true) + [gc], "engine", "truth")


# Smaller counter-examples.

def disagreement(program):
    stream, truth = Beam(program).run()
    with_costs(stream, program.seed)
    lines = (engine.fold([stream]) or [None])[0]
    return against_model(stream, lines) or against_truth(program, stream, truth, lines), stream


def shrink_program(program):
    """The smallest program reached by leaving out one thing at a time."""
    deadline = time.monotonic() + SHRINK_S
    while time.monotonic() < deadline:
        candidates = list(smaller_programs(program))
        runs = [(with_costs(stream, program.seed), truth) for candidate in candidates for stream, truth in [Beam(candidate).run()]]
        results = engine.fold([stream for stream, _ in runs]) or []
        for candidate, (stream, truth), lines in zip(candidates, runs, results):
            if against_model(stream, lines) or against_truth(candidate, stream, truth, lines):
                program = candidate
                break
        else:
            break
    return program


def shrink_stream(stream):
    """The fewest events on which the engine and the model still differ."""
    deadline = time.monotonic() + SHRINK_S
    while time.monotonic() < deadline:
        candidates = []
        for i in range(len(stream.events)):
            smaller = Stream()
            smaller.plain, smaller.opaque, smaller.receives = stream.plain, stream.opaque, stream.receives
            smaller.processes, smaller.costs = stream.processes, stream.costs
            smaller.events = stream.events[:i] + stream.events[i + 1:]
            candidates.append(smaller)
        results = engine.fold(candidates) or []
        for candidate, lines in zip(candidates, results):
            if against_model(candidate, lines):
                stream = candidate
                break
        else:
            break
    return stream


def report_program(program):
    program = shrink_program(program)
    what, stream = disagreement(program)
    print("\nDISAGREEMENT, shrunk:\n%s\n\nits stream:\n%s\n%s" % (program.text(), stream.text(), what))
    lines = (engine.fold([stream]) or [None])[0]
    if against_model(stream, lines):
        report_stream(stream)


def report_stream(stream):
    stream = shrink_stream(stream)
    lines = (engine.fold([stream]) or [None])[0]
    print("\nthe fewest events on which engine and model differ:\n%s\n%s" % (stream.text(), against_model(stream, lines)))


# Runs.

class Tally:
    def __init__(self):
        self.programs = self.events = self.true = self.seen = 0
        self.reasons = collections.Counter()


def with_costs(stream, seed, unit=1):
    """Of two streams in three it is known what an event cost, of half of these what a captured call takes untraced."""
    if seed % 3:
        stream.costs = {"cost_call_ns": seed % 7 * unit, "cost_return_ns": seed % 5 * unit, "cost_gc_ns": seed % 4 * unit,
                        "cost_turn_ns": seed % 11 * unit, "cost_call_call_ns": seed % 8 * unit, "cost_return_return_ns": seed % 9 * unit,
                        "cost_bare_ns": seed % 3, "cost_call_words": seed % 2}
        if seed % 2:
            stream.costs["untraced_ns"] = seed * 7919 % 200
    return stream


def check_programs(otp, seeds):
    tally, begun = Tally(), time.monotonic()
    for start in range(0, len(seeds), BATCH):
        programs = [random_program(seed, otp) for seed in seeds[start:start + BATCH]]
        runs = [(with_costs(stream, program.seed), truth) for program in programs for stream, truth in [Beam(program).run()]]
        results = engine.fold([stream for stream, _ in runs])
        if results is None:
            results = [(engine.fold([stream]) or [None])[0] for stream, _ in runs]
        for program, (stream, truth), lines in zip(programs, runs, results):
            tally.programs += 1
            tally.events += len(stream.events)
            tally.true += not truth.reasons
            tally.seen += not truth.reasons and truth.unseen_ns == 0
            tally.reasons.update(truth.reasons)
            if against_model(stream, lines) or against_truth(program, stream, truth, lines):
                report_program(program)
                return False
    print("OTP %d: %d programs, %d events: engine and model agree; %d of them unambiguous, there both are the truth (%d at "
          "every instant) (%.1f s)" % (otp, tally.programs, tally.events, tally.true, tally.seen, time.monotonic() - begun))
    for reason, count in tally.reasons.most_common():
        print("    ambiguous in %d: %s" % (count, reason))
    return True


def check_soups(seeds):
    events = 0
    for start in range(0, len(seeds), BATCH):
        streams = [with_costs(random_soup(seed), seed) for seed in seeds[start:start + BATCH]]
        results = engine.fold(streams) or [(engine.fold([stream]) or [None])[0] for stream in streams]
        for stream, lines in zip(streams, results):
            events += len(stream.events)
            if against_model(stream, lines):
                report_stream(stream)
                return False
    print("no program: %d streams, %d events: engine and model agree" % (len(seeds), events))
    return True


def check_capture(path):
    """With costs of single nanoseconds, and with such as they are."""
    stream = parse(engine.dump(path))
    for seed, unit in ((5, 1), (13, 200)):
        with_costs(stream, seed, unit)
        result = against_model(stream, (engine.fold([stream]) or [None])[0])
        if result:
            print("\n%s: engine and model differ:\n%s" % (path.name, result))
            return False
    print("%s: %d events, %d processes: engine and model agree" % (path.name, len(stream.events), len(stream.processes)))
    return True


def main():
    options = argparse.ArgumentParser()
    options.add_argument("engine")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=2000, help="programs for each OTP release")
    arguments = options.parse_args()
    engine.binary = arguments.engine
    sys.setrecursionlimit(20000)
    seeds = range(arguments.seed, arguments.seed + arguments.count)
    print("seeds %d to %d" % (seeds[0], seeds[-1]))
    good = all([check_programs(otp, seeds) for otp in OTPS])
    good = check_soups(seeds) and good
    good = all([check_capture(path) for path in sorted((HERE / "captures").glob("*.flb"))]) and good
    return 0 if good else 1


sys.exit(main())
