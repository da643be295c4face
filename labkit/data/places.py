"""Where datasets are looked for, and what is said when one is not there."""

import os
from pathlib import Path


def folder(root=None):
    """Where datasets are looked for: `root`, else LABKIT_DATA, else the user's cache folder."""
    if root or os.environ.get("LABKIT_DATA"):
        return Path(root or os.environ["LABKIT_DATA"]).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("labkit") / "data"


def missing(name, place, files, layout, fetch=None):
    """The error for a set that is not there: what is missing, the layout, how to get it. -> FileNotFoundError"""
    how = f"Fetch it with {fetch}" if fetch else "It cannot be fetched by labkit: put the files there"
    return FileNotFoundError(
        f"{name} is not in {place} (missing: {', '.join(files)}). {how}, in this layout:\n{layout}\n"
        f"or point LABKIT_DATA at the folder that holds {place.name}."
    )
