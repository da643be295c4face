"""What labkit keeps of a person, in one JSON file: guesses, and the exercises that were answered. Is anybody there?"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .state import atomic_write

CHECKED = "checked"  # {exercise: true}; every other key is the name of a panel and holds the guess


def path() -> Path:
    """Return the file in which guesses and answered exercises are kept."""
    from platformdirs import user_data_dir

    return Path(user_data_dir("labkit")) / "predictions.json"


def read() -> dict[str, Any]:
    """Return what the file holds; a file that cannot be read counts as empty."""
    try:
        kept = json.loads(path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def change(update: Callable[[dict[str, Any]], Any]) -> None:
    """Change the file, unless nobody looks: `update` gets what it holds and changes it in place."""
    if headless():
        return
    from filelock import FileLock

    path().parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path()}.lock"):
        kept = read()
        update(kept)
        atomic_write(path(), json.dumps(kept, indent=1).encode())


def keep_exercise(name: str) -> None:
    """Keep that an exercise was answered."""

    def add(kept):
        checked = kept.get(CHECKED)
        kept[CHECKED] = {**(checked if isinstance(checked, dict) else {}), name: True}

    change(add)


def exercises() -> set[str]:
    """Return the exercises that the person has answered."""
    checked = read().get(CHECKED)
    return set(checked) if isinstance(checked, dict) else set()


def headless() -> bool:
    """Return whether nobody looks at the notebook: a plain process, papermill, nbval, LABKIT_FAST=1.

    Jupyter's server names the notebook in the environment of a kernel that a person opened, Voila the requested page;
    papermill and nbval do neither.
    """
    from labkit import fast

    return fast() or not opened()


def opened() -> bool:
    """Return whether a person opened the notebook or the page of this kernel."""
    return bool({"JPY_SESSION_NAME", "VOILA_REQUEST_URL"} & set(os.environ))
