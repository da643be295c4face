"""lab bench: see labkit.runs.bench."""

from ..runs.bench import arguments, main

__all__ = ["arguments", "main"]
