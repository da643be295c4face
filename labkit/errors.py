"""How labkit says no: the argument, the value it got, and what it may be."""

from difflib import get_close_matches


def need(fine, argument, value, may_be):
    """Raise a ValueError that names the argument, its value and what it may be, unless `fine`."""
    if not fine:
        raise ValueError(f"{argument} is {value!r}; it must be {may_be}")


def choose(argument, name, table):
    """Look `name` up in the dict `table`; an unknown name is a ValueError with the nearest names."""
    if name in table:
        return table[name]
    near = get_close_matches(str(name), [str(key) for key in table], n=1, cutoff=0.5)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    raise ValueError(f"{argument} is {name!r}; it may be {', '.join(map(str, table))}{hint}")


class Diverged(ArithmeticError):
    """A loss that is not finite stopped a training. run: the Run so far, with its history."""

    def __init__(self, message, run=None):
        super().__init__(message)
        self.run = run


class Busy(RuntimeError):
    """Another process trains this run."""
