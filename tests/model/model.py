"""The rules of stacks and time, slowly: what a stream of events means.

For each process its whole list of events is kept. One pass over it finds the stack that each event leaves behind, as a whole
list of frames. Every interval between two neighbours in the list is then billed to the stack that the earlier one left (rule 1), and
what the process did in it is decided by looking up and down the list. Nothing is kept incrementally and nothing is clever;
it takes time that is quadratic here and there.

Where the rules leave something open, the docstrings say what is held to be true.
"""
import collections

from stream import raw_name

SLICE_STEPS = 2000  # calls and returns in half of a time slice of 4,000 reductions

# A call's or a return's frame, and how it came to be known: "called" (at `start`), "known" (read with the stack, or named when
# the process came in or went out) or "inferred" (only named as a caller or as what was returned to).
Frame = collections.namedtuple("Frame", "function how start")

# `below`: what the outermost frame stands on, [] or ["[cut]"]. `open`: there may be more frames below the outermost. `floor`: what
# a captured call, the outermost frame, returns to (None: nothing); NO_FLOOR when the stack is not one of a captured call.
NO_FLOOR = "-"
State = collections.namedtuple("State", "frames below open floor", defaults=(NO_FLOOR,))

# From a begin to a leave, of the process called `pid`.
Captured = collections.namedtuple("Captured", "pid function caller start length ending")

RUNNING_AGAIN = ("in", "call", "return", "spawn", "begin", "leave")  # events that only a running process makes
BREAKS = ("stack", "lost", "exit", "end")          # after these nothing continues what was before
RAISE = ["erlang:throw/1", "erlang:error/1", "erlang:error/2", "erlang:error/3", "erlang:exit/1", "erlang:raise/3"]
HIBERNATE = ["erlang:hibernate/3", "erlang:hibernate/0"]


class Result:
    def __init__(self):
        self.wall = collections.Counter()   # by (how, stack)
        self.calls = collections.Counter()  # the same
        self.intervals = collections.defaultdict(lambda: collections.defaultdict(list))  # their lengths, by kind, by (how, stack)
        self.left = {}                      # (what is left, what was taken out), the same
        self.lengths = collections.defaultdict(list)  # of the calls seen from start to end, by function
        self.captured = []
        self.processes = []                 # (pid, title, events, first, last, away, width, exited)
        self.gc = {"minor": 0, "major": 0, "pause": 0, "longest": 0, "words": 0}
        self.lost = 0


class Evidence:
    """What is known of a function from the absences of all processes in it."""

    def __init__(self):
        self.seen_waiting = self.seen_busy = False
        self.brief = self.long = 0


class Sight:
    """Which events of a process count: all until it ends. But once a call of it was captured, none between a leave and the next
    begin; and where events were lost in the call none until a begin or leave tells where the process is. A leave without a begin is
    no event."""

    def __init__(self):
        self.place = "open"  # or "called", "lost", "away", "over"

    def sees(self, kind):
        if self.place == "over" or (kind == "leave" and self.place not in ("called", "lost")):
            return False
        if self.place in ("lost", "away") and kind not in ("begin", "leave", "exit", "end"):
            return False
        if kind == "lost" and self.place == "called":
            self.place = "lost"
        self.place = {"begin": "called", "leave": "away", "exit": "over", "end": "over"}.get(kind, self.place)
        return True


class Timeline:
    """The events of one process that count; statuses apart, each with how many events it came after."""

    def __init__(self, number, events):
        self.number = number
        self.seen = 0  # events taken, statuses among them
        self.events, self.times, self.statuses = [], [], []
        for event in events:
            self.seen += 1
            if event.kind == "status":
                self.statuses.append((len(self.events), event.time, event.status))
                continue
            self.events.append(event)
            self.times.append(max(event.time, self.times[-1]) if self.times else event.time)  # a time that falls stands still
        self.kinds = self.find_kinds()
        self.collections = self.find_collections()
        self.absences = self.find_absences()

    def find_kinds(self):
        """A stack that is read in mid-trace says that what the process does goes on, running or just gone out. Where neither is known,
        and within a collection, it is a stack like any other."""
        kinds, does, since, collecting = [], "unknown", None, False
        for i, (event, time) in enumerate(zip(self.events, self.times)):
            kind = event.kind
            if kind == "again" and (collecting or does not in ("running", "out") or (does == "out" and self.times[i - 1] != since)):
                kind = "stack"
            if kind == "out" and does != "out":
                since = time
            if kind in ("gc+", "gc-", "call", "return", "begin", "leave") + BREAKS:
                collecting = kind == "gc+"
            if kind in RUNNING_AGAIN or (kind in ("gc+", "gc-") and does != "out"):
                does = "running"
            elif kind in ("out", "stack", "lost"):
                does = kind
            kinds.append(kind)
        return kinds

    def next_of(self, kinds, after):
        """The first event after `after` of one of these kinds; past the end when there is none."""
        for i in range(after + 1, len(self.kinds)):
            if self.kinds[i] in kinds:
                return i
        return len(self.kinds)

    def find_collections(self):
        """Rule 5. (start, stop): a collection ends with its end, or where the next event proves that it is over."""
        return [(i, self.next_of(("gc-", "gc+", "call", "return", "begin", "leave") + BREAKS, i))
                for i, kind in enumerate(self.kinds) if kind == "gc+"]

    def find_absences(self):
        """Rule 4. (out, back): from OUT to the first event that shows the process running or breaks off. An OUT and IN within
        one collection are the collection's own, on another scheduler."""
        absences, i = [], self.next_of(("out",), -1)
        while i < len(self.kinds):
            back = self.next_of(RUNNING_AGAIN + BREAKS, i)
            if not any(start < i and back < stop for start, stop in self.collections):
                absences.append((i, back))
            i = self.next_of(("out",), back - 1)
        return absences

    def collection_at(self, i):
        """The collection that goes on between event i and the next one."""
        return next((one for one in self.collections if one[0] <= i < one[1]), None)

    def aside(self, i):
        """Does event i say nothing about where in its program the process is?"""
        in_collection = any(start < i <= stop for start, stop in self.collections)
        return self.kinds[i] in ("gc+", "gc-", "spawn", "again") or (in_collection and self.kinds[i] in ("out", "in"))

    def looks(self, since, back):
        """Statuses true at some time from `since` until event `back`; past the end, and at a break, whenever."""
        until = self.times[back] if back < len(self.kinds) and self.kinds[back] in RUNNING_AGAIN else float("inf")
        return [status for place, time, status in self.statuses
                if place <= back and since <= time < until and status not in ("collecting", "exiting")
                and not (place > 0 and self.collection_at(place - 1))]

    def is_seen_waiting(self, out, i):
        """Did somebody see it wait between event i and the next, since it went out?"""
        return not self.collection_at(i) and any(place == i + 1 and time >= self.times[out] and status == "waiting"
                                                 for place, time, status in self.statuses)


class Model:
    def __init__(self, stream):
        self.stream = stream
        self.result = Result()
        self.evidence = collections.defaultdict(Evidence)
        self.undecided = []  # (roots, stack, function, brief, length): rule 4 is applied when all has been seen
        self.standing = {}   # (process, event): the state that is left of the one before where a stack is read in mid-trace
        self.spawned = {}    # process: the event of its spawning, when it came before all of its own
        events, sights = {}, collections.defaultdict(Sight)
        for event in stream.events:
            if not sights[event.process].sees(event.kind):
                self.result.lost += event.lost if sights[event.process].place != "over" and event.kind == "lost" else 0
                continue
            events.setdefault(event.process, []).append(event)
            if event.kind == "spawn" and event.child not in events:
                self.spawned[event.child] = event
        self.timelines = {number: Timeline(number, events[number]) for number in sorted(events)}
        self.titles = self.find_titles()

    def run(self):
        states = self.states = {number: self.follow_stack(timeline) for number, timeline in self.timelines.items()}
        for number, timeline in self.timelines.items():
            self.count_calls(timeline, states[number])
            self.bill_time(timeline, states[number])
            self.list_captured(timeline)
            self.sum_up(timeline)
        for roots, stack, function, brief, length in self.undecided:
            self.bill(roots, stack + [self.decide(function, brief)], length)
        for how in ("merged", "process"):
            self.take_out(how)
        return self.result

    # Where stacks hang.

    def find_titles(self):
        """Registered name, label or initial call, else the pid; with the pid where two would be called the same."""
        def title(process):
            return (process.name or process.label or process.initial or process.pid).split("\0")[0]
        processes = self.stream.processes
        uses = collections.Counter(title(process) for process in processes.values())
        return {number: (title(process), title(process) + (" " + process.pid if uses[title(process)] > 1 else ""))
                for number, process in processes.items()}

    def roots(self, number):
        """What is below a process's stacks: nothing, its own root, or (rule 11) the stack that spawned it."""
        return {"merged": [], "process": [self.titles[number][1]], "parent": self.parent_stack(number)}

    def parent_stack(self, number):
        """A parent whose event came after the child's first one is not known. (So a parent had events before its child.)"""
        if number not in self.spawned:
            return []
        event = self.spawned[number]
        parent = self.timelines[event.process]
        at = next(i for i, one in enumerate(parent.events) if one is event)
        return self.parent_stack(event.process) + self.path(self.states[event.process][at])

    # Stacks.

    def follow_stack(self, timeline):
        """The state that each event leaves behind."""
        states, state = [], State([], [], True)
        absences, named, waits_in, place, out, back = dict(timeline.absences), None, None, None, 0, 0
        for i, (event, time) in enumerate(zip(timeline.events, timeline.times)):
            before, kind = state.frames, timeline.kinds[i]
            if kind == "again":
                standing = self.standing[timeline.number, i] = self.stand(state, event.stack)
                self.time_calls(before, standing.frames, timeline.times[i - 1])
                state = self.complete(standing, event.stack)
                if named and named == waits_in and out <= i < back:
                    state, place = self.wait_in(state, named, place)
            elif event.kind == "call":
                state = self.call(state, event, time)
            elif event.kind == "begin":
                state = State([Frame(event.function, "called", time)], [], False, event.caller)
            elif event.kind == "return":
                state = self.return_to(state, event.function)
            elif kind == "stack":
                floor = state.floor if event.kind == "again" else NO_FLOOR
                if floor == NO_FLOOR or self.speaks(state, event.stack):
                    state = State([Frame(function, "known", None) for function in event.stack],
                                  ["[cut]"] if event.cut else [], event.cut, floor)
            elif event.kind == "lost":
                state = State([], [], True)
            elif event.kind in ("exit", "leave"):
                state = State([], [], True)
            elif event.function and not state.frames and not timeline.aside(i) and (event.kind == "in" or i in absences):
                # What a scheduling event names is only believed where nothing better is known.
                state = state._replace(frames=[Frame(event.function, "known", None)])
            if i in absences:
                out, back, named = i, absences[i], None if timeline.aside(i) else event.function
                if named and named == waits_in:
                    state, place = self.wait_in(state, named, place)
            if named and out <= i < back and timeline.is_seen_waiting(out, i):
                if named != waits_in:
                    waits_in, place = named, None
                if time == timeline.times[out]:
                    state, place = self.wait_in(state, named, place)
            if event.kind in ("call", "return", "exit", "leave"):
                self.time_calls(before, state.frames, time)
            states.append(state)
        return states

    def wait_in(self, state, function, place):
        """Where a process waits is what it named when it went out: when somebody saw it wait there, now or the last time that
        it was seen waiting. What stands on that has ended unseen, unless it was seen to be called, when its end would have been. If it
        is not on the stack, it stands on what it stood on when it last was, its place: (how deep, what was below), None if not known."""
        frames = state.frames
        named = [frame.function for frame in frames]
        if function in named:
            depth = len(named) - named[::-1].index(function)
            if any(frame.how == "called" for frame in frames[depth:]):
                return state, place
            return state._replace(frames=frames[:depth]), None if depth == 1 and state.open else (depth - 1, named[:depth - 1][-1:])
        if frames and place and place[0] <= len(frames) and not (place[0] == 0 and state.floor != NO_FLOOR) and named[:place[0]][-1:] == place[1] and \
                not any(frame.how == "called" for frame in frames[place[0]:]):
            return state._replace(frames=frames[:place[0]] + [Frame(function, "known", None)]), place
        return state, place

    def speaks(self, state, stack):
        """Does a stack that is read in mid-trace say anything of what is there? A captured call stands on its floor."""
        return stack and (state.floor == NO_FLOOR or state.frames[0].function == stack[0])

    def stand(self, state, stack):
        """What of the frames is in the stack that is read; what is not ended unseen, after the event before."""
        if not self.speaks(state, stack):
            return state
        kept = 0
        while kept < min(len(state.frames), len(stack)) and state.frames[kept].function == stack[kept]:
            kept += 1
        return state._replace(frames=state.frames[:kept]) if kept else State([], [], False)

    def complete(self, standing, stack):
        if not self.speaks(standing, stack):
            return standing
        return standing._replace(frames=standing.frames + [Frame(function, "known", None) for function in stack[len(standing.frames):]])

    def call(self, state, event, time):
        """Rules 7, 9 and 12. A caller that cannot be believed (of what raises, or `undefined` of a native function) says nothing:
        the function lies on the top. Any other function without a caller is the outermost, and so is a native one that the
        process was found to start in.

        Called by what a captured call returns to, which is not on the stack, a function takes the place of the captured one, whose
        frame stays and stands for the call. So it is when there is no caller. If it is the captured function again, this is that
        frame."""
        frame = Frame(event.function, "called", time)
        native = self.stream.is_native(event.function)
        starts = [(one.function, one.how) for one in state.frames] == [(event.function, "known")]
        outermost = event.caller is None and (starts or not native)
        believed = event.caller is not None and event.function not in RAISE
        if state.floor != NO_FLOOR:
            on_stack = any(one.function == event.caller for one in state.frames)
            if outermost or (believed and event.caller == state.floor and not on_stack):
                captured = state.frames[0]
                return state._replace(frames=[captured] if event.function == captured.function else [captured, frame])
        if outermost:
            return State([frame], [], False)
        if not believed:
            return state._replace(frames=state.frames + [frame])
        return state._replace(frames=self.reach(state, event.caller) + [frame])

    def opaque(self, frames):
        """How many frames there are up to the outermost opaque one, which hides the others; 0: all are shown."""
        return next((depth for depth, frame in enumerate(frames, 1) if frame.function in self.stream.opaque), 0)

    def reach(self, state, caller):
        """The frames with `caller` on top. A caller that is not among them was not traced: with an open bottom it lies further
        out, and all frames ended. Else it stands on what is there, but in place of frames that were themselves only inferred. Where
        there is an opaque frame, it is something that this one called, and whatever it called before may have ended."""
        frames = state.frames
        for depth in range(len(frames), 0, -1):
            if frames[depth - 1].function == caller:
                return frames[:depth]
        inferred, opaque = Frame(caller, "inferred", None), self.opaque(frames)
        if state.open or opaque:
            return frames[:opaque] + [inferred]
        while frames and frames[-1].how == "inferred":
            frames = frames[:-1]
        return frames + [inferred]

    def return_to(self, state, function):
        """Rule 8: to the nearest frame of the function below the top. One that is not there was not traced: it takes the place
        of the top, or with an open bottom of everything, or of everything that an opaque frame hides. The last return leaves the entry
        standing, and a captured call's frame stands until it has left."""
        frames = state.frames
        if function is None:
            return state._replace(frames=[] if state.open else frames[:1])
        for depth in range(len(frames) - 1, 0, -1):
            if frames[depth - 1].function == function:
                return state._replace(frames=frames[:depth])
        if state.floor != NO_FLOOR and (function == state.floor or len(frames) == 1):
            return state._replace(frames=frames[:1])
        if frames and frames[-1].function == function:
            return state
        opaque = self.opaque(frames)
        kept = frames[:opaque] if state.open or opaque else frames[:-1]
        return state._replace(frames=kept + [Frame(function, "inferred", None)])

    def time_calls(self, before, after, now):
        """The frames that ended, and whose start was seen; not those that are hidden."""
        kept, opaque = 0, self.opaque(before)
        while kept < min(len(before), len(after)) and before[kept] is after[kept]:
            kept += 1
        for frame in before[kept:opaque or len(before)]:
            if frame.how == "called":
                self.result.lengths[raw_name(frame.function)].append(now - frame.start)

    # Counts (rule 15).

    def count_calls(self, timeline, states):
        for event, state in zip(timeline.events, states):
            if event.kind == "begin" or (event.kind == "call" and self.opaque(state.frames) in (0, len(state.frames))):
                for how, root in self.roots(timeline.number).items():
                    self.result.calls[how, tuple(root + self.path(state))] += 1

    # Time.

    def bill(self, roots, stack, length, kind=None):
        for how, root in roots.items():
            self.result.wall[how, tuple(root + stack)] += length
            if length and kind:
                self.result.intervals[how, tuple(root + stack)][kind].append(length)

    # What tracing cost.

    @staticmethod
    def interval_kind(timeline, i):
        """What events the interval after event i lies between. Whether a process ran right after its stack was read is not known until
        later, so nothing is said of that."""
        begin, end = timeline.kinds[i], timeline.kinds[i + 1]
        if begin == "stack":
            return None
        if end in ("gc+", "gc-"):
            return "gc"
        if (begin, end) == ("in", "out"):
            return "turn"
        end = {"call": "call", "out": "call", "return": "return", "leave": "return"}.get(end)
        return ("return" if begin in ("return", "leave") else "call", end) if end else "other"

    def truth(self):
        """What all captured calls would have taken, where that is known: all were whole, in one process that hardly waited."""
        calls = self.result.captured
        waiting, lost = (sum(ns for (how, stack), ns in self.result.wall.items() if how == "merged" and stack[-1] == frame)
                         for frame in ("[waiting]", "[lost]"))
        truth = self.stream.costs.get("untraced_ns", 0) * len(calls)
        whole = len(self.timelines) == 1 and not lost and all(call.ending != "cut" for call in calls)
        return truth if whole and waiting <= truth // 10 else 0

    def take_out(self, how):
        """Rule 18. Each stack pays for all its intervals at once, and keeps what its calls and returns take anyhow, a nanosecond at least.
        (profile_costs.c says what is usual, and what is felt.)
        Where the truth is known, the costs are what they must have been (parts of 2**20), up to four times what was measured; unless they
        are less than that, [runnable] pays all it has."""
        walls = {stack: ns for (one, stack), ns in self.result.wall.items() if one == how and ns}
        tallies = {stack: kinds for (one, stack), kinds in self.result.intervals.items() if one == how}
        known, costs, floors = self.stack_costs(walls, tallies)
        truth, one = self.truth(), 1 << 20

        def taken(stack, factor):
            return min(max(0, walls[stack] - floors[stack]), costs[stack] * factor >> 20)

        factor = one if known else 0
        if known and truth:
            running = [stack for stack in walls if stack[-1] != "[runnable]"]
            factor, highest = 0, 4 * one
            step = highest
            while step:  # the highest that leaves too much, from the largest steps to the smallest
                if factor + step <= highest and sum(walls[s] - taken(s, factor + step - 1) for s in running) > truth:
                    factor += step
                step //= 2
        for stack in walls:
            out = taken(stack, factor)
            if known and truth and factor >= one and stack[-1] == "[runnable]":  # else there is room for it in the truth
                out = walls[stack] - 1
            self.result.left[how, stack] = walls[stack] - out, out

    def stack_costs(self, walls, tallies):
        """Whether it is known what events cost, what each stack's intervals cost, and what it keeps."""
        facts = self.stream.costs
        measured = {("call", "call"): facts.get("cost_call_call_ns") or facts.get("cost_call_ns", 0), ("return", "call"): facts.get("cost_call_ns", 0),
                    ("call", "return"): facts.get("cost_return_ns", 0), "turn": facts.get("cost_turn_ns", 0), "gc": facts.get("cost_gc_ns", 0),
                    ("return", "return"): facts.get("cost_return_return_ns") or facts.get("cost_return_ns", 0), "other": 0}
        between, bare = [kind for kind in measured if isinstance(kind, tuple)], facts.get("cost_bare_ns", 0)
        functions = collections.defaultdict(lambda: collections.defaultdict(list))
        for stack, kinds in tallies.items():
            for kind, lengths in kinds.items():
                functions[stack[-1]][kind] += lengths

        def short(lengths):
            return [ns for ns in lengths if ns <= 4096]

        def dense(kind):  # (the mean of the short, all) of each function
            return [(sum(short(all_of[kind])) // len(short(all_of[kind])), all_of[kind]) for all_of in functions.values()
                    if len(all_of[kind]) >= 200 and len(short(all_of[kind])) >= len(all_of[kind]) - len(all_of[kind]) // 50]

        typical = dict(measured)
        for kind in between:
            if measured[kind]:
                each = sorted(mean for mean, lengths in dense(kind) for _ in lengths) or [measured[kind] + bare]
                typical[kind] = min(measured[kind] + bare, each[(len(each) - 1) // 2])
        usual = [(mean, lengths) for kind in between for mean, lengths in dense(kind) if mean and mean * 2 <= typical[kind] * 3]
        part = sum(sum(lengths) for _, lengths in usual) * 1024 // (sum(mean * len(lengths) for mean, lengths in usual) or 1) if usual else 1024
        part = min(max(part, 1024), 1536)
        mean = {kind: ns if kind == "gc" else ns * part // 1024 for kind, ns in typical.items()}

        def felt(function, kind):
            lengths, all_of = functions[function][kind], functions[function]
            excess = sum(lengths) - len(lengths) * mean[kind]
            longer = (kind not in between or sum(short(lengths)) * 5 > len(short(lengths)) * typical[kind] * 6
                      or sum(lengths) * 2 > len(lengths) * mean[kind] * 3)
            return longer and excess > 0 and excess * 20 > sum(len(some) * mean[other] for other, some in all_of.items())

        calls = sum(len(lengths) for all_of in functions.values() for kind, lengths in all_of.items() if kind in between and kind[1] == "call")
        ours = calls * facts.get("cost_call_words", 0)
        ours = min(1024, ours * 1024 // self.result.gc["words"]) if self.result.gc["words"] else 1024 if ours else 0

        def cost(stack):
            kinds = tallies.get(stack, {})
            everything = sum(map(sum, kinds.values()))
            if stack[-1] == "[gc]":
                events = min(everything, len(kinds.get("gc", [])) * mean["gc"])
                return events + (everything - events) * ours // 1024
            if not any(felt(stack[-1], kind) for kind in measured):
                return everything
            return sum(len(lengths) * ((mean[kind] * 6 // 5 if kind in between else mean[kind]) if felt(stack[-1], kind)
                                       else sum(functions[stack[-1]][kind]) // len(functions[stack[-1]][kind])) for kind, lengths in kinds.items())

        floors = {stack: sum(len(tallies.get(stack, {}).get(kind, [])) for kind in between) * bare or 1 for stack in walls}
        return any(measured.values()), {stack: cost(stack) for stack in walls}, floors

    def bill_time(self, timeline, states):
        roots, previous = self.roots(timeline.number), "brief"
        absent = {}
        for absence in self.all_absences(timeline):
            state = self.state_of(timeline, states, absence)
            kind, previous = self.judge(timeline, state, absence, previous)
            for i in range(*absence):
                absent[i] = state, kind
        for i in range(len(states) - 1):
            length = timeline.times[i + 1] - timeline.times[i]
            collection = timeline.collection_at(i)
            if timeline.kinds[i] == "leave":
                continue  # nobody's business
            if collection:
                self.bill(roots, self.path(states[collection[0]]) + ["[gc]"], length, self.interval_kind(timeline, i))
            elif i in absent:
                self.bill_absence(roots, *absent[i], length)
            elif timeline.kinds[i] == "lost":
                self.bill(roots, ["[lost]"], length)  # rule 14
            else:  # what ran until a stack was read anew is what still stands then
                self.bill(roots, self.path(self.standing.get((timeline.number, i + 1), states[i])), length, self.interval_kind(timeline, i))

    @staticmethod
    def all_absences(timeline):
        """Also the time between a stack that was read and the next event, if the process turns out to have been out."""
        unknown = [(i, i + 1) for i, kind in enumerate(timeline.kinds)
                   if kind == "stack" and (timeline.kinds[i + 1:] or ["end"])[0] in ("in",) + BREAKS]
        return sorted(timeline.absences + unknown)

    @staticmethod
    def state_of(timeline, states, absence):
        """An absence is of the function on top; where nothing is known, of what IN names."""
        out, back = absence
        return states[back] if timeline.kinds[back:back + 1] == ["in"] else states[back - 1]

    def judge(self, timeline, state, absence, previous):
        """What an absence was: "waiting", "runnable", "ran", or "brief" or "long" while it is not decided. Also what the next one was
        if the process does nothing until then. The best evidence comes first: it was just spawned and never ran, somebody
        looked, a native function does not receive, it was out a moment ago for the same reason (waiting for its first turn says
        nothing), how much of a time slice it had used up."""
        out, back = absence
        function = self.accountable(state)
        evidence = self.evidence[function] if function else Evidence()
        read = timeline.kinds[out] == "stack"
        begun = read and all(timeline.aside(i) for i in range(out))  # what was seen before the first event is still true at it
        newborn = timeline.number in self.spawned and not {"in", "call", "return", "begin"} & set(timeline.kinds[:back])
        looks = timeline.looks(float("-inf") if begun else timeline.times[out], back)
        # A process that is out runs for a moment to handle signals, which is no event.
        busy = [status for status in looks if status != "waiting" and (read or status != "running")]
        if read and timeline.kinds[back:back + 1] != ["in"]:  # nothing shows that it was out
            queued = newborn or (busy and busy[0] != "running")
            kind = "waiting" if "waiting" in looks else "runnable" if queued else "ran"
            return kind, previous if kind == "ran" or newborn else kind
        if newborn:
            return "runnable", previous
        if "waiting" in looks:
            evidence.seen_waiting = True
            return "waiting", "waiting"
        if busy:
            evidence.seen_busy |= busy[0] != "suspended"  # which says nothing of its receive
            return "runnable", "runnable"
        if function and self.stream.is_native(function):
            kind = "waiting" if function in HIBERNATE else "runnable"
            return kind, kind
        before = next((i for i in reversed(range(out)) if not timeline.aside(i)), None)
        if not read and before is not None and timeline.kinds[before] == "in":
            return previous, previous
        slice_start = max([i for i, kind in enumerate(timeline.kinds[:back]) if kind in ("in", "begin")], default=-1)
        steps = sum(kind in ("call", "return") for kind in timeline.kinds[slice_start + 1:back])
        if steps < SLICE_STEPS:
            evidence.brief += 1
            return "brief", "brief"
        evidence.long += 1
        return "long", "long"

    def bill_absence(self, roots, state, kind, length):
        if kind == "ran":
            self.bill(roots, self.path(state), length)
        elif kind in ("brief", "long"):
            self.undecided.append((roots, self.path(state), self.accountable(state), kind == "brief", length))
        else:
            self.bill(roots, self.path(state) + ["[%s]" % kind], length)

    def decide(self, function, brief):
        """What an absence was that nobody looked at: a wait where others were seen to wait; nothing to wait in without a receive,
        and more likely a wait where there is one; what others were seen to be in the same function; else whether the function
        uses up its time slices, at least every other of them; else whether this slice was used up. What an opaque function calls is
        not known, and may have a receive."""
        known = self.evidence[function] if function else Evidence()
        receives = self.stream.receives.get(function)
        if known.seen_waiting:
            return "[waiting]"
        if receives is False and function not in self.stream.opaque:
            return "[runnable]"
        if receives:
            return "[waiting]" if brief or not known.seen_busy else "[runnable]"
        if known.seen_busy or (known.long and known.long >= known.brief):
            return "[runnable]"
        return "[waiting]" if brief else "[runnable]"

    def accountable(self, state):
        """The function on top, None when the stack is not known. What an opaque one has called is only in part known, so it is
        accountable for it, but for a native function, which calls nothing that is not seen."""
        if not state.frames:
            return None
        top, opaque = state.frames[-1].function, self.opaque(state.frames)
        return state.frames[opaque - 1].function if opaque and not self.stream.is_native(top) else top

    # Captured calls.

    def list_captured(self, timeline):
        pid = self.stream.processes[timeline.number].pid
        for i, event in enumerate(timeline.events):
            if event.kind != "begin":
                continue
            stop = timeline.next_of(("begin", "leave", "lost", "exit", "end"), i)
            last = timeline.events[stop] if stop < len(timeline.events) else None
            ending = last.ending if last and last.kind == "leave" else "exited" if last and last.kind == "exit" else "cut"
            length = timeline.times[min(stop, len(timeline.times) - 1)] - timeline.times[i]
            self.result.captured.append(Captured(pid, event.function, event.caller, timeline.times[i], length, ending))

    def path(self, state):
        """The names of a stack's frames, outermost first, without what is hidden. With none the stack is unknown."""
        shown = state.frames[:self.opaque(state.frames) or len(state.frames)]
        return state.below + [raw_name(frame.function) for frame in shown] if shown else ["[cut]"]

    # Sums.

    def sum_up(self, timeline):
        times = timeline.times or [0]
        process = self.stream.processes[timeline.number]
        away = sum(back - gone for kind, gone, back in zip(timeline.kinds, times, times[1:]) if kind == "leave")
        self.result.processes.append((process.pid, self.titles[timeline.number][0], timeline.seen, times[0], times[-1], away,
                                      times[-1] - times[0] - away, "exit" in timeline.kinds))
        self.result.lost += sum(event.lost for event in timeline.events if event.kind == "lost")
        gc = self.result.gc
        for start, stop in timeline.collections:
            if timeline.kinds[stop:stop + 1] == ["gc-"]:
                event, pause = timeline.events[stop], timeline.times[stop] - timeline.times[start]
                gc["major" if event.major else "minor"] += 1
                gc["pause"] += pause
                gc["longest"] = max(gc["longest"], pause)
                gc["words"] += event.words
