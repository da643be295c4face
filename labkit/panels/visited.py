"""What a panel has drawn before: it is shown again, and not drawn again."""

from dataclasses import dataclass
from typing import Any

MOST = 40  # pictures that are kept, the newest


@dataclass(frozen=True)
class Visit:
    """A finished drawing: its picture {part: traits}, its message, and what `draw` returned."""

    picture: dict[str, dict]
    message: str
    returned: Any


class Visited:
    """The newest finished drawings of a panel, by their states.

    A state with a reader's marks is not kept: nobody comes back to exactly the same marks.
    """

    def __init__(self, most: int = MOST):
        self.most = most
        self.visits = {}

    def find(self, state: dict[str, Any]) -> Visit | None:
        """Return the drawing of a state, None if it was not drawn or is kept no longer."""
        if "marks" in state:
            return None
        return self.visits.get(name(state))

    def keep(self, state: dict[str, Any], visit: Visit) -> None:
        """Keep the drawing of a state, in place of the oldest one where there are too many."""
        if "marks" in state:
            return
        self.visits.pop(name(state), None)
        self.visits[name(state)] = visit
        while len(self.visits) > self.most:
            oldest = next(iter(self.visits))
            del self.visits[oldest]


def name(state: dict[str, int]) -> tuple:
    """Return a state as something to look up by, whatever the order of its controls."""
    return tuple(sorted(state.items()))
