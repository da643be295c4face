"""The order of classes, and names of classes that are too much alike."""

import re
import unicodedata

import pandas as pd

from ..errors import ask, choose, must, need

ORDERS = ("alphabet", "number")


def class_order(what, values, order=None):
    """Return the names of classes in their order: position = class.

    order: "alphabet", "number" (as their numbers rise), or the list of all names. None: words in the order of the
    alphabet and whole numbers 0..C-1 as they are; numbers in another range, and words whose two orders differ, are
    asked about.
    """
    different = list(pd.unique(values.dropna()))
    need(len(different) > 1, f"the number of classes of {what}", len(different), "2 or more")
    if order is None:
        refuse_alike(what, different)
    are_numbers = all(not isinstance(value, str) for value in different)
    if isinstance(order, (list, tuple)):
        return _listed_order(what, different, order)
    choose("order", order, dict.fromkeys((None, *ORDERS)))
    if are_numbers:
        rising = sorted(map(int, different))
        as_they_are = rising == list(range(len(rising)))
        allowed = 'classes 0..C-1 with a sample each; order="number" numbers them as they rise, or use kind="numbers"'
        must(as_they_are or order, what, f"integers {rising[0]}..{rising[-1]}", allowed)
        return sorted(rising, key=str) if order == "alphabet" else rising
    alphabet = sorted(map(str, different))
    if not all(re.fullmatch(r"-?\d+", name) for name in alphabet):
        need(order != "number", "order", order, f'"alphabet" or a list of the names: {alphabet[:3]} are no numbers')
        return alphabet
    rising = sorted(alphabet, key=int)
    if order is None and rising != alphabet:
        found = f"the classes of {what} are numbers as words, {rising[0]}..{rising[-1]}"
        ask("order", found, f'"number" ({rising[:3]} ...), "alphabet" ({alphabet[:3]} ...) or a list of the names')
    return rising if order == "number" else alphabet


def _listed_order(what, different, order):
    """Return the classes in the order of a list that names each of them."""
    words = [str(name) for name in order]
    missing = sorted(str(value) for value in different if str(value) not in words)
    need(len(set(words)) == len(words), "order", list(order), "a list of different names")
    need(not missing, "order", list(order), f"a list of all classes of {what}: {missing[:5]} are not in it")
    if all(isinstance(value, str) for value in different):
        return words
    need(all(re.fullmatch(r"-?\d+", word) for word in words), "order", list(order), f"a list of the numbers of {what}")
    return [int(word) for word in words]


def refuse_alike(what, names):
    """Ask about names of classes that differ in capitals, spaces or the way that accents are written alone."""
    known = {}
    for name in sorted(map(str, names)):
        alike = known.setdefault(" ".join(unicodedata.normalize("NFKC", name).casefold().split()), name)
        if alike != name:
            ask("order", f"the classes {alike!r} and {name!r} of {what} are nearly alike",
                '"alphabet" or a list of the names, if they are two classes; or write them alike')  # fmt: skip
