"""What the panel of lesson 08 draws: the weight function, the losses, the history, and a line of words."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from torch import Tensor

from ...fit import Run
from ...panels import curve, svg_style
from ...plot.style import colour
from .study import EDGES, LOSSES, Learnt, histogram, split

INKS = {"CE": colour("MNW-Net"), "MAE": colour("RMNW-Net")}
CLEAN = colour("clean_fitted")
WRONG = colour("noisy_memorised")
FAINT = (1, 2, 4, 8)  # epochs after which V is drawn faintly
CENTRES = (EDGES[1:] * EDGES[:-1]) ** 0.5
Picture = dict[str, Any]


def pictures(learnt: Learnt, state: SimpleNamespace) -> dict[str, Picture]:
    """Draw the weight function, the losses and the history after each epoch."""
    epochs = _epochs(learnt)
    weights = weight_curves(learnt, state)
    series = [loss_curves(loss, learnt.wrong) for loss in learnt.loss]
    n = len(learnt.wrong)
    caption = f"n = {n:,}, after epoch {{epoch}}. The smallest and largest losses are in the outer bins."
    weights_per_epoch = {
        "epoch": epochs,
        "series": [[weight] for weight in weights],
        "before": [earlier_weights(weights, epoch) for epoch in epochs],
    }
    return {
        "V": {"per_epoch": weights_per_epoch},
        "losses": {"caption": caption, "per_epoch": {"epoch": epochs, "series": series}},
        "history": history(learnt, state),
    }


def _epochs(learnt):
    """Return the epochs of a training so far, counted from 1."""
    done = len(learnt.area)
    return list(range(1, done + 1))


def weight_curves(learnt: Learnt, state: SimpleNamespace) -> list[Picture]:
    """Draw V(loss) after each epoch."""
    ink = INKS[state.loss]
    losses = LOSSES.tolist()
    curves = []
    for epoch, V in zip(_epochs(learnt), learnt.V):
        name = f"after epoch {epoch}"
        curves.append(curve(name, losses, rounded(V), ink, "", "none"))
    return curves


def earlier_weights(weights: list[Picture], epoch: int) -> list[Picture]:
    """Return the curves of V that are drawn faintly behind that of an epoch."""
    return [weights[earlier - 1] for earlier in FAINT if earlier < epoch]


def loss_curves(loss: Tensor, wrong: Tensor) -> list[Picture]:
    """Draw how the losses of clean and of wrong labels are distributed. loss, wrong [N]"""
    clean_bins = rounded(histogram(loss, ~wrong))
    wrong_bins = rounded(histogram(loss, wrong))
    return [
        curve("clean labels", CENTRES, clean_bins, CLEAN, "", "circle"),
        curve("wrong labels", CENTRES, wrong_bins, WRONG, "7 3", "square"),
    ]


def history(learnt: Learnt, state: SimpleNamespace, run: Run | None = None) -> Picture:
    """Draw AUC of the weights, test accuracy and memorised labels, and faintly plain SGD's.

    run: of plain SGD, once it is trained.
    """
    epochs = _epochs(learnt)
    ink = INKS[state.loss]
    area = curve("AUC of the weights", epochs, learnt.area, ink, "", "diamond")
    n = len(learnt.wrong)
    meta_size = len(_meta_set(state, state.eta))
    data = f"digits, n = {n:,}, MLP, uniform {state.rate:.0%}"
    setting = f"{data}, {meta_size} meta samples, seed {state.seed}."
    return {
        "series": [area, *run_curves(learnt.run)],
        "before": run_curves(run) if run else [],
        "lines": [{"name": "AUC of chance", "y": 0.5}],
        "caption": f"{setting} Faint: plain SGD." if run else setting,
        "per_epoch": {"epoch": epochs},
    }


def run_curves(run: Run) -> list[Picture]:
    """Draw test accuracy and memorised labels of a run."""
    epochs = [row["epoch"] for row in run.rows]
    test = [row["test"] for row in run.rows]
    memorised = [row["noisy_memorised"] for row in run.rows]
    return [
        curve("test accuracy", epochs, test, **svg_style("test")),
        curve("wrong labels memorised", epochs, memorised, **svg_style("noisy_memorised")),
    ]


def rounded(values: Iterable[float]) -> list[float]:
    """Round to three decimals, enough for a pixel."""
    return [round(float(value), 3) for value in values]


def message(learnt: Learnt, state: SimpleNamespace, run: Run | None = None) -> str:
    """Say the result in a line. run: of plain SGD, once it is trained."""
    key = (state.loss, state.eta)
    methods = {("CE", 0.0): " (MW-Net)", ("CE", state.rate): " (MNW-Net)", ("MAE", state.rate): " (RMNW-Net)"}
    method = methods.get(key, "")
    wrong = wrong_meta_labels(state)
    last = learnt.run.rows[-1]
    setting = f"{wrong:.0%} of the meta labels wrong, {state.loss}{method}"
    result = f"epoch {last['epoch']}: AUC {learnt.area[-1]:.2f}, test {last['test']:.1%}"
    if run:
        plain_last = run.rows[-1]
        result += f" (plain SGD {plain_last['test']:.1%})"
    return f"{setting}, {result}"


def wrong_meta_labels(state: SimpleNamespace) -> float:
    """Return the fraction of the meta labels that are wrong."""
    noisy = _meta_set(state, state.eta)
    clean = _meta_set(state, 0.0)
    wrong = noisy.y != clean.y
    return wrong.float().mean().item()


def _meta_set(state, eta):
    """Return the meta set whose noise rate is eta."""
    _, meta = split(noise_rate=state.rate, meta_noise_rate=eta, seed=state.seed)
    return meta
