"""lab bench: see labkit.runs.bench."""

from ..runs.bench import main

__all__ = ["main"]
