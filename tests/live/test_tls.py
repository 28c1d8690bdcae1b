"""Nodes with encrypted distribution: whom flambeau believes, who believes flambeau, and a trace over TLS."""
import json
import random
import signal
import socket
import subprocess
import threading
import time

import harness
from certificates import Authority, node_flags
from harness import HOST, LiveTest, Run, flambeau

KILLS = 4
SEED = 4
REACH_S = 2

ours = other = server = client = stranger = None  # set when the tests begin


def setUpModule():
    global ours, other, server, client, stranger
    ours = Authority("tls", "ca")
    other = Authority("tls", "other-ca")
    server = ours.sign("server", f"IP:{HOST},IP:::1")
    client = ours.sign("client", "DNS:client.test")
    stranger = other.sign("stranger", "DNS:client.test")


def start_tls_shop(name, version=None, client_needed=True, certificate=None, host=HOST, **more):
    flags = lambda who, owner, inside: node_flags(f"{name}-{who}", owner, ours, inside, version, client_needed, **more)
    return harness.start_shop(name, host, observer_flags=flags("observer", client, False),
                              ERL_FLAGS=flags("node", certificate or server, bool(harness.OTP_ROOT)))


class TlsNodeTest:
    """A node that wants to see a certificate, in one version of TLS."""

    @classmethod
    def setUpClass(cls):
        cls.node = start_tls_shop(cls.name, cls.version)
        cls.addClassCleanup(cls.node.stop)
        flambeau("record", "-n", cls.node.name, *cls.reach(), "-p", "shop_cart", "-d", "300ms", "-o", "-", "--format",
                 "folded")
        time.sleep(harness.CLEAN_S)

    @classmethod
    def reach(cls):
        return ["--tls", "--cacert", ours.certificate, *client.options()]

    def setUp(self):
        self.before = self.node.state()

    def tearDown(self):
        self.assert_clean(self.node, self.before)

    def ps(self, *more):
        return flambeau("ps", "-n", self.node.name, "--connect-timeout", f"{REACH_S}s", *more)

    def test_ps(self):
        result = self.ps(*self.reach())
        self.assert_ended(result, 0)
        self.assertIn(b"shop_cart", result.out)

    def test_key_and_certificate_in_one_file(self):
        result = self.ps("--tls", "--cacert", ours.certificate, "--cert", client.together())
        self.assert_ended(result, 0)

    def test_record(self):
        said = self.node.said()
        picture, stacks = (harness.world.folder / f"{self.name}.{kind}" for kind in ("svg", "folded"))
        result = flambeau("record", "-n", self.node.name, *self.reach(), "-p", "shop_cart", "-p", "shop_price", "-d",
                          "2s", "-o", picture, "-o", stacks)
        self.assert_ended(result, 0)
        self.assertIn("<svg", picture.read_text())
        functions = {frame for frames, _ in harness.folded(stacks) for frame in frames}
        self.assertTrue(any(name.startswith("shop_price:discount/") for name in functions), functions)
        self.assertNotIn("[lost]", functions)
        self.assert_clean(self.node, self.before)
        self.assertEqual(self.node.said(), said, "the node has no complaint")

    def test_what_carries_our_connection_is_not_traced(self):
        """It would be busy with sending what it makes. Processes that were there before carry the observer's."""
        there = set(self.node.state()["processes"])
        capture = harness.world.folder / f"{self.name}.flb"
        result = flambeau("record", "-n", self.node.name, *self.reach(), "-f", "gen_statem:loop_state_callback",
                          "--calls", "30", "--timeout", "2s", "-d", "2s", "-o", capture)
        self.assertIn(result.code, (0, 5), str(result))
        if result.code == 0:
            report = json.loads(flambeau("report", capture, "--json").out)
            self.assertEqual([process for process in report["processes"] if process["pid"] not in there], [])
        for function in ("tls_sender:init", "inet_tls_dist:setup"):
            self.assert_refused(flambeau("record", "-n", self.node.name, *self.reach(), "-f", function), 4, "own connection")

    def test_kill_during_a_record(self):
        moments = random.Random(SEED)
        for kill in range(KILLS):
            after_s = moments.uniform(0, 1.5)
            with self.subTest(kill=kill, after_s=round(after_s, 3)):
                run = Run("record", "-n", self.node.name, *self.reach(), "-p", "supervisor:shop_sup", "-d", "30s", "-o",
                          "killed.svg")
                time.sleep(after_s)
                run.signal(signal.SIGKILL)
                run.result()
                self.assert_clean(self.node, self.before)

    def test_no_client_certificate(self):
        self.assert_refused(self.ps("--tls", "--cacert", ours.certificate), 3, "wants a client certificate", "--cert")

    def test_client_certificate_of_another_ca(self):
        self.assert_refused(self.ps("--tls", "--cacert", ours.certificate, *stranger.options()), 3,
                            "refused the client certificate", "stranger")

    def test_wrong_ca(self):
        self.assert_refused(self.ps("--tls", "--cacert", other.certificate, *client.options()), 3,
                            "not signed by a CA in .*other-ca", "--cacert")

    def test_no_ca(self):
        self.assert_refused(self.ps("--tls", *client.options()), 3, "not signed by a CA that this system knows")

    def test_wrong_cookie(self):
        result = flambeau("ps", "-n", self.node.name, *self.reach(),
                          env=harness.world.flambeau_env(FLAMBEAU_COOKIE="wrong"))
        self.assert_refused(result, 3, "cookie")

    def test_without_tls(self):
        self.assert_refused(self.ps(), 3, "--tls")


class Tls12Test(TlsNodeTest, LiveTest):
    name, version = "tls12", "tlsv1.2"


class Tls13Test(TlsNodeTest, LiveTest):
    name, version = "tls13", "tlsv1.3"


class CertificateTest(LiveTest):
    """What is wrong with a node's certificate is said, and --tls-insecure does not look."""

    def refused(self, name, certificate, *words):
        node = start_tls_shop(name, client_needed=False, certificate=certificate)
        try:
            reach = ["ps", "-n", node.name, "--tls"]
            self.assert_refused(flambeau(*reach, "--cacert", ours.certificate), 3, *words)
            result = flambeau(*reach, "--tls-insecure")
            self.assert_ended(result, 0)
            self.assertRegex(result.err, "^flambeau: --tls-insecure: .*not checked\n$")
        finally:
            node.stop()

    def test_expired(self):
        self.refused("expired", ours.sign("expired", f"IP:{HOST}", days=-1), r"expired on \d{4}-\d\d-\d\d")

    def test_wrong_host_name(self):
        self.refused("elsewhere", ours.sign("elsewhere", "DNS:elsewhere.test,IP:192.0.2.7"), "another host name",
                     "elsewhere.test, 192.0.2.7")

    def test_ipv6(self):
        node = start_tls_shop("six", client_needed=False, host="::1", dist="inet6_tls")
        try:
            result = flambeau("ps", "-n", node.name, "--tls", "--cacert", ours.certificate)
            self.assert_ended(result, 0)
            self.assertIn(b"shop_cart", result.out)
        finally:
            node.stop()

    def test_a_node_without_tls(self):
        node = harness.start_shop("bare")
        try:
            self.assert_refused(flambeau("ps", "-n", node.name, "--tls", "--cacert", ours.certificate,
                                         "--connect-timeout", f"{REACH_S}s"), 3, "does not answer in TLS", "--tls")
        finally:
            node.stop()


class NotTlsTest(LiveTest):
    """What is no node at all, and never says so: every wait ends with the time that was given."""

    def ask(self, port):
        return flambeau("ps", "-n", f"nobody@{HOST}", "--address", f"{HOST}:{port}", "--tls", "--cacert",
                        ours.certificate, "--connect-timeout", f"{REACH_S}s")

    def test_other_protocol(self):
        with Talker([b"HTTP/1.1 400 Bad Request\r\n\r\n"]) as port:
            self.assert_refused(self.ask(port), 3, "does not answer in TLS")

    def test_closed_at_once(self):
        with Talker([]) as port:
            self.assert_refused(self.ask(port), 3, "does not answer in TLS")

    def test_trickle(self):
        # A handshake record of 16 KB with a server's hello of 16 KB in it, ten bytes a second.
        hello = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03" + bytes(100)
        with Talker([hello[at:at + 1] for at in range(len(hello))], pause_s=0.1) as port:
            result = self.ask(port)
        self.assert_refused(result, 3, f"within {REACH_S}000 ms")
        self.assertGreater(result.seconds, REACH_S - 0.1)

    def test_endless_alerts(self):
        with Talker([b"\x15\x03\x03\x00\x02\x01\x5a"] * 100000) as port:
            self.assert_refused(self.ask(port), 3)


class Talker:
    """Takes one connection, reads the greeting, says the pieces and closes."""

    def __init__(self, pieces, pause_s=0):
        self.pieces, self.pause_s = pieces, pause_s
        self.socket = socket.create_server((HOST, 0))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        try:
            peer, _ = self.socket.accept()
            with peer:
                peer.recv(4096)
                for piece in self.pieces:
                    peer.sendall(piece)
                    time.sleep(self.pause_s)
        except OSError:
            pass

    def __enter__(self):
        return self.socket.getsockname()[1]

    def __exit__(self, *_):
        self.socket.close()


class FilesTest(LiveTest):
    """Files that are of no use: exit 2, before anything is sent, and without a question on the terminal."""

    def refused(self, options, *words):
        self.assert_refused(flambeau("ps", "-n", f"nobody@{HOST}", *options), 2, *words)

    def test_unreadable(self):
        for option in ("cacert", "cert"):
            with self.subTest(option):
                self.refused(["--tls", f"--{option}", "/nonexistent.pem"], f"--{option}", "/nonexistent.pem",
                             "No such file")
        self.refused(["--tls", "--cert", client.certificate, "--key", "/nonexistent.key"], "--key", "No such file")

    def test_not_pem(self):
        noise = harness.world.folder / "noise.pem"
        noise.write_bytes(random.Random(SEED).randbytes(4096))
        for options in (["--cacert", noise], ["--cert", noise], ["--cert", client.certificate, "--key", noise]):
            with self.subTest(options[-2]):
                self.refused(["--tls", *options], options[-2], "noise.pem", "PEM")

    def test_certificate_without_key(self):
        self.refused(["--tls", "--cert", client.certificate], "--key")

    def test_key_of_another_certificate(self):
        self.refused(["--tls", "--cert", client.certificate, "--key", stranger.key], "does not belong")

    def test_key_of_another_kind(self):
        key = harness.world.folder / "rsa.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, stderr=subprocess.DEVNULL)
        self.refused(["--tls", "--cert", client.certificate, "--key", key], "does not belong")

    def test_passphrase(self):
        secret = ours.sign("secret", "DNS:client.test", passphrase="open sesame")
        self.refused(["--tls", *secret.options()], "passphrase")

    def test_contradictions(self):
        for options, word in ((["--cacert", ours.certificate], "--tls"), (["--tls-insecure"], "--tls"),
                              (["--tls", "--key", client.key], "--cert"),
                              (["--tls", "--tls-insecure", "--cacert", ours.certificate], "--cacert")):
            with self.subTest(options[0]):
                self.refused(options, word)


if __name__ == "__main__":
    harness.main()
