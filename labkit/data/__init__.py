"""Data: a Task holds what a method may see (`train`), the test set, and the truth apart (`truth`)."""

from .load import NAMES, SOURCES, find, folder, load
from .task import Scale, Split, Task, Truth

__all__ = ["NAMES", "SOURCES", "Scale", "Split", "Task", "Truth", "find", "folder", "load"]
