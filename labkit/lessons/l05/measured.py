"""What lesson 05 quotes: which samples selectors choose at a network, and how accurate networks become on coresets."""

from ...fit import fit
from ...load import load
from ...methods import CRUST, ERM, Mixup
from ...noise import corrupt
from . import study

TRAINED = 25  # epochs of the methods that are compared; the released code starts to choose after START of them
START = 3
LOOKS = (2, 6, 10, 20, 40)  # epochs of plain SGD after which selectors choose
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


def setting_of(noise, epochs):
    """Return the name of a setting in which plain SGD trains, e.g. "symmetric 50 %, 6 epochs"."""
    return f"{noise}, {epochs} epochs"


def looks():
    """Return plain SGD under every noise of the lesson, stopped at LOOKS. -> SETTINGS"""
    first = setting_of("symmetric 50 %", 6)
    points = {first: {"noise": "symmetric 50 %", "epochs": 6}}
    for noise in study.NOISES:
        for epochs in LOOKS:
            points[setting_of(noise, epochs)] = {"noise": noise, "epochs": epochs}
    return points


SETTINGS = {**looks(), **{name: {"noise": "symmetric 50 %", "epochs": TRAINED, "method": name} for name in METHODS}}


def measure(seed, noise, epochs, method="plain SGD"):
    """Train a method, then let every selector choose half of each predicted class at its network. -> fractions

    method: of METHODS.
    """
    task = corrupt(load("digits"), study.NOISES[noise], seed)
    run = fit(METHODS[method], task, "mlp", epochs, seed, device="cpu", progress=False)
    scene = study.scene_of(run.method.nets[0], task)
    last = run.rows[-1]
    return {
        "clean in the training set": float(scene.clean.double().mean()),
        **of_half(scene),
        **of_pairs(scene),
        **of_clusters(scene),
        **of_gradients(scene),
        "clean among the trained on, last epoch": float(last["selected_precision"]),
        **run.accuracy,
    }


def of_half(scene):
    """Label precision of half of each predicted class, by selector, and of half of each given class. -> dict"""
    values = {}
    table = study.halves(scene)
    for name, words in SELECTED.items():
        row = table.loc[name]
        values[f"clean, {words}"] = float(row["precision"])
        values[f"clean, {words}, weighted by clusters"] = float(row["weighted"])
    by_label = study.halves(scene, selectors=("centrality",), group_by="label")
    values["clean, centrality by given label"] = float(by_label["precision"].iloc[0])
    return values


def of_pairs(scene):
    """How many pairs of a predicted class are more than study.FAR apart, by what their labels are. -> dict"""
    table = study.pair_distances(scene)
    return {f"{pair}: more than 1 apart": float(table.loc[pair, "more than 1 apart"]) for pair in table.index}


def of_clusters(scene):
    """How varied the first ten medoids of a predicted class are, and how large the clusters of wrong labels. -> dict"""
    first = study.cloud(scene, "facility_location", 0.5).members_chosen[:10]
    return {
        "given labels among the first 10 medoids": int(scene.task.train.y[first].unique().numel()),
        "largest cluster of wrong labels, of the clean": study.largest_wrong_cluster(scene),
    }


def of_gradients(scene):
    """What a small gradient means: memorised wrong labels, easy clean labels. -> dict"""
    wrong = ~scene.clean
    norm = scene.gradients.norm(dim=1)
    half, _ = study.experiments.select_coreset(scene.net, scene.task.train, selector="centrality", keep=0.5)
    kept, left = study.easy(scene, half)
    return {
        "wrong labels memorised": float((scene.group == scene.task.train.y)[wrong].double().mean()),
        "wrong labels with a small gradient": float((norm[wrong] < SMALL).double().mean()),
        "clean labels with a small gradient": float((norm[~wrong] < SMALL).double().mean()),
        "mean p of a clean label that is kept": kept,
        "mean p of a clean label that is left out": left,
    }


def over_epochs(rows, noise, word):
    """Return the label precision of a selector over LOOKS. -> DataFrame with epoch, seed and precision

    rows: what is stored. word: of SELECTED's values.
    """
    epochs = {setting_of(noise, epoch): epoch for epoch in LOOKS}
    table = rows[rows["setting"].isin(epochs)]
    names = {f"clean, {word}": "precision"}
    return table.assign(epoch=table["setting"].map(epochs)).rename(columns=names)[["epoch", "seed", "precision"]]
