"""Cases: the methods that users compare with today."""

from cases import Case

from labkit.methods import CORES2, ELR, PES, SOP, ConfidentLearning, DivideMix

DRAWN = "its second views, partners and unlabelled samples are drawn at random"
CASES = {
    ELR: Case(
        {"lam": 3.0, "beta": 0.7},
        {"lam": 0.0},
        core={"ELR": "return super().loss(logits, y, i)"},
        except_={"stacked": "the running targets move whenever the loss is asked for"},
    ),
    SOP: Case(
        {"lr_u": 1.0, "lr_v": 1.0},
        {"std": 0.0},
        atol=1e-5,  # probabilities are bounded below and normalised again
        core={"SOP": "q = logits.softmax(-1).clamp_min(EPS)"},
    ),
    DivideMix: Case(
        {"warmup": 0, "ramp": 2},
        {"warmup": 99},
        core={"DivideMix": "kept = self.clean[k] > self.threshold"},
        except_={"permuted": DRAWN, "meta_device": f"{DRAWN}, out of a training set on another device"},
    ),
    PES: Case(
        {"warmup": 1, "refine": (2, 1), "refine_lr": 1e-3},
        {"warmup": 2, "refine": ()},
        core={"PES": "confident = torch.ones_like(train.y, dtype=torch.bool)"},
    ),
    CORES2: Case(
        {"beta": 1.0, "warmup": 0, "ramp": 0, "start": 1},
        {"beta": 0.0, "start": 99},
        core={"CORES2": "pass"},
    ),
    ConfidentLearning: Case(
        {"folds": 4, "fold_epochs": 1},
        core={"ConfidentLearning": "pass"},
        except_={"neutral": "its last training is a later stage: other batches than those of the first"},
    ),
}
