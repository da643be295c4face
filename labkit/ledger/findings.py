"""Findings: what the live cells of a paper notebook say about that paper's figures and claims, kept for the ledger."""

import time
from pathlib import Path

import pandas as pd
import torch

from .. import numbers
from ..errors import must, need
from ..fit.config import about
from ..state import atomic_write


class Findings:
    """Collects a paper's findings, one by one; `minutes` of a finding is the time since the one before.

    found = Findings("CRUST")
    found.add("Fig. 1a", "label accuracy falls as the coreset grows", "98, 94, 86 % at 30, 50, 70 %", True,
              setting="digits, mlp, symmetric 50 %, 20 epochs", n=3, criterion="last")
    """

    def __init__(self, paper: str):
        self.paper, self.rows, self.began = paper, [], time.monotonic()

    def add(self, item, claim, measured, holds, *, setting, n, criterion="", printed=""):
        """One finding. item: the paper's figure, table or section; claim: its words or ours; measured: the numbers, in
        words; holds: is the claim true of them? setting: data, network, noise, epochs; n: runs behind it; criterion:
        which epoch, where there is an accuracy; printed: the paper's number, if there is one. -> holds
        Raises ValueError for a claim that is there already."""
        need((item, claim) not in {(row["item"], row["claim"]) for row in self.rows}, "claim", claim, "a new one")
        now, self.began = self.began, time.monotonic()
        words = {"item": item, "claim": claim, "printed": printed, "measured": measured, "holds": bool(holds)}
        more = {"setting": setting, "n": n, "criterion": criterion, "minutes": (self.began - now) / 60}
        facts = {"paper": self.paper, **words, **more, "numbers": numbers.NUMBERS}
        self.rows.append(facts | about(torch.device("cpu")))
        return bool(holds)

    def table(self):
        """Claim by claim: what was measured, and whether the claim holds. -> DataFrame"""
        return pd.DataFrame(self.rows)[["item", "claim", "measured", "holds", "setting", "n", "criterion"]]

    def keep(self, path):
        """Write the findings as a parquet file, in place of what it held, all of them or none."""
        must(self.rows, "findings", "none", "one or more")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, pd.DataFrame(self.rows).to_parquet(None))
