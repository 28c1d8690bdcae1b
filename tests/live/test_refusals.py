"""What bad input gets from record: one sentence, the exit code of its kind, no partial file, and a clean node."""
import os
import resource
import signal
import socket
import subprocess
import threading
import time

import harness
from harness import HOST, LiveTest, Run, flambeau


class UnreachableTest(LiveTest):
    """Exit 3: there is no node, or it does not want us."""

    @classmethod
    def setUpClass(cls):
        cls.node = harness.start_shop()

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def setUp(self):
        self.before = self.node.state()

    def tearDown(self):
        self.assert_clean(self.node, self.before)
        self.assertFalse((harness.world.folder / "none.svg").exists())

    def record(self, *more, node=None, env=None):
        return flambeau("record", "-n", node or self.node.name, "-p", "shop_cart", "-d", "1s", "-o", "none.svg",
                        "--connect-timeout", "2s", *more, env=env)

    def test_unknown_host(self):
        self.assert_refused(self.record(node="shop@no-such-host.invalid"), 3, "no-such-host.invalid")

    def test_no_epmd(self):
        env = harness.world.flambeau_env(ERL_EPMD_PORT=str(harness.free_port()))
        self.assert_refused(self.record(env=env), 3, "epmd")

    def test_name_not_registered(self):
        self.assert_refused(self.record(node=f"shoq@{HOST}"), 3, "shoq")

    def test_wrong_cookie(self):
        self.assert_refused(self.record(env=harness.world.flambeau_env(FLAMBEAU_COOKIE="wrong")), 3, "cookie")

    def test_no_cookie_anywhere(self):
        env = harness.world.flambeau_env(FLAMBEAU_COOKIE=None, HOME="/nonexistent")
        self.assert_refused(self.record(env=env), 3, "cookie")

    def test_a_name_that_is_none(self):
        self.assert_refused(self.record(node="shop"), 2, "shop")

    def test_handshake_cut(self):
        for name, talk in {"at once": b"", "in a length": b"\x00", "after a status": b"\x00\x03sok",
                           "with noise": b"HTTP/1.1 400 Bad Request\r\n\r\n" * 50}.items():
            with self.subTest(name):
                with Listener(talk) as port:
                    self.assert_refused(self.record("--address", f"{HOST}:{port}"), 3)

    def test_handshake_never_answered(self):
        with Listener(None) as port:
            result = self.record("--address", f"{HOST}:{port}")
        self.assert_refused(result, 3)
        self.assertLess(result.seconds, 4)

    def test_nobody_listens_at_the_address(self):
        self.assert_refused(self.record("--address", f"{HOST}:{harness.free_port()}"), 3)


class Listener:
    """Takes connections and says the same to each, then closes; says nothing and stays open for None."""

    def __init__(self, talk):
        self.talk = talk
        self.kept = []
        self.socket = socket.create_server((HOST, 0))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            if self.talk is None:
                self.kept.append(peer)
                continue
            try:
                peer.recv(4096)
                peer.sendall(self.talk)
            except OSError:
                pass
            peer.close()

    def __enter__(self):
        return self.socket.getsockname()[1]

    def __exit__(self, *_):
        self.socket.close()
        for peer in self.kept:
            peer.close()


class CannotTest(LiveTest):
    """Exit 4, and outputs that cannot be: exit 6. The node stays clean."""

    @classmethod
    def setUpClass(cls):
        cls.node = harness.start_shop()

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def setUp(self):
        self.before = self.node.state()
        self.folder = harness.world.folder

    def record(self, *processes, output="none.svg", duration="1s", more=(), **options):
        chosen = [word for process in processes for word in ("-p", process)]
        return flambeau("record", "-n", self.node.name, *chosen, "-d", duration, "-o", output, *more, **options)

    def test_dead_pid(self):
        pid = self.node.ask("P = spawn(N, erlang, now, []), timer:sleep(100), list_to_binary(pid_to_list(P))")
        local = "<0" + pid[pid.index("."):]
        self.assert_refused(self.record(local), 4, local)
        self.assert_clean(self.node, self.before)

    def test_unknown_name(self):
        for name in ("shop_nobody", "Shop.Nobody", "supervisor:shop_nobody"):
            with self.subTest(name):
                self.assert_refused(self.record(name), 4, "nobody")
        self.assert_clean(self.node, self.before)

    def test_supervisor_that_is_none(self):
        self.assert_refused(self.record("supervisor:shop_cart"), 4, "shop_cart")
        self.assert_clean(self.node, self.before)

    def calls(self, *functions, more=()):
        chosen = [word for function in functions for word in ("-f", function)]
        return flambeau("record", "-n", self.node.name, *chosen, "--timeout", "1s", "-o", "none.svg", *more)

    def own_call(self, expression, *more):
        return flambeau("run", "-n", self.node.name, expression, "-o", "none.svg", *more)

    def assert_nothing_was_touched(self):
        self.assert_clean(self.node, self.before)
        self.assertFalse((self.folder / "none.svg").exists())

    def test_unknown_function(self):
        for function, words in {"no_such:f/1": ["no_such"], "shop_price:no_such": ["no_such"], "shop_price.no_such/1": ["no_such"],
                                "shop_price:tax/7": ["tax/7", "tax/1"], "shop_price:tax/": ["tax"], "shop_price:tax/x": ["tax"],
                                "No.Such.function/2": ["No.Such"], "shop_price:'no such'/1": ["no such"]}.items():
            with self.subTest(function):
                self.assert_refused(self.calls(function), 4, *words)
        self.assert_refused(self.calls("shop_price:tax/1", "shop_price:no_such/1"), 4, "no_such")
        self.assert_nothing_was_touched()

    def test_what_names_no_function(self):
        for function in ("", "tax", "/1", ":", "shop_price:", ".tax", "shop_price"):
            with self.subTest(function):
                self.assertIn(self.calls(function).code, (2, 4))
        self.assert_nothing_was_touched()

    def test_options_that_exclude_each_other(self):
        for more in (("-p", "shop_cart"), ("--calls", "0"), ("--slower-than", "0"), ("--slower-than", "10ms", "--spawned"), ("--calls", "x")):
            with self.subTest(more):
                self.assert_ended(self.calls("shop_price:tax/1", more=more), 2)
        for more in (("--calls", "2"), ("--timeout", "1s"), ("--slower-than", "1s")):
            with self.subTest(more):
                self.assert_refused(self.record("shop_cart", more=more), 2, more[0])
        self.assert_ended(self.own_call("lists:sort([])", "--repeat", "0"), 2)
        self.assert_ended(flambeau("run", "-n", self.node.name), 2)
        self.assert_ended(flambeau("run", "-n", self.node.name, "lists:sort([])", "lists:sort([])"), 2)
        self.assert_nothing_was_touched()

    def test_own_calls_that_cannot_be(self):
        for expression, code in {"no_such:f()": 4, "shop_price:no_such()": 4, "shop_price:tax()": 4, "shop_price:discount(1)": 4,
                                 "sort([])": 2, "lists:sort(": 2, "lists:sort([])) ": 2, "'": 2}.items():
            with self.subTest(expression):
                self.assert_refused(self.own_call(expression), code)
        self.assert_nothing_was_touched()

    def test_everything_at_once(self):
        self.assert_refused(self.record("all"), 2)

    def test_unknown_names_make_no_atoms(self):
        self.record("shop_nobody_at_all")
        atoms = self.node.state()["atoms"]
        for _ in range(3):
            self.record("shop_nobody_%x" % time.monotonic_ns())
            self.calls("shop_nobody_%x:f/1" % time.monotonic_ns())
            self.calls("shop_price:f_%x/1" % time.monotonic_ns())
            self.record("shop_cart", more=("--only", "shop_%x:*" % time.monotonic_ns()))
        self.assertLessEqual(self.node.state()["atoms"] - atoms, 1)

    def test_output_folder_missing(self):
        began = time.monotonic()
        result = self.record("shop_cart", output=self.folder / "missing/a.svg", duration="20s")
        self.assert_refused(result, 6, "missing")
        self.assertLess(time.monotonic() - began, 5, "found out before the trace")

    def test_output_of_no_known_kind(self):
        self.assert_refused(self.record("shop_cart", output="a.docx"), 2, "docx")

    def test_full_disk(self):
        with SmallDisk(self.folder / "disk") as (disk, options):
            good = self.folder / "good.folded"
            result = self.record("shop_price", output=disk / "a.svg", more=("-o", good), **options)
            self.assert_ended(result, 6)
            self.assertRegex(result.err, "a.svg")
            self.assertEqual(list(disk.iterdir()), [], "no partial file")
            self.assertTrue(good.exists() or options, "one output's failure is not the others'")
        self.assert_clean(self.node, self.before)


class SmallDisk:
    """A file system of one page where we may mount one, else a limit on the size of a file."""

    SIZE = 4096

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.path.mkdir()
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.SIZE}", "tmpfs", self.path],
                               stderr=subprocess.DEVNULL)
        self.mounted = mount.returncode == 0
        return self.path, {} if self.mounted else {"preexec_fn": self.limit}

    def limit(self):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.SIZE, self.SIZE))

    def __exit__(self, *_):
        if self.mounted:
            subprocess.run(["umount", self.path], check=True)


class GoneTest(LiveTest):
    """What ends while it is traced: what was captured is kept, and the output says so."""

    def setUp(self):
        self.node = harness.start_shop()
        self.addCleanup(self.node.stop)

    def test_node_dies(self):
        output = harness.world.folder / "died.folded"
        run = Run("record", "-n", self.node.name, "-p", "shop_price", "-d", "30s", "-o", output)
        harness.wait_until(lambda: self.node.state()["flags"], 20, "tracing")
        time.sleep(1.5)
        self.node.kill()
        result = run.result(20)
        self.assert_ended(result, 0)
        self.assertRegex(result.err, "(?i)disconnect|lost|gone")
        self.assertIn("shop_price:discount/5", output.read_text())

    def test_process_exits(self):
        before = self.node.state()
        self.node.ask("P = spawn(N, timer, sleep, [2500]), true = rpc:call(N, erlang, register, [doomed, P])")
        output = harness.world.folder / "exited.folded"
        result = flambeau("record", "-n", self.node.name, "-p", "doomed", "-d", "30s", "-o", output)
        self.assert_ended(result, 0)
        self.assertLess(result.seconds, 15)
        self.assertRegex(result.err, "(?i)exit|ended|gone")
        self.assertIn("[waiting]", output.read_text())
        self.assert_clean(self.node, before)

    def test_one_of_two_exits(self):
        self.node.ask("P = spawn(N, timer, sleep, [1500]), true = rpc:call(N, erlang, register, [doomed, P])")
        output = harness.world.folder / "one-exited.folded"
        result = flambeau("record", "-n", self.node.name, "-p", "doomed", "-p", "shop_price", "-d", "3s", "-o", output)
        self.assert_ended(result, 0)
        self.assertGreater(result.seconds, 3)
        self.assertIn("shop_price:discount/5", output.read_text())


if __name__ == "__main__":
    harness.main()
