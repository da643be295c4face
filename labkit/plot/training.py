"""The figure of what a network learns first: right labels fitted, wrong ones memorised or corrected."""

import numpy as np

from ..errors import must, need
from ..runs.scores import truth_known
from .captions import is_clean, score_name, setting_lines
from .style import DASHES, GREY, canvas, colour, head, legend, literal, marker

__all__ = ["memorisation"]

WORDS = {
    "clean_fitted": "right labels fitted",
    "noisy_memorised": "wrong labels memorised",
    "noisy_corrected": "wrong labels corrected",
    "test": "test accuracy",
}
OF_GIVEN = {"train_given": "given labels predicted", "test": WORDS["test"]}  # what needs no truth


def memorisation(runs, guess=None):
    """What a network has learnt after each epoch: right labels fitted, wrong ones memorised or corrected, the test.

    runs: a Run; a list of Runs that differ in their seed only (mean, and a band from the lowest to the highest); or a
    dict {title: either of them}, one panel each. guess: {column: (epoch, share)}, drawn as stars. -> Drawing
    Where the truth is known in part, all that is of that part; where it is not known, the given labels that are
    predicted, and the test.
    Raises ValueError for an empty list, runs that differ in more than their seed, clean labels, or a regression.
    """
    panels = runs if isinstance(runs, dict) else {"": runs}
    figure, axes = canvas(1, len(panels), width=7.2 if len(panels) == 1 else 3.5, height=3.7, sharey=True)
    drawn = {}
    for ax, (title, group) in zip(axes[0], panels.items()):
        group = _same_setting(group if isinstance(group, (list, tuple)) else [group])
        drawn |= _curves(ax, group)
        for column, (epoch, share) in (guess or {}).items():
            star = {"marker": "*", "markersize": 15, "linestyle": "none", "markeredgecolor": GREY}
            ax.plot(epoch, share, color=colour(column), label=f"your guess: {WORDS[column]}", **star)
        head(ax, *filter(None, (title, *setting_lines(group, narrow=len(panels) > 1))))
        ax.set(xlabel="epoch", ylim=(-0.02, 1.02))
    axes[0, 0].set_ylabel("share of the samples")
    _named(axes[0, 0], drawn)
    legend(figure, axes[0, 0], 3 if len(panels) == 1 or len(drawn) > 4 else 4)
    return literal(figure)


def _curves(ax, runs):
    """Draw what was measured. -> {column: its name}"""
    names = WORDS if any(map(truth_known, runs)) else OF_GIVEN
    histories = [run.history for run in runs]
    names = {column: name for column, name in names.items() if any(h[column].notna().any() for h in histories)}
    names["test"] = score_name(runs[0])
    for column, name in names.items():
        _band(ax, histories, column, name)
    return names


def _named(ax, drawn):
    """Name what only other panels show, for the legend is made from this one."""
    there = ax.get_legend_handles_labels()[1]
    for column, name in drawn.items():
        if name not in there:
            ax.plot([], [], label=name, **_look(column))


def _same_setting(runs):
    """The runs, if they differ in nothing but the seeds of training and noise."""
    need(len(runs), "runs", runs, "a Run, a list of them, or a dict of either")
    settings = [{k: v for k, v in run.config.items() if k not in ("seed", "data", "noise")} for run in runs]
    noises = [run.noise and (run.noise["name"], run.noise["rate"], run.noise["options"]) for run in runs]
    same = all(setting == settings[0] for setting in settings) and all(noise == noises[0] for noise in noises)
    need(same, "runs", [run.name for run in runs], "runs that differ in their seed only")
    may_be = "runs on a task with wrong labels, or with labels that may be wrong"
    must(not is_clean(runs[0]), "runs", "a list of runs on clean labels", may_be)
    may_be = "a list of runs on a task with classes"
    must("test" in runs[0].history, "runs", "a list of runs on a regression, or without an epoch", may_be)
    return runs


def _look(column):
    """Colour, line style and marker of a column. -> dict for matplotlib"""
    return {"color": colour(column), "linestyle": DASHES[column], "marker": marker(column), "markersize": 4}


def _band(ax, histories, column, name):
    """The mean of one column over seeds, with a band from the lowest to the highest."""
    values = np.stack([history[column] for history in histories])
    epochs = histories[0].epoch
    ax.plot(epochs, values.mean(0), label=name, markevery=max(1, len(epochs) // 8), **_look(column))
    if len(values) > 1:
        ax.fill_between(epochs, values.min(0), values.max(0), color=colour(column), alpha=0.18, linewidth=0)
