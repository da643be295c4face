"""Folders of datasets, and the error message for a dataset that is not there."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..paths import absolute


def folder(root: str | os.PathLike | None = None) -> Path:
    """Return the folder of the datasets: `root`, else LABKIT_DATA, else one in the user's cache folder."""
    if root or os.environ.get("LABKIT_DATA"):
        return Path(absolute(root or os.environ["LABKIT_DATA"]))
    from platformdirs import user_cache_path

    return user_cache_path("labkit") / "data"


def signature(data: object) -> tuple:
    """Return values that change if data change, found without reading them. -> tuple

    data: a path (names, sizes and times of all files in it), or the name of a dataset (the folder of the datasets).
    """
    path = Path(data).expanduser().absolute() if isinstance(data, (str, os.PathLike)) else None
    if path is None or not path.exists():
        return (str(folder().absolute()),)
    files = sorted(walked(path)) if path.is_dir() else [path]
    statuses = [(str(file), *_status(file)) for file in files]
    return str(path), *statuses


def walked(path: Path) -> Iterator[Path]:
    """Yield all files below a folder. Links are followed, but no folder is visited twice."""
    visited = set()
    for parent, subfolders, names in os.walk(path, followlinks=True):
        real_path = os.path.realpath(parent)
        if real_path in visited:
            subfolders.clear()
            continue
        visited.add(real_path)
        for name in names:
            yield Path(parent, name)


def _status(file):
    """Return size, times and number of a file, () for a link that leads nowhere."""
    try:
        status = file.stat()
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def absent_files(place: Path, names: Iterable[str]) -> list[str]:
    """Return the names of files that are not in a folder."""
    return [name for name in names if not (place / name).is_file()]


def missing(
    name: str, place: Path, files: Sequence[str], layout: str, fetch: str | None = None
) -> FileNotFoundError:  # fmt: skip
    """Return the error for a dataset that is not in `place`: the missing files, how to get them, their layout."""
    how = f"Fetch it with {fetch}" if fetch else "It cannot be fetched by labkit: put the files there"
    return FileNotFoundError(
        f"{name} is not in {place} (missing: {', '.join(files)}). {how}, in this layout:\n{layout}\n"
        f"or point LABKIT_DATA at the folder that holds {place.name}."
    )
