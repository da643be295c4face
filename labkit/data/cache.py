"""The folder for arrays that labkit decoded from other files."""

import os
import tempfile
import warnings
from functools import cache
from pathlib import Path

from ..paths import absolute

_TEMPORARY_FOLDERS = []  # kept until the process ends: a TemporaryDirectory without a reference is removed at once


def cache_location() -> Path:
    """Return the path of the cache: LABKIT_CACHE, else the user's cache folder. The folder may not exist yet."""
    if os.environ.get("LABKIT_CACHE"):
        return Path(absolute(os.environ["LABKIT_CACHE"]))
    from platformdirs import user_cache_path

    return user_cache_path("labkit")


def cache_folder() -> Path:
    """Return a folder that can be written: the cache, or a temporary folder with a warning if the cache cannot be."""
    location = cache_location()
    reason = _why_unwritable(location)
    return _temporary_folder(location, reason) if reason else location


def _why_unwritable(folder):
    """Return why nothing can be written to a folder, or "" if it can be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return error.strerror or str(error)
    return "" if os.access(folder, os.W_OK | os.X_OK) else "no permission"


@cache
def _temporary_folder(location, reason):
    """Make a folder that is removed when this process ends."""
    warnings.warn(
        f"{location} cannot be written ({reason}): what is read is kept in a temporary folder, for this time only. "
        "Set LABKIT_CACHE to a folder that can be written.",
        stacklevel=4,
    )
    folder = tempfile.TemporaryDirectory(prefix="labkit-cache-")
    _TEMPORARY_FOLDERS.append(folder)
    return Path(folder.name)
