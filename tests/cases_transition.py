"""Cases: transition matrices, and fine-tuning."""

from cases import Case

from labkit.methods import GLC, L_DMI, BCorrection, CrowdLayer, FCorrection, FineTuning, SModel, TRevision

EYE = [[float(a == b) for b in range(10)] for a in range(10)]
CE, PLAIN = "return losses.ce(logits, y)", "return super().loss(logits, y, None)"
STAGES = {"neutral": "it always trains more than once"}
NOISY = [[0.6 if a == b else 0.4 / 9 for b in range(10)] for a in range(10)]
CASES = {
    FCorrection: Case({}, {"T": EYE}, core={"FCorrection": PLAIN}, atol=1e-5),
    BCorrection: Case({"T": NOISY}, {"T": EYE}, core={"BCorrection": PLAIN}, atol=1e-5),
    SModel: Case({"rate": 0.4}, {"rate": 0.0, "layer_lr": 0}, core={"SModel": CE}, atol=1e-5),
    GLC: Case(core={"GLC": "silver = losses.ce(logits, y)"}, except_=STAGES),
    TRevision: Case({"revise_lr": 1e-4}, core={"TRevision": CE}, except_=STAGES),
    L_DMI: Case({"lr": 1e-3, "batch_size": 64, "warmup": 2}, core={"L_DMI": CE}, except_=STAGES),
    CrowdLayer: Case(
        core={"CrowdLayer": "scores = p[..., None, :].expand(*p.shape[:-1], given.shape[-1], -1)"},
        except_={"neutral": "a second softmax stands behind the network's, whatever the layer is"},
    ),
    FineTuning: Case(
        {"tune": 2, "tune_lr": 0.01},
        {"tune": 0},
        core={"FineTuning": "loss = super().step(x, y, i)"},
    ),
}
