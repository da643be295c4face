"""Notebooks without a browser: find one, check values for its parameters, run it."""

from ..checkout import ROOT
from .execute import Failed, execute
from .finding import find
from .kernel import Warm
from .session import store_folder, versions

__all__ = ["ROOT", "Failed", "Warm", "execute", "find", "store_folder", "versions"]
