"""Panels for notebooks: what a person drags and looks at. They hold no method and no measure of their own."""

from .curves import Curves, curve
from .figure import image
from .gallery import Gallery
from .memorisation import MemorisationPanel

__all__ = ["Curves", "Gallery", "MemorisationPanel", "curve", "image"]
