"""Inside a kernel: the settings that notebooks can change are remembered once, and put back between two notebooks."""

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
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

SHARED = set(map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib")))
SHARED |= {*site.getsitepackages(), site.getusersitepackages(), str(Path(__file__).parents[1])}
SHARED = set(map(os.path.realpath, SHARED))
HARMLESS = {"TMonitor"}  # tqdm's thread, which wakes up for its own bars alone

Setting = tuple[Callable[[], Any], Callable[[Any], Any]]  # a function that reads it, one that writes it back


def _attributes(owner, *names):
    """Return attributes of an object as a setting."""

    def read():
        return [getattr(owner, name) for name in names]

    def write(values):
        for name, value in zip(names, values):
            setattr(owner, name, value)

    return read, write


def _content(container):
    """Return the content of a list, set or mapping as a setting. The object itself stays, as others may hold it."""

    def write(old):
        if isinstance(container, list):
            container[:] = old
        elif isinstance(container, set):
            container.intersection_update(old)
            container.update(old)
        else:  # never empty in between: builtins would be of no use
            container.update(old)
            for name in set(container) - set(old):
                del container[name]

    return container.copy, write


def _of_python():
    """Return the settings of Python, the process and numpy."""
    return [
        (os.getcwd, os.chdir),
        _content(os.environ),
        _content(sys.path),
        _content(sys.argv),
        _content(vars(builtins)),
        _attributes(sys, "stdout", "stderr"),
        (sys.getrecursionlimit, sys.setrecursionlimit),
        (lambda: logging.root.level, logging.root.setLevel),
        _content(logging.root.handlers),
        (random.getstate, random.setstate),
        (np.random.get_state, np.random.set_state),
        (np.geterr, lambda old: np.seterr(**old)),
        (np.get_printoptions, lambda old: np.set_printoptions(**old)),
    ]


def _of_torch():
    """Return the settings of torch."""
    return [
        (torch.get_rng_state, torch.set_rng_state),
        (torch.get_num_threads, torch.set_num_threads),
        (torch.get_default_dtype, torch.set_default_dtype),
        (torch.is_grad_enabled, torch.set_grad_enabled),
        (torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
        (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
        (torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode),
        _attributes(torch.backends.cudnn, "benchmark", "deterministic", "allow_tf32"),
    ]


def _of_display(shell):
    """Return the settings of matplotlib and IPython."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    def switch(backend):
        if backend != mpl.get_backend():
            plt.switch_backend(backend)

    def callbacks():
        return {name: [*calls] for name, calls in shell.events.callbacks.items()}

    parts = [
        (mpl.get_backend, switch),
        _content(shell.extension_manager.loaded),
        _attributes(shell, "ast_node_interactivity"),
        (callbacks, shell.events.callbacks.update),
    ]
    for formatter in shell.display_formatter.formatters.values():
        parts.append(_content(formatter.type_printers))
    return parts


def settings(shell: "InteractiveShell") -> list[Setting]:
    """Return everything that is read once and written back."""
    return [*_of_python(), *_of_torch(), *_of_display(shell)]


def remember(*imports: str) -> None:
    """Import what most notebooks import; every notebook is to find the kernel as it is then."""
    global _blank
    for name in imports:
        importlib.import_module(name)
    _choose_backend()
    _blank = Blank(sys.modules["IPython"].get_ipython())


def _choose_backend():
    """Load matplotlib's backend now: it would be loaded at the first figure, and change how figures are shown."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    plt.switch_backend(mpl.get_backend())


def enter(folder: str, environment: Mapping[str, str | None]) -> None:
    """Prepare the next notebook: its own folder, as if the kernel had begun there, and the changed environment.

    environment: changes in that of the process which started the kernel; None is gone.
    """
    os.chdir(folder)
    _blank.shell.history_manager.dir_hist[:] = [Path.cwd()]
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def restore() -> None:
    """Put everything back. Raises RuntimeError where something of the last notebook still runs."""
    _blank.restore()


class Blank:
    """A prepared kernel, as the next notebook is to find it."""

    def __init__(self, shell: "InteractiveShell") -> None:
        self.shell = shell
        self.names = dict(shell.user_ns)
        self.remembered = []
        for read, write in settings(shell):
            self.remembered.append((write, read()))
        self.modules = set(sys.modules)
        self.threads = set(threading.enumerate())
        self.contexts = self._enter()
        torch.cuda.manual_seed_all(torch.initial_seed())  # takes effect when the GPU is used
        gc.collect()
        gc.freeze()  # later collections skip the objects of now

    def _enter(self):
        """Enter contexts of libraries that put their settings back themselves. -> ExitStack"""
        import matplotlib as mpl

        contexts = ExitStack()
        contexts.enter_context(warnings.catch_warnings())
        contexts.enter_context(mpl.rc_context())
        return contexts

    def restore(self) -> None:
        """Put everything back. Raises RuntimeError where something of the last notebook still runs."""
        from matplotlib import pyplot as plt

        if "ipywidgets" in sys.modules:
            sys.modules["ipywidgets"].Widget.close_all()
        plt.close("all")
        self.shell.reset()
        for name, value in self.names.items():
            self.shell.user_ns.setdefault(name, value)
        for write, old in self.remembered:
            write(old)
        self.contexts.close()  # after the change of matplotlib's backend, which changes its settings
        with warnings.catch_warnings(action="ignore"):  # options that pandas gives up
            pd.reset_option("all")
        torch.set_printoptions(profile="default")
        torch.set_default_device(None)
        self.contexts = self._enter()
        self._forget_modules()
        gc.enable()
        gc.collect()
        _free_devices()
        self._need_idle()

    def _forget_modules(self):
        """Drop the modules imported since that may be a notebook's own."""
        for name in set(sys.modules) - self.modules:
            if not shared(sys.modules[name]):
                del sys.modules[name]
        importlib.invalidate_caches()

    def _need_idle(self):
        """Raise RuntimeError where a thread or process of the notebook still runs."""
        threads = {thread for thread in threading.enumerate() if type(thread).__name__ not in HARMLESS}
        running = [*(threads - self.threads), *multiprocessing.active_children()]
        if running:
            raise RuntimeError(f"still running: {running}")


def shared(module: ModuleType) -> bool:
    """Return whether a module belongs to Python, an installed package or labkit. One without a file does, because a
    library made it."""
    names = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    paths = []
    for name in names:
        if isinstance(name, str):
            paths.append(Path(os.path.realpath(name)))
    return not paths or any(map(_is_in_shared_folder, paths))


def _is_in_shared_folder(path):
    """Return whether a file lies in a folder of Python, of installed packages or of labkit."""
    return any(path.is_relative_to(folder) for folder in SHARED)


def _free_devices():
    """Give the GPU its memory back, and start its generators again."""
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(torch.initial_seed())
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
