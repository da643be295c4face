"""What is seen in a figure, in words, read from what is drawn: the text for readers who do not see it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

MOST = 6  # curves, bars or groups of one picture that are described
LONGEST = 1200  # letters of a description
FLAT = 0.03  # of an axis: a curve that moves less stays where it is


def describe(figure: Figure) -> str:
    """Describe a figure: its titles, the course of its curves, the values of its bars, what its images hold.

    The figure must have been drawn, so that its ticks have names.
    """
    sentences = []
    if figure.get_suptitle():
        sentences.append(_sentence(figure.get_suptitle()))
    for ax in figure.axes:
        sentences += describe_axes(ax)
    text = " ".join(sentences)
    if len(text) <= LONGEST:
        return text or "An empty figure."
    return text[:LONGEST].rsplit(" ", 1)[0] + " ..."


def describe_axes(ax: Axes) -> list[str]:
    """Describe what axes show. Returns sentences, none for axes without a picture, such as those of a colour bar."""
    seen = [*_images(ax), *_curves(ax), *_points(ax), *_bars(ax)]
    if not seen:
        return []
    title = _title(ax)
    sentences = [_sentence(title)] if title else []
    if ax.axison and (ax.get_ylabel() or ax.get_xlabel()):
        sentences.append(
            _sentence(f"{_one_line(ax.get_ylabel()) or 'Values'} over {_one_line(ax.get_xlabel()) or 'names'}")
        )
    return sentences + seen


def _title(ax):
    """Return the titles of axes, from left to right, in one line."""
    titles = [ax.get_title(loc) for loc in ("left", "center", "right")]
    return _one_line(" ".join(filter(None, titles)))


def _one_line(text):
    """Return a text without breaks."""
    return " ".join(text.split())


def _sentence(text):
    """Return a text in one line that ends with a full stop."""
    text = _one_line(text)
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _has_name(artist):
    """Return whether a curve or a group has a name of its own: matplotlib's begin with an underscore."""
    return bool(artist.get_label()) and not str(artist.get_label()).startswith("_")


def _listed(items, kind):
    """Return a sentence of the first items; of the others it has their number. -> list of no or one sentence"""
    if not items:
        return []
    others = [f"and {len(items) - MOST} more {kind}"] if len(items) > MOST else []
    return [_sentence("; ".join([*items[:MOST], *others]))]


def _curves(ax):
    """Describe the curves with a name, and count the others."""
    named = []
    for line in ax.lines:
        points = _finite(line)
        if _has_name(line) and len(points):
            named.append(f"{line.get_label()} {course(points, ax)}")
    nameless = sum(not _has_name(line) and len(_finite(line)) > 2 for line in ax.lines)
    more = [f"{nameless} curves without a name."] if nameless > 1 else []
    return _listed(named, "curves") + more


def _finite(line: Line2D):
    """Return the points of a curve that have a value. -> array [n, 2]"""
    x = np.ma.filled(np.ma.asarray(line.get_xdata(orig=False), float), np.nan)
    y = np.ma.filled(np.ma.asarray(line.get_ydata(orig=False), float), np.nan)
    points = np.column_stack([x, y])
    return points[np.isfinite(points).all(1)]


def course(points: np.ndarray, ax: Axes) -> str:
    """Describe the course of a curve: its ends, and its peak or trough if one stands out on the axes. points [n, 2]"""
    places = [_place(point, ax) for point in points]
    if len(points) == 1:
        return places[0]
    heights = _heights(points[:, 1], ax)
    peak, trough = int(heights.argmax()), int(heights.argmin())
    above = heights[peak] - max(heights[0], heights[-1])
    below = min(heights[0], heights[-1]) - heights[trough]
    if max(above, below) > FLAT:
        if above >= below:
            return f"rises from {places[0]} to {places[peak]}, then falls to {places[-1]}"
        return f"falls from {places[0]} to {places[trough]}, then rises to {places[-1]}"
    if abs(heights[-1] - heights[0]) <= FLAT:
        return f"stays near {_number(points[-1, 1])} from {_at(points[0], ax)} to {_at(points[-1], ax)}"
    verb = "rises" if heights[-1] > heights[0] else "falls"
    return f"{verb} from {places[0]} to {places[-1]}"


def _heights(y, ax):
    """Return values as heights on the axes, 0 at the bottom and 1 at the top. -> array"""
    pixels = ax.transData.transform(np.column_stack([np.full(len(y), ax.get_xlim()[1]), y]))
    return ax.transAxes.inverted().transform(pixels)[:, 1]


def _place(point, ax):
    """Write a point of a curve: its value, and where."""
    return f"{_number(point[1])} at {_at(point, ax)}"


def _at(point, ax):
    """Write where a point stands on the x axis, by the name of its tick if it has one."""
    for position, label in zip(ax.get_xticks(), ax.get_xticklabels()):
        text = label.get_text()
        if abs(position - point[0]) < 1e-9 and text and not _is_number(text):
            return _one_line(text)
    return _number(point[0])


def _is_number(text):
    """Return whether the name of a tick is a number, or a formula of one."""
    try:
        float(text.replace("−", "-"))
    except ValueError:
        return "$" in text
    return True


def _number(value):
    """Write a number with three digits that count."""
    return f"{value:.3g}"


def _points(ax):
    """Describe the groups of points: how many there are, and where their middle is."""
    groups = []
    for group in ax.collections:
        if not isinstance(group, PathCollection):
            continue
        places = np.ma.filled(np.ma.asarray(group.get_offsets(), float), np.nan)
        places = places[np.isfinite(places).all(1)]
        if _has_name(group) and len(places):
            x, y = np.median(places, 0)
            points = "1 point" if len(places) == 1 else f"{len(places)} points"
            groups.append(f"{group.get_label()}: {points} around {_number(x)}, {_number(y)}")
    return _listed(groups, "groups")


def _bars(ax):
    """Describe bars by their names and lengths."""
    sentences = []
    for container in ax.containers:
        if isinstance(container, BarContainer) and len(container.patches):
            lengths = [_bar(patch, container.orientation, ax) for patch in container.patches]
            name = f"{container.get_label()}: " if _has_name(container) else ""
            others = f", and {len(lengths) - 2 * MOST} more bars" if len(lengths) > 2 * MOST else ""
            sentences.append(_sentence(f"Bars: {name}{', '.join(lengths[: 2 * MOST])}{others}"))
    return sentences[:MOST]


def _bar(patch, orientation, ax):
    """Write the name of a bar's place and its length."""
    if orientation == "horizontal":
        middle, length = patch.get_y() + patch.get_height() / 2, patch.get_width()
        ticks, labels = ax.get_yticks(), ax.get_yticklabels()
    else:
        middle, length = patch.get_x() + patch.get_width() / 2, patch.get_height()
        ticks, labels = ax.get_xticks(), ax.get_xticklabels()
    near = [label.get_text() for tick, label in zip(ticks, labels) if abs(tick - middle) < 0.5]
    name = _one_line(near[0]) if len(near) == 1 and near[0] else _number(middle)
    return f"{name} {_number(length)}"


def _images(ax):
    """Describe matrices by their largest values, and count photographs."""
    matrices = []
    photographs = 0
    for image in ax.images:
        values = np.ma.filled(np.ma.asarray(image.get_array(), float), np.nan)
        if ax.axison and values.ndim == 2 and len(ax.images) == 1:
            matrices.append(matrix(values, ax))
        elif isinstance(image, AxesImage):
            photographs += 1
    if not photographs:
        return matrices
    unequal = sum("≠" in text.get_text() for text in ax.texts)
    images = "1 image" if photographs == 1 else f"{photographs} images"
    return [*matrices, f"{images}, {unequal} of them with ≠ above." if unequal else f"{images}."]


def matrix(values: np.ndarray, ax: Axes) -> str:
    """Describe a matrix: its diagonal and the largest value beside it if it is square, else its largest value."""
    rows, columns = values.shape
    size = f"A matrix of {rows} rows and {columns} columns"
    if not np.isfinite(values).any():
        return f"{size}, empty."
    low, high = np.nanmin(values), np.nanmax(values)
    beside = values.copy()
    text = f"{size}, values from {_number(low)} to {_number(high)}"
    if rows == columns > 1 and np.isfinite(np.diagonal(values)).any():
        diagonal = np.diagonal(values)
        text = f"{size}; on the diagonal {_number(np.nanmin(diagonal))} to {_number(np.nanmax(diagonal))}"
        np.fill_diagonal(beside, np.nan)
    if not np.isfinite(beside).any():
        return f"{text}."
    row, column = np.unravel_index(np.nanargmax(beside), beside.shape)
    where = f"row {_name(ax.yaxis, row)}, column {_name(ax.xaxis, column)}"
    largest = "the largest beside it" if text.startswith(f"{size};") else "the largest"
    return f"{text}; {largest} is {_number(beside[row, column])} in {where}."


def _name(axis, position):
    """Return the name of a row or a column: that of its tick, or else its number."""
    for tick, label in zip(axis.get_ticklocs(), axis.get_ticklabels()):
        text = label.get_text()
        if abs(tick - position) < 1e-9 and text and not _is_number(text):
            return _one_line(text)
    return str(position)
