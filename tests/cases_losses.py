"""Cases: losses and mixup."""

from cases import Case

from labkit.methods import (
    GCE,
    GJS,
    JS,
    MAE,
    MSE,
    NCE_RCE,
    SCE,
    BootstrapHard,
    BootstrapSoft,
    CE_eps_MAE,
    Focal,
    Huber,
    LabelSmoothing,
    Mixup,
    PeerLoss,
)

CE = "return losses.ce(logits, y)"
NEVER = {"neutral": "no hyperparameter turns it into cross-entropy"}
CASES = {
    MSE: Case(core={"MSE": CE}, except_=NEVER),
    MAE: Case(core={"MAE": CE}, except_=NEVER),
    Huber: Case({"delta": 0.5}, {"delta": 1e9}, task="faces", core={"Huber": "return losses.half_squared(logits, y)"}),
    BootstrapSoft: Case({"beta": 0.8}, {"beta": 1.0}, core={"BootstrapSoft": CE}),
    BootstrapHard: Case({"beta": 0.8}, {"beta": 1.0}, core={"BootstrapHard": CE}),
    Focal: Case({"gamma": 2.0}, {"gamma": 0.0}, core={"Focal": CE}),
    GCE: Case({"q": 0.7, "truncate": 0.1, "start": 1, "every": 1}, {"q": 0.0}, core={"GCE": CE}),
    SCE: Case({"alpha": 0.5}, {"alpha": 1.0, "beta": 0.0}, core={"SCE": CE}),
    NCE_RCE: Case({"alpha": 0.5}, core={"NCE_RCE": CE}, except_=NEVER),
    JS: Case({"pi": 0.5}, {"pi": 0.0}, core={"JS": CE}),
    GJS: Case(
        {"pi": 0.5},
        core={"GJS": "views = torch.stack([self.nets[0](x)] * 2)"},
        except_={
            "neutral": "its consistency counts without bound where its label counts for nothing",
            "permuted": "its second view is taken from the training set, in float32",
            "meta_device": "its second view is taken from the training set, on another device",
        },
    ),
    PeerLoss: Case(
        {"alpha": 0.5, "warmup": 0, "ramp": 0},
        {"alpha": 0.0, "variant": "paper"},
        core={"PeerLoss": "pass"},
        except_={
            "permuted": "its peers are drawn from the training set, in float32",
            "stacked": "its peers are drawn anew whenever the loss is asked for",
            "meta_device": "its peers are drawn from the training set, on another device",
        },
    ),
    CE_eps_MAE: Case({"m": 10.0, "alpha": 0.5}, {"m": 0.0, "alpha": 1.0, "beta": 0.0}, core={"CE_eps_MAE": CE}),
    LabelSmoothing: Case({"alpha": 0.2}, {"alpha": 0.0}, core={"LabelSmoothing": CE}),
    Mixup: Case(
        {"alpha": 1.0},
        {"alpha": 0.0},
        core={"Mixup": "return x, y, i"},
        except_={
            "permuted": "partners are drawn by position in the batch",
            "meta_device": "lambda is drawn where the generator is",
        },
    ),
}
