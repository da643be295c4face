"""PRL's theory, checked with numbers: the filters of Fig. 1, Lemmas 1 and 2. Its theorems are in prl_bounds.py.

Notation of the paper: m gradients, the share eps (here rate) of them corrupted; alpha_i [q] the clean gradient at the
loss layer, delta_i the corrupted one, W_i [q, d] what comes before; k the longest alpha_i, v the longest delta_i that
is kept, C the largest operator norm of a W_i; G [m, d] the clean gradients, N what a filter keeps of the corrupted.
"""

import numpy as np
import pandas as pd
import torch

from ...errors import choose, need
from ...ranks import smallest

POINTS = ((1000.0, 1.0), (495.0, -49.5))  # of section 4
HESSIAN = (1.0, 100.0)  # of 0.5 x1^2 + 50 x2^2
SEND = 1 - 1e-9  # an adversary stays this little below the norm at which the filter would see it


def quadratic(x1, x2, hessian=HESSIAN):
    """Loss and gradient norm of (h1 x1^2 + h2 x2^2) / 2. -> loss, norm"""
    h1, h2 = hessian
    return 0.5 * (h1 * x1**2 + h2 * x2**2), np.hypot(h1 * x1, h2 * x2)


def filters(points=POINTS, hessian=HESSIAN):
    """Fig. 1 in numbers: what either filter drops if one of these points has to go. -> DataFrame, a row per point"""
    table = pd.DataFrame(points, columns=["x1", "x2"])
    table["loss"], table["gradient norm"] = quadratic(table["x1"], table["x2"], hessian)
    for name in ("loss", "gradient norm"):
        table[f"{name} filter"] = np.where(table[name] == table[name].max(), "drops", "keeps")
    return table


def disagreement(kappas, draws=20_000, seed=0):
    """How often loss and gradient norm order two random points differently on a quadratic of condition number kappa,
    and how often the gradient norm grows along steepest descent with exact line search.

    Section 4 cites 3 + 2 sqrt(2) = 5.83 for the first; Nocedal, Sartenaer, Zhu (2002) have it for the second.
    -> DataFrame: kappa, pairs (share of point pairs), descent (share of descent steps)
    """
    rng, rows = np.random.default_rng(seed), []
    for kappa in kappas:
        a, b = rng.standard_normal((2, draws, 2))
        (fa, ga), (fb, gb) = (quadratic(*x.T, (1.0, kappa)) for x in (a, b))
        g = a * np.array([1.0, kappa])
        step = (g**2).sum(1) / (g**2 * np.array([1.0, kappa])).sum(1)  # exact line search
        after = g - step[:, None] * g * np.array([1.0, kappa])
        grows = np.linalg.norm(after, axis=1) > np.linalg.norm(g, axis=1)
        rows.append({"kappa": kappa, "pairs": ((fa > fb) != (ga > gb)).mean(), "descent": grows.mean()})
    return pd.DataFrame(rows)


# -- Lemma 1, Theorem 3


def lemma_1(rate, C, k, v):
    """The bound of Lemma 1 on |mu(G) - mu(N)|: C k (3 eps - 4 eps^2) / (1 - eps) + C v eps / (1 - eps). With v = k, as
    Algorithm 3 makes sure, it is 4 eps C k, exactly (Theorem 3)."""
    return C * (k * (3 * rate - 4 * rate**2) + v * rate) / (1 - rate)


def _classes(m, q, rng):
    """Gradients at the loss layer of m random predictions, and of the same with wrong labels. -> alpha, delta [m, q]"""
    p = torch.distributions.Dirichlet(torch.full((q,), 0.3, dtype=torch.float64)).sample((m,))
    y = p.argmax(1)
    wrong = (y + torch.randint(1, q, (m,), generator=rng)) % q
    return p - torch.eye(q, dtype=p.dtype)[y], p - torch.eye(q, dtype=p.dtype)[wrong]


def unseen(lengths, bad):
    """The length below which a filter by length keeps `bad` replaced rows and drops as many of the others. lengths [m]
    of the clean rows, the first `bad` of which are replaced -> scalar"""
    return lengths[bad:].sort(descending=True).values[bad - 1]


def _attack(kind, alpha, delta, W, bad, rng):
    """delta_i of the first `bad` rows, by kind; all of them point where they hurt most but for "wrong labels"."""
    if kind == "wrong labels":
        return delta[:bad]
    away = -torch.einsum("mq,mqd->d", alpha, W)
    push = torch.einsum("mqd,d->mq", W[:bad], away)  # of all delta_i of one length, this moves the mean farthest
    push = push / push.norm(dim=1, keepdim=True)
    longest = alpha.norm(dim=1).max()
    length = {"far off": 100.0 * longest, "just below the filter": SEND * unseen(alpha.norm(dim=1), bad)}
    return choose("kind", kind, length) * push


def worst_case(m, rate, q=10, d=50):
    """The batch for which Theorem 3 is an equality: all gradients on one line, 1 - 2 eps of the clean ones on one side,
    the corrupted ones just short enough to be kept. -> alpha, delta [m, q], W [m, q, d], bad"""
    bad = round(rate * m)
    alpha, W = torch.zeros(m, q, dtype=torch.float64), torch.zeros(m, q, d, dtype=torch.float64)
    W[:, range(q), range(q)] = 1.0
    alpha[:, 0] = -1.0  # those that are replaced or dropped
    alpha[2 * bad :, 0] = 1.0 * SEND  # those that are kept
    delta = alpha.clone()
    delta[:bad, 0] = SEND
    return alpha, delta, W, bad


def corrupted_batch(kind, rate, m=100, q=10, d=50, rng=None):
    """Clean and corrupted loss-layer gradients of a batch. kind: "wrong labels" | "far off" | "just below the filter" |
    "worst case". -> alpha, delta [m, q], W [m, q, d], bad: how many of the first rows are corrupted"""
    if kind == "worst case":
        return worst_case(m, rate, q, d)
    bad, (alpha, delta) = round(rate * m), _classes(m, q, rng)
    W = torch.randn(m, q, d, generator=rng, dtype=torch.float64)
    W = W / torch.linalg.matrix_norm(W, 2).max()
    return alpha, torch.cat([_attack(kind, alpha, delta, W, bad, rng), alpha[bad:]]), W, bad


def lemma_1_measured(kinds, rates, draws=8, m=100, q=10, d=50, seed=0):
    """The error of the filtered mean beside Lemma 1's bound, for the filter of Algorithm 3 and for dropping at random.

    -> DataFrame, a row per batch: kind, filter, rate, draw, error, bound (Lemma 1, with the v that was kept), ratio,
    short (no kept gradient is longer than k), theorem_3 (error / 4 eps C k)
    """
    rng, rows = torch.Generator().manual_seed(seed), []
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)  # Dirichlet draws have no generator of their own
    for kind in kinds:
        for rate in rates:
            for draw in range(1 if kind == "worst case" else draws):
                batch = corrupted_batch(kind, rate, m, q, d, rng)
                C = torch.linalg.matrix_norm(batch[2], 2).max().item()
                for name in ("PRL(L)", "at random"):
                    facts = {"kind": kind, "filter": name, "rate": rate, "draw": draw}
                    rows.append(facts | _error(name, C, *batch, rng))
    torch.random.set_rng_state(state)
    return pd.DataFrame(rows)


def _error(name, C, alpha, delta, W, bad, rng):
    """One row of `lemma_1_measured`, without its names. C: the largest operator norm in W"""
    m = len(alpha)
    score = delta.norm(dim=1) if name == "PRL(L)" else torch.rand(m, generator=rng)
    keep = smallest(score, m - bad)
    G, corrupted = (torch.einsum("mq,mqd->md", each, W) for each in (alpha, delta))
    error = (G.mean(0) - corrupted[keep].mean(0)).norm().item()
    k = alpha.norm(dim=1).max().item()
    among = delta[:bad][keep[:bad]].norm(dim=1)
    v = among.max().item() if len(among) else 0.0
    bound, own = lemma_1(bad / m, C, k, v), 4 * bad / m * C * k
    return {"error": error, "bound": bound, "ratio": error / bound, "short": v <= k, "theorem_3": error / own}


def no_better(m, rate, k=1.0):
    """Why no estimator does better than 2 eps k: two clean batches, m numbers each, that an adversary turns into the
    same corrupted one. -> half of the distance of their means: one of both is missed by as much"""
    bad = round(rate * m)
    seen = torch.full((m,), k, dtype=torch.float64)
    seen[:bad] = -k
    one, other = seen.clone(), seen.clone()
    one[:bad], other[bad : 2 * bad] = k, -k  # each differs from `seen` in `bad` rows
    return (one.mean() - other.mean()).abs().item() / 2


# -- Lemma 2


def lemma_2(alpha, beta, k):
    """Both sides of Lemma 2: variances (of the population) of the probabilities of the other classes, and
    q / (q - 1)^2 (alpha_k - beta_k)(2 - alpha_k - beta_k). alpha, beta [..., q] -> left, right [...]"""
    q = alpha.shape[-1]
    others = torch.arange(q) != k
    left = alpha[..., others].var(-1, correction=0) - beta[..., others].var(-1, correction=0)
    a, b = alpha[..., k], beta[..., k]
    return left, q / (q - 1) ** 2 * (a - b) * (2 - a - b)


def lemma_2_checked(qs=(3, 10, 100), draws=20_000, seed=0):
    """Lemma 2's condition against a direct comparison of |alpha - y| and |beta - y|. -> DataFrame, a row per q: pairs,
    reversed (of them: the smaller cross-entropy has the longer gradient), disagree (condition and direct comparison),
    as_sample_variance (disagreements if Var divided by q - 2)"""
    state, rows = torch.random.get_rng_state(), []
    torch.manual_seed(seed)
    for q in qs:
        draw = torch.distributions.Dirichlet(torch.full((q,), 0.2, dtype=torch.float64)).sample((2, draws))
        first = draw[0, :, 0] >= draw[1, :, 0]
        a, b = (torch.where(first[:, None], one, other) for one, other in ((draw[0], draw[1]), (draw[1], draw[0])))
        y = torch.eye(q, dtype=a.dtype)[0]
        longer = (a - y).norm(dim=1) >= (b - y).norm(dim=1)
        left, right = lemma_2(a, b, 0)
        wide = left * (q - 1) / (q - 2) >= right
        facts = {"q": q, "pairs": draws, "reversed": longer.double().mean().item()}
        facts |= {"disagree": int(((left >= right) != longer).sum())}
        rows.append(facts | {"as_sample_variance": int((wide != longer).sum())})
    torch.random.set_rng_state(state)
    return pd.DataFrame(rows)


def lemma_2_equality(q=10, draws=1000, seed=0):
    """Pairs for which both sides of Lemma 2 are equal: beta has its other probabilities even, alpha just so uneven.
    -> the largest difference of the gradient lengths"""
    rng = np.random.default_rng(seed)
    a = rng.uniform(0.3, 0.9, draws)
    b = rng.uniform(0.8, 1.0, draws) * a
    squares = (1 - b) ** 2 / (q - 1) + (1 - b) ** 2 - (1 - a) ** 2  # what alpha's others have to sum to, squared
    centre = (1 - a) / (q - 1)
    spread = np.sqrt(np.maximum(squares - (q - 1) * centre**2, 0) / 2)  # one up, one down: two others carry it
    alpha = np.repeat(centre[:, None], q, 1)
    alpha[:, 0], alpha[:, 1], alpha[:, 2] = a, centre + spread, centre - spread
    beta = np.repeat(((1 - b) / (q - 1))[:, None], q, 1)
    beta[:, 0] = b
    left, right = lemma_2(torch.tensor(alpha), torch.tensor(beta), 0)
    need(bool(torch.allclose(left, right, atol=1e-12)), "construction", "not an equality", "one")
    y = np.eye(q)[0]
    return float(np.abs(np.linalg.norm(alpha - y, axis=1) - np.linalg.norm(beta - y, axis=1)).max())


def example():
    """The two predictions below Lemma 2, true class 1 of 0..9. -> DataFrame: loss, gradient length, filters"""
    alpha, beta = [0.08, 0.28, *[0.08] * 8], [0.1, 0.3, 0.34, 0.05, 0.05, 0.1, 0.03, 0.03, 0.0, 0.0]
    p = torch.tensor([alpha, beta], dtype=torch.float64)
    loss, length = -p[:, 1].log(), (p - torch.eye(10, dtype=torch.float64)[1]).norm(dim=1)
    by_loss, by_length = (["keeps" if yes else "drops" for yes in smallest(each, 1)] for each in (loss, length))
    table = {"cross-entropy": loss, "|p - e_y|^2": length.square(), "SPL": by_loss, "PRL(L)": by_length}
    return pd.DataFrame(table, index=["alpha", "beta"])
