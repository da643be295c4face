"""Singular values, and the two spaces that they split: information and nuisance."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import need
from .kernel import gram
from .rows import Products, class_indices, evaluation


@dataclass(frozen=True)
class Spectrum:
    """Singular values of a Jacobian J [m, P], and its information space.

    The information space I (S+ of CRUST, Eq. (4)) is the span of the left singular vectors of the largest `rank` of
    them. The nuisance space N (S-) is its complement in R^m.

    values: descending, all m (of `split`) or the leading ones (of `top`); vectors [m, rank]: columns of length 1. The
    argument v of any method is a vector [m], or K vectors [m, K]; order as the rows of J, see `stacked`.
    """

    values: Tensor
    vectors: Tensor

    @property
    def rank(self) -> int:
        """Return the dimension of the information space."""
        return self.vectors.shape[1]

    def information(self, v: Tensor) -> Tensor:
        """Return Pi_I v, the projection on the information space. v [m] or [m, K] -> its shape, float64"""
        need(len(v) == len(self.vectors), "len(v)", len(v), f"{len(self.vectors)}, a number per row of the Jacobian")
        return self.vectors @ (self.vectors.T @ v.to(self.vectors))

    def nuisance(self, v: Tensor) -> Tensor:
        """Return Pi_N v = v - Pi_I v. v [m] or [m, K] -> its shape, float64"""
        return v.to(self.vectors) - self.information(v)

    def norms(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """Return |Pi_I v| and |Pi_N v|: the squares add up to |v|^2. v [m] or [m, K] -> two scalars, or [K] each"""
        information = self.information(v)
        nuisance = self.nuisance(v)
        return torch.linalg.vector_norm(information, dim=0), torch.linalg.vector_norm(nuisance, dim=0)

    def alignment(self, v: Tensor) -> Tensor:
        """Return |Pi_I v|^2 / |v|^2, in 0..1. v [m] or [m, K] -> scalar or [K]"""
        inside, outside = self.norms(v)
        return inside**2 / (inside**2 + outside**2)


def singular_values(
    net: nn.Module, x: Tensor, outputs: str | int = "all", only: Callable[[str], bool] | None = None
) -> Tensor:
    """Return all singular values of the Jacobian, descending, float64. x [n, ...] -> all [n C], "each" [C, n], c [n]

    They are roots of the eigenvalues of J J^T: absolute errors of about sqrt(eps) = 1.5e-8 times the largest one, so
    smaller values are noise (a float32 network's own rounding is about as large). Where there are fewer parameters than
    rows the other values are 0.
    """
    squares = torch.linalg.eigvalsh(gram(net, x, None, outputs, only))
    return squares.clamp_min(0).sqrt().flip(-1)


def split(
    source: nn.Module | Tensor,
    x: Tensor | None = None,
    outputs: str | int = "all",
    rank: int | None = None,
    energy: float | None = None,
    only: Callable[[str], bool] | None = None,
) -> Spectrum:
    """Return the spectrum with its information and nuisance space, split by a rank or by a share of energy.

    source: a network, with samples x [n, ...] (and outputs "all" or a class), or a Gram matrix [m, m], without. energy,
    in (0, 1]: the smallest rank whose squared singular values are at least this share of the sum of all. Raises
    ValueError unless one of rank and energy is given.
    """
    K = source if torch.is_tensor(source) else _gram_of_network(source, x, outputs, only)
    need(K.dim() == 2 and K.shape[0] == K.shape[1], "source", tuple(K.shape), "a network, or a Gram matrix [m, m]")
    need((rank is None) != (energy is None), "rank and energy", (rank, energy), "one of them; the other None")
    squares, vectors = torch.linalg.eigh(K.double())
    squares = squares.clamp_min(0).flip(0)
    vectors = vectors.flip(1)
    if rank is None:
        rank = _rank(squares, energy)
    need(isinstance(rank, int) and 0 < rank <= len(K), "rank", rank, f"a whole number in 1..{len(K)}")
    return Spectrum(squares.sqrt(), vectors[:, :rank])


def _gram_of_network(net, x, outputs, only):
    """Return the Gram matrix of a network, whose spectrum splits one space."""
    need(isinstance(net, nn.Module), "source", type(net).__name__, "a network, or a Gram matrix [m, m]")
    need(x is not None, "x", None, "samples [n, ...], for a network")
    need(outputs != "each", "outputs", outputs, '"all" or a class: a spectrum splits one space')
    return gram(net, x, None, outputs, only)


def _rank(squares, energy):
    """Return the smallest rank with this share of the sum of squares."""
    need(0 < energy <= 1, "energy", energy, "in (0, 1]")
    too_small = squares.cumsum(0) < energy * squares.sum() * (1 - 1e-12)  # the last sum may round to below the share
    return min(int(too_small.sum()) + 1, len(squares))


@torch.no_grad()
def top(
    net: nn.Module,
    x: Tensor,
    k: int,
    outputs: str | int = "all",
    seed: int = 0,
    only: Callable[[str], bool] | None = None,
    chunk: int = 256,
) -> Spectrum:
    """Return the k leading singular values and left vectors, through products alone: no Jacobian, no Gram matrix.

    J v in forward mode, J^T u in backward mode, `chunk` samples at a time, in the network's own precision; Lanczos
    (ARPACK, by scipy's svds) from a start drawn from `seed`. x [n, ...]; outputs "all" or a class; k below the number
    of rows and of parameters. A float32 network's values are right to about 1e-5 of the largest.
    """
    from scipy.sparse.linalg import svds

    need(outputs != "each", "outputs", outputs, '"all" or a class: these products are of one Jacobian')
    need(len(x), "x", tuple(x.shape), "one sample or more")
    with evaluation(net):
        J = Products(net, x, class_indices(net, x, outputs), only, chunk)
        smaller = min(J.shape)
        need(isinstance(k, int) and 0 < k < smaller, "k", k, f"a whole number in 1..{smaller - 1}")
        start = np.random.default_rng(seed).standard_normal(smaller)
        tolerance = 1e-10 if J.dtype == torch.float64 else 1e-6
        left_vectors, singular, _ = svds(_operator(J), k, v0=start, tol=tolerance, return_singular_vectors="u")
    values, order = torch.tensor(singular.copy()).double().sort(descending=True)
    vectors = torch.tensor(left_vectors.copy()).double()[:, order]
    orthonormal, _ = torch.linalg.qr(vectors)
    return Spectrum(values.to(x.device), orthonormal.to(x.device))


def _operator(J):
    """Return the products with J as scipy's operator on numpy vectors."""
    from scipy.sparse.linalg import LinearOperator

    def in_numpy(product):
        def multiply(v):
            return product(torch.tensor(v.ravel(), dtype=J.dtype, device=J.device)).cpu().numpy()

        return multiply

    dtype = np.float64 if J.dtype == torch.float64 else np.float32
    return LinearOperator(J.shape, in_numpy(J.along), in_numpy(J.back), dtype=dtype)


def stacked(y_onehot: Tensor, centred: bool = False) -> Tensor:
    """Return labels as one vector in the order of the Jacobian's rows: sample by sample, its classes after each other.

    y_onehot [n, C] -> [n C], float64. centred: every class minus its mean over the samples.
    """
    need(y_onehot.dim() == 2, "shape of y_onehot", tuple(y_onehot.shape), "[n, C], a row per sample")
    y = y_onehot.double()
    if centred:
        y = y - y.mean(0)
    return y.flatten()
