"""How long a lesson takes a person who reads it for the first time: an estimate, section by section.

python tests/minutes.py prints the table of lessons/README.md. Nobody has taken these minutes with a watch. They are
words at 110 a minute, ten lines of code a minute, a minute for every table and figure, ten for a panel, and for each
exercise 5 (15 for the one that asks for the method, 3 for a sentence). Optional exercises are those that the lesson
calls so.
"""

import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
WORDS, LINES, PICTURE, PANEL = 110, 10, 1, 10
BUILD, EXERCISE, SENTENCE = 15, 5, 3
SECTION = re.compile(r"^## (?:\d+ )?(.+)$", re.M)
POSED = re.compile(r"^### (?:Exercise (\S+):|In one sentence)", re.M)
CORE = re.compile(r"Do (\S+\.build[^\n]*?) and the sentence")


def sections(path):
    """Return the minutes of a lesson's sections, in order; what stands before the first one counts to it. Exercises
    that the lesson calls optional are a section of their own, at the end. -> dict"""
    cells = nbformat.read(path, 4).cells
    core = CORE.search("\n".join(cell.source for cell in cells))
    minutes, title, optional = {}, "", 0
    for cell in cells:
        if cell.cell_type == "code":
            minutes[title] = minutes.get(title, 0) + of_code(cell)
            continue
        parts = SECTION.split(cell.source)
        minutes[title] = minutes.get(title, 0) + of_words(parts[0])
        for title, text in zip(parts[1::2], parts[2::2]):
            minutes[title] = minutes.get(title, 0) + of_words(text)
        for name in POSED.findall(cell.source):
            if core and name and not is_core(name, core[1]):
                optional += EXERCISE
            else:
                minutes[title] += BUILD if name.endswith(".build") else EXERCISE if name else SENTENCE
    before = minutes.pop("", 0)
    first = next(iter(minutes))
    minutes[first] += before
    return minutes | {"optional exercises": optional}


def is_core(name, core):
    """Is an exercise, such as "02.1", among those that everybody does: "02.build to 02.3" or "02.build, 02.1, 02.7"?"""
    first, to, last = core.partition(" to ")
    if not to:
        return name in core.split(", ")
    return name == first or int(name.partition(".")[2]) <= int(last.partition(".")[2])


def of_words(text):
    """Minutes of a text. -> float"""
    return len(text.split()) / WORDS


def of_code(cell):
    """Minutes of a code cell: its lines, its tables and figures, its panel. -> float"""
    lines = [line for line in cell.source.splitlines() if line.strip()]
    total = len(lines) / LINES
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if "image/png" in data or "text/html" in data:
            total += PICTURE
    return total + (PANEL if "labkit.panel(" in cell.source else 0)


def table(paths):
    """Return the table of lessons/README.md: a row for each lesson with the minutes of its sections."""
    rows = ["| lesson | minutes in all | by section |", "|---|---|---|"]
    for path in paths:
        minutes = {title: round(value) for title, value in sections(path).items()}
        words = ", ".join(f"{title} {value}" for title, value in minutes.items() if value)
        rows.append(f"| {path.stem.split('_')[0]} | {sum(minutes.values())} | {words} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table(sorted((ROOT / "lessons").glob("*.ipynb"))))
