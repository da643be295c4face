"""The reader's copies of the lessons: made, renewed, never lost, trusted. In a project with the real lessons."""

import json
import random
import re
import shutil
import subprocess
import time
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from tools import begin, ended

from labkit import checkout
from labkit.cli import lab, main
from labkit.notebook import copies as copies_module
from labkit.notebook import marked
from labkit.notebook.copies import Copies, State, free_path

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
HARMLESS = ("run", "blank cell below", "blank cells between", "metadata", "execution counts")
DAMAGED = (b"", b"{", b"[]", b'{"cells": 3, "metadata": {}}', b"\xff\xfe", b'{"cells": [{}]}')
EDITS = ("letter", "space", "cell added", "cell removed", "cells swapped", "kind changed")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with the real lessons and papers' notebooks; Jupyter's and the user's folders are empty."""
    folder = tmp_path / "project"
    for name in ("lessons", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("runs", "*.html", ".*"))
    for name in ("lab", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder / name)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setattr(checkout, "ROOT", folder)
    return folder


def change(path, kind, rng):
    """Change a notebook as its reader or the project would."""
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cell = rng.choice([cell for cell in notebook.cells if cell.source.strip()])
    position = notebook.cells.index(cell)
    if kind == "run":
        for number, each in enumerate(code, 1):
            each.outputs = [new_output("stream", text=f"{number}\n")]
            each.execution_count = number
    elif kind == "blank cell below":
        notebook.cells.append(new_code_cell())
    elif kind == "blank cells between":
        notebook.cells.insert(position, new_markdown_cell(" \n"))
    elif kind == "metadata":
        cell.metadata["collapsed"] = True
        notebook.metadata["kernelspec"]["display_name"] = "another"
    elif kind == "execution counts":
        code[0].execution_count = 77
    elif kind == "letter":
        cell.source = "x" + cell.source
    elif kind == "space":
        cell.source += " "
    elif kind == "cell added":
        notebook.cells.insert(position, new_code_cell("1 + 1"))
    elif kind == "cell removed":
        notebook.cells.remove(cell)
    elif kind == "cells swapped":
        notebook.cells.remove(cell)
        notebook.cells.insert(0 if position else 1, cell)
    elif kind == "kind changed":
        new = {"code": new_markdown_cell, "markdown": new_code_cell}[cell.cell_type]
        notebook.cells[position] = new(cell.source)
    nbformat.write(notebook, path)


def notebooks(copies):
    """The copies that are notebooks."""
    return [copy for copy in copies.all.values() if copy.path.suffix == ".ipynb"]


def of_state(names):
    """What Copies.refresh found, without the states that nothing was in."""
    return {state: found for state, found in names.items() if found}


def is_trusted(path, folder):
    """Ask Jupyter's own notary, as a server that is started now would."""
    notary = NotebookNotary(data_dir=str(folder))
    with closing(notary.store):
        return notary.check_signature(nbformat.read(path, as_version=4))


def test_copies_have_the_lessons_cells_and_no_outputs_and_are_trusted(project, tmp_path):
    copies = Copies()
    assert of_state(copies.refresh()) == {State.ABSENT: list(copies.all)}
    lessons = sorted(path.relative_to(ROOT / "lessons") for path in (ROOT / "lessons").rglob("*.ipynb"))
    assert sorted(path.relative_to(project / "work") for path in (project / "work").rglob("*.ipynb")) == lessons
    for name in lessons:
        copy = nbformat.read(project / "work" / name, as_version=4)
        nbformat.validate(copy)
        source = nbformat.read(ROOT / "lessons" / name, as_version=4)
        assert [(cell.cell_type, cell.source) for cell in copy.cells] == [
            (cell.cell_type, cell.source) for cell in source.cells
        ]
        tags = [cell.metadata.get("tags") for cell in source.cells]
        assert [cell.metadata.get("tags") for cell in copy.cells] == tags
        stored = [cell.get("outputs") for cell in copy.cells]
        if name.parent.name == "solutions":
            assert stored == [cell.get("outputs") for cell in source.cells]
        else:
            assert not any(stored) and not any(cell.get("execution_count") for cell in copy.cells)
        assert is_trusted(project / "work" / name, tmp_path / "jupyter")
        assert not is_trusted(project / "lessons" / name, tmp_path / "jupyter")


@pytest.mark.skipif(not (shutil.which("git") and (ROOT / ".git").exists()), reason="not a git checkout")
def test_git_ignores_the_copies():
    names = ["work/02_memorisation.ipynb", "work/solutions/02_memorisation.ipynb", "work/.lock"]
    done = subprocess.run(["git", "check-ignore", *names], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == names


@pytest.mark.parametrize("shut", [False, True])
def test_every_link_of_a_copy_leads_to_a_file(project, shut):
    if shut:  # a project in which no folder can be made
        (project / "work").write_text("a file")
    copies = Copies()
    copies.refresh()
    assert (copies.root == project) is not shut
    count = 0
    for path in [*copies.folder.rglob("*.ipynb"), *copies.folder.rglob("*.md")]:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
            text = "\n".join("".join(cell["source"]) for cell in cells)
        for link in LINK.findall(text):
            target = (path.parent / link).resolve()
            assert target.is_file() and target.is_relative_to(copies.root), f"{path.name} links to {link}"
            count += 1
    assert count > 80


def test_two_projects_that_cannot_be_written_do_not_share_copies(project, tmp_path):
    other = shutil.copytree(project, tmp_path / "other")
    for folder in (project, other):
        (folder / "work").write_text("a file")
    first, second = Copies(), Copies(other)
    assert first.root != second.root
    first.refresh()
    second.refresh()
    assert first.all["05"].path.read_bytes() == second.all["05"].path.read_bytes()
    assert (first.root / "notebooks" / "crust.ipynb").is_file()


def test_what_counts_as_an_edit(project):
    copies = Copies()
    copies.refresh()
    rng = random.Random(0)
    before = {}
    for kind, copy in zip((HARMLESS + EDITS) * 2, rng.sample(notebooks(copies), 22)):
        change(copy.path, kind, rng)
        assert copy.state() is (State.EDITED if kind in EDITS else State.CURRENT), kind
        before[copy.path] = copy.path.read_bytes()
    copies.refresh()
    assert {path: path.read_bytes() for path in before} == before  # also the outputs of a copy that was run


@pytest.mark.parametrize("seed", range(2))
def test_an_update_renews_what_was_not_edited_and_touches_nothing_else(project, seed):
    copies = Copies()
    copies.refresh()
    rng = random.Random(seed)
    kinds = (None, *HARMLESS, *EDITS)
    mine, theirs, before = {}, {}, {}
    for copy in notebooks(copies):
        mine[copy.name] = rng.choice(kinds)
        theirs[copy.name] = rng.choice(kinds)
        if mine[copy.name]:
            change(copy.path, mine[copy.name], rng)
        if theirs[copy.name]:
            change(copy.source, theirs[copy.name], rng)
        before[copy.name] = copy.path.read_bytes()
    names = copies.refresh()
    behind = {name for name in mine if mine[name] in EDITS and theirs[name] in EDITS}
    outdated = {name for name in mine if mine[name] not in EDITS and theirs[name] in EDITS}
    assert behind and set(names[State.BEHIND]) == behind and set(names[State.OUTDATED]) == outdated
    for copy in notebooks(copies):
        wanted = copy.fresh() if copy.name in outdated else before[copy.name]
        assert copy.path.read_bytes() == wanted
    (offer,) = [line for line in lab.lines(names, Path("work")) if " reset " in line]
    assert f"reset {' '.join(names[State.BEHIND])} takes" in offer


def test_the_page_for_teachers_is_copied_and_renewed_as_a_lesson_is(project):
    copies = Copies()
    copies.refresh()
    copy = copies.all["README"]
    page = copy.source.read_text(encoding="utf-8")
    assert copy.path.read_text(encoding="utf-8").startswith(page) and copy.state() is State.CURRENT
    copy.source.write_bytes(page.replace("\n", "\r\n").encode())  # as git writes it on Windows
    assert copy.state() is State.CURRENT
    copy.source.write_text(page + "more\n", encoding="utf-8")
    assert copies.refresh()[State.OUTDATED] == ["README"] and "\nmore\n" in copy.path.read_text(encoding="utf-8")
    copy.path.write_text("mine\n" + copy.path.read_text(encoding="utf-8"), encoding="utf-8")
    copy.source.write_text(page, encoding="utf-8")
    assert copies.refresh()[State.BEHIND] == ["README"] and copy.path.read_text(encoding="utf-8").startswith("mine")


def test_a_file_of_the_reader_s_own_in_a_lesson_s_place_is_left_alone(project):
    copies = Copies()
    copies.refresh()
    copy = copies.all["03"]
    shutil.copy(copies.all["04"].source, copy.path)
    change(copies.all["03"].source, "letter", random.Random(0))
    before = copy.path.read_bytes()
    names = copies.refresh()
    assert copy.path.read_bytes() == before and "03" in names[State.EDITED]


def test_a_copy_that_cannot_be_read_is_said_and_kept(project, capsys):
    copies = Copies()
    copies.refresh()
    damaged = dict(zip(["01", "03", "05", "06", "08", "sandbox"], DAMAGED))
    for name, content in damaged.items():
        copies.all[name].path.write_bytes(content)
    names = copies.refresh()
    assert names[State.DAMAGED] == list(damaged)
    for (name, content), line in zip(damaged.items(), lab.lines(names, Path("work")), strict=True):
        path = copies.all[name].path
        assert f"{name} cannot be read" in line and f"reset {name}" in line and path.read_bytes() == content
        assert main(["reset", name]) == 0
        (kept,) = path.parent.glob(f"{path.stem}-*.ipynb")
        assert kept.read_bytes() == content and path.read_bytes() == copies.all[name].fresh()
        assert str(kept) in capsys.readouterr().out


def test_reset_keeps_every_version_under_a_name_that_says_when(project, capsys):
    copies = Copies()
    copies.refresh()
    rng = random.Random(0)
    copy, edited = copies.all["05"], []
    for _ in range(4):  # most of them within one second
        change(copy.path, "letter", rng)
        edited.append(copy.path.read_bytes())
        kept = copies.reset(copy)
        assert re.fullmatch(rf"05_coresets-{time.strftime('%Y')}\d{{4}}-\d{{6}}(-\d)?\.ipynb", kept.name)
        assert copy.path.read_bytes() == copy.fresh()
    kept = sorted(copy.path.parent.glob("05_coresets-*.ipynb"))
    assert sorted(path.read_bytes() for path in kept) == sorted(edited)
    assert copies.reset(copy) is None and len(list(copy.path.parent.glob("05_*"))) == 5  # there was nothing to keep
    change(copy.path, "run", rng)
    assert copies.reset(copy)  # a run is the reader's, too
    assert of_state(copies.refresh()) == {State.CURRENT: list(copies.all)}  # kept versions are no lessons


def test_reset_takes_the_newer_version_that_was_offered(project):
    copies = Copies()
    copies.refresh()
    copy = copies.all["02"]
    change(copy.path, "letter", random.Random(1))
    change(copy.source, "cell added", random.Random(2))
    assert copies.refresh()[State.BEHIND] == ["02"]
    assert main(["reset", "2"]) == 0
    assert copy.state() is State.CURRENT and copies.refresh()[State.BEHIND] == []


def test_reset_says_what_a_name_may_be(project, capsys):
    copies = Copies()
    copies.refresh()
    change(copies.all["07"].path, "letter", random.Random(0))
    before = sorted(path.name for path in copies.folder.rglob("*"))
    for words, hint in (([], "you edited 07"), (["77"], "is '77'"), (["02", "sandbx"], "did you mean 'sandbox'?")):
        assert main(["reset", *words]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and hint in said
        assert "00, 01, 02," in said and "sandbox" in said and "solutions/11" in said
    assert sorted(path.name for path in copies.folder.rglob("*")) == before


@pytest.mark.parametrize(
    "name, meant",
    [
        *(("5", "05"), ("05", "05"), ("05_coresets", "05"), ("work/05_coresets.ipynb", "05"), ("sandbox", "sandbox")),
        *(("lessons/05_coresets.ipynb", "05"), ("solutions/5", "solutions/05"), ("README.md", "README")),
        ("lessons/solutions/05_coresets.ipynb", "solutions/05"),
    ],
)
def test_a_lesson_has_many_spellings(project, name, meant):
    assert Copies().find(name).name == meant


def test_a_kept_version_is_no_name_of_a_lesson(project):
    with pytest.raises(ValueError, match="the lesson is '05_coresets-20260301-123005'"):
        Copies().find("05_coresets-20260301-123005")


def refresh_and_reset(project):
    """What a process does that is killed."""
    copies = Copies(project)
    while True:
        copies.refresh()
        for copy in copies.all.values():
            copies.reset(copy)


def test_a_process_that_is_killed_leaves_whole_files_and_loses_nothing(project):
    rng = random.Random(0)
    copies = Copies()
    copies.refresh()
    for _ in range(8):
        for copy in rng.sample(notebooks(copies), 4):
            change(copy.path, "letter", rng)
        before = set(contents(copies))
        process = begin(refresh_and_reset, project, fork=True)
        time.sleep(rng.uniform(0.02, 0.4))
        process.kill()
        ended(process)
        after = contents(copies)
        assert before <= set(after)
        for content in after:
            nbformat.validate(nbformat.reads(content, as_version=4))


def contents(copies):
    """What the notebooks among the copies hold, and those that are kept."""
    return [path.read_text(encoding="utf-8") for path in copies.folder.rglob("[!.]*.ipynb")]


def test_several_at_once_do_not_fight(project, tmp_path):
    processes = [begin(refresh_once, project, fork=True) for _ in range(4)]
    assert [ended(process) for process in processes] == [0] * 4
    copies = Copies()
    for copy in copies.all.values():
        assert copy.path.read_bytes() == copy.fresh()
        assert copy.path.suffix == ".md" or is_trusted(copy.path, tmp_path / "jupyter")
    change(copies.all["05"].path, "letter", random.Random(0))
    edited = copies.all["05"].path.read_bytes()
    processes = [begin(reset_once, project, fork=True) for _ in range(4)]
    assert [ended(process) for process in processes] == [0] * 4
    (kept,) = copies.folder.glob("05_coresets-*.ipynb")  # the first one kept it, the others found a fresh copy
    assert kept.read_bytes() == edited


def refresh_once(project):
    Copies(project).refresh()


def reset_once(project):
    copies = Copies(project)
    copies.reset(copies.all["05"])


def test_copies_that_nobody_can_write_leave_the_project_s_own_to_open(project, tmp_path, monkeypatch, capsys):
    (project / "work").write_text("a file")
    (tmp_path / "share").write_text("a file")
    path = project / "lessons" / "02_memorisation.ipynb"
    monkeypatch.setattr(lab, "ROOT", project)
    assert lab.copied(path) == (project, path)
    assert "cannot be written" in capsys.readouterr().out


def test_a_free_path_is_free(tmp_path):
    names = [free_path(tmp_path / "a.ipynb", "x") for _ in range(3) if not (tmp_path / "a-x.ipynb").exists()]
    assert set(names) == {tmp_path / "a-x.ipynb"}
    for expected in ("a-x.ipynb", "a-x-2.ipynb", "a-x-3.ipynb"):
        path = free_path(tmp_path / "a.ipynb", "x")
        assert path.name == expected
        path.touch()


def test_marks_are_of_the_source(project):
    for copy in Copies().all.values():
        path = project / f"made{copy.source.suffix}"
        path.write_bytes(copy.fresh())
        version = marked.version(path)
        assert version == (marked.version(copy.source).content,) * 2
        assert marked.version(copy.source).made_from is None
    assert copies_module.FOLDER == "work"
