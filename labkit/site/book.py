"""Which pages a site has, and where their links lead."""

import posixpath
import re
from dataclasses import dataclass
from functools import cached_property

from ..checkout import ROOT
from ..errors import choose

RENAMED = {"README.md": "index.html", "lessons/README.md": "lessons/teachers.html"}
LEDGER = "notebooks/ledger.html"
DASHBOARDS = ("notebooks/sweep.ipynb",)  # of somebody's own runs: no paper has them
MINUTES = re.compile(r"(\d+) minutes")
HEADING = re.compile(r"^# (.+)$", re.M)


@dataclass(frozen=True)
class Source:
    """A notebook of the project that becomes a page. path: inside it, as in "lessons/02_memorisation.ipynb"."""

    path: str

    @property
    def kind(self):
        """lessons, lessons/solutions or notebooks."""
        return posixpath.dirname(self.path)

    @property
    def number(self):
        """ "02"; "sandbox" for a lesson without one."""
        stem = posixpath.basename(self.path).removesuffix(".ipynb")
        return stem.split("_")[0] if stem[:1].isdigit() else stem

    @property
    def page(self):
        """Where the page stands in the site."""
        return self.path.removesuffix(".ipynb") + ".html"

    @cached_property
    def notebook(self):
        """What is stored."""
        import nbformat

        return nbformat.read(ROOT / self.path, as_version=4)

    @property
    def first(self):
        """The text of the first cell: title, what it is good for, minutes."""
        return self.notebook.cells[0].source if self.notebook.cells else ""

    @property
    def title(self):
        """The first heading."""
        found = HEADING.search(self.first)
        return found[1].strip() if found else posixpath.basename(self.path)

    @property
    def minutes(self):
        """How long it takes a reader, as the first cell says; None if it does not."""
        found = MINUTES.search(self.first)
        return int(found[1]) if found else None


def lessons():
    """All lessons: those with a number first. -> list of Source"""
    return sorted(_notebooks("lessons"), key=lambda source: (not source.number[0].isdigit(), source.path))


def solutions():
    """-> {number: Source}"""
    return {source.number: source for source in _notebooks("lessons/solutions")}


def papers():
    """The notebooks on papers. -> list of Source"""
    return [source for source in _notebooks("notebooks") if source.path not in DASHBOARDS]


def lesson(name):
    """A lesson by its number, "5", "05", or its file. -> Source; raises ValueError that says which there are"""
    table = {source.number: source for source in lessons()}
    name = posixpath.basename(str(name)).removesuffix(".ipynb")
    number = name.split("_")[0] if name[:1].isdigit() else name
    return choose("the lesson", number.zfill(2) if number.isdigit() else number, table)


def _notebooks(folder):
    return [Source(f"{folder}/{path.name}") for path in sorted((ROOT / folder).glob("*.ipynb"))]


class Links:
    """Leads links between the project's files to the pages of a site."""

    def __init__(self, sources):
        self.pages = {source.path: source.page for source in sources} | RENAMED | {LEDGER: LEDGER}

    def of(self, source, on=None):
        """How a link in a file is to be read. source: with path and page; on: another one, on whose page it is shown.

        -> function: url -> where the site has it, or None if it has not
        """
        home, page = posixpath.dirname(source.path), (on or source).page

        def link(url):
            if re.match(r"[a-z]+:|#", url):
                return url
            target, _, anchor = url.partition("#")
            found = self.pages.get(posixpath.normpath(posixpath.join(home, target)))
            return found and relative(found, page) + (f"#{anchor}" if anchor else "")

        return link


def relative(target, page):
    """The way from one page of the site to another file of it."""
    return posixpath.relpath(target, posixpath.dirname(page) or ".")
