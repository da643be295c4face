"""Figures of the lessons: where a training stops, what the noise did to the labels, the life of one label."""

from textwrap import fill

import numpy as np

from ..errors import must, need
from .captions import labels_of_test, setting_lines, true_class
from .style import DASHES, GREY, OKABE_ITO, canvas, colour, head, legend, literal, mosaic, write

__all__ = ["label_gallery", "life", "noise_matrix", "stopping", "traces"]

GIVEN, TRUE = colour("noisy_memorised"), colour("noisy_corrected")


def stopping(run):
    """The accuracy that can be watched (noisy validation), the one that is wanted (test), and where each criterion
    stops. -> Drawing"""
    history, scores = run.history, run.accuracy
    need(history.val_noisy.notna().all(), "run", run.name, "a run with a validation split")
    figure, axes = canvas(width=7.2, height=3.7)
    ax, at = axes[0, 0], history.set_index("epoch").test
    names = f"test ({labels_of_test(run)} labels)", f"validation ({'noisy' if run.noise else 'given'} labels)"
    ax.plot(history.epoch, history.test, color=GREY, linestyle=DASHES["test"], label=names[0])
    ax.plot(history.epoch, history.val_noisy, color="#CC79A7", label=names[1])
    chosen = {"oracle_best": at.idxmax(), "best_val": history.epoch[history.val_noisy.idxmax()], "last": at.index[-1]}
    for (name, epoch), look in zip(chosen.items(), "*os"):
        words = f"{name}: epoch {epoch}, test {scores[name]:.1%}"
        ax.plot(epoch, scores[name], look, markersize=12, fillstyle="none", color=GREY, label=words)
    head(ax, *setting_lines([run]))
    ax.set(xlabel="epoch", ylabel="accuracy", ylim=(-0.02, 1.02))
    legend(figure, ax, 2)
    return literal(figure)


def noise_matrix(passport):
    """The transition matrix that was asked for (unless it depends on the sample), and what came out. -> Drawing"""
    shown = {"asked": passport.matrix, "realised": passport.realised_matrix}
    shown = {name: np.asarray(matrix) for name, matrix in shown.items() if matrix is not None}
    figure, axes = canvas(1, len(shown), width=3.4, height=4)
    for ax, (name, matrix) in zip(axes[0], shown.items()):
        draw_matrix(ax, matrix)
        head(ax, f"{name}, in % of the true class")
    figure.suptitle(fill(passport.words, 46 * len(shown)), fontsize=9, color=GREY)
    return figure


def draw_matrix(ax, matrix, least=0.0):
    """A transition matrix, in percent; entries up to `least` stay without a number. matrix [C, C]"""
    ax.imshow(matrix, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(np.asarray(matrix)):
        words = f"{100 * share:.0f}" if share > least else ""
        write(ax, column, row, words, color="white" if share > 0.5 else "#333333")
    ax.grid(False)
    ticks = range(len(matrix))
    ax.set(xlabel="given label", ylabel="true label", xticks=ticks, yticks=ticks)


def label_gallery(task, i):
    """Training images with their given labels; where a label is known to be wrong, the true one stands beside it. i:
    positions, at most 60. -> Drawing"""
    i = [int(k) for k in i]
    must(0 < len(i) <= 60, "i", f"{len(i)} positions", "1 to 60 positions in the training set")
    columns = min(12, len(i))
    figure, ax, corners = mosaic(-(-len(i) // columns), columns, above=0.42)
    for k, at in zip(i, corners):
        given, true = int(task.train.y[k]), true_class(task, k)
        right, words = true in (None, given), f"{given}" if true in (None, given) else f"{given} ≠ {true}"
        captioned(ax, at, task.train.x[k], words, GREY if right else GIVEN, fontweight="normal" if right else "bold")
    meaning = "given label, or given ≠ true" if task.truth else "given label"
    head = f"{task.name}, {len(i)} of n = {len(task.train):,}; {meaning}. {task.noise_text}"
    figure.suptitle(head, fontsize=8, color=GREY)
    return literal(figure)


def life(run, i, task):
    """One training sample, epoch by epoch: the loss of its given label, its weight, the label that is believed.

    run: of labkit.fit(..., life=True) on `task`. i: position in the training set. -> Drawing
    Raises ValueError for a run without lives, and for a position that its task does not have.
    """
    need(run.life is not None, "run", run.name, "a run of labkit.fit(..., life=True)")
    n = len(task.train)
    need(0 <= int(i) < n == run.life.loss.shape[1], "i", i, f"in 0..{n - 1}, of the task that the run was trained on")
    figure, axes = canvas(1, 2, width=3.9, height=3.2, width_ratios=(1, 4))
    given, true, table = int(task.train.y[i]), true_class(task, i), run.life.of(int(i))
    known = "truth not known" if true is None else f"true {true}"
    axes[0, 0].imshow(_pixels(task.train.x[i]), cmap="gray_r", vmin=0, vmax=1)
    axes[0, 0].set_axis_off()
    head(axes[0, 0], f"sample {i}", f"given {given}", known)
    ax = axes[0, 1]
    ax.plot(table.index, table.loss.astype(float), color="#CC79A7", label="loss of the given label (nats)")
    ax.plot(table.index, table.weight.astype(float), "--", color=TRUE, label="weight (1 = plain SGD)")
    top = max(2.0, 1.25 * float(table.loss.max()))
    for epoch, believed in table.believed.items():
        ink = GIVEN if believed == given else TRUE if believed == true else GREY
        ax.text(epoch, 0.93 * top, believed, ha="center", color=ink, fontsize=7, fontweight="bold")
    ax.set(xlabel="epoch", ylabel="loss (nats), weight", ylim=(-0.05 * top, top))
    inks = f"orange: given {given}, {'' if true is None else 'blue: '}{known}"
    head(ax, *setting_lines([run]), f"digits along the top: the believed label ({inks})")
    legend(figure, ax, 2)
    return literal(figure)


def traces(p, given, true):
    """The probability of each sample's given label, step by step. p [steps + 1, n], given, true [n] -> Drawing"""
    p = np.asarray(p)
    need(p.ndim == 2 and p.shape[1] == len(given) == len(true), "p", p.shape, f"[steps + 1, {len(given)}]")
    figure, axes = canvas(width=7.2, height=3.4)
    ax = axes[0, 0]
    for k, (a, b) in enumerate(zip(given.tolist(), true.tolist())):
        look = (
            {"color": GIVEN, "linewidth": 3}
            if a != b
            else {"color": OKABE_ITO[2], "linestyle": ("-", "--", ":")[a % 3]}
        )
        ax.plot(p[:, k], label=f"sample {k}: given {a}" + (f" ≠ {b}" if a != b else ""), **look)
    ax.set(xlabel="step of gradient descent", ylabel="probability of the given label", ylim=(0, 1.02))
    ax.set_xscale("symlog", linthresh=1)
    ax.set_xlim(left=0)
    ax.set_xticks([0, *(t for t in (1, 3, 10, 30, 100, 300, 1000) if t < len(p))])
    ax.xaxis.set_major_formatter("{x:.0f}")
    head(ax, f"n = {len(given)}, {int((given != true).sum())} wrong label; the linear softmax, from W = 0")
    legend(figure, ax, 3)
    return figure


def captioned(ax, at, x, words, ink, fontsize=9, **look):
    """An image of a mosaic, dark on light, with words above it. at: its corner; x [channels, H, W]"""
    left, top = at
    ax.imshow(_pixels(x), cmap="gray_r", vmin=0, vmax=1, extent=(left, left + 1, top + 1, top))
    ax.text(left + 0.5, top - 0.03, words, ha="center", va="bottom", color=ink, fontsize=fontsize, **look)


def _pixels(x):
    """x [channels, H, W], bytes or in 0..1 -> [H, W, channels] in 0..1"""
    pixels = x.permute(1, 2, 0).float()
    return (pixels / pixels.max().clamp(min=1)).numpy()
