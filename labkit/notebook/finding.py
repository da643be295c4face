"""Find a notebook of the project by its name, number or path."""

from pathlib import Path

from ..checkout import HOW, ROOT
from ..errors import choose, need


def find(name: str) -> Path:
    """Return the path of a notebook by its path or name, or a lesson's by its number: "02", "2", "solutions/02".

    Raises ValueError with the nearest names.
    """
    path = Path(name if name.endswith(".ipynb") else f"{name}.ipynb").expanduser()
    for folder in (Path(), ROOT, ROOT / "notebooks", ROOT / "lessons"):
        if (folder / path).is_file():
            return (folder / path).resolve()
    for folder in (ROOT / "lessons", ROOT):
        for lesson in sorted((folder / path.parent).glob(f"{number(path.stem)}_*.ipynb")):
            if path.stem.isdigit():
                return lesson.resolve()
    known = []
    for folder in ("notebooks", "lessons"):
        known += [file.relative_to(ROOT).as_posix() for file in sorted((ROOT / folder).glob("*.ipynb"))]
    need(known, "the notebook", str(path), f"the path of one that exists; labkit's own are in its folder. {HOW}")
    return choose("the notebook", str(path), dict.fromkeys(known))


def is_known(name: str) -> bool:
    """Return whether `find` finds a notebook of this name."""
    try:
        find(name)
    except ValueError:
        return False
    return True


def number(name: str) -> str:
    """Return the number of a lesson as its file is named, "05" for "5"; another name as it is."""
    return name.zfill(2) if name.isdigit() else name
