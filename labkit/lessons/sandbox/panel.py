"""The sandbox's panel: two to four methods race on the same data, noise and seed."""

import labkit

from ...fit import CRITERIA
from ...noise import suited
from ...panels import Move, Question, Sketch, choice, curve, cycle, part, slider
from ...panels.live import one_thread
from ...panels.pictures import SVG_DASHES, SVG_MARKERS, svg_style
from ...plot.race import line_style
from ...plot.style import COLOURS
from ...runs.race import Race
from ...runs.scores import score_column, scores, selects

EPOCHS, FAST = 30, 2
RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
START, YOURS = "trust or punish", "yours"
PRESETS = {  # plain SGD, and methods that answer one of its four questions
    START: ("ERM", "Co-teaching", "ELR"),
    "whom to trust": ("ERM", "SPL", "PRL(L)"),
    "what to punish": ("ERM", "SCE", "ELR"),
    "how to move": ("ERM", "CDR", "CDR+AUX"),
}
NONE = "none of them leaves samples out"


def of(race, question=None):
    """The panel of a race: its data, network and epochs; its methods, and the presets beside them. -> Sketch

    A race of a preset at the defaults is the panel called "sandbox", which has stored pictures.
    """
    presets = PRESETS if race.clean.classes else {}
    given = tuple(race.methods) if all(name == method for name, method in race.methods.items()) else ()
    start = next((name for name, methods in presets.items() if methods == given), YOURS)
    contestants = {**({YOURS: race.methods} if start == YOURS else {}), **presets}
    plain = start != YOURS and race.same_setting(Race(given, noise=race.noise, rate=race.rate, epochs=EPOCHS))

    def draw(state, show):
        """Train an epoch of each in turn, until all are done. -> {label: Run}"""
        epochs = min(race.epochs, FAST) if labkit.fast() else race.epochs
        now = race.but(contestants[state.contestants], state.noise, state.rate, epochs)
        with one_thread():
            for runs in now.steps(state.seed):
                done = min(len(run.rows) for run in runs.values())
                show(**pictures(now, runs, state.seed), message=f"epoch {done}", progress=min(1.0, done / epochs))
        show(message=verdict(runs))
        return runs

    rates = sorted({*RATES, race.rate})
    return Sketch(
        name="sandbox" if plain else "your race",
        title="The race",
        controls=[
            slider("rate", "τ", "noise rate", rates, race.rate, "percent", stored=[r for r in rates if r in STORED]),
            choice("noise", "", "noise", suited(race.clean), race.noise, stored=_of_both(suited(race.clean), KINDS)),
            choice("contestants", "", "who races", list(contestants), start),
            cycle("seed", "", "Next seed", range(10), stored=[0]),
        ],
        rows=[["race"], ["precision", "table"]],
        parts=_parts(race),
        draw=draw,
        question=question,
        moves=MOVES if plain else (),
        versus="contestants",
    )


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
        "whom to trust",
        {"contestants": "whom to trust"},
        "Look at the lower left picture: the fraction of clean labels among the images that are kept. The dotted "
        "line is what you get without choosing.",
    ),
    Move(
        "pairflip, 40 %",
        {"noise": "pairflip"},
        "All wrong labels of a class now agree with each other. Which of the methods still helps?",
    ),
)
STORED, KINDS = (0.0, 0.2, 0.4, 0.6), ("symmetric", "pairflip")


def _of_both(names, wanted):
    """Those of the names that are wanted, else the first. -> list"""
    return [name for name in names if name in wanted] or names[:1]


def _parts(race):
    """Three pictures with fixed axes."""
    score = "test accuracy" if race.clean.classes else "R2 on the test set"
    axis = {"xlim": [0.5, race.epochs + 0.5]}
    shown = {"ylabel": "fraction with a clean label", "height": 170, "hint": NONE}
    columns = ["method", *CRITERIA, "precision"]
    return [
        part("curves", "race", title=f"Whose {score} is highest?", ylabel=score, height=210, **axis),
        part("curves", "precision", title="Label precision of what is selected", **shown, **axis),
        part("table", "table", title=f"The same runs, four ways to read them: {score} in %", columns=columns),
    ]


def pictures(race, runs, seed):
    """Curves, precision and table of a race so far. -> traits by part"""
    styles = _styles(runs)
    curves = lambda column, shown: [
        curve(label, range(1, len(run.rows) + 1), [row[column] for row in run.rows], **styles[label])
        for label, run in shown.items()
    ]
    one = next(iter(runs.values()))
    choosing = {label: run for label, run in runs.items() if selects([run])}
    right = {"name": "clean labels in all samples", "y": round(1 - one.noise["realised"], 4)}
    words = one.notes["noise_words"]
    caption = f"{race.clean.name}, {race.net_name}, n = {len(race.clean.train):,}; {words}; seed {seed}."
    epochs = {"epoch": list(range(1, 1 + max(len(run.rows) for run in runs.values())))}
    precision = {"series": curves("selected_precision", choosing), "lines": [right] if choosing else []}
    return {
        "race": {"series": curves(score_column(one), runs), "caption": caption, "per_epoch": epochs},
        "precision": {**precision, "per_epoch": epochs},
        "table": table(runs),
    }


def table(runs):
    """The scores by criterion in percent; marked is the highest mean of the last ten epochs. -> traits"""
    found = scores({label: [run] for label, run in runs.items()})
    worded = lambda value: "–" if value != value else f"{100 * value:.1f}"
    rows = [[row["method"], *(worded(row[name]) for name in (*CRITERIA, "precision"))] for _, row in found.iterrows()]
    best = found["last10"].idxmax() if found["last10"].notna().any() else None
    said = "Marked: the highest mean of the last ten epochs. Precision: of the last epoch."
    return {"rows": rows, "marked": [] if best is None else [int(best)], "caption": said}


def verdict(runs):
    """Who is first by each criterion, in one line. -> text"""
    found = scores({label: [run] for label, run in runs.items()}).set_index("method")
    first = {name: found[name].idxmax() for name in CRITERIA if found[name].notna().any()}
    said = "; ".join(f"{name}: {label}" for name, label in first.items())
    if len(set(first.values())) == 1:
        said = f"every criterion: {first['last']}"
    lost = [label for label, run in runs.items() if "diverged" in run.notes]
    return f"first by {said}" + (f". Diverged: {', '.join(lost)}" if lost else "")


def _styles(labels):
    """Colour, dash and marker of every contestant, in SVG's words, which know four markers: no two have the same one.
    -> {label: dict}"""
    styles, free = {}, list(SVG_MARKERS.values())
    for k, label in enumerate(labels):
        own = line_style(label, k)
        plain = {"colour": own["color"], "dash": SVG_DASHES.get(own["linestyle"], ""), "marker": "circle"}
        styles[label] = svg_style(label) if label in COLOURS else plain
        styles[label]["marker"] = styles[label]["marker"] if styles[label]["marker"] in free else free[0]
        free.remove(styles[label]["marker"])
    return styles


def winner(seed):
    """The answer to the sandbox's question for a seed. -> a name"""
    runs = Race(PRESETS[START], epochs=EPOCHS).run([seed])
    return scores(runs).set_index("method")["last10"].idxmax()


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
