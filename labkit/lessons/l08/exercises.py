"""The exercises of lesson 08."""

import numpy as np

import labkit

from ...exercises.answers import Wrong, call, compare, number, vector

RUNS = 5  # behind every printed mean of RMNW-Net's tables


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


def best_minus_last(answer):
    """A function areas -> how much the best AUC over training is above the last one."""
    for areas in ([0.13, 0.99, 0.4, 0.08], [0.5, 0.6, 0.7, 0.9], [0.06, 0.05, 0.04, 0.02]):
        right = max(areas) - areas[-1]
        mistakes = [
            (-right, "the sign: the best minus the last"),
            (max(areas), "that is what the table prints; take the last one away"),
            (max(areas) - areas[0], "that is above the first epoch; compare with the last"),
            (max(areas) - min(areas), "that is the whole range; compare with the last"),
            (max(areas) - float(np.mean(areas)), "that is above the mean; compare with the last"),
            (100 * right, "an AUC is a number from 0 to 1; no percent here"),
        ]
        compare(number(call(answer, list(areas))), right, mistakes)
    return "so much is owed to choosing the epoch with the true labels"


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


def doubtful(answer):
    """How many standard errors 53.12 is from the printed 55.12 +- 3.03 of five runs."""
    std = 3.03
    right = 2.0 / (std / RUNS**0.5)
    mistakes = [
        (2.0 / std, "that is in standard deviations of one run; the mean of five runs is surer"),
        (2.0 / (std / RUNS), "the error falls with the root of the number of runs"),
        (2.0, "that is the distance in points"),
        (std / RUNS**0.5, "that is the standard error; how many of them are 2 points?"),
    ]
    compare(number(answer), right, mistakes, tolerance=0.02)
    return f"{right:.1f}: a slip of the pen would hide behind five runs. Copied cells have to be compared, not believed"


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
    "08.2": best_minus_last,
    "08.3": turned,
    "08.4": doubtful,
    "08.5": looks,
    "08.6": silent,
}
