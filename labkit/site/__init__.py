"""Lessons and papers' notebooks as a site: files alone, made from what is stored, with nothing from elsewhere."""

import glob
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

from filelock import FileLock, Timeout

from .. import __version__
from ..errors import need
from . import book, compose, living, reference

MARK = ".labkit-site"  # a folder that holds it was made here, and may be made anew
NAV = (("Lessons", "index.html"), ("Ledger", book.LEDGER), ("For teachers", "lessons/teachers.html"),
       ("Glossary", "glossary.html"), ("API", "api/labkit.html"))  # fmt: skip


def build(out, tell=print):
    """Write the site, whole or not at all. out: a new or empty folder, or an older site. -> number of pages

    Raises ValueError for a folder that holds something else.
    """
    out = Path(out)
    old = out.exists() and (out / MARK).exists()
    need(old or not out.exists() or (out.is_dir() and not any(out.iterdir())), "out", str(out), "a new or empty folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(out)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".lab-{out.name}-") as folder, lock(folder):
        site = Site(Path(folder) / "site", tell)
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
    """A site that is being written into `out`, an empty folder."""

    def __init__(self, out, tell):
        from jinja2 import Environment, FileSystemLoader

        self.out, self.tell, self.count, self.lent = out, tell, 0, {}
        self.env = Environment(loader=FileSystemLoader(living.FRONT), trim_blocks=True)
        self.lessons, self.solutions, self.papers = book.lessons(), book.solutions(), book.papers()
        self.sources = [*self.lessons, *self.solutions.values(), *self.papers]
        self.links = book.Links(self.sources)

    def write(self):
        """All pages, and what they load."""
        self.put(MARK, "")
        self.put("assets/site.css", living.styles())
        self.lend("assets/site.js", lambda: living.front("site.js"))
        self.turned(self.lessons)
        self.turned(self.papers)
        for solution in self.solutions.values():
            self.page(solution)
        self.front()
        self.glossary()
        self.reference()

    def turned(self, sources):
        """Pages that lead from one to the next."""
        for before, source, after in zip([None, *sources], sources, [*sources[1:], None]):
            self.page(source, before, after)

    def page(self, source, before=None, after=None):
        """The page of a notebook."""
        self.tell(source.page)
        body = compose.body(source, self.links, self.solutions.get(source.number) if source.kind == "lessons" else None)
        turn = {name: other and (book.relative(other.page, source.page), other.title) for name, other in
                (("before", before), ("after", after))}  # fmt: skip
        self.shell(source.page, source.title, body, source.kind, scripts=self.scripts(body), **turn)

    def scripts(self, body):
        """What a page loads, by what stands on it; each file is written when the first page needs it. -> list"""
        scripts = []
        if names := compose.panels(body):
            scripts.append(self.lend("assets/panel.js", panel_script))
            found = [name for name in names if living.stored(name) is not None]
            scripts += [self.lend(f"stored/{name}.js", lambda name=name: living.script(name)) for name in found]
        if "plotly-place" in body:
            scripts.append(self.lend("assets/plotly.js", living.plotly))
        return [*scripts, "assets/site.js"]

    def front(self):
        """The first page, the teachers' page, the ledger."""
        from .ledger import body
        from .notebook import markdown

        minutes = sum(lesson.minutes or 0 for lesson in self.lessons)
        alive = {name.split("/")[1].removesuffix(".js") for name in self.lent if name.startswith("stored/")}
        words = {"lessons": self.lessons, "papers": self.papers, "alive": alive, "hours": hours(minutes)}
        self.shell("index.html", "labkit", self.env.get_template("index.html.j2").render(words), "index")
        teachers = SimpleNamespace(path="lessons/README.md", page=book.RENAMED["lessons/README.md"])
        text = (book.ROOT / teachers.path).read_text(encoding="utf-8")
        prose = f'<div class="prose">{markdown(text, self.links.of(teachers))}</div>'
        self.shell(teachers.page, "Lessons, for teachers", prose, "teachers")
        self.shell(book.LEDGER, "The ledger", f'<div class="html">{body()}</div>', "ledger")

    def glossary(self):
        """Write the page of terms: the section of CONTRIBUTING.md that explains them."""
        from .notebook import markdown

        text = (book.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
        section = text.partition("\n## Glossary\n")[2].partition("\n## ")[0]
        self.shell(
            "glossary.html", "Glossary", f'<div class="prose"><h1>Glossary</h1>{markdown(section)}</div>', "index"
        )

    def reference(self):
        """Write the API reference, pages with a frame of their own."""
        self.tell("api/labkit.html")
        self.count += reference.write(self.out / "api")

    def shell(self, page, title, body, kind, before=None, after=None, scripts=("assets/site.js",)):
        """Write a page: the frame that all have, around a body."""
        nav = [(name, book.relative(target, page)) for name, target in NAV]
        words = {"nav": nav, "root": book.relative(".", page) + "/", "here": book.relative(page, page)}
        words |= {
            "contents": compose.contents(body) if kind in ("lessons", "notebooks") else [],
            "version": __version__,
        }
        words |= {"title": title, "body": body, "kind": kind.replace("/", " "), "scripts": scripts}
        self.put(page, self.env.get_template("page.html.j2").render(**words, before=before, after=after))
        self.count += 1

    def lend(self, name, text):
        """A file that pages load, written once. text: function -> text. -> its name"""
        if name not in self.lent:
            self.lent[name] = self.put(name, text())
        return name

    def put(self, name, text):
        """Write a file."""
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def panel_script():
    """The panel, as a plain script. -> text"""
    from ..panels.script import classic

    return classic()


def hours(minutes):
    """185 -> "3 hours 5 minutes" """
    whole, rest = divmod(minutes, 60)
    words = [f"{n} {name}{'s' * (n != 1)}" for n, name in ((whole, "hour"), (rest, "minute")) if n]
    return " ".join(words) or "0 minutes"
