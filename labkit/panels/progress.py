"""A person's way through the lessons: exercises that were answered, guesses, and how far off they were."""

from dataclasses import dataclass
from html import escape

from .. import person
from . import guesses
from .sketch import Sketch

HEAD = ("lesson", "guess", "measured", "missed by")
CELL = "text-align: left; vertical-align: top; white-space: normal; overflow-wrap: break-word; padding: 4px 8px 4px 0"
TABLE = "border-collapse: collapse; width: 100%; max-width: 60rem; font-variant-numeric: tabular-nums"


@dataclass(frozen=True)
class Progress:
    """A row for each lesson: its title, exercises, guess, what was measured, and by how much the guess missed it.

    What was measured stands there only where a guess was made or skipped. `rows` are tuples of texts, in this order.
    """

    rows: tuple

    def __repr__(self):
        blocks = []
        for name, exercises, guess, measured, missed in self.rows:
            details = [("exercises", exercises), ("guess", guess), ("measured", measured), ("missed by", missed)]
            lines = [f"    {head}: {text}" for head, text in details if text]
            blocks.append("\n".join([name, *lines]))
        return "\n".join(blocks)

    def _repr_html_(self):
        head = "".join(f'<th scope="col" style="{CELL}">{text}</th>' for text in HEAD)
        body = "".join(map(_row, self.rows))
        return f'<table style="{TABLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _row(texts):
    """Return a row of the table, the exercises below the name of the lesson. -> HTML"""
    name, exercises, *others = (escape(text).replace(" %", "&nbsp;%") for text in texts)
    done = f'<br><span style="font-weight: normal">{exercises} exercises</span>' if exercises else ""
    cells = "".join(f'<td style="{CELL}">{text or "–"}</td>' for text in others)
    return f'<tr><th scope="row" style="{CELL}">{name}{done}</th>{cells}</tr>'


def progress(sketches: list[Sketch]) -> Progress:
    """Return how far a person has come in the lessons of some panels."""
    from ..exercises import all_exercises

    answered = set() if person.headless() else person.exercises()
    return Progress(tuple(_of_lesson(sketch, all_exercises(), answered) for sketch in sketches))


def _of_lesson(sketch, exercises, answered):
    """Return the texts of a lesson."""
    own = [name for name in exercises if name.partition(".")[0] == sketch.name]
    done = f"{len(answered.intersection(own))} of {len(own)}" if own else ""
    return (f"{sketch.name} {sketch.title}", done, *_of_question(sketch))


def _of_question(sketch):
    """Return the guess, what was measured and how far they are apart, in words. -> three texts"""
    if sketch.question is None:
        return "no question", "", ""
    guess = guesses.kept(sketch)
    if guess is None:
        return "not yet", "", ""
    if guess["value"] is None:
        return "skipped", guesses.measured(sketch), ""
    said = f"{guesses.written(guess['value'], sketch.question)}{guesses.certainty(guess)}"
    if guess["skipped"]:
        said += ", after a skip"
    return said, guesses.measured(sketch), guesses.missed(sketch)
