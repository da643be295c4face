"""The API reference of the site: pages that pdoc makes from the docstrings and annotations of labkit's public names."""

import warnings
from importlib import import_module
from pathlib import Path

import labkit

FRONT = Path(__file__).parent / "front" / "api"  # what differs from pdoc's templates
MODULES = ("labkit",)  # a package brings the modules that its `__all__` names, or all where it has none


def write(folder: Path) -> int:
    """Write a page for each public module into `folder`, with an index to search in. Return the number of pages."""
    import pdoc
    import pdoc.render

    bind_lazy_names()
    pdoc.render.configure(docformat="markdown", show_source=False, template_directory=FRONT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a default value that cannot be written as Python
        pdoc.pdoc(*MODULES, output_directory=folder)
    return len(list(folder.rglob("*.html")))


def bind_lazy_names() -> None:
    """Import what labkit offers and imports on first use only: pdoc documents what a module holds."""
    for name in labkit.__all__:
        setattr(labkit, name, getattr(import_module("labkit"), name))
