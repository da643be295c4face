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
    SGD, bit for bit, or up to `atol`; None with a reason in `except_`. meta: None | "clean" | "noisy", the meta set it
    gets. task: "digits" | "faces". core: {class: what replaces its line marked `# core` in a mutant}. except_: {shared
    test: why it does not apply}.
    """

    settings: dict = field(default_factory=dict)
    neutral: dict | None = None
    atol: float = 0.0
    meta: str | None = None
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


def meta_for(case, task):
    """The task, and the meta set that a case asks for taken out of it. -> Task, Split or None"""
    if case.meta is None:
        return task, None
    return labkit.data.meta_split(task, 60, trusted=case.meta == "clean", balanced="true" if task.classes else False)
