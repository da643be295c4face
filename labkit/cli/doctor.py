"""lab doctor: print what is here, what is missing, and how to get it.

./lab runs this file by its path, not as a part of labkit, because torch, and so labkit, may fail to import.
"""

import argparse
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRESENT = "ok     "
MISSING = "missing"
BROKEN = "BROKEN "
REINSTALL = "delete .venv and run ./lab again, or install what requirements.lock pins"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
HOW = {
    "Chromium": "needed by the browser tests only: apt install chromium, or name one in LABKIT_CHROME",
    "git": "needed for updates and by some tests: apt install git, or from git-scm.com",
    "uv": "optional, makes the set-up fast: see docs.astral.sh/uv",
}

Line = tuple[str, str, str]  # state, name, explanation


def arguments() -> argparse.ArgumentParser:
    """Return the parser of `lab doctor`."""
    return argparse.ArgumentParser("lab doctor", description="Print what is here, what is missing, and how to get it.")


def main(argv: Sequence[str] = ()) -> int:
    """Print a line for everything that is checked. -> exit status, 1 if labkit cannot run as it is"""
    arguments().parse_args(argv)
    lines = [python(), *packages(), torch(), labkit(), *data(), disk(), *tools()]
    for state, name, explanation in lines:
        print(f"{state} {name:14s} {explanation}")
    broken = [name for state, name, _ in lines if state == BROKEN]
    print(f"\nbroken: {', '.join(broken)}" if broken else "\nlabkit can run here")
    return int(bool(broken))


def python() -> Line:
    """Check the Python that runs."""
    text = f"{platform.python_version()} in {sys.prefix}, {platform.platform(terse=True)}"
    if (3, 11) <= sys.version_info[:2] <= (3, 14):
        return PRESENT, "Python", text
    return BROKEN, "Python", f"{text}: 3.11 to 3.14 is needed"


def packages() -> Iterator[Line]:
    """Check that the packages which labkit needs are installed; only their versions are read."""
    for name in ("torchvision", "jupyterlab", "papermill", "plotly", "matplotlib", "voila"):
        try:
            yield PRESENT, name, version(name)
        except PackageNotFoundError:
            yield BROKEN, name, f"not installed: {REINSTALL}"


def torch() -> Line:
    """Check torch, that torchvision is made for it, and the device that it computes on."""
    try:
        import torch
        import torchvision  # noqa: F401  (fails when it was built for another torch)
    except Exception as error:
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".rstrip(": ")
        return BROKEN, "torch", f"{reason}. torch and torchvision must come from the same index: {REINSTALL}"
    device = "CPU"
    if torch.cuda.is_available():
        device = f"CUDA, {torch.cuda.get_device_name()}"
    elif torch.backends.mps.is_available():
        device = "MPS"
    cores = f"{torch.get_num_threads()} of {os.cpu_count()} cores"
    return PRESENT, "torch", f"{torch.__version__}, fits torchvision; {device}; {cores}"


def labkit() -> Line:
    """Check that labkit can be imported."""
    try:
        import labkit
    except Exception as error:
        return BROKEN, "labkit", f"{type(error).__name__}: {error}"
    return PRESENT, "labkit", f"{labkit.__version__} in {Path(labkit.__file__).parent}"


def data() -> Iterator[Line]:
    """Check every dataset: the path where it may lie, and how to fetch it."""
    with suppress(Exception):  # torch() and labkit() report it already
        from labkit.data import NAMES, find

        for name in NAMES:
            place, exists = find(name)
            if exists:
                yield PRESENT, name, str(place)
            else:
                yield MISSING, name, f"{place}: ./lab fetch {name}"


def disk() -> Line:
    """Check the free space for environment, data and runs."""
    free = shutil.disk_usage(ROOT).free / 1e9
    return PRESENT if free > 2 else MISSING, "disk", f"{free:.1f} GB free in {ROOT}"


def chromium() -> str | None:
    """Return the path of the browser for the tests of panels: LABKIT_CHROME, or the first of BROWSERS on the PATH."""
    paths = [os.environ.get("LABKIT_CHROME"), *map(shutil.which, BROWSERS)]
    return next(filter(None, paths), None)


def tools() -> Iterator[Line]:
    """Check the programs that are useful but not necessary."""
    for name, how in HOW.items():
        path = chromium() if name == "Chromium" else shutil.which(name)
        if path and os.path.exists(path):
            yield PRESENT, name, path
        else:
            yield MISSING, name, how


if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # not this folder, whose names are not meant to be imported
    sys.exit(main(sys.argv[1:]))
