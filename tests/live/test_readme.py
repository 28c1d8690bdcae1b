"""The README's own lines find what is slow in the Elixir sample: in live traffic, and in a call of one's own."""
import json
import shlex

import harness
from harness import LiveTest, flambeau

README = harness.HERE.parent.parent / "README.md"
CULPRIT = "Talk.Programme.talk/1"


def typed(*words):
    """The arguments of the README's first command that has these words in a row."""
    for line in README.read_text().splitlines():
        arguments = shlex.split(line) if line.startswith("    flambeau ") else []
        if any(tuple(arguments[at:at + len(words)]) == words for at in range(len(arguments))):
            return arguments[1:]
    raise AssertionError(f"the README has no line with {words}")


class ReadmeTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        cls.node = harness.start_talk()

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def talks_with(self, *words):
        """How many the sample itself finds."""
        found = " ++ ".join(f"rpc:call(N, 'Elixir.Talk.Programme', with_word, [<<\"{word}\">>])" for word in words)
        return self.node.ask(f"length(lists:usort({found}))")

    def record(self, arguments, name):
        """The result, and the folded stacks of the time and of the calls."""
        capture, time, calls = (harness.world.folder / f"{name}{ending}" for ending in (".flb", "-time.folded", "-calls.folded"))
        result = flambeau(*arguments, "-o", capture)
        self.assert_ended(result, 0)
        self.assert_ended(flambeau("render", capture, "-o", time), 0)
        self.assert_ended(flambeau("render", capture, "--weight", "calls", "-o", calls), 0)
        return result, harness.folded(time), harness.folded(calls)

    def assert_tells(self, story, stacks):
        """The culprit has most of the time that is the function's own, beneath these frames."""
        own = [(frames, weight) for frames, weight in stacks if frames[-1] != "[runnable]"]
        culprits = [(frames, weight) for frames, weight in own if CULPRIT in frames]
        self.assertGreater(sum(weight for _, weight in culprits), 0.5 * sum(weight for _, weight in own))
        for frames, _ in culprits:
            self.assertEqual([frame for frame in frames if frame in story], story)
            self.assertEqual(frames[0], story[0])

    def assert_calls(self, count, stacks):
        self.assertEqual(sum(weight for frames, weight in stacks if frames[-1] == CULPRIT), count)

    def test_the_slow_endpoint_in_live_traffic(self):
        """Its client asks for one word, again and again."""
        arguments = typed("-f", "Talk.Endpoint.search")
        _, time, calls = self.record(arguments, "endpoint")
        self.assert_tells(["Talk.Endpoint.search/2", "Talk.Search.find/1", CULPRIT], time)
        self.assert_calls(int(arguments[arguments.index("--calls") + 1]) * self.talks_with("elixir"), calls)

    def test_the_same_search_by_run(self):
        result, time, calls = self.record(typed("run", "-n", "front@localhost"), "run")
        self.assertEqual(json.loads(result.out),
                         self.node.ask("rpc:call(N, 'Elixir.Talk.Search', find, [<<\"elixir process\">>])"))
        self.assert_tells(["Talk.Search.find/1", CULPRIT], time)
        self.assert_calls(self.talks_with("elixir", "process"), calls)


if __name__ == "__main__":
    harness.main()
