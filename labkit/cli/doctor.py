"""lab doctor: what is here, what is missing, and how to get it.

./lab runs this file by its path, not as a part of labkit: it speaks where torch, and so labkit, cannot be imported.
"""

import os
import platform
import shutil
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FINE, MISSING, BROKEN = "ok     ", "missing", "BROKEN "
AGAIN = "delete .venv and run ./lab again, or install what requirements.lock pins"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main(argv=()):
    """Print a line for everything looked at. -> exit status, 1 when labkit cannot run as it is"""
    if any(word in ("-h", "--help") for word in argv):
        print("usage: lab doctor\n\nSay what is here, what is missing, and how to get it.")
        return 0
    rows = [python(), *packages(), torch(), labkit(), *data(), disk(), *tools()]
    for state, name, words in rows:
        print(f"{state} {name:14s} {words}")
    broken = [name for state, name, _ in rows if state == BROKEN]
    print(f"\nbroken: {', '.join(broken)}" if broken else "\nlabkit can run here")
    return int(bool(broken))


def python():
    """The Python that runs."""
    fine = (3, 11) <= sys.version_info[:2] <= (3, 14)
    words = f"{platform.python_version()} in {sys.prefix}, {platform.platform(terse=True)}"
    return FINE if fine else BROKEN, "Python", words + ("" if fine else ": 3.11 to 3.14 is needed")


def packages():
    """Is what labkit is made of installed? Only its versions are looked at here."""
    for name in ("torchvision", "jupyterlab", "papermill", "plotly", "matplotlib", "voila"):
        try:
            yield FINE, name, version(name)
        except PackageNotFoundError:
            yield BROKEN, name, f"not installed: {AGAIN}"


def torch():
    """torch, whether torchvision is made for it, and what it computes on."""
    try:
        import torch
        import torchvision  # noqa: F401  (fails when it was built for another torch)
    except Exception as error:
        words = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".rstrip(": ")
        return BROKEN, "torch", f"{words}. torch and torchvision must come from the same index: {AGAIN}"
    device = "CPU"
    if torch.cuda.is_available():
        device = f"CUDA, {torch.cuda.get_device_name()}"
    elif torch.backends.mps.is_available():
        device = "MPS"
    words = f"{torch.__version__}, fits torchvision; {device}; {torch.get_num_threads()} of {os.cpu_count()} cores"
    return FINE, "torch", words


def labkit():
    """labkit itself."""
    try:
        import labkit
    except Exception as error:
        return BROKEN, "labkit", f"{type(error).__name__}: {error}"
    return FINE, "labkit", f"{labkit.__version__} in {Path(labkit.__file__).parent}"


def data():
    """Every dataset: the path looked at, and how to fetch it."""
    with suppress(Exception):  # said by torch() and labkit() already
        from labkit.data import NAMES, find

        for name in NAMES:
            place, there = find(name)
            yield FINE if there else MISSING, name, str(place) if there else f"{place}: ./lab fetch {name}"


def disk():
    """Free space for environment, data and runs."""
    free = shutil.disk_usage(ROOT).free / 1e9
    return FINE if free > 2 else MISSING, "disk", f"{free:.1f} GB free in {ROOT}"


def chromium():
    """The browser for the tests of the panels: LABKIT_CHROME, or the first of BROWSERS on the PATH. -> path or None"""
    return os.environ.get("LABKIT_CHROME") or next(filter(None, map(shutil.which, BROWSERS)), None)


def tools():
    """What is good to have."""
    how = {
        "Chromium": "needed by the browser tests only: apt install chromium, or name one in LABKIT_CHROME",
        "git": "needed for updates and by some tests: apt install git, or from git-scm.com",
        "uv": "optional, makes the set-up fast: see docs.astral.sh/uv",
    }
    for name, words in how.items():
        path = chromium() if name == "Chromium" else shutil.which(name)
        found = path and os.path.exists(path)
        yield FINE if found else MISSING, name, path if found else words


if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # not this folder, whose names are not meant to be imported
    sys.exit(main(sys.argv[1:]))
