"""Find the rooms of lessons and papers by the names of their folders: labkit/lessons/l05, labkit/papers/crust.

The core knows no lesson and no paper by name. What needs one asks here for a part of its room: a module that has the
same name in all rooms.
"""

from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

LESSONS = Path(__file__).parent / "lessons"
PAPERS = Path(__file__).parent / "papers"


def lesson_folder(lesson: str) -> Path:
    """Return the folder of a lesson's room. lesson: its number, e.g. "05", or the name of its room, "sandbox"."""
    return LESSONS / (f"l{lesson}" if lesson[:1].isdigit() else lesson)


@cache
def lessons(part: str) -> list[str]:
    """Return the lessons whose rooms have a part, e.g. "panel": their numbers, then "sandbox"."""
    files = sorted(LESSONS.glob(f"*/{part}.py"))
    return [_lesson_name(path.parent.name) for path in files]


@cache
def papers() -> list[str]:
    """Return the names of the papers' rooms, e.g. "cdr_aux"."""
    return sorted(path.parent.name for path in PAPERS.glob("*/__init__.py"))


def lesson_part(lesson: str, part: str) -> ModuleType:
    """Import a part of a lesson's room, e.g. lesson_part("05", "panel")."""
    return import_module(f"labkit.lessons.{lesson_folder(lesson).name}.{part}")


def paper_room(paper: str) -> ModuleType:
    """Import a paper's room by the name of its folder."""
    return import_module(f"labkit.papers.{paper}")


def paper_part(paper: str, part: str) -> ModuleType:
    """Import a part of a paper's room, e.g. paper_part("crust", "queue"). paper: the name of its folder."""
    return import_module(f"labkit.papers.{paper}.{part}")


def _lesson_name(folder: str) -> str:
    """Return the number of a lesson from the name of its folder, or the name itself where there is no number."""
    number = folder.removeprefix("l")
    return number if number.isdigit() else folder
