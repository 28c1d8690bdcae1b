"""A stream of events in memory, and its text form (tests/support/event_text.h)."""
import re

STATUSES = ("waiting", "runnable", "running", "suspended", "collecting", "exiting")


class Event:
    """`kind` is the verb of the text form, "status" for all statuses, "stack" for a cut one too ("again" for one in mid-trace), "leave" for how a captured call ended."""

    __slots__ = ("process", "time", "kind", "function", "caller", "stack", "cut", "status", "major", "words", "lost", "child",
                 "ending")

    def __init__(self, process, time, kind, function=None, caller=None, stack=(), cut=False, status=None, major=False,
                 words=7, lost=0, child=None, ending=None):
        self.process, self.time, self.kind, self.function, self.caller = process, time, kind, function, caller
        self.stack, self.cut, self.status, self.major = stack, cut, status, major
        self.words, self.lost, self.child, self.ending = words, lost, child, ending

    def text(self):
        verb, operands = self.kind, []
        if verb in ("call", "begin", "return", "out", "in"):
            operands = [self.function or "none"] + ([self.caller or "none"] if verb in ("call", "begin") else [])
        elif verb == "leave":
            verb = self.ending
        elif verb == "stack":
            verb, operands = ("cut" if self.cut else "stack"), list(self.stack)
        elif verb == "again":
            operands = list(self.stack)
        elif verb == "status":
            verb = self.status
        elif verb in ("gc+", "gc-"):
            operands = ["major"] * self.major + [str(self.words)] * (verb == "gc-")
        elif verb == "lost":
            operands = [str(self.lost)]
        elif verb == "spawn":
            operands = [str(self.child), self.function or "none"]
        return " ".join([str(self.time), verb] + operands)


class Process:
    def __init__(self, pid="<0.1.0>", name="", label="", initial="", parent=None):
        self.pid, self.name, self.label, self.initial, self.parent = pid, name, label, initial, parent


class Stream:
    def __init__(self):
        self.plain = set()    # tokens with a module that are not native after all
        self.opaque = set()   # functions whose callees are not shown
        self.receives = {}    # functions whose code is known: whether there is a receive in it
        self.processes = {}   # by id
        self.costs = {}       # facts: what an event cost, in ns, and perhaps what a captured call takes untraced
        self.events = []      # of all processes, in the order in which they come

    def is_native(self, function):
        return ":" in function and function not in self.plain

    def text(self):
        lines = ["f " + token + " native" * self.is_native(token) + " opaque" * (token in self.opaque)
                 for token in sorted(self.plain | self.opaque)]
        lines += ["c " + token + " receives" * receives for token, receives in sorted(self.receives.items())]
        lines += ["k %s %d" % fact for fact in self.costs.items()]
        for number, process in self.processes.items():
            fields = [("name", process.name), ("label", process.label), ("initial", process.initial)]
            line = ["p", str(number), escape(process.pid)]
            line += ["%s=%s" % (key, escape(value)) for key, value in fields if value]
            line += ["parent=%d" % process.parent] if process.parent is not None else []
            lines.append(" ".join(line))
        current = None
        for event in self.events:
            if event.process != current:
                current = event.process
                lines.append("p %d" % current)
            lines.append(event.text())
        return "\n".join(lines) + "\n"


def escape(text, more=""):
    """Names are bytes, each held as the character of its number."""
    if text.isalnum() and text.isascii():
        return text
    return "".join("%%%02X" % ord(c) if c <= " " or c >= "\x7f" or c == "%" or c in more else c for c in text)


def unescape(text):
    return re.sub("%(..)", lambda match: chr(int(match[1], 16)), text) if "%" in text else text


def raw_name(token):
    """The function as the VM says it."""
    return unescape(token).replace("\0", "?") if ":" in token else "m:%s/0" % token


def parse(text):
    stream, current = Stream(), 0
    for line in text.splitlines():
        words = line.split(" ")
        if words[0] == "f":
            if "native" not in words:
                stream.plain.add(words[1])
            if "opaque" in words:
                stream.opaque.add(words[1])
        elif words[0] == "k":
            stream.costs[words[1]] = int(words[2])
        elif words[0] == "c":
            stream.receives[words[1]] = len(words) > 2
        elif words[0] == "p":
            current = int(words[1])
            if len(words) > 2:
                stream.processes[current] = parse_process(words[2:])
        elif line:
            stream.processes.setdefault(current, Process())
            stream.events.append(parse_event(current, int(words[0]), words[1], words[2:]))
    return stream


def parse_process(words):
    fields = {"pid": ""}
    for word in words:
        key, value = ("pid", word) if word.startswith("<") else word.split("=", 1)
        fields[key] = int(value) if key == "parent" else unescape(value)
    return Process(**fields)


def parse_event(process, time, verb, operands):
    named = [None if word == "none" else word for word in operands] + [None, None]
    if verb in ("stack", "cut"):
        return Event(process, time, "stack", stack=tuple(operands), cut=verb == "cut")
    if verb == "again":
        return Event(process, time, verb, stack=tuple(operands))
    if verb in STATUSES:
        return Event(process, time, "status", status=verb)
    if verb in ("gc+", "gc-"):
        words = [int(word) for word in operands if word != "major"]
        return Event(process, time, verb, major="major" in operands, words=words[0] if words else 7)
    if verb == "lost":
        return Event(process, time, verb, lost=int(operands[0]))
    if verb == "spawn":
        return Event(process, time, verb, child=int(operands[0]) if operands else None, function=named[1])
    if verb in ("returned", "raised"):
        return Event(process, time, "leave", ending=verb)
    return Event(process, time, verb, function=named[0], caller=named[1] if verb in ("call", "begin") else None)
