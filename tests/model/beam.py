"""A tiny BEAM: runs a random program and traces it as OTP 25, 27 or 29 would.

It has what decides the event stream: stacks of frames with return addresses, tail calls that take their caller's frame, a
trace frame under the first traced call of each tail-call chain, handlers, time slices of 4,000 reductions, a clock. It knows the
real stack at every instant, so it also says what a true profile is.

What can be known. Some changes of a stack make no event: a function that was not followed (--only) is entered or left, a frame
that was there before the trace returns (no trace frame lies under it), OTP 25 reports a caught exception only where the frame
right above the handler's is traced. Until an event names a function again nobody can know better than the stack at the last
event that did; `Truth.wall` is billed to that one, and `unseen_ns` says for how long it was not the real one.

What is ambiguous. An event names functions, not frames. Where the name fits a nearer frame than the one that was meant the stream
has two readings, and the program is left out of the comparison with the truth, with its reason; see Names.check_*.
"""
import collections
import random

from stream import Event, Process, Stream

SLICE = 4000
RAISES = ("erlang:throw/1", "erlang:error/1", "erlang:exit/1")


def has_receive(statements):
    return any(kind in ("receive", "receive_gc") or kind == "catch" and has_receive(operands[0])
               for kind, *operands in statements)


class Thrown(Exception):
    """Unwinds to the next handler of the program, or ends the process."""


class Exited(Exception):
    """The process was killed."""


class Hibernated(Exception):
    """The stack is given up; the process goes on in `args[0]`."""


class TraceEnds(Exception):
    """Nothing after this is seen."""


class Frame:
    __slots__ = ("function", "followed", "traced", "named", "called")

    def __init__(self, function, followed):
        self.function = function
        self.followed = followed  # its calls are events
        self.traced = False       # a trace frame lies under it: its return is an event
        self.named = False        # an event named it
        self.called = False       # its call was an event


class Truth:
    def __init__(self):
        self.wall = collections.Counter()   # by (process, stack): what can be known, followed functions only
        self.calls = collections.Counter()
        self.gc = {"minor": 0, "major": 0, "pause": 0, "longest": 0, "words": 0}
        self.unseen_ns = 0
        self.reasons = set()  # why the stream is ambiguous
        self.parents = {}     # process: its parent and the parent's stack as it spawned it


class Names:
    """Which frames the events of one process have brought to light, and whether their names said enough."""

    def __init__(self, truth, opaque):
        self.truth = truth
        self.opaque = opaque
        self.floor = None   # what a captured call returns to: not a frame of its stack
        self.visible = []   # frames, as of the last event that spoke of the stack
        self.contexts = {}  # of a function that is not followed: the followed ones below it when it was named
        self.open = True    # what is below the outermost frame is not known

    def followed(self, frames):
        """The functions of the frames that are followed, down to the first opaque one: it hides the others."""
        end = next((i for i, frame in enumerate(frames, 1) if frame.function in self.opaque), len(frames))
        return tuple(frame.function for frame in frames[:end] if frame.followed)

    def hides(self, frames):
        return any(frame.function in self.opaque for frame in frames)

    def known(self):
        return self.followed(self.visible)

    def doubt(self, reason):
        self.truth.reasons.add(reason)

    def nearest(self, frames, function):
        return next((frame for frame in reversed(frames) if frame.function == function), None)

    def settle(self, real):
        self.visible = [frame for frame in real if frame.followed or frame.named]

    def read(self, real, cut):
        for frame in real:
            frame.named = True
        self.open = cut
        self.settle(real)

    def name(self, frame, real):
        """A frame that no event has named until now: it was not followed."""
        frame.named = True
        context = tuple(f.function for f in real[:real.index(frame)] if f.followed)
        if self.hides(real[:real.index(frame)]):
            return
        if self.contexts.setdefault(frame.function, context) != context:
            self.doubt("an unfollowed function named again, on another stack")

    def check_named(self, frame, kept, real):
        """`frame` is named and lies right above those of `kept` that are left."""
        found = self.nearest(kept, frame.function)
        if frame in kept:
            if found is not frame:
                self.doubt("a name that fits a nearer frame (an inner level of a recursion ended in a tail call)")
            return
        if found:
            self.doubt("a name that fits another frame (an unfollowed function that recurses)")
        if self.floor and frame.function == self.floor.function:
            self.doubt("what a captured call returns to, called again in it by what is not followed")
        if any(f.followed and f not in real for f in kept):
            self.doubt("a frame ended in a tail call of an unfollowed function, or was thrown over unseen")
        if self.open and not self.hides(kept) and any(f.followed for f in kept):
            self.doubt("an open bottom: an unknown function may lie further out")

    def call(self, real, caller, believed):
        """The top of `real` was called by the frame `caller`, None for the outermost."""
        if not believed:
            if self.known() != self.followed(real[:-1]):
                self.doubt("no caller to believe after a change that was not seen")
        elif caller is None:
            self.open = False
        else:
            self.check_named(caller, self.visible, real)
            if not caller.named and not caller.followed:
                self.name(caller, real)
        self.settle(real)

    def begin(self, frame, floor):
        """A captured call."""
        self.visible, self.open, self.floor = [frame], False, floor

    def call_on_floor(self, real, believed):
        """The top of `real` was called by what the captured call returns to: that, or what it ended in, ended in a tail call."""
        if not believed:
            self.doubt("no caller to believe after a change that was not seen")
        if self.floor and self.nearest(self.visible, self.floor.function):
            self.doubt("what a captured call returns to, called again in it")
        self.settle(real)

    def return_to(self, real, frame):
        """Control is back in `frame`, None after the last."""
        if frame is None:
            if self.open or self.visible[:1] != real[:1]:
                self.doubt("an open bottom: an unknown function may lie further out")
            self.settle(real)
            return
        self.check_named(frame, self.visible[:-1], real)
        if not frame.named and not frame.followed:
            self.name(frame, real)
        self.settle(real)


    def waits(self, real):
        """Somebody saw it wait in the top of `real`, now or the last time: what stood on that has ended unseen."""
        found = self.nearest(self.visible, real[-1].function)
        if not found or any(frame.called for frame in self.visible[self.visible.index(found) + 1:]):
            return
        if found is not real[-1]:
            self.doubt("a name that fits another frame (a function that recurses unseen)")
        self.visible = self.visible[:self.visible.index(found) + 1]


class Run:
    """One process of a program, from its start to its end or the end of the trace."""

    def __init__(self, beam, number, start, entry, attach):
        self.beam, self.program, self.number = beam, beam.program, number
        self.clock, self.slice = start, SLICE
        self.entry = entry
        self.attach, self.attach_at = attach
        self.tracing = False
        self.real = []
        self.events = []  # (time to sort by, event)
        self.names = Names(beam.truth, beam.program.opaque)
        self.captured = None     # the frame of the captured call that is on
        self.captured_at = None  # where it is, or what it ended in
        self.handlers = []       # how many frames each leaves standing
        self.seen = False        # it was traced once
        self.until = beam.program.until
        self.status = None  # while it is out: what somebody who looks would see
        self.looked_at = self.clock
        self.waits_in = None  # the function that it was last seen waiting in

    # What is seen.

    def emit(self, kind, **fields):
        if self.tracing:
            self.events.append((self.clock, Event(self.number, fields.pop("time", self.clock), kind, **fields)))

    def bill(self, length, state):
        if not self.tracing or length == 0:
            return
        truth, known = self.beam.truth, self.names.known()
        truth.wall[self.number, known + (() if state is None else (state,))] += length
        if known != self.names.followed(self.shown()):
            truth.unseen_ns += length

    def advance(self, length, state=None):
        """Time passes: in the function on top, or out, or collecting."""
        end = self.clock + length
        if not self.tracing and end > self.attach_at and state != "[gc]" and self.attach != "captured":
            self.clock = max(self.clock, self.attach_at)
            self.start_tracing()
        stop = min(end, self.until)
        if stop > self.clock:
            self.bill(stop - self.clock, state)
            self.clock = stop
        if self.clock >= self.until:
            raise TraceEnds

    def start_tracing(self):
        self.tracing = True
        functions = tuple(frame.function for frame in self.real)
        self.read_stack(functions)
        if self.status and self.attach != "none":
            self.emit("status", status=self.status)  # who is out at the start is always looked at

    def read_stack(self, functions):
        if self.attach == "stack":
            self.emit("stack", stack=functions)
            self.names.read(self.real, False)
            return
        if self.attach == "cut":
            self.emit("stack", stack=functions[-2:], cut=True)
        elif self.attach == "unreadable":
            self.emit("stack", cut=True)
        self.names.doubt("the stack at the start was not known")
        self.names.read(self.real, True)

    def look(self, length):
        """Somebody looks from outside, or nobody does."""
        chance = {"all": 1.0, "some": 0.4, "none": 0.0}[self.program.looks]
        if self.beam.random.random() >= chance or not self.tracing:
            return False
        last = min(self.clock + length, self.until) - 1
        time = self.beam.random.randint(self.clock, max(self.clock, last))
        if time < self.looked_at:  # one after the other
            return False
        self.looked_at = time
        self.emit("status", status=self.status, time=time)
        return True

    # Captured calls.

    def shown(self):
        """The frames that can be in the picture. Those of a captured call stand on its function's, also when that has ended in a tail
        call; and when it has ended in one of itself, that is the same call."""
        if self.captured_at is None:
            return self.real
        first, *others = self.real[self.captured_at:]
        if first is self.captured or first.function == self.captured.function:
            return [self.captured] + others
        return [self.captured, first] + others

    def begin(self, frame, below):
        self.tracing = self.seen = True
        self.captured, self.captured_at = frame, len(self.real) - 1
        self.emit("begin", function=frame.function, caller=below.function if below else None)
        frame.followed, frame.traced, frame.called = True, self.program.traces_captured, True
        self.names.begin(frame, below)
        self.beam.truth.calls[self.number, self.names.known()] += 1

    def end_call(self, ending):
        self.emit("leave", ending=ending)
        self.tracing, self.captured, self.captured_at = False, None, None

    def throw(self):
        """An exception is reported when it is raised."""
        kept = self.handlers[-1] if self.handlers else 0
        if self.captured_at is not None and kept <= self.captured_at:
            self.end_call("raised")
        raise Thrown

    # What happens.

    def entered(self, frame, caller_seen=None):
        """`frame` is new on the top. `caller_seen`: what the VM says instead of the truth ("undefined" or a wrong function)."""
        self.beam.fuel -= 1
        self.slice -= 1
        below = self.real[-2] if len(self.real) > 1 else None
        caller = below.function if below else None
        if caller_seen:
            caller = None if caller_seen == "undefined" else caller_seen
        if caller in self.program.opaque:
            frame.followed = False  # the VM is told to keep quiet
            if not self.names.hides(self.shown()[:-1]):
                self.names.doubt("a call kept quiet that nothing hides")
        if self.attach == "captured" and not self.tracing and frame.function in self.program.captured:
            self.begin(frame, below)
        elif self.tracing and frame.followed:
            self.emit("call", function=frame.function, caller=caller)
            frame.traced = frame.called = True
            believed, shown = not caller_seen and frame.function not in RAISES, self.shown()
            if self.captured_at == len(self.real) - 1:
                self.names.call_on_floor(shown, believed)
            else:
                self.names.call(shown, shown[-2] if len(shown) > 1 else None, believed)
            if not self.names.hides(shown[:-1]):
                self.beam.truth.calls[self.number, self.names.known()] += 1
        if self.slice <= 0:
            self.preempt(7)

    def push(self, function, caller_seen=None):
        frame = Frame(function, function not in self.program.unfollowed)
        self.real.append(frame)
        self.entered(frame, caller_seen)

    def leave(self):
        """The top returns. The last frame of a process stays in sight until the process is gone."""
        top = self.real[-1]
        below = self.real[-2] if len(self.real) > 1 else None
        captured = self.captured_at is not None and self.captured_at == len(self.real) - 1
        if below:
            self.real.pop()
        self.slice -= 1
        if top.traced and self.tracing:
            self.emit("return", function=below.function if below else None)
            if not captured:
                shown = self.shown()
                self.names.return_to(shown, shown[-1] if below else None)
        if captured:
            self.end_call("returned")
        if self.slice <= 0 and below:
            self.preempt(7)

    def call(self, function):
        self.push(function)
        self.run_top()
        self.leave()

    def run_top(self):
        """Runs the function on top and those it ends in a tail call of, each in the frame of the one before."""
        while True:
            tail = self.run(self.program.functions.get(self.real[-1].function, []))
            if tail is None or self.beam.fuel <= 0:
                return
            self.tail_call(tail)

    def tail_call(self, function):
        frame = Frame(function, function not in self.program.unfollowed)
        frame.traced = self.real[-1].traced
        self.real[-1] = frame
        self.entered(frame)

    def run(self, statements):
        """The function it ends in a tail call of, or None."""
        for statement in statements:
            kind, *operands = statement
            if kind == "tail":
                return operands[0]
            getattr(self, "do_" + kind)(*operands)
        return None

    def preempt(self, length):
        self.absent(length, "[runnable]", "runnable")

    def absent(self, length, state, status, collect=0):
        seen = self.tracing
        self.emit("out", function=self.real[-1].function)
        self.status = status
        if self.look(length) and status == "waiting":
            self.waits_in = self.real[-1].function
        if seen and self.waits_in == self.real[-1].function:
            self.names.waits(self.shown())
        self.advance(length, state)
        if collect:
            if self.tracing and not seen:
                self.names.doubt("collected before an event showed that the process was out")
            self.do_gc(collect, False, False)
            self.advance(length, state)
        self.status = None
        self.emit("in", function=self.real[-1].function)
        self.slice = SLICE

    # Statements.

    def do_work(self, length, reductions):
        self.slice -= reductions
        self.advance(length)

    def do_call(self, function):
        if self.beam.fuel > 0:
            self.call(function)

    def do_loop(self, function, rounds):
        """A function that calls itself in a tail call; its body is but a nanosecond."""
        self.push(function)
        for _ in range(rounds):
            self.advance(1)
            self.tail_call(function)
        self.leave()

    def do_recurse(self, function, depth):
        for _ in range(depth):
            self.push(function)
            self.advance(1)
        for _ in range(depth):
            self.leave()
            self.advance(1)

    def do_native(self, function, length, undefined):
        self.push(function, "undefined" if undefined else None)
        self.advance(length)
        self.leave()

    def do_dirty(self, function, length):
        """A NIF on a dirty scheduler: out of the normal one, in on the dirty one, and back."""
        self.push(function)
        for part in (length, 2):
            self.absent(1, "[runnable]", "runnable")
            self.advance(part)
        self.leave()

    def do_catch(self, statements):
        depth, handler = len(self.real), self.real[-1]
        self.handlers.append(depth)
        try:
            self.run([statement for statement in statements if statement[0] != "tail"])
            self.handlers.pop()
        except Thrown:
            self.handlers.pop()
            gone = self.real[depth:]
            del self.real[depth:]
            reported = gone[:1] if self.program.otp == 25 else gone
            if self.tracing and any(frame.traced for frame in reported):
                self.emit("return", function=handler.function)
                shown = self.shown()
                self.names.return_to(shown, shown[-1])

    def do_raise(self, function, length, last):
        """By a BIF. From 27 on, in the last place of a function, its caller is said to be the function that follows."""
        self.push(function, self.program.follows if last and self.program.otp > 25 else None)
        self.advance(length)
        self.throw()

    def do_crash(self, length):
        """By an instruction (badmatch): nothing is called."""
        self.advance(length)
        self.throw()

    def do_receive(self, length):
        self.absent(length, "[waiting]", "waiting")

    def do_receive_gc(self, length, collect):
        self.absent(length, "[waiting]", "waiting", collect)

    def do_suspend(self, length):
        self.absent(length, "[runnable]", "suspended")

    def do_yield(self, length):
        self.preempt(length)

    def do_gc(self, length, major, dirty):
        begun, tracing = self.clock, self.tracing
        self.emit("gc+", major=major)
        if dirty:
            self.emit("out", function=self.real[-1].function)
        self.advance(length, "[gc]")
        if dirty:
            self.emit("in", function=self.real[-1].function)
            self.slice = SLICE
        self.emit("gc-", major=major, words=length)
        if tracing:
            gc = self.beam.truth.gc
            gc["major" if major else "minor"] += 1
            gc["pause"] += self.clock - begun
            gc["longest"] = max(gc["longest"], self.clock - begun)
            gc["words"] += length

    def do_spawn(self, function):
        if self.beam.fuel <= 0:
            return
        child = self.beam.spawn(self.clock, function, self.tracing)
        self.emit("spawn", child=child, function=function)
        if self.tracing:
            self.beam.truth.parents[child] = self.number, self.names.known()

    def do_restack(self):
        """Somebody reads the stack again."""
        self.emit("stack", stack=tuple(frame.function for frame in self.real))
        if self.tracing:
            if self.captured:
                self.names.doubt("a stack read in a captured call")
            self.names.read(self.real, False)

    def do_hibernate(self, length, function):
        if self.beam.fuel <= 0:
            return
        self.push("erlang:hibernate/3")
        self.absent(length, "[waiting]", "waiting")
        if self.captured:
            self.names.doubt("hibernated in a captured call")
        self.captured_at = None
        self.handlers.clear()
        raise Hibernated(function)

    def do_kill(self):
        raise Exited

    # From start to end.

    def start(self):
        """Its events end up in `events`; none when the trace ended before."""
        entry = self.entry
        try:
            while entry:
                entry = self.live(entry)
            self.end("exit")
        except TraceEnds:
            self.end("end")

    def end(self, kind):
        self.tracing |= self.seen and self.program.tells_ends  # of one that is away
        self.emit(kind)

    def live(self, entry):
        """Until the process's end, or until it hibernates: then what it wakes up in."""
        first = not self.real
        self.real = [Frame(entry, entry not in self.program.unfollowed)]
        try:
            if first and self.attach in ("spawned", "born"):
                self.be_born()
            self.entered(self.real[0])
            if entry == "erlang:apply/2":
                self.tail_call(self.program.roots[0][0])
            self.run_top()
            self.leave()
            self.advance(3)
        except Hibernated as woken:
            return woken.args[0]
        except (Thrown, Exited):
            self.advance(3)
        return None

    def be_born(self):
        """Of a spawned process the parent's event tells what it starts in; else only the first IN does."""
        self.tracing = True
        if self.attach == "born":
            self.emit("stack", stack=(self.entry,))
            self.names.read(self.real, False)
            self.advance(2, "[runnable]")
        self.emit("in", function=self.entry)
        self.real[0].named = True
        self.names.settle(self.real)


class Beam:
    def __init__(self, program):
        self.program = program
        self.random = random.Random(program.seed)
        self.fuel = program.fuel
        self.truth = Truth()
        self.runs = []

    def spawn(self, start, entry, traced):
        if not (traced and self.program.spawned):
            return 1000 + len(self.runs)  # never seen
        self.runs.append(Run(self, len(self.runs), start, entry, ("born", start)))
        return len(self.runs) - 1

    def run(self):
        """The stream and the truth."""
        for entry, attach, attach_at in self.program.roots:
            start = self.program.begin if attach != "spawned" else attach_at
            self.runs.append(Run(self, len(self.runs), start, entry, (attach, attach_at)))
        done = 0
        while done < len(self.runs):
            self.runs[done].start()
            done += 1
        stream = Stream()
        for run in self.runs:
            stream.processes[run.number] = Process("<0.%d.0>" % (100 + run.number), name=run.program.names.get(run.number, ""))
        if self.program.seed % 2:  # the code of every other program is known
            stream.receives = {name: has_receive(body) for name, body in self.program.functions.items()}
        stream.opaque = self.program.opaque
        pairs = [pair for run in self.runs for pair in self.lose(run.events)]
        stream.events = [event for _, event in sorted(pairs, key=lambda pair: pair[0])]
        return stream, self.truth

    def lose(self, events):
        """Rule 14: some events of a process are missing."""
        if not self.program.loses or len(events) < 4:
            return events
        first = self.random.randrange(1, len(events) - 1)
        last = self.random.randrange(first + 1, len(events))
        self.truth.reasons.add("events were lost")
        time = events[first][0]
        return events[:first] + [(time, Event(events[0][1].process, time, "lost", lost=last - first))] + events[last:]
