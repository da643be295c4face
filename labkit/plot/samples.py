"""Figures of samples and their labels: what the noise did, images with labels, the life of a sample, by-hand steps."""

from collections.abc import Iterable
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from ..data import Task
from ..errors import must, need
from ..fit import Run
from ..noise.passport import Passport
from .captions import setting_lines, true_class
from .style import GREY, OKABE_ITO, Drawing, canvas, colour, head, legend, literal, mosaic, write

GIVEN = colour("noisy_memorised")
TRUE = colour("noisy_corrected")
STEP_TICKS = (1, 3, 10, 30, 100, 300, 1000)


def noise_matrix(passport: Passport) -> Drawing:
    """Draw the transition matrix that was asked for (unless it depends on the sample) and the realised one."""
    matrices = {}
    for name, matrix in (("asked", passport.matrix), ("realised", passport.realised_matrix)):
        if matrix is not None:
            matrices[name] = np.asarray(matrix)
    figure, axes = canvas(1, len(matrices), width=3.4, height=4)
    for ax, (name, matrix) in zip(axes[0], matrices.items()):
        draw_matrix(ax, matrix)
        head(ax, f"{name}, in % of the true class")
    figure.suptitle(fill(passport.words, 46 * len(matrices)), fontsize=9, color=GREY)
    return figure


def draw_matrix(ax: Axes, matrix: np.ndarray | Tensor, hidden: float = 0.0) -> None:
    """Draw a transition matrix in percent. matrix [C, C]; entries up to `hidden` stay without a number."""
    ax.imshow(matrix, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(np.asarray(matrix)):
        text = f"{100 * share:.0f}" if share > hidden else ""
        write(ax, column, row, text, color="white" if share > 0.5 else "#333333")
    ax.grid(False)
    ticks = range(len(matrix))
    ax.set(xlabel="given label", ylabel="true label", xticks=ticks, yticks=ticks)


def label_gallery(task: Task, i: Iterable[int]) -> Drawing:
    """Draw training images with their given labels, and with the true one where a label is known to be wrong.

    i: positions in the training set, 1 to 60.
    """
    i = [int(k) for k in i]
    must(0 < len(i) <= 60, "i", f"{len(i)} positions", "1 to 60 positions in the training set")
    columns = min(12, len(i))
    rows = -(-len(i) // columns)
    figure, ax, corners = mosaic(rows, columns, above=0.42)
    for k, corner in zip(i, corners):
        given = int(task.train.y[k])
        true = true_class(task, k)
        if true in (None, given):
            captioned(ax, corner, task.train.x[k], f"{given}", GREY, fontweight="normal")
        else:
            captioned(ax, corner, task.train.x[k], f"{given} ≠ {true}", GIVEN, fontweight="bold")
    meaning = "given label, or given ≠ true" if task.truth else "given label"
    title = f"{task.name}, {len(i)} of n = {len(task.train):,}; {meaning}. {task.noise_text}"
    figure.suptitle(title, fontsize=8, color=GREY)
    return literal(figure)


def life(run: Run, i: int, task: Task) -> Drawing:
    """Draw one training sample, epoch by epoch: the loss of its given label, its weight, the label that is believed.

    run: of labkit.fit(..., life=True) on `task`. i: position in the training set.
    Raises ValueError for a run without lives, and for a position that its task does not have.
    """
    need(run.life is not None, "run", run.name, "a run of labkit.fit(..., life=True)")
    n = len(task.train)
    need(0 <= int(i) < n == run.life.loss.shape[1], "i", i, f"in 0..{n - 1}, of the task that the run was trained on")
    figure, axes = canvas(1, 2, width=3.9, height=3.2, width_ratios=(1, 4))
    given = int(task.train.y[i])
    true = true_class(task, i)
    truth = "truth not known" if true is None else f"true {true}"
    axes[0, 0].imshow(_pixels(task.train.x[i]), cmap="gray_r", vmin=0, vmax=1)
    axes[0, 0].set_axis_off()
    head(axes[0, 0], f"sample {i}", f"given {given}", truth)
    _draw_life(axes[0, 1], run.life.of(int(i)), given, true)
    inks = f"orange: given {given}, {'' if true is None else 'blue: '}{truth}"
    head(axes[0, 1], *setting_lines([run]), f"digits along the top: the believed label ({inks})")
    legend(figure, axes[0, 1], 2)
    return literal(figure)


def _draw_life(ax, table, given, true):
    """Draw loss, weight and believed label of one sample over the epochs. table: of `Life.of`."""
    ax.plot(table.index, table.loss.astype(float), color="#CC79A7", label="loss of the given label (nats)")
    ax.plot(table.index, table.weight.astype(float), "--", color=TRUE, label="weight (1 = plain SGD)")
    top = max(2.0, 1.25 * float(table.loss.max()))
    for epoch, believed in table.believed.items():
        ink = GREY
        if believed == given:
            ink = GIVEN
        elif believed == true:
            ink = TRUE
        ax.text(epoch, 0.93 * top, believed, ha="center", color=ink, fontsize=7, fontweight="bold")
    ax.set(xlabel="epoch", ylabel="loss (nats), weight", ylim=(-0.05 * top, top))


def traces(p: Tensor | np.ndarray, given: Tensor | np.ndarray, true: Tensor | np.ndarray) -> Drawing:
    """Draw the probability of each sample's given label, step by step. p [steps + 1, n], given [n], true [n]"""
    p = np.asarray(p)
    n = len(given)
    need(p.ndim == 2 and p.shape[1] == n == len(true), "p", p.shape, f"[steps + 1, {n}]")
    figure, axes = canvas(width=7.2, height=3.4)
    ax = axes[0, 0]
    for k, (y, y_clean) in enumerate(zip(given.tolist(), true.tolist())):
        label = f"sample {k}: given {y}"
        if y != y_clean:
            ax.plot(p[:, k], label=f"{label} ≠ {y_clean}", color=GIVEN, linewidth=3)
        else:
            dash = ("-", "--", ":")[y % 3]
            ax.plot(p[:, k], label=label, color=OKABE_ITO[2], linestyle=dash)
    ax.set(xlabel="step of gradient descent", ylabel="probability of the given label", ylim=(0, 1.02))
    ax.set_xscale("symlog", linthresh=1)
    ax.set_xlim(left=0)
    ax.set_xticks([0, *[tick for tick in STEP_TICKS if tick < len(p)]])
    ax.xaxis.set_major_formatter("{x:.0f}")
    head(ax, f"n = {n}, {int((given != true).sum())} wrong label; the linear softmax, from W = 0")
    legend(figure, ax, 3)
    return figure


def captioned(
    ax: Axes, corner: tuple[float, float], x: Tensor, text: str, ink: str, fontsize: float = 9, **style: Any
) -> None:
    """Draw an image of a mosaic, dark on light, with a text above it.

    corner: left and top of the image, of `style.mosaic`. x [channels, H, W]. style: of the text, for matplotlib.
    """
    x0, y0 = corner
    ax.imshow(_pixels(x), cmap="gray_r", vmin=0, vmax=1, extent=(x0, x0 + 1, y0 + 1, y0))
    ax.text(x0 + 0.5, y0 - 0.03, text, ha="center", va="bottom", color=ink, fontsize=fontsize, **style)


def _pixels(x):
    """Return an image as matplotlib takes it. x [channels, H, W], bytes or in 0..1 -> [H, W, channels] in 0..1"""
    pixels = x.permute(1, 2, 0).float()
    return (pixels / pixels.max().clamp(min=1)).numpy()
