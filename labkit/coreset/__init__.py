"""Coresets: few points that represent many, by group, each with its cluster.

For many points no matrix of all distances is kept (`Distances`), so that memory is O(n d).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import choose, need
from .distances import LIMIT, Distances
from .greedy import facility_location, stochastic_greedy, value
from .medoids import centrality, kmedoids

__all__ = [
    "LIMIT",
    "SELECTORS",
    "Coreset",
    "Distances",
    "centrality",
    "facility_location",
    "kmedoids",
    "select",
    "shares",
    "stochastic_greedy",
    "value",
]
SELECTORS = {f.__name__: f for f in (facility_location, stochastic_greedy, kmedoids, centrality)}


@dataclass(frozen=True)
class Coreset:
    """Chosen points and their clusters; tensors are on the device of the points.

    indices: [K] positions of the medoids, group by group, in the order of choice. cluster: [n], for each point the
    place in `indices` of the nearest medoid of its group; a medoid's nearest is itself. distance: [n] float64, to that
    medoid. within: [K], how many points of its group lie within the radius of each medoid (all, without a radius).
    """

    indices: Tensor
    cluster: Tensor
    distance: Tensor
    within: Tensor

    @property
    def sizes(self) -> Tensor:
        """Return how many points each cluster has. -> [K]"""
        return self.cluster.bincount(minlength=len(self.indices))

    @property
    def cost(self) -> float:
        """Return the sum of the distances to the nearest medoid; for one group it is n d0 - F(S)."""
        return float(self.distance.sum())


def select(
    points: Tensor | np.ndarray,
    k: int | dict[int, int],
    selector: str = "facility_location",
    groups: Tensor | np.ndarray | None = None,
    radius: float | None = None,
    limit: int = LIMIT,
    **options: Any,
) -> Coreset:
    """Select a coreset of every group.

    points: [n, d]. k: how many points of every group, or a dict {group: how many}. groups: [n] integers, None is one
    group. radius: see `Coreset.within`. limit: bytes, a larger matrix of distances is not kept. options: of the
    selector. Raises ValueError for k outside 1..size of a group, points that are not finite, and an unknown selector.
    """
    select_points = choose("selector", selector, SELECTORS)
    points = torch.as_tensor(points)
    if groups is None:
        groups = torch.zeros(len(points), dtype=torch.int64)
    groups = torch.as_tensor(groups).cpu()
    may_be = f"[{len(points)}], one for each point"
    need(groups.shape == points.shape[:1], "shape of groups", list(groups.shape), may_be)
    names = groups.unique().tolist()
    k = k if isinstance(k, dict) else dict.fromkeys(names, k)
    need(set(names) <= set(k), "k of a coreset", k, f"a number for each of the groups {names}")
    parts = []
    for name in names:
        members = (groups == name).nonzero()[:, 0]
        group_points = points[members.to(points.device)]
        d = Distances.of(group_points, limit, k[name])
        chosen = select_points(d, k[name], **options)
        place, distance = clusters(d, chosen)
        within = count_within(d, chosen, radius)
        parts.append((members, chosen, place, distance, within))
    return assemble(parts, len(points), points.device)


def clusters(d: Distances, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Assign every point of a group to the nearest chosen one. -> place in `chosen` [n], distance to it [n]"""
    places = []
    distances = []
    for _, rows in d.blocks(j=chosen):
        places.append(rows.argmin(1))
        distances.append(rows.min(1))
    place = np.concatenate(places)
    distance = np.concatenate(distances)
    place[chosen] = np.arange(len(chosen))  # also where another medoid is at the same spot
    distance[chosen] = 0
    return place, distance


def count_within(d: Distances, chosen: np.ndarray, radius: float | None) -> np.ndarray:
    """Count the points of a group within the radius of each chosen one; None: all points. -> [k]"""
    if radius is None:
        return np.full(len(chosen), len(d))
    counts = []
    for _, rows in d.blocks(chosen):
        is_within = rows <= radius
        counts.append(is_within.sum(1))
    return np.concatenate(counts)


def assemble(parts: list[tuple], n: int, device: torch.device) -> Coreset:
    """Join the parts of all groups in one Coreset of n points. parts: members, chosen, place, distance and count within
    the radius, of each group"""
    indices = []
    within = []
    count = 0  # of the medoids of earlier groups
    cluster = torch.zeros(n, dtype=torch.int64)
    distance = torch.zeros(n, dtype=torch.float64)
    for members, chosen, place, group_distance, group_within in parts:
        cluster[members] = torch.from_numpy(place) + count
        distance[members] = torch.from_numpy(group_distance)
        indices.append(members[chosen])
        within.append(torch.from_numpy(group_within))
        count += len(chosen)
    fields = (torch.cat(indices), cluster, distance, torch.cat(within))
    return Coreset(*[field.to(device) for field in fields])


def shares(groups: Tensor, keep: float) -> dict[int, int]:
    """Return the number of points that is a share `keep` of each group: int(keep n), at least 1. groups [n]"""
    names, counts = groups.unique(return_counts=True)
    sizes = {}
    for name, count in zip(names.tolist(), counts.tolist()):
        sizes[name] = max(1, int(keep * count))
    return sizes
