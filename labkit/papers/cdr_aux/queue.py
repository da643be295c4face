"""Which runs fill the printed numbers and figures of CDR+AUX, and in which order."""

from itertools import product

from ...ledger import printed_tables as printed
from ...reproduce import Part, Point, point_of_cell, point_of_plan

PLAN = "CDR+AUX, MNIST"
LAM = 16.0  # strength of AUX on MNIST
AT_STAKE = (("asymmetric", 0.7), ("instance", 0.4), ("pairflip", 0.4), ("symmetric", 0.7))  # the text's claims
LAMS = (1.0, 4.0, 8.0, 16.0, 32.0, 64.0)  # of Fig. 2; the paper gives no values
FIG_2_RATES = (0.2, 0.4, 0.7)
NOISES = ("instance", "pairflip", "asymmetric", "symmetric")


def point_of(cell: dict, seed: int = 0) -> Point:
    """Return the run of a printed cell: LeNet on MNIST for 100 epochs."""
    return point_of_cell(cell, seed, hyperparameters=_strength(cell["method"]))


def parts() -> list[Part]:
    """Return the parts: Table 1, which has Fig. 1's runs, the columns that the text's claims rest on first; Fig. 2."""
    at_stake = [point for place in AT_STAKE for point in _column(*place, seed=0)]
    others = [point for place in _other_columns() for point in _column(*place, seed=0)]
    seeds = []
    for seed in (1, 2):
        for place in (*AT_STAKE, *_other_columns()):
            seeds += _column(*place, seed=seed)
    return [
        Part("CDR+AUX", "Table 1, columns at stake", 10, at_stake),
        Part("CDR+AUX", "Table 1", 20, others),
        Part("CDR+AUX", "Fig. 2", 40, _figure_2()),
        Part("CDR+AUX", "RDI at 40 %", 50, _rdi()),
        Part("CDR+AUX", "Table 1, more seeds", 80, seeds),
    ]


def _strength(method):
    """Return the hyperparameters that the paper does not give."""
    return {"lam": LAM} if method in ("AUX", "CDR+AUX") else {}


def _column(noise, rate, seed):
    """Return the runs of a column of Table 1."""
    cells = printed.cells("CDR+AUX", "Table 1")
    column = cells[(cells["noise"] == noise) & (cells["rate"] == rate)]
    return [point_of(cell, seed) for cell in column.to_dict("records")]


def _other_columns():
    """Return noise and rate of the columns that are not at stake, 40 % first."""
    return [place for place in product(NOISES, (0.4, 0.7, 0.2)) if place not in AT_STAKE]


def _figure_2():
    """Return the runs of Fig. 2: CDR+AUX at several strengths. That of Table 1 among them is the same run."""
    points = []
    for rate, lam in product(FIG_2_RATES, LAMS):
        run = {"data": "mnist", "noise": "symmetric", "rate": rate, "method": "CDR+AUX"}
        points.append(point_of_plan("CDR+AUX", PLAN, **run, hyperparameters={"lam": lam}))
    return points


def _rdi():
    """Return the runs of RDI and CDR+RDI, of which section 4 says in words that they do not help.

    Their strength is AUX's: in theory both then are ridge regression with the same ridge.
    """
    points = []
    for noise, method in product(NOISES, ("RDI", "CDR+RDI")):
        run = {"data": "mnist", "noise": noise, "rate": 0.4, "method": method}
        points.append(point_of_plan("CDR+AUX", PLAN, **run, hyperparameters={"lam": LAM}))
    return points
