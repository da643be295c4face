"""Finds out whose code it is: labkit's, Python's, an installed package's, or the user's own."""

import importlib
import sys
import sysconfig
from functools import cache
from importlib import metadata
from pathlib import Path
from types import FunctionType, ModuleType

INSTALLED = {"site-packages", "dist-packages"}
NOTED = {"torch", "numpy", "pandas"}  # labkit itself needs them: their versions are noted beside a run
STDLIB = Path(sysconfig.get_paths()["stdlib"])


@cache
def origin(module: str) -> str | None:
    """Return the origin of a module by its name: "labkit", "python", or a package with its version.

    None: it is the user's.
    """
    root = module.partition(".")[0]
    if root == "labkit":
        return root
    file = _file(module) or _file(root)
    if root in sys.stdlib_module_names and (file is None or STDLIB in file.parents):
        return "python"
    if file is None or not INSTALLED.intersection(file.parts):
        return None
    return root if root in NOTED else _versioned(root)


def _file(module):
    """Return the file of an imported module as a Path, or None."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return file and Path(file)


def _versioned(root):
    """Return the name of a package with its version, or None if it states none."""
    version = getattr(sys.modules.get(root), "__version__", None)
    try:
        return f"{root} {version or metadata.version(root)}"
    except metadata.PackageNotFoundError:
        return None


def address(code: object) -> tuple[str, str, str] | None:
    """Return where a function or class of a package is found: origin, module, qualified name.

    None for the user's code, also if it bears a package's name or was put into a package's module.
    """
    module = getattr(code, "__module__", None)
    name = getattr(code, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    defining_module = code.__globals__.get("__name__", "") if isinstance(code, FunctionType) else module
    source = origin(module)
    if source is None or origin(defining_module) is None or _find(module, name) is not code:
        return None
    return source, module, name


def _find(module, name):
    """Return what a module has under a qualified name, or None."""
    value = sys.modules.get(module)
    for part in name.split("."):
        value = getattr(value, part, None)
    return value


def imported(name: str, package: str | None, level: int) -> ModuleType | None:
    """Return the module that an import statement means, or None if it cannot be imported."""
    try:
        return importlib.import_module("." * level + name, package)
    except (ImportError, TypeError, ValueError):
        return None
