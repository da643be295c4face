"""What lesson 05 quotes: which samples selectors choose at a network, and how accurate networks become on coresets."""

from typing import Any

import pandas as pd

from ...fit import fit
from ...load import load
from ...measure import share
from ...methods import CRUST, ERM, Mixup
from ...noise import corrupt
from ...papers.crust.experiments import select_coreset
from . import study

TRAINED = 25  # epochs of the methods that are compared; the released code starts to choose after START of them
START = 3
STOPS = (2, 6, 10, 20, 40)  # epochs of plain SGD after which selectors choose
METHODS = {
    "plain SGD": ERM(),
    "mixup, no coreset": Mixup(),
    "Algorithm 1": CRUST(variant="paper"),
    "Algorithm 1, no mixup": CRUST(variant="paper", mixup="none"),
    "Algorithm 1, centrality": CRUST(variant="paper", selector="centrality"),
    "released code": CRUST(start=START),
    "released code, no mixup": CRUST(start=START, mixup="none"),
    "released code, bug fixed": CRUST(start=START, selector="facility_location"),
    "released code, cluster weights": CRUST(start=START, weights="cluster"),
}
SMALL = 0.5  # a gradient with a smaller norm counts as near zero
SELECTED = {
    "centrality": "centrality",
    "facility_location": "facility location",
    "kmedoids": "k-medoids",
    "smallest gradient": "smallest gradient",
}


def setting_of(noise: str, epochs: int) -> str:
    """Return the name of a setting in which plain SGD trains, e.g. "symmetric 50 %, 6 epochs"."""
    return f"{noise}, {epochs} epochs"


def all_settings() -> dict[str, dict[str, Any]]:
    """Return the lesson's settings: plain SGD under every noise, stopped at STOPS, then the methods. -> SETTINGS"""
    first = setting_of("symmetric 50 %", 6)
    settings = {first: {"noise": "symmetric 50 %", "epochs": 6}}
    for noise in study.NOISES:
        for epochs in STOPS:
            name = setting_of(noise, epochs)
            settings[name] = {"noise": noise, "epochs": epochs}
    for name in METHODS:
        settings[name] = {"noise": "symmetric 50 %", "epochs": TRAINED, "method": name}
    return settings


SETTINGS = all_settings()


def measure(seed: int, noise: str, epochs: int, method: str = "plain SGD") -> dict[str, float]:
    """Train a method, then let every selector choose half of each predicted class at its network. -> fractions

    method: of METHODS.
    """
    digits = load("digits")
    task = corrupt(digits, study.NOISES[noise], seed)
    run = fit(METHODS[method], task, "mlp", epochs, seed, device="cpu", progress=False)
    net = run.method.nets[0]
    scene = study.scene_of(net, task)
    last_row = run.rows[-1]
    return {
        "clean in the training set": share(scene.clean),
        **of_half(scene),
        **of_pairs(scene),
        **of_clusters(scene),
        **of_gradients(scene),
        "clean among the trained on, last epoch": float(last_row["selected_precision"]),
        **run.accuracy,
    }


def of_half(scene: study.Scene) -> dict[str, float]:
    """Measure the label precision of half of each predicted class, by selector, and of half of each given class."""
    values = {}
    table = study.halves(scene)
    for selector, name in SELECTED.items():
        row = table.loc[selector]
        values[f"clean, {name}"] = float(row["precision"])
        values[f"clean, {name}, weighted by clusters"] = float(row["weighted"])
    by_label = study.halves(scene, selectors=("centrality",), group_by="label")
    row = by_label.loc["centrality"]
    values["clean, centrality by given label"] = float(row["precision"])
    return values


def of_pairs(scene: study.Scene) -> dict[str, float]:
    """Measure which fraction of the pairs of a predicted class is more than study.FAR apart, by kind of pair."""
    is_far = study.pair_distances(scene)["more than 1 apart"]
    return {f"{pair}: more than 1 apart": float(fraction) for pair, fraction in is_far.items()}


def of_clusters(scene: study.Scene) -> dict[str, float]:
    """Measure how varied the first ten medoids of a predicted class are, and how large the clusters of wrong labels."""
    cloud = study.cloud(scene, "facility_location", 0.5)
    first = cloud.members_chosen[:10]
    labels = scene.task.train.y[first]
    return {
        "given labels among the first 10 medoids": len(labels.unique()),
        "largest cluster of wrong labels, of the clean": study.largest_wrong_cluster(scene),
    }


def of_gradients(scene: study.Scene) -> dict[str, float]:
    """Measure which labels have a small gradient: memorised wrong ones, and easy clean ones."""
    wrong = ~scene.clean
    fitted = scene.group == scene.task.train.y
    norm = scene.gradients.norm(dim=1)
    is_small = norm < SMALL
    half, _ = select_coreset(scene.net, scene.task.train, selector="centrality", keep=0.5)
    p_kept, p_left_out = study.easy(scene, half)
    return {
        "wrong labels memorised": share(fitted, wrong),
        "wrong labels with a small gradient": share(is_small, wrong),
        "clean labels with a small gradient": share(is_small, ~wrong),
        "mean p of a clean label that is kept": p_kept,
        "mean p of a clean label that is left out": p_left_out,
    }


def over_epochs(rows: pd.DataFrame, noise: str, name: str) -> pd.DataFrame:
    """Return the label precision of a selector over STOPS. -> DataFrame with epoch, seed and precision

    rows: what is stored. name: of SELECTED's values.
    """
    epochs = {setting_of(noise, epoch): epoch for epoch in STOPS}
    names = {"setting": "epoch", f"clean, {name}": "precision"}
    table = rows.rename(columns=names)
    selected = table[table["epoch"].isin(epochs)]
    number = selected["epoch"].map(epochs)
    return selected.assign(epoch=number)[["epoch", "seed", "precision"]]
