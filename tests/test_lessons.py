"""Lessons: the solutions pass, an untouched lesson fails its checks and nothing else, links lead somewhere."""

import os
import re
from pathlib import Path

import minutes
import nbformat
import pytest
from kernels import forked
from nbclient import NotebookClient
from test_notebooks import faults

import labkit
from labkit.exercises import all_exercises
from labkit.show import answers

ROOT = Path(__file__).parents[1]
SANDBOX = ROOT / "lessons" / "sandbox.ipynb"  # nobody marks it
LESSONS = sorted(set((ROOT / "lessons").glob("*.ipynb")) - {SANDBOX})
SOLUTIONS = sorted((ROOT / "lessons" / "solutions").glob("*.ipynb"))
TEXTS = [ROOT / "lessons" / name for name in ("README.md", "GLOSSARY.md", "sample_report.md")]
PAGES = [*LESSONS, *SOLUTIONS, SANDBOX, *TEXTS]
LINK = re.compile(r"\]\(([^)\s]+)\)")
WITH_NAME = {"ids": lambda path: str(path.relative_to(ROOT))}


@pytest.fixture(scope="module")
def kernel():
    """The name of a kernel that need not import torch and labkit again for every notebook."""
    with forked() as name:
        yield name


def execute(notebook, folder, kernel):
    """Run a notebook at the smallest size in a kernel of its own, as if nobody watched. -> the same notebook"""
    small = {"LABKIT_FAST": "1", "LABKIT_PROGRESS": "0", "OMP_NUM_THREADS": "1"}
    env = {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"} | small
    place = {"metadata": {"path": folder}}
    NotebookClient(notebook, kernel_name=kernel, timeout=300, resources=place).execute(env=env)
    return notebook


def printed(notebook):
    """What the cells printed, line by line."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    streams = [output for output in outputs if output.output_type == "stream"]
    assert {stream.name for stream in streams} <= {"stdout"}, [s.text for s in streams if s.name == "stderr"]
    return [line for stream in streams for line in stream.text.splitlines()]


def verdicts(notebook):
    """The signs of the checks in the order of the notebook. -> [(sign, exercise)]"""
    return [tuple(line.split()[:2]) for line in printed(notebook) if line[:1] in ("✓", "✗", "○")]


def exercises(path):
    """The exercises of the lesson in a file, e.g. 02.1 to 02.7 in 02_memorisation."""
    return [name for name in all_exercises() if name.startswith(path.stem[:2])]


def text(path):
    """The prose of a page."""
    if path.suffix == ".md":
        return path.read_text()
    return "\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown")


def some_slow(paths):
    """Two of them are always executed, the others with --all; `./lab test` runs all of their cells under nbval."""
    quick = lambda path: path.stem[:2] in ("00", "02")
    named = lambda path: str(path.relative_to(ROOT))
    return [pytest.param(path, id=named(path), marks=[] if quick(path) else pytest.mark.slow) for path in paths]


@pytest.mark.parametrize("path", SOLUTIONS, **WITH_NAME)
def test_every_solution_has_passed(path):
    stored = nbformat.read(path, 4)
    wanted = [("✓", exercise) for exercise in exercises(path)]
    assert wanted and verdicts(stored) == wanted
    assert faults(stored) in ([], ["no cell is compared"])


@pytest.mark.parametrize("path", some_slow(SOLUTIONS))
def test_every_solution_passes(path, kernel):
    assert verdicts(execute(nbformat.read(path, 4), path.parent, kernel)) == [
        ("✓", exercise) for exercise in exercises(path)
    ]


@pytest.mark.parametrize("path", LESSONS, **WITH_NAME)
def test_the_exercises_of_a_lesson_stand_open(path):
    wanted = [("○", exercise) for exercise in exercises(path)]
    assert wanted and verdicts(nbformat.read(path, 4)) == wanted


@pytest.mark.parametrize("path", LESSONS[:3], **WITH_NAME)  # the others are executed, and looked at, in the browser
def test_an_untouched_lesson_fails_its_checks_and_nothing_else(path, kernel):
    assert verdicts(execute(nbformat.read(path, 4), path.parent, kernel)) == [
        ("○", exercise) for exercise in exercises(path)
    ]


@pytest.mark.parametrize("path", SOLUTIONS, **WITH_NAME)
def test_lesson_and_solution_pose_the_same_exercises(path):
    headings = re.compile(r"^### Exercise (\S+): (.+)$", re.M)
    posed = headings.findall(text(path.parents[1] / path.name))
    assert posed == headings.findall(text(path))
    assert [exercise for exercise, _ in posed] == exercises(path)


@pytest.mark.parametrize("path", PAGES, **WITH_NAME)
def test_links_point_to_files(path):
    links = [link for link in LINK.findall(text(path)) if "://" not in link]
    assert links
    assert [link for link in links if not (path.parent / link.split("#")[0]).exists()] == []


@pytest.mark.parametrize("page", ["00_start_here.ipynb", "README.md"])
def test_the_map_shows_every_lesson_and_solution(page):
    links = set(LINK.findall(text(ROOT / "lessons" / page)))
    there = {str(path.relative_to(ROOT / "lessons")) for path in [*LESSONS, *SOLUTIONS, SANDBOX]}
    assert there - {page} <= links


def test_the_teachers_minutes_are_those_of_the_lessons():
    """They may be some minutes old, but not those of another lesson."""
    section = text(ROOT / "lessons" / "README.md").split("## Minutes, and what to leave out")[1].split("\n## ")[0]
    rows = [[part.strip() for part in row.split("|")[1:-1]] for row in section.splitlines() if row[:1] == "|"]
    printed = {lesson: int(total) for lesson, total, _ in rows[2:]}
    assert set(printed) == {path.stem.split("_")[0] for path in [*LESSONS, SANDBOX]}
    for path in [*LESSONS, SANDBOX]:
        estimated = sum(map(round, minutes.sections(path).values()))
        assert abs(printed[path.stem.split("_")[0]] - estimated) <= 8, f"{path.name}: python tests/minutes.py"


@pytest.mark.catalogue("methods")
def test_the_readme_shows_the_methods_at_their_questions():
    page = text(ROOT / "README.md").split("All methods, by the questions")[1].split("</details>")[0]
    rows = [[part.strip() for part in row.split("|")[1:-1]] for row in page.splitlines() if row[:1] == "|"]
    shown = {row[0]: set(row[2].split(", ")) - {""} for row in rows if row[0].endswith("?")}
    questions = dict(zip(("select", "weight", "loss", "update", "step", "stage"), shown))
    assert len(questions) == len(shown) == 6
    hooks = {name: set(answers(cls)) for name, cls in labkit.methods.ALL.items()}
    hooks = {name: own | ({"loss"} if "penalty" in own else set()) for name, own in hooks.items()}
    for hook, question in questions.items():
        assert shown[question] == {name for name, own in hooks.items() if hook in own}, question


@pytest.mark.parametrize("path", [path for path in LESSONS if path.name[:2] != "00"], **WITH_NAME)
def test_a_lesson_follows_the_template(path):
    cells = nbformat.read(path, 4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    assert 30 <= len(cells) <= 60
    assert len(exercises(path)) >= 4
    guess = next(k for k, source in enumerate(code) if source.startswith("labkit.predict("))
    assert not any("labkit.fit(" in source for source in code[: guess + 1]), "computed before the guess"
    assert any(source.count("assert ") for source in code), "by hand and compact are not compared"
