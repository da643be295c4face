"""A matplotlib figure as a widget: it survives a reload of the page and cannot stack up or flicker."""

from io import BytesIO

import ipywidgets
from matplotlib.backends.backend_agg import FigureCanvasAgg


def image(fig, into=None, dpi=144):
    """Draw `fig`, a matplotlib.figure.Figure made without pyplot, as PNG.

    into: an earlier image, which is drawn anew when a control moves; None makes one. dpi: pixels per inch; on the
    screen the figure keeps its size of 96 pixels an inch. Returns the ipywidgets.Image.
    """
    picture = BytesIO()
    FigureCanvasAgg(fig).print_figure(picture, format="png", dpi=dpi)
    if into is None:
        look = {"width": f"{96 * fig.get_figwidth():.0f}px", "max_width": "100%", "object_fit": "contain"}
        into = ipywidgets.Image(format="png", layout=look)
    into.value = picture.getvalue()
    return into
