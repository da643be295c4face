"""The panel of lesson 11: stored runs on CIFAR-10 with people's labels, beside noise that a computer draws."""

import numpy as np

from ...noise import symmetric
from ...panels import Move, Question, Sketch, choice, curve, part, slider, svg_style
from .figures import SHORT
from .reading import best_assumed, of
from .study import CLASSES, EPOCHS, NOISES, RATES, STARTS, matrix, results, true_rate

EACH = range(1, EPOCHS + 1)
BESIDE = ("ERM", "GCE", "ELR", "Confident learning", "Co-teaching")
MEAN = "Mean of the ten epochs (at first fewer) up to epoch {epoch}."


def draw(state, show):
    """One setting of the stored runs. -> the runs of SPL in this setting"""
    runs = results()
    spl = of(runs, noise=state.noise, method="SPL", assumed_rate=state.rate, start=state.start)
    other = of(runs, noise=state.noise, method=state.other)
    n = f"CIFAR-10, n = {int(spl['samples'].iloc[0]):,}, patch features, MLP, {EPOCHS} epochs, {len(spl)} seeds"
    name = f"SPL, ε = {state.rate:.0%}" if state.rate else "SPL, ε = 0 (plain SGD)"
    T = values_of(state.noise)
    wrong = 100 - 10 * sum(T[k][k] for k in range(len(T)))
    show(
        history={**lines(spl, name, other, state.other), "caption": f"{n}. Bands: lowest to highest seed."},
        sweep={**sweep(runs, state), "caption": f"{MEAN} The cross is the slider."},
        matrix={"values": T, "caption": f"{state.noise}: {wrong:.1f} % wrong."},
        methods={**bars(runs, state.noise), "caption": f"{MEAN} Whiskers: the seeds. Co-teaching assumes 40 %."},
        message=f"{name}, {state.start}, {state.noise}: test {spl['last10'].mean():.1%}, last ten epochs",
    )
    return spl


def lines(spl, words, other, name):
    """Curves over the epochs: the chosen setting of SPL, and the test accuracy of another method. -> traits"""
    x = EACH
    drawn = [
        (f"{words}: test", spl, "test", {**svg_style("SPL"), "marker": "none"}),
        (f"{words}: noisy validation", spl, "val_noisy", {**svg_style("SPL"), "dash": "2 3", "marker": "none"}),
        (
            f"{words}: wrong labels memorised",
            spl,
            "noisy_memorised",
            {**svg_style("noisy_memorised"), "marker": "none"},
        ),
        (f"{name}: test", other, "test", {**svg_style(name), "marker": "none", "dash": "7 3"}),
    ]
    series = [curve(label, x, stack(runs, column).mean(0), **style) for label, runs, column, style in drawn]
    bands = [band(x, stack(runs, column), style["colour"]) for _, runs, column, style in (drawn[0], drawn[3])]
    return {"series": series, "bands": bands, "per_epoch": {"epoch": list(EACH)}}


def sweep(runs, state):
    """SPL over its assumed rate, and another method next to it, epoch by epoch. -> traits"""
    same = {"noise": state.noise, "method": "SPL", "start": state.start}
    groups = [of(runs, assumed_rate=rate, **same) for rate in RATES]
    test = np.stack([recent(rows, "test") for rows in groups])
    seen = np.stack([recent(rows, "val_noisy") for rows in groups])
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
    found = {name: recent(of(runs, noise=noise, method=name), "test") for name in BESIDE}
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


def values_of(noise):
    """The transition matrix of a noise; people's is counted. -> lists"""
    T = matrix() if noise == "people" else symmetric(true_rate()).matrix(len(CLASSES), "cifar10")
    return [[round(float(value), 3) for value in row] for row in T]


SCALE = {"ylim": [0, 0.8], "unit": "percent", "height": 182}
MOVES = (
    Move(
        "over 10 epochs",
        {"start": "over 10 epochs"},
        "Next to it is the same filter at once. Where is the highest point of the test curve now? Is it higher?",
        beside={"start": "at once"},
    ),
    Move(
        "60 % beside 0 %",
        {"rate": 0.6},
        "At ε = 0 nothing is dropped, so that is plain SGD. Which of the two memorises fewer wrong labels? Which has "
        "the higher test accuracy?",
        beside={"rate": 0.0},
    ),
    Move(
        "symmetric",
        {"noise": "symmetric"},
        "The same fraction of labels is wrong. At which ε is SPL best now, and which of the other methods gains most?",
        beside={"noise": "people"},
    ),
    Move(
        "what can be seen",
        {"noise": "people", "start": "at once"},
        "Without true labels you see the dotted curve on the right alone. Does it lead you to a good ε?",
    ),
)
SKETCH = Sketch(
    name="11",
    title="CIFAR-10 as people labelled it",
    controls=[
        slider("rate", "ε", "SPL assumes", RATES, 0.4, "percent"),
        choice("start", "ε(t)", "from when", list(STARTS), "at once"),
        choice("noise", "T", "noise", NOISES, "people"),
        choice("other", "", "beside it", list(BESIDE), "ERM"),
    ],
    rows=[["history", "sweep"], ["matrix", "methods"]],
    parts=[
        part(
            "curves",
            "history",
            title="Over the epochs",
            xlabel="epoch",
            ylabel="fraction",
            xlim=[0.5, EPOCHS + 0.5],
            share=1.2,
            **SCALE,
        ),
        part(
            "curves",
            "sweep",
            title="Which rate should SPL assume?",
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
            **{**SCALE, "ylim": [0, 0.7], "height": 200},
        ),
    ],
    draw=draw,
    moves=MOVES,
    versus="other",
    question=Question(
        "CIFAR-10 as people labelled it, 40 % of the labels wrong. SPL drops the fraction ε with the largest losses, "
        "from the first step on. With which ε (0 to 60 %) does it end with the highest test accuracy?",
        unit="percent",
        naive=0.4,
        measure=best_assumed,
        seeds=range(5),
        part="sweep",
        along="x",
        setting={"noise": "people", "start": "at once"},
    ),
    stored=True,
)
