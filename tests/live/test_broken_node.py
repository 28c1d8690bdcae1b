"""Nodes that are broken or mean harm, played by double.py: whatever one does, flambeau ends within its own time-outs,
says one clean sentence, has used a bounded amount of memory, and leaves no file where nothing was captured.

Each case is a row: what the node does, and what becomes of it. Cases wait for time-outs, so they run side by side.
"""
import concurrent.futures
import dataclasses
import functools
import json
import os
import random
import re
import signal
import struct
import threading
import time
import typing
import xml.etree.ElementTree
import zlib

import double
import harness
from double import NAME, Double, agent_says, atom, batch, binary, call, chunk, ended, event, integer, terms
from harness import LiveTest, Run, flambeau

CONNECT_S = 2
DURATION_S = 1
# src/collect/collect.c
START_S = SILENCE_S = 20
STOPPING_S = 30
OVERTIME_S = 60
GOODBYE_S = 3
SLACK_S = 20  # for a machine that is busy with other things, the other cases among them
AT_ONCE = 40  # most of them only wait
SOON_S = 0  # and the slack
WATCH_S = 0.02
# A message of 32 MB and room for twice that, and what it becomes: terms are read where they are.
MEMORY_MAX = 128 << 20
ASAN_FACTOR = 4  # its shadow and its quarantine
UNCLEAN = r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]"


# What becomes of a run.


@dataclasses.dataclass(frozen=True)
class Outcome:
    code: int
    words: str  # in what is said
    written: bool = False


UNREACHABLE = Outcome(3, "")
UNANSWERED = Outcome(3, "answer")
REFUSED = Outcome(4, "")
EMPTY = Outcome(5, "nothing was captured")
WHOLE = Outcome(0, "nothing lost", written=True)
CUT = Outcome(0, "until the connection was lost", written=True)
FORSAKEN = Outcome(0, "until its agent on the node ended before its time", written=True)
ABANDONED = Outcome(5, "given up")
LISTED = Outcome(0, "")


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    node: typing.Callable  # of a Peer
    outcome: Outcome
    within_s: int = SOON_S
    epmd: typing.Callable = None
    verb: str = "record"
    duration_s: int = DURATION_S
    receive_bytes: int = None
    signals: tuple = ()  # seconds after the agent was asked for, each
    memory_max: int = MEMORY_MAX
    holds: typing.Callable = None  # of a test, the folder and the result: what else must be so


# A session as the agent would have it: one process, in shop:loop/0, which calls shop:work/1 once, 2 ms of 10.

LOOP, WORK = 1, 2
RECORDS = (double.fact("node", NAME.encode()) + double.fact("begin_ns", b"0") +
           double.function(LOOP, "shop", "loop", 0) + double.function(WORK, "shop", "work", 1) +
           double.process(0, "<0.100.0>", "shop"))
BEGUN = batch(RECORDS + chunk(0, 0, double.stack(0, LOOP), call(1_000_000, WORK, LOOP)))
MORE = batch(chunk(0, 1_000_000, double.return_to(2_000_000, LOOP)))
OVER = batch(chunk(0, 3_000_000, event(12, 7_000_000)))
FOLDED = "shop:loop/0 8000000\nshop:loop/0;shop:work/1 2000000\n"


def converse(peer, in_the_middle=(), files=(double.NO_MORE_FILES,)):
    """What follows the handshake in a whole session, with more in its middle."""
    peer.asked()
    peer.drain_beside()
    peer.send(double.STARTED + BEGUN)
    for data in in_the_middle:
        peer.send(data)
    peer.send(MORE + OVER + ended() + double.exited())
    for data in files:
        peer.send(data)


def session(*in_the_middle, **more):
    def behave(peer):
        peer.handshake()
        converse(peer, in_the_middle, **more)
    return behave


def session_with(messages):
    """Of what is too large to be kept: a function that yields it."""
    def behave(peer):
        peer.handshake()
        converse(peer, messages())
    return behave


def is_whole_session(test, folder, _):
    test.assertEqual((folder / "out.folded").read_text(), FOLDED)


def said(data):
    """To whoever connects, with no regard to what it says."""
    def behave(peer):
        peer.send(data)
    return behave


def then_close(behave):
    def closing(peer):
        behave(peer)
        peer.close()
    return closing


def for_ever(piece, pause_s=0.0):
    def behave(peer):
        while True:
            peer.send(piece() if callable(piece) else piece)
            time.sleep(pause_s)
    return behave


def nothing(peer):
    peer.hang()


# Where the connection breaks, and how.

FATES = {"close": double.Peer.close, "reset": double.Peer.reset, "hang": double.Peer.hang}


def broken_off(at_byte, fate):
    """A handshake, until so many bytes of it were said."""
    def behave(peer):
        peer.limit, peer.at_limit = at_byte, FATES[fate]
        peer.handshake()
    return behave


def handshake_bytes():
    status = 2 + len("snamed:") + 2 + len(double.GIVEN_NAME) + 4
    return status + 2 + 1 + 8 + 4 + 4 + 2 + len(NAME) + 2 + 1 + 16


# What is said until then, what becomes of it when it ends there, and how long is waited when it hangs there.
MOMENTS = [
    ("before the agent has started", b"", UNREACHABLE, START_S),
    ("after the agent has started", double.STARTED, EMPTY, SILENCE_S),
    ("in the first batch", BEGUN[:-10], EMPTY, SILENCE_S),
    ("after a batch", BEGUN[-10:], CUT, SILENCE_S),
    ("in a length", MORE[:2], CUT, SILENCE_S),
    ("in the next batch", MORE[2:-10], CUT, SILENCE_S),
    ("after all batches", MORE[-10:] + OVER, CUT, SILENCE_S),
    ("after the end", ended(), WHOLE, GOODBYE_S),
    ("before the files", double.exited(), WHOLE, SOON_S),
]


def session_until(moment, fate):
    def behave(peer):
        peer.handshake()
        peer.asked()
        if fate == "hang":
            peer.drain_beside()
        for name, data, _, _ in MOMENTS:
            peer.send(data)
            if name == moment:
                break
        FATES[fate](peer)
    return behave


# Handshakes that are none.


def shaken(**differently):
    return lambda peer: peer.handshake(**differently)


def named(name, size=None):
    return b"snamed:" + struct.pack(">H", len(name) if size is None else size) + name + bytes(4)


def without_the_cookie(peer):
    """libei has room for 254 bytes before the @ of the name that it is given, and our cookie behind it: one byte more
    ends the cookie before it begins, and whoever answers for an empty one is let in."""
    peer.handshake(status=named(b"a" * 255 + b"@"), cookie=b"")
    converse(peer)


HANDSHAKES = [
    ("random bytes", then_close(lambda peer: peer.send(random.randbytes(4000))), UNREACHABLE),
    ("random bytes for ever", for_ever(lambda: random.randbytes(1 << 14)), UNREACHABLE),
    ("HTTP", then_close(said(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" * 10)), UNREACHABLE),
    ("SSH", said(b"SSH-2.0-OpenSSH_9.2p1\r\n"), UNREACHABLE),
    ("a long length and nothing", said(b"\xff\xff"), UNREACHABLE),
    ("a long length of zeros", said(b"\xff\xff" + bytes(65535)), UNREACHABLE),
    ("a byte a second", for_ever(b"\0", 1.0), UNREACHABLE),
    ("a status a byte at a time", for_ever(b"s", 0.3), UNREACHABLE),
    ("nothing", nothing, UNANSWERED),
    ("an empty status", shaken(status=b"\0"), UNREACHABLE),
    ("not ok", shaken(status=b"snok"), UNREACHABLE),
    ("not allowed", shaken(status=b"snot_allowed"), Outcome(3, "--name")),
    ("alive", shaken(status=b"salive"), Outcome(3, "--name")),
    ("ok to who asked for a name", shaken(status=b"sok"), UNREACHABLE),
    ("a word of escapes", shaken(status=b"s\x1b]0;owned\x07\x1b[2J"), UNREACHABLE),
    ("a status of 60 KB", shaken(status=b"s" + b"a" * 60000), UNREACHABLE),
    ("a name cut off", shaken(status=b"snamed:"), UNREACHABLE),
    ("a name without a host", shaken(status=named(b"nobody")), UNREACHABLE),
    ("a name longer than it is", shaken(status=named(b"a@b", size=60000)), UNREACHABLE),
    ("a name longer than the packet, in a large one", shaken(status=named(b"a" * 4000, size=60000)), UNREACHABLE),
    ("a name longer than the packet, in one large enough", shaken(status=named(b"a" * 150, size=60000)), UNREACHABLE),
    ("a name longer than any, in a large packet", shaken(status=named(b"a@" + b"b" * 4000)), UNREACHABLE),
    ("a challenge for another", shaken(name="else@127.0.0.1"), Outcome(3, "else@127.0.0.1")),
    ("a challenge of escapes", shaken(name="\x1b[31mred\x1b[0m@\u202ehost"), UNREACHABLE),
    ("a challenge without a name", shaken(name=""), UNREACHABLE),
    ("a challenge of a long name", shaken(name="n" * 5000 + "@h"), UNREACHABLE),
    ("no flags", shaken(flags=0), UNREACHABLE),
    ("a wrong digest", shaken(cookie=b"guessed"), Outcome(3, "cookie")),
    ("a name that ends our cookie", without_the_cookie, UNREACHABLE),
    ("an empty cookie's digest", shaken(cookie=b""), Outcome(3, "cookie")),
]


# epmd.


def epmd_answer(peer, data):
    peer.frame(2)
    peer.send(data)
    peer.close()


def epmd_says(data):
    return lambda peer: epmd_answer(peer, data)


def epmd_knows(names):
    """No such node, and these instead."""
    def behave(peer):
        question = peer.frame(2)
        peer.send(b"\x77\x01" if question[:1] == b"z" else bytes(4) + names)
        peer.close()
    return behave


CLOSED_PORT = 1  # tcpmux: nobody has it
EPMDS = [
    ("random bytes", epmd_says(random.Random(1).randbytes(1000)), UNREACHABLE),
    ("nothing", nothing, UNREACHABLE),
    ("closes", then_close(lambda peer: None), UNREACHABLE),
    ("half an answer", epmd_says(b"\x77\x00\x10"), UNREACHABLE),
    ("an endless answer", for_ever(bytes(1 << 16)), UNREACHABLE),
    ("an endless answer, slowly", for_ever(b"\x77\0", 0.2), UNREACHABLE),
    ("port 0", lambda peer: double.answer_port(peer, 0), UNREACHABLE),
    ("a port where nobody listens", lambda peer: double.answer_port(peer, CLOSED_PORT), UNREACHABLE),
    ("names with escapes", epmd_knows(b"name \x1b[2Jred\xe2\x80\xae at port 7\n"), Outcome(3, "double")),
    ("endless names", epmd_knows(b"name " + b"n" * 250 + b" at port 99999999999\n" * 3500), UNREACHABLE),
    ("a million names", epmd_knows(b"name n at port 1\n" * 60000), UNREACHABLE),
]


# Terms. The first are no business of ours, and the session goes on; at the others the node is no agent any more.

DEEP = 1_000_000
LATIN_ATOM = b"d\xff\xff" + b"\xe9" * 65535
BOMB = zlib.compress(bytes(1 << 24))
PASSED_OVER = [
    ("zeros", [double.framed(bytes(31 << 20))]),
    ("another kind of message", [double.framed(b"\x83D" + b"\xff" * 1000)]),
    ("fragments of one", [double.framed(b"\x83E" + bytes(16) + b"\xff" * 100)] * 1000),
    ("a control message of no tuple", [double.framed(b"p\x83a\x01")]),
    ("an unknown control message", [double.framed(b"p\x83" + terms(integer(99), atom("")))]),
    ("a control message of deep tuples", [double.framed(b"p\x83" + b"h\x01" * DEEP + b"j")]),
    ("a control message with a large operation",
     [double.framed(b"p\x83" + terms(b"n\xff\0" + b"\xff" * 255, atom(""), double.pid(1)) + b"\x83j")]),
    ("a message without its term", [double.framed(b"p\x83" + terms(integer(2), atom(""), double.pid(1)))]),
    ("deep tuples", [double.sent(b"h\x01" * DEEP + b"j")]),
    ("deep lists", [double.sent(b"l\0\0\0\x01" * DEEP + b"j" * (DEEP + 1))]),
    ("deep maps", [double.sent(b"t\0\0\0\x01j" * DEEP + b"j")]),
    ("a large arity", [double.sent(b"i\xff\xff\xff\xff")]),
    ("a large arity of nothing", [double.sent(b"i\0\x80\0\0" + b"j" * (1 << 23))]),
    ("a long list of nothing", [double.sent(b"l\0\x80\0\0" + b"j" * ((1 << 23) + 1))]),
    ("a list longer than its bytes", [double.sent(b"l\xff\xff\xff\xffjjj")]),
    ("a map larger than its bytes", [double.sent(b"t\xff\xff\xff\xffjjj")]),
    ("a binary longer than its bytes", [double.sent(b"m\xff\xff\xff\xffabc")]),
    ("bits longer than their bytes", [double.sent(b"M\xff\xff\xff\xff\x08abc")]),
    ("a fun smaller than itself", [double.sent(b"p\0\0\0\0")]),
    ("a long atom", [double.sent(LATIN_ATOM)]),
    ("a long atom for our name", [double.sent(terms(LATIN_ATOM, LATIN_ATOM, integer(1), integer(1)))]),
    ("a large number", [double.sent(b"o\0\x80\0\0\x01" + b"\xff" * (1 << 23))]),
    ("a compressed term", [double.sent(b"P\x7f\xff\xff\xff" + BOMB)]),
    ("a compressed term in ours", [double.sent(terms(atom("flambeau!"), b"P\x7f\xff\xff\xff" + BOMB))]),
    ("a batch that is compressed", [agent_says("batch", b"P\x7f\xff\xff\xff" + BOMB, integer(0), integer(0))]),
    ("what we do not know", [agent_says("dance", integer(1), integer(2))]),
    ("ticks", [double.TICK * 500_000]),
    ("messages for others", [double.sent(terms(atom("hello"), binary(bytes(1000)))) * 1000] * 20),
    ("started again", [double.STARTED * 100]),
    ("an empty batch", [batch(b"") * 1000]),
    ("an answer that nobody asked for", [agent_says("answer", atom("value"), binary(b"owned"))]),
]
FATAL = [
    ("a length of 2 GB", [struct.pack(">I", 0x7FFFFFFF)]),
    ("a length of 4 GB", [struct.pack(">I", 0xFFFFFFFF) + bytes(1 << 20)]),
    ("a batch that is a list", [agent_says("batch", double.listed([integer(1)]), integer(0), integer(0))]),
    ("a queue of a large number",
     [agent_says("batch", binary(b""), b"o\0\0\x80\0\0" + b"\xff" * (1 << 15), integer(0))]),
    ("an end for a long reason", [agent_says("ended", LATIN_ATOM, integer(0), integer(0))]),
    ("an end of fewer than no events", [agent_says("ended", atom("exited"), integer(-1), integer(0))]),
]

# Records.

AFTER = 1_000_000  # where the process stands in the middle of the session
DAMAGE = [
    ("an unknown record", b"\xee"),
    ("half a record", double.function(3, "shop", "half", 1)[:-3]),
    ("an unknown event", chunk(0, AFTER, b"\x0f\0\0\0")),
    ("an event's end missing", chunk(0, AFTER, call(0, LOOP, WORK)[:-1])),
    ("a function nobody defined", chunk(0, AFTER, call(0, 9, LOOP))),
    ("a process nobody defined", chunk(7, AFTER, call(0, WORK, LOOP))),
    ("a child nobody defined", chunk(0, AFTER, event(10, 0, struct.pack(">HH", 9, WORK)))),
    ("a captured call of no function", chunk(0, AFTER, event(13, 0, struct.pack(">HH", 0, 0)))),
    ("a captured call's end of no kind", chunk(0, AFTER, event(14, 0, b"\0"))),
    ("a stack nobody defined", chunk(0, AFTER, double.stack(0, LOOP, 9))),
    ("a parent nobody defined", double.process(1, "<0.101.0>", parent=9)),
    ("a process that is its parent", double.process(1, "<0.101.0>", parent=1)),
    ("falling times", chunk(0, AFTER, event(12, 5)) + chunk(0, AFTER, event(12, 1))),
    ("a time before the last", chunk(0, 0, call(0, WORK, LOOP))),
    ("a time past the end of the clock", chunk(0, (1 << 63) - 1, call(5, WORK, LOOP))),
    ("a function defined twice", double.function(WORK, "shop", "again", 1)),
    ("a function of a large number", double.function(1 << 22, "shop", "far", 1)),
    ("a process of a large number", double.process((1 << 32) - 2, "<0.101.0>")),
    ("function 0", double.function(0, "shop", "none", 1)),
    ("a name of 64 KB", double.function(3, "m" * 65535, "f", 1)),
    ("a chunk longer than its bytes", b"\x83" + struct.pack(">IqI", 0, AFTER, 0xFFFFFFFF) + bytes(100)),
    ("a deep stack that is not there", chunk(0, AFTER, event(8, 0, struct.pack(">BI", 0, 1 << 20)))),
    ("too deep a stack", chunk(0, AFTER, event(8, 0, struct.pack(">BI", 0, (1 << 20) + 1)) + bytes(1 << 22))),
    ("a zero byte in a fact", double.fact("node", b"a\0b")),
]


# What is said when it should not be.


def in_order(*messages):
    def behave(peer):
        peer.handshake()
        peer.asked()
        peer.drain_beside()
        for message in messages:
            peer.send(message)
    return behave


ESCAPES = b"\x1b]0;owned\x07\x1b[2J\x1b[31m\xc2\x9b5m\r\n\xe2\x80\xae\xff\xfe\0 "
# The second relay tells of the same functions by other numbers.
SECOND = batch(double.function(1, "shop", "work", 1) + double.function(2, "shop", "loop", 0) +
               double.process(0, "<0.101.0>", "cart") +
               chunk(0, 500_000, double.stack(0, 2), call(1_000_000, 1, 2)), relay=1)
SECOND_OVER = batch(chunk(0, 1_500_000, event(12, 500_000)), relay=1)


def is_sum_of_two(test, folder, _):
    test.assertEqual((folder / "out.folded").read_text(), "shop:loop/0 9000000\nshop:loop/0;shop:work/1 2500000\n")


def two_relays(*messages):
    return in_order(double.started(2), *messages, double.exited(), double.NO_MORE_FILES)


RELAYS = [
    ("two", two_relays(BEGUN, SECOND, MORE, SECOND_OVER, OVER, ended()), WHOLE, is_sum_of_two),
    ("one of two says nothing", two_relays(BEGUN, MORE, OVER, ended()), WHOLE, is_whole_session),
    ("one of two is cut short", two_relays(BEGUN, SECOND, MORE, OVER), FORSAKEN, None),
    ("one more than told", two_relays(BEGUN, batch(b"", relay=2)), CUT, None),
    ("one of a number of 70 bits", two_relays(BEGUN, batch(b"", relay=1 << 70)), CUT, None),
    ("the numbers of the other", two_relays(BEGUN, batch(chunk(0, AFTER, call(0, WORK, LOOP)), relay=1)), CUT, None),
    ("damage in one", two_relays(BEGUN, SECOND, batch(b"\xee", relay=1)), CUT, None),
    ("none", in_order(double.started(0), BEGUN), UNREACHABLE, None),
    ("seventeen", in_order(double.started(17), BEGUN), UNREACHABLE, None),
    ("two, then sixteen", two_relays(BEGUN, double.started(16), batch(b"", relay=15)), CUT, None),
]

SPOKEN = [
    ("the end before the start", in_order(ended(), double.exited()), UNREACHABLE, SOON_S),
    ("the end at once", in_order(double.STARTED, ended(), double.exited()), EMPTY, SOON_S),
    ("a batch before the start", in_order(BEGUN), UNREACHABLE, START_S),
    ("the end twice", session(ended(), ended(lost=5)), WHOLE, GOODBYE_S),
    ("a start with a pid that is none", in_order(agent_says("started", atom("a"), atom("b"))),
     UNREACHABLE, SOON_S),
    ("a start with a pid of a long name",
     in_order(agent_says("started", double.listed([b"X" + LATIN_ATOM + bytes(12)]), double.pid(3))), UNREACHABLE, SOON_S),
    ("the agent's end at once", in_order(double.exited()), UNREACHABLE, SOON_S),
    ("the agent's end for a deep reason", in_order(double.exited(b"h\x01" * DEEP + b"j")), UNREACHABLE, SOON_S),
    ("a refusal", in_order(double.refused("no_process", b"there is no process shop")),
     Outcome(4, "there is no process"), SOON_S),
    ("a refusal of a megabyte", in_order(double.refused("no_process", b"no " * 350_000)), REFUSED, SOON_S),
    ("a refusal with escapes", in_order(double.refused("no_process", ESCAPES)), REFUSED, SOON_S),
    ("a refusal with escapes, for none of our reasons", in_order(double.refused(ESCAPES[:250], ESCAPES)), REFUSED,
     SOON_S),
    ("a refusal of an old release", in_order(double.refused("release", b"24" + ESCAPES)), Outcome(3, "OTP 25"), SOON_S),
    ("a refusal that is no text", in_order(agent_says("refused", atom("load"), double.pid(1))), REFUSED,
     SOON_S),
]


# Floods.


def flood(first, piece, pause_s=0.0):
    def behave(peer):
        peer.handshake()
        peer.asked()
        peer.drain_beside()
        for message in first:
            peer.send(message)
        for_ever(piece, pause_s)(peer)
    return behave


class Busy:
    """Batches of a process that never stops calling."""

    CALLS = 3000

    def __init__(self):
        self.now_ns = AFTER
        self.events = b"".join(call(100, WORK, LOOP) + double.return_to(100, LOOP) for _ in range(self.CALLS))

    def __call__(self):
        self.now_ns += 200 * self.CALLS
        return batch(chunk(0, self.now_ns - 200 * self.CALLS, self.events))


UNASKED = double.sent(terms(atom("hello"), binary(bytes(10_000)))) * 10
BEGINNING = (double.STARTED, BEGUN)
PAUSE_S = 0.02
FLOODS = [
    ("ticks before the start", flood((), double.TICK * 10_000, PAUSE_S), UNREACHABLE, START_S, 1, ()),
    ("ticks", flood(BEGINNING, double.TICK * 10_000, PAUSE_S), CUT, SILENCE_S, 1, ()),
    ("control messages", flood(BEGINNING, double.framed(b"p\x83" + terms(integer(1))) * 5000, PAUSE_S), CUT, SILENCE_S,
     1, ()),
    ("messages for others", flood(BEGINNING, UNASKED, PAUSE_S), CUT, DURATION_S + OVERTIME_S, 1, ()),
    ("messages for others before the start", flood((), UNASKED, PAUSE_S), UNREACHABLE, START_S, 1, ()),
    ("preparations", flood((), agent_says("preparing", integer(0), integer(0)) * 10, PAUSE_S), UNREACHABLE,
     OVERTIME_S, 1, ()),
    ("batches", flood(BEGINNING, Busy(), PAUSE_S), CUT, DURATION_S + OVERTIME_S, 1, ()),
    ("the end", flood(BEGINNING, ended(), PAUSE_S), WHOLE, GOODBYE_S, 1, ()),
    ("batches after the end", flood((*BEGINNING, ended()), Busy(), PAUSE_S), WHOLE, GOODBYE_S, 1, ()),
    ("batches, and Ctrl-C", flood(BEGINNING, Busy()), CUT, STOPPING_S, 0, (2,)),
    ("batches, and Ctrl-C twice", flood(BEGINNING, Busy()), ABANDONED, GOODBYE_S, 0, (2, 1)),
    ("ticks as fast as it can, and Ctrl-C twice", flood(BEGINNING, double.TICK * 20_000), ABANDONED, GOODBYE_S, 0,
     (2, 1)),
    ("messages for others, and Ctrl-C twice", flood(BEGINNING, UNASKED), ABANDONED, GOODBYE_S, 0, (2, 1)),
]


def deaf(*messages):
    """Reads nothing any more once it was asked for the agent."""
    def behave(peer):
        peer.handshake()
        peer.asked()
        for message in messages:
            peer.send(message() if callable(message) else message)
        peer.stare()
    return behave


def deaf_from_the_first(peer):
    peer.handshake()
    peer.stare()


TINY_BATCHES = [batch(b"") * 1000] * 300  # each is answered
DEAF = [
    ("never reads the request", deaf_from_the_first, UNREACHABLE, START_S, ()),
    ("reads nothing after the request", deaf(), UNREACHABLE, START_S, ()),
    ("reads nothing in the session", deaf(*BEGINNING), CUT, SILENCE_S, ()),
    ("reads no answers", deaf(*BEGINNING, *TINY_BATCHES), CUT, SILENCE_S, ()),
    ("reads no answers, and Ctrl-C", deaf(*BEGINNING), CUT, SILENCE_S, (1,)),
    ("reads no answers, and Ctrl-C twice", deaf(*BEGINNING), ABANDONED, GOODBYE_S, (1, 1)),
]


# flambeau run: what the call gave.


def answer(kind, *texts):
    return [agent_says("answer", atom(kind), binary(text)) for text in texts]


def says(words):
    return lambda test, _, result: test.assertIn(words, result.out.decode())


ANSWERS = [
    ("a value", answer("value", b"[1,", b"2]"), WHOLE, says("[1,2]\n")),
    ("a value of escapes", answer("value", ESCAPES, ESCAPES * 1000), WHOLE, says("owned")),
    ("an exception of escapes", answer("exception", ESCAPES), Outcome(4, "owned", written=True), None),
    ("a value that is no text", [agent_says("answer", atom("value"), integer(1))], CUT, None),
    ("a value of neither kind", answer("rumor", b"1"), CUT, None),
    ("a value of 100 MB", answer("value", bytes(10 << 20)) * 10, Outcome(6, "too long", written=True), None),
]


# The modules' files.


def is_located(test, folder, _):
    report = json.loads(flambeau("report", "--json", folder / "out.flb").out)
    places = [(function.get("file"), function.get("line")) for function in report["functions"]]
    test.assertIn(("shop.erl", 12), places)


def with_files(*files):
    return session(files=(*map(double.beam_file, files), double.NO_MORE_FILES))


def belongs_to(origin, application):
    def holds(test, folder, _):
        report = json.loads(flambeau("report", "--json", folder / "out.flb").out)
        test.assertEqual({(row["origin"], row["application"]) for row in report["functions"]}, {(origin, application)})
    return holds


def with_facts(*facts):
    return session(files=(*facts, double.NO_MORE_MODULES, double.NO_MORE_FILES))


SHOP = 1  # the index of the module, "" being 0
LOADED = double.loaded_module(SHOP, b"/a/lib/shop-1.0/ebin/shop.beam", b"/b/src/shop.erl")
APPLICATIONS = [
    ("its application", with_facts(double.application(b"shop", modules=[SHOP]), LOADED), SOON_S, belongs_to("own", "shop")),
    ("one of OTP's", with_facts(double.application(b"stdlib", modules=[SHOP]), LOADED), SOON_S, belongs_to("otp", "stdlib")),
    ("no end of them", session(files=(LOADED, double.NO_MORE_FILES)), SOON_S, belongs_to(None, None)),
    ("told while it was traced", session(batch(double.application_record(4, "shop", "stdlib"))), SOON_S,
     belongs_to(None, None)),
    ("an application of escapes", with_facts(double.application(ESCAPES, ESCAPES, [ESCAPES[:200]], [SHOP]), LOADED), SOON_S,
     None),
    ("paths of slashes", with_facts(double.loaded_module(SHOP, b"/" * 4096, b"deps/" * 800)), SOON_S, None),
    ("paths of megabytes", with_facts(double.loaded_module(SHOP, b"a" * (8 << 20), b"/b" * (4 << 20))), SOON_S,
     belongs_to("own", None)),
    ("zero bytes", with_facts(double.application(b"a\0b", b"\0", modules=[SHOP]), double.loaded_module(SHOP, b"\0", b"\0")),
     SOON_S, belongs_to("own", None)),
    ("modules that are none", with_facts(double.application(b"a", modules=[99, 2**32 - 1, 2**32, 2**63]),
                                         double.loaded_module(99), double.loaded_module(2**40)), SOON_S,
     belongs_to(None, None)),
    ("what is used is no atom", with_facts(agent_says("application", binary(b"a"), binary(b""), integer(7), integer(7)),
                                           agent_says("module", atom("a"), atom("b"), atom("c"))), SOON_S, None),
    ("100,000 applications", with_facts(b"".join(double.application(b"a%d" % i, b"", [b"b%d" % i]) for i in range(100_000)),
                                        LOADED), SOON_S, belongs_to("own", None)),
    ("a million uses", with_facts(double.application(b"a", b"x", [b"b"] * 1_000_000), LOADED), SOON_S, None),
]
EMPTY_ATOMS = struct.pack(">I", 30 << 20) + bytes(30 << 20)
FILES_S = 2
FILES = [
    ("the file", with_files(double.beam()), SOON_S, is_located),
    ("a place told before", session(batch(double.location(WORK, 12, "shop.erl")), files=(
        double.beam_file(double.beam()), double.NO_MORE_FILES)), SOON_S, None),
    ("not the module's", session(files=(double.beam_file(double.beam(), 99), double.NO_MORE_FILES)), SOON_S, None),
    ("no files", with_files(b"", b"FOR1", b"\x7fELF" * 100, random.Random(2).randbytes(10_000)), SOON_S, None),
    ("the file twice", with_files(double.beam(), double.beam()), SOON_S, None),
    ("more atoms than bytes", with_files(double.beam(atoms=b"\x7f\xff\xff\xff\x04shop")), SOON_S, None),
    ("fewer than no atoms", with_files(double.beam(atoms=b"\x80\0\0\0\x04shop")), SOON_S, None),
    ("30 MB of empty atoms", with_files(double.beam(atoms=EMPTY_ATOMS)), SOON_S, None),
    ("more places than bytes", with_files(double.beam(lines=struct.pack(">5I", 0, 0, 0, 0xFFFFFFFF, 0))), SOON_S, None),
    ("millions of places", with_files(double.beam(lines=struct.pack(">5I", 0, 0, 0, 3 << 20, 0) + b"\xc1" * (3 << 20))),
     SOON_S, None),
    ("a list that never ends", with_files(double.beam(code=double.CODE[:-1] + b"\x40\x17\xf8\x00" + bytes(1 << 20))),
     SOON_S, None),
    ("the same function a million times", with_files(double.beam(code=double.CODE + b"\x02\x12\x22\x10" * 900_000)),
     SOON_S, None),
    ("for ever", lambda peer: (session(files=())(peer), for_ever(double.beam_file(double.beam()))(peer)), FILES_S,
     None),
    ("never", session(files=()), FILES_S, None),
    ("ticks instead", lambda peer: (session(files=())(peer), for_ever(double.TICK * 1000, PAUSE_S)(peer)), FILES_S,
     None),
]


# Names.

NAMES = [ESCAPES[:-4], b"\xff\xfe\xc0\x80", b"\xed\xa0\x80", b"", b"a" * 255, "λ".encode() * 255, b";;; 1\n\r\t",
         b"]]>", b"' onload='x", b"</script><script>", b"&amp;", b"%s%n%p", b"../../etc/passwd", b"=cmd|'/c calc'!A0",
         b"Elixir.", b"Elixir.A..B", b"-/-fun-0-", b"-a/1-fun-99999999999999999999-", b"-" * 255]
TEXTS = [name.replace(b"\0", b"0") for name in NAMES]  # where FORMAT.md has no zero byte
KEYS = [b"node", b"otp", b"erts", b"started", b"untraced", b"begin_ns", b"end_ns", b"functions"]


def hostile_names():
    functions = [(module, name) for module in NAMES for name in NAMES]
    numbers = range(3, 3 + len(functions))
    records = b"".join(double.function(number, *names, 255) for number, names in zip(numbers, functions))
    records += b"".join(double.process(number, name[:60], name, name, name, parent=0) +
                        chunk(number, 0, double.stack(0, LOOP), event(12, 1000))
                        for number, name in enumerate(NAMES, 1))
    records += b"".join(double.fact(key, text) for text in TEXTS for key in (*KEYS, text[:60] or b"k"))
    records += b"".join(map(double.module, TEXTS))
    return records + chunk(0, AFTER, *[call(1, number, LOOP) for number in numbers])


def is_clean_everywhere(test, folder, _):
    text = (folder / "out.folded").read_bytes()
    test.assertGreater(len(harness.folded(folder / "out.folded")), len(NAMES))
    test.assertNotRegex(text.decode(), r"[\x00-\x09\x0b-\x1f\x7f]")
    for more in ((), ("--json",)):
        report = flambeau("report", *more, folder / "out.flb")
        test.assert_ended(report, 0)
        test.assertNotRegex(report.out.decode(), UNCLEAN)
    for options in ((), ("--chart",), ("--by", "process"), ("--raw-names",)):
        drawn = flambeau("render", folder / "out.flb", *options, "-o", "-", "--format", "svg")
        test.assert_ended(drawn, 0)
        xml.etree.ElementTree.fromstring(drawn.out)


# Too much of what is allowed.

MANY = 200_000
AT_A_TIME = 50_000


def in_parts(record, numbers):
    """Batches of a record for each of many numbers."""
    for first in range(numbers.start, numbers.stop, AT_A_TIME):
        yield batch(b"".join(map(record, range(first, min(first + AT_A_TIME, numbers.stop)))))


def a_function(number):
    return double.function(number, "m%d" % (number % 1000), "f%d" % number, 1)


def many_processes():
    return in_parts(lambda number: double.process(number, "<0.1.0>", "p%d" % number) +
                    chunk(number, 0, event(8, 0, b"\0\0\0\0\0")), range(1, MANY))


def many_functions():
    yield from in_parts(a_function, range(3, MANY))
    for first in range(3, MANY, AT_A_TIME):
        numbers = range(first, min(first + AT_A_TIME, MANY))
        yield batch(chunk(0, AFTER, *[event(1, 0, struct.pack(">II", number, LOOP), flags=0x20) for number in numbers]))


def many_modules():
    yield from in_parts(a_function, range(3, 2 * MANY))
    yield from in_parts(lambda number: double.module("m%d" % (number % 1000)), range(MANY))


DEEPEST = 19_000  # FOLD_MAX_DEPTH is 20,000


def deep_stacks(count, depth):
    """Each begins with another function, so that no two share a frame."""
    yield from in_parts(a_function, range(3, 1000))
    rest = struct.pack(">%dH" % depth, *[500 + i * 7 % 290 for i in range(depth)])
    for number in range(count):
        yield batch(chunk(0, AFTER, event(8, 0, struct.pack(">BIH", 0, depth + 1, 3 + number) + rest)))


def many_facts():
    return (batch(double.fact("key%d" % (number % 900), b"x" * 65_000)) for number in range(2000))


def many_chunks():
    yield batch(chunk(0, AFTER, event(6, 0, struct.pack(">BQ", 0, 1))) * 500_000)


PROFILE_NODES_MAX = 1 << 23  # PROFILE_MAX_NODES
NODE_BYTES = 128
PROCESS_BYTES = 1024
TOO_LARGE = Outcome(6, "too large")
LARGE = [
    ("processes", many_processes, WHOLE, MEMORY_MAX + MANY * PROCESS_BYTES, SOON_S),
    ("functions", many_functions, WHOLE, MEMORY_MAX + MANY * PROCESS_BYTES, SOON_S),
    ("modules loaded again and again", many_modules, WHOLE, MEMORY_MAX + 2 * MANY * PROCESS_BYTES, SOON_S),
    ("distinct stacks", lambda: deep_stacks(450, DEEPEST), TOO_LARGE, MEMORY_MAX + PROFILE_NODES_MAX * NODE_BYTES, 40),
    ("stacks a million deep", lambda: deep_stacks(20, (1 << 20) - 1), WHOLE, 4 * MEMORY_MAX, 40),
    ("facts", many_facts, WHOLE, MEMORY_MAX, SOON_S),
    ("different facts", lambda: [batch(b"".join(double.fact("key%d" % i, b"") for i in range(2000)))],
     Outcome(6, "too many different facts"), MEMORY_MAX, SOON_S),
    ("chunks", many_chunks, WHOLE, MEMORY_MAX, SOON_S),
]


# flambeau ps.


def ps_row(pid=b"<0.1.0>", name=b"init", current=b"init:loop/1", reductions=10, queue=0):
    return terms(binary(pid), binary(name), binary(current), integer(reductions), integer(queue))


def rows(term):
    return in_order(double.sent(terms(atom("flambeau"), atom("processes"), term)))


def shows_the_row(test, _, result):
    test.assertRegex(result.out.decode(), r"(?m)^<0.1.0> +init +10 +0 +init:loop/1$")


PS = [
    ("an answer", rows(double.listed([ps_row()])), LISTED, SOON_S, shows_the_row),
    ("escapes", rows(double.listed([ps_row(ESCAPES, ESCAPES, ESCAPES)])), LISTED, SOON_S, None),
    ("a list of what is none", rows(double.listed([integer(1)] * 100)), UNREACHABLE, SOON_S, None),
    ("a list longer than its bytes", rows(b"l\x7f\xff\xff\xffj"), UNREACHABLE, CONNECT_S, None),
    ("a list of nothing", rows(b"l\0\x80\0\0" + b"j" * ((1 << 23) + 1)), UNREACHABLE, SOON_S, None),
    ("an improper list", rows(b"l\0\0\0\x01" + ps_row() + integer(3)), UNREACHABLE, SOON_S, None),
    ("a deep answer", rows(b"h\x01" * DEEP + b"j"), UNREACHABLE, SOON_S, None),
    ("a negative queue", rows(double.listed([ps_row(queue=-1)])), UNREACHABLE, SOON_S, None),
    ("no answer", in_order(), UNANSWERED, CONNECT_S, None),
    ("no answer, and ticks", flood((), double.TICK * 100_000), UNANSWERED, CONNECT_S, None),
    ("no answer, and others' messages", flood((), UNASKED, PAUSE_S), UNANSWERED, CONNECT_S, None),
    ("its end instead", in_order(double.exited()), REFUSED, SOON_S, None),
    ("a length of 2 GB", in_order(struct.pack(">I", 0x7FFFFFFF)), UNREACHABLE, SOON_S, None),
    ("a broken connection", then_close(in_order()), UNREACHABLE, SOON_S, None),
    ("half an answer", then_close(in_order(double.sent(terms(atom("flambeau")))[:-3])), UNREACHABLE, SOON_S, None),
    ("deaf", deaf_from_the_first, UNANSWERED, CONNECT_S, None),
]


class Watched(Run):
    """A run whose largest memory is known, but for its last instant."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.memory_bytes = 0
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()

    def watch(self):
        while True:
            try:
                with open(f"/proc/{self.process.pid}/status") as status:
                    peak = re.search(r"VmHWM:\s+(\d+) kB", status.read())
            except (FileNotFoundError, ProcessLookupError):
                return
            if not peak:  # it has ended
                return
            self.memory_bytes = int(peak[1]) << 10
            time.sleep(WATCH_S)

    def result(self, timeout_s=90):
        result = super().result(timeout_s)
        self.watcher.join()
        result.memory_bytes = self.memory_bytes
        return result


def arguments(case):
    if case.verb == "ps":
        return ["ps", "-n", NAME, "--connect-timeout", f"{CONNECT_S}s"]
    what = ["-p", "shop"] if case.verb == "record" else ["shop:work(1)"]
    return [case.verb, "-n", NAME, *what, "-d", f"{case.duration_s}s", "--connect-timeout", f"{CONNECT_S}s",
            "-o", "out.folded", "-o", "out.flb"]


def play(case, folder):
    folder.mkdir()
    with Double(case.node, case.epmd, case.receive_bytes) as node:
        run = Watched(*arguments(case), env=harness.world.flambeau_env(**node.env), cwd=folder)
        if case.signals and not node.begun.wait(SLACK_S):
            run.process.kill()
        for seconds in case.signals:
            time.sleep(seconds)
            run.signal(signal.SIGINT)
        return run.result(case.within_s + sum(case.signals) + SLACK_S)


CASES = {
    # The double is one to be attached to: else nothing else here means anything.
    "a session": [Case("whole", session(), WHOLE, holds=is_whole_session)],
    "handshakes": [Case(name, node, outcome, CONNECT_S) for name, node, outcome in HANDSHAKES],
    "handshakes broken off": [Case(f"{fate} at byte {at}", broken_off(at, fate), UNREACHABLE, CONNECT_S)
                              for fate in FATES for at in range(handshake_bytes())],
    "sessions broken off": [Case(f"{fate} {moment}", session_until(moment, fate), outcome,
                                 hung_s if fate == "hang" else SOON_S)
                            for moment, _, outcome, hung_s in MOMENTS for fate in FATES],
    "epmds": [Case(name, session(), outcome, CONNECT_S, epmd=epmd) for name, epmd, outcome in EPMDS],
    "terms passed over": [Case(name, session(*data), WHOLE, holds=is_whole_session) for name, data in PASSED_OVER],
    "terms that end it": [Case(name, session(*data), CUT) for name, data in FATAL],
    "terms that end it at once": [Case(name, in_order(double.STARTED, *data), EMPTY) for name, data in FATAL],
    "damaged records": [Case(name, session(batch(records)), CUT) for name, records in DAMAGE],
    "relays": [Case(name, node, outcome, holds=holds) for name, node, outcome, holds in RELAYS],
    "messages out of order": [Case(*row) for row in SPOKEN],
    "floods": [Case(name, node, outcome, within_s, duration_s=duration_s, signals=signals)
               for name, node, outcome, within_s, duration_s, signals in FLOODS],
    "the deaf": [Case(name, node, outcome, within_s, duration_s=0, signals=signals, receive_bytes=2048)
                 for name, node, outcome, within_s, signals in DEAF],
    "answers": [Case(name, session(*data), outcome, verb="run", memory_max=2 * MEMORY_MAX, holds=holds)
                for name, data, outcome, holds in ANSWERS],
    "files": [Case(name, node, WHOLE, within_s, holds=holds) for name, node, within_s, holds in FILES],
    "applications": [Case(name, node, WHOLE, within_s, holds=holds) for name, node, within_s, holds in APPLICATIONS],
    "names": [Case("all of them", session(batch(hostile_names())), WHOLE, holds=is_clean_everywhere)],
    "too much": [Case(name, session_with(messages), outcome, within_s, memory_max=memory_max)
                 for name, messages, outcome, memory_max, within_s in LARGE],
    "ps": [Case(name, node, outcome, within_s, verb="ps", holds=holds) for name, node, outcome, within_s, holds in PS],
}


class BrokenNodeTest(LiveTest):
    """All cases of all groups at once: they wait most of the time. Each test then looks at its group."""

    @classmethod
    def setUpClass(cls):
        cls.pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
        cls.played = {}
        numbered = enumerate((group, case) for group, cases in CASES.items() for case in cases)
        for number, (group, case) in sorted(numbered, key=lambda each: -each[1][1].within_s):
            folder = harness.world.folder / f"case-{number}"
            cls.played[case] = folder, cls.pool.submit(play, case, folder)

    @classmethod
    def tearDownClass(cls):
        cls.pool.shutdown(cancel_futures=True)

    def look_at(self, group):
        for case in CASES[group]:
            with self.subTest(case.name):
                folder, future = self.played[case]
                self.check(case, folder, future.result())

    def check(self, case, folder, result):
        outcome = case.outcome
        if outcome.written or outcome.code == 0:
            self.assert_ended(result, outcome.code)
        else:
            self.assert_refused(result, outcome.code)
        self.assertIn(outcome.words, result.err)
        self.assertNotRegex(result.err, UNCLEAN)
        self.assertNotRegex(result.out.decode(), UNCLEAN)
        if case.verb == "record":
            self.assertEqual(result.out, b"")
        self.assertLess(result.memory_bytes, case.memory_max * (ASAN_FACTOR if sanitized() else 1))
        self.assertEqual(sorted(path.name for path in folder.iterdir()),
                         ["out.flb", "out.folded"] if outcome.written else [])
        if outcome.written:
            report = flambeau("report", folder / "out.flb")
            self.assert_ended(report, 0)
            self.assertEqual("connection was lost" in report.out.decode(), outcome is CUT, report.out.decode()[:1000])
            self.assertNotRegex(report.out.decode(), UNCLEAN)
        if case.holds:
            case.holds(self, folder, result)


def test_of(group):
    return lambda self: self.look_at(group)


for each in CASES:
    setattr(BrokenNodeTest, "test_" + each.replace(" ", "_"), test_of(each))


@functools.cache
def sanitized():
    with open(harness.binary, "rb") as file:
        return b"__asan_init" in file.read()


if __name__ == "__main__":
    harness.main()
