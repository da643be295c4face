"""Where what labkit made of other files is kept."""

import os
import tempfile
import warnings
from functools import cache
from pathlib import Path

from ..paths import absolute


def cache_location() -> Path:
    """Give the place of the cache: LABKIT_CACHE, else the user's cache folder. It need not exist. -> Path"""
    if os.environ.get("LABKIT_CACHE"):
        return Path(absolute(os.environ["LABKIT_CACHE"]))
    from platformdirs import user_cache_path

    return user_cache_path("labkit")


def cache_folder() -> Path:
    """Give a folder to write to: the cache; where that cannot be written a temporary one, with a warning. -> Path"""
    wanted = cache_location()
    reason = _unwritable(wanted)
    return _temporary(wanted, reason) if reason else wanted


def _unwritable(folder):
    """Why nothing can be written there; empty where it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return error.strerror or str(error)
    return "" if os.access(folder, os.W_OK | os.X_OK) else "no permission"


@cache
def _temporary(wanted, reason):
    """A folder for this process, which removes it at its end."""
    warnings.warn(
        f"{wanted} cannot be written ({reason}): what is read is kept in a temporary folder, for this time only. "
        "Set LABKIT_CACHE to a folder that can be written.",
        stacklevel=4,
    )
    folder = tempfile.TemporaryDirectory(prefix="labkit-cache-")
    _temporary.folders = [*getattr(_temporary, "folders", []), folder]  # each lives as long as the process
    return Path(folder.name)
