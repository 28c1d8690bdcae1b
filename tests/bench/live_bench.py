"""What the benches of a running node share: `harness` of the live tests, the world that they run in, its nodes, and their tables."""
import contextlib
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "live"))

import harness

SECOND = 1_000_000_000
EDGE_NS = SECOND // 4  # of a recording: its process may not be traced yet, or no more


@contextlib.contextmanager
def world(binary, *programs):
    """For that flambeau, with these modules of this folder compiled for the nodes."""
    harness.binary = os.path.abspath(binary)
    harness.world = harness.World()
    try:
        for name in programs:
            harness.world.compile(HERE / f"{name}.erl", "programs")
        yield
    finally:
        harness.world.close()


@contextlib.contextmanager
def stopped(node):
    """The node, stopped when that is over."""
    try:
        yield node
    finally:
        node.stop()


def start_node(name, *flags):
    name += "@" + harness.HOST
    return harness.Node(name, ["erl", "-noinput", "-name", name, "-setcookie", harness.world.cookie, *flags]).await_registered("init")


def print_row(*cells):
    print("| " + " | ".join(cells) + " |")
