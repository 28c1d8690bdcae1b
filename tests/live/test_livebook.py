"""The notebook in samples/livebook finds the slow function, loads its fix and shows what came of it: its cells run one after
another in plain Elixir of the OTP under test, against the Elixir sample, and what they show is looked at."""
import ast
import html
import re
import shutil
import subprocess

import harness
import program
from harness import LiveTest

NOTEBOOK = harness.SAMPLES / "livebook/slow_search.livemd"
SEARCHES = 10
CULPRIT = "Talk.Programme.talk/1"
COPY = "ets:lookup_element/3"
RUN_S = 300


class LivebookTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        world = harness.world
        cls.node = harness.start_talk(harness.HOST, "livebook_front", "livebook_back")
        cls.addClassCleanup(cls.node.stop)
        found = "length(rpc:call(N, 'Elixir.Talk.Programme', with_word, [<<\"elixir\">>]))"
        cls.found = cls.node.ask(found)
        cls.cells = world.folder / "cells"
        cls.cells.mkdir()
        for file in (NOTEBOOK, harness.HERE / "notebook.exs"):
            shutil.copy(file, world.folder)
        command = ["elixir", "--hidden", "--name", f"notebook@{harness.HOST}", "--cookie", "of_the_notebook",
                   world.inside / "notebook.exs", world.inside / NOTEBOOK.name, world.inside / "cells",
                   f"Node={cls.node.name}", f"Cookie={world.cookie}"]
        env = world.node_env(TMPDIR=str(world.inside), PATH=program.path_inside())
        cls.ran = subprocess.run(harness.in_root([str(word) for word in command]), env=env, stdin=subprocess.DEVNULL,
                                 capture_output=True, text=True, timeout=RUN_S)

    def cell(self, words):
        """What came of the first cell that has these words in it."""
        self.assertEqual(self.ran.returncode, 0, self.ran.stdout + self.ran.stderr)
        cells = re.findall(r"^```elixir\n(.*?)^```$", NOTEBOOK.read_text(), re.M | re.S)[1:]
        number = next(number for number, cell in enumerate(cells, 1) if words in cell)
        return next(self.cells.glob(f"{number}.*")).read_text()

    def terms(self, words):
        """A list of tuples of strings and numbers: Python reads it when its brackets are changed."""
        return ast.literal_eval(self.cell(words).translate(str.maketrans("{}", "()")))

    def svg(self, words):
        frame = re.fullmatch(r'<iframe srcdoc="([^"]*)" sandbox="allow-scripts"[^>]*></iframe>\n', self.cell(words))
        self.assertIsNotNone(frame)
        page = html.unescape(frame.group(1))
        return page[page.index("<svg "):]

    def test_both_nodes_are_there(self):
        both = [f"livebook_{name}@{harness.HOST}" for name in ("front", "back")]
        self.assertEqual(re.findall(r':"([^"]*)"', self.cell("Node.connect")), both)

    def test_the_slow_function_is_named(self):
        """It is billed more than the next four together."""
        billed = self.terms("ours =")
        self.assertEqual(billed[0][0], CULPRIT)
        self.assertGreater(billed[0][1], sum(row[1] for row in billed[1:]))

    def test_and_how_often_it_is_called(self):
        self.assertEqual(self.terms("calls ="), [("Talk.Endpoint.search/2", SEARCHES), (CULPRIT, SEARCHES * self.found),
                                                 (COPY, SEARCHES * self.found)])

    def test_the_fix_is_in_the_node(self):
        self.assertEqual(self.cell("fix ="), "[Talk.Search]\n")
        exported = self.node.call("erlang", "function_exported", "['Elixir.Talk.Search', find, 1]")
        self.assertTrue(exported)
        self.assertEqual(self.node.ask("rpc:call(N, code, which, ['Elixir.Talk.Search'])"), [])  # of no file

    def test_the_answer_is_the_same(self):
        self.assertEqual(self.cell("== answer"), "true\n")
        self.assertEqual(len(self.cell("IO.puts(answer)").splitlines()), 6)  # and :ok

    def test_all_talks_are_copied_once_a_search(self):
        self.assertGreater(self.found, 10)
        self.assertEqual(self.terms('"after.flb", function'), [
            ("Talk.Endpoint.search/2", SEARCHES, SEARCHES), (CULPRIT, SEARCHES * self.found, 0),
            (COPY, SEARCHES * self.found, SEARCHES)])

    def test_the_change_is_told(self):
        said = self.cell("diff before.flb after.flb")
        self.assertRegex(said, rf"{re.escape(COPY)} shrank from .* calls {SEARCHES * self.found:,} → {SEARCHES}\.")

    def test_each_picture_is_whole_in_a_frame(self):
        for name, culprit in (("before", True), ("after", False), ("change", True)):
            svg = self.svg(f'picture.("{name}.svg")')
            file = harness.world.folder / "flambeau-notebook" / f"{name}.svg"
            self.assertTrue(file.read_text().endswith(svg), name)
            self.assertEqual(CULPRIT in svg, culprit, name)
            self.assertIn("<script>", svg)


if __name__ == "__main__":
    harness.main()
