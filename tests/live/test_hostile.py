"""Atoms are any 255 characters: as names of processes and functions they must stay names in every output."""
import re
import xml.etree.ElementTree

import harness
from harness import LiveTest, flambeau

PROCESS = '"><svg onload=alert(1)>'


class HostileTest(LiveTest):
    @classmethod
    def setUpClass(cls):
        harness.world.compile(harness.HERE / "hostile.erl", "programs")
        cls.node = harness.start_shop()
        cls.node.call("hostile", "start")
        cls.run_ = flambeau("record", "-n", cls.node.name, "-p", PROCESS, "-d", "1s", "--by", "process", "-o", "h.svg",
                            "-o", "h.png", "-o", "h.folded", "-o", "h.flb", cwd=harness.world.folder)
        cls.stacks = harness.world.folder / "h.folded"

    @classmethod
    def tearDownClass(cls):
        cls.node.stop()

    def test_records_the_process_by_its_name(self):
        self.assert_ended(self.run_, 0)
        self.assertNotRegex(self.run_.err, r"[\x00-\x09\x0b-\x1f\x7f\u202e]")

    def test_folded_lines_stay_lines(self):
        frames = {frame for stack, _ in harness.folded(self.stacks) for frame in stack}
        self.assertFalse([frame for frame in frames if re.search(r"[\x00-\x1f\x7f]", frame)])
        self.assertTrue(any("lines" in frame for frame in frames), frames)
        self.assertTrue(any("λ" in frame for frame in frames), frames)
        self.assertTrue(any("a" * 255 in frame for frame in frames), frames)

    def test_folded_can_be_drawn_again(self):
        result = flambeau("render", self.stacks, "-o", harness.world.folder / "again.folded")
        self.assert_ended(result, 0)
        self.assertEqual((harness.world.folder / "again.folded").read_text(), self.stacks.read_text())

    def test_svg_holds_names_not_code(self):
        text = (harness.world.folder / "h.svg").read_text()
        root = xml.etree.ElementTree.fromstring(text)
        scripts = [element for element in root.iter() if element.tag.endswith("}script")]
        self.assertLessEqual(len(scripts), 1)
        self.assertFalse([s for s in scripts if "alert(1)" in (s.text or "")])
        self.assertFalse([e for e in root.iter() if "alert(1)" in "".join(v for k, v in e.attrib.items() if k.startswith("on"))])
        self.assertEqual(len([e for e in root.iter() if e.tag.endswith("}svg") and e is not root and "alert" in str(e.attrib)]), 0)
        self.assertIn("alert(1)", "".join(root.itertext()), "the name is shown as text")

    def test_tables_are_safe_for_a_terminal(self):
        for arguments in (("report", "h.flb"), ("ps", "-n", self.node.name)):
            with self.subTest(arguments[0]):
                result = flambeau(*arguments, cwd=harness.world.folder)
                self.assert_ended(result, 0)
                self.assertNotRegex(result.out.decode(), r"[\x00-\x09\x0b-\x1f\x7f\u202e]")


if __name__ == "__main__":
    harness.main()
