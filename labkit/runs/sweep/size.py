"""The size of a plan, counted before anything is written out, because anchors and products make much of little text."""

import os
import sys
from collections.abc import Callable, Iterable
from itertools import chain
from math import prod

import yaml

from ...errors import must

POINTS = 100_000  # of a plan at most
NODES = 1_000_000  # values of a plan at most, with every alias written out
ANNOUNCED = 5_000  # points from which on their number is printed before they are written out


def combinations(section: str, grid: dict) -> int:
    """Count the combinations of a grid. Raises ValueError where there are more than a plan may have."""
    lengths = list(map(len, grid.values()))
    factors = " x ".join(map(str, lengths))
    product = f" ({factors})" if len(lengths) > 1 else ""
    return limited(section, prod(lengths), product)


def limited(section: str, count: int, product: str = "") -> int:
    """Return a number of points. Raises ValueError if it is above the limit."""
    may_be = f"at most {POINTS:,} points: leave values out, or split the plan into several that share a store"
    must(count <= POINTS, section, f"{count:,} points{product}", may_be)
    return count


def announce(count: int) -> None:
    """Print on stderr how many points are written out and checked, where that takes seconds."""
    if count >= ANNOUNCED and os.environ.get("LABKIT_PROGRESS") != "0":
        print(f"the plan has {count:,} points before exclude; they are checked now", file=sys.stderr, flush=True)


def of_value(value: object) -> int:
    """Count the values in nested lists and dicts as if nothing were shared."""
    return written_out(value, _parts)


def of_node(node: yaml.Node) -> int:
    """Count the nodes of a YAML document with every alias written out."""
    return written_out(node, _children)


def written_out(root: object, parts: Callable[[object], Iterable]) -> int:
    """Count the nodes below `root` as a tree, in the time that its graph takes. A cycle counts as infinitely many."""
    counts = {}
    path = set()
    stack = [(root, False)]
    while stack:
        node, expanded = stack.pop()
        children = list(parts(node))
        if expanded:
            path.discard(id(node))
            count = 1 + _length(node)
            for child in children:
                count += counts[id(child)]
            counts[id(node)] = count
        elif id(node) in path:
            return sys.maxsize
        elif id(node) not in counts:
            path.add(id(node))
            stack.append((node, True))
            for child in children:
                if id(child) not in counts:
                    stack.append((child, False))
    return counts[id(root)]


def _parts(value):
    """Return the values directly inside a list or dict."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


def _length(value):
    """Count the numbers of a range; len() cannot count beyond sys.maxsize."""
    return max(0, -((value.start - value.stop) // value.step)) if isinstance(value, range) else 0


def _children(node):
    """Return the nodes directly inside a YAML node."""
    if isinstance(node, yaml.MappingNode):
        return chain.from_iterable(node.value)
    return node.value if isinstance(node, yaml.SequenceNode) else ()
