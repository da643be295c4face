"""What lesson 08 quotes: how weighting networks rank clean and wrong labels, and how probable meta labels are."""

import pandas as pd
import torch

from ...measure import auc
from ...papers.rmnw_net.theorem_1 import defect_of
from . import study

NOISE_RATE = 0.4  # of the training labels, uniform
ETAS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
REDRAWN = 0.4  # of the meta labels, in Theorem 1


def uniform_settings():
    """Return both meta losses at every noise rate of the meta labels. -> SETTINGS"""
    settings = {}
    for meta_loss in study.META_LOSSES:
        for eta in ETAS:
            settings[f"{meta_loss}, {100 * eta:.0f} %"] = {"meta_loss": meta_loss, "meta_noise_rate": eta}
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


def measure(seed, meta_loss=None, meta_noise_rate=0.0, size=study.META, kind="uniform"):
    """Train with learnt weights, or by plain SGD if meta_loss is None. -> AUCs, weights, test accuracies"""
    if meta_loss is None:
        return plain(seed)
    setting = {"meta_noise_rate": meta_noise_rate, "noise_rate": NOISE_RATE, "seed": seed, "size": size, "kind": kind}
    task, meta = study.split(**setting)
    _, clean = study.split(**{**setting, "meta_noise_rate": 0.0})
    early = study.trained(meta_loss=meta_loss, epochs=2, **setting)
    learnt = study.trained(meta_loss=meta_loss, **setting)
    distance = defect_of(learnt.run.method, task=task, meta=clean, eta=REDRAWN)
    result = {
        **of_weights(learnt),
        **of_meta(early, meta, clean),
        "distance from Theorem 1": distance,
    }
    return {**result, **of_test(learnt.run)}


def of_weights(learnt):
    """Return what V makes of the training samples after the last epoch, and the AUCs before. -> dict"""
    V, loss = learnt.run.method.V, learnt.loss[-1]
    with torch.no_grad():
        weight = V(loss[:, None])[:, 0]
        small, large = V(torch.tensor([[0.03], [3.0]]))[:, 0]
    area, by_loss = learnt.area[-1], auc(loss, learnt.wrong)
    return {
        "AUC of the weights, epoch 1": learnt.area[0],
        "AUC of the weights, last epoch": area,
        "AUC of the weights, best epoch": max(learnt.area),
        "AUC of small losses, last epoch": by_loss,
        "AUC differs from that of the loss or 1 minus it": min(abs(area - by_loss), abs(area - 1 + by_loss)),
        "weight on wrong labels, last epoch": float(weight[learnt.wrong].sum() / weight.sum()),
        "V(3) / V(0.03), last epoch": float(large / small),
    }


def of_meta(learnt, meta, clean):
    """Return how many meta labels are wrong, and how probable the network finds both kinds. -> dict"""
    wrong = meta.y != clean.y
    p = study.probability(learnt.run.method.nets[0], meta)
    return {
        "wrong meta labels": float(wrong.double().mean()),
        "p of clean meta labels, epoch 2": mean_of(p[~wrong]),
        "p of wrong meta labels, epoch 2": mean_of(p[wrong]),
    }


def mean_of(values):
    """Return the mean, 0 if there are no values. -> float"""
    return float(values.mean()) if len(values) else 0.0


def of_test(run):
    """Return test accuracies, and the fraction of wrong labels that are memorised. -> dict"""
    return {"wrong labels memorised": float(run.rows[-1]["noisy_memorised"]), **run.accuracy}


def plain(seed):
    """Return the row of plain SGD, whose weights are all equal. -> dict"""
    task, _ = study.split(noise_rate=NOISE_RATE, meta_noise_rate=0.0, seed=seed)
    wrong = float((task.train.y != task.truth.y).double().mean())
    run = study.plain(noise_rate=NOISE_RATE, seed=seed)
    equal = dict.fromkeys(("epoch 1", "last epoch", "best epoch"), 0.5)
    return {
        **{f"AUC of the weights, {epoch}": value for epoch, value in equal.items()},
        "AUC of small losses, last epoch": 0.5,
        "AUC differs from that of the loss or 1 minus it": 0.0,
        "weight on wrong labels, last epoch": wrong,
        "V(3) / V(0.03), last epoch": 1.0,
        "wrong meta labels": 0.0,
        "p of clean meta labels, epoch 2": 0.0,
        "p of wrong meta labels, epoch 2": 0.0,
        "distance from Theorem 1": 0.0,
        **of_test(run),
    }


def swept(rows):
    """Return the uniform settings. -> DataFrame, a row per meta loss, noise rate of the meta set and seed: auc, test

    rows: what is stored, with columns setting and seed.
    """
    points = pd.DataFrame([{"setting": name, **point} for name, point in uniform_settings().items()])
    points = points.rename(columns={"meta_noise_rate": "eta"})
    names = {"AUC of the weights, last epoch": "auc", "last": "test"}
    return points.merge(rows.rename(columns=names)[["setting", "seed", "auc", "test"]], on="setting")
