"""Notebooks without a browser: which parameters one takes, whether values fit, running it."""

from .execute import execute, find

__all__ = ["execute", "find"]
