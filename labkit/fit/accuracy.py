"""The accuracies of a run, by criterion: which epoch is read, and who chooses it."""

CRITERIA = {
    "last": "last epoch",
    "last10": "mean of the last ten epochs",
    "best_val": "best epoch on noisy validation",
    "oracle_best": "best epoch on the test set (oracle_best)",
}
# columns of the history with the score of a split: accuracy of classes, R2 of regression
TEST = ("test", "r2_test")
VALIDATION = ("val_noisy", "r2_val_noisy")


def criteria(rows: list[dict]) -> dict[str, float]:
    """Return the test accuracy (R2 for regression) of a history by criterion; empty for a history without epochs.

    last: last epoch. last10: mean of the last ten. best_val: at the best epoch on the noisy validation split; NaN
    where none was held out. oracle_best: at the best epoch on the test set itself, which nobody can choose.
    """
    if not rows:
        return {}
    k = 0 if TEST[0] in rows[0] else 1
    scores = [row[TEST[k]] for row in rows]
    validation = [row[VALIDATION[k]] for row in rows]
    last10 = scores[-10:]
    best = best_epoch(validation)
    best_val = float("nan") if best is None else scores[best]
    return {"last": scores[-1], "last10": sum(last10) / len(last10), "best_val": best_val, "oracle_best": max(scores)}


def best_epoch(scores: list[float]) -> int | None:
    """Return the position of the first highest score. NaN never wins; None where all are NaN."""
    best = None
    for k, score in enumerate(scores):
        if score == score and (best is None or score > scores[best]):
            best = k
    return best


def in_words(criterion: str, score: str = "test accuracy") -> str:
    """Name a score with its criterion, for captions: "test accuracy, last epoch"."""
    return f"{score}, {CRITERIA[criterion]}"
