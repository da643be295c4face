"""What a test needs before it runs: the real data, a Chromium, other people's packages, time. Without it the test is
skipped, with a reason.

LABKIT_REQUIRE="data browser" makes missing data and a missing Chromium a failure; LABKIT_ALL=1 runs the slow tests.
"""

import os
import signal
from importlib.util import find_spec

import pytest
import torch

import labkit
from labkit.cli.doctor import chromium

torch.set_num_threads(1)

# begun first, so that none of them is alone at the end: the files that take minutes, the longest first
LONG = ("browser", "sweep", "landmarks", "broken_notebooks", "warm_kernel", "coreset", "shared", "lessons", "lesson_11")


def pytest_addoption(parser):
    parser.addoption("--own", help="only the tests of one method: its shared ones and those named test_<class>_...")


def pytest_collection_modifyitems(config, items):
    """--own CDR keeps [CDR] and test_cdr_..., and leaves test_cdr_aux_... to CDR_AUX. The long files come first."""
    place = {f"test_{name}": k for k, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))
    if name := config.getoption("--own"):
        items[:] = [item for item in items if owner(item) == name]


def owner(item):
    """The class of methods that a test belongs to, or None."""
    if "case" in getattr(item, "fixturenames", ()):
        return item.callspec.params["cls"].__name__
    names = {cls.__name__ for cls in labkit.methods.ALL.values()}
    mine = [name for name in names if item.name.startswith(f"test_{name.lower()}_")]
    return max(mine, key=len, default=None)


def pytest_runtest_setup(item):
    """Skip, or where LABKIT_REQUIRE says so fail, a test that misses something."""
    for marker, missing in (("data", no_data), ("browser", no_browser), ("peers", no_peers), ("slow", no_time)):
        reason = next(filter(None, map(missing, item.iter_markers(marker))), None)
        if reason and marker in os.environ.get("LABKIT_REQUIRE", "").split():
            pytest.fail(f"{reason} (LABKIT_REQUIRE asks for it)", pytrace=False)
        if reason:
            pytest.skip(reason)


def no_data(marker):
    """The first dataset of @pytest.mark.data("mnist", ...) that is not there; without names, mnist and cifar10."""
    for name in marker.args or ("mnist", "cifar10"):
        place, there = labkit.data.find(name)
        if not there:
            return f"{name} is not in {place}: set LABKIT_DATA, or ./lab fetch {name}"


def no_browser(marker):
    """Why there is no browser to drive."""
    if not chromium():
        return "there is no Chromium: apt install chromium, or name one in LABKIT_CHROME"


def no_peers(marker):
    """The first package of @pytest.mark.peers("apricot") that is not installed."""
    for name in marker.args:
        if not find_spec(name):
            return f"{name} is not installed: pip install -e '.[peers]'"


def no_time(marker):
    """Slow tests wait to be asked for."""
    if os.environ.get("LABKIT_ALL") != "1":
        return "slow: ./lab test --all"


def hears_ctrl_c():
    """For Popen's preexec_fn: a shell that starts the tests in the background makes all of them deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
