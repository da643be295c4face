"""Cases: methods that learn weights from a meta set."""

from cases import Case

from labkit.methods.l2rw import L2RW
from labkit.methods.mnw_net import MNWNet
from labkit.methods.mw_net import MWNet
from labkit.methods.rmnw_net import RMNWNet

SETTINGS = {"meta_lr": 0.1, "meta_batch": 20}
BLIND = {"MWNet": "pass"}  # V does not learn
WHY = {
    "neutral": "V starts with random weights; no hyperparameter makes it constant",
    "meta_device": "the virtual step asks an optimiser for its learning rate, and optimisers have no meta kernels",
}
CASES = {
    MWNet: Case(SETTINGS, core=BLIND, except_=WHY),
    MNWNet: Case(SETTINGS, core=BLIND, except_=WHY),
    RMNWNet: Case(SETTINGS, core=BLIND, except_=WHY),
    L2RW: Case(
        {"meta_batch": 20},
        core={"L2RW": "agreement = torch.ones_like(y, dtype=x.dtype)"},
        except_={
            "neutral": "no hyperparameter makes the weights of all samples equal",
            "stacked": "weights depend on the gradients of one network, not on the logits",
            "meta_device": "the meta set is on the real device",
        },
    ),
}
