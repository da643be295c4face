"""Figures of a training, epoch by epoch: what the network learns first, and where a criterion stops it."""

from collections.abc import Sequence

import numpy as np

from ..errors import must, need
from ..fit import Run
from ..runs.scores import truth_known
from .captions import is_clean, labels_of_test, score_name, setting_lines
from .style import DASHES, GREY, Drawing, canvas, colour, head, legend, literal, marker

CURVE_NAMES = {
    "clean_fitted": "clean labels fitted",
    "noisy_memorised": "wrong labels memorised",
    "noisy_corrected": "wrong labels corrected",
    "test": "test accuracy",
}
NAMES_WITHOUT_TRUTH = {"train_given": "given labels predicted", "test": CURVE_NAMES["test"]}
STARRED = {"marker": "*", "markersize": 10, "markevery": 5, "linestyle": (0, (1, 2)), "markeredgecolor": GREY}
STAR = {"marker": "*", "markersize": 15, "linestyle": "none", "markeredgecolor": GREY}


def memorisation(
    runs: Run | Sequence[Run] | dict[str, Run | Sequence[Run]], guess: dict[str, tuple] | None = None
) -> Drawing:
    """Draw what a network has learnt after each epoch: clean labels fitted, wrong ones memorised or corrected, test.

    runs: a Run; a list of Runs that differ in their seed only (mean, and a band from the lowest to the highest); or a
    dict {title: either of them}, one panel each. guess: {column: (epoch, share)}, drawn as stars,
    or {column: (epochs, shares)}, drawn as a curve.
    Where the truth is known in part, the shares are of that part; where it is not known, the given labels that are
    predicted and the test are drawn.
    Raises ValueError for an empty list, runs that differ in more than their seed, clean labels, or a regression.
    """
    panels = runs if isinstance(runs, dict) else {"": runs}
    is_single = len(panels) == 1
    figure, axes = canvas(1, len(panels), width=7.2 if is_single else 3.5, height=3.7, sharey=True)
    drawn = {}
    for ax, (title, group) in zip(axes[0], panels.items()):
        group = list(group) if isinstance(group, (list, tuple)) else [group]
        _check_setting(group)
        drawn |= _draw_curves(ax, group)
        for column, (epoch, share) in (guess or {}).items():
            look = STAR if isinstance(share, (int, float)) else STARRED
            ax.plot(epoch, share, color=colour(column), label=f"your guess: {CURVE_NAMES[column]}", **look)
        lines = setting_lines(group, narrow=not is_single)
        head(ax, *([title, *lines] if title else lines))
        ax.set(xlabel="epoch", ylim=(-0.02, 1.02))
    axes[0, 0].set_ylabel("fraction of the samples")
    _name_missing_curves(axes[0, 0], drawn)
    legend(figure, axes[0, 0], 3 if is_single or len(drawn) > 4 else 4)
    return literal(figure)


def stopping(run: Run) -> Drawing:
    """Draw test accuracy, accuracy on the noisy validation split, and the epoch that each criterion chooses.

    Raises ValueError for a run without a validation split.
    """
    history = run.history
    need(history.val_noisy.notna().all(), "run", run.name, "a run with a validation split")
    figure, axes = canvas(width=7.2, height=3.7)
    ax = axes[0, 0]
    test_name = f"test ({labels_of_test(run)} labels)"
    validation_name = f"validation ({'noisy' if run.noise else 'given'} labels)"
    ax.plot(history.epoch, history.test, color=GREY, linestyle=DASHES["test"], label=test_name)
    ax.plot(history.epoch, history.val_noisy, color="#CC79A7", label=validation_name)
    test = history.set_index("epoch").test
    chosen = {
        "oracle_best": test.idxmax(),
        "best_val": history.epoch[history.val_noisy.idxmax()],
        "last": test.index[-1],
    }
    for (criterion, epoch), mark in zip(chosen.items(), "*os"):
        accuracy = run.accuracy[criterion]
        label = f"{criterion}: epoch {epoch}, test {accuracy:.1%}"
        ax.plot(epoch, accuracy, mark, markersize=12, fillstyle="none", color=GREY, label=label)
    head(ax, *setting_lines([run]))
    ax.set(xlabel="epoch", ylabel="accuracy", ylim=(-0.02, 1.02))
    legend(figure, ax, 2)
    return literal(figure)


def _draw_curves(ax, runs):
    """Draw the curves that were measured. -> {column: its name}"""
    has_truth = any(truth_known(run) for run in runs)
    histories = [run.history for run in runs]
    names = {}
    for column, name in (CURVE_NAMES if has_truth else NAMES_WITHOUT_TRUTH).items():
        if any(history[column].notna().any() for history in histories):
            names[column] = name
    names["test"] = score_name(runs[0])
    for column, name in names.items():
        _draw_band(ax, histories, column, name)
    return names


def _name_missing_curves(ax, drawn):
    """Add the curves that only other panels show to a panel, without a point: the legend is made from it."""
    labels = ax.get_legend_handles_labels()[1]
    for column, name in drawn.items():
        if name not in labels:
            ax.plot([], [], label=name, **_line_style(column))


def _check_setting(runs):
    """Raise ValueError unless the runs differ in nothing but the seeds of training and noise, and have wrong labels."""
    need(len(runs), "runs", runs, "a Run, a list of them, or a dict of either")
    settings = [_setting_without_seeds(run) for run in runs]
    is_same = all(setting == settings[0] for setting in settings)
    need(is_same, "runs", [run.name for run in runs], "runs that differ in their seed only")
    may_be = "runs on a task with wrong labels, or with labels that may be wrong"
    must(not is_clean(runs[0]), "runs", "a list of runs on clean labels", may_be)
    may_be = "a list of runs on a task with classes"
    must("test" in runs[0].history, "runs", "a list of runs on a regression, or without an epoch", may_be)


def _setting_without_seeds(run):
    """Return the configuration of a run and its noise, without the seeds and what follows from them. -> dict"""
    setting = {name: value for name, value in run.config.items() if name not in ("seed", "data", "noise")}
    noise = run.noise and (run.noise["name"], run.noise["rate"], run.noise["options"])
    return {"config": setting, "noise": noise}


def _line_style(column):
    """Return colour, dash and marker of a column. -> dict for matplotlib"""
    return {"color": colour(column), "linestyle": DASHES[column], "marker": marker(column), "markersize": 4}


def _draw_band(ax, histories, column, name):
    """Draw the mean of a column over seeds, with a band from the lowest to the highest."""
    values = np.stack([history[column] for history in histories])
    epochs = histories[0].epoch
    every = max(1, len(epochs) // 8)
    ax.plot(epochs, values.mean(0), label=name, markevery=every, **_line_style(column))
    if len(values) > 1:
        ax.fill_between(epochs, values.min(0), values.max(0), color=colour(column), alpha=0.18, linewidth=0)
