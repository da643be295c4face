"""Noise models for class labels: a transition matrix each, or probabilities that depend on the sample."""

import torch

from ..errors import choose, need


class Noise:
    """A noise model: a transition matrix, or probabilities that depend on the sample.

    rate: the share of labels it is asked to change, in [0, 1].
    """

    def __init__(self, rate):
        need(
            isinstance(rate, (int, float)) and 0 <= rate <= 1,
            f"rate of {type(self).__name__} noise",
            rate,
            "a number in [0, 1]",
        )
        self.rate = float(rate)

    def __repr__(self):
        options = "".join(f", {key}={value!r}" for key, value in self.options().items())
        return f"{type(self).__name__}({self.rate:g}{options})"

    def options(self):
        """Settings beside the rate, for the passport."""
        return {}

    def matrix(self, classes, dataset):
        """T[i, j] = P(given j | true i). -> [C, C] float64, or None when it depends on the sample"""
        raise NotImplementedError

    def probabilities(self, y, classes, dataset, x, scale, rng):
        """P(given label) of every sample. y [N] -> [N, C] float64"""
        return self.matrix(classes, dataset)[y]

    def words(self, classes, realised):
        """The same noise in other papers' words."""
        return f"{self.rate:.0%} asked, {realised:.1%} of the labels are wrong"


def _off_diagonal(rate, classes):
    """rate spread evenly over the other classes, 1 - rate on the diagonal."""
    spread = torch.full((classes, classes), rate / (classes - 1), dtype=torch.float64)
    return spread.fill_diagonal_(1 - rate)


class symmetric(Noise):
    """To the *other* classes, each alike: T_ii = 1 - rate. CRUST, PRL, Co-teaching, CDR."""

    def matrix(self, classes, dataset):
        return _off_diagonal(self.rate, classes)

    def words(self, classes, realised):
        eta = self.rate * classes / (classes - 1)
        other = f"uniform {eta:.1%}" if eta <= 1 else "more than any uniform noise"
        return f"symmetric {self.rate:.0%} = {self.rate:.0%} wrong labels = {other} at {classes} classes"


class uniform(Noise):
    """Over *all* classes, the own one included: T_ii = 1 - rate + rate / C. RMNW-Net, MW-Net, GLC, DivideMix."""

    def matrix(self, classes, dataset):
        return _off_diagonal(self.rate * (classes - 1) / classes, classes)

    def words(self, classes, realised):
        tau = self.rate * (classes - 1) / classes
        return f"uniform {self.rate:.0%} = {tau:.1%} wrong labels at {classes} classes = symmetric {tau:.1%}"


class pairflip(Noise):
    """To the next class: T_i,(i+1 mod C) = rate. From 50 % on, the wrong label is the majority. Co-teaching, PRL,
    CDR+AUX."""

    def matrix(self, classes, dataset):
        return (1 - self.rate) * torch.eye(classes, dtype=torch.float64) + self.rate * torch.eye(
            classes, dtype=torch.float64
        ).roll(1, dims=1)

    def words(self, classes, realised):
        warning = (
            "; the wrong label is the majority: not learnable without outside knowledge" if self.rate >= 0.5 else ""
        )
        return f"pairflip {self.rate:.0%} = {self.rate:.0%} wrong labels, all of class i called i+1{warning}"


DIGIT_PAIRS = {2: 7, 3: 8, 5: 6, 6: 5}
ASYMMETRIC_PAIRS = {
    "mnist": DIGIT_PAIRS,
    "digits": DIGIT_PAIRS,
    "fashion-mnist": {0: 6, 2: 4, 5: 7, 7: 5},
    "cifar10": {9: 1, 2: 0, 3: 5, 5: 3, 4: 7},
}


class asymmetric(Noise):
    """Between similar classes (CDR's pairs; MNIST: 2->7, 3->8, 5<->6), the other classes stay clean.

    pairs: {true: given}, one's own pairs instead of the dataset's. The share of wrong labels is about rate x (share of
    the classes in pairs). Labels are drawn from the true ones (widely copied code flips in place, so that some flipped
    cats are flipped back).
    """

    def __init__(self, rate, pairs=None):
        super().__init__(rate)
        need(pairs is None or isinstance(pairs, dict), "pairs", pairs, "a dict {true class: given class}")
        self.pairs = pairs

    def options(self):
        return {"pairs": {str(a): b for a, b in self.pairs.items()}} if self.pairs else {}

    def matrix(self, classes, dataset):
        pairs = self.pairs
        if pairs is None:
            need(
                dataset in ASYMMETRIC_PAIRS,
                "pairs",
                None,
                f"given as {{true: given}} for {dataset!r}: no pairs are known for it",
            )
            pairs = ASYMMETRIC_PAIRS[dataset]
        T = torch.eye(classes, dtype=torch.float64)
        for true, given in pairs.items():
            need(
                true != given and min(true, given) >= 0 and max(true, given) < classes,
                "pairs",
                pairs,
                f"two classes of 0..{classes - 1} each",
            )
            T[true, true], T[true, given] = 1 - self.rate, self.rate
        return T

    def words(self, classes, realised):
        return f"asymmetric {self.rate:.0%} in the paired classes only = {realised:.1%} wrong labels over all classes"


class instance(Noise):
    """Depends on the sample: part-dependent noise, Xia et al., NeurIPS 2020 (arXiv 2006.07836), as its official code
    draws it.

    A sample's own rate q is drawn from a normal (mean rate, `std`) cut to [0, 1]; the wrong class from softmax(x W_y),
    W_y [d, C] ~ N(0, 1).
    x_scale: "raw" (stored values, 0..255: the softmax is then one-hot, as in the official code), "unit" (x / top) or
    "standard" (as the network sees it).
    """

    def __init__(self, rate, std=0.1, x_scale="raw"):
        super().__init__(rate)
        need(isinstance(std, (int, float)) and std > 0, "std", std, "a number above 0")
        choose("x_scale", x_scale, dict.fromkeys(("raw", "unit", "standard")))
        self.std, self.x_scale = std, x_scale

    def options(self):
        return {"std": self.std, "x_scale": self.x_scale}

    def matrix(self, classes, dataset):
        return None

    def probabilities(self, y, classes, dataset, x, scale, rng):
        flat = {"raw": lambda: x, "unit": lambda: x / scale.top, "standard": lambda: scale(x)}[self.x_scale]()
        flat = flat.flatten(1).double()
        W = torch.randn(classes, flat.shape[1], classes, generator=rng, dtype=torch.float64)
        q = self.flip_rates(len(y), rng)
        scores = torch.empty(len(y), classes, dtype=torch.float64)
        for c in range(classes):
            scores[y == c] = flat[y == c] @ W[c]
        scores.scatter_(1, y[:, None], -torch.inf)
        return (q[:, None] * scores.softmax(1)).scatter(1, y[:, None], 1 - q[:, None])

    def flip_rates(self, n, rng):
        """q ~ normal (rate, std) cut to [0, 1], by inversion; without noise nothing is flipped. -> [n]"""
        if self.rate == 0:
            return torch.zeros(n, dtype=torch.float64)
        low, high = (
            torch.special.ndtr(torch.tensor((edge - self.rate) / self.std, dtype=torch.float64)) for edge in (0, 1)
        )
        u = torch.rand(n, generator=rng, dtype=torch.float64)
        return (self.rate + self.std * torch.special.ndtri(low + u * (high - low))).clamp(0, 1)

    def words(self, classes, realised):
        return f"instance {self.rate:.0%} (sample by sample, {self.x_scale} pixels) = {realised:.1%} wrong labels"
