"""Random programs: plain data, so that they can be made smaller."""
import copy
import random

NATIVES = ("lists:reverse/2", "ets:lookup/2", "erlang:send/2")


class Program:
    """`functions`: statements by name, see the do_ methods of beam.Run. `roots`: (entry, how it is attached to, when)."""

    def __init__(self, seed, otp):
        self.seed, self.otp = seed, otp
        self.functions, self.roots = {}, []
        self.unfollowed = set()
        self.opaque = set()
        self.captured = set()         # functions whose calls are captured, in the roots that are attached to so
        self.traces_captured = False  # returning from one is an event too
        self.tells_ends = True        # also of processes that are away
        self.names = {}
        self.begin, self.until = 0, 10 ** 9
        self.fuel = 60
        self.looks = "all"
        self.loses = self.spawned = False
        self.follows = "after"  # the function that a wrong caller names

    def text(self):
        lines = ["OTP %d, seed %d, looks %s%s%s, until %d" % (
            self.otp, self.seed, self.looks, ", loses" * self.loses, ", spawned" * self.spawned, self.until)]
        lines += ["begin %d, fuel %d, a wrong caller is %s, names %s" % (self.begin, self.fuel, self.follows, self.names)]
        lines += ["root %s, %s at %d" % root for root in self.roots]
        lines += ["not followed: %s" % " ".join(sorted(self.unfollowed))] if self.unfollowed else []
        lines += ["opaque: %s" % " ".join(sorted(self.opaque))] if self.opaque else []
        lines += ["captured: %s%s%s" % (" ".join(sorted(self.captured)), ", return" * self.traces_captured,
                                       ", ends told" * self.tells_ends)] if self.captured else []
        lines += ["%s: %s" % (name, "; ".join(statement_text(s) for s in body)) for name, body in self.functions.items()]
        return "\n".join(lines)


def statement_text(statement):
    inner = ["{%s}" % "; ".join(statement_text(s) for s in operand) if isinstance(operand, list) else str(operand)
             for operand in statement[1:]]
    return " ".join([statement[0]] + inner)


class Author:
    def __init__(self, seed, otp):
        self.random = random.Random("%d %d" % (seed, otp))
        self.program = Program(seed, otp)
        self.functions = ["f%d" % i for i in range(self.random.randint(2, 6))]
        self.acyclic = self.random.random() < 0.6

    def length(self):
        return self.random.choice((1, 2, 3, 5, 8, 40, 300))

    def write(self):
        choose, program = self.random, self.program
        for i, name in enumerate(self.functions):
            program.functions[name] = self.body(i, 0)
        for i in range(choose.choice((1, 1, 1, 2))):
            attach = choose.choice(("spawned", "spawned", "stack", "stack", "stack", "cut", "unreadable", "none"))
            program.roots.append((self.functions[0 if i == 0 else -1], attach, choose.choice((0, 0, 5, 30, 200))))
        program.begin = choose.choice((0, -50))
        if choose.random() < 0.25:
            program.until = choose.randint(1, 400)
        if choose.random() < 0.3:
            names = self.functions[1:] + list(NATIVES) + ["erlang:throw/1"]
            program.unfollowed = set(choose.sample(names, choose.randint(1, min(3, len(names)))))
        if choose.random() < 0.3:
            program.names = {0: "worker", 1: choose.choice(("worker", "Elixir.Shop", "a;b c%"))}
        program.fuel = choose.choice((10, 30, 60, 120))
        program.looks = choose.choice(("all", "all", "some", "none"))
        program.loses = choose.random() < 0.08
        program.spawned = choose.random() < 0.7
        if choose.random() < 0.01:
            self.use_up_slice()
        program.follows = choose.choice(self.functions + ["after"])
        if choose.random() < 0.25:
            program.opaque = set(choose.sample(self.functions + list(NATIVES), choose.choice((1, 1, 2))))
        if choose.random() < 0.35:
            self.capture()
        program.unfollowed -= program.opaque | program.captured
        return program

    def capture(self):
        choose, program = self.random, self.program
        program.captured = set(choose.sample(self.functions, choose.randint(1, 2)))
        program.traces_captured, program.tells_ends = choose.random() < 0.5, choose.random() < 0.5
        program.roots = [(entry, "captured" if attach != "none" else attach, at) for entry, attach, at in program.roots]

    def use_up_slice(self):
        """About as many steps as decide whether a time slice was used up: a call and a return more than the loop has rounds."""
        rounds = self.random.randint(1996, 1999)
        self.program.functions["f0"][:0] = [["yield", 3], ["loop", "f1", rounds], ["yield", 5]]
        self.program.fuel, self.program.looks, self.program.until = 2100, "none", 10 ** 9
        self.program.roots = [("f0", "stack", 0)]

    def other(self, at):
        """A function to call; in an acyclic program one that comes later."""
        others = self.functions[at + 1:] if self.acyclic else self.functions
        return self.random.choice(others) if others else None

    def body(self, at, depth):
        statements = [self.statement(at, depth) for _ in range(self.random.choice((0, 1, 2, 3, 4, 6)))]
        statements = [statement for statement in statements if statement]
        if depth == 0 and self.random.random() < 0.4 and self.other(at):
            statements.append(["tail", self.other(at)])
        return statements

    def statement(self, at, depth):
        choose, length = self.random, self.length()
        kind = choose.choices(
            ("call", "work", "native", "dirty", "catch", "raise", "crash", "receive", "receive_gc", "suspend", "yield", "gc",
             "spawn", "restack", "hibernate", "kill", "loop", "recurse"),
            (12, 10, 5, 1, 4, 2, 1, 3, 1, 1, 2, 3, 2, 0.5, 0.6, 0.3, 1, 1))[0]
        function = self.other(at)
        if kind in ("call", "spawn", "hibernate", "loop", "recurse") and not function:
            kind = "work"
        return {
            "call": lambda: ["call", function],
            "work": lambda: ["work", length, choose.choice((1, 10, 1500))],
            "native": lambda: ["native", choose.choice(NATIVES), length, choose.random() < 0.05],
            "dirty": lambda: ["dirty", "crypto:hash_nif/2", length],
            "catch": lambda: ["catch", self.body(at, depth + 1)] if depth < 3 else ["work", length, 1],
            "raise": lambda: ["raise", choose.choice(("erlang:throw/1", "erlang:error/1", "erlang:exit/1")), length,
                              choose.random() < 0.6],
            "crash": lambda: ["crash", length],
            "receive": lambda: ["receive", length],
            "receive_gc": lambda: ["receive_gc", length, self.length()],
            "suspend": lambda: ["suspend", length],
            "yield": lambda: ["yield", length],
            "gc": lambda: ["gc", length, choose.random() < 0.3, choose.random() < 0.2],
            "spawn": lambda: ["spawn", choose.choice((function,) * 5 + ("erlang:apply/2",))],
            "restack": lambda: ["restack"],
            "hibernate": lambda: ["hibernate", length, function],
            "kill": lambda: ["kill"],
            "loop": lambda: ["loop", function, choose.randint(1, 3)],
            "recurse": lambda: ["recurse", function, choose.randint(1, 4)],
        }[kind]()


def random_program(seed, otp):
    return Author(seed, otp).write()


# Smaller ones.

def smaller_programs(program):
    """Each program that is this one with one thing less."""
    return (smaller for smaller in candidates(program) if smaller.text() != program.text())


def candidates(program):
    plain = Program(program.seed, program.otp)
    for field in ("unfollowed", "opaque", "traces_captured", "tells_ends", "names", "begin", "until", "looks", "loses", "spawned", "follows"):
        if getattr(program, field) != getattr(plain, field):
            yield changed(program, lambda p, f=field: setattr(p, f, getattr(plain, f)))
    for name in sorted(program.opaque):
        yield changed(program, lambda p, n=name: p.opaque.discard(n))
    for name in sorted(program.captured):
        yield changed(program, lambda p, n=name: p.captured.discard(n))
    for name in sorted(program.unfollowed):
        yield changed(program, lambda p, n=name: p.unfollowed.discard(n))
    if len(program.roots) > 1:
        for i in range(len(program.roots)):
            yield changed(program, lambda p, i=i: p.roots.pop(i))
    for i, root in enumerate(program.roots):
        if root[1:] != ("stack", 0):
            yield changed(program, lambda p, i=i, r=root: p.roots.__setitem__(i, (r[0], "stack", 0)))
    for name in list(program.functions):
        if not program.functions[name]:
            yield changed(program, lambda p, n=name: p.functions.pop(n))
        for place in places(program.functions[name]):
            yield changed(program, lambda p, n=name, at=place: drop(p.functions[n], at))
            yield changed(program, lambda p, n=name, at=place: shorten(p.functions[n], at))


def changed(program, change):
    copied = copy.deepcopy(program)
    change(copied)
    return copied


def places(statements):
    for i, statement in enumerate(statements):
        yield (i,)
        if statement[0] == "catch":
            for place in places(statement[1]):
                yield (i,) + place


def drop(statements, place):
    if len(place) == 1:
        del statements[place[0]]
    else:
        drop(statements[place[0]][1], place[1:])


def shorten(statements, place):
    """Numbers halved; the body of a catch in its place."""
    if len(place) > 1:
        shorten(statements[place[0]][1], place[1:])
    elif statements[place[0]][0] == "catch":
        statements[place[0]:place[0] + 1] = statements[place[0]][1]
    else:
        statements[place[0]] = [max(1, o // 2) if type(o) is int else o for o in statements[place[0]]]


# Streams that no program makes: whatever comes, the model and the engine agree.

def random_soup(seed):
    from stream import Event, Process, Stream
    choose, stream, time = random.Random("soup %d" % seed), Stream(), 0
    functions = ["a", "b", "c", "erlang:throw/1", "erlang:hibernate/3", "ets:f/1", "none"]
    kinds = ["call", "return"] * 3 + ["out", "in"] * 2 + ["gc+", "gc-", "spawn", "stack", "again", "again", "lost", "status"]
    kinds += choose.choice(([], ["begin", "leave"], ["begin", "begin", "leave"]))
    for number in range(3):
        stream.processes[number] = Process("<0.%d.0>" % number, name=choose.choice(("", "same", "one")))
    stream.receives = {f: choose.random() < 0.5 for f in functions[:3] if choose.random() < 0.3}
    if choose.random() < 0.4:
        stream.opaque = set(choose.sample(functions[:-1], choose.choice((1, 1, 2))))
    looked = {}
    for _ in range(choose.choice((5, 20, 60))):
        time += choose.choice((0, 1, 5, 20))
        number = choose.randrange(3)
        kind = choose.choice(kinds) if choose.random() > 0.02 else choose.choice(("exit", "end"))
        function, caller = ([None if f == "none" else f for f in choose.choices(functions, k=2)])
        stack = tuple(choose.choices(functions[:-1], k=choose.randrange(4)))
        if kind == "status":
            # Only who is out is looked at, and no look is older than the one before.
            last = [event for event in stream.events if event.process == number][-1:]
            if not last or last[0].kind not in ("out", "stack", "again", "gc+", "gc-", "status"):
                continue
            status = choose.choice(("waiting", "runnable", "running", "suspended"))
            late = choose.choice((0, 0, 30)) if status != "running" else 0
            if status == "running" and looked.get(number, time) > time:
                continue
            looked[number] = max(time + late, looked.get(number, time))
            stream.events.append(Event(number, looked[number], kind, status=status))
            time += status == "running"
            continue
        if kind in ("call", "begin") and function is None:
            function = "a"
        stream.events.append(Event(number, time, kind, function=function, caller=caller, stack=stack,
                                   cut=kind == "stack" and choose.random() < 0.4, major=choose.random() < 0.5, lost=choose.randrange(3),
                                   child=choose.randrange(3), ending=choose.choice(("returned", "raised"))))
    return stream
