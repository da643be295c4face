"""One look: the colour, dash and marker of a method or curve are the same everywhere, safe for colour-blind readers."""

from io import BytesIO
from zlib import crc32

from matplotlib.figure import Figure

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
GREY = "#7f7f7f"  # readable on light and dark backgrounds
ORDER = ("ERM", "CDR", "AUX", "CDR+AUX", "RDI", "CDR+RDI")
COLOURS = {
    **dict(zip(ORDER, (GREY, "#0072B2", "#E69F00", "#D55E00", "#009E73", "#CC79A7"))),
    "clean_fitted": "#009E73",
    "noisy_memorised": "#D55E00",
    "noisy_corrected": "#0072B2",
    "test": GREY,
}
MARKERS = dict(zip(COLOURS, "osD^vPosD^"))
DASHES = dict(zip(COLOURS, ("-", "--", "-.", "-", ":", "--", "-", "--", "-.", ":")))


def colour(name):
    """The colour of a method or a curve."""
    return COLOURS.get(name, OKABE_ITO[crc32(name.encode()) % 7])


def marker(name):
    """The marker of a method or a curve."""
    return MARKERS.get(name, "o")


class Drawing(Figure):
    """A figure that a notebook shows, once, wherever it runs: matplotlib's own needs pyplot and its inline backend."""

    def _repr_png_(self):
        png = BytesIO()
        self.savefig(png, format="png", dpi=120)
        width, height = 96 * self.get_size_inches()
        return png.getvalue(), {"width": round(width), "height": round(height)}


def canvas(rows=1, columns=1, width=3.4, height=2.7, **options):
    """A figure with `rows` x `columns` axes in labkit's look, transparent and in mid-grey, so that it reads on light
    and dark themes.

    -> Drawing, array of axes [rows, columns]
    """
    figure = Drawing(figsize=(width * columns, height * rows), layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    for ax in axes.flat:
        restyle(ax)
    return figure, axes


def restyle(ax):
    """Thin grey frame, light grid, no background."""
    ax.patch.set_alpha(0)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(GREY)
    ax.tick_params(colors=GREY, labelsize=8)
    ax.xaxis.label.set_color(GREY), ax.yaxis.label.set_color(GREY), ax.title.set_color(GREY)
    ax.grid(alpha=0.25, linewidth=0.6)


def head(ax, *lines):
    """A small grey title of these lines, on the left."""
    ax.set_title("\n".join(lines), fontsize=8, color=GREY, loc="left")


def legend(figure, ax, columns):
    """One legend for the figure, below its axes, from the names drawn in `ax`."""
    handles, labels = ax.get_legend_handles_labels()
    look = {"frameon": False, "labelcolor": GREY, "fontsize": 8, "ncols": columns}
    figure.legend(handles, labels, loc="outside lower left", **look)
