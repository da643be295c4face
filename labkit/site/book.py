"""Which pages a site has, and where their links lead."""

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..checkout import ROOT
from ..errors import choose

if TYPE_CHECKING:
    from nbformat import NotebookNode

RENAMED = {"README.md": "index.html", "lessons/README.md": "lessons/teachers.html",
           "lessons/sample_report.md": "lessons/sample_report.html",
           "lessons/GLOSSARY.md": "glossary.html"}  # fmt: skip
LEDGER = "notebooks/ledger.html"
DASHBOARDS = ("notebooks/sweep.ipynb",)  # of somebody's own runs: no paper has them
HEADING = re.compile(r"^# (.+)$", re.M)
ELSEWHERE = re.compile(r"[a-z]+:|#")  # an address with a scheme, or a place on the same page


@dataclass(frozen=True)
class Source:
    """A notebook of the project that becomes a page. path: inside it, as in "lessons/02_memorisation.ipynb"."""

    path: str

    @property
    def kind(self) -> str:
        """Return the folder: lessons, lessons/solutions or notebooks."""
        return posixpath.dirname(self.path)

    @property
    def number(self) -> str:
        """Return the number of a lesson, such as "02", or the name of one without a number, such as "sandbox"."""
        stem = posixpath.basename(self.path).removesuffix(".ipynb")
        return stem.split("_")[0] if stem[:1].isdigit() else stem

    @property
    def page(self) -> str:
        """Return the path of the page in the site."""
        return self.path.removesuffix(".ipynb") + ".html"

    @cached_property
    def notebook(self) -> "NotebookNode":
        """Read the stored notebook."""
        import nbformat

        return nbformat.read(ROOT / self.path, as_version=4)

    @property
    def introduction(self) -> str:
        """Return the text of the first cell: title, what the notebook is good for."""
        return self.notebook.cells[0].source if self.notebook.cells else ""

    @property
    def title(self) -> str:
        """Return the first heading, or the file's name without one."""
        heading = HEADING.search(self.introduction)
        return heading[1].strip() if heading else posixpath.basename(self.path)


def lessons() -> list[Source]:
    """Return all lessons, those with a number first."""
    return sorted(_notebooks("lessons"), key=lambda source: (not source.number[0].isdigit(), source.path))


def solutions() -> dict[str, Source]:
    """Return the notebooks of solutions by the number of their lesson."""
    return {source.number: source for source in _notebooks("lessons/solutions")}


def papers() -> list[Source]:
    """Return the notebooks on papers."""
    return [source for source in _notebooks("notebooks") if source.path not in DASHBOARDS]


def lesson(name: str) -> Source:
    """Return a lesson by its number, "5" or "05", or by its file. Raises ValueError, with the names that exist."""
    name = posixpath.basename(str(name)).removesuffix(".ipynb")
    number = name.split("_")[0] if name[:1].isdigit() else name
    if number.isdigit():
        number = number.zfill(2)
    return choose("the lesson", number, {source.number: source for source in lessons()})


def _notebooks(folder):
    """Return the notebooks of a folder of the project, sorted by name."""
    return [Source(f"{folder}/{path.name}") for path in sorted((ROOT / folder).glob("*.ipynb"))]


class Links:
    """The links between the project's files, led to the pages of a site."""

    def __init__(self, sources: Iterable[Source]):
        self.pages = {source.path: source.page for source in sources} | RENAMED | {LEDGER: LEDGER}

    def of(self, source: Source, on: Source | None = None) -> Callable[[str], str | None]:
        """Return a function that translates the links of a file: url -> url in the site, None if it has no such page.

        source: the file, with path and page. on: another one, on whose page the file is shown.
        """
        folder = posixpath.dirname(source.path)
        page = (on or source).page

        def link(url):
            if ELSEWHERE.match(url):
                return url
            target, _, anchor = url.partition("#")
            linked_page = self.pages.get(posixpath.normpath(posixpath.join(folder, target)))
            if linked_page is None:
                return None
            return relative(linked_page, page) + (f"#{anchor}" if anchor else "")

        return link


def relative(target: str, page: str) -> str:
    """Return the relative link from a page of the site to another file of it."""
    return posixpath.relpath(target, posixpath.dirname(page) or ".")
