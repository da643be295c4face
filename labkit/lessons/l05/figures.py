"""Figures of lesson 05: gradients of one predicted class, and who is chosen among them."""

import numpy as np

from ...papers.crust.figures import CHOOSERS
from ...plot.parts import headline
from ...plot.style import GREY, OKABE_ITO, canvas, head, legend
from .study import SHOWN, TURN, cloud

__all__ = ["chosen_gradients", "clean_over_epochs"]

RIGHT, WRONG = OKABE_ITO[2], OKABE_ITO[1]


def chosen_gradients(scene, *, selectors, keep, c=SHOWN):
    """The gradients of the samples that a network calls c, a panel per selector: solid is chosen, open is left out,
    a thin line leads to the medoid that stands for a sample.

    scene: of labkit.lessons.l05.study. keep: share of every predicted class. -> Drawing
    """
    figure, axes = canvas(1, len(selectors), width=2.9, height=4.1, sharey=True)
    for ax, selector in zip(axes[0], selectors):
        seen = cloud(scene, selector, keep, c)
        ends = np.stack([seen.place, seen.place[seen.medoid]], 1)
        for (x0, y0), (x1, y1) in ends:
            ax.plot([x0, x1], [y0, y1], color=GREY, linewidth=0.4, alpha=0.6)
        taken = np.isin(np.arange(len(seen.members)), seen.order)
        for which, ink, mark, word in ((seen.right, RIGHT, "o", "right"), (~seen.right, WRONG, "X", "wrong")):
            for inside, style in ((False, "none"), (True, "full")):
                place = seen.place[which.numpy() & (taken == inside)]
                name = f"{word} label, {'chosen' if inside else 'left out'}"
                ax.plot(*place.T, mark, color=ink, fillstyle=style, markersize=5, markeredgewidth=0.8, label=name)
        spokes(ax, c)
        right = float(seen.right[seen.order].double().mean())
        head(ax, selector, f"{len(seen.order)} of {len(taken)} chosen, {right:.0%} of them right")
    headline(figure, *setting(scene, f"gradients of the images that the network calls {c}; the digits: given labels"))
    legend(figure, axes[0, 0], 2)
    return figure


def spokes(ax, c):
    """Write every given label where its gradients are, and hide the axes: only distances in the plane count."""
    for k in range(9):
        turn = np.pi / 2 - float(TURN) * k
        ax.text(1.3 * np.cos(turn), 1.3 * np.sin(turn), (c + 1 + k) % 10, color=GREY, ha="center", va="center")
    ax.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    ax.set_xlabel("plane of p - e_y, first coordinate", fontsize=8)
    ax.set_ylabel("second coordinate", fontsize=8)


def setting(scene, more):
    """Data, n, noise and network in two lines. -> texts"""
    task, passport = scene.task, scene.task.noise
    noise = f"{passport.name} {passport.rate:.0%}, seed {passport.seed}"
    return f"{task.name}, n = {len(task.train):,}, mlp; {noise}", more


def clean_over_epochs(tables, right):
    """Label precision of what each selector chooses, over the epochs of training; a panel per noise.

    tables: {noise: DataFrame with epoch, selector, precision, keep, samples}; right: {noise: share of right labels}. ->
    Drawing
    """
    figure, axes = canvas(1, len(tables), width=3.2, height=3.2, sharey=True)
    for ax, (noise, table) in zip(axes[0], tables.items()):
        for selector, own in table.groupby("selector", sort=False):
            ink, mark = CHOOSERS[selector]
            ax.plot(own["epoch"], own["precision"], color=ink, marker=mark, markersize=4, label=selector)
        ax.axhline(right[noise], color=GREY, linewidth=1, linestyle=(0, (1, 3)), label="share of right labels")
        ax.set(ylim=(0, 1.03), xscale="log", xlabel="epochs of plain SGD")
        ax.set_xticks(sorted(set(table["epoch"])), sorted(set(table["epoch"])))
        ax.minorticks_off()
        head(ax, noise)
    axes[0, 0].set_ylabel("right labels among the chosen", fontsize=8)
    one = next(iter(tables.values())).iloc[0]
    headline(figure, f"{one['task']}, n = {one['samples']:,}, mlp, seed 0; {one['keep']:.0%} of each predicted class")
    legend(figure, axes[0, 0], 5)
    return figure
