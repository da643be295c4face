"""Where datasets are looked for, and what is said when one is not there."""

import os
from pathlib import Path

from ..paths import absolute


def folder(root=None):
    """Where datasets are looked for: `root`, else LABKIT_DATA, else the user's cache folder."""
    if root or os.environ.get("LABKIT_DATA"):
        return Path(absolute(root or os.environ["LABKIT_DATA"]))
    from platformdirs import user_cache_path

    return user_cache_path("labkit") / "data"


def signature(data: object) -> tuple:
    """What tells whether data are still the same when they are asked for again, without reading them: of a path, the
    names, sizes and times of all files in it; of a set by its name, the folder of datasets. -> tuple"""
    place = Path(data).expanduser().absolute() if isinstance(data, (str, os.PathLike)) else None
    if place is None or not place.exists():
        return (str(folder().absolute()),)
    files = sorted(walked(place)) if place.is_dir() else [place]
    return str(place), *((str(file), *_times(file)) for file in files)


def walked(place):
    """Give all files below a folder, links followed, no folder twice. -> iterator of Path"""
    seen = set()
    for parent, inner, names in os.walk(place, followlinks=True):
        real = os.path.realpath(parent)
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        for name in names:
            yield Path(parent, name)


def _times(file):
    """Size, times and number of a file; a link that leads nowhere has none. -> tuple"""
    try:
        known = file.stat()
    except OSError:
        return ()
    return known.st_size, known.st_mtime_ns, known.st_ctime_ns, known.st_ino


def missing(name, place, files, layout, fetch=None):
    """The error for a set that is not there: what is missing, the layout, how to get it. -> FileNotFoundError"""
    how = f"Fetch it with {fetch}" if fetch else "It cannot be fetched by labkit: put the files there"
    return FileNotFoundError(
        f"{name} is not in {place} (missing: {', '.join(files)}). {how}, in this layout:\n{layout}\n"
        f"or point LABKIT_DATA at the folder that holds {place.name}."
    )
