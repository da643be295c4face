"""Notebooks without a browser: which parameters one takes, whether values fit, running it."""

from ..checkout import ROOT
from .execute import Failed, execute
from .finding import find
from .kernel import Warm

__all__ = ["ROOT", "Failed", "Warm", "execute", "find"]
