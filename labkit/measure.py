"""Everything that needs the truth. Methods never import this."""

import torch

from . import losses
from .data import Task
from .method import Method

CHUNK = 1000
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
    "clean_fitted": "share of the right labels that are predicted",
    "noisy_memorised": "share of the wrong labels that are predicted",
    "noisy_corrected": "share of the samples with a wrong label whose true class is predicted",
    "val_noisy": "accuracy on the validation split against its given (noisy) labels; NaN without such a split",
    "test": "accuracy on the test set",
    "selected_precision": "share of right labels among the samples with a weight above 0",
    "selected_recall": "share of the right labels that have a weight above 0",
    "auc": "probability that a wrong label has a larger loss than a right one (ties count half)",
    "auc_weight": "probability that a wrong label has a smaller weight than a right one; NaN if all weights are equal",
    "r2_given": "regression: R2 on the training split against its given targets, mean over the outputs",
    "r2_true": "regression: R2 on the training split against the true targets",
    "r2_val_noisy": "regression: R2 on the validation split against its given targets; NaN without such a split",
    "r2_test": "regression: R2 on the test set",
}


@torch.no_grad()
def outputs(method, split, k=0, aided=False):
    """Network k on a split; aided: as the training loss sees its samples (with AUX's b). -> [N, C]"""
    positions = torch.arange(len(split), device=split.y.device).split(CHUNK)
    return (
        torch.cat([method.predict(split.inputs(i), i if aided else None, k) for i in positions]) if len(split) else None
    )


def share(hits, among=None):
    """Mean of hits [N] where `among` [N]; NaN where there is nothing to count. -> float"""
    hits = hits if among is None else hits[among]
    return hits.double().mean().item() if len(hits) else float("nan")


def labels_row(believed, given, true):
    """Return the columns of a history that compare predictions with given and true labels, see COLUMNS. -> dict

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
    """The true labels of the training split, and where they are known: everywhere, somewhere, or nowhere (the labels
    are the given ones then). -> labels [N] or [N, Q], slice or bool [N]"""
    if task.truth is None:
        return task.train.y, torch.zeros(len(task.train), dtype=torch.bool, device=task.train.y.device)
    known = task.truth.known
    return task.truth.y, slice(None) if known is None else known


def r2(output, y):
    """Coefficient of determination, the mean over outputs. output, y [N, Q] -> float"""
    residual = (output - y).square().sum(0)
    return (1 - residual / (y - y.mean(0)).square().sum(0)).mean().item()


def selection_row(weights, wrong):
    """Label precision and recall of the samples with a weight above 0, and the AUC of the weights. weights [N], wrong
    bool [N], which may be empty -> dict"""
    chosen, even = weights > 0, not len(weights) or weights.min() == weights.max()
    row = {"selected_precision": share(~wrong, chosen), "selected_recall": share(chosen, ~wrong)}
    return row | {"auc_weight": float("nan") if even else auc(-weights, wrong)}


def auc(loss, wrong):
    """Probability that a wrong label has a larger loss than a right one (ties count half). NaN if all are alike or not
    finite. Mann and Whitney's U over its largest value."""
    many, few = (~wrong).sum().item(), wrong.sum().item()
    if not many * few or not loss.isfinite().all():
        return float("nan")
    return (midranks(loss)[wrong].sum().item() - few * (few + 1) / 2) / (many * few)


def midranks(score):
    """Ranks, counted from 1, the smallest first; equal ones share their mean. score [N] -> double [N]"""
    _, place, count = score.unique(return_inverse=True, return_counts=True)
    return (count.cumsum(0) - (count.double() - 1) / 2)[place]


def epoch_row(method, task, weights):
    """One row of the history and, per sample, the loss of the given label and the believed class, of the first network.

    weights [N]: the weights that the method gave in this epoch. -> dict, loss [N], believed [N] (regression: None)
    With two networks accuracies are averaged, as the papers do; the outputs are not. What needs the truth is measured
    on the training samples whose true label is known, and is NaN where none is.
    """
    method.train_mode(False)
    rows, first = [], None
    for k in range(len(method.nets)):
        row, loss, believed = (_class_row if task.classes else _regression_row)(method, task, weights, k)
        rows.append(row)
        first = first or (loss, believed)
    method.train_mode(True)
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}, *first


def _class_row(method, task, weights, k):
    train, (true, known) = task.train, known_labels(task)
    logits, wrong = outputs(method, train, k), (train.y != true)[known]
    believed, loss = logits.argmax(-1), losses.ce(logits, train.y)
    uses_positions = type(method).predict is not Method.predict
    aided = outputs(method, train, k, aided=True).argmax(-1) if uses_positions else believed
    row = labels_row(believed[known], train.y[known], true[known]) | {"train_given": share(believed == train.y)}
    row |= {"train_aided": share(aided == train.y), "auc": auc(loss[known], wrong)}
    row |= {"val_noisy": _accuracy(method, train.val, k), "test": _accuracy(method, task.test, k)}
    return row | selection_row(weights[known], wrong), loss, believed


def _accuracy(method, split, k):
    logits = outputs(method, split, k)
    return float("nan") if logits is None else share(logits.argmax(-1) == split.y)


def _regression_row(method, task, weights, k):
    train, (true, known) = task.train, known_labels(task)
    output, wrong = outputs(method, train, k), (train.y != true)[known].any(-1)
    loss = losses.half_squared(output, train.y)
    score = lambda split: float("nan") if not len(split) else r2(outputs(method, split, k), split.y)
    row = {
        "r2_given": r2(output, train.y),
        "r2_true": r2(output[known], true[known]),
        "r2_val_noisy": score(train.val),
        "r2_test": score(task.test),
    }
    return row | {"auc": auc(loss[known], wrong)} | selection_row(weights[known], wrong), loss, None


def t_quantile(freedom):
    """Half of a 95 % t-interval in standard errors: the 97.5 % quantile of Student's t. freedom: n - 1, a number or an
    array"""
    from scipy.special import stdtrit  # half a second to import

    return stdtrit(freedom, 0.975)
