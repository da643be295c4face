"""One look: the colour, dash and marker of a method or curve are the same everywhere, safe for colour-blind readers."""

from io import BytesIO

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, NullLocator

from ...errors import choose
from ...methods import ALL
from ...paths import printable

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
GREY = "#7f7f7f"  # readable on light and dark backgrounds
CURVES = {"clean_fitted": "#009E73", "noisy_memorised": "#D55E00", "noisy_corrected": "#0072B2", "test": GREY}
CURVES |= {"train_given": "#CC79A7"}
PAPERS = {  # the papers' own methods and their usual company, in the order in which they are drawn
    "CDR": "#0072B2",
    "AUX": "#E69F00",
    "CDR+AUX": "#D55E00",
    "RDI": "#009E73",
    "CDR+RDI": "#CC79A7",
    "CRUST": "#D55E00",
    "NormClip": "#009E73",
    "Huber": "#117733",
    "Ignormclip": "#332288",
    "Min-SGD": "#56B4E9",
    "SPL": "#E69F00",
    "Co-teaching": "#0072B2",
    "PRL(G)": "#CC79A7",
    "PRL(L)": "#D55E00",
    "Co-PRL(L)": "#882255",
    "MW-Net": "#009E73",
    "MNW-Net": "#0072B2",
    "RMNW-Net": "#AA4499",
}
OTHERS = [name for name in ALL if name not in {"ERM", "SGD", *PAPERS}]  # SGD is ERM
LINES = (*OKABE_ITO[:6], "#999933")  # yellow is too pale for a line on white: olive in its place
METHODS = {"ERM": GREY} | {name: LINES[k % 7] for k, name in enumerate(OTHERS)} | PAPERS
METHODS["GCE"] = "#56B4E9"
ORDER = tuple(METHODS)
COLOURS = METHODS | CURVES
# two methods of one colour differ in marker and dash
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
MARKERS = {name: "osD^vPX*ph<>d8H"[k % 15] for k, name in enumerate(METHODS)} | dict(zip(CURVES, "osD^v"))
DASHES = {name: "-" if name in PAPERS else STYLES[1 + k // 7 % 6] for k, name in enumerate(METHODS)}
DASHES |= dict(zip(CURVES, STYLES))


def colour(name):
    """The colour of a method or a curve."""
    return choose("name", name, COLOURS)


def marker(name):
    """The marker of a method or a curve."""
    return choose("name", name, MARKERS)


class Drawing(Figure):
    """A figure that a notebook shows, once, wherever it runs: matplotlib's own needs pyplot and its inline backend."""

    def _repr_png_(self):
        drawn = FigureCanvasAgg(self)  # savefig would draw everything twice, for the sake of the layout
        drawn.draw()
        width, height = 96 * self.get_size_inches()
        return lean(np.asarray(drawn.buffer_rgba())), {"width": round(width), "height": round(height)}


def lean(pixels):
    """A PNG with a palette of the 256 most frequent colours, alpha included, every other one replaced by the nearest: a
    third of the bytes, and a notebook keeps all of its figures. pixels [height, width, 4], uint8 -> bytes"""
    from PIL import Image

    opaque = pixels[..., 3] > 0  # a small part of a figure; all the others have one colour, the palette's first
    steps = np.array([4, 4, 4, 17])  # what no eye sees, and what makes thousands of colours hundreds
    rounded = ((pixels[opaque] + steps // 2) // steps * steps).clip(max=255)
    codes, at, count = np.unique(rounded @ (256 ** np.arange(4)), return_inverse=True, return_counts=True)
    colours = codes[:, None] // 256 ** np.arange(4) % 256
    kept = np.vstack([np.zeros((1, 4), int), colours[np.argsort(-count, kind="stable")[:255]]])
    nearest = (np.square(kept).sum(1) - 2 * colours @ kept.T).argmin(1)
    numbers = np.zeros(opaque.shape, np.uint8)
    numbers[opaque] = nearest[at]
    image, out = Image.fromarray(numbers), BytesIO()
    image.putpalette(kept[:, :3].astype(np.uint8).tobytes())
    image.save(out, "png", optimize=True, transparency=bytes(kept[:, 3].tolist()))
    return out.getvalue()


def canvas(rows=1, columns=1, width=3.4, height=2.7, **options):
    """A figure with `rows` x `columns` axes in labkit's look, transparent and in mid-grey, so that it reads on light
    and dark themes.

    -> Drawing, array of axes [rows, columns]
    """
    figure = Drawing(figsize=(width * columns, height * rows), dpi=120, layout="constrained")
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
    ax.set_title("", y=1.0)  # said, not sought: matplotlib would ask every tick, again and again, where a title fits


def logarithmic(ax, which="x"):
    """A logarithmic axis with plain numbers and no small ticks: mathtext and hundreds of ticks take a second."""
    ax.set(**{f"{which}scale": "log"})
    axis = {"x": ax.xaxis, "y": ax.yaxis}[which]
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter("{x:g}")


def write(ax, column, row, words, **look):
    """Words in the middle of a shown matrix's cell. The layout leaves them out: asking hundreds takes it a second."""
    if words:
        ax.text(column, row, words, ha="center", va="center", fontsize=7, **look).set_in_layout(False)


def mosaic(rows, columns, above, side=0.65, gap=0.1):
    """One axes for many images, for an axes each is slow: every image is 1 x 1, and `above` it is room for words.
    side: of an image, in inches. -> Drawing, axes, their upper left corners [rows x columns]"""
    height, width = rows * (1 + above), columns * (1 + gap)
    figure, axes = canvas(width=side * width, height=side * height + 0.3)
    axes[0, 0].set_axis_off()
    axes[0, 0].set(xlim=(0, width), ylim=(height, 0), aspect="equal", autoscale_on=False)
    corners = [((1 + gap) * k + gap / 2, (1 + above) * j + above) for j in range(rows) for k in range(columns)]
    return figure, axes[0, 0], corners


def literal(figure: Figure) -> Figure:
    """Show texts as they are: a dollar in a name begins no formula, an escape code is text. -> the figure"""
    for text in figure.findobj(Text):
        words = text.get_text()
        if words and "mathdefault" not in words:  # matplotlib's own, of a logarithmic axis
            text.set(text=printable(words), parse_math=False)
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        if isinstance(axis.get_major_formatter(), FixedFormatter):
            for tick in axis.get_major_ticks(len(axis.get_majorticklocs())):
                tick.label1.set_parse_math(False)
    return figure


def head(ax, *lines):
    """A small grey title of these lines, on the left."""
    ax.set_title("\n".join(lines), fontsize=8, color=GREY, loc="left")


def legend(figure, ax, columns):
    """One legend for the figure, below its axes, from the names drawn in `ax`."""
    handles, labels = ax.get_legend_handles_labels()
    look = {"frameon": False, "labelcolor": GREY, "fontsize": 8, "ncols": columns}
    figure.legend(handles, labels, loc="outside lower left", **look)
