"""The sandbox's panel: two to four methods race on the same data, noise and seed."""

from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import labkit

from ...fit import CRITERIA, Run
from ...noise import suited
from ...panels import Move, Question, Sketch, choice, curve, cycle, part, slider
from ...panels.live import one_thread
from ...panels.pictures import SVG_DASHES, SVG_MARKERS, svg_style
from ...plot.race import line_style
from ...plot.style import COLOURS
from ...runs.race import Race
from ...runs.scores import score_column, scores, selects

EPOCHS = 30
FAST = 2  # epochs with LABKIT_FAST=1
RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
STORED = (0.0, 0.2, 0.4, 0.6)  # rates
KINDS = ("symmetric", "pairflip")  # stored noises
START = "filter and penalty"
YOUR_METHODS = "yours"
PRESETS = {  # plain SGD, and methods that answer one of its four questions
    START: ("ERM", "Co-teaching", "ELR"),
    "filters": ("ERM", "SPL", "PRL(L)"),
    "losses": ("ERM", "SCE", "ELR"),
    "updates": ("ERM", "CDR", "CDR+AUX"),
}
NO_FILTER = "none of them leaves samples out"
TITLE = "The same runs, four ways to read them"


def of(race: Race, question: Question | None = None) -> Sketch:
    """Return the panel of a race: its data, network and epochs; its methods, and the presets beside them.

    A race of a preset at the defaults is the panel called "sandbox", which has stored pictures.
    """
    contestants = dict(PRESETS) if race.clean.classes else {}
    start = _preset_of(race, contestants)
    if start == YOUR_METHODS:
        contestants = {YOUR_METHODS: race.methods} | contestants
    is_stored = start != YOUR_METHODS and _has_defaults(race)

    def draw(state: SimpleNamespace, show: Callable) -> dict[str, Run]:
        return _train(race, contestants[state.contestants], state, show)

    return Sketch(
        name="sandbox" if is_stored else "your race",
        title="The race",
        controls=_controls(race, list(contestants), start),
        rows=[["race"], ["precision", "table"]],
        parts=_parts(race),
        draw=draw,
        question=question,
        moves=MOVES if is_stored else (),
        versus="contestants",
    )


def _preset_of(race, presets):
    """Return the name of the preset that has a race's methods under their own names, else YOUR_METHODS."""
    labels = tuple(race.methods)
    if tuple(race.methods.values()) != labels:
        return YOUR_METHODS
    for name, methods in presets.items():
        if methods == labels:
            return name
    return YOUR_METHODS


def _has_defaults(race):
    """Return whether a race has the data, network and epochs of the stored pictures."""
    plain = Race(tuple(race.methods), noise=race.noise, rate=race.rate, epochs=EPOCHS)
    return race.same_setting(plain)


def _train(race, methods, state, show):
    """Train an epoch of each method in turn, until all are done. -> {label: Run}"""
    epochs = min(race.epochs, FAST) if labkit.fast() else race.epochs
    chosen = race.but(methods, state.noise, state.rate, epochs)
    with one_thread():
        for runs in chosen.steps(state.seed):
            finished = min(_lengths(runs))
            progress = min(1.0, finished / epochs)
            show(**pictures(chosen, runs, state.seed), message=f"epoch {finished}", progress=progress)
    show(message=verdict(runs))
    return runs


def _lengths(runs):
    """Return how many epochs each run has. -> list"""
    return [len(run.rows) for run in runs.values()]


def _controls(race, contestants, start):
    """Return the controls of a race. contestants: names of groups of methods; start: one of them."""
    rates = sorted({*RATES, race.rate})
    noises = suited(race.clean)
    stored_noises = [noise for noise in noises if noise in KINDS]
    return [
        slider("rate", "τ", "noise rate", rates, race.rate, "percent", stored=STORED),
        choice("noise", "", "noise", noises, race.noise, stored=stored_noises or noises[:1]),
        choice("contestants", "", "methods", contestants, start),
        cycle("seed", "", "Next seed", range(10), stored=[0]),
    ]


def _parts(race):
    """Return three pictures with fixed axes."""
    score = "test accuracy" if race.clean.classes else "R2 on the test set"
    xlim = [0.5, race.epochs + 0.5]
    precision = {"ylabel": "fraction with a clean label", "height": 170, "hint": NO_FILTER}
    columns = ["method", *CRITERIA, "precision"]
    return [
        part("curves", "race", title=f"Whose {score} is highest?", ylabel=score, height=210, xlim=xlim),
        part("curves", "precision", title="Label precision of what is selected", xlim=xlim, **precision),
        part("table", "table", title=f"{TITLE}: {score} in %", columns=columns),
    ]


def pictures(race: Race, runs: Mapping[str, Run], seed: int) -> dict[str, dict]:
    """Return curves, precision and table of a race so far, as traits by part. runs: {label: Run}"""
    styles = _styles(runs)
    first = next(iter(runs.values()))
    longest = max(_lengths(runs))
    epochs = {"epoch": list(range(1, 1 + longest))}
    accuracy = _curves(runs, score_column(first), styles)
    filters = _filters(runs)
    precision = _curves(filters, "selected_precision", styles)
    clean = {"name": "clean labels in all samples", "y": round(1 - first.noise["realised"], 4)}
    lines = [clean] if filters else []
    return {
        "race": {"series": accuracy, "caption": _caption(race, first, seed), "per_epoch": epochs},
        "precision": {"series": precision, "lines": lines, "per_epoch": epochs},
        "table": table(runs),
    }


def _caption(race, run, seed):
    """Return data, network, noise and seed in words. run: any of the race"""
    n = len(race.clean.train)
    noise = run.notes["noise_words"]
    return f"{race.clean.name}, {race.net_name}, n = {n:,}; {noise}; seed {seed}."


def _filters(runs):
    """Return the runs whose method leaves samples out. -> {label: Run}"""
    filters = {}
    for label, run in runs.items():
        if selects([run]):
            filters[label] = run
    return filters


def _curves(runs, column, styles):
    """Return a column of the history of each run as a curve over the epochs."""
    drawn = []
    for label, run in runs.items():
        epochs = range(1, len(run.rows) + 1)
        values = [row[column] for row in run.rows]
        drawn.append(curve(label, epochs, values, **styles[label]))
    return drawn


def _scores(runs):
    """Return the scores of one run per method. -> DataFrame, a row for each method"""
    return scores({label: [run] for label, run in runs.items()})


def table(runs: Mapping[str, Run]) -> dict[str, Any]:
    """Return the traits of the scores by criterion in percent; marked is the highest mean of the last ten epochs."""
    measured = _scores(runs)
    rows = []
    for _, row in measured.iterrows():
        numbers = row[[*CRITERIA, "precision"]].map(_percent)
        rows.append([row["method"], *numbers])
    marked = []
    last10 = measured["last10"]
    if last10.notna().any():
        marked.append(int(last10.idxmax()))
    caption = "Marked: the highest mean of the last ten epochs. Precision: of the last epoch."
    return {"rows": rows, "marked": marked, "caption": caption}


def _percent(fraction):
    """Return a fraction in percent, a dash for NaN."""
    return "–" if fraction != fraction else f"{100 * fraction:.1f}"


def verdict(runs: Mapping[str, Run]) -> str:
    """Return in one line which method is first by each criterion, and which ones diverged."""
    measured = _scores(runs).set_index("method")
    winners = []
    sentences = []
    for name in CRITERIA:
        accuracy = measured[name]
        if accuracy.notna().any():
            first = accuracy.idxmax()
            winners.append(first)
            sentences.append(f"{name}: {first}")
    if len(set(winners)) == 1:
        sentences = [f"every criterion: {winners[0]}"]
    sentence = f"first by {'; '.join(sentences)}"
    diverged = [label for label, run in runs.items() if "diverged" in run.notes]
    return f"{sentence}. Diverged: {', '.join(diverged)}" if diverged else sentence


def _styles(labels: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return colour, dash and marker of every contestant, in SVG's notation, which has four markers: no two share one.

    -> {label: dict}
    """
    styles = {}
    free = list(SVG_MARKERS.values())
    for k, label in enumerate(labels):
        style = svg_style(label) if label in COLOURS else _style_of_place(label, k)
        if style["marker"] not in free:
            style["marker"] = free[0]
        free.remove(style["marker"])
        styles[label] = style
    return styles


def _style_of_place(label, k):
    """Return the style of a contestant that labkit does not know, from its place k."""
    style = line_style(label, k)
    dash = SVG_DASHES.get(style["linestyle"], "")
    return {"colour": style["color"], "dash": dash, "marker": "circle"}


def winner(seed: int) -> str:
    """Return the answer to the sandbox's question for a seed: the name of a method."""
    runs = Race(PRESETS[START], epochs=EPOCHS).run([seed])
    return scores(runs).set_index("method")["last10"].idxmax()


MOVES = (
    Move(
        "no noise",
        {"rate": 0.0},
        "No label is wrong, and there is nothing to gain. Does robustness cost something here?",
    ),
    Move(
        "60 %",
        {"rate": 0.6},
        "How far does plain SGD (grey) fall behind at the end? From which rate on?",
    ),
    Move(
        "filters",
        {"contestants": "filters"},
        "Look at the lower left picture: the fraction of clean labels among the images that are kept. The dotted "
        "line is what you get without choosing.",
    ),
    Move(
        "pairflip, 40 %",
        {"noise": "pairflip"},
        "All wrong labels of a class now agree with each other. Which of the methods still helps?",
    ),
)
QUESTION = Question(
    f"Symmetric noise 40 %, {EPOCHS} epochs. Which method has the highest mean test accuracy in the last ten epochs?",
    unit="choice",
    naive="Co-teaching",
    measure=winner,
    seeds=range(3),
    options=PRESETS[START],
    setting={"rate": 0.4, "noise": "symmetric", "contestants": START},
)
SKETCH = of(Race(PRESETS[START], epochs=EPOCHS), QUESTION)
