"""Whose code it is that ran: asked of the node, however its modules came to be there, and kept in the capture."""
import json

import harness
from harness import LiveTest, flambeau

SOURCES = {
    "web": """-module(web). -export([start/2, loop/0]).
        start(_, _) -> {ok, spawn(fun() -> register(web, self()), loop() end)}.
        loop() -> receive stop -> ok after 5 -> core:work(), ?MODULE:loop() end.""",
    "core": "-module(core). -export([work/0]). work() -> 1 + lists:sum(tuple_to_list(list_to_tuple(vat:rates()))).",
    "vat": "-module(vat). -export([rates/0]). rates() -> lists:reverse([7, 19, length(lists:seq(1, 20))]).",
}
USES = {"web": ["kernel", "stdlib", "core"], "core": ["kernel", "stdlib", "vat"], "vat": ["kernel", "stdlib"]}
DESCRIPTIONS = {"web": "web", "core": "core", "vat": "Rates of taxes"}  # as mix writes them; packages have one


class Tree:
    """A folder as a build tool leaves it: each application's source and ebin, from the tree's root."""

    def __init__(self, name, sources, ebins, *options):
        self.folder, self.inside = harness.world.folder / name, harness.world.inside / name
        self.ebins = ebins
        for application, source in sources.items():
            file = self.folder / source / f"{application}.erl"
            ebin = self.folder / ebins[application]
            for folder in (file.parent, ebin):
                folder.mkdir(parents=True, exist_ok=True)
            file.write_text(SOURCES[application])
            (ebin / f"{application}.app").write_text(
                '{application, %s, [{vsn, "1.0"}, {description, "%s"}, {modules, [%s]}, {registered, []}, '
                "{applications, [%s]}%s]}.\n" % (application, DESCRIPTIONS[application], application,
                                                ", ".join(USES[application]), ", {mod, {web, []}}" * (application == "web")))
            harness.world.run("erlc", *options, "-o", self.inside / ebins[application],
                              self.inside / source / f"{application}.erl")

    def start(self, start):
        name = "tree@127.0.0.1"
        paths = [word for ebin in self.ebins.values() for word in ("-pa", str(self.inside / ebin))]
        node = harness.Node(name, ["erl", "-noinput", "-name", name, "-setcookie", harness.world.cookie, *paths,
                                   "-eval", start])
        return node.await_registered("web")


STARTED = "{ok, _} = application:ensure_all_started(web)."


class ApplicationsTest(LiveTest):
    def owners(self, node, *options):
        """{module: (origin, application)} of the functions that a capture has."""
        capture = harness.world.folder / "applications.flb"
        before = node.state()
        self.assert_ended(flambeau("record", "-n", node.name, "-d", "1s", "-o", capture, *options), 0)
        self.assert_clean(node, before)
        result = flambeau("report", "--json", "--top", "0", capture)
        self.assert_ended(result, 0)
        functions = json.loads(result.out)["functions"]
        return {row["module"]: (row["origin"], row["application"]) for row in functions}

    def owners_in(self, tree, start=STARTED):
        node = tree.start(start)
        try:
            owners = self.owners(node, "-p", "web")
        finally:
            node.stop()
        self.assertEqual(owners["lists"], ("otp", "stdlib"))
        self.assertEqual(owners["erlang"], ("otp", "erts"))
        return {name: owners[name] for name in SOURCES}

    def test_erlang_sample(self):
        node = harness.start_shop()
        try:
            owners = self.owners(node, "-p", "supervisor:shop_sup")
            self.assertEqual({owner for name, owner in owners.items() if name.startswith("shop")}, {("own", "shop")})
            self.assertEqual(owners["gen_server"], ("otp", "stdlib"))
            self.assertEqual({origin for name, (origin, _) in owners.items() if not name.startswith("shop")}, {"otp"})
        finally:
            node.stop()

    def test_elixir_sample(self):
        node = harness.start_talk()
        try:
            owners = self.owners(node, "-f", "Talk.Search.find/1", "--calls", "5")
            talk = {owner for name, owner in owners.items() if name.startswith("Elixir.Talk")}
            self.assertEqual(talk, {("own", None)})  # it is no application, just modules
            self.assertEqual(owners["Elixir.Enum"], ("elixir", "elixir"))
            self.assertEqual({origin for name, (origin, _) in owners.items() if not name.startswith("Elixir.")}, {"otp"})
        finally:
            node.stop()

    def test_the_picture_drawn_live_is_the_picture_drawn_later(self):
        node = harness.start_shop()
        live, capture, later = (harness.world.folder / name for name in ("owners.svg", "owners.flb", "owners-later.svg"))
        try:
            self.assert_ended(flambeau("record", "-n", node.name, "-p", "supervisor:shop_sup", "-d", "500ms", "-o", live,
                                       "-o", capture), 0)
        finally:
            node.stop()
        self.assert_ended(flambeau("render", capture, "-o", later), 0)
        self.assertEqual(live.read_bytes(), later.read_bytes())
        self.assertIn(">shop<", later.read_text())  # in the legend, as the only one that is the user's own

    def test_rebar3(self):
        """Own applications are built beside the dependencies, but not from there."""
        tree = Tree("rebar3", {"web": "apps/web/src", "core": "apps/core/src", "vat": "_build/default/lib/vat/src"},
                    {name: f"_build/default/lib/{name}/ebin" for name in SOURCES})
        self.assertEqual(self.owners_in(tree), {"web": ("own", "web"), "core": ("own", "core"), "vat": ("dependency", "vat")})

    def test_mix(self):
        tree = Tree("mix", {"web": "apps/web/src", "core": "apps/core/src", "vat": "deps/vat/src"},
                    {name: f"_build/dev/lib/{name}/ebin" for name in SOURCES})
        self.assertEqual(self.owners_in(tree), {"web": ("own", "web"), "core": ("own", "core"), "vat": ("dependency", "vat")})

    def test_release_without_sources(self):
        """Only what uses what, and what has a description, tells them apart."""
        tree = Tree("release", {name: f"src/{name}" for name in SOURCES},
                    {name: f"lib/{name}-1.0/ebin" for name in SOURCES}, "+deterministic")
        self.assertEqual(self.owners_in(tree), {"web": ("own", "web"), "core": ("own", "core"), "vat": ("dependency", "vat")})

    def test_paths_without_applications(self):
        tree = Tree("plain", {"web": "src", "core": "src", "vat": "deps/vat/src"},
                    {"web": "ebin", "core": "ebin", "vat": "deps/vat/ebin"})
        self.assertEqual(self.owners_in(tree, "web:start(normal, [])."),
                         {"web": ("own", None), "core": ("own", None), "vat": ("dependency", "vat")})


if __name__ == "__main__":
    harness.main()
