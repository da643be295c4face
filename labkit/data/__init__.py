"""Data: a Task holds the samples that a method may see (`train`), the test set, and the truth apart (`truth`)."""

from .annotators import majority, soft_labels
from .dawid_skene import DawidSkene, dawid_skene
from .folders import from_folder
from .meta import meta_split, overlap
from .npz import from_npz
from .places import folder
from .scaling import scaled
from .sets import NAMES, find
from .tables import from_csv
from .task import Scale, Split, Task, Units
from .truth import Truth
from .vision import SOURCES

__all__ = [
    "NAMES", "SOURCES", "DawidSkene", "Scale", "Split", "Task", "Truth", "Units",
    "dawid_skene", "find", "folder", "from_csv", "from_folder", "from_npz", "majority", "meta_split",
    "overlap", "scaled", "soft_labels",
]  # fmt: skip
