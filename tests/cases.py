"""One Case per method: what the shared tests need to know about it. Families of methods have a file of cases each."""

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import labkit
from labkit.methods import ALL

# what a case may be excepted from, each with its reason
TESTS = {"neutral", "typical", "moves", "permuted", "stacked", "meta_device"}


@dataclass(frozen=True)
class Case:
    """settings: typical hyperparameters for two epochs on 256 digits. neutral: those with which the method is plain
    SGD, bit for bit, or up to `atol`; None with a reason in `except_`. task: "digits" | "faces". core: {class: what
    replaces its line marked `# core` in a mutant}. except_: {shared test: why it does not apply}.
    """

    settings: dict = field(default_factory=dict)
    neutral: dict | None = None
    atol: float = 0.0
    task: str = "digits"
    core: dict = field(default_factory=dict)
    except_: dict = field(default_factory=dict)

    def applies(self, test):
        """Does a shared test apply?"""
        return test not in self.except_


CASES = {}
for path in sorted(Path(__file__).parent.glob("cases_*.py")):
    CASES |= import_module(path.stem).CASES

assert set(CASES) == set(ALL.values()), set(CASES) ^ set(ALL.values())
for cls, case in CASES.items():
    assert set(case.except_) <= TESTS and all(len(reason) > 10 for reason in case.except_.values()), cls
    assert (case.neutral is None) == ("neutral" in case.except_) and case.core, cls


def meta_for(cls, task, n=60):
    """Take the meta set of n samples that a method asks for out of a task. -> Task, Split or None"""
    if cls.meta_labels is None:
        return task, None
    trusted, balanced = cls.meta_labels == "true", "true" if task.classes else False
    return labkit.data.meta_split(task, n, trusted=trusted, balanced=balanced)
