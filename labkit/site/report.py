"""A report: what was run, on what, and how it ended, as one HTML file that needs no other."""

import base64
import json
import platform
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import torch
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

import labkit

from ..errors import must, need
from ..fit import CRITERIA, Run
from ..pages import render
from ..plot.alt import describe
from ..plot.captions import added_noise, is_clean
from ..plot.race import race
from ..runs.scores import Bet, scores, truth_known
from ..state import atomic_write

if TYPE_CHECKING:
    from ..panels import Panel


def report(
    runs: "Run | list[Run] | dict[str, list[Run]] | Panel",
    path: str | Path,
    bet: Bet | None = None,
    title: str = "A race of methods under label noise",
) -> Path:
    """Write a race as one HTML file that opens anywhere, and return its path.

    It holds accuracies by criterion, figures, the noise's passport, every run's configuration, versions, the bet and
    its score. runs: what labkit.Race(...).run returned, {label: a Run per seed}; also one Run, a list of Runs, or the
    panel of the sandbox (its last race). path: ends in .html; its folder is made. bet: of Race.bet, or None.
    Raises ValueError, before anything is written, for runs that were not trained or do not share data and noise, and
    for another ending. The file is written whole or not at all.
    """
    groups = grouped(runs)
    path = Path(path)
    need(path.suffix.lower() == ".html" and not path.is_dir(), "path", str(path), "the path of a file, ending in .html")
    need(bet is None or hasattr(bet, "score"), "bet", bet, "None or a bet of labkit.Race(...).bet")
    text = page(groups, bet, title)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, text.encode(errors="backslashreplace"))
    return path


def grouped(runs: "Run | list[Run] | dict[str, list[Run]] | Panel") -> dict[str, list[Run]]:
    """Return the Runs of a report by the label of their method.

    Raises ValueError for anything else, and for runs that cannot stand in one table.
    """
    groups = _by_label(getattr(runs, "result", runs))  # a panel holds the runs of its last race
    all_runs = []
    for group in groups.values():
        all_runs += group
    is_trained = all(isinstance(run, Run) and run.rows for run in all_runs)
    need(is_trained, "runs", list(groups), "Runs of one epoch or more")
    settings = {(run.config["task"], run.config["net"]) for run in all_runs}
    noises = {_noise_without_seed(run) for run in all_runs}
    is_same = len(settings) == len(noises) == 1
    need(is_same, "runs", sorted(settings), "runs on the same data, network, noise and rate")
    may_be = "runs on noisy labels, or on labels that may be wrong"
    must(not any(map(is_clean, all_runs)), "runs", "a list of runs on clean labels", may_be)
    seeds = [_seeds(group) for group in groups.values()]
    need(all(numbers == seeds[0] for numbers in seeds), "runs", seeds, "runs of the same seeds for every method")
    return groups


def _seeds(group):
    """Return the seeds of a method's runs in order."""
    return sorted(run.config["seed"] for run in group)


def _by_label(runs):
    """Return {label: list} from a Run, a list of Runs, or a dict of either. Raises ValueError for anything else."""
    if isinstance(runs, Run):
        runs = [runs]
    if isinstance(runs, (list, tuple)) and all(isinstance(run, Run) for run in runs):
        groups = {}
        for run in runs:
            groups.setdefault(run.config["method"], []).append(run)
        runs = groups
    need(isinstance(runs, dict) and runs, "runs", runs, "Runs, or a panel of the sandbox that has raced")
    groups = {}
    for label, group in runs.items():
        groups[str(label)] = list(group) if isinstance(group, (list, tuple)) else [group]
    return groups


def _noise_without_seed(run):
    """Return the noise of a run as text, without what differs from seed to seed."""
    return json.dumps({**(run.noise or {}), "seed": 0, "hash": 0, "realised": 0})


def page(groups: dict[str, list[Run]], bet: Bet | None, title: str) -> str:
    """Write the report. groups: of `grouped`. -> HTML"""
    runs = [run for group in groups.values() for run in group]
    first = next(iter(groups.values()))
    labels = labels_of(first[0])
    score = "accuracy" if "test" in first[0].rows[0] else "R2"
    figure = race(groups)
    drawn = svg(figure)
    return render(
        "report.html.j2",
        title=title,
        setting=f"{setting(first[0])}; {labels}.",
        bet=bet.score(groups) if bet else None,
        score=score,
        criteria=CRITERIA,
        accuracies=accuracies(groups),
        seeds=seeds(first),
        alt=f"Test {score} over the epochs and by criterion: {', '.join(groups)}; {labels}. {describe(figure)}",
        figure=drawn,
        noise=passport(first[0]),
        seeds_of_noise=realised(first),
        recipe=json.dumps(first[0].config["recipe"]),
        runs=configurations(groups),
        versions=versions(runs),
    )


def setting(run: Run) -> str:
    """Describe data, network and epochs of a run."""
    n = f", n = {len(run.method.train):,}" if run.method else ""
    return f"{run.config['task']}{n}, {run.config['net']}, {run.config['epochs']} epochs"


def labels_of(run: Run) -> str:
    """Describe the labels that a run was trained on, and those that it was tested on where they may be wrong."""
    text = run.notes.get("noise_words") or added_noise(run)
    if "test_labels" in run.notes:
        text += "; test scores are against the given labels"
    return text


def seeds(group: list[Run]) -> str:
    """Describe what a score of a method is the mean of. group: its runs"""
    if len(group) > 1:
        return f"mean over {len(group)} seeds (lowest to highest)"
    return f"seed {group[0].config['seed']} alone, which cannot tell luck from merit"


def accuracies(groups: dict[str, list[Run]]) -> list[dict]:
    """Return a row per method: its score by criterion, precision, seconds of training. -> list of dicts of texts"""
    by_method = scores(groups).groupby("method", sort=False)
    best = by_method[list(CRITERIA)].mean().idxmax()
    rows = []
    for label, table in by_method:
        cells = [{"text": spread(table[name]), "best": best[name] == label} for name in CRITERIA]
        row = {"label": label, "ended": cut_short(groups[label]), "scores": cells}
        row["precision"] = precision(table["precision"], groups[label])
        row["seconds"] = f"{table['seconds'].mean():.1f}"
        rows.append(row)
    return rows


def cut_short(runs: list[Run]) -> str:
    """Count the runs of a method that did not train all their epochs, and say why. -> text, "" for none"""
    text = ""
    for reason in ("diverged", "stopped"):
        count = sum(reason in run.notes for run in runs)
        if count:
            text += f" ({reason} in {count})"
    return text


def precision(values: pd.Series, runs: list[Run]) -> str:
    """Write the label precision of a method's runs as percent, or why there is none."""
    if not any(map(truth_known, runs)):
        return "truth not known"
    return spread(values) if values.notna().any() else "all samples"


def spread(values: pd.Series) -> str:
    """Write shares as percent: mean (lowest to highest)."""
    mean = 100 * values.mean()
    if len(values) == 1:
        return f"{mean:.1f}"
    low = 100 * values.min()
    high = 100 * values.max()
    return f"{mean:.1f} ({low:.1f} to {high:.1f})"


def passport(run: Run) -> dict[str, str]:
    """Describe the noise of a run; where none was added, what is known of the labels."""
    noise = run.noise
    text = run.notes.get("noise_words")
    if noise is None:
        return {"noise added": "none", "labels": text or "not noted"}
    return {
        "model": noise["name"],
        "asked rate": f"{noise['rate']:.1%}",
        "options": json.dumps(noise["options"]),
        "in other papers' words": text or "",
    }


def realised(group: list[Run]) -> list[dict]:
    """Return the noise of every seed: its rate and the hash of its labels; nothing where none was added."""
    noises = [run.noise for run in group if run.noise]
    return [
        {"seed": noise["seed"], "realised": f"{noise['realised']:.1%}", "hash of the labels": noise["hash"]}
        for noise in noises
    ]


def configurations(groups: dict[str, list[Run]]) -> list[dict]:
    """Return a row per run: method, hyperparameters, meta set, seed, name."""
    rows = []
    for label, group in groups.items():
        for run in group:
            hyperparameters = json.dumps(run.config["hyperparameters"])
            meta = json.dumps(run.config["meta"]) if run.config["meta"] else "none"
            row = {"method": label, "hyperparameters": hyperparameters, "meta set": meta}
            rows.append(row | {"seed": run.config["seed"], "run": run.name})
    return rows


def versions(runs: list[Run]) -> dict[str, str]:
    """Describe the software and the hardware that made the runs, and when."""
    about = runs[0].about
    hardware = sorted({f"{run.about.get('hardware')}, {run.about.get('threads')} threads" for run in runs})
    return {
        "labkit": f"{labkit.__version__}, numbers {labkit.NUMBERS}, commit {about.get('commit') or 'unknown'}",
        "torch": torch.__version__,
        "python": platform.python_version(),
        "hardware": "; ".join(hardware),
        "trained": about.get("date", "unknown"),
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def svg(figure: Figure) -> str:
    """Draw a figure as SVG in base64."""
    drawing = BytesIO()
    FigureCanvasSVG(figure).print_svg(drawing, metadata={"Date": None})  # savefig would draw everything twice
    return base64.b64encode(drawing.getvalue()).decode()
