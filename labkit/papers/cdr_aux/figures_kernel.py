"""The figure of the kernel limit."""

from itertools import product

from ...plot.parts import band, data_of, headline, noise_of
from ...plot.style import OKABE_ITO, canvas, colour, head, legend, logarithmic, marker
from .kernel import WAYS

__all__ = ["towards_the_kernel"]
SOLVED = {"kernel ridge": OKABE_ITO[5], "kernel, no ridge": OKABE_ITO[3]}
PANELS = {  # column: what its axis shows, in a formula, methods
    "kernel_moved": ("change of the kernel", "|K_T - K_0| / |K_0|, training set", ("ERM", "RDI")),
    "distance": ("distance to kernel ridge", "|f_T - f_kernel| / |f_kernel - f_0|, test set", ("RDI", "AUX")),
    "last": ("test accuracy", "after the last step", ("ERM", "RDI", "AUX", *SOLVED)),
}


def towards_the_kernel(rows):
    """Against the width: how far the tangent kernel moves in training, how far the trained outputs end from kernel
    ridge regression, and the test accuracy of both; solid the standard way of writing a network, dashed the "ntk" way.

    rows: of labkit.papers.cdr_aux.kernel.towards. -> Drawing"""
    figure, axes = canvas(1, len(PANELS), width=3.5, height=3.4)
    for ax, (column, (label, words, methods)) in zip(axes[0], PANELS.items()):
        for name, (way, dash) in product(methods, zip(WAYS, ("-", "--"))):
            curve = rows[(rows["way"] == way) & (rows["method"] == name)]
            if len(curve):
                band(ax, curve, "width", column, linestyle=dash, label=f"{name}, {way}", **_look(name))
        ax.set_xscale("log", base=2)
        ax.set_xticks(sorted(set(rows["width"])), sorted(set(rows["width"])))
        ax.set(xlabel="units in the hidden layer", ylabel=label)
        head(ax, words)
        if column != "last":
            logarithmic(ax, "y")
    axes[0, -1].set_ylim(0, 1.02)
    one = rows[~rows["method"].isin(list(SOLVED))]
    headline(figure, f"{noise_of(rows)}; squared loss, gradient descent", data_of(one).replace("epochs", "steps"))
    legend(figure, axes[0, -1], 5)
    return figure


def _look(name):
    """Colour and marker of a method; what is solved has its own."""
    ink, mark = (SOLVED[name], "*") if name in SOLVED else (colour(name), marker(name))
    return {"color": ink, "marker": mark, "markersize": 4}
