"""How labkit says no: the argument, the value it got, and what it may be."""

from difflib import get_close_matches

LONGEST = 200  # characters of a value in a message


def need(fine, argument, value, may_be):
    """Raise a ValueError that names the argument, its value and what it may be, unless `fine`."""
    if not fine:
        raise ValueError(f"{argument} is {shown(value)}; it must be {may_be}")


def must(fine, argument, finding, may_be):
    """Raise a ValueError as `need` does, with a finding in words, which stands there without quotes."""
    if not fine:
        raise ValueError(f"{argument} is {' '.join(shortened(str(finding)).split())}; it must be {may_be}")


def choose(argument, name, table):
    """Look `name` up in the dict `table`; an unknown name is a ValueError with the nearest names."""
    try:
        if name in table:
            return table[name]
    except TypeError:  # a list, a dict: no name
        pass
    near = get_close_matches(shown(name).strip("'\""), [str(key) for key in table], n=1, cutoff=0.5)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    raise ValueError(f"{argument} is {shown(name)}; it may be {', '.join(map(str, table))}{hint}")


def shown(value):
    """A value as a message shows it, in one line and not too long. -> text"""
    try:
        text = " ".join(repr(value).split()) if not isinstance(value, str) else repr(value)
    except Exception:  # a whole number of too many digits, or a repr that fails
        return f"a value of type {type(value).__name__}"
    return shortened(text)


def shortened(text):
    """A text that is not too long for a message; of a long one its two ends."""
    half = LONGEST // 2
    return text if len(text) <= LONGEST else f"{text[:half]} ... {text[-half:]}"


def ask(argument, finding, may_be):
    """Raise a ValueError that says what was read, and which argument settles what it leaves open."""
    raise ValueError(f"{argument} is not given, and {finding}; {argument}=... may be {may_be}")


class Diverged(ArithmeticError):
    """A loss that is not finite stopped a training. run: the Run so far, with its history."""

    def __init__(self, message, run=None):
        super().__init__(message)
        self.run = run


class Busy(RuntimeError):
    """Another process trains this run."""
