"""What a test needs before it runs: the real data, a Chromium, Node, other people's packages, time. Without it the test
is skipped, with a reason.

LABKIT_REQUIRE="data browser" makes missing data and a missing Chromium a failure; LABKIT_ALL=1 runs the slow tests.
"""

import os
import shutil
import signal
from importlib.util import find_spec

import pytest
import torch

import labkit
from labkit.cli.doctor import chromium

# begun first, so that none of them is alone at the end: the files that take minutes, the longest first
LONG = ("browser", "sweep", "landmarks", "broken_notebooks", "warm_kernel", "coreset", "shared", "lessons", "lesson_11")


CLASSES = {cls.__name__: cls for cls in labkit.methods.ALL.values()} | labkit.noise.ALL


def pytest_addoption(parser):
    parser.addoption("--own", metavar="NAME", help="only what is asked of one method or noise model, see `asks_of`")


def pytest_collection_modifyitems(config, items):
    """Keep what --own asks for; begin with the files that take minutes."""
    place = {f"test_{name}": k for k, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))
    if name := config.getoption("--own"):
        items[:] = [item for item in items if asks_of(item, name)]


def asks_of(item, name):
    """Does a test ask something of one method or noise model?

    name: of a class, as CDR_AUX or pairflip. Its tests are those that are run with it (a parameter is the class, one of
    its objects or its name), those named test_<class>_..., and those marked `catalogue`, which look at the list of all
    methods or of all noise models.
    """
    kind = "noise" if name in labkit.noise.ALL else "methods"
    if any(kind in marker.args for marker in item.iter_markers("catalogue")):
        return True
    return named_after(item) == name or any(names(value, name) for value in parameters(item))


def named_after(item):
    """Return the class that a test's name begins with, None if there is none: test_cdr_aux_... is of CDR_AUX."""
    fitting = [name for name in CLASSES if item.name.startswith(f"test_{name.lower()}_")]
    return max(fitting, key=len, default=None)


def parameters(item):
    """Return the values that a test is run with."""
    return item.callspec.params.values() if hasattr(item, "callspec") else ()


def names(value, name):
    """Is a parameter a class, one of its objects, or its name in the lists of all methods and noise models?"""
    cls = CLASSES.get(name)
    listed = [key for key, other in (labkit.methods.ALL | labkit.noise.ALL).items() if other is cls]
    return value is cls or type(value) is cls or (isinstance(value, str) and value in listed)


def pytest_runtest_setup(item):
    """Skip, or where LABKIT_REQUIRE says so fail, a test that misses something."""
    torch.set_num_threads(1)  # again for every test: numba, in a peer, takes all cores, for torch too
    for marker, missing in NEEDS.items():
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


def no_node(marker):
    """Why the front end's own tests cannot run."""
    if not shutil.which("node"):
        return "there is no Node: apt install nodejs"


NEEDS = {"data": no_data, "browser": no_browser, "peers": no_peers, "node": no_node, "slow": no_time}


def hears_ctrl_c():
    """For Popen's preexec_fn: a shell that starts the tests in the background makes all of them deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
