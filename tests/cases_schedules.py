"""Cases: methods that change what they do in the course of a training."""

from cases import Case

from labkit.methods import D2L, INCV, MentorNetDD, MentorNetPD, O2UNet

ALL_TRUSTED = "v = torch.ones_like(loss)"
HALF_DROPPED = ((0.0, 50), (0.5, 50))  # nothing is random in the first half of the training

CASES = {
    D2L: Case(
        {"turn_at": 1, "neighbours": 5},
        {"init_epoch": 1000},
        core={"D2L": "return given"},
    ),
    MentorNetPD: Case(
        {"burn_in": 0, "dropout": HALF_DROPPED},
        {"burn_in": 100, "dropout": ()},
        core={"MentorNetPD": ALL_TRUSTED},
    ),
    MentorNetDD: Case(
        {"burn_in": 20, "dropout": HALF_DROPPED},
        {"burn_in": 100, "dropout": ()},
        core={"MentorNetPD": ALL_TRUSTED, "MentorNetDD": "return torch.ones_like(loss)"},
    ),
    O2UNet: Case(
        {"rate": 0.4, "first_epochs": 1, "cyclic_epochs": 2},
        {"rate": 0.0},
        core={"O2UNet": "pass"},
    ),
    INCV: Case(
        {"rounds": 1, "selection_epochs": 3, "warmup": 1},
        {"rounds": 0},
        core={"INCV": "agreed = torch.ones_like(believed, dtype=torch.bool)"},
        except_={"moves": "the first stage selects, and trains the first network alone"},
    ),
}
