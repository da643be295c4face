"""Findings: what the live cells of a paper notebook say about that paper's figures and claims, kept for the ledger."""

import operator
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike

from .. import numbers
from ..errors import must, need
from ..fit.config import about
from ..state import atomic_write

COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq}
RULE = re.compile(r"(?P<quantity>.+?) (?P<sign><=|>=|<|>|=) (?P<limit>[-+]?[\d.]+(e[-+]?\d+)?)( .*)?$")


def holds(rule: str, values: ArrayLike | tuple[ArrayLike, ...]) -> bool:
    """Judge measured values by a rule such as "factor > 1.25" or "every gap > -2 points". -> bool

    rule: a quantity, one of < <= > >= =, a number, and a unit where there is one; several such comparisons are joined
    by "; ". values: a number, or an array of any shape; of several comparisons, a tuple with the values of each. All of
    them have to keep the rule, and NaN keeps none. Raises ValueError for a rule of another form.
    """
    comparisons = rule.split("; ")
    if len(comparisons) == 1:
        return _compare(rule, values)
    must(len(values) == len(comparisons), "values", f"for {len(values)} comparisons", f"for {len(comparisons)}")
    return all([_compare(comparison, measured) for comparison, measured in zip(comparisons, values)])


def _compare(comparison, values):
    """Return whether every value keeps one comparison, such as "factor > 1.25"."""
    match = RULE.match(comparison)
    need(match, "rule", comparison, "a quantity, one of < <= > >= =, and a number, such as 'factor > 1.25'")
    compare = COMPARISONS[match["sign"]]
    return bool(np.all(compare(np.asarray(values, dtype=float), float(match["limit"]))))


class Findings:
    """Collect a paper's findings, one by one; `minutes` of a finding is the time since the one before.

    report = Findings("CRUST")
    report.judge("Sec. 4.1", "the Jacobian tells wrong labels from right ones", "they differ by a factor 1.08", 1.08,
                 rule="factor > 1.25", setting="digits, mlp, symmetric 50 %, 20 epochs", n=3)
    """

    def __init__(self, paper: str):
        self.paper, self.rows, self.began = paper, [], time.monotonic()

    def judge(self, item: str, claim: str, measured: str, values: ArrayLike, *, rule: str, **facts: Any) -> bool:
        """Add a finding that holds if all `values` keep the rule. values, rule: of `holds`; the rest as in `add`."""
        return self.add(item, claim, measured, holds(rule, values), rule=rule, **facts)

    def add(
        self,
        item: str,
        claim: str,
        measured: str,
        holds: bool,
        *,
        rule: str,
        setting: str,
        n: int,
        criterion: str = "",
        printed: str = "",
    ) -> bool:
        """Add one finding. Return whether its claim holds.

        item: the paper's figure, table or section; claim: its words or ours; measured: the numbers, in words; holds: is
        the claim true of them? rule: the comparison that decided it; setting: data, network, noise, epochs; n: runs
        behind it; criterion: which epoch, where there is an accuracy; printed: the paper's number, if there is one.
        Raises ValueError for a claim that is there already.
        """
        is_new = (item, claim) not in [(row["item"], row["claim"]) for row in self.rows]
        need(is_new, "claim", claim, "a new one")
        minutes = (time.monotonic() - self.began) / 60
        self.began = time.monotonic()
        row = {"paper": self.paper, "item": item, "claim": claim, "printed": printed, "measured": measured}
        row |= {"rule": rule, "holds": bool(holds), "setting": setting, "n": n, "criterion": criterion}
        row |= {"minutes": minutes, "numbers": numbers.NUMBERS}
        self.rows.append(row | about(torch.device("cpu")))
        return bool(holds)

    def table(self) -> pd.DataFrame:
        """Return what was measured, the rule, and whether the claim holds, a row per claim."""
        columns = ["item", "claim", "measured", "rule", "holds", "setting", "n", "criterion"]
        return pd.DataFrame(self.rows)[columns]

    def keep(self, path: str | Path) -> None:
        """Write the findings as a parquet file, in place of what it held, all of them or none."""
        must(self.rows, "findings", "none", "one or more")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, pd.DataFrame(self.rows).to_parquet(None))
