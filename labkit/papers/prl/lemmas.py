"""PRL's theory, checked with numbers: the filters of Fig. 1, Lemmas 1 and 2. Its theorems are in theorems.py.

Notation of the paper: m gradients, the share eps (here rate) of them corrupted; alpha_i [q] the clean gradient at the
loss layer, delta_i the corrupted one, W_i [q, d] what comes before; k the longest alpha_i, v the longest delta_i that
is kept, C the largest operator norm of a W_i; G [m, d] the clean gradients, N what a filter keeps of the corrupted.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ...errors import choose, need
from ...ranks import smallest

POINTS = ((1000.0, 1.0), (495.0, -49.5))  # of section 4
HESSIAN = (1.0, 100.0)  # of 0.5 x1^2 + 50 x2^2
SEND = 1 - 1e-9  # an adversary stays this little below the norm at which the filter would see it


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed torch's global generator inside, for draws that take no generator, and put it back at the end."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


# -- Fig. 1


def quadratic(
    x1: np.ndarray | float, x2: np.ndarray | float, hessian: Sequence[float] = HESSIAN
) -> tuple[np.ndarray | float, np.ndarray | float]:
    """Return loss and gradient norm of (h1 x1^2 + h2 x2^2) / 2, of numbers or arrays. -> loss, norm"""
    h1, h2 = hessian
    return 0.5 * (h1 * x1**2 + h2 * x2**2), np.hypot(h1 * x1, h2 * x2)


def filters(points: Sequence[tuple[float, float]] = POINTS, hessian: Sequence[float] = HESSIAN) -> pd.DataFrame:
    """Return Fig. 1 in numbers: what either filter drops if one of these points has to go. -> a row per point"""
    table = pd.DataFrame(points, columns=["x1", "x2"])
    table["loss"], table["gradient norm"] = quadratic(table["x1"], table["x2"], hessian)
    for name in ("loss", "gradient norm"):
        table[f"{name} filter"] = np.where(table[name] == table[name].max(), "drops", "keeps")
    return table


def disagreement(kappas: Sequence[float], *, draws: int = 20_000, seed: int = 0) -> pd.DataFrame:
    """Measure how often loss and gradient norm rank two points differently on a quadratic of condition number kappa.

    Section 4 cites 3 + 2 sqrt(2) = 5.83 for this. Nocedal, Sartenaer, Zhu (2002) have the number for something else,
    which is measured beside it: how often a step of steepest descent with exact line search makes the gradient longer.
    -> DataFrame: kappa, pairs (share of point pairs), descent (share of descent steps)
    """
    rng = np.random.default_rng(seed)
    rows = []
    for kappa in kappas:
        hessian = np.array([1.0, kappa])
        a, b = rng.standard_normal((2, draws, 2))
        loss_a, norm_a = quadratic(*a.T, hessian)
        loss_b, norm_b = quadratic(*b.T, hessian)
        is_reversed = (loss_a > loss_b) != (norm_a > norm_b)

        gradient = a * hessian
        step = (gradient**2).sum(1) / (gradient**2 * hessian).sum(1)  # exact line search
        next_gradient = gradient - step[:, None] * gradient * hessian
        grows = np.linalg.norm(next_gradient, axis=1) > np.linalg.norm(gradient, axis=1)
        rows.append({"kappa": kappa, "pairs": is_reversed.mean(), "descent": grows.mean()})
    return pd.DataFrame(rows)


# -- Lemma 1, Theorem 3


def lemma_1(rate: float, C: float, k: float, v: float) -> float:
    """Return the bound of Lemma 1 on |mu(G) - mu(N)|: C k (3 eps - 4 eps^2) / (1 - eps) + C v eps / (1 - eps).

    With v = k, as Algorithm 3 makes sure, it is 4 eps C k, exactly (Theorem 3).
    """
    return C * (k * (3 * rate - 4 * rate**2) + v * rate) / (1 - rate)


def lemma_1_measured(
    kinds: Sequence[str],
    rates: Sequence[float],
    *,
    draws: int = 8,
    m: int = 100,
    q: int = 10,
    d: int = 50,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure the error of a filtered mean beside Lemma 1's bound, for Algorithm 3's filter and for dropping at random.

    kinds: of `corrupted_batch`. -> DataFrame, a row per batch and filter: kind, filter, rate, draw, error, bound (Lemma
    1, with the v that was kept), ratio, short (no kept gradient is longer than k), theorem_3 (error / 4 eps C k)
    """
    rng = torch.Generator().manual_seed(seed)
    rows = []
    with seeded(seed):
        for kind, rate, draw in product(kinds, rates, range(draws)):
            if kind == "worst case" and draw > 0:
                continue  # nothing in it is drawn
            alpha, delta, W, bad = corrupted_batch(kind, rate, m=m, q=q, d=d, rng=rng)
            C = torch.linalg.matrix_norm(W, 2).max().item()
            k = alpha.norm(dim=1).max().item()
            clean = torch.einsum("mq,mqd->md", alpha, W)
            corrupted = torch.einsum("mq,mqd->md", delta, W)
            for name in ("PRL(L)", "at random"):
                score = delta.norm(dim=1) if name == "PRL(L)" else torch.rand(m, generator=rng)
                keep = smallest(score, m - bad)
                v = max(delta[:bad][keep[:bad]].norm(dim=1).tolist(), default=0.0)
                error = (clean.mean(0) - corrupted[keep].mean(0)).norm().item()
                bound = lemma_1(bad / m, C, k, v)
                row = {"kind": kind, "filter": name, "rate": rate, "draw": draw, "error": error, "bound": bound}
                row |= {"ratio": error / bound, "short": v <= k, "theorem_3": error / (4 * bad / m * C * k)}
                rows.append(row)
    return pd.DataFrame(rows)


def corrupted_batch(
    kind: str, rate: float, *, m: int = 100, q: int = 10, d: int = 50, rng: torch.Generator | None = None
) -> tuple[Tensor, Tensor, Tensor, int]:
    """Make clean and corrupted loss-layer gradients of a batch. -> alpha, delta [m, q], W [m, q, d], bad

    kind: "wrong labels" | "far off" | "just below the filter" | "worst case". bad: how many rows are corrupted, the
    first ones. Raises ValueError for another kind.
    """
    if kind == "worst case":
        return worst_case(m, rate, q, d)
    bad = round(rate * m)
    alpha, wrong = _label_gradients(m, q, rng)
    W = torch.randn(m, q, d, generator=rng, dtype=torch.float64)
    W = W / torch.linalg.matrix_norm(W, 2).max()
    attack = wrong[:bad] if kind == "wrong labels" else _attack(kind, alpha, W, bad)
    return alpha, torch.cat([attack, alpha[bad:]]), W, bad


def _label_gradients(m, q, rng):
    """Return the gradients at the loss layer of m random predictions, and with wrong labels. -> alpha, delta [m, q]"""
    p = torch.distributions.Dirichlet(torch.full((q,), 0.3, dtype=torch.float64)).sample((m,))
    y = p.argmax(1)
    y_wrong = (y + torch.randint(1, q, (m,), generator=rng)) % q
    one_hot = torch.eye(q, dtype=p.dtype)
    return p - one_hot[y], p - one_hot[y_wrong]


def unseen(lengths: Tensor, bad: int) -> Tensor:
    """Return the length below which a filter by length keeps `bad` replaced rows and drops as many of the others.

    lengths: [m] of the clean rows, the first `bad` of which are replaced. -> scalar
    """
    return lengths[bad:].sort(descending=True).values[bad - 1]


def _attack(kind, alpha, W, bad):
    """Return delta_i of the first `bad` rows, of one length, in the direction in which they move the mean farthest."""
    away = -torch.einsum("mq,mqd->d", alpha, W)
    push = torch.einsum("mqd,d->mq", W[:bad], away)
    push = push / push.norm(dim=1, keepdim=True)
    lengths = alpha.norm(dim=1)
    length = {"far off": 100.0 * lengths.max(), "just below the filter": SEND * unseen(lengths, bad)}
    return choose("kind", kind, length) * push


def worst_case(m: int, rate: float, q: int = 10, d: int = 50) -> tuple[Tensor, Tensor, Tensor, int]:
    """Make the batch for which Theorem 3 is an equality. -> alpha, delta [m, q], W [m, q, d], bad

    All gradients are on one line, 1 - 2 eps of the clean ones on one side, the corrupted ones just short enough to be
    kept.
    """
    bad = round(rate * m)
    alpha = torch.zeros(m, q, dtype=torch.float64)
    W = torch.zeros(m, q, d, dtype=torch.float64)
    W[:, range(q), range(q)] = 1.0
    alpha[:, 0] = -1.0  # those that are replaced or dropped
    alpha[2 * bad :, 0] = 1.0 * SEND  # those that are kept
    delta = alpha.clone()
    delta[:bad, 0] = SEND
    return alpha, delta, W, bad


def no_better(m: int, rate: float, k: float = 1.0) -> float:
    """Return an error that no estimator avoids: half of the distance of the means of two clean batches of m numbers.

    An adversary turns both into the same corrupted batch, so one of the means is missed by as much (2 eps k).
    """
    bad = round(rate * m)
    corrupted = torch.full((m,), k, dtype=torch.float64)
    corrupted[:bad] = -k
    a, b = corrupted.clone(), corrupted.clone()  # each differs from the corrupted batch in `bad` rows
    a[:bad] = k
    b[bad : 2 * bad] = -k
    return (a.mean() - b.mean()).abs().item() / 2


# -- Lemma 2


def lemma_2(alpha: Tensor, beta: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return both sides of Lemma 2: variances (of the population) of the probabilities of the other classes, and
    q / (q - 1)^2 (alpha_k - beta_k)(2 - alpha_k - beta_k). alpha, beta [..., q] -> left, right [...]"""
    q = alpha.shape[-1]
    is_other = torch.arange(q) != k
    left = alpha[..., is_other].var(-1, correction=0) - beta[..., is_other].var(-1, correction=0)
    a, b = alpha[..., k], beta[..., k]
    return left, q / (q - 1) ** 2 * (a - b) * (2 - a - b)


def random_pairs(q: int, draws: int) -> tuple[Tensor, Tensor]:
    """Draw pairs of predictions from torch's global generator; alpha has the larger probability of class 0, which is
    the smaller cross-entropy. -> alpha, beta [draws, q]"""
    p, other = torch.distributions.Dirichlet(torch.full((q,), 0.2, dtype=torch.float64)).sample((2, draws))
    is_larger = (p[:, 0] >= other[:, 0])[:, None]
    return torch.where(is_larger, p, other), torch.where(is_larger, other, p)


def lemma_2_checked(qs: Sequence[int] = (3, 10, 100), *, draws: int = 20_000, seed: int = 0) -> pd.DataFrame:
    """Check Lemma 2's condition against a direct comparison of |alpha - e_k| and |beta - e_k|, k = 0.

    -> DataFrame, a row per q: pairs, reversed (share of the pairs in which the smaller cross-entropy has the longer
    gradient), disagree (how often condition and direct comparison do), as_sample_variance (how often they would if Var
    divided by q - 2)
    """
    rows = []
    with seeded(seed):
        for q in qs:
            alpha, beta = random_pairs(q, draws)
            y = torch.eye(q, dtype=alpha.dtype)[0]
            is_longer = (alpha - y).norm(dim=1) >= (beta - y).norm(dim=1)
            left, right = lemma_2(alpha, beta, 0)
            by_sample_variance = left * (q - 1) / (q - 2) >= right
            row = {"q": q, "pairs": draws, "reversed": is_longer.double().mean().item()}
            row["disagree"] = int(((left >= right) != is_longer).sum())
            row["as_sample_variance"] = int((by_sample_variance != is_longer).sum())
            rows.append(row)
    return pd.DataFrame(rows)


def lemma_2_equality(q: int = 10, draws: int = 1000, seed: int = 0) -> float:
    """Return the largest difference of the gradient lengths among pairs for which both sides of Lemma 2 are equal.

    beta has its other probabilities even, alpha just so uneven.
    """
    rng = np.random.default_rng(seed)
    a = rng.uniform(0.3, 0.9, draws)
    b = rng.uniform(0.8, 1.0, draws) * a
    squares = (1 - b) ** 2 / (q - 1) + (1 - b) ** 2 - (1 - a) ** 2  # the sum that the squares of alpha's others need
    centre = (1 - a) / (q - 1)
    spread = np.sqrt(np.maximum(squares - (q - 1) * centre**2, 0) / 2)  # one up, one down: two others carry it
    alpha = np.repeat(centre[:, None], q, 1)
    alpha[:, 0], alpha[:, 1], alpha[:, 2] = a, centre + spread, centre - spread
    beta = np.repeat(((1 - b) / (q - 1))[:, None], q, 1)
    beta[:, 0] = b
    left, right = lemma_2(torch.tensor(alpha), torch.tensor(beta), 0)
    need(bool(torch.allclose(left, right, atol=1e-12)), "construction", "not an equality", "one")
    y = np.eye(q)[0]
    difference = np.linalg.norm(alpha - y, axis=1) - np.linalg.norm(beta - y, axis=1)
    return float(np.abs(difference).max())


def example() -> pd.DataFrame:
    """Return the two predictions below Lemma 2, true class 1 of 0..9, with loss, gradient length and what is kept."""
    alpha = [0.08, 0.28, *[0.08] * 8]
    beta = [0.1, 0.3, 0.34, 0.05, 0.05, 0.1, 0.03, 0.03, 0.0, 0.0]
    p = torch.tensor([alpha, beta], dtype=torch.float64)
    loss = -p[:, 1].log()
    length = (p - torch.eye(10, dtype=torch.float64)[1]).norm(dim=1)
    table = {"cross-entropy": loss, "|p - e_y|^2": length.square()}
    for name, score in (("SPL", loss), ("PRL(L)", length)):
        table[name] = np.where(smallest(score, 1), "keeps", "drops")
    return pd.DataFrame(table, index=["alpha", "beta"])
