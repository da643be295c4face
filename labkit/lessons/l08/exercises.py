"""The exercises of lesson 08."""

import numpy as np

import labkit

from ...exercises.answers import Wrong, compare, number, vector


def slopes(answer):
    """Minus alpha times the inner products of the meta-gradient (1, -2) with the gradients of three samples."""
    alpha, G = 0.1, np.array([1.0, -2.0])
    samples = np.array([[2.0, 1.0], [1.0, -1.0], [-1.0, 1.0]])
    right = -alpha * samples @ G
    lengths = np.linalg.norm(samples, axis=1) * np.linalg.norm(G)
    mistakes = [
        (-right, "the sign: a step goes *against* the sample's gradient, so agreement lowers the meta loss"),
        (right / alpha, "the step has the learning rate alpha in it"),
        (-right / alpha, "the inner products are right; now the step: its sign and its learning rate"),
        (right / lengths, "the cosines leave out how far the step goes; inner products"),
    ]
    compare(vector(answer, 3), right, mistakes)
    return "sample 1 does not matter for the meta set, more weight for sample 2 lowers its loss, for sample 3 raises it"


def turned(answer):
    """MNW-Net's lowest printed AUC, with its weights turned round, and its lead in accuracy over MW-Net there."""
    if not isinstance(answer, (list, tuple)) or len(answer) != 2:
        raise Wrong("hand in a pair: an AUC and a number of points, e.g. (0.6, 1.5)")
    low, lead = _lowest()
    compare(
        number(answer[0]),
        1 - low,
        [
            (low, "that is the printed one; turn the order round: every pair that was right is wrong now"),
            (-low, "an AUC is a probability; that of the opposite is 1 minus it"),
            (0.5, "chance stays chance; but this is far from it"),
        ],
        tolerance=2e-3,
    )
    mistakes = [
        (-lead, "the sign: MNW-Net's accuracy minus MW-Net's"),
        (lead / 100, "in points, please: Table 1 is in percent"),
    ]
    compare(number(answer[1]), lead, mistakes, tolerance=0.02)
    return (
        f"trusting those that it distrusts would be the better detector, AUC {1 - low:.2f}. And yet it is {lead:.2f} "
        "points above the clean meta set. AUC and accuracy are two questions, and this AUC is the *best* over training"
    )


def _lowest():
    """MNW-Net's lowest printed AUC on CIFAR-10, and how far its accuracy in that cell is above MW-Net's. -> pair"""
    areas = labkit.ledger.printed("rmnw_table3_auc").query("dataset == 'CIFAR-10' and method == 'MNW-Net'")
    cell = areas.loc[areas["mean"].idxmin()]
    table = labkit.ledger.printed("rmnw_table1")
    same = table[(table.dataset == cell.dataset) & (table.noise == cell.noise) & (table.rate == cell.rate)]
    own = same.set_index("method")["mean"]
    return float(cell["mean"]), float(own["MNW-Net"] - own["MW-Net*"])


def looks(answer):
    """Among how many test accuracies the printed one is the best, and which share of training is at lr / 100."""
    if not isinstance(answer, (list, tuple)) or len(answer) != 2:
        raise Wrong("hand in a pair: a number of test accuracies and a share, e.g. (100, 0.5)")
    many = [
        (60_000, "it looks every 100 iterations, not at each"),
        (120, "that is once an epoch; it looks every 100 iterations"),
        (100, "that is how far apart the looks are"),
    ]
    share = [
        (1 - 18 / 60, "from 18,000 on it is a tenth; a hundredth begins later"),
        (19 / 60, "that is the part before; which share comes after?"),
        (100 * (1 - 19 / 60), "as a share: 25 % is written 0.25"),
    ]
    compare(number(answer[0]), 600, many, tolerance=1.5)
    compare(number(answer[1]), 1 - 19 / 60, share, tolerance=5e-3)
    return "the best of 600 looks at the test set, most of them at a network that hardly moves any more"


def silent(answer):
    """The rate of symmetric noise at which the expected meta-gradient of MAE vanishes, ten classes."""
    mistakes = [
        (1.0, "that is for uniform noise, which draws the own class too; symmetric noise draws from the nine others"),
        (0.5, "from there on wrong labels are the majority, but they are spread over nine classes"),
        (0.1, "the right label keeps a tenth; which rate is that?"),
        (10 / 9, "no rate is above 1; uniform 1 is which symmetric rate?"),
    ]
    compare(number(answer), 0.9, mistakes)
    return (
        "uniform 100 % is symmetric 90 %: every label equally likely. Below that MAE points the right way, on average"
    )


EXERCISES = {
    "08.1": slopes,
    "08.3": turned,
    "08.5": looks,
    "08.6": silent,
}
