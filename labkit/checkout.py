"""The project's folder around the package: its notebooks, lessons, tests and lock. An installed wheel has none."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MARKS = ("lab", "pyproject.toml", "notebooks", "lessons")  # what stands beside the package in a checkout
GIT_SECONDS = 20
OTHERS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")
HOW = "Fetch the project (git clone, or its archive), and run ./lab in its folder"


def present() -> bool:
    """Tell whether the package lies in the project's folder."""
    return all((ROOT / name).exists() for name in MARKS)


def require(what: str) -> Path:
    """Give the project's folder. -> Path; raises ValueError that says that `what` needs it."""
    if not present():
        raise ValueError(f"{what} needs the project's folder, and labkit is installed without it. {HOW}.")
    return ROOT


def output_folder(name: str) -> Path:
    """Give the folder `name` for files that labkit writes: in the project, without one where the command was typed."""
    return (ROOT if present() else Path.cwd()) / name


def commit() -> str | None:
    """Give the short commit of labkit's own checkout; None without git, and where the package is no checkout of it."""
    if not present() or _git("rev-parse", "--show-toplevel") != str(ROOT):
        return None
    return _git("rev-parse", "--short", "HEAD") or None


def _git(*words):
    """What git says of ROOT; nothing where it fails, or there is none. A hook's GIT_DIR would name another project."""
    env = {name: value for name, value in os.environ.items() if name not in OTHERS}
    how = {"capture_output": True, "check": False, "timeout": GIT_SECONDS, "env": env}
    try:
        done = subprocess.run(["git", "-C", ROOT, *words], **how)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    said = os.fsdecode(done.stdout).rstrip("\n")
    return str(Path(said).resolve()) if words[-1] == "--show-toplevel" and said else said
