"""The text of a page: the cells of a notebook, and what a page adds to them because it has no kernel."""

import re
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import TYPE_CHECKING

from . import notebook
from .book import Links, Source, relative

if TYPE_CHECKING:
    from nbformat import NotebookNode

CONTENT = re.compile(r'<h2 id="([^"]+)">(.*?)<a class="anchor-link"', re.S)
EXERCISE = re.compile(r"<h([2-4]) [^>]*>Exercise (\w+\.\w+).*?</h\1>", re.S)
CHECKED = re.compile(r'labkit\.check\("([^"]+)"')
PREDICTED = re.compile(r'labkit\.predict\("([^"]+)"')
SCORED = re.compile(r'^labkit\.score\("([^"]+)"\)', re.M)
OUTPUTS = '<div class="outputs">'
PLACES = re.compile(r'class="panel-place" data-panel="([^"]+)"')
NOTE = (
    '<p class="note">Exercises check themselves, in Python: this page cannot. Run <code>./lab {path}</code> to have '
    "your answers checked; here, think first, then open the solution.</p>"
)
SOLUTION = '<details class="solution"><summary>A solution of {number}</summary>\n{answer}</details>'


def body(source: Source, links: Links, solution: Source | None = None) -> str:
    """Write the text of a page. solution: the notebook with a lesson's solutions, if it has any. -> HTML"""
    if source.kind == "lessons":
        solved = {}
        if solution:
            solved = answers(notebook.cells(solution.notebook, links.of(solution, on=source)))
        parts = lesson(source, links.of(source), solved)
        parts[0] += meta(source, solution)
    else:
        parts = notebook.cells(source.notebook, links.of(source))
    return "\n".join(f'<div class="cell">{part}</div>' for part in parts)


def lesson(source: Source, link: Callable[[str], str | None], solved: dict[str, str]) -> list[str]:
    """Write the cells of a lesson: where to guess, what needs Python, and the solutions, folded. -> list of HTML

    link: of `Links.of`. solved: of `answers`.
    """
    unsolved = unanswered(source.notebook)
    parts = []
    has_note = False
    for cell, html in zip(unsolved.cells, notebook.cells(unsolved, link)):
        heading = EXERCISE.search(html)
        if heading and not has_note:
            start = heading.start()
            html = html[:start] + NOTE.format(path=source.path) + html[start:]
            has_note = True
        html = scored(cell, html) + guess_form(cell)
        checked = CHECKED.search(cell.source)
        if checked and checked[1] in solved:
            html += SOLUTION.format(number=checked[1], answer=solved[checked[1]])
        parts.append(html)
    return parts


def guess_form(cell: "NotebookNode") -> str:
    """Return the place where a page asks for the guess that a cell asks for; "" for other cells."""
    predicted = PREDICTED.search(cell.source)
    return f'<div data-guess="{predicted[1]}"></div>' if predicted else ""


def scored(cell: "NotebookNode", html: str) -> str:
    """Mark the output of a cell that scores the guess: a page puts the score of the reader's own there."""
    score = SCORED.search(cell.source)
    return html.replace(OUTPUTS, f'<div class="outputs" data-score="{score[1]}">', 1) if score else html


def unanswered(source: "NotebookNode") -> "NotebookNode":
    """Return a copy of a notebook without outputs that are not the reader's: of open exercises, and of the guess."""
    copy = deepcopy(source)
    for cell in copy.cells:
        if cell.cell_type == "code" and CHECKED.search(cell.source):
            cell.outputs = [output for output in cell.outputs if "○" not in str(output.get("text", ""))]
        if cell.cell_type == "code" and PREDICTED.search(cell.source):
            cell.outputs = []  # the page asks for a guess of its own
    return copy


def answers(cells: Iterable[str]) -> dict[str, str]:
    """Return the solutions by the number of their exercise: from its heading to the next one. -> {number: HTML}"""
    solutions = {}
    number = None
    for html in cells:
        heading = EXERCISE.search(html)
        if heading:
            number = heading[2]
            html = EXERCISE.sub("", html, count=1)
        if number:
            solutions[number] = solutions.get(number, "") + html
    return solutions


def contents(html: str) -> list[tuple[str, str]]:
    """Return the headings of a page: id and text."""
    return CONTENT.findall(html)


def panels(html: str) -> list[str]:
    """Return the names of the panels of a page, each once."""
    return list(dict.fromkeys(PLACES.findall(html)))


def meta(source: Source, solution: Source | None) -> str:
    """Write the line under the introduction of a lesson: how to run it, and its solutions. -> HTML"""
    parts = [f"run it: <code>./lab {source.path}</code>"]
    if solution:
        parts.append(f'<a href="{relative(solution.page, source.page)}">all solutions</a>')
    return f'<p class="meta">{" · ".join(parts)}</p>'
