"""The two ways in which an answer is not right: it is wrong, or nobody has given it yet."""


class Wrong(Exception):
    """An answer that is not right; the text says why."""


class Untouched(Exception):
    """An exercise that nobody has answered yet."""
