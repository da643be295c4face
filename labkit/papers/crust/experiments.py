"""The paper on CRUST (Mirzasoleiman, Cao, Leskovec, NeurIPS 2020), item by item: what its selection filters, what its
coreset's gradient is worth, what an epoch costs.

    method = looking(net, train, variant="paper")   # CRUST that looks at a trained network and never trains it
    filters(net, task, keeps=(0.3, 0.5, 0.7))       # label precision of every selector
"""

import time

import pandas as pd
import torch

from ... import coreset, losses
from ...fit import begin
from ...generators import unmoved
from ...measure import share
from ...methods import CRUST

SELECTORS = ("centrality", "facility_location", "kmedoids", "smallest gradient")
STEPS = (  # from Algorithm 1 to the released code, in the order of the docstring of labkit.methods.crust
    ("Algorithm 1 of the paper", {}),
    ("selector: centrality", {"selector": "centrality"}),
    ("group_by: given label", {"group_by": "label"}),
    ("space: feature", {"space": "feature"}),
    ("weights: radius", {"weights": "radius"}),
    ("mixup: same label", {"mixup": "same_label", "alpha": [1.0, 0.1]}),
    ("start: 5, mixup after 1 more", {"start": 5, "mixup_after": 1}),
    ("mode: train", {"mode": "train"}),
)


def one_by_one(keep=0.5):
    """CRUST step by step from Algorithm 1 to the released code: every step keeps the ones before. -> {step: CRUST}"""
    methods, so_far = {}, {}
    for name, change in STEPS:
        so_far |= change
        methods[name] = CRUST(variant="paper", keep=keep, **so_far)
    return methods


def one_back(keep=0.5):
    """The released code with one question answered as the paper does. -> {question: CRUST}"""
    paper = CRUST(variant="paper")
    groups = (("selector",), ("group_by",), ("space",), ("weights",), ("mixup", "alpha"), ("start", "mixup_after"))
    back = {group[0]: CRUST(keep=keep, **{name: getattr(paper, name) for name in group}) for group in groups}
    return {"released code": CRUST(keep=keep), **{f"{name} as in the paper": method for name, method in back.items()}}


def looking(net, train, **how):
    """CRUST, bound to a network that it looks at and does not train. train: the Split that it selects from; how: its
    hyperparameters. -> CRUST; `gradients(train)`, `select(train, 0)` and `batch` may be called"""
    method = CRUST(**{"start": 0, "mixup_after": 0, **how})
    return method.bound_to(net, train)


def chosen_by(net, train, selector, keep, group_by="prediction", space="logit"):
    """Positions that a selector chooses, and how many samples each stands for (1 where it says nothing of it). keep:
    share of every group. -> [K], [K]"""
    g, predicted = looking(net, train, variant="paper", space=space).gradients(train)
    group = predicted if group_by == "prediction" else train.y
    budget = coreset.shares(group, keep)
    if selector != "smallest gradient":
        found = coreset.select(g, budget, selector, group)
        return found.indices, found.sizes
    size = g.norm(dim=1)
    members = [(group == name).nonzero()[:, 0] for name in budget]
    chosen = torch.cat([m[size[m].argsort(stable=True)[: budget[int(group[m[0]])]]] for m in members])
    return chosen, torch.ones_like(chosen)


def filters(net, task, keeps, selectors=SELECTORS, groups=("prediction", "label"), space="logit"):
    """Label precision of what every selector chooses at a trained network. -> DataFrame, a row per choice

    Columns: selector, group_by, keep, precision (share of right labels among the chosen), weighted (the same, every
    medoid counted as often as its cluster has members), recall (share of the right labels that are chosen), right
    (their share in the training set), task, samples.
    """
    right, rows = task.train.y == task.truth.y, []
    facts = {"right": share(right), "task": task.name, "samples": len(right), "noise": task.noise.words}
    for keep in keeps:
        for selector in selectors:
            for group_by in groups:
                i, sizes = chosen_by(net, task.train, selector, keep, group_by, space)
                row = {"selector": selector, "group_by": group_by, "keep": keep, **precision(right, i, sizes)}
                rows.append(row | facts)
    return pd.DataFrame(rows)


def precision(right, i, weight):
    """How clean the chosen samples i [K] are, of weights [K] or each alike. right bool [N] -> dict"""
    weight = weight.double()
    inside = torch.zeros_like(right).index_fill(0, i, True)
    weighted = float(weight @ right[i].double() / weight.sum())
    return {"precision": share(right, inside), "weighted": weighted, "recall": share(inside, right)}


def at_the_end(run, task):
    """What CRUST would select after its last epoch, as columns for `runs.grid.grid`; NaN for other methods. -> dict"""
    right, method = task.train.y == task.truth.y, run.method
    if not isinstance(method, CRUST):
        return dict.fromkeys(("precision", "weighted", "recall"), float("nan"))
    i = method.select(task.train, method.start).unique()
    return precision(right, i, method.trust[i])


def between(net, task, group_by="prediction"):
    """How far gradients p - e_y lie apart within a group, by what their labels are. -> DataFrame, a row per kind of
    pair

    pairs: how many; distance: their mean distance, at most 2.
    """
    right, y = task.train.y == task.truth.y, task.train.y
    g, predicted = looking(net, task.train, variant="paper").gradients(task.train)
    group = predicted if group_by == "prediction" else y
    pair = (group[:, None] == group) & torch.ones_like(group[:, None] == group).triu(1).bool()
    far, alike = torch.cdist(g.double(), g.double()), (y[:, None] == y) & (task.truth.y[:, None] == task.truth.y)
    both, mixed = right[:, None] & right, right[:, None] ^ right
    neither = ~(right[:, None] | right)
    kinds = {
        "right and right": both,
        "right and wrong": mixed,
        "wrong and wrong, same two classes": neither & alike,
        "wrong and wrong, otherwise": neither & ~alike,
    }
    rows = [{"pair": name, "pairs": int((kind & pair).sum()), "distance": share(far, kind & pair)}
            for name, kind in kinds.items()]  # fmt: skip
    return pd.DataFrame(rows).set_index("pair")


def gradient(net, x, y, weight):
    """Gradient of the weighted cross-entropy, sum_i weight_i l_i, in one vector. x [B, ...], y [B] or [B, C], weight
    [B] -> [P]"""
    loss = (weight * losses.ce(net(x), y)).sum()
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(net.parameters()))])


def gradient_bias(net, task, selectors, alphas, partners=(1,), draws=20, keep=0.5):
    """How far the coreset's weighted gradient, Eq. (8), is from that of all samples, with and without mixup (Sec. 4.2).
    -> DataFrame, a row per selector, alpha (NaN: no mixup), |R_j| and full gradient

    to: the full gradient, of the "given" labels or of the "true" ones. bias: |mean over draws - full| / |full|; error:
    the mean over draws of |draw - full| / |full|; cosine: of the mean and the full one.
    """
    train, n = task.train, len(task.train)
    even = torch.full((n,), 1 / n, device=train.y.device)
    full = {"given": train.y, "true": task.truth.y}
    full = {to: gradient(net, train.inputs(), y, even) for to, y in full.items()}
    rows = []
    for selector in selectors:
        ways = [("none", 1, None)] + [("cluster", several, alpha) for several in partners for alpha in alphas]
        for mixup, several, alpha in ways:
            how = {"selector": selector, "mixup": mixup, "partners": several, "alpha": alpha, "keep": keep}
            found = _draws(looking(net, train, variant="paper", **how), train, draws if alpha else 1)
            what = {"selector": selector, "alpha": alpha or float("nan"), "partners": several}
            rows += [what | {"to": to, **_distance(found, g)} for to, g in full.items()]
    return pd.DataFrame(rows)


def _draws(method, train, draws):
    """The coreset's gradients, of as many draws of partners and lambda. -> [draws, P]"""
    i = method.select(train, 0)
    weight = method.weight(None, None, i, torch.empty(len(i), 1))
    batches = (method.batch(train.inputs(i), train.y[i], i) for _ in range(draws))
    return torch.stack([gradient(method.nets[0], x, y, weight) for x, y, _ in batches])


def _distance(found, full):
    mean, length = found.mean(0), full.norm()
    return {
        "bias": float((mean - full).norm() / length),
        "error": float(((found - full).norm(dim=1) / length).mean()),
        "cosine": float(torch.cosine_similarity(mean, full, dim=0)),
    }


def seconds(methods, task, net, epochs, recipe=None, seed=0):
    """Wall time of an epoch: to select, and to train. methods: {name: Method}. -> DataFrame, a row per method

    The first epoch is left out (it loads what torch loads once); medians over the others. select: with the pass over
    all samples that it needs; train: forward, backward, update. Measuring is in neither.
    """
    rows = []
    for name, method in methods.items():
        with unmoved():
            _, loop = begin(method, task, net, epochs, seed, recipe, task.train.y.device)
        rows += [{"method": name, **_epoch(loop)} for _ in range(epochs)][1:]
    table = pd.DataFrame(rows).groupby("method", sort=False).median()
    return table.assign(total=table.sum(axis=1), share=table["select"] / table.sum(axis=1))


def _epoch(loop):
    """One epoch by the clock. -> dict"""
    began = time.perf_counter()
    loop.begin_epoch(None)
    chosen = time.perf_counter()
    while loop.position < len(loop.queue):
        loop.one_batch()
    ended = time.perf_counter()
    loop.end_epoch()
    return {"select": chosen - began, "train": ended - chosen}
