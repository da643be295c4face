"""Measures networks after every epoch: all that needs the truth. Methods never import this."""

import numpy as np
import torch

from . import losses
from .data import Split, Task
from .method import Method

CHUNK = 1000  # samples that are evaluated at once
NAN = float("nan")
# The columns of a history and their meaning: here and nowhere else. Shares and accuracies are fractions in [0, 1]; what
# needs the truth is measured on the samples whose true label is known, and is NaN where there is none.
COLUMNS = {
    "stage": "which of the method's trainings the epoch belongs to, counted from 0",
    "epoch": "number of the epoch over all stages, counted from 1",
    "seconds": "seconds that the epoch's steps took, without selection and measuring",
    "train_loss": "mean over the epoch's samples of the loss that the steps minimised, with weights and penalty",
    "train_given": "accuracy on the training split against its given labels",
    "train_aided": "the same with the outputs that the training loss sees (AUX adds b_i); else equal to train_given",
    "train_true": "accuracy on the training split against the true labels",
    "clean_fitted": "fraction of the clean labels that are predicted",
    "noisy_memorised": "fraction of the wrong labels that are predicted",
    "noisy_corrected": "fraction of the samples with a wrong label whose true class is predicted",
    "val_noisy": "accuracy on the validation split against its given (noisy) labels; NaN without such a split",
    "test": "accuracy on the test set",
    "selected_precision": "fraction of clean labels among the samples with a weight above 0",
    "selected_recall": "fraction of the clean labels that have a weight above 0",
    "auc": "probability that a wrong label has a larger loss than a clean one (ties count half)",
    "auc_weight": "probability that a wrong label has a smaller weight than a clean one; NaN if all weights are equal",
    "r2_given": "regression: R2 on the training split against its given targets, mean over the outputs",
    "r2_true": "regression: R2 on the training split against the true targets",
    "r2_val_noisy": "regression: R2 on the validation split against its given targets; NaN without such a split",
    "r2_test": "regression: R2 on the test set",
}


@torch.no_grad()
def outputs(method: Method, split: Split, k: int = 0, aided: bool = False) -> torch.Tensor | None:
    """Return the outputs of network k on a split [N, C]; None for a split without samples.

    aided: the outputs that the training loss sees (AUX adds its b_i), for the training split only.
    """
    if not len(split):
        return None
    chunks = []
    for i in torch.arange(len(split), device=split.y.device).split(CHUNK):
        chunks.append(method.predict(split.inputs(i), i if aided else None, k))
    return torch.cat(chunks)


def share(hits: torch.Tensor, among: torch.Tensor | None = None) -> float:
    """Return the mean of hits [N], or of those where `among` [N] is true; NaN if there are none."""
    hits = hits if among is None else hits[among]
    return hits.double().mean().item() if len(hits) else NAN


def labels_row(believed: torch.Tensor, given: torch.Tensor, true: torch.Tensor) -> dict[str, float]:
    """Return the columns of a history that compare predictions with given and true labels, see COLUMNS.

    believed: the predicted classes [N]; given, true: labels [N].
    """
    wrong = given != true
    return {
        "train_given": share(believed == given),
        "train_true": share(believed == true),
        "clean_fitted": share(believed == given, ~wrong),
        "noisy_memorised": share(believed == given, wrong),
        "noisy_corrected": share(believed == true, wrong),
    }


def known_labels(task: Task) -> tuple[torch.Tensor, slice | torch.Tensor]:
    """Return the true labels of the training split [N] or [N, Q], and a slice or mask of where they are known.

    Without a truth the labels are the given ones, and the mask is false everywhere.
    """
    if task.truth is None:
        return task.train.y, torch.zeros(len(task.train), dtype=torch.bool, device=task.train.y.device)
    known = task.truth.known
    return task.truth.y, slice(None) if known is None else known


def r2(output: torch.Tensor, y: torch.Tensor) -> float:
    """Return the coefficient of determination, the mean over outputs. output, y [N, Q]"""
    residual = (output - y).square().sum(0)
    total = (y - y.mean(0)).square().sum(0)
    return (1 - residual / total).mean().item()


def selection_row(weights: torch.Tensor, wrong: torch.Tensor) -> dict[str, float]:
    """Return the columns of a history about the samples that a method selects, see COLUMNS.

    weights [N]; wrong bool [N]; both may be empty.
    """
    selected = weights > 0
    equal_weights = not len(weights) or weights.min() == weights.max()
    return {
        "selected_precision": share(~wrong, selected),
        "selected_recall": share(selected, ~wrong),
        "auc_weight": NAN if equal_weights else auc(-weights, wrong),
    }


def auc(loss: torch.Tensor, wrong: torch.Tensor) -> float:
    """Return the probability that a wrong label has a larger loss than a clean one (ties count half).

    loss [N]; wrong bool [N]. NaN if all labels are right, all are wrong, or a loss is not finite. It is Mann and
    Whitney's U over its largest value.
    """
    n_right = (~wrong).sum().item()
    n_wrong = wrong.sum().item()
    if not n_right * n_wrong or not loss.isfinite().all():
        return NAN
    u = midranks(loss)[wrong].sum().item() - n_wrong * (n_wrong + 1) / 2
    return u / (n_right * n_wrong)


def midranks(score: torch.Tensor) -> torch.Tensor:
    """Return ranks, counted from 1, the smallest first; equal scores share their mean rank. [N] -> double [N]"""
    _, index, count = score.unique(return_inverse=True, return_counts=True)
    return (count.cumsum(0) - (count.double() - 1) / 2)[index]


def epoch_row(
    method: Method, task: Task, weights: torch.Tensor
) -> tuple[dict[str, float], torch.Tensor, torch.Tensor | None]:
    """Measure an epoch. -> row of the history, loss of the given labels [N], predicted classes [N] (regression: None)

    weights [N]: the weights that the method gave in this epoch. With two networks the numbers of the row are averaged,
    as the papers do, and not the outputs; losses and classes are those of the first network. Numbers that need the
    truth are measured on the training samples whose true label is known, and are NaN if there are none.
    """
    measure = _class_row if task.classes else _regression_row
    method.train_mode(False)
    results = [measure(method, task, weights, k) for k in range(len(method.nets))]
    method.train_mode(True)
    rows = [row for row, _, _ in results]
    _, loss, believed = results[0]
    mean = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        mean[name] = sum(values) / len(values)
    return mean, loss, believed


def _class_row(method, task, weights, k):
    """Measure network k on labels that are classes. -> row, loss [N], predicted classes [N]"""
    train = task.train
    true, known = known_labels(task)
    logits = outputs(method, train, k)
    believed = logits.argmax(-1)
    loss = losses.ce(logits, train.y)
    wrong = (train.y != true)[known]
    adds_to_outputs = type(method).predict is not Method.predict
    aided = outputs(method, train, k, aided=True).argmax(-1) if adds_to_outputs else believed
    row = labels_row(believed[known], train.y[known], true[known])
    row["train_given"] = share(believed == train.y)
    row["train_aided"] = share(aided == train.y)
    row["auc"] = auc(loss[known], wrong)
    row["val_noisy"] = _accuracy(method, train.val, k)
    row["test"] = _accuracy(method, task.test, k)
    return row | selection_row(weights[known], wrong), loss, believed


def _accuracy(method, split, k):
    """Return the accuracy of network k on a split against its given labels; NaN for a split without samples."""
    logits = outputs(method, split, k)
    return NAN if logits is None else share(logits.argmax(-1) == split.y)


def _regression_row(method, task, weights, k):
    """Measure network k on regression targets. -> row, loss [N], None"""
    train = task.train
    true, known = known_labels(task)
    output = outputs(method, train, k)
    loss = losses.half_squared(output, train.y)
    wrong = (train.y != true)[known].any(-1)
    row = {
        "r2_given": r2(output, train.y),
        "r2_true": r2(output[known], true[known]),
        "r2_val_noisy": _r2_of_split(method, train.val, k),
        "r2_test": _r2_of_split(method, task.test, k),
        "auc": auc(loss[known], wrong),
    }
    return row | selection_row(weights[known], wrong), loss, None


def _r2_of_split(method, split, k):
    """Return R2 of network k on a split; NaN for a split without samples."""
    output = outputs(method, split, k)
    return NAN if output is None else r2(output, split.y)


def t_quantile(freedom: float | np.ndarray) -> float | np.ndarray:
    """Return half of a 95 % t-interval in standard errors: the 97.5 % quantile of Student's t. freedom: n - 1"""
    from scipy.special import stdtrit  # half a second to import

    return stdtrit(freedom, 0.975)
