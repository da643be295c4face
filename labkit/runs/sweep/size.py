"""How large a plan becomes, counted before anything is written out: anchors and products make much of little."""

import os
import sys
from collections.abc import Callable, Iterable
from math import prod

import yaml

from ...errors import must

POINTS = 100_000  # of a plan at most
NODES = 1_000_000  # values of a plan at most, with every alias written out
SAID = 5_000  # points from which on their number is said before they are written out


def combinations(where: str, grid: dict) -> int:
    """Count the combinations of a grid. Raises ValueError where there are more than a plan may have."""
    lengths = [len(values) for values in grid.values()]
    product = f" ({' x '.join(map(str, lengths))})" if len(lengths) > 1 else ""
    return limited(where, prod(lengths), product)


def limited(where: str, count: int, product: str = "") -> int:
    """Refuse a number of points above the limit. -> the number"""
    may_be = f"at most {POINTS:,} points: leave values out, or split the plan into several that share a store"
    must(count <= POINTS, where, f"{count:,} points{product}", may_be)
    return count


def tell(count: int) -> None:
    """Say on stderr how many points are written out and checked, where that takes seconds."""
    if count >= SAID and os.environ.get("LABKIT_PROGRESS") != "0":
        print(f"the plan has {count:,} points before exclude; they are checked now", file=sys.stderr, flush=True)


def of_value(value: object) -> int:
    """Count the values in nested lists and dicts as if nothing were shared."""
    return written_out(value, _parts)


def of_node(node: yaml.Node) -> int:
    """Count the nodes of a YAML document with every alias written out."""
    return written_out(node, _children)


def written_out(root: object, parts: Callable[[object], Iterable]) -> int:
    """Count what hangs below `root` as a tree, in the time that its graph takes. A cycle counts as infinitely many."""
    counts, path, stack = {}, set(), [(root, False)]
    while stack:
        one, seen = stack.pop()
        below = list(parts(one))
        if seen:
            path.discard(id(one))
            counts[id(one)] = 1 + _length(one) + sum(counts[id(part)] for part in below)
        elif id(one) in path:
            return sys.maxsize
        elif id(one) not in counts:
            path.add(id(one))
            stack.append((one, True))
            stack += [(part, False) for part in below if id(part) not in counts]
    return counts[id(root)]


def _parts(value):
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


def _length(value):
    """How many numbers a range has; len() cannot count beyond sys.maxsize."""
    return max(0, -((value.start - value.stop) // value.step)) if isinstance(value, range) else 0


def _children(node):
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else ()
