#!/usr/bin/env python3
"""Folded text of a busy service: make_stacks.py COUNT traced|sampled [SEED] > stacks.folded

COUNT distinct stacks of 4,000 functions that each call a few others. `traced`: what a tracer writes, which sees every function
return to its caller, so that each frame has time of its own and each stack of the tree its line. `sampled`: leaves alone, 8 to 18
frames deep, most of them in no other stack: the worst case, a tree several times as large. Both sorted, as the tools that fold
write them; the same for the same arguments on every machine."""
import random
import sys

FUNCTIONS = 4000
CALLEES = 6
MODULES = ("Shop.Cart", "Shop.Price", "Shop.Repo.Query", "Phoenix.Router", "Ecto.Adapters.SQL", "Enum", "Plug.Conn", "lists",
           "gen_server", "maps", "Jason.Encoder", "DBConnection.Holder", "Postgrex.Protocol", "Telemetry.Handler", "binary", "ets")


def name_of(number):
    module = MODULES[number * 7919 % len(MODULES)]
    return f"{module}{'.' if module[0].isupper() else ':'}handle_event_{number:04d}/{number % 5}"


def traced(count, draw, callees):
    """A tree that grows anywhere: one of its stacks has another callee."""
    stacks, seen = [(0,)], {(0,)}
    while len(stacks) < count:
        stack = draw.choice(stacks)
        stack = stack + (draw.choice(callees[stack[-1]]),)
        if stack not in seen:
            seen.add(stack)
            stacks.append(stack)
    return stacks


def sampled(count, draw, callees):
    """Walks, each step to the first callee most often."""
    shares = [1 / (place + 1) for place in range(CALLEES)]
    seen = set()
    while len(seen) < count:
        stack = [0]
        for place in draw.choices(range(CALLEES), shares, k=draw.randint(7, 17)):
            stack.append(callees[stack[-1]][place])
        seen.add(tuple(stack))
    return seen


def main():
    count, kind = int(sys.argv[1]), {"traced": traced, "sampled": sampled}[sys.argv[2]]
    draw = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    names = [name_of(number) for number in range(FUNCTIONS)]
    callees = [[draw.randrange(1, FUNCTIONS) for _ in range(CALLEES)] for _ in range(FUNCTIONS)]
    lines = sorted(";".join([names[number] for number in stack]) for stack in kind(count, draw, callees))
    sys.stdout.writelines(f"{line} {int(1000 * draw.paretovariate(1.1))}\n" for line in lines)


main()
