"""The folder of a store: one meaning of a path everywhere, and folders that are set aside."""

import os
from pathlib import Path

from ..errors import need
from ..paths import absolute, command_folder

MAY_BE = "the path of a folder: a text that is not empty, or a Path"


def place(store: str | os.PathLike | None = None) -> Path:
    """Return the absolute path of a store: `store`, else LABKIT_RUNS, else runs/.

    `~` is the home folder, and a relative path begins where the command was typed. Raises ValueError for what is no
    path.
    """
    if store is None:
        store = os.environ.get("LABKIT_RUNS") or "runs"
    need(isinstance(store, (str, os.PathLike)), "store", store, MAY_BE)
    path = os.fspath(store)
    need(isinstance(path, str) and path.strip() and "\0" not in path, "store", store, MAY_BE)
    unknown_user = path.startswith("~") and os.path.expanduser(path).startswith("~")
    may_be = "below the home folder of a user that exists; ./~name is a folder of that name"
    need(not unknown_user, "store", store, may_be)
    return Path(absolute(path, command_folder()))


def set_aside(folder: Path) -> Path:
    """Rename a folder that cannot be used to <name>.broken-1, -2, ..., and return its new path. Nothing is deleted."""
    number = 1
    while (new_path := folder.with_name(f"{folder.name}.broken-{number}")).exists():
        number += 1
    return folder.rename(new_path)
