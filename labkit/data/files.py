"""Files below a folder: images, hidden files, and the folders that they are in."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..errors import need
from .images import is_image
from .places import walked

# Folders that macOS, network drives and Windows leave behind
SYSTEM_FOLDERS = ("__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information", "lost+found")


def files_below(path: Path) -> list[Path]:
    """Return all files below a folder, sorted, also through links; no folder is visited twice."""
    return sorted(file for file in walked(path) if file.is_file())


def images_of(files: Iterable[Path], path: Path, ending: str | Sequence[str] | None = None) -> list[Path]:
    """Return the images among files, without those that are hidden below `path`. ending: only with these endings."""
    endings = checked_endings(ending)
    images = []
    for file in files:
        if is_image(file) and not is_hidden(file, path) and (not endings or file.suffix.lower() in endings):
            images.append(file)
    return images


def checked_endings(ending: Any) -> set[str]:
    """Return the endings that an argument names, in small letters with a point. Raises ValueError for no endings."""
    if ending is None:
        return set()
    listed = [ending] if isinstance(ending, str) else ending
    may_be = "an ending such as '.png', or a list of them"
    need(isinstance(listed, (list, tuple)) and listed, "ending", ending, may_be)
    endings = set()
    for text in listed:
        need(isinstance(text, str), "ending", ending, may_be)
        endings.add("." + text.lower().lstrip("."))
    return endings


def is_hidden(file: Path, path: Path) -> bool:
    """Return whether a file, or a folder between it and `path`, is hidden."""
    return any(is_hidden_name(part) for part in file.relative_to(path).parts)


def is_hidden_name(name: str) -> bool:
    """Return whether a file or folder is called like hidden ones, or like those that systems leave behind."""
    return name.startswith(".") or name in SYSTEM_FOLDERS


def folders_in(path: Path) -> list[str]:
    """Return the names of the folders in a folder, sorted, without hidden ones."""
    names = []
    for entry in path.iterdir():
        if entry.is_dir() and not is_hidden_name(entry.name):
            names.append(entry.name)
    return sorted(names)


def classes_in(path: Path) -> list[str]:
    """Return the names of the folders in a folder that have images in them."""
    names = []
    for name in folders_in(path):
        if any(is_image(file) for file in (path / name).iterdir()):
            names.append(name)
    return names


def relative_paths(files: Iterable[Path], path: Path) -> list[str]:
    """Return the paths of files as seen from a folder above them, with slashes."""
    return [file.relative_to(path).as_posix() for file in files]


def group_by_folder(files: Iterable[Path], path: Path) -> dict[str, list[Path]]:
    """Return the files below the folders in `path`. -> {name of the folder: its files}"""
    groups = {}
    depth = len(path.parts)
    for file in files:
        if file.parts[:depth] == path.parts and len(file.parts) > depth + 1:
            groups.setdefault(file.parts[depth], []).append(file)
    return groups
