"""Cases: plain SGD, and the methods of CDR+AUX."""

from cases import Case

from labkit.methods import AUX, CDR, CDR_AUX, CDR_RDI, ERM, RDI

DAMP, SHIFT, PULL = "g.mul_(1.0)", "return super().loss(logits, y, i)", "return 0.0 * moved"
CASES = {
    ERM: Case(neutral={}, core={"Method": "pass"}),
    CDR: Case({"rate": 0.4}, {"rate": 0.0}, core={"CDR": DAMP}),
    AUX: Case({"lam": 2.0}, {"lam": 0.0}, core={"AUX": SHIFT}),
    RDI: Case({"lam": 2.0}, {"lam": 0.0}, core={"RDI": PULL}),
    CDR_AUX: Case({"rate": 0.4, "lam": 2.0}, {"rate": 0.0, "lam": 0.0}, core={"CDR": DAMP, "AUX": SHIFT}),
    CDR_RDI: Case({"rate": 0.4, "lam": 2.0}, {"rate": 0.0, "lam": 0.0}, core={"CDR": DAMP, "RDI": PULL}),
}
