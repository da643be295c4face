"""Corrupted rows of regression targets: the choice of rows, their units, and the exchange of landmarks."""

from collections.abc import Sequence
from itertools import chain
from typing import Annotated, Any

import torch
from torch import Generator, Tensor

from ..arguments import Whole
from ..data.split import Units
from ..errors import need
from .base import Clean, pick

Landmark = Annotated[int, Whole(0, 10**6)]
Points = tuple[tuple[Landmark, Landmark], ...]  # pairs of landmarks that change places
EYES_FOR_MOUTH = ((0, 3), (1, 4))  # left eye, right eye, nose, left and right corner of the mouth


def standard_units(clean: Clean) -> Units:
    """Return units, in float64, in which each coordinate has mean 0 and variance 1 over the clean training set; a
    constant coordinate keeps its width."""
    y = clean.y[: clean.sizes[0]].double()
    std = y.std(0, correction=0)
    width = torch.where(std > 0, std, 1.0)
    return Units(y.mean(0), width)


def draw_rows(parts: Sequence[Any], rate: float, clean: Clean, rng: Generator) -> Tensor:
    """Corrupt exactly int(rate n) of the n rows of each split, divided evenly among `parts`. -> [N, Q], dtype as before

    parts: objects with wrong(clean, units, rows, rng) -> [k, Q] wrong targets in standard units.
    """
    units = standard_units(clean)
    given = clean.y.clone()
    shares = []
    for split in clean.splits():
        picked = pick([split], rate, rng)
        shares.append(picked.tensor_split(len(parts)))
    for part, *rows_of_splits in zip(parts, *shares):
        rows = torch.cat(rows_of_splits)
        if len(rows):
            wrong = part.wrong(clean, units, rows, rng)
            given[rows] = units.stored(wrong).to(given.dtype)
    return given


def count_rows(parts: Sequence[Any], rate: float, sizes: tuple[int, ...]) -> dict[str, int]:
    """Count the rows that `draw_rows` gives each part, over all splits. sizes: rows per split -> {name of part:
    rows}"""
    counts = {}
    for place, part in enumerate(parts):
        rows = 0
        for n in sizes:
            picked = int(rate * n)
            rows += (picked + len(parts) - 1 - place) // len(parts)
        counts[type(part).__name__] = rows
    return counts


def landmark_swap(points: Points | None, coordinates: int) -> Tensor:
    """Return the order of coordinates after landmarks changed places. points: pairs of landmarks; None: eyes for
    corners of the mouth, of five landmarks -> int64 [Q]"""
    may_be = f"pairs of landmarks to exchange, e.g. [(0, 1)], for {coordinates} coordinates"
    need(points is not None or coordinates == 10, "points", None, may_be)
    pairs = EYES_FOR_MOUTH if points is None else points
    number = coordinates // 2
    landmarks = list(chain(*pairs))
    distinct = set(landmarks)
    different = len(distinct) == 2 * len(pairs) == len(landmarks)
    known = distinct <= set(range(number))
    may_be = f"pairs of different landmarks of 0..{number - 1}, each in one pair"
    need(different and known, "points", points, may_be)
    order = torch.arange(number)
    for a, b in pairs:
        order[[a, b]] = order[[b, a]]
    x = 2 * order
    return torch.stack([x, x + 1], 1).flatten()
