"""Nodes that are not simply there: behind a forwarded port, without epmd, choosy, on IPv6, in a cluster that is not ours."""
import signal
import subprocess
import time

import harness
from harness import HERE, HOST, Cable, LiveTest, Run, flambeau

MEMBERS = 3
DURATION_S = 1
VISITS = 2  # of one that is profiled()


def setUpModule():
    for source in ("cluster.erl", "own_epmd.erl"):
        harness.world.compile(HERE / source, "programs")


def start_plain(name):
    """A node that does nothing."""
    name = f"{name}@{HOST}"
    return harness.Node(name, ["erl", "-noinput", "-name", name, "-setcookie", harness.world.cookie]).await_registered(
        "net_kernel")


class WallTest(LiveTest):
    def profiled(self, node, *reach, env=None):
        """A recording of the shop succeeds, shows the shop at work and leaves the node as it was."""
        output = harness.world.folder / f"{node.name}.folded"
        record = lambda: flambeau("record", "-n", node.name, *reach, "-p", "shop_price", "-d", f"{DURATION_S}s", "-o",
                                  output, env=env)
        self.assert_ended(record(), 0)  # what the first visit loads for good is no leftover of ours
        time.sleep(harness.CLEAN_S)
        before = node.state()
        self.assert_ended(record(), 0)
        functions = {frame for frames, _ in harness.folded(output) for frame in frames}
        self.assertTrue(any(name.startswith("shop_price:discount/") for name in functions), functions)
        self.assert_clean(node, before)

    def refused(self, node, code, *options, words, env=None):
        name = node if isinstance(node, str) else node.name
        self.assert_refused(flambeau("ps", "-n", name, "--connect-timeout", "2s", *options, env=env), code, *words)


def no_epmd():
    """For a process that shall find no epmd."""
    return str(harness.free_port())


class WithEpmdTest(WallTest):
    @classmethod
    def setUpClass(cls):
        cls.node = harness.start_shop()
        cls.addClassCleanup(cls.node.stop)
        cls.port = cls.node.ask("{port, P, _} = erl_epmd:port_please(\"shop\", \"%s\"), P" % HOST)

    def test_forwarded_port(self):
        # Neither the node's own host nor an epmd could be reached from here: only the forwarded port is there.
        env = harness.world.flambeau_env(ERL_EPMD_PORT=no_epmd())
        self.refused(self.node, 3, env=env, words=["epmd", "--address HOST:PORT"])
        forwarded = Cable(self.port)
        self.addCleanup(forwarded.cut)
        self.profiled(self.node, "--address", f"{HOST}:{forwarded.port}", env=env)
        self.assertEqual(len(forwarded.ends), 2 * VISITS)

    def test_another_node_at_the_address(self):
        self.refused(f"shoq@{HOST}", 3, "--address", f"{HOST}:{self.port}", words=[f"is shop@{HOST}, not shoq@{HOST}"])

    def test_what_is_no_address(self):
        for text in ("localhost:", ":9100", "localhost:0", "localhost:65536", "localhost:1x", "[::1", "[]:9", "[::1]9"):
            with self.subTest(text):
                self.refused(self.node, 2, "--address", text, words=[r"\[IPV6\]:PORT"])

    def test_our_name_is_taken(self):
        taken = ["--name", f"taken@{HOST}"]
        run = Run("record", "-n", self.node.name, *taken, "-p", "shop_price", "-d", "30s", "-o", "taken.svg")
        try:
            harness.wait_until(lambda: f"taken@{HOST}" in self.node.state()["connected"], 20, "our name")
            self.refused(self.node, 3, *taken, words=["our name connected already", "--name"])
        finally:
            run.signal(signal.SIGINT)
            self.assert_ended(run.result(), 0)


class NoEpmdTest(WallTest):
    """The node listens at a port that is known beforehand, and no epmd knows of it."""

    def visit(self, name, port, flags):
        # The observer does not listen: the port that it takes every node to have is its target's.
        node = harness.start_shop(name, ERL_FLAGS=f"-start_epmd false {flags}", ERL_EPMD_PORT=no_epmd(),
                                  observer_flags=f"-start_epmd false -dist_listen false -erl_epmd_port {port}")
        try:
            self.assertNotIn(name.encode(), flambeau("nodes").out)
            self.refused(node, 3, words=[f'no node named "{name}"', "--address HOST:PORT"])
            self.refused(node, 3, env=harness.world.flambeau_env(ERL_EPMD_PORT=no_epmd()),
                         words=["no epmd answers", "--address HOST:PORT"])
            self.profiled(node, "--address", f"{HOST}:{port}")
        finally:
            node.stop()

    def test_fixed_port(self):
        port = harness.free_port()
        self.visit("fixed", port, f"-erl_epmd_port {port}")

    def test_its_own_epmd_module(self):
        port = harness.free_port()
        self.visit("own", port, f"-epmd_module own_epmd -kernel inet_dist_listen_min {port} inet_dist_listen_max {port}")


class ChoosyTest(WallTest):
    def test_never_connects_by_itself(self):
        node = harness.start_shop("never", ERL_FLAGS="-kernel dist_auto_connect never")
        try:
            self.profiled(node)
        finally:
            node.stop()

    def test_allows_some_names_only(self):
        node = harness.start_shop("choosy")
        friend = f"friend@{HOST}"
        try:
            self.assertEqual(node.call("net_kernel", "allow", f"[['{friend}']]"), "ok")
            self.refused(node, 3, words=["allows only some", "--name NAME@HOST"])
            self.refused(node, 3, "--name", f"foe@{HOST}", words=["allows only some"])
            self.profiled(node, "--name", friend)
        finally:
            node.stop()


class Ipv6Test(WallTest):
    @classmethod
    def setUpClass(cls):
        # Only there: the same port of 127.0.0.1 is closed.
        cls.node = harness.start_shop("six", "::1", observer_flags="-proto_dist inet6_tcp",
                                      ERL_FLAGS="-proto_dist inet6_tcp -kernel inet_dist_use_interface {0,0,0,0,0,0,0,1}")
        cls.addClassCleanup(cls.node.stop)
        cls.port = cls.node.ask('{port, P, _} = erl_epmd:port_please("six", {0,0,0,0,0,0,0,1}), P')

    def test_record(self):
        self.profiled(self.node)

    def test_addresses(self):
        for text in ("::1", "[::1]", f"[::1]:{self.port}"):
            with self.subTest(text):
                self.assert_ended(flambeau("ps", "-n", self.node.name, "--address", text), 0)
        self.refused(self.node, 3, "--address", f"{HOST}:{self.port}", words=["Connection refused"])

    def test_nodes(self):
        result = flambeau("nodes", "::1")
        self.assert_ended(result, 0)
        self.assertIn(b"six ", result.out)


class ClusterTest(LiveTest):
    """Three members know each other; we visit the first. The others neither see us nor connect to us."""

    def setUp(self):
        self.nodes = [harness.start_shop("member0")]
        self.addCleanup(lambda: [node.stop() for node in self.nodes])
        self.nodes += [start_plain(f"member{number}") for number in range(1, MEMBERS)]
        for node in self.nodes[1:]:
            self.assertTrue(node.call("net_kernel", "connect_node", f"['{self.nodes[0].name}']"))
        for node in self.nodes:
            harness.wait_until(lambda: len(self.members(node)[0]) == MEMBERS - 1, 20, "the cluster")
            self.assertEqual(node.call("cluster", "watch"), "ok")
        self.before = [self.members(node) for node in self.nodes]
        self.logs = [node.said() for node in self.nodes]

    def members(self, node):
        return node.call("cluster", "members")

    def others(self):
        return [(self.members(node), node.call("cluster", "noticed")) for node in self.nodes[1:]]

    def visit(self, end):
        run = Run("record", "-n", self.nodes[0].name, "-p", "shop_price", "-d", "3s", "-o", "cluster.svg")
        harness.wait_until(lambda: len(self.members(self.nodes[0])[1]) == len(self.before[0][1]) + 1, 20, "our visit")
        began = time.monotonic()
        looks = 0
        while run.process.poll() is None and time.monotonic() - began < 20:
            self.assertEqual(self.others(), [(members, []) for members in self.before[1:]])
            looks += 1
            if looks > 10:
                end(run)
        self.assertGreater(looks, 10)
        result = run.result()
        harness.wait_until(lambda: self.members(self.nodes[0]) == self.before[0], 20, "our leave")
        self.assertEqual(self.others(), [(members, []) for members in self.before[1:]])
        self.assertEqual([node.said() for node in self.nodes], self.logs, "nobody has anything to say about us")
        return result

    def test_a_visit(self):
        self.assert_ended(self.visit(lambda run: None), 0)

    def test_a_visitor_that_is_killed(self):
        self.visit(lambda run: run.signal(signal.SIGKILL))

    def test_a_visible_node_would_be_noticed(self):
        name = f"visible@{HOST}"
        visitor = subprocess.Popen(
            ["erl", "-noinput", "-name", name, "-setcookie", harness.world.cookie, "-eval",
             f"net_kernel:connect_node('{self.nodes[0].name}')"], stdin=subprocess.DEVNULL, env=harness.world.node_env())
        try:
            for node in self.nodes[1:]:
                harness.wait_until(lambda: name in self.members(node)[0], 20, "the visible node")
                self.assertIn(["nodeup", name], node.call("cluster", "noticed"))
        finally:
            visitor.kill()
            visitor.wait()


if __name__ == "__main__":
    harness.main()
