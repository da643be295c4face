"""Notebooks without a browser: which parameters one takes, whether values fit, running it."""

from .execute import ROOT, Failed, execute, find
from .kernel import Warm

__all__ = ["ROOT", "Failed", "Warm", "execute", "find"]
