"""The order of classes, and names of classes that are too much alike."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

import pandas as pd

from ..errors import ask, choose, must, need

ORDERS = ("alphabet", "number")


def numbered(names: Iterable) -> dict:
    """Return the number of each class by its name. -> {name: position}"""
    return {name: number for number, name in enumerate(names)}


def has_words(values: Iterable) -> bool:
    """Return whether some of the values are texts."""
    return any(isinstance(value, str) for value in values)


def are_numerals(names: Iterable[str]) -> bool:
    """Return whether all names are whole numbers, written as text."""
    return all(re.fullmatch(r"-?\d+", name) for name in names)


def class_order(subject: str, values: pd.Series, order: str | Sequence | None = None) -> list:
    """Return the names of classes in their order: position = class.

    subject: describes the labels in messages. order: "alphabet", "number" (as their numbers rise), or the list of all
    names; None: the alphabet for words, and whole numbers 0..C-1 as they are.
    Raises ValueError for fewer than two classes, and without `order` for numbers in another range, for words whose two
    orders differ and for names that are nearly alike.
    """
    different = list(pd.unique(values.dropna()))
    need(len(different) > 1, f"the number of classes of {subject}", len(different), "2 or more")
    if order is None:
        refuse_alike(subject, different)
    if isinstance(order, (list, tuple)):
        return _listed_order(subject, different, order)
    choose("order", order, dict.fromkeys((None, *ORDERS)))
    if has_words(different):
        return _order_of_words(subject, different, order)
    return _order_of_numbers(subject, different, order)


def _order_of_numbers(subject, different, order):
    """Return classes that are whole numbers in their order."""
    rising = sorted(map(int, different))
    is_range = rising == list(range(len(rising)))
    may_be = 'classes 0..C-1 with a sample each; order="number" numbers them as they rise, or use kind="numbers"'
    must(is_range or order, subject, f"integers {rising[0]}..{rising[-1]}", may_be)
    return sorted(rising, key=str) if order == "alphabet" else rising


def _order_of_words(subject, different, order):
    """Return classes that are words in their order. Words that are numbers have two orders."""
    alphabet = sorted(map(str, different))
    if not are_numerals(alphabet):
        need(order != "number", "order", order, f'"alphabet" or a list of the names: {alphabet[:3]} are no numbers')
        return alphabet
    rising = sorted(alphabet, key=int)
    if order is None and rising != alphabet:
        finding = f"the classes of {subject} are numbers as words, {rising[0]}..{rising[-1]}"
        ask("order", finding, f'"number" ({rising[:3]} ...), "alphabet" ({alphabet[:3]} ...) or a list of the names')
    return rising if order == "number" else alphabet


def _listed_order(subject, different, order):
    """Return the classes in the order of a list, which must name all of them."""
    listed = list(map(str, order))
    missing = sorted(set(map(str, different)) - set(listed))
    need(len(set(listed)) == len(listed), "order", list(order), "a list of different names")
    need(not missing, "order", list(order), f"a list of all classes of {subject}: {missing[:5]} are not in it")
    if has_words(different):
        return listed
    need(are_numerals(listed), "order", list(order), f"a list of the numbers of {subject}")
    return list(map(int, listed))


def refuse_alike(subject: str, names: Iterable) -> None:
    """Raise ValueError for classes whose names differ only in capitals, spaces or the encoding of accents."""
    by_plain_name = {}
    for name in sorted(map(str, names)):
        plain_name = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
        twin = by_plain_name.setdefault(plain_name, name)
        if twin != name:
            ask("order", f"the classes {twin!r} and {name!r} of {subject} are nearly alike",
                '"alphabet" or a list of the names, if they are two classes; or write them alike')  # fmt: skip
