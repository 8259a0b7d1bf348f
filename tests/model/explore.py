"""What both models share: walking every interleaving, and the rules of the game."""

import argparse
import collections
import time


class Broken(Exception):
    pass


def put(items, i, value):
    return items[:i] + (value,) + items[i + 1:]


def all_states(start, successors, law, finishes):
    """Breadth first from start; law in every state; finishes from every state in which both processes are gone, with nothing more to come. How many states there are."""
    idle = start.procs
    seen, queue, ended = {start}, collections.deque([start]), set()
    while queue:
        s = queue.popleft()
        law(s)
        if s.procs == idle:
            clean = s._replace(lock=None, left=(0, 0, 0))
            if clean not in ended:
                ended.add(clean)
                finishes(clean)
        for t in successors(s):
            if t not in seen:
                seen.add(t)
                queue.append(t)
    return len(seen)


def main(doc, what, explore, mutants, edits):
    """explore(mutant, (crashes, faults, edits)): how many states, or Broken. 1 when the protocol is broken or a mutant is not."""
    parser = argparse.ArgumentParser(description=doc)
    for name, default in (("crashes", 2), ("faults", 2), ("edits", edits)):
        parser.add_argument("--" + name, type=int, default=default)
    args = parser.parse_args()
    left, bad, begin = (args.crashes, args.faults, args.edits), 0, time.monotonic()
    try:
        print(f"ok     {what}: {explore(None, left)} states, no violation ({time.monotonic() - begin:.1f} s)", flush=True)
    except Broken as broken:
        bad += 1
        print(f"DEFECT {what} itself: {broken}")
    for mutant in mutants:
        try:
            n = explore(mutant, left)
            bad += 1
            print(f"SURVIVED {mutant} ({n} states)")
        except Broken as broken:
            print(f"caught {mutant}: {broken}")
    return 1 if bad else 0
