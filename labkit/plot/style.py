"""One look: the colour, dash and marker of a method or curve are the same everywhere, safe for colour-blind readers."""

from collections.abc import Iterable
from io import BytesIO
from itertools import product
from typing import NamedTuple
from zlib import crc32

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, NullLocator

from ..errors import choose
from ..methods import ALL
from ..paths import printable

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
GREY = "#7f7f7f"  # readable on light and dark backgrounds
SOLID, DASHED, DASH_DOT, DOTTED = "-", "--", "-.", ":"
DASH_DOTS, DENSE_DOTS, LONG_DASHED = (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2))
STYLES = (SOLID, DASHED, DASH_DOT, DOTTED, DASH_DOTS, DENSE_DOTS, LONG_DASHED)
LINES = (*OKABE_ITO[:6], "#999933")  # yellow is too pale for a line on white: olive in its place
MARKS = "osD^vPX*ph<>d8H"


class Look(NamedTuple):
    """The colour, the marker and the dash of a line, as matplotlib takes them."""

    colour: str
    marker: str
    dash: str | tuple


# A look belongs to a name, whatever its place in labkit.methods; two methods of one colour differ in marker and dash.
# The order is that in which methods are drawn.
METHOD_LOOKS = {
    "ERM": Look(GREY, "o", DASHED),
    "MSE": Look("#0072B2", "s", DASHED),
    "MAE": Look("#D55E00", "D", DASHED),
    "Bootstrap soft": Look("#009E73", "^", DASHED),
    "Bootstrap hard": Look("#CC79A7", "v", DASHED),
    "Focal": Look("#E69F00", "P", DASHED),
    "mixup": Look("#56B4E9", "X", DASHED),
    "GCE": Look("#56B4E9", "*", DASH_DOT),
    "SCE": Look("#0072B2", "p", DASH_DOT),
    "Label smoothing": Look("#D55E00", "h", DASH_DOT),
    "Decoupling": Look("#009E73", "<", DASH_DOT),
    "INCV": Look("#CC79A7", ">", DASH_DOT),
    "MentorNet PD": Look("#E69F00", "d", DASH_DOT),
    "MentorNet DD": Look("#56B4E9", "8", DASH_DOT),
    "O2U-Net": Look("#999933", "H", DOTTED),
    "F-correction": Look("#0072B2", "o", DOTTED),
    "B-correction": Look("#D55E00", "s", DOTTED),
    "S-Model": Look("#009E73", "D", DOTTED),
    "GLC": Look("#CC79A7", "^", DOTTED),
    "T-Revision": Look("#E69F00", "v", DOTTED),
    "L_DMI": Look("#56B4E9", "P", DOTTED),
    "D2L": Look("#999933", "X", DASH_DOTS),
    "Fine-tuning": Look("#0072B2", "*", DASH_DOTS),
    "L2RW": Look("#D55E00", "p", DASH_DOTS),
    "ELR": Look("#009E73", "h", DASH_DOTS),
    "SOP": Look("#CC79A7", "<", DASH_DOTS),
    "JoCoR": Look("#E69F00", ">", DASH_DOTS),
    "Co-teaching+": Look("#56B4E9", "d", DASH_DOTS),
    "DivideMix": Look("#999933", "8", DENSE_DOTS),
    "PES": Look("#0072B2", "H", DENSE_DOTS),
    "Confident learning": Look("#D55E00", "o", DENSE_DOTS),
    # the papers' own methods and their usual company
    "CDR": Look("#0072B2", "s", SOLID),
    "AUX": Look("#E69F00", "D", SOLID),
    "CDR+AUX": Look("#D55E00", "^", SOLID),
    "RDI": Look("#009E73", "v", SOLID),
    "CDR+RDI": Look("#CC79A7", "P", SOLID),
    "CRUST": Look("#D55E00", "X", SOLID),
    "NormClip": Look("#009E73", "*", SOLID),
    "Huber": Look("#117733", "p", SOLID),
    "Ignormclip": Look("#332288", "h", SOLID),
    "Min-SGD": Look("#56B4E9", "<", SOLID),
    "SPL": Look("#E69F00", ">", SOLID),
    "Co-teaching": Look("#0072B2", "d", SOLID),
    "PRL(G)": Look("#CC79A7", "8", SOLID),
    "PRL(L)": Look("#D55E00", "H", SOLID),
    "Co-PRL(L)": Look("#882255", "o", SOLID),
    "MW-Net": Look("#009E73", "s", SOLID),
    "MNW-Net": Look("#0072B2", "D", SOLID),
    "RMNW-Net": Look("#AA4499", "^", SOLID),
}
CURVE_LOOKS = {
    "clean_fitted": Look("#009E73", "o", SOLID),
    "noisy_memorised": Look("#D55E00", "s", DASHED),
    "noisy_corrected": Look("#0072B2", "D", DASH_DOT),
    "test": Look(GREY, "^", DOTTED),
    "train_given": Look("#CC79A7", "v", DASH_DOTS),
}


def derived_look(name: str) -> Look:
    """Return a look for a method without an entry in METHOD_LOOKS. It depends on the name and the entries alone, and
    no entry has its colour and marker."""
    number = crc32(name.encode())
    taken = {(look.colour, look.marker) for look in METHOD_LOOKS.values()}
    pairs = list(product(LINES, MARKS))
    start = number % len(pairs)
    candidates = pairs[start:] + pairs[:start]
    ink, mark = next((pair for pair in candidates if pair not in taken), candidates[0])
    dashes = STYLES[1:]  # solid lines are for the papers' own methods
    return Look(ink, mark, dashes[number // len(pairs) % len(dashes)])


def looks_of(methods: Iterable[str]) -> dict[str, Look]:
    """Return the look of each method, in the order in which they are drawn: those of METHOD_LOOKS, then the others."""
    others = [name for name in methods if name not in METHOD_LOOKS]
    return METHOD_LOOKS | {name: derived_look(name) for name in others}


METHODS = looks_of(name for name in ALL if name != "SGD")  # SGD is ERM
LOOKS = METHODS | CURVE_LOOKS
ORDER = tuple(METHODS)
COLOURS = {name: look.colour for name, look in LOOKS.items()}
MARKERS = {name: look.marker for name, look in LOOKS.items()}
DASHES = {name: look.dash for name, look in LOOKS.items()}


def colour(name: str) -> str:
    """Return the colour of a method or a curve of the history."""
    return choose("name", name, COLOURS)


def marker(name: str) -> str:
    """Return the marker of a method or a curve of the history."""
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
