"""record against real nodes: all outputs at once, the same again from the capture, and what a person finds in them."""
import gzip
import json
import pathlib
import signal
import struct
import time
import xml.etree.ElementTree

import harness
from harness import LiveTest, flambeau

SECONDS = 3
NS = 1_000_000_000


def places(capture, cwd):
    """{function: (file, line)}, (None, None) where that is not known."""
    result = flambeau("report", capture, "--json", cwd=cwd)
    if result.code != 0:
        raise AssertionError(str(result))
    return {row["name"]: (row["file"], row["line"]) for row in json.loads(result.out)["functions"]}


def first_line(path, head):
    """Where the first clause is, in a source that begins it so."""
    lines = pathlib.Path(path).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip().startswith(head))


class RecordTest(LiveTest):
    """Run once for each sample; the subclass says what to record and what must be in it."""

    def start(self):
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        if cls is RecordTest:
            raise harness.unittest.SkipTest("the subclasses run")
        cls.node = cls.start()
        cls.folder = harness.world.folder / cls.__name__
        cls.folder.mkdir()
        cls.before = cls.node.state()
        cls.run_ = flambeau("record", "-n", cls.node.name, "-p", cls.process, "-d", f"{SECONDS}s", "--overhead", "full", "--raw-times",
                            *(word for name in ("a.svg", "a.png", "a.folded", "a.flb") for word in ("-o", name)),
                            cwd=cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def read(self, name):
        return (self.folder / name).read_bytes()

    def test_ends_well_and_says_what_it_did(self):
        self.assert_ended(self.run_, 0)
        last = self.run_.err.splitlines()[-1]
        self.assertRegex(last, r"\d[\d,. ]*\w* events?\b")
        self.assertIn("a.svg", self.run_.err)
        self.assertLess(self.run_.seconds, SECONDS + 8)

    def test_leaves_the_node_clean(self):
        self.assert_clean(self.node, self.before)

    def test_leaves_the_four_files_and_nothing_else(self):
        self.assertEqual(sorted(p.name for p in self.folder.iterdir() if p.name.startswith("a.")),
                         ["a.flb", "a.folded", "a.png", "a.svg"])

    def test_svg_is_well_formed(self):
        root = xml.etree.ElementTree.fromstring(self.read("a.svg"))
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
        self.assertIn(self.culprit, "".join(root.itertext()))

    def test_png_is_a_picture(self):
        png = self.read("a.png")
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", png[16:24])
        self.assertGreaterEqual(width, 600)
        self.assertGreaterEqual(height, 100)

    def test_folded_covers_the_time_of_the_process(self):
        stacks = harness.folded(self.folder / "a.folded")
        total = sum(weight for _, weight in stacks)
        self.assertGreater(total, (SECONDS - 0.2) * NS)
        self.assertLess(total, (SECONDS + 1) * NS)

    def test_stacks_are_rooted_at_the_entry(self):
        stacks = harness.folded(self.folder / "a.folded")
        rooted = sum(weight for frames, weight in stacks if frames[0].startswith("proc_lib:init_p"))
        self.assertGreater(rooted, 0.98 * sum(weight for _, weight in stacks))

    def test_the_culprit_has_the_time(self):
        stacks = [(frames, weight) for frames, weight in harness.folded(self.folder / "a.folded")
                  if frames[-1] not in ("[waiting]", "[runnable]")]
        own = sum(weight for frames, weight in stacks if self.culprit in frames)
        self.assertGreater(own, self.culprit_share * sum(weight for _, weight in stacks))

    def test_render_of_the_capture_is_the_live_picture(self):
        result = flambeau("render", "a.flb", "--raw-times", "-o", "b.svg", "-o", "b.folded", "-o", "b.png", cwd=self.folder)
        self.assert_ended(result, 0)
        for kind in ("svg", "folded", "png"):
            self.assertEqual(self.read("a." + kind), self.read("b." + kind), kind)

    def test_functions_have_the_places_of_their_source(self):
        found = places("a.flb", self.folder)
        for name, (source, head) in self.sources.items():
            file, line = found[name]
            self.assertEqual((pathlib.Path(file).name, line),
                             (pathlib.Path(source).name, first_line(harness.SAMPLES / source, head)), name)

    def test_a_place_is_that_of_a_stack_trace(self):
        for name, call in self.no_clause.items():
            place = self.node.ask("{badrpc, {'EXIT', {function_clause, [{_, _, _, Where} | _]}}} = rpc:call(N, %s), "
                                  "[list_to_binary(proplists:get_value(file, Where)), proplists:get_value(line, Where)]"
                                  % call)
            self.assertEqual(places("a.flb", self.folder)[name], tuple(place), name)

    def test_report_adds_up(self):
        result = flambeau("report", "a.flb", cwd=self.folder)
        self.assert_ended(result, 0)
        text = result.out.decode()
        self.assertIn(self.culprit, text)
        self.assertIn(self.node.name, text)
        self.assertRegex(text, r"difference:? +0\b")


class ErlangTest(RecordTest):
    process = "shop_price"
    culprit = "shop_price:discount/5"
    culprit_share = 0.5
    sources = {"shop_price:discount/5": ("erlang/shop_price.erl", "discount(_Articles, Lines"),
               "shop_price:pair/2": ("erlang/shop_price.erl", "pair("),
               "shop_price:handle_call/3-lc-0": ("erlang/shop_price.erl", "Sum = lists:sum(")}
    no_clause = {"lists:nth/2": "lists, nth, [0, []]", "shop_price:handle_call/3": "shop_price, handle_call, [a, b, c]"}
    start = staticmethod(harness.start_shop)

    def changed(self, module):
        """The .beam file of the module with more lines above its functions, and another function."""
        source = harness.world.folder / "changed" / (module + ".erl")
        source.parent.mkdir(exist_ok=True)
        text = (harness.SAMPLES / "erlang" / source.name).read_text()
        source.write_text(text.replace("-export(", "\n-export([new/0]).\n-export(", 1) + "\nnew() -> [].\n")
        harness.world.compile(source, "recompiled")
        return (harness.world.folder / "recompiled" / (module + ".beam")).read_bytes()

    def record_all(self, duration):
        return harness.Run("record", "-n", self.node.name, "-p", "supervisor:shop_sup", "-d", duration, "-v",
                           "-o", "all.flb", cwd=self.folder)

    def assert_no_places(self, found, module):
        functions = [name for name in found if name.startswith(module + ":")]
        self.assertTrue(functions, module)
        for name in functions:
            self.assertEqual(found[name], (None, None), name)

    def test_places_are_those_of_the_code_that_runs(self):
        ebin = harness.world.folder / "build/samples/erlang"
        files = {ebin / (module + ".beam") for module in ("shop_stock", "shop_cart", "shop_receipt")}
        kept = {file: file.read_bytes() for file in files}
        try:
            (ebin / "shop_stock.beam").unlink()
            (ebin / "shop_cart.beam").write_bytes(self.changed("shop_cart"))
            (ebin / "shop_receipt.beam").write_bytes(gzip.compress(kept[ebin / "shop_receipt.beam"]))
            result = self.record_all("2s").result()
        finally:
            for file in files:
                file.write_bytes(kept[file])
        self.assert_ended(result, 0)
        self.assertRegex(result.err, r"source lines of \d+ functions of \d+ modules \(")
        found = places("all.flb", self.folder)
        self.assert_no_places(found, "shop_stock")
        self.assert_no_places(found, "shop_cart")
        self.assertEqual(found["shop_receipt:checksum/1"][1],
                         first_line(harness.SAMPLES / "erlang/shop_receipt.erl", "checksum("))

    def test_code_that_was_loaded_anew_says_nothing_of_the_old(self):
        file = harness.world.folder / "build/samples/erlang/shop_receipt.beam"
        kept, changed = file.read_bytes(), self.changed("shop_receipt")
        run = self.record_all("60s")
        try:
            harness.wait_until(lambda: "tracing" in run.said(), 20, "tracing")
            time.sleep(1)
            file.write_bytes(changed)
            self.reload("shop_receipt")
            time.sleep(3)  # the agent looks for new code a few times a second
            run.signal(signal.SIGINT)
            result = run.result()
        finally:
            file.write_bytes(kept)
            self.reload("shop_receipt")
        self.assert_ended(result, 0)
        found = places("all.flb", self.folder)
        self.assertEqual(found["shop_receipt:checksum/1"], (None, None))
        self.assertEqual(found["shop_price:tax/1"][1], first_line(harness.SAMPLES / "erlang/shop_price.erl", "tax("))

    def reload(self, module):
        """From its file; nothing of the old code stays, and nobody is killed for it."""
        self.assertEqual(self.node.call("code", "load_file", f"[{module}]"), ["module", module])
        harness.wait_until(lambda: self.node.call("code", "soft_purge", f"[{module}]"), 10, "soft_purge")

    def test_supervisor_means_all_its_descendants(self):
        result = flambeau("record", "-n", self.node.name, "-p", "supervisor:shop_sup", "-d", "1s", "--by", "process",
                          "-o", "all.folded", cwd=self.folder)
        self.assert_ended(result, 0)
        roots = {frames[0] for frames, _ in harness.folded(self.folder / "all.folded")}
        for name in ("shop_cart", "shop_stock", "shop_price", "shop_client", "shop_dense"):
            self.assertTrue(any(name in root for root in roots), f"{name} not in {roots}")

    def test_a_process_asleep_is_billed_as_waiting(self):
        output = self.folder / "asleep.folded"
        result = flambeau("record", "-n", self.node.name, "-p", "shop_dense", "-d", "1s", "-o", output)
        self.assert_ended(result, 0)
        stacks = harness.folded(output)
        waited = sum(weight for frames, weight in stacks if frames[-2:] == ["shop_dense:idle/0", "[waiting]"])
        self.assertGreater(waited, 0.99 * sum(weight for _, weight in stacks))
        self.assertGreater(waited, 0.9 * NS)

    def test_pid_and_stdout(self):
        pid = self.node.ask("list_to_binary(pid_to_list(rpc:call(N, erlang, whereis, [shop_cart])))")
        local = "<0" + pid[pid.index("."):]
        result = flambeau("record", "-n", self.node.name, "-p", local, "-d", "1s", "-o", "-", "--format", "folded")
        self.assert_ended(result, 0)
        self.assertIn(b"shop_cart:pay/1", result.out)

    def test_default_output_has_a_name_of_its_own(self):
        place = self.folder / "default"
        place.mkdir()
        result = flambeau("record", "-n", self.node.name, "-p", "shop_cart", "-d", "1s", cwd=place)
        self.assert_ended(result, 0)
        (name,) = [p.name for p in place.iterdir()]
        self.assertRegex(name, r"^flambeau-shop.*\.svg$")
        self.assertIn(name, result.err)

    def test_runs_do_not_pile_up_in_the_atom_table(self):
        record = ("record", "-n", self.node.name, "-p", "shop_stock", "-d", "300ms", "-o", "-", "--format", "folded")
        self.assert_ended(flambeau(*record), 0)
        atoms = self.node.state()["atoms"]
        for _ in range(5):
            self.assert_ended(flambeau(*record), 0)
        self.assertLessEqual(self.node.state()["atoms"] - atoms, 2)

    def test_ps_finds_the_target(self):
        result = flambeau("ps", "-n", self.node.name)
        self.assert_ended(result, 0)
        self.assertRegex(result.out.decode(), r"(?m)^<0\.\d+\.0> +shop_price\b")

    def test_nodes_knows_the_name(self):
        result = flambeau("nodes")
        self.assert_ended(result, 0)
        self.assertRegex(result.out.decode(), r"(?m)^shop\b")

    def test_every_source_of_the_cookie(self):
        cookie, home = harness.world.cookie, self.folder / "home"
        home.mkdir()
        (home / ".erlang.cookie").write_text(cookie + "\n")
        file = self.folder / "cookie"
        file.write_text(cookie)
        bare = {"FLAMBEAU_COOKIE": None}
        for options, env in (
            ((), bare | {"HOME": str(home)}),
            ((), bare | {"RELEASE_COOKIE": cookie}),
            ((), {"RELEASE_COOKIE": "another"}),
            (("--cookie-file", file), {"FLAMBEAU_COOKIE": "another"}),
            (("-c", cookie), {"FLAMBEAU_COOKIE": "another"}),
        ):
            with self.subTest(options=options, env=list(env)):
                self.assert_ended(flambeau("ps", "-n", self.node.name, *options, env=harness.world.flambeau_env(**env)), 0)

    def test_address_goes_around_epmd(self):
        port = self.node.ask("{port, P, _} = rpc:call(N, erl_epmd, port_please, [\"shop\", {127,0,0,1}]), P")
        env = harness.world.flambeau_env(ERL_EPMD_PORT="1")
        result = flambeau("ps", "-n", self.node.name, "--address", f"{harness.HOST}:{port}", env=env)
        self.assert_ended(result, 0)


class ElixirTest(RecordTest):
    process = "Talk.Endpoint"
    culprit = "Talk.Fib.fib/1"
    culprit_share = 0.2
    sources = {"Talk.Fib.fib/1": ("elixir/fib.ex", "def fib("),
               "Talk.Endpoint.serve/1": ("elixir/endpoint.ex", "defp serve(")}
    no_clause = {"String.capitalize/2": "'Elixir.String', capitalize, [1, default]"}

    @staticmethod
    def start():
        return harness.start_talk()

    def test_frames_read_as_elixir_writes_them(self):
        frames = {frame for stack, _ in harness.folded(self.folder / "a.folded") for frame in stack}
        for frame in ("Talk.Mix.work/1", "Talk.Mix.lists/1-fun-0", "Enum.map/2", "Talk.Desk.ask/1"):
            self.assertIn(frame, frames)
        self.assertFalse([frame for frame in frames if frame.startswith("Elixir.")])


if __name__ == "__main__":
    harness.main()
