"""Descriptions of arguments, which stand in the annotation of the function or class that takes them.

rate: Rate                                 a description that this module has a name for
beta: Annotated[float, Number(0, 1)]       any other description
mode: Literal["mean", "sum"]               one of these texts
ramp: Count | None                         None, too
parts: tuple[Count, ...]                   a list

`checked` checks the calls of a function, `Checked` (a metaclass) those of a class: every Method, Recipe and noise model
has it. An argument whose annotation has no description (int, str, list) is left to its owner. A number of numpy or
torch counts as a number and becomes Python's. True is no number, 3.0 no whole number, 0 no truth value.
"""

from os import PathLike
from typing import Annotated, Literal

from .calls import Checked, checked, describe, described
from .descriptions import Boolean, Choice, Description, Either, Fits, Nothing, Number, Text, Whole, scalar
from .several import Many, Row, Table, listed

MOST_EPOCHS = 10**6
MOST_SAMPLES = 10**9


def _is_path(value):
    """Is a value the path of a file or folder?"""
    return isinstance(value, PathLike) or (isinstance(value, str) and value != "" and "\0" not in value)


HOW_TO_FIND = "pass the noise rate that you assume; labkit.estimate_rate(task) estimates one"

Flag = Annotated[bool, Boolean()]
Seed = Annotated[int, Whole(0, 2**32 - 1)]
Epochs = Annotated[int, Whole(1, MOST_EPOCHS)]
Duration = Annotated[int, Whole(0, MOST_EPOCHS)]
Count = Annotated[int, Whole(1, MOST_SAMPLES)]
Rate = Annotated[float, Number(0, 1, below=True)]
AssumedRate = Annotated[float, Number(0, 1, below=True, what="a noise rate", hint=HOW_TO_FIND)]
Share = Annotated[float, Number(0, 1)]
Part = Annotated[float, Number(0, 1, above=True)]
Positive = Annotated[float, Number(0, 10**9, above=True)]
NotNegative = Annotated[float, Number(0, 10**9)]
LearningRate = Annotated[float, Number(0, 10**9, above=True)]
Variant = Literal["paper", "released"]
Name = Annotated[str, Text()]
Place = Annotated[str | PathLike, Fits(_is_path, "a path")]
Data = Annotated[str | PathLike, Fits(_is_path, "the name of a dataset or a path, as labkit.load takes it")]
Function = Annotated[object, Fits(callable, "a function")]

# fmt: off
__all__ = [
    "MOST_EPOCHS",
    "MOST_SAMPLES",
    "AssumedRate",
    "Boolean",
    "Checked",
    "Choice",
    "Count",
    "Data",
    "Description",
    "Duration",
    "Either",
    "Epochs",
    "Fits",
    "Flag",
    "Function",
    "LearningRate",
    "Many",
    "Name",
    "NotNegative",
    "Nothing",
    "Number",
    "Part",
    "Place",
    "Positive",
    "Rate",
    "Row",
    "Seed",
    "Share",
    "Table",
    "Text",
    "Variant",
    "Whole",
    "checked",
    "describe",
    "described",
    "listed",
    "scalar",
]
# fmt: on
