"""Lessons and papers' notebooks as a site: files alone, made from what is stored, with nothing from elsewhere."""

import glob
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from filelock import FileLock, Timeout

from .. import __version__
from ..errors import need
from ..markup import without_empty_headers
from . import book, compose, living, reference
from .book import Source

MARK = ".labkit-site"  # a folder that holds it was made here, and may be made anew
NAV = (("Lessons", "index.html"), ("Ledger", book.LEDGER), ("For teachers", "lessons/teachers.html"),
       ("Glossary", "glossary.html"), ("API", "api/labkit.html"))  # fmt: skip


def build(out: str | Path, report: Callable[[str], Any] = print) -> int:
    """Write the site, whole or not at all. Return the number of pages.

    out: a new or empty folder, or an older site. report: called with the name of each page. Raises ValueError for a
    folder that holds something else.
    """
    out = Path(out)
    is_site = (out / MARK).exists()
    is_empty = not out.exists() or (out.is_dir() and not any(out.iterdir()))
    need(is_site or is_empty, "out", str(out), "a new or empty folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(out)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".lab-{out.name}-") as folder, lock(folder):
        site = Site(Path(folder) / "site", report)
        site.write()
        if out.exists():
            shutil.rmtree(out)
        site.out.rename(out)
    return site.count


def remove_leftovers(out: Path) -> None:
    """Remove the unfinished folders beside `out` of builds that were killed; a running build locks its folder."""
    for folder in out.parent.glob(f".lab-{glob.escape(out.name)}-*"):
        if is_free(folder):
            shutil.rmtree(folder, ignore_errors=True)


def is_free(folder: Path) -> bool:
    """Return whether no running build has locked a folder."""
    try:
        with lock(folder):
            return True
    except Timeout:
        return False


def lock(folder: str | Path) -> FileLock:
    """Lock the folder of a build; the system frees the lock of a process that ends. Raises Timeout if it is locked."""
    return FileLock(Path(folder) / "lock", timeout=0)


class Site:
    """A site that is being written into `out`, an empty folder. count: its pages so far."""

    def __init__(self, out: Path, report: Callable[[str], Any]):
        from jinja2 import Environment, FileSystemLoader

        self.out = out
        self.report = report
        self.count = 0
        self.assets = {}  # name of a file that pages load: its path
        self.env = Environment(loader=FileSystemLoader(living.FRONT), trim_blocks=True)
        self.lessons, self.solutions, self.papers = book.lessons(), book.solutions(), book.papers()
        self.links = book.Links([*self.lessons, *self.solutions.values(), *self.papers])

    def write(self) -> None:
        """Write all pages, and the files that they load."""
        self.write_file(MARK, "")
        self.write_file("assets/site.css", living.styles())
        self.add_asset("assets/site.js", lambda: living.front("site.js"))
        self.write_in_order(self.lessons)
        self.write_in_order(self.papers)
        for solution in self.solutions.values():
            self.write_notebook(solution)
        self.write_index()
        self.write_teachers_page()
        self.write_sample_report()
        self.write_ledger()
        self.write_glossary()
        self.write_reference()

    def write_in_order(self, sources: list[Source]) -> None:
        """Write pages that lead from one to the next."""
        for k, source in enumerate(sources):
            previous = sources[k - 1] if k > 0 else None
            following = sources[k + 1] if k + 1 < len(sources) else None
            self.write_notebook(source, previous, following)

    def write_notebook(self, source: Source, previous: Source | None = None, following: Source | None = None) -> None:
        """Write the page of a notebook."""
        self.report(source.page)
        solution = self.solutions.get(source.number) if source.kind == "lessons" else None
        body = compose.body(source, self.links, solution)
        turn = {"previous": _link_to(previous, source.page), "following": _link_to(following, source.page)}
        self.write_page(source.page, source.title, body, source.kind, scripts=self.scripts(body), **turn)

    def scripts(self, body: str) -> list[str]:
        """Return the scripts that a page needs; each file is written when the first page needs it."""
        scripts = []
        names = compose.panels(body)
        if names:
            scripts.append(self.add_asset("assets/panel.js", panel_script))
        for name in names:
            if living.stored(name) is not None:
                scripts.append(self.add_asset(f"stored/{name}.js", lambda name=name: living.script(name)))
        if "plotly-place" in body:
            scripts.append(self.add_asset("assets/plotly.js", living.plotly))
        return [*scripts, "assets/site.js"]

    def write_index(self) -> None:
        """Write the first page."""
        with_panel = set()
        for asset in self.assets:
            folder, _, file = asset.partition("/")
            if folder == "stored":
                with_panel.add(file.removesuffix(".js"))
        body = self.env.get_template("index.html.j2").render(lessons=self.lessons, papers=self.papers, alive=with_panel)
        self.write_page("index.html", "labkit", body, "index", scripts=self.scripts(body))

    def write_teachers_page(self) -> None:
        """Write the page for teachers: lessons/README.md."""
        path = "lessons/README.md"
        body = f'<div class="prose">{self.text_of(path)}</div>'
        self.write_page(book.RENAMED[path], "Lessons, for teachers", body, "teachers")

    def write_sample_report(self) -> None:
        """Write the page that the sandbox's assignment leads to: lessons/sample_report.md."""
        path = "lessons/sample_report.md"
        body = f'<div class="prose">{self.text_of(path)}</div>'
        self.write_page(book.RENAMED[path], "A sample report", body, "teachers")

    def text_of(self, path: str) -> str:
        """Return a Markdown file of the project as HTML, with its links led to the pages of the site."""
        from .notebook import markdown

        source = SimpleNamespace(path=path, page=book.RENAMED[path])
        return markdown((book.ROOT / path).read_text(encoding="utf-8"), self.links.of(source))

    def write_ledger(self) -> None:
        """Write the page of the ledger."""
        from .ledger import body

        tables = without_empty_headers(body())
        self.write_page(book.LEDGER, "The ledger", f'<div class="html">{tables}</div>', "ledger")

    def write_glossary(self) -> None:
        """Write the page of terms: lessons/GLOSSARY.md, then the project's own terms in CONTRIBUTING.md."""
        from .notebook import markdown

        path = "lessons/GLOSSARY.md"
        terms = self.text_of(path)
        text = (book.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
        section = text.partition("\n## Glossary\n")[2].partition("\n## ")[0]
        body = f'<div class="prose">{terms}<h2>Terms of this project</h2>{markdown(section)}</div>'
        self.write_page(book.RENAMED[path], "Glossary", body, "index")

    def write_reference(self) -> None:
        """Write the API reference, pages with a frame of their own."""
        self.report("api/labkit.html")
        self.count += reference.write(self.out / "api")

    def write_page(
        self,
        page: str,
        title: str,
        body: str,
        kind: str,
        previous: tuple[str, str] | None = None,
        following: tuple[str, str] | None = None,
        scripts: Sequence[str] = ("assets/site.js",),
    ) -> None:
        """Write a page: the frame that all have, around a body.

        page: its path in the site. previous, following: link and title of the neighbouring pages.
        """
        html = self.env.get_template("page.html.j2").render(
            title=title,
            body=body,
            kind=kind.replace("/", " "),
            contents=compose.contents(body) if kind in ("lessons", "notebooks") else [],
            nav=[(name, book.relative(target, page)) for name, target in NAV],
            root=book.relative(".", page) + "/",
            here=book.relative(page, page),
            before=previous,
            after=following,
            scripts=scripts,
            version=__version__,
        )
        self.write_file(page, html)
        self.count += 1

    def add_asset(self, name: str, make_text: Callable[[], str]) -> str:
        """Write a file that pages load, unless it is written already. Return its name."""
        if name not in self.assets:
            self.assets[name] = self.write_file(name, make_text())
        return name

    def write_file(self, name: str, text: str) -> Path:
        """Write a file of the site. Return its path."""
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def _link_to(source, page):
    """Return the link from a page to that of a notebook, and its title; None without a notebook."""
    return (book.relative(source.page, page), source.title) if source else None


def panel_script() -> str:
    """Return the panel as a plain script."""
    from ..panels.script import classic

    return classic()
