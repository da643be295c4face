"""The project's folder around the package, with its notebooks, lessons and tests. An installed wheel has none."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MARKS = ("lab", "pyproject.toml", "notebooks", "lessons")  # files and folders beside the package in a checkout
GIT_SECONDS = 20
# Variables of git that name a repository: inside a git hook they would name another project than this one.
GIT_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")
HOW = "Fetch the project (git clone, or its archive), and run ./lab in its folder"


def present() -> bool:
    """Return whether the package lies in the project's folder."""
    return all((ROOT / name).exists() for name in MARKS)


def require(feature: str) -> Path:
    """Return the project's folder. Raises ValueError, which says that `feature` needs it, if there is none."""
    if not present():
        raise ValueError(f"{feature} needs the project's folder, and labkit is installed without it. {HOW}.")
    return ROOT


def output_folder(name: str) -> Path:
    """Return the path of the folder `name` for written files: in the project, else in the current folder."""
    parent = ROOT if present() else Path.cwd()
    return parent / name


def commit() -> str | None:
    """Return the short commit of the project, or None without git and where ROOT is not the top of a repository."""
    if not present():
        return None
    top = _git("rev-parse", "--show-toplevel")
    if not top or Path(top).resolve() != ROOT:
        return None
    return _git("rev-parse", "--short", "HEAD") or None


def _git(*arguments):
    """Return the output of a git command in ROOT, or "" if it fails or there is no git."""
    environment = {name: value for name, value in os.environ.items() if name not in GIT_VARIABLES}
    command = ["git", "-C", ROOT, *arguments]
    try:
        process = subprocess.run(command, capture_output=True, check=False, timeout=GIT_SECONDS, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return os.fsdecode(process.stdout).rstrip("\n")
