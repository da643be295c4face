"""Corrupted rows of regression targets: which rows, in which units, and how landmarks are exchanged."""

from typing import Annotated

import torch

from ..arguments import Whole
from ..data.task import Units
from ..errors import need
from .base import pick

Landmark = Annotated[int, Whole(0, 10**6)]
Points = tuple[tuple[Landmark, Landmark], ...]  # pairs of landmarks that change places
EYES_FOR_MOUTH = ((0, 3), (1, 4))  # left eye, right eye, nose, left and right corner of the mouth


def standard_units(clean):
    """Units in which each coordinate has mean 0 and variance 1 over the clean training set; a coordinate that never
    changes keeps its width. -> Units, float64"""
    y = clean.y[: clean.sizes[0]].double()
    std = y.std(0, correction=0)
    return Units(y.mean(0), torch.where(std > 0, std, torch.ones_like(std)))


def draw_rows(parts, rate, clean, rng):
    """Corrupt exactly int(rate n) of the n rows of each split, dealt out evenly to `parts`. -> [N, Q], dtype as before

    parts: objects with wrong(clean, units, rows, rng) -> [k, Q] wrong targets in standard units.
    """
    units, given = standard_units(clean), clean.y.clone()
    hands = [torch.tensor_split(pick([split], rate, rng), len(parts)) for split in clean.splits()]
    for part, *rows in zip(parts, *hands):
        mine = torch.cat(rows)
        if len(mine):
            given[mine] = units.stored(part.wrong(clean, units, mine, rng)).to(given.dtype)
    return given


def count_rows(parts, rate, sizes):
    """How many rows `draw_rows` deals to each part, over all splits. sizes: rows per split -> {name of part: rows}"""
    hand = lambda k, place: (k + len(parts) - 1 - place) // len(parts)
    return {type(part).__name__: sum(hand(int(rate * n), place) for n in sizes) for place, part in enumerate(parts)}


def landmark_swap(points, coordinates):
    """The order of coordinates after landmarks changed places. points: pairs of landmarks -> [Q] int64"""
    need(
        points is not None or coordinates == 10,
        "points",
        None,
        f"pairs of landmarks to exchange, e.g. [(0, 1)], for {coordinates} coordinates",
    )
    pairs = EYES_FOR_MOUTH if points is None else points
    flat = [p for pair in pairs for p in pair]
    need(
        len(set(flat)) == 2 * len(pairs) == len(flat) and set(flat) <= set(range(coordinates // 2)),
        "points",
        points,
        f"pairs of different landmarks of 0..{coordinates // 2 - 1}, each in one pair",
    )
    order = torch.arange(coordinates // 2)
    for a, b in pairs:
        order[[a, b]] = order[[b, a]]
    return (2 * order[:, None] + torch.arange(2)).flatten()
