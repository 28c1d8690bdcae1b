"""A double of a node: it speaks just enough of the distribution protocol to be attached to, and misbehaves as it is
told.

A `Double` has an epmd and a node, each on a port of its own. What they say are functions that get a `Peer`, one
connection; they end by returning (the peer is kept open and read until the other side leaves), or by `peer.close()`.
Protocols: OTP, erts/doc "Distribution Protocol" and "External Term Format"; records: src/capture/FORMAT.md.
"""
import hashlib
import os
import socket
import struct
import threading

HOST = "127.0.0.1"
NAME = f"double@{HOST}"
GIVEN_NAME = b"3FQZ8M2VXHRW4@127.0.0.1"  # to who asks for a name
FLAGS = 0xD07DF7FBD  # of OTP 25
CHALLENGE = 0x0BADCAFE
CREATION = 7
FUNCTION_NONE = 0
PARENT_UNKNOWN = 0xFFFFFFFF


# Terms.


def atom(text):
    data = text if isinstance(text, bytes) else text.encode()
    return (b"w" + bytes([len(data)]) if len(data) < 256 else b"v" + struct.pack(">H", len(data))) + data


def integer(value):
    if 0 <= value < 256:
        return bytes([97, value])
    if -(1 << 31) <= value < 1 << 31:
        return struct.pack(">Bi", 98, value)
    size = (abs(value).bit_length() + 7) // 8
    return bytes([110, size, value < 0]) + abs(value).to_bytes(size, "little")


def binary(data):
    return struct.pack(">BI", 109, len(data)) + data


def terms(*elements):
    return bytes([104, len(elements)]) + b"".join(elements)


def listed(elements):
    return struct.pack(">BI", 108, len(elements)) + b"".join(elements) + b"j" if elements else b"j"


def pid(number):
    return b"X" + atom(NAME) + struct.pack(">III", number, 0, CREATION)


# Messages. Nobody but flambeau is on the other side, so it does not matter whose pid they are sent to.


def framed(message):
    return struct.pack(">I", len(message)) + message


def sent(term):
    return framed(b"p\x83" + terms(integer(2), atom(""), pid(1)) + b"\x83" + term)


def exited(reason=atom("normal")):
    return framed(b"p\x83" + terms(integer(3), pid(3), pid(1), reason))


def agent_says(kind, *more):
    return sent(terms(atom("flambeau"), atom(kind), *more))


TICK = bytes(4)
STARTED = agent_says("started", listed([pid(2)]), pid(3))
NO_MORE_FILES = agent_says("beam_files", atom("sent"))
NO_MORE_MODULES = agent_says("modules", atom("sent"))


def started(relays):
    return agent_says("started", listed([pid(10 + i) for i in range(relays)]), pid(3))


def batch(records, queue=0, relay=0):
    return agent_says("batch", binary(records), integer(queue), integer(relay))


def ended(why="deadline", lost=0, end_ns=10_000_000):
    return agent_says("ended", atom(why), integer(lost), integer(end_ns))


def refused(kind, text):
    return agent_says("refused", atom(kind), binary(text))


# Packed records.


def text16(data):
    data = data if isinstance(data, bytes) else data.encode()
    return struct.pack(">H", len(data)) + data


def function(number, module, name, arity, flags=0):
    return struct.pack(">BIBB", 0x80, number, flags, arity) + text16(module) + text16(name)


def process(number, pid_text, name="", label="", initial="", parent=PARENT_UNKNOWN):
    return struct.pack(">BII", 0x81, number, parent) + b"".join(map(text16, (pid_text, name, label, initial)))


def fact(key, value):
    return b"\x82" + text16(key) + struct.pack(">I", len(value)) + value


def chunk(number, base_ns, *events):
    data = b"".join(events)
    return struct.pack(">BIqI", 0x83, number, base_ns, len(data)) + data


def module(name, time_ns=0, traced=1):
    return struct.pack(">BqB", 0x84, time_ns, traced) + text16(name)


def location(number, line, file, flags=0):
    return struct.pack(">BIBI", 0x86, number, flags, line) + text16(file)


def event(kind, delta_ns, operands=b"", flags=0):
    return struct.pack(">I", (kind | flags) << 24 | delta_ns) + operands


def call(delta_ns, callee, caller):
    return event(1, delta_ns, struct.pack(">HH", callee, caller))


def return_to(delta_ns, number):
    return event(2, delta_ns, struct.pack(">H", number))


def stack(delta_ns, *numbers):
    return event(8, delta_ns, struct.pack(">BI", 0, len(numbers)) + struct.pack(">%dH" % len(numbers), *numbers))


def application_record(origin, module, name):
    return struct.pack(">BB", 0x87, origin) + text16(module) + text16(name)


def application(name, description=b"", uses=(), modules=()):
    return agent_says("application", binary(name), binary(description), listed([atom(used) for used in uses]),
                      terms(*map(integer, modules)))


def loaded_module(index, file=b"", source=b""):
    return agent_says("module", integer(index), binary(file), binary(source))


# A beam file of module shop with work/1 at shop.erl:12, or whatever its chunks shall be: see src/decode/beam_file.c.

ATOMS = struct.pack(">I", 2) + b"\x04shop\x04work"
LINES = struct.pack(">5I", 0, 0, 0, 1, 0) + b"\xc1"  # version, flags, instructions, places, files; line 12
CODE = struct.pack(">5I", 16, 0, 200, 1, 1) + b"\x99\x10" + b"\x02\x12\x22\x10" + b"\x03"  # line, func_info, the end


def beam(atoms=ATOMS, lines=LINES, code=CODE):
    body = b"BEAM"
    for name, data in ((b"AtU8", atoms), (b"Line", lines), (b"Code", code)):
        body += name + struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)
    return b"FOR1" + struct.pack(">I", len(body)) + body


def beam_file(data, module_index=1):
    return agent_says("beam_file", integer(module_index), binary(data))


class Left(Exception):
    """The connection's end, planned or not."""


class Peer:
    """One connection. `limit` is how many bytes may be sent before `at_limit(peer)` happens."""

    def __init__(self, connection, double):
        self.connection, self.double = connection, double
        self.sent_bytes = 0
        self.limit = self.at_limit = None

    def send(self, data):
        if self.limit is not None and self.sent_bytes + len(data) > self.limit:
            self.push(data[: self.limit - self.sent_bytes])
            self.at_limit(self)
            raise Left
        self.push(data)

    def push(self, data):
        self.connection.sendall(data)
        self.sent_bytes += len(data)

    def read(self, size):
        data = b""
        while len(data) < size:
            piece = self.connection.recv(size - len(data))
            if not piece:
                raise Left
            data += piece
        return data

    def frame(self, width):
        return self.read(int.from_bytes(self.read(width), "big"))

    def packet(self, data):
        self.send(struct.pack(">H", len(data)) + data)

    def close(self):
        self.connection.shutdown(socket.SHUT_WR)

    def reset(self):
        """Closes so that the other side's next word is answered by a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def hang(self):
        """Says nothing more, but reads."""
        self.drain()

    def stare(self):
        """Neither speaks nor reads."""
        self.double.over.wait()

    def drain(self):
        """Reads whatever comes, until the other side leaves."""
        while self.connection.recv(1 << 16):
            pass

    def drain_beside(self):
        """Goes on, while somebody else reads."""
        def read():
            try:
                self.drain()
            except OSError:
                pass
        threading.Thread(target=read, daemon=True).start()

    # The handshake of the side that was called.

    def handshake(self, status=None, name=NAME, cookie=None, flags=FLAGS):
        self.frame(2)
        self.packet(status or b"snamed:" + text16(GIVEN_NAME) + struct.pack(">I", CREATION))
        self.packet(b"N" + struct.pack(">QII", flags, CHALLENGE, CREATION) + text16(name))
        theirs = struct.unpack(">I", self.frame(2)[1:5])[0]
        self.packet(b"a" + hashlib.md5((self.double.cookie if cookie is None else cookie) + b"%d" % theirs).digest())

    def asked(self):
        """Takes flambeau's first request: of whatever shape, it goes to rex in one message."""
        self.frame(4)
        self.double.begun.set()


class Double:
    """An epmd and a node for a run; `env` leads flambeau there. `begun` is set when it has asked for the agent."""

    def __init__(self, behave, epmd=None, receive_bytes=None):
        self.cookie = b"double%x" % int.from_bytes(os.urandom(8), "big")
        self.behave = behave
        self.listeners, self.peers = [], []
        self.begun, self.over = threading.Event(), threading.Event()
        self.lock = threading.Lock()
        self.port = self.listen(lambda peer: self.behave(peer), receive_bytes)
        self.epmd_port = self.listen(epmd or answer_port)
        self.env = {"ERL_EPMD_PORT": str(self.epmd_port), "FLAMBEAU_COOKIE": self.cookie.decode()}

    def listen(self, behave, receive_bytes=None):
        listener = socket.socket()
        if receive_bytes:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        listener.bind((HOST, 0))
        listener.listen()
        self.listeners.append(listener)
        threading.Thread(target=self.serve, args=(listener, behave), daemon=True).start()
        return listener.getsockname()[1]

    def serve(self, listener, behave):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what was said is not held back
            peer = Peer(connection, self)
            with self.lock:
                self.peers.append(peer)
            threading.Thread(target=self.play, args=(peer, behave), daemon=True).start()

    @staticmethod
    def play(peer, behave):
        try:
            behave(peer)
            peer.drain()
        except (Left, OSError):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        for listener in self.listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for peer in self.peers:
            try:
                peer.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            peer.connection.close()


def answer_port(peer, port=None):
    """To PORT_PLEASE2 (122): result 0, the port, a normal node (77) of TCP, versions, name, no extras."""
    name = peer.frame(2)[1:]
    peer.send(struct.pack(">BBHBBHH", 119, 0, peer.double.port if port is None else port, 77, 0, 6, 5))
    peer.send(text16(name) + text16(b""))
    peer.close()
