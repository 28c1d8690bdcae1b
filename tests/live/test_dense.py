"""Tiny functions at full speed for ten seconds: nothing lost, the agent's queue in its bound, few bytes an event, and
the counts of a program whose counts are known."""
import re

import harness
from harness import LiveTest, flambeau

BYTES_PER_EVENT_MAX = 10
EVENTS_MIN = 1_000_000  # else it was not full speed
FIB_15 = {"fib/1": 1973, "one/1": 987, "add/2": 986}  # calls in one fib(15): 2 F(16) - 1, F(16), F(16) - 1


class DenseTest(LiveTest):
    def test_ten_seconds_at_full_speed(self):
        node = harness.start_shop(SHOP_DENSE="on")
        self.addCleanup(node.stop)
        before = node.state()
        folder = harness.world.folder
        result = flambeau("record", "-n", node.name, "-p", "shop_dense", "-d", "10s", "--overhead", "full", "-o", folder / "dense.flb",
                          "-o", folder / "dense.folded", timeout_s=240)
        self.assert_ended(result, 0)
        self.assert_clean(node, before)
        report = flambeau("report", folder / "dense.flb", timeout_s=240)
        self.assert_ended(report, 0)
        text = report.out.decode()
        print(text)
        self.assertIn("until its time was up", text)
        self.assertRegex(text, r"(?m)^lost +nothing$")
        self.assertNotIn("[lost]", (folder / "dense.folded").read_text())
        self.assertLessEqual(number(text, r"([\d.]+) bytes each"), BYTES_PER_EVENT_MAX)
        self.assertGreaterEqual(number(text, r"(?m)^events +([\d,]+)"), EVENTS_MIN)
        self.assertLess(number(text, r"longest queue ([\d,]+)"), number(text, r"([\d,]+) in the queue"))
        work = number(text, r"(?m)^ +([\d,]+) .*%.*% .* shop_dense:work/0\b")
        for function, calls in FIB_15.items():
            counted = number(text, rf"(?m)^ +([\d,]+) .*%.*% .* shop_dense:{function}\b")
            self.assertAlmostEqual(counted, calls * work, delta=calls, msg=function)


def number(text, pattern):
    match = re.search(pattern, text)
    if not match:
        raise AssertionError(f"{pattern} is not in {text[:2000]}")
    return float(match.group(1).replace(",", ""))


if __name__ == "__main__":
    harness.main()
