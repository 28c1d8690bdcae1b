"""Tiny functions at full speed for ten seconds: nothing lost, the agent's queue in its bound, few bytes an event."""
import re

import harness
from harness import LiveTest, flambeau

BYTES_PER_EVENT_MAX = 10
EVENTS_MIN = 1_000_000  # else it was not full speed


class DenseTest(LiveTest):
    def test_ten_seconds_at_full_speed(self):
        node = harness.start_shop(SHOP_DENSE="on")
        self.addCleanup(node.stop)
        before = node.state()
        folder = harness.world.folder
        result = flambeau("record", "-n", node.name, "-p", "shop_dense", "-d", "10s", "-o", folder / "dense.flb",
                          "-o", folder / "dense.folded", "--max-events", "1000000000", timeout_s=240)
        self.assert_ended(result, 0)
        self.assert_clean(node, before)
        report = flambeau("report", folder / "dense.flb", timeout_s=240)
        self.assert_ended(report, 0)
        head = report.out.decode()
        print("\n".join(head.splitlines()[:30]))
        self.assertRegex(head, r"(?im)\b(ended|end)\b.*deadline")
        self.assertNotIn("[lost]", (folder / "dense.folded").read_text())
        self.assertLessEqual(number(head, r"(?i)([\d.,]+) bytes (?:an|per|each) ?event"), BYTES_PER_EVENT_MAX)
        self.assertGreaterEqual(number(head, r"(?i)([\d,]+) events"), EVENTS_MIN)
        # The shape of the work: fib calls fib and add.
        frames = {frame for stack, _ in harness.folded(folder / "dense.folded") for frame in stack}
        for frame in ("shop_dense:fib/1", "shop_dense:add/2", "shop_dense:one/1"):
            self.assertIn(frame, frames)


def number(text, pattern):
    match = re.search(pattern, text)
    if not match:
        raise AssertionError(f"{pattern} is not in {text[:2000]}")
    return float(match.group(1).replace(",", ""))


if __name__ == "__main__":
    harness.main()
