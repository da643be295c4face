"""What occurs several times in stored pictures is stored once: a table of shared values, and references to it.

The front end resolves them in the same way (`revive` in front/shown.js).
"""

import json
from collections import Counter
from typing import Any

REFERENCE = "$"  # {"$": 3} stands for the fourth shared value
SHORTEST = 60  # letters of JSON from which on a value is shared


def fold(frames: dict[str, Any]) -> tuple[list, dict[str, Any]]:
    """Return the values that occur more than once in frames, and the frames with references to them."""
    counts = Counter()
    _count(frames, counts)
    table = _Table({text for text, count in counts.items() if count > 1})
    return table.values, table.folded(frames)


def unfold(value: Any, shared: list) -> Any:
    """Return a value with what its references stand for. Equal parts are one object: do not change them."""
    known = {}

    def resolved(value):
        if isinstance(value, list):
            return [resolved(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        if REFERENCE not in value:
            return {name: resolved(inner) for name, inner in value.items()}
        place = value[REFERENCE]
        if place not in known:
            known[place] = resolved(shared[place])
        return known[place]

    return resolved(value)


def written(value: Any) -> str:
    """Return a value as JSON, in as few letters as there can be."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def _count(value, counts):
    """Count every long value inside of a value; what is inside of one that was seen before is not counted again."""
    for inner in _inside(value):
        if isinstance(inner, (str, list, dict)):
            text = written(inner)
            if len(text) < SHORTEST:
                continue
            counts[text] += 1
            if counts[text] > 1:
                continue
        _count(inner, counts)


def _inside(value):
    """Return what a list or a dict holds, nothing for other values."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


class _Table:
    """The shared values, in the order in which they are met. wanted: their JSON"""

    def __init__(self, wanted):
        self.wanted = wanted
        self.places = {}
        self.values = []

    def folded(self, value):
        """Return a value with references in the place of what is shared inside of it."""
        if isinstance(value, dict):
            return {name: self._reference(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._reference(inner) for inner in value]
        return value

    def _reference(self, value):
        """Return a reference to a value that is shared, else the value, folded."""
        if not isinstance(value, (str, list, dict)):
            return value
        text = written(value)
        if text not in self.wanted:
            return self.folded(value)
        if text not in self.places:
            self.places[text] = len(self.values)
            self.values.append(None)  # keeps its place while what is inside finds its own
            self.values[self.places[text]] = self.folded(value)
        return {REFERENCE: self.places[text]}
