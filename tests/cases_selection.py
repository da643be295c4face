"""Cases: methods that choose in every batch."""

from cases import Case

from labkit.methods import PRL_L, SPL, CoPRL_L, CoTeaching, CoTeachingPlus, Decoupling, JoCoR, MinSGD

EVEN = "return score * 0 + 1 / score.shape[-1]"
TWO = {"stacked": "a batch has one loss for two networks: its step is its own"}
OWN = "weights = [first, second]"
CASES = {
    SPL: Case({"rate": 0.4}, {"rate": 0.0}, core={"SPL": EVEN}),
    MinSGD: Case(
        core={"MinSGD": "return (0 * loss + 1) / loss.shape[-1]"},
        except_={"neutral": "the batch is its only knob: batch 1 is plain SGD, in a test of its own"},
    ),
    PRL_L: Case({"rate": 0.4}, {"rate": 0.0}, core={"PRL_L": "return self.loss(logits, y, i)"}),
    CoTeaching: Case({"rate": 0.4, "ramp": 2}, {"rate": 0.0}, core={"CoTeaching": OWN}, except_=TWO),
    CoPRL_L: Case(
        {"rate": 0.4, "ramp": 2}, {"rate": 0.0}, core={"CoPRL_L": "return self.loss(logits, y, i)"}, except_=TWO
    ),
    CoTeachingPlus: Case(
        {"rate": 0.4, "ramp": 2},
        {"rate": 0.0, "start": 99},
        core={"CoTeachingPlus": "differ = torch.ones_like(i, dtype=torch.bool)"},
        except_=TWO,
    ),
    JoCoR: Case(
        {"rate": 0.4, "ramp": 2, "lam": 0.3},
        {"rate": 0.0, "lam": 0.0},
        core={"JoCoR": "weight = 0 * joint.detach() + 1 / len(joint)"},
        except_=TWO,
    ),
    Decoupling: Case(
        {},
        {"start": 99},
        core={"Decoupling": "return torch.ones_like(logits[0][..., 0], dtype=torch.bool)"},
        except_=TWO,
    ),
}
