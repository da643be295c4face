"""Inside a kernel: what notebooks can change is remembered once, and put back between two of them."""

import builtins
import gc
import importlib
import logging
import multiprocessing
import os
import random
import site
import sys
import sysconfig
import threading
import warnings
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import torch

SHARED = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
SHARED |= {*site.getsitepackages(), site.getusersitepackages(), str(Path(__file__).parents[1])}
SHARED = {os.path.realpath(folder) for folder in SHARED}
HARMLESS = {"TMonitor"}  # tqdm's thread, which wakes up for its own bars alone


def _flags(place, *names):
    """Attributes of an object, as a pair to read and to write all of them."""

    def write(old):
        for name, value in zip(names, old):
            setattr(place, name, value)

    return lambda: [getattr(place, name) for name in names], write


def _content(place):
    """What a list, set or mapping holds, as such a pair: the object itself stays, others may hold it."""

    def write(old):
        if isinstance(place, list):
            place[:] = old
        elif isinstance(place, set):
            place.intersection_update(old), place.update(old)
        else:  # never empty in between: builtins would be of no use
            place.update(old)
            for name in set(place) - set(old):
                del place[name]

    return place.copy, write


def settings(shell):
    """What is read once and written back. -> pairs (read, write)"""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    formatters = shell.display_formatter.formatters.values()
    return [
        (os.getcwd, os.chdir),
        _content(os.environ),
        _content(sys.path),
        _content(sys.argv),
        _content(vars(builtins)),
        _flags(sys, "stdout", "stderr"),
        (sys.getrecursionlimit, sys.setrecursionlimit),
        (lambda: logging.root.level, logging.root.setLevel),
        _content(logging.root.handlers),
        (random.getstate, random.setstate),
        (np.random.get_state, np.random.set_state),
        (np.geterr, lambda old: np.seterr(**old)),
        (np.get_printoptions, lambda old: np.set_printoptions(**old)),
        (torch.get_rng_state, torch.set_rng_state),
        (torch.get_num_threads, torch.set_num_threads),
        (torch.get_default_dtype, torch.set_default_dtype),
        (torch.is_grad_enabled, torch.set_grad_enabled),
        (torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
        (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
        (torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode),
        _flags(torch.backends.cudnn, "benchmark", "deterministic", "allow_tf32"),
        (mpl.get_backend, lambda old: old == mpl.get_backend() or plt.switch_backend(old)),
        _content(shell.extension_manager.loaded),
        _flags(shell, "ast_node_interactivity"),
        (lambda: {name: [*calls] for name, calls in shell.events.callbacks.items()}, shell.events.callbacks.update),
        *[_content(formatter.type_printers) for formatter in formatters],
    ]


def remember(*imports):
    """Import what most notebooks do; the kernel as it is then is what each of them is to find."""
    global _blank
    for name in imports:
        importlib.import_module(name)
    _draw()
    _blank = Blank(sys.modules["IPython"].get_ipython())


def _draw():
    """Matplotlib finds its backend at the first figure, which then has a say in how figures are shown."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    plt.switch_backend(mpl.get_backend())


def enter(folder, environment):
    """The next notebook runs in its own folder, as if the kernel had begun there. environment: what has changed in that
    of the process which started the kernel; None is gone."""
    os.chdir(folder)
    _blank.shell.history_manager.dir_hist[:] = [Path.cwd()]
    for name, value in environment.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def restore():
    """Put everything back. Raises RuntimeError where something of the last notebook still runs."""
    _blank.restore()


class Blank:
    """A prepared kernel, as the next notebook is to find it."""

    def __init__(self, shell):
        self.shell, self.names = shell, dict(shell.user_ns)
        self.pairs = [(write, read()) for read, write in settings(shell)]
        self.modules, self.threads = set(sys.modules), set(threading.enumerate())
        self.contexts = self._enter()
        torch.cuda.manual_seed_all(torch.initial_seed())  # waits for the GPU to be used
        gc.collect(), gc.freeze()  # what is here stays: a later collection need not look at it

    def _enter(self):
        """What its library puts back itself."""
        import matplotlib as mpl

        contexts = ExitStack()
        contexts.enter_context(warnings.catch_warnings())
        contexts.enter_context(mpl.rc_context())
        return contexts

    def restore(self):
        """See the function of this name."""
        from matplotlib import pyplot as plt

        if "ipywidgets" in sys.modules:
            sys.modules["ipywidgets"].Widget.close_all()
        plt.close("all")
        self.shell.reset()
        for name, value in self.names.items():
            self.shell.user_ns.setdefault(name, value)
        for write, old in self.pairs:
            write(old)
        self.contexts.close()  # after the change of matplotlib's backend, which has a hand in its settings
        with warnings.catch_warnings(action="ignore"):  # options that pandas gives up
            pd.reset_option("all")
        torch.set_printoptions(profile="default")
        torch.set_default_device(None)
        self.contexts = self._enter()
        self._forget_modules()
        gc.enable(), gc.collect()
        _free_devices()
        self._nothing_runs()

    def _forget_modules(self):
        """Drop what was imported since, from wherever a notebook's own modules may lie."""
        for name in set(sys.modules) - self.modules:
            if not shared(sys.modules[name]):
                del sys.modules[name]
        importlib.invalidate_caches()

    def _nothing_runs(self):
        threads = {thread for thread in threading.enumerate() if type(thread).__name__ not in HARMLESS}
        left = [*(threads - self.threads), *multiprocessing.active_children()]
        if left:
            raise RuntimeError(f"still running: {left}")


def shared(module):
    """Does a module belong to Python, an installed package or labkit? One without a file does: a library made it."""
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    places = [Path(os.path.realpath(place)) for place in places if isinstance(place, str)]
    return not places or any(place.is_relative_to(folder) for place in places for folder in SHARED)


def _free_devices():
    """Memory of the GPU goes back to it, and its generators start again."""
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(torch.initial_seed())
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
