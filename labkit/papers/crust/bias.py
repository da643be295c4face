"""Section 4.2 of the paper on CRUST: how far the gradient of the coreset is from that of all samples."""

from collections.abc import Sequence
from itertools import product

import pandas as pd
import torch
from torch import Tensor, nn

from ...data import Split, Task
from ...losses import ce
from ...methods import CRUST
from .experiments import bind_crust


def gradient_bias(
    net: nn.Module,
    task: Task,
    *,
    selectors: Sequence[str],
    alphas: Sequence[float],
    partners: Sequence[int] = (1,),
    draws: int = 20,
    keep: float = 0.5,
) -> pd.DataFrame:
    """Measure how far the coreset's weighted gradient, Eq. (8), is from that of all samples, with and without mixup
    (Sec. 4.2). -> a row per selector, alpha (NaN: no mixup), |R_j| (partners) and full gradient

    to: the full gradient, of the "given" labels or of the "true" ones. bias: |mean over draws - full| / |full|; error:
    the mean over draws of |draw - full| / |full|; cosine: of the mean and the full one.
    """
    train = task.train
    average = torch.full((len(train),), 1 / len(train), device=train.y.device)
    full = {
        "given": gradient(net, train.inputs(), train.y, average),
        "true": gradient(net, train.inputs(), task.truth.y, average),
    }
    mixups = [("none", 1, None)] + [("cluster", count, alpha) for count, alpha in product(partners, alphas)]
    rows = []
    for selector, (mixup, count, alpha) in product(selectors, mixups):
        settings = {"selector": selector, "mixup": mixup, "partners": count, "alpha": alpha, "keep": keep}
        method = bind_crust(net, train, variant="paper", **settings)
        drawn = coreset_gradients(method, train, draws=draws if alpha else 1)  # [draws, P]
        for to, g in full.items():
            row = {"selector": selector, "alpha": alpha or float("nan"), "partners": count, "to": to}
            rows.append(row | distance_to(g, drawn))
    return pd.DataFrame(rows)


def gradient(net: nn.Module, x: Tensor, y: Tensor, weight: Tensor) -> Tensor:
    """Return the gradient of sum_i weight_i l_i, the weighted cross-entropy. x [B, ...], y [B] or [B, C] -> [P]"""
    loss = (weight * ce(net(x), y)).sum()
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(net.parameters()))])


def coreset_gradients(method: CRUST, train: Split, *, draws: int) -> Tensor:
    """Return the coreset's weighted gradient, Eq. (8), for as many draws of partners and lambda. -> [draws, P]"""
    i = method.select(train, 0)
    weight = method.weight(None, None, i, torch.empty(len(i), 1))
    gradients = []
    for _ in range(draws):
        x, y, _ = method.batch(train.inputs(i), train.y[i], i)  # mixed, Eq. (11)
        gradients.append(gradient(method.nets[0], x, y, weight))
    return torch.stack(gradients)


def distance_to(full: Tensor, drawn: Tensor) -> dict[str, float]:
    """Return bias, error and cosine of `gradient_bias`. full [P], drawn [draws, P]"""
    mean = drawn.mean(0)
    length = full.norm()
    return {
        "bias": float((mean - full).norm() / length),
        "error": float(((drawn - full).norm(dim=1) / length).mean()),
        "cosine": float(torch.cosine_similarity(mean, full, dim=0)),
    }
