"""Processes are shown by the names people know them by, and spawned ones where they were spawned."""
import re

import harness
from harness import LiveTest, flambeau


class NamesTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        harness.world.compile(harness.HERE / "names.erl", "programs")
        cls.node = harness.start_shop()
        cls.node.call("names", "start")
        cls.capture = harness.world.folder / "names.flb"
        cls.run_ = flambeau("record", "-n", cls.node.name, "-p", "names", "--spawned", "-d", "2s", "--overhead", "full", "-o", cls.capture)

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def stacks(self, by, *options):
        self.assert_ended(self.run_, 0)
        output = harness.world.folder / f"names-{by}.folded"
        self.assert_ended(flambeau("render", self.capture, "--by", by, *options, "-o", output), 0)
        return [frames for frames, _ in harness.folded(output)]

    def test_each_kind_of_name(self):
        """Registered name, label, what proc_lib was told to start; else what the process was spawned with, also when it was gone
        before anybody could ask it."""
        roots = {re.sub(r" <[0-9.]+>$", "", frames[0]) for frames in self.stacks("process")}
        label = "{shard,7}" if harness.otp_release(self.node) >= 27 else "names:labelled/0"
        roots.discard("names:registered/0")  # at the end: it has no name yet
        self.assertEqual(roots, {"names", "names_registered", label, "names:init/1", "names:waits/0", "names:brief/0"})

    def test_children_stand_where_they_were_spawned(self):
        brief = [frames for frames in self.stacks("parent", "--weight", "calls") if frames[-1] == "names:brief/0"]
        self.assertEqual(sorted(frames[frames.index("names:loop/0"):] for frames in brief), [
            ["names:loop/0", "names:loop/0-lc-0", "erlang:spawn/3", "names:brief/0"],
            ["names:loop/0", "proc_lib:spawn/3", "erlang:spawn/3", "proc_lib:init_p_do_apply/3", "names:brief/0"],
        ])


if __name__ == "__main__":
    harness.main()
