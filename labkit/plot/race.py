"""The figure of a race: test accuracy over the epochs, by every criterion, and the precision of what was selected."""

from typing import Any

import numpy as np
import pandas as pd

from ..errors import need
from ..fit import CRITERIA, Run
from ..runs.scores import score_column, scores, selects, truth_known
from .captions import added_noise, score_name
from .style import COLOURS, DASHES, GREY, MARKERS, OKABE_ITO, Drawing, canvas, head, legend, literal


def race(runs: dict[str, list[Run]]) -> Drawing:
    """Draw test accuracy (R2 for regression) over the epochs and by criterion; label precision where a method selects.

    runs: {label: a Run per seed} of labkit.Race(...).run. Lines and dots are means over the seeds, bands and bars reach
    from the lowest to the highest. Raises ValueError for runs without an epoch.
    """
    trained = _trained(runs)
    selecting = [label for label, group in trained.items() if selects(group)]
    figure, axes = canvas(1, 3 if selecting else 2, width=3.7, height=3.5)
    first_group = next(iter(trained.values()))
    run = first_group[0]
    column, name = score_column(run), score_name(run)
    styles = {}
    for k, (label, group) in enumerate(trained.items()):
        styles[label] = line_style(label, k)
        _draw_epochs(axes[0, 0], group, column, label, styles[label])
        if label in selecting:
            _draw_epochs(axes[0, 2], group, "selected_precision", label, styles[label])
    axes[0, 0].set(xlabel="epoch", ylabel=name, ylim=(-0.02, 1.02) if column == "test" else None)
    n = len(first_group)
    seeds = f"{n} seeds: mean, lowest to highest" if n > 1 else f"seed {run.config['seed']}"
    head(axes[0, 0], *_setting_lines(run), seeds)
    _draw_criteria(axes[0, 1], scores(trained), list(styles.values()))
    axes[0, 1].set(ylabel=name)
    if selecting:
        _finish_precision(axes[0, 2], run.noise)
    legend(figure, axes[0, 0], 4)
    return literal(figure)


def _trained(runs):
    """Return the runs of one epoch or more. Raises ValueError for a method without one. -> {label: list of Runs}"""
    trained = {}
    for label, group in runs.items():
        trained[label] = [run for run in group if run.rows]
        need(trained[label], "runs", list(runs), "runs of one epoch or more each")
    return trained


def _finish_precision(ax, noise):
    """Name and limit the panel of label precision; draw the precision of all samples where it is noted."""
    right = 1 - noise["realised"] if noise else None
    ax.set(xlabel="epoch", ylabel="fraction with a clean label", ylim=(min(0.5, right or 0.5) - 0.02, 1.02))
    lines = ["label precision of the selected samples"]
    if right is not None:
        ax.axhline(right, color=GREY, linewidth=1, linestyle=":")
        lines.append(f"dotted: of all samples, {right:.0%}")
    head(ax, *lines)


def line_style(label: str, k: int) -> dict[str, Any]:
    """Return colour, line style and marker of a known method, or else those of place k. -> dict for matplotlib"""
    if label in COLOURS:
        return {"color": COLOURS[label], "linestyle": DASHES[label], "marker": MARKERS[label]}
    return {"color": OKABE_ITO[k], "linestyle": ("-", "--", "-.", ":")[k], "marker": "osD^"[k]}


def _draw_epochs(ax, runs, column, label, style):
    """Draw the mean over seeds of a column, and its band. A run that diverged early ends its method's curve there."""
    epochs = min(len(run.rows) for run in runs)
    values = np.empty((len(runs), epochs))
    for k, run in enumerate(runs):
        values[k] = [row[column] for row in run.rows[:epochs]]
    x = range(1, epochs + 1)
    ax.plot(x, values.mean(0), label=label, markevery=max(1, epochs // 6), markersize=4, **style)
    if len(values) > 1:
        ax.fill_between(x, values.min(0), values.max(0), color=style["color"], alpha=0.18, linewidth=0)


def _draw_criteria(ax, table: pd.DataFrame, styles):
    """Draw a dot per method and criterion, with a bar over the seeds. table: of `runs.scores.scores`."""
    middle = (len(styles) - 1) / 2
    for k, (_, group) in enumerate(table.groupby("method", sort=False)):
        style = styles[k]
        x = np.arange(len(CRITERIA)) + 0.14 * (k - middle)
        values = group[list(CRITERIA)]
        mean = values.mean()
        below = (mean - values.min()).clip(lower=0)  # rounding can make it negative
        above = (values.max() - mean).clip(lower=0)
        ax.errorbar(x, mean, yerr=[below, above], fmt=style["marker"], color=style["color"], markersize=5, linewidth=1)
    ax.set_xticks(range(len(CRITERIA)), CRITERIA)
    ax.set_xlabel("criterion: which epoch is read")
    lines = ("the same runs, four ways to read them", "best_val: noisy validation chooses")
    head(ax, *lines, "oracle_best: the test set does")


def _setting_lines(run):
    """Return data, n, network and noise of a run in lines."""
    n = f", n = {len(run.method.train):,}" if run.method else ""
    noise = f"{run.noise['name']} {run.noise['rate']:.0%}" if run.noise else added_noise(run)
    lines = [f"{run.config['task']}{n}, {run.config['net']}", noise]
    if not truth_known(run):
        lines.append("label precision: not known")
    return lines
