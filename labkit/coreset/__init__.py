"""Coresets: few points that stand for many, by group, and what each of them stands for.

No matrix of all distances is kept where there are many points (`Distances`): memory is O(n d) then.
"""

from dataclasses import dataclass

import numpy as np
import torch

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

    indices: [K] positions of the medoids, group by group, in the order of choice. cluster: [n], the place in `indices`
    of the nearest medoid of the own group; a medoid's cluster is its own. distance: [n] float64, to that medoid.
    within: [K], how many points of its group lie within the radius of each medoid (all, without a radius).
    """

    indices: torch.Tensor
    cluster: torch.Tensor
    distance: torch.Tensor
    within: torch.Tensor

    @property
    def sizes(self):
        """How many points each cluster has. -> [K]"""
        return self.cluster.bincount(minlength=len(self.indices))

    @property
    def cost(self):
        """The sum of the distances to the nearest medoid, for one group n d0 - F(S). -> float"""
        return float(self.distance.sum())


def select(points, k, selector="facility_location", groups=None, radius=None, limit=LIMIT, **options):
    """A coreset of every group. -> Coreset

    points: [n, d]. k: how many points of every group, or a dict {group: how many}. groups: [n] integers, None is one
    group. radius: see `within`. limit: bytes, a larger matrix of distances is not kept. options: the selector's own.
    Raises ValueError for k outside 1..size of a group, points that are not finite, and an unknown selector.
    """
    chooser = choose("selector", selector, SELECTORS)
    points = torch.as_tensor(points)
    groups = torch.zeros(len(points), dtype=torch.int64) if groups is None else torch.as_tensor(groups).cpu()
    need(
        groups.shape == points.shape[:1], "shape of groups", list(groups.shape), f"[{len(points)}], one for each point"
    )
    names = groups.unique().tolist()
    k = k if isinstance(k, dict) else dict.fromkeys(names, k)
    need(set(names) <= set(k), "k of a coreset", k, f"a number for each of the groups {names}")
    parts = []
    for name in names:
        members = (groups == name).nonzero()[:, 0]
        d = Distances.of(points[members.to(points.device)], limit, k[name])
        parts.append((members, *of_group(d, chooser(d, k[name], **options), radius)))
    return assemble(parts, len(points), points.device)


def of_group(d, chosen, radius):
    """What the chosen points of one group stand for. -> chosen [k], place of the nearest of them [n], distance to it
    [n], points within the radius [k]"""
    place, distance = (np.concatenate(p) for p in zip(*((r.argmin(1), r.min(1)) for _, r in d.blocks(j=chosen))))
    place[chosen], distance[chosen] = np.arange(len(chosen)), 0  # also where another medoid is at the same spot
    within = np.full(len(chosen), len(d))
    if radius is not None:
        within = np.concatenate([(rows <= radius).sum(1) for _, rows in d.blocks(chosen)])
    return chosen, place, distance, within


def assemble(parts, n, device):
    """The groups' parts as one Coreset of n points."""
    indices, within, count = [], [], 0
    cluster, distance = torch.zeros(n, dtype=torch.int64), torch.zeros(n, dtype=torch.float64)
    for members, chosen, place, far, near in parts:
        cluster[members], distance[members] = torch.from_numpy(place) + count, torch.from_numpy(far)
        indices.append(members[chosen])
        within.append(torch.from_numpy(near))
        count += len(chosen)
    return Coreset(*(t.to(device) for t in (torch.cat(indices), cluster, distance, torch.cat(within))))


def shares(groups, keep):
    """How many points of each group are a share `keep` of it: int(keep n), at least 1. groups [n] -> dict"""
    names, counts = groups.unique(return_counts=True)
    return {name: max(1, int(keep * count)) for name, count in zip(names.tolist(), counts.tolist())}
