"""What lesson 08 quotes: how weighting networks rank clean and wrong labels, and how probable meta labels are."""

import pandas as pd
import torch
from torch import Tensor

from ...data import Split
from ...fit import Run
from ...measure import auc
from ...method import Method
from ...papers.rmnw_net.theorem_1 import defect_of
from . import study

NOISE_RATE = 0.4  # of the training labels, uniform
ETAS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
REDRAWN = 0.4  # of the meta labels, in Theorem 1


def uniform_settings() -> dict[str, dict]:
    """Return both meta losses at every noise rate of the meta labels. -> SETTINGS"""
    settings = {}
    for meta_loss in study.META_LOSSES:
        for eta in ETAS:
            percent = 100 * eta
            name = f"{meta_loss}, {percent:.0f} %"
            settings[name] = {"meta_loss": meta_loss, "meta_noise_rate": eta}
    return settings


FLIPPED = {"kind": "pairflip"}
SETTINGS = {
    **uniform_settings(),
    "CE, pairflip 80 %": {"meta_loss": "CE", "meta_noise_rate": 0.8, **FLIPPED},
    "MAE, pairflip 80 %": {"meta_loss": "MAE", "meta_noise_rate": 0.8, **FLIPPED},
    "MAE, pairflip 100 %": {"meta_loss": "MAE", "meta_noise_rate": 1.0, **FLIPPED},
    "MAE, 80 %, 20 meta samples": {"meta_loss": "MAE", "meta_noise_rate": 0.8, "size": 20},
    "MAE, 80 %, 50 meta samples": {"meta_loss": "MAE", "meta_noise_rate": 0.8, "size": 50},
    "plain SGD": {},
}


def measure(
    seed: int,
    meta_loss: str | None = None,
    meta_noise_rate: float = 0.0,
    size: int = study.META,
    kind: str = "uniform",
) -> dict[str, float]:
    """Train with learnt weights, or by plain SGD if meta_loss is None. -> AUCs, weights, test accuracies

    The arguments are those of study.trained and study.split.
    """
    if meta_loss is None:
        return plain(seed)
    clean_setting = {"meta_noise_rate": 0.0, "noise_rate": NOISE_RATE, "seed": seed, "size": size, "kind": kind}
    setting = clean_setting | {"meta_noise_rate": meta_noise_rate}
    task, meta = study.split(**setting)
    _, clean = study.split(**clean_setting)
    early = study.trained(meta_loss=meta_loss, epochs=2, **setting)
    learnt = study.trained(meta_loss=meta_loss, **setting)
    method = learnt.run.method
    distance = defect_of(method, task=task, meta=clean, eta=REDRAWN)
    return {
        **of_weights(learnt),
        **of_meta(early.run.method, meta, clean),
        "distance from Theorem 1": distance,
        **of_test(learnt.run),
    }


@torch.no_grad()
def of_weights(learnt: study.Learnt) -> dict[str, float]:
    """Return what V makes of the training samples after the last epoch, and the AUCs before."""
    V = learnt.run.method.V
    loss = learnt.loss[-1]
    weight = study.weights_of(V, loss)
    losses = torch.tensor([0.03, 3.0])
    small, large = study.weights_of(V, losses)
    total = weight.sum()
    weight_on_wrong = weight[learnt.wrong].sum() / total
    area = learnt.area[-1]
    by_loss = auc(loss, learnt.wrong)
    to_loss = abs(area - by_loss)
    to_reversed_loss = abs(area - 1 + by_loss)
    return {
        "AUC of the weights, epoch 1": learnt.area[0],
        "AUC of the weights, last epoch": area,
        "AUC of the weights, best epoch": max(learnt.area),
        "AUC of small losses, last epoch": by_loss,
        "AUC differs from that of the loss or 1 minus it": min(to_loss, to_reversed_loss),
        "weight on wrong labels, last epoch": float(weight_on_wrong),
        "V(3) / V(0.03), last epoch": float(large / small),
    }


def of_meta(method: Method, meta: Split, clean: Split) -> dict[str, float]:
    """Return how many meta labels are wrong, and how probable the method's network finds both kinds.

    clean: the same meta samples with clean labels.
    """
    wrong = meta.y != clean.y
    p = study.probability(method.nets[0], meta)
    return {
        "wrong meta labels": float(wrong.double().mean()),
        "p of clean meta labels, epoch 2": mean_of(p[~wrong]),
        "p of wrong meta labels, epoch 2": mean_of(p[wrong]),
    }


def mean_of(values: Tensor) -> float:
    """Return the mean, 0 if there are no values."""
    return float(values.mean()) if len(values) else 0.0


def of_test(run: Run) -> dict[str, float]:
    """Return test accuracies, and the fraction of wrong labels that are memorised."""
    last = run.rows[-1]
    return {"wrong labels memorised": float(last["noisy_memorised"]), **run.accuracy}


def plain(seed: int) -> dict[str, float]:
    """Return the row of plain SGD, whose weights are all equal."""
    task, _ = study.split(noise_rate=NOISE_RATE, meta_noise_rate=0.0, seed=seed)
    wrong = task.train.y != task.truth.y
    run = study.plain(noise_rate=NOISE_RATE, seed=seed)
    return {
        "AUC of the weights, epoch 1": 0.5,
        "AUC of the weights, last epoch": 0.5,
        "AUC of the weights, best epoch": 0.5,
        "AUC of small losses, last epoch": 0.5,
        "AUC differs from that of the loss or 1 minus it": 0.0,
        "weight on wrong labels, last epoch": float(wrong.double().mean()),
        "V(3) / V(0.03), last epoch": 1.0,
        "wrong meta labels": 0.0,
        "p of clean meta labels, epoch 2": 0.0,
        "p of wrong meta labels, epoch 2": 0.0,
        "distance from Theorem 1": 0.0,
        **of_test(run),
    }


def swept(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the uniform settings. -> DataFrame, a row per meta loss, noise rate of the meta set and seed: auc, test

    rows: what is stored, with columns setting and seed.
    """
    settings = uniform_settings()
    points = pd.DataFrame.from_dict(settings, orient="index")
    points = points.rename(columns={"meta_noise_rate": "eta"})
    points = points.rename_axis("setting").reset_index()
    names = {"AUC of the weights, last epoch": "auc", "last": "test"}
    columns = ["setting", "seed", "auc", "test"]
    measured = rows.rename(columns=names)[columns]
    return points.merge(measured, on="setting")
