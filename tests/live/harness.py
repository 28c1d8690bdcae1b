"""What the live tests stand on: sample nodes on the OTP under test, an observer of their state, and runs of flambeau.

$FLAMBEAU_OTP_ROOT names a root with another OTP release, entered by chroot; empty or unset: the system's own. Each test
program has an epmd of its own, so that it meets nobody else's nodes. Everything started here ends here, by its pid.
"""
import json
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = HERE.parent.parent / "samples"
OTP_ROOT = os.environ.get("FLAMBEAU_OTP_ROOT", "")
HOST = "127.0.0.1"
START_S = 60  # a node, on a machine that is busy with other things
CLEAN_S = 2.0  # within this the node is as it was
MEMORY_SLACK = 8 << 20  # heaps of the system's own processes breathe
OUR_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

binary = None  # flambeau's path, from the command line
world = None


class World:
    """A scratch folder that both sides see, an epmd, a cookie, and the samples' sources in the scratch folder."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="flambeau-live-", dir=(OTP_ROOT + "/tmp") if OTP_ROOT else None))
        self.inside = pathlib.Path("/") / self.folder.relative_to(OTP_ROOT or "/")  # the same folder, as the root sees it
        self.cookie = "live%x" % random.getrandbits(64)
        self.epmd_port = free_port()
        shutil.copytree(SAMPLES / "erlang", self.folder / "samples/erlang")
        shutil.copytree(SAMPLES / "elixir", self.folder / "samples/elixir")
        self.epmd = subprocess.Popen(["epmd", "-port", str(self.epmd_port)], stdin=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
        wait_until(lambda: can_connect(self.epmd_port), 10, "epmd")
        self.compile(HERE / "witness.erl", "witness")
        system = self.folder / "observer"
        system.mkdir()
        subprocess.run(["erlc", "-o", system, HERE / "witness.erl"], check=True)

    def compile(self, source, to):
        """Compiles one file, Erlang or Elixir, with the OTP under test; its folder is in every node's path."""
        folder = self.folder / to
        folder.mkdir(exist_ok=True)
        shutil.copy(source, folder)
        inside = self.inside / to
        compiler = "elixirc" if pathlib.Path(source).suffix == ".ex" else "erlc"
        self.run(compiler, "-o", inside, inside / pathlib.Path(source).name)

    def run(self, *command):
        """Runs a command of the OTP under test, with its modules in the path."""
        subprocess.run(in_root([str(word) for word in command]), check=True, env=self.node_env())

    def node_env(self, **more):
        env = dict(os.environ, ERL_EPMD_PORT=str(self.epmd_port), HOME=str(self.inside), LC_ALL="C.UTF-8",
                   ERL_ZFLAGS="-pa %s -pa %s" % (self.inside / "witness", self.inside / "programs"))
        if OTP_ROOT:
            env["PATH"] = OUR_PATH
        env.update(more)
        return env

    def flambeau_env(self, **more):
        env = dict(os.environ, ERL_EPMD_PORT=str(self.epmd_port), HOME=str(self.folder), FLAMBEAU_COOKIE=self.cookie)
        env.pop("RELEASE_COOKIE", None)
        env.update(more)
        return {key: value for key, value in env.items() if value is not None}

    def close(self):
        self.epmd.kill()
        self.epmd.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Node:
    """One or two BEAM nodes started by a command, and an observer of the first, which may need flags of its own."""

    def __init__(self, name, command, observer_flags="", **env):
        self.name = name
        self.log = open(world.folder / (name + ".log"), "w+")
        self.process = subprocess.Popen(in_root(command), stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=subprocess.STDOUT, env=world.node_env(**env), start_new_session=True)
        try:
            self.observer = Observer(name, observer_flags)
        except Exception:
            self.stop()
            raise

    def await_registered(self, process):
        try:
            wait_until(lambda: self.ask(f"is_pid(rpc:call(N, erlang, whereis, ['{process}']))"), START_S, process)
        except AssertionError:
            said = self.said()
            self.stop()
            raise AssertionError(f"{self.name} did not start: {said}")
        return self

    def said(self):
        self.log.seek(0)
        return self.log.read()[-4000:]

    def ask(self, expression):
        return self.observer.ask(expression)

    def call(self, module, function, arguments="[]"):
        value = self.ask(f"rpc:call(N, {module}, {function}, {arguments})")
        if isinstance(value, list) and value[:1] == ["badrpc"]:
            raise AssertionError(f"{module}:{function}: {value}; {self.name} said: {self.said()}")
        return value

    def state(self):
        return self.call("witness", "state")

    def kill(self):
        """Ends everything the start command made: it has a session, so a process group, of its own."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def stop(self):
        if hasattr(self, "observer"):
            self.observer.close()
        self.kill()
        self.log.close()


class Observer:
    """A hidden node of the system's OTP that evaluates expressions."""

    def __init__(self, target, flags=""):
        short = not set(".:") & set(target.split("@")[1])
        name = "observer%x@%s" % (random.getrandbits(32), target.split("@")[1])
        self.process = subprocess.Popen(
            ["erl", "-noshell", "-hidden", "-sname" if short else "-name", name, "-setcookie", world.cookie,
             "-pa", str(world.folder / "observer"), "-s", "witness", "serve", "-target", target],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1,
            env=dict(world.node_env(), HOME=str(world.folder), ERL_ZFLAGS="", ERL_FLAGS=flags, PATH=os.environ["PATH"]))

    def ask(self, expression, timeout_s=30):
        self.process.stdin.write(expression + ".\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], timeout_s)
        if not ready:
            raise AssertionError(f"no answer in {timeout_s} s: {expression}")
        line = self.process.stdout.readline()
        try:
            status, value = json.loads(line)
        except ValueError:
            self.process.kill()
            raise AssertionError(f"the observer said: {line}{self.process.stdout.read()}")
        if status != "ok":
            raise AssertionError(f"{expression}: {value}")
        return value

    def close(self):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Run:
    """flambeau at work. `result()` waits for its end."""

    def __init__(self, *arguments, env=None, cwd=None, preexec_fn=None):
        self.arguments = arguments
        self.out = tempfile.TemporaryFile()
        self.err = tempfile.TemporaryFile()
        self.began = time.monotonic()
        self.process = subprocess.Popen([binary, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=self.out,
                                        stderr=self.err, env=env or world.flambeau_env(), cwd=cwd or world.folder,
                                        preexec_fn=preexec_fn)

    def signal(self, number):
        self.process.send_signal(number)

    def said(self):
        """On stderr, so far."""
        return os.pread(self.err.fileno(), 1 << 20, 0).decode()

    def result(self, timeout_s=90):
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"flambeau {self.arguments} did not end in {timeout_s} s: {whole(self.err).decode()}")
        return Result(self.process.returncode, whole(self.out), whole(self.err).decode(), time.monotonic() - self.began)


class Result:
    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds

    def __str__(self):
        return f"exit {self.code} after {self.seconds:.1f} s, stderr: {self.err!r}"


class LiveTest(unittest.TestCase):
    maxDiff = None

    def assert_ended(self, result, code):
        self.assertEqual(result.code, code, str(result))

    def assert_refused(self, result, code, *words):
        """The exit code, and one sentence for a person that has the words in it."""
        self.assert_ended(result, code)
        lines = result.err.splitlines()
        self.assertEqual(len(lines), 1, str(result))
        self.assertTrue(lines[0].startswith("flambeau: "), lines[0])
        self.assertLess(len(lines[0]), 300, lines[0])
        self.assertNotRegex(lines[0], r"errno|0x[0-9a-f]{4}|\(null\)|[\x00-\x1f]")
        for word in words:
            self.assertRegex(lines[0], "(?i)" + word)

    def assert_clean(self, node, before, within_s=CLEAN_S, connected=False):
        """Within the time nothing of ours is on the node: no flag, pattern, session, gate, process, module, memory. While a
        stopped flambeau is `connected`, the connection and the node's own process for it are there."""
        deadline = time.monotonic() + within_s
        while True:
            left = difference(before, node.state(), connected)
            if not left:
                return
            if time.monotonic() > deadline:
                self.fail(f"after {within_s} s there is still: {left}; {node.name} said: {node.said()}")
            time.sleep(0.05)


def difference(before, now, connected=False):
    left = {}
    for key in ("flags", "functions", "sessions", "gate", "names", "modules", "old_code") + (() if connected else ("connected",)):
        extra = sorted(set(now[key]) - set(before[key]))
        if extra:
            left[key] = extra[:5] + ([f"and {len(extra) - 5} more"] if len(extra) > 5 else [])
    new = set(now["processes"]) - set(before["processes"])
    described = [text for text in now["described"] if text.split(" ")[0] in new]
    if len(acceptors(now)) <= len(acceptors(before)):  # with TLS, the one that accepted us left its place to another
        described = [text for text in described if text not in acceptors(now)]
    if connected:
        described = [text for text in described if "{dist_util,con_loop," not in text]
    if described:
        left["processes"] = described
    if now["memory_bytes"] > before["memory_bytes"] + MEMORY_SLACK:
        left["memory_bytes"] = now["memory_bytes"] - before["memory_bytes"]
    return left


def acceptors(state):
    return [text for text in state["described"] if "{prim_inet,accept0," in text]


class Cable:
    """A forwarded port on this machine that can be cut. `meet(data)` is called before anything is passed on to the port, and
    says whether that is to be the last."""

    def __init__(self, to_port, meet=lambda data: False):
        self.to_port = to_port
        self.meet = meet
        self.ends = []
        self.whole = True
        self.socket = socket.create_server((HOST, 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        try:
            while True:
                near, _ = self.socket.accept()
                far = socket.create_connection((HOST, self.to_port))
                self.ends += [near, far]
                if not self.whole:
                    self.cut()
                    return
                for one, other, meet in ((near, far, self.meet), (far, near, lambda data: False)):
                    threading.Thread(target=self.carry, args=(one, other, meet), daemon=True).start()
        except OSError:
            return

    def carry(self, source, target, meet):
        try:
            last = False
            while not last and (data := source.recv(1 << 16)):
                last = meet(data)
                target.sendall(data)
        except OSError:
            pass
        self.hang_up(source)
        self.hang_up(target)
        source.close()  # each is the source of one thread

    def hang_up(self, end):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def cut(self):
        self.whole = False
        self.hang_up(self.socket)
        self.socket.close()
        for end in list(self.ends):
            self.hang_up(end)


def flambeau(*arguments, timeout_s=90, **options):
    return Run(*arguments, **options).result(timeout_s)


def start_shop(name="shop", host=HOST, **env):
    name = f"{name}@{host}"
    node = Node(name, ["/bin/sh", str(world.inside / "samples/erlang/start"), name, world.cookie], **env)
    return node.await_registered("shop_client")


def start_talk(host="localhost", front="front", back="back"):
    front, back = f"{front}@{host}", f"{back}@{host}"
    node = Node(front, ["/bin/sh", str(world.inside / "samples/elixir/start"), "--load", front, back, world.cookie],
                TALK_PORT=str(free_port()))
    return node.await_registered("Elixir.Talk.Load")


def otp_release(node):
    return int(bytes(node.call("erlang", "system_info", "[otp_release]")).decode())


def in_root(command):
    return ["chroot", OTP_ROOT, *command] if OTP_ROOT else command


def whole(file):
    with file:
        file.seek(0)
        return file.read()


def folded(path):
    """[(frames, weight)]; a line that is none fails."""
    stacks = []
    for line in pathlib.Path(path).read_text().splitlines():
        match = re.fullmatch(r"(\S.*) (\d+)", line)
        if not match:
            raise AssertionError(f"not a folded line: {line!r}")
        stacks.append((match.group(1).split(";"), int(match.group(2))))
    return stacks


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def can_connect(port):
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def wait_until(condition, timeout_s, what):
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not in {timeout_s} s")
        time.sleep(0.05)


def main():
    """Called by each test program: PROGRAM FLAMBEAU [unittest's arguments]."""
    global binary, world
    binary = os.path.abspath(sys.argv.pop(1))
    world = World()
    try:
        outcome = unittest.main(module="__main__", exit=False, verbosity=2).result
    finally:
        world.close()
    sys.exit(0 if outcome.wasSuccessful() else 1)
