"""A report: what was run, on what, and how it ended, as one HTML file that needs no other."""

import base64
import html
import json
import platform
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pandas as pd
import torch
from matplotlib.backends.backend_svg import FigureCanvasSVG

import labkit

from ..errors import must, need
from ..fit import CRITERIA, Run
from ..runs.scores import scores, truth_known
from ..state import atomic_write
from .plot.known import added_noise, is_clean
from .plot.sandbox import race as figure_of
from .report_page import PAGE


def report(runs, path, bet=None, title="A race of methods under label noise"):
    """Write one HTML file that opens anywhere: accuracies by criterion, figures, the noise's passport, every run's
    configuration, versions, the bet and its score. -> Path

    runs: what labkit.Race(...).run returned, {label: a Run per seed}; also one Run, a list of Runs, or the panel of the
    sandbox (its last race). path: ends in .html; its folder is made. bet: of Race.bet, or None.
    Raises ValueError, before anything is written, for runs that were not trained or do not share data and noise, and
    for another ending. The file is written whole or not at all.
    """
    groups, path = grouped(runs), Path(path)
    need(path.suffix.lower() == ".html" and not path.is_dir(), "path", str(path), "the path of a file, ending in .html")
    need(bet is None or hasattr(bet, "score"), "bet", bet, "None or a bet of labkit.Race(...).bet")
    text = page(groups, bet, title)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, text.encode(errors="backslashreplace"))
    return path


def grouped(runs):
    """{label: Runs} from what a report was given. Raises ValueError for what is none, or cannot stand in one table."""
    runs = getattr(runs, "result", runs)
    runs = [runs] if isinstance(runs, Run) else runs
    if isinstance(runs, (list, tuple)) and all(isinstance(run, Run) for run in runs):
        labels = dict.fromkeys(run.config["method"] for run in runs)
        runs = {label: [run for run in runs if run.config["method"] == label] for label in labels}
    need(isinstance(runs, dict) and runs, "runs", runs, "Runs, or a panel of the sandbox that has raced")
    groups = {str(label): list(group) if isinstance(group, (list, tuple)) else [group] for label, group in runs.items()}
    every = [run for group in groups.values() for run in group]
    need(all(isinstance(run, Run) and run.rows for run in every), "runs", list(groups), "Runs of one epoch or more")
    noises = {json.dumps({**(run.noise or {}), "seed": 0, "hash": 0, "realised": 0}) for run in every}
    places = {(run.config["task"], run.config["net"]) for run in every}
    need(len(places) == len(noises) == 1, "runs", sorted(places), "runs on the same data, network, noise and rate")
    may_be = "runs on noisy labels, or on labels that may be wrong"
    must(not any(map(is_clean, every)), "runs", "a list of runs on clean labels", may_be)
    seeds = [sorted(run.config["seed"] for run in group) for group in groups.values()]
    need(all(some == seeds[0] for some in seeds), "runs", seeds, "runs of the same seeds for every method")
    return groups


def page(groups, bet, title):
    """The report. groups: of `grouped` -> HTML"""
    first, every = next(iter(groups.values())), [run for group in groups.values() for run in group]
    one = first[0]
    n = f", n = {len(one.method.train):,}" if one.method else ""
    said = one.notes.get("noise_words") or added_noise(one)
    said += "; test scores are against the given labels" * ("test_labels" in one.notes)
    setting = f"{one.config['task']}{n}, {one.config['net']}, {one.config['epochs']} epochs; {said}."
    score = "accuracy" if "test" in one.rows[0] else "R2"
    seeds = f"seed {one.config['seed']} alone, which cannot tell luck from merit"
    seeds = f"mean over {len(first)} seeds (lowest to highest)" if len(first) > 1 else seeds
    return PAGE.format(
        title=html.escape(title),
        setting=html.escape(setting),
        bet=f"<blockquote>{html.escape(bet.score(groups))}</blockquote>" if bet else "",
        score=score,
        table=accuracies(groups),
        seeds=seeds,
        criteria=html.escape("; ".join(f"{name}: {words}" for name, words in CRITERIA.items()) + "."),
        alt=html.escape(f"Test {score} over the epochs and by criterion: {', '.join(groups)}; {said}", quote=True),
        figure=svg(figure_of(groups)),
        noise=passports(first),
        runs=configurations(groups),
        made=rows(versions(every)),
    )


def accuracies(groups):
    """A row per method, a column per criterion. -> HTML"""
    table = scores(groups)
    by = table.groupby("method", sort=False)
    best, lines = by[list(CRITERIA)].mean().idxmax(), []
    for label, group in by:
        cells = [f"<td{' class=best' if best[c] == label else ''}>{spread(group[c])}</td>" for c in CRITERIA]
        lost = cut_short(groups[label])
        kept = precision(group["precision"], groups[label])
        lines.append(
            f"<tr><th>{html.escape(label)}{lost}</th>{''.join(cells)}<td>{kept}</td><td>{group['seconds'].mean():.1f}</td></tr>"
        )
    names = ["method", *CRITERIA, "label precision, last epoch", "seconds of training"]
    return f"<table><tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>{''.join(lines)}</table>"


def cut_short(runs):
    """How many runs of a method did not train all their epochs, and why. -> text, "" for none"""
    counts = {word: sum(word in run.notes for run in runs) for word in ("diverged", "stopped")}
    return "".join(f" ({word} in {count})" for word, count in counts.items() if count)


def precision(values, runs):
    """The label precision of a method's runs: as percent, or why there is none. -> text"""
    if not any(map(truth_known, runs)):
        return "truth not known"
    return spread(values) if values.notna().any() else "all samples"


def spread(values):
    """Shares as percent: mean (lowest to highest). -> text"""
    low, mean, high = (100 * values.agg(how) for how in ("min", "mean", "max"))
    return f"{mean:.1f} ({low:.1f} to {high:.1f})" if len(values) > 1 else f"{mean:.1f}"


def passports(group):
    """The noise of every seed: asked, realised, hash; where none was added, what is known of the labels. -> HTML"""
    noise = group[0].noise
    if noise is None:
        return rows({"noise added": "none", "labels": group[0].notes.get("noise_words", "not noted")})
    table = pd.DataFrame(
        [
            {"seed": run.noise["seed"], "realised": run.noise["realised"], "hash of the labels": run.noise["hash"]}
            for run in group
        ]
    )
    table["realised"] = table["realised"].map("{:.1%}".format)
    told = {"model": noise["name"], "asked rate": f"{noise['rate']:.1%}", "options": json.dumps(noise["options"])}
    told["in other papers' words"] = group[0].notes.get("noise_words", "")
    return rows(told) + table.to_html(index=False, border=0)


def configurations(groups):
    """Every run: method, hyperparameters, seed, recipe, name. -> HTML"""
    table = [
        {
            "method": label,
            "hyperparameters": json.dumps(run.config["hyperparameters"]),
            "meta set": json.dumps(run.config["meta"]) if run.config["meta"] else "none",
            "seed": run.config["seed"],
            "run": run.name,
        }
        for label, group in groups.items()
        for run in group
    ]
    recipe = next(iter(groups.values()))[0].config["recipe"]
    with pd.option_context("display.max_colwidth", None):
        return rows({"recipe": json.dumps(recipe)}) + pd.DataFrame(table).to_html(index=False, border=0)


def versions(runs):
    """What this was made with. -> dict"""
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


def rows(facts):
    """Names and values, a row each. -> HTML"""
    cells = (
        f"<tr><th>{html.escape(name)}</th><td><code>{html.escape(str(v))}</code></td></tr>" for name, v in facts.items()
    )
    return f"<table>{''.join(cells)}</table>"


def svg(figure):
    """A figure as SVG in base64. -> text"""
    drawn = BytesIO()
    FigureCanvasSVG(figure).print_svg(drawn, metadata={"Date": None})  # savefig would draw everything twice
    return base64.b64encode(drawn.getvalue()).decode()
