"""The figure of a race: test accuracy over the epochs, by every criterion, and the precision of what was selected."""

import numpy as np

from ..errors import need
from ..fit import CRITERIA
from ..runs.scores import score_column, scores, selects, truth_known
from .captions import added_noise, score_name
from .style import COLOURS, DASHES, GREY, MARKERS, OKABE_ITO, canvas, head, legend, literal

__all__ = ["race"]


def race(runs):
    """Test accuracy (R2 for regression) over the epochs and by criterion; label precision where a method selects.

    runs: {label: a Run per seed} of labkit.Race(...).run. Lines and dots are means over the seeds, bands and bars reach
    from the lowest to the highest. -> Drawing. Raises ValueError for runs without an epoch.
    """
    trained = {label: [run for run in group if run.rows] for label, group in runs.items()}
    need(all(trained.values()), "runs", list(runs), "runs of one epoch or more each")
    choosing = {label: group for label, group in trained.items() if selects(group)}
    figure, axes = canvas(1, 2 + bool(choosing), width=3.7, height=3.5)
    one = next(iter(trained.values()))[0]
    column, name = score_column(one), score_name(one)
    for k, (label, group) in enumerate(trained.items()):
        _over_epochs(axes[0, 0], group, column, label, looks(label, k))
        if label in choosing:
            _over_epochs(axes[0, 2], group, "selected_precision", label, looks(label, k))
    axes[0, 0].set(xlabel="epoch", ylabel=name, ylim=(-0.02, 1.02) if column == "test" else None)
    n = len(next(iter(trained.values())))
    seeds = f"{n} seeds: mean, lowest to highest" if n > 1 else f"seed {one.config['seed']}"
    head(axes[0, 0], *_setting(one), seeds)
    _by_criterion(axes[0, 1], scores(trained), [looks(label, k) for k, label in enumerate(trained)])
    axes[0, 1].set(ylabel=name)
    if choosing:
        _precision_axes(axes[0, 2], one.noise)
    legend(figure, axes[0, 0], 4)
    return literal(figure)


def _precision_axes(ax, noise):
    """Names and limits of the panel of label precision, and the precision of all samples where it is noted."""
    right = 1 - noise["realised"] if noise else None
    ax.set(xlabel="epoch", ylabel="share with a right label", ylim=(min(0.5, right or 0.5) - 0.02, 1.02))
    lines = ["label precision of the selected samples"]
    if right is not None:
        ax.axhline(right, color=GREY, linewidth=1, linestyle=":")
        lines.append(f"dotted: of all samples, {right:.0%}")
    head(ax, *lines)


def looks(label, k):
    """Colour, line style and marker: a known method's own, else those of place k. -> dict for matplotlib"""
    if label in COLOURS:
        return {"color": COLOURS[label], "linestyle": DASHES[label], "marker": MARKERS[label]}
    return {"color": OKABE_ITO[k], "linestyle": ("-", "--", "-.", ":")[k], "marker": "osD^"[k]}


def _over_epochs(ax, group, column, label, look):
    """The mean over seeds of a column, and its band. A run that diverged early ends its method's curve there."""
    epochs = min(len(run.rows) for run in group)
    values = np.array([[row[column] for row in run.rows[:epochs]] for run in group], dtype=float)
    x = range(1, epochs + 1)
    ax.plot(x, values.mean(0), label=label, markevery=max(1, epochs // 6), markersize=4, **look)
    if len(values) > 1:
        ax.fill_between(x, values.min(0), values.max(0), color=look["color"], alpha=0.18, linewidth=0)


def _by_criterion(ax, table, styles):
    """A dot per method and criterion, a bar over the seeds."""
    for k, ((_, group), look) in enumerate(zip(table.groupby("method", sort=False), styles)):
        at = np.arange(len(CRITERIA)) + 0.14 * (k - (len(styles) - 1) / 2)
        values = group[list(CRITERIA)]
        mean = values.mean()
        reach = [(mean - values.min()).clip(lower=0), (values.max() - mean).clip(lower=0)]  # rounding
        ax.errorbar(at, mean, yerr=reach, fmt=look["marker"], color=look["color"], markersize=5, linewidth=1)
    ax.set_xticks(range(len(CRITERIA)), CRITERIA)
    ax.set_xlabel("criterion: which epoch is read")
    head(
        ax,
        "the same runs, four ways to read them",
        "best_val: noisy validation chooses",
        "oracle_best: the test set does",
    )


def _setting(run):
    """Data, n, network and noise of a run in lines."""
    n = f", n = {len(run.method.train):,}" if run.method else ""
    noise = f"{run.noise['name']} {run.noise['rate']:.0%}" if run.noise else added_noise(run)
    lines = [f"{run.config['task']}{n}, {run.config['net']}", noise]
    return lines if truth_known(run) else [*lines, "label precision: not known"]
