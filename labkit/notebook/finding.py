"""Find a notebook of the project by its name or path."""

from pathlib import Path

from ..checkout import HOW, ROOT
from ..errors import choose, need


def find(name: str) -> Path:
    """Return the path of a notebook by its path or name. Raises ValueError with the nearest names."""
    path = Path(name if name.endswith(".ipynb") else f"{name}.ipynb").expanduser()
    for folder in (Path(), ROOT, ROOT / "notebooks", ROOT / "lessons"):
        if (folder / path).is_file():
            return (folder / path).resolve()
    known = []
    for folder in ("notebooks", "lessons"):
        known += [file.relative_to(ROOT).as_posix() for file in sorted((ROOT / folder).glob("*.ipynb"))]
    need(known, "the notebook", str(path), f"the path of one that exists; labkit's own are in its folder. {HOW}")
    return choose("the notebook", str(path), dict.fromkeys(known))
