"""What lesson 02 quotes: which labels plain SGD learns first on the digits, and what each criterion reports."""

import labkit

from .study import corrupted

EPOCHS = 40
SETTINGS = {
    "symmetric 20 %": {"noise": "symmetric", "rate": 0.2},
    "symmetric 40 %": {"noise": "symmetric", "rate": 0.4},
    "symmetric 60 %": {"noise": "symmetric", "rate": 0.6},
    "symmetric 40 %, CDR": {"noise": "symmetric", "rate": 0.4, "method": "CDR"},
    "pairflip 60 %": {"noise": "pairflip", "rate": 0.6},
    "instance 40 %": {"noise": "instance", "rate": 0.4},
    "symmetric 40 %, 100 images": {"noise": "symmetric", "rate": 0.4, "images": 100},
}


def measure(seed, noise, rate, images=None, method="ERM"):
    """Train a method for EPOCHS epochs. -> fractions of the labels, epochs, and test accuracy by four criteria

    images: how many of the digits there are, before a part is held out; None: all.
    """
    if images is None:
        task = corrupted(noise, rate, seed)
    else:
        task = labkit.corrupt(labkit.load("digits", n=images), labkit.noise.ALL[noise](rate), seed)
    run = labkit.fit(labkit.methods.make(method, rate), task, "mlp", EPOCHS, seed, device="cpu", progress=False)
    history = run.history.set_index("epoch")
    memorised_more = history.noisy_memorised > history.noisy_corrected
    first_epoch = int(memorised_more.idxmax()) if memorised_more.any() else EPOCHS
    at_best = history.loc[history.val_noisy.idxmax()]
    return {
        "clean labels fitted, epoch 1": float(history.clean_fitted[1]),
        "noisy labels memorised, epoch 1": float(history.noisy_memorised[1]),
        "noisy labels corrected, epoch 3": float(history.noisy_corrected[3]),
        "noisy labels corrected, at most": float(history.noisy_corrected.max()),
        "the noisy label has the larger loss, epoch 3": float(history.auc[3]),
        "noisy labels memorised, last epoch": float(history.noisy_memorised.iloc[-1]),
        "first epoch with more memorised than corrected": first_epoch,
        "epoch of the best test accuracy": int(history.test.idxmax()),
        "noisy validation, best": float(at_best.val_noisy),
        "noisy validation, expected": expected(float(at_best.test), rate, task.classes),
        **{name: float(value) for name, value in run.accuracy.items()},
    }


def expected(accuracy, rate, classes):
    """Return the accuracy on symmetric noisy labels that a clean accuracy leads to."""
    return (1 - rate) * accuracy + rate / (classes - 1) * (1 - accuracy)
