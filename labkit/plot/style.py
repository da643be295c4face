"""Style: the colour, dash and marker of a method or curve are the same everywhere, safe for colour-blind readers."""

from collections.abc import Iterable
from io import BytesIO
from itertools import product
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, NullLocator

from ..errors import choose
from ..methods import ALL
from ..paths import printable
from .alt import describe

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
GREY = "#7f7f7f"  # readable on light and dark backgrounds
SOLID = "-"
DASHED = "--"
DASH_DOT = "-."
DOTTED = ":"
DASH_DOTS = (0, (5, 1, 1, 1, 1, 1))  # offset, then ink and gap by turns
DENSE_DOTS = (0, (1, 1))
LONG_DASHED = (0, (8, 2))
STYLES = (SOLID, DASHED, DASH_DOT, DOTTED, DASH_DOTS, DENSE_DOTS, LONG_DASHED)
LINES = (*OKABE_ITO[:6], "#999933")  # yellow is too pale for a line on white: olive in its place
MARKS = "osD^vPX*ph<>d8H"


class LineStyle(NamedTuple):
    """The colour, the marker and the dash of a line, as matplotlib takes them."""

    colour: str
    marker: str
    dash: str | tuple


# A style belongs to a name, whatever its place in labkit.methods; two methods of one colour differ in marker and dash.
# The order is that in which methods are drawn.
METHOD_STYLES = {
    "ERM": LineStyle(GREY, "o", DASHED),
    "MSE": LineStyle("#0072B2", "s", DASHED),
    "MAE": LineStyle("#D55E00", "D", DASHED),
    "Bootstrap soft": LineStyle("#009E73", "^", DASHED),
    "Bootstrap hard": LineStyle("#CC79A7", "v", DASHED),
    "Focal": LineStyle("#E69F00", "P", DASHED),
    "mixup": LineStyle("#56B4E9", "X", DASHED),
    "GCE": LineStyle("#56B4E9", "*", DASH_DOT),
    "SCE": LineStyle("#0072B2", "p", DASH_DOT),
    "Label smoothing": LineStyle("#D55E00", "h", DASH_DOT),
    "Decoupling": LineStyle("#009E73", "<", DASH_DOT),
    "INCV": LineStyle("#CC79A7", ">", DASH_DOT),
    "MentorNet PD": LineStyle("#E69F00", "d", DASH_DOT),
    "MentorNet DD": LineStyle("#56B4E9", "8", DASH_DOT),
    "O2U-Net": LineStyle("#999933", "H", DOTTED),
    "F-correction": LineStyle("#0072B2", "o", DOTTED),
    "B-correction": LineStyle("#D55E00", "s", DOTTED),
    "S-Model": LineStyle("#009E73", "D", DOTTED),
    "GLC": LineStyle("#CC79A7", "^", DOTTED),
    "T-Revision": LineStyle("#E69F00", "v", DOTTED),
    "L_DMI": LineStyle("#56B4E9", "P", DOTTED),
    "D2L": LineStyle("#999933", "X", DASH_DOTS),
    "Fine-tuning": LineStyle("#0072B2", "*", DASH_DOTS),
    "L2RW": LineStyle("#D55E00", "p", DASH_DOTS),
    "ELR": LineStyle("#009E73", "h", DASH_DOTS),
    "SOP": LineStyle("#CC79A7", "<", DASH_DOTS),
    "JoCoR": LineStyle("#E69F00", ">", DASH_DOTS),
    "Co-teaching+": LineStyle("#56B4E9", "d", DASH_DOTS),
    "DivideMix": LineStyle("#999933", "8", DENSE_DOTS),
    "PES": LineStyle("#0072B2", "H", DENSE_DOTS),
    "Confident learning": LineStyle("#D55E00", "o", DENSE_DOTS),
    # the papers' own methods and their usual company
    "CDR": LineStyle("#0072B2", "s", SOLID),
    "AUX": LineStyle("#E69F00", "D", SOLID),
    "CDR+AUX": LineStyle("#D55E00", "^", SOLID),
    "RDI": LineStyle("#009E73", "v", SOLID),
    "CDR+RDI": LineStyle("#CC79A7", "P", SOLID),
    "CRUST": LineStyle("#D55E00", "X", SOLID),
    "NormClip": LineStyle("#009E73", "*", SOLID),
    "Huber": LineStyle("#117733", "p", SOLID),
    "Ignormclip": LineStyle("#332288", "h", SOLID),
    "Min-SGD": LineStyle("#56B4E9", "<", SOLID),
    "SPL": LineStyle("#E69F00", ">", SOLID),
    "Co-teaching": LineStyle("#0072B2", "d", SOLID),
    "PRL(G)": LineStyle("#CC79A7", "8", SOLID),
    "PRL(L)": LineStyle("#D55E00", "H", SOLID),
    "Co-PRL(L)": LineStyle("#882255", "o", SOLID),
    "MW-Net": LineStyle("#009E73", "s", SOLID),
    "MNW-Net": LineStyle("#0072B2", "D", SOLID),
    "RMNW-Net": LineStyle("#AA4499", "^", SOLID),
}
CURVE_STYLES = {
    "clean_fitted": LineStyle("#009E73", "o", SOLID),
    "noisy_memorised": LineStyle("#D55E00", "s", DASHED),
    "noisy_corrected": LineStyle("#0072B2", "D", DASH_DOT),
    "test": LineStyle(GREY, "^", DOTTED),
    "train_given": LineStyle("#CC79A7", "v", DASH_DOTS),
}


def derived_style(name: str) -> LineStyle:
    """Return a style for a method without an entry in METHOD_STYLES.

    It depends on the name and the entries alone, and no entry has its colour and marker.
    """
    number = crc32(name.encode())
    taken = {(style.colour, style.marker) for style in METHOD_STYLES.values()}
    pairs = list(product(LINES, MARKS))
    start = number % len(pairs)
    candidates = pairs[start:] + pairs[:start]
    free = [pair for pair in candidates if pair not in taken]
    ink, mark = free[0] if free else candidates[0]
    dashes = STYLES[1:]  # solid lines are for the papers' own methods
    return LineStyle(ink, mark, dashes[number // len(pairs) % len(dashes)])


def styles_of(methods: Iterable[str]) -> dict[str, LineStyle]:
    """Return the style of each method, in the order of drawing: those of METHOD_STYLES, then the derived ones."""
    styles = dict(METHOD_STYLES)
    for name in methods:
        if name not in METHOD_STYLES:
            styles[name] = derived_style(name)
    return styles


METHODS = styles_of(name for name in ALL if name != "SGD")  # SGD is ERM
LINE_STYLES = METHODS | CURVE_STYLES
ORDER = tuple(METHODS)
COLOURS = {}
MARKERS = {}
DASHES = {}
for _name, _style in LINE_STYLES.items():
    COLOURS[_name] = _style.colour
    MARKERS[_name] = _style.marker
    DASHES[_name] = _style.dash


def colour(name: str) -> str:
    """Return the colour of a method or a curve of the history."""
    return choose("name", name, COLOURS)


def marker(name: str) -> str:
    """Return the marker of a method or a curve of the history."""
    return choose("name", name, MARKERS)


class Drawing(Figure):
    """A figure that a notebook shows, once, wherever it runs: matplotlib's own needs pyplot and its inline backend.

    The output's metadata say in words what is seen, as `alt`: nbconvert and the site hand it to those who do not see.
    """

    def _repr_png_(self):
        canvas = FigureCanvasAgg(self)  # savefig would draw everything twice, for the sake of the layout
        canvas.draw()
        width, height = 96 * self.get_size_inches()
        size = {"width": round(width), "height": round(height)}
        return lean(np.asarray(canvas.buffer_rgba())), {**size, "alt": describe(self)}


def lean(pixels: np.ndarray) -> bytes:
    """Return a PNG with a palette of the 256 most frequent colours, alpha included. pixels [height, width, 4], uint8

    Other colours are replaced by the nearest. It has a third of the bytes, and a notebook keeps all of its figures.
    """
    from PIL import Image

    opaque = pixels[..., 3] > 0  # a small part of a figure; all the others have one colour, the palette's first
    steps = np.array([4, 4, 4, 17])  # rounding that no eye sees, and that makes thousands of colours hundreds
    rounded = ((pixels[opaque] + steps // 2) // steps * steps).clip(max=255)
    digits = 256 ** np.arange(4)
    codes, code_of_pixel, count = np.unique(rounded @ digits, return_inverse=True, return_counts=True)
    colours = codes[:, None] // digits % 256
    most_frequent = colours[np.argsort(-count, kind="stable")[:255]]
    palette = np.vstack([np.zeros((1, 4), int), most_frequent])
    nearest = (np.square(palette).sum(1) - 2 * colours @ palette.T).argmin(1)
    numbers = np.zeros(opaque.shape, np.uint8)
    numbers[opaque] = nearest[code_of_pixel]
    image = Image.fromarray(numbers)
    image.putpalette(palette[:, :3].astype(np.uint8).tobytes())
    file = BytesIO()
    image.save(file, "png", optimize=True, transparency=bytes(palette[:, 3].tolist()))
    return file.getvalue()


def canvas(
    rows: int = 1, columns: int = 1, width: float = 3.4, height: float = 2.7, **options: Any
) -> tuple[Drawing, np.ndarray]:
    """Make a figure with axes in labkit's look: transparent and in mid-grey, readable on light and dark themes.

    width, height: of each axes, in inches. options: of matplotlib's `Figure.subplots`. Returns the Drawing and an array
    of axes [rows, columns].
    """
    figure = Drawing(figsize=(width * columns, height * rows), dpi=120, layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    for ax in axes.flat:
        restyle(ax)
    return figure, axes


def restyle(ax: Axes) -> None:
    """Give axes a thin grey frame, a light grid and no background."""
    ax.patch.set_alpha(0)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(GREY)
    ax.tick_params(colors=GREY, labelsize=8)
    for text in (ax.xaxis.label, ax.yaxis.label, ax.title):
        text.set_color(GREY)
    ax.grid(alpha=0.25, linewidth=0.6)
    ax.set_title("", y=1.0)  # with a fixed place matplotlib need not ask every tick, repeatedly, where a title fits


def logarithmic(ax: Axes, axis_name: str = "x") -> None:
    """Make an axis logarithmic, with plain numbers and no minor ticks: mathtext and hundreds of ticks take a second.

    axis_name: "x" or "y".
    """
    ax.set(**{f"{axis_name}scale": "log"})
    axis = {"x": ax.xaxis, "y": ax.yaxis}[axis_name]
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter("{x:g}")


def write(ax: Axes, column: float, row: float, text: str, **style: Any) -> None:
    """Write a text in the middle of a shown matrix's cell.

    The layout leaves it out: asking hundreds of texts takes it a second. style: of the text, for matplotlib.
    """
    if text:
        ax.text(column, row, text, ha="center", va="center", fontsize=7, **style).set_in_layout(False)


def mosaic(
    rows: int, columns: int, above: float, side: float = 0.65, gap: float = 0.1
) -> tuple[Drawing, Axes, list[tuple[float, float]]]:
    """Make one axes for many images, since an axes for each image is slow.

    Every image is 1 x 1, and `above` it is room for a text. side: of an image, in inches. Returns the Drawing, its axes
    and the upper left corners of the images, row by row.
    """
    height = rows * (1 + above)
    width = columns * (1 + gap)
    figure, axes = canvas(width=side * width, height=side * height + 0.3)
    axes[0, 0].set_axis_off()
    axes[0, 0].set(xlim=(0, width), ylim=(height, 0), aspect="equal", autoscale_on=False)
    corners = []
    for row, column in product(range(rows), range(columns)):
        left_edge = (1 + gap) * column + gap / 2
        top_edge = (1 + above) * row + above
        corners.append((left_edge, top_edge))
    return figure, axes[0, 0], corners


def literal(figure: Figure) -> Figure:
    """Make a figure show its texts as they are: a dollar in a name begins no formula, an escape code is text.

    Returns the figure.
    """
    for text in figure.findobj(Text):
        characters = text.get_text()
        if characters and "mathdefault" not in characters:  # matplotlib's own, of a logarithmic axis
            text.set(text=printable(characters), parse_math=False)
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            _make_ticks_literal(axis)
    return figure


def _make_ticks_literal(axis):
    """Make an axis show the names of its ticks as they are."""
    if isinstance(axis.get_major_formatter(), FixedFormatter):
        for tick in axis.get_major_ticks(len(axis.get_majorticklocs())):
            tick.label1.set_parse_math(False)


def head(ax: Axes, *lines: str) -> None:
    """Write a small grey title above axes, on the left."""
    ax.set_title("\n".join(lines), fontsize=8, color=GREY, loc="left")


def legend(figure: Figure, ax: Axes, columns: int) -> None:
    """Write one legend below the axes of a figure, from the names drawn in `ax`."""
    handles, labels = ax.get_legend_handles_labels()
    style = {"frameon": False, "labelcolor": GREY, "fontsize": 8, "ncols": columns}
    figure.legend(handles, labels, loc="outside lower left", **style)
