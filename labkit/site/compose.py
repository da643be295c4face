"""What a page says: the cells of a notebook, and what a page adds to them because it has no kernel."""

import re
from copy import deepcopy

from . import notebook
from .book import relative

CONTENT = re.compile(r'<h2 id="([^"]+)">(.*?)<a class="anchor-link"', re.S)
EXERCISE = re.compile(r"<h([2-4]) [^>]*>Exercise (\w+\.\w+).*?</h\1>", re.S)
CHECKED = re.compile(r'labkit\.check\("([^"]+)"')
PREDICTED = re.compile(r'labkit\.predict\("([^"]+)"')
PLACES = re.compile(r'class="panel-place" data-panel="([^"]+)"')
NOTE = (
    '<p class="note">Exercises check themselves, in Python: this page cannot. Run <code>./lab {path}</code> to have '
    "your answers checked; here, think first, then open the solution.</p>"
)
SOLUTION = '<details class="solution"><summary>A solution of {number}</summary>\n{answer}</details>'


def body(source, links, solution=None):
    """The text of a page. source: Source; solution: the Source of a lesson's solutions, if it has any. -> HTML"""
    if source.kind == "lessons":
        solved = answers(notebook.cells(solution.notebook, links.of(solution, on=source))) if solution else {}
        parts = lesson(source, links.of(source), solved)
        parts[0] += meta(source, solution)
    else:
        parts = notebook.cells(source.notebook, links.of(source))
    return "\n".join(f'<div class="cell">{part}</div>' for part in parts)


def lesson(source, link, solved):
    """The cells of a lesson: where to guess, what needs Python, and the solutions, folded. -> list of HTML"""
    opened, shown, told = unanswered(source.notebook), [], False
    for cell, html in zip(opened.cells, notebook.cells(opened, link)):
        if not told and EXERCISE.search(html):
            html, told = EXERCISE.sub(lambda found: NOTE.format(path=source.path) + found[0], html, count=1), True
        if found := PREDICTED.search(cell.source):
            html += f'<div data-guess="{found[1]}"></div>'
        if (found := CHECKED.search(cell.source)) and found[1] in solved:
            html += SOLUTION.format(number=found[1], answer=solved[found[1]])
        shown.append(html)
    return shown


def unanswered(made):
    """The notebook without what is not the reader's: open exercises, and the guess that stands in it. -> a copy"""
    made = deepcopy(made)
    for cell in made.cells:
        if cell.cell_type == "code" and CHECKED.search(cell.source):
            cell.outputs = [output for output in cell.outputs if "○" not in str(output.get("text", ""))]
        if cell.cell_type == "code" and PREDICTED.search(cell.source):
            cell.outputs = []  # the page asks for a guess of its own
    return made


def answers(cells):
    """The solutions by the number of their exercise: from its heading to the next one. -> {number: HTML}"""
    found, number = {}, None
    for html in cells:
        if heading := EXERCISE.search(html):
            number, html = heading[2], EXERCISE.sub("", html, count=1)
        if number:
            found[number] = found.get(number, "") + html
    return found


def contents(html):
    """The headings of a page. -> list of (id, words)"""
    return CONTENT.findall(html)


def panels(html):
    """The panels of a page. -> list of names, each once"""
    return list(dict.fromkeys(PLACES.findall(html)))


def meta(source, solution):
    """What stands under the introduction of a lesson. -> HTML"""
    words = [f"run it: <code>./lab {source.path}</code>"]
    if solution:
        words.append(f'<a href="{relative(solution.page, source.page)}">all solutions</a>')
    return f'<p class="meta">{" · ".join(words)}</p>'
