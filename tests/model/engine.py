"""The real engine: many streams folded by one run of the driver, and the model's results in the same lines."""
import collections
import subprocess

from model import Model
from stream import escape, raw_name

binary = None  # the driver's path


def fold(streams):
    """For each stream the set of lines that the driver prints."""
    text = "".join("stream %d\n%s" % (i, stream.text()) for i, stream in enumerate(streams))
    run = subprocess.run([binary, "fold"], input=text, capture_output=True, text=True, encoding="latin-1", check=False)
    if run.returncode != 0:
        return None
    results = [part.splitlines() for part in run.stdout.split("done\n")[:-1]]
    return [sorted(line for line in lines if not line.startswith("stream ")) for lines in results]


def dump(path):
    return subprocess.run([binary, "dump", path], capture_output=True, text=True, encoding="latin-1", check=True).stdout


def stack_text(stack):
    return ";".join(escape(name, ";") for name in stack)


def model_lines(stream):
    return result_lines(Model(stream).run())


def result_lines(result):
    lines = ["%s %s %s %d" % (key, how, stack_text(stack), weight)
             for key, weights in (("wall", result.wall), ("calls", result.calls))
             for (how, stack), weight in weights.items() if weight]
    lines += ["left %s %s %d %d" % (how, stack_text(stack), left, tracing) for (how, stack), (left, tracing) in result.left.items()]
    lines += ["process %s %s %d %d %d %d %d %d" % ((escape(row[0], ";"), escape(row[1], ";")) + row[2:])
              for row in result.processes]
    first = min((row[3] for row in result.processes), default=0)
    lines += ["captured %s %s %s %d %d %s" % (escape(call.pid, ";"), escape(raw_name(call.function), ";"),
                                              escape(raw_name(call.caller), ";") if call.caller else "none",
                                              call.start - first, call.length, call.ending) for call in result.captured]
    lines.append("captures %d" % len(result.captured))
    lines.append("gc %(minor)d %(major)d %(pause)d %(longest)d %(words)d" % result.gc)
    lines.append("lost %d" % result.lost)
    return sorted(lines + function_lines(result))


def function_lines(result):
    """Rule 6: own time leaves callees out, total time counts a recursive function once."""
    own, total, calls = collections.Counter(), collections.Counter(), collections.Counter()
    for (how, stack), weight in result.wall.items():
        if how == "merged":
            own[stack[-1]] += weight
            for name in set(stack):
                total[name] += weight
    for (how, stack), weight in result.calls.items():
        if how == "merged":
            calls[stack[-1]] += weight
    lines = []
    for name in set(total) | set(calls):
        if name.startswith("["):
            continue
        lengths = result.lengths.get(name, [])
        extent = (len(lengths), sum(lengths), min(lengths, default=0), max(lengths, default=0))
        row = (calls[name], own[name], total[name]) + extent
        if any(row):
            lines.append("function %s " % escape(name, ";") + " ".join(str(number) for number in row))
    return lines
