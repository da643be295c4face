"""The reader's copies of the lessons: what ./lab opens, so that nobody edits the project's own files by reading them.

They lie in `work/` of the project, which git ignores and which is as deep as `lessons/`: links between lessons, and
from them to the papers' notebooks, lead to the same places. A lesson's copy has no outputs. That of its solutions keeps
them, because they are there to be compared with.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import Path, PurePosixPath

from filelock import FileLock

from .. import checkout
from ..errors import choose
from ..state import atomic_write
from . import marked, trust
from .finding import number

FOLDER = "work"
LESSONS = "lessons"
SOLUTIONS = "lessons/solutions"
PAPERS = "notebooks"


class State(Enum):
    """How a copy stands to the project's file."""

    ABSENT = "not made yet"
    CURRENT = "not edited"
    OUTDATED = "not edited, and the project has a newer version"
    EDITED = "edited"
    BEHIND = "edited, and the project has a newer version"
    DAMAGED = "not readable as a notebook"


@dataclass(frozen=True)
class Copy:
    """A file of the project and the reader's copy of it. name: as ./lab reset takes it. outputs: are they kept?"""

    name: str
    source: Path
    path: Path
    outputs: bool

    def fresh(self) -> bytes:
        """Return the content of a copy that is made now."""
        return marked.make(self.source, self.outputs)

    def state(self) -> State:
        """Return how the copy stands to the project's file. A copy without a mark counts as the reader's own."""
        try:
            copy = marked.version(self.path)
        except FileNotFoundError:
            return State.ABSENT
        except (ValueError, OSError):
            return State.DAMAGED
        newest = marked.version(self.source).content
        if copy.content == newest:
            return State.CURRENT
        if copy.content == copy.made_from:
            return State.OUTDATED
        return State.EDITED if copy.made_from in (None, newest) else State.BEHIND


@dataclass(frozen=True)
class Copies:
    """The reader's copies of a project's lessons."""

    project: Path = field(default_factory=lambda: checkout.ROOT)

    @cached_property
    def root(self) -> Path:
        """Return the folder that JupyterLab shows: the project, or one of the user's where that cannot be written.

        There the papers' notebooks are copied, too, so that links to them work.
        """
        from platformdirs import user_data_dir

        if _is_writable(self.project / FOLDER):
            return self.project
        name = hashlib.sha256(os.fsencode(self.project)).hexdigest()[:8]  # two projects do not share their copies
        return Path(user_data_dir("labkit")) / f"project-{name}"

    @property
    def folder(self) -> Path:
        """Return the folder of the copies."""
        return self.root / FOLDER

    @cached_property
    def all(self) -> dict[str, Copy]:
        """Return all copies by their names: "05", "sandbox", "README", "solutions/05"."""
        copies = self._of(LESSONS, FOLDER, "*.ipynb", outputs=False)
        copies += self._of(LESSONS, FOLDER, "*.md", outputs=False)
        copies += self._of(SOLUTIONS, f"{FOLDER}/solutions", "*.ipynb", outputs=True)
        if self.root != self.project:
            copies += self._of(PAPERS, PAPERS, "*.ipynb", outputs=True)
        return {copy.name: copy for copy in copies}

    def _of(self, folder, target, pattern, outputs):
        """Return the copies of a folder's files, sorted by name."""
        prefix = PurePosixPath(target).relative_to(FOLDER) if target.startswith(FOLDER) else PurePosixPath(target)
        copies = []
        for source in sorted((self.project / folder).glob(pattern)):
            name = (prefix / _short(source.stem)).as_posix()
            copies.append(Copy(name, source, self.root / target / source.name, outputs))
        return copies

    def of(self, source: Path) -> Copy | None:
        """Return the copy of a file of the project, None if it has none."""
        for copy in self.all.values():
            if copy.source == source:
                return copy
        return None

    def find(self, name: str) -> Copy:
        """Return a copy by its name, number or path. Raises ValueError with all names."""
        path = PurePosixPath(Path(name).as_posix().removesuffix(".ipynb").removesuffix(".md"))
        parts = [part for part in path.parts if part not in (FOLDER, LESSONS)]
        for copy in self.all.values():
            spellings = {copy.name, (PurePosixPath(copy.name).parent / copy.source.stem).as_posix()}
            if PurePosixPath(*parts[:-1], number(path.name)).as_posix() in spellings:
                return copy
        return choose("the lesson", name, self.all)

    def refresh(self) -> dict[State, list[str]]:
        """Make the copies that are absent, and renew those that are outdated. An edited copy is never touched.

        An outdated copy that was run loses its outputs, because they are those of another source; one whose source is
        still the project's keeps them. All copies that are as they were made are signed, so that JupyterLab trusts
        them. Return the names by the state that was found. Raises OSError where nothing can be written.
        """
        names = {state: [] for state in State}
        with self._locked():
            for copy in self.all.values():
                state = copy.state()
                names[state].append(copy.name)
                if state in (State.ABSENT, State.OUTDATED):
                    _write(copy.path, copy.fresh())
            self._sign()
        return names

    def reset(self, copy: Copy) -> Path | None:
        """Make a copy anew. Return where the old one is kept, None where there was none or it was as new.

        Both files are written whole, the kept one first, so that nothing is lost whenever this is stopped.
        """
        kept = None
        with self._locked():
            fresh = copy.fresh()
            old = copy.path.read_bytes() if copy.path.exists() else fresh
            if old != fresh:
                kept = free_path(copy.path, time.strftime("%Y%m%d-%H%M%S"))
                atomic_write(kept, old)
            _write(copy.path, fresh)
            self._sign()
        return kept

    def _sign(self):
        """Sign the notebooks that are as they were made: what else is in a copy did not come from the project."""
        unchanged = []
        for copy in self.all.values():
            if copy.path.suffix == ".ipynb" and copy.path.is_file() and copy.path.read_bytes() == copy.fresh():
                unchanged.append(copy.path)
        trust.sign(unchanged)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process at a time write copies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / ".lock"):
            yield


def free_path(path: Path, stamp: str) -> Path:
    """Return a path beside another one that says when, and that nothing has: 05_coresets-20260301-123005.ipynb"""
    kept = path.with_name(f"{path.stem}-{stamp}{path.suffix}")
    count = 1
    while kept.exists():
        count += 1
        kept = path.with_name(f"{path.stem}-{stamp}-{count}{path.suffix}")
    return kept


def _short(stem):
    """Return the number of a lesson from its file's name, "05" of "05_coresets", or a name without a number."""
    first = stem.split("_")[0]
    return first if first.isdigit() else stem


def _write(path, content):
    """Write a copy whole; make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, content)


def _is_writable(folder):
    """Return whether files can be made in a folder; make it where it is absent."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
