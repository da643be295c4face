"""The panel of lesson 11: stored runs on CIFAR-10 with people's labels, beside noise that a computer draws."""

import numpy as np

from ...panels import Move, Question, Sketch, choice, curve, part, slider, svg_style
from .figures import SHORT
from .study import CLASSES, EPOCHS, NOISES, OTHERS, RATES, best_told, complete, models, of

EACH = range(1, EPOCHS + 1)
MEAN = "Mean of the ten epochs (at first fewer) up to epoch {epoch}."


def draw(state, show):
    """One setting of the stored runs; trains what is missing of them first. -> the runs of SPL in this setting"""
    runs = complete()
    spl, other = (
        of(runs, noise=state.noise, method="SPL", assumed_rate=state.rate),
        of(runs, noise=state.noise, method=state.other),
    )
    n = f"CIFAR-10, n = {int(runs['samples'].iloc[0]):,}, patch features, MLP, {EPOCHS} epochs, {len(spl)} seeds"
    told = f"SPL, ε = {state.rate:.0%}" if state.rate else "SPL, ε = 0 (plain SGD)"
    show(
        history={**lines(spl, told, other, state.other), "caption": f"{n}. Bands: lowest to highest seed."},
        sweep={**sweep(runs, state), "caption": f"{MEAN} The cross is the slider."},
        matrix={"values": matrix(state.noise), "caption": f"{state.noise}: {100 * rate(state.noise):.1f} % wrong."},
        methods={
            **bars(runs, state.noise),
            "caption": f"{MEAN} Whiskers: the seeds. Co-teaching is told 40 %.",
        },
        message=f"{told}, {state.noise}: test {spl['last10'].mean():.1%}, last ten epochs",
    )
    return spl


def lines(spl, told, other, name):
    """Curves over the epochs: the chosen setting of SPL, and the test accuracy of another method. -> traits"""
    x = EACH
    drawn = [
        (f"{told}: test", spl, "test", {**svg_style("SPL"), "marker": "none"}),
        (f"{told}: noisy validation", spl, "val_noisy", {**svg_style("SPL"), "dash": "2 3", "marker": "none"}),
        (f"{told}: wrong labels memorised", spl, "noisy_memorised", {**svg_style("noisy_memorised"), "marker": "none"}),
        (f"{name}: test", other, "test", {**svg_style(name), "marker": "none", "dash": "7 3"}),
    ]
    series = [curve(words, x, stack(runs, column).mean(0), **style) for words, runs, column, style in drawn]
    bands = [band(x, stack(runs, column), style["colour"]) for _, runs, column, style in (drawn[0], drawn[3])]
    return {"series": series, "bands": bands, "per_epoch": {"epoch": list(EACH)}}


def sweep(runs, state):
    """SPL over what it is told, and another method beside it, epoch by epoch. -> traits"""
    told = [of(runs, noise=state.noise, method="SPL", assumed_rate=rate) for rate in RATES]
    test = np.stack([recent(rows, "test") for rows in told])
    seen = np.stack([recent(rows, "val_noisy") for rows in told])
    level = recent(of(runs, noise=state.noise, method=state.other), "test").mean(0)
    here, look = RATES.index(state.rate), svg_style("SPL")
    lists = {"epoch": list(EACH), "series": [], "bands": [], "lines": []}
    for k in range(EPOCHS):
        mean = test[:, :, k].mean(1)
        series = [
            curve("test", RATES, mean, **look),
            curve("noisy validation", RATES, seen[:, :, k].mean(1), **{**look, "dash": "2 3"}),
            curve("here", [state.rate], [mean[here]], "currentColor", "", "cross"),
        ]
        lists["series"].append(series)
        lists["bands"].append([band(RATES, test[:, :, k].T, look["colour"])])
        lists["lines"].append([{"name": state.other, "y": round(float(level[k]), 4)}])
    return {"per_epoch": lists}


def recent(runs, column):
    """The mean of the ten epochs that end at each epoch, of fewer at the start. -> [seeds, epochs]"""
    values = stack(runs, column)
    means = [values[:, max(0, end - 10) : end].mean(1) for end in EACH]
    return np.stack(means, 1)


def stack(runs, column):
    """A column of curves as an array. -> [seeds, epochs]"""
    return np.stack(runs[column].to_list())


def band(x, values, colour):
    """From the lowest to the highest. values [seeds, len(x)] -> dict"""
    low, high = (np.round(edge, 4).tolist() for edge in (values.min(0), values.max(0)))
    return {"x": list(x), "low": low, "high": high, "colour": colour}


def bars(runs, noise):
    """What every other method has reached, epoch by epoch. -> traits"""
    found = {name: recent(of(runs, noise=noise, method=name), "test") for name in OTHERS}
    number = lambda value: round(float(value), 4)
    lists = {"epoch": list(EACH), "bars": []}
    for k in range(EPOCHS):
        drawn = []
        for name, test in found.items():
            seeds = test[:, k]
            reach = {"value": number(seeds.mean()), "low": number(seeds.min()), "high": number(seeds.max())}
            drawn.append({"name": SHORT.get(name, name), **reach, "colour": svg_style(name)["colour"]})
        lists["bars"].append(drawn)
    return {"per_epoch": lists}


def matrix(noise):
    """The transition matrix of a noise; people's is what was counted. -> lists"""
    T = models()["people's T" if noise == "people" else noise].matrix(len(CLASSES), "cifar10")
    return [[round(float(share), 3) for share in row] for row in T]


def rate(noise):
    """The share of wrong labels that a noise asks for."""
    return 1 - float(np.mean(np.diag(matrix(noise))))


SCALE = {"ylim": [0, 0.8], "unit": "percent", "height": 182}
MOVES = (
    Move(
        "people, from 0 to 60 %",
        {"rate": 0.6},
        "Plain SGD (ε = 0) stands beside it. What happens to the wrong labels memorised, and what to the test "
        "accuracy? Do they have the same best ε?",
        beside={"rate": 0.0},
    ),
    Move(
        "symmetric, 40 %",
        {"noise": "symmetric"},
        "In the picture on the right, is the cross above the line of plain SGD (ERM)? And with people's labels?",
    ),
    Move(
        "what can be seen",
        {"noise": "people"},
        "The dotted curve on the right is all that somebody without true labels would see. Would it have led "
        "you to the right ε?",
    ),
)
SKETCH = Sketch(
    name="11",
    title="CIFAR-10 as people labelled it",
    controls=[
        slider("rate", "ε", "SPL is told", RATES, 0.4, "percent"),
        choice("noise", "T", "noise", NOISES, "people"),
        choice("other", "", "beside it", list(OTHERS), "ERM"),
    ],
    rows=[["history", "sweep"], ["matrix", "methods"]],
    parts=[
        part(
            "curves",
            "history",
            title="Over the epochs",
            xlabel="epoch",
            ylabel="share",
            xlim=[0.5, EPOCHS + 0.5],
            share=1.2,
            **SCALE,
        ),
        part(
            "curves",
            "sweep",
            title="What should SPL be told?",
            xlabel="ε, the assumed rate",
            ylabel="accuracy, mean of ten epochs",
            xlim=[-0.02, 0.62],
            xunit="percent",
            **{**SCALE, "ylim": [0.2, 0.6]},
        ),
        part(
            "matrix",
            "matrix",
            title="Transition matrix T",
            xlabel="given label",
            ylabel="true class",
            range=[0, 1],
            unit="percent",
            rows=list(CLASSES),
            columns=[name[:4] for name in CLASSES],
            height=200,
        ),
        part(
            "bars",
            "methods",
            title="The other methods, mean of ten epochs",
            ylabel="test accuracy",
            **{**SCALE, "ylim": [0, 0.6], "height": 200},
        ),
    ],
    draw=draw,
    moves=MOVES,
    versus="other",
    question=Question(
        "People's labels on CIFAR-10, 40.2 % of them wrong. SPL leaves out the share ε with the largest losses. With "
        "which ε (0 %, 10 %, ..., 60 %) is its test accuracy, the mean of the last ten epochs, highest? (seeds 0-2)",
        unit="percent",
        naive=0.4,
        measure=best_told,
        seeds=range(3),
        part="sweep",
        along="x",
        setting={"noise": "people"},
    ),
    stored=True,
)
