"""The place of a store: one meaning of a path everywhere, and folders that are set aside."""

import os
from pathlib import Path

from ..errors import need
from ..paths import absolute, command_folder

MAY_BE = "the path of a folder: a text that is not empty, or a Path"


def place(store: str | os.PathLike | None = None) -> Path:
    """The folder of a store: `store`, else LABKIT_RUNS, else runs/. `~` is the home folder, and a relative path begins
    where the command was typed. -> absolute Path

    Raises ValueError for what is no path.
    """
    given = os.environ.get("LABKIT_RUNS") or "runs" if store is None else store
    need(isinstance(given, (str, os.PathLike)), "store", given, MAY_BE)
    text = os.fspath(given)
    need(isinstance(text, str) and text.strip() and "\0" not in text, "store", given, MAY_BE)
    unknown = text.startswith("~") and os.path.expanduser(text).startswith("~")
    need(not unknown, "store", given, "below the home folder of a user that exists; ./~name is a folder of that name")
    return Path(absolute(text, command_folder()))


def set_aside(folder: Path) -> Path:
    """Rename a folder that cannot be used to <name>.broken-1, -2, ... Nothing is deleted. -> its new path"""
    number = 1
    while (aside := folder.with_name(f"{folder.name}.broken-{number}")).exists():
        number += 1
    return folder.rename(aside)
