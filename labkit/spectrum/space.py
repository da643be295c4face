"""Singular values, and the two spaces that they split: information and nuisance."""

from dataclasses import dataclass

import numpy as np
import torch

from ..errors import need
from .kernel import gram
from .rows import Products, evaluation, the_classes


@dataclass(frozen=True)
class Spectrum:
    """Singular values of a Jacobian J [m, P], and its information space I (S+ of CRUST, Eq. (4)): the span of the left
    singular vectors of the largest `rank` of them. The nuisance space N (S-) is the rest of R^m.

    values: descending, all m (of `split`) or the leading ones (of `top`); vectors [m, rank]: columns of length 1. A
    vector v of any method is [m], or [m, K]: K vectors; order as the rows of J, see `stacked`.
    """

    values: torch.Tensor
    vectors: torch.Tensor

    @property
    def rank(self):
        """The dimension of the information space."""
        return self.vectors.shape[1]

    def information(self, v):
        """Pi_I v, the projection on the information space. v [m] or [m, K] -> its shape, float64"""
        need(len(v) == len(self.vectors), "len(v)", len(v), f"{len(self.vectors)}, a number per row of the Jacobian")
        return self.vectors @ (self.vectors.T @ v.to(self.vectors))

    def nuisance(self, v):
        """Pi_N v = v - Pi_I v. v [m] or [m, K] -> its shape, float64"""
        return v.to(self.vectors) - self.information(v)

    def norms(self, v):
        """|Pi_I v| and |Pi_N v|: the squares add up to |v|^2. v [m] or [m, K] -> two scalars, or [K] each"""
        return torch.linalg.vector_norm(self.information(v), dim=0), torch.linalg.vector_norm(self.nuisance(v), dim=0)

    def alignment(self, v):
        """|Pi_I v|^2 / |v|^2, in 0..1. v [m] or [m, K] -> scalar or [K]"""
        inside, outside = self.norms(v)
        return inside**2 / (inside**2 + outside**2)


def singular_values(net, x, outputs="all", only=None):
    """All singular values of the Jacobian, descending, float64. x [n, ...] -> all [n C], "each" [C, n], class c [n]

    They are roots of the eigenvalues of J J^T: absolute errors of about sqrt(eps) = 1.5e-8 times the largest one, so
    smaller values are noise (a float32 network's own rounding is about as large). Where there are fewer parameters than
    rows the rest is 0.
    """
    return torch.linalg.eigvalsh(gram(net, x, None, outputs, only)).clamp_min(0).sqrt().flip(-1)


def split(source, x=None, outputs="all", rank=None, energy=None, only=None):
    """The information and the nuisance space, by a rank or by a share of energy. -> Spectrum

    source: a network, with samples x [n, ...] (and outputs "all" or a class), or a Gram matrix [m, m], without. energy,
    in (0, 1]: the smallest rank whose squared singular values are at least this share of the sum of all. Raises
    ValueError unless one of rank and energy is given.
    """
    K = source if torch.is_tensor(source) else _one_gram(source, x, outputs, only)
    need(K.dim() == 2 and K.shape[0] == K.shape[1], "source", tuple(K.shape), "a network, or a Gram matrix [m, m]")
    need((rank is None) != (energy is None), "rank and energy", (rank, energy), "one of them; the other None")
    squares, vectors = torch.linalg.eigh(K.double())
    squares, vectors = squares.clamp_min(0).flip(0), vectors.flip(1)
    rank = _rank(squares, energy) if rank is None else rank
    need(isinstance(rank, int) and 0 < rank <= len(K), "rank", rank, f"a whole number in 1..{len(K)}")
    return Spectrum(squares.sqrt(), vectors[:, :rank])


def _one_gram(net, x, outputs, only):
    need(isinstance(net, torch.nn.Module), "source", type(net).__name__, "a network, or a Gram matrix [m, m]")
    need(x is not None, "x", None, "samples [n, ...], for a network")
    need(outputs != "each", "outputs", outputs, '"all" or a class: a spectrum splits one space')
    return gram(net, x, None, outputs, only)


def _rank(squares, energy):
    """The smallest rank with this share of the sum of squares."""
    need(0 < energy <= 1, "energy", energy, "in (0, 1]")
    short = squares.cumsum(0) < energy * squares.sum() * (1 - 1e-12)  # the last sum may round to below the share
    return min(int(short.sum()) + 1, len(squares))


@torch.no_grad()
def top(net, x, k, outputs="all", seed=0, only=None, chunk=256):
    """The k leading singular values and left vectors, through products alone: no Jacobian, no Gram matrix. -> Spectrum

    J v in forward mode, J^T u in backward mode, `chunk` samples at a time, in the network's own precision; Lanczos
    (ARPACK, by scipy's svds) from a start drawn from `seed`. x [n, ...]; outputs "all" or a class; k below the number
    of rows and of parameters. A float32 network's values are right to about 1e-5 of the largest.
    """
    from scipy.sparse.linalg import svds

    need(outputs != "each", "outputs", outputs, '"all" or a class: these products are of one Jacobian')
    need(len(x), "x", tuple(x.shape), "one sample or more")
    with evaluation(net):
        J = Products(net, x, the_classes(net, x, outputs), only, chunk)
        need(isinstance(k, int) and 0 < k < min(J.shape), "k", k, f"a whole number in 1..{min(J.shape) - 1}")
        start = np.random.default_rng(seed).standard_normal(min(J.shape))
        single = J.dtype != torch.float64
        found = svds(_operator(J), k, v0=start, tol=1e-6 if single else 1e-10, return_singular_vectors="u")
    values, order = torch.tensor(found[1].copy()).double().sort(descending=True)
    vectors = torch.tensor(found[0].copy()).double()[:, order]
    return Spectrum(values.to(x.device), torch.linalg.qr(vectors)[0].to(x.device))


def _operator(J):
    """Products as scipy wants them."""
    from scipy.sparse.linalg import LinearOperator

    numpy = lambda product: lambda v: product(torch.tensor(v.ravel(), dtype=J.dtype, device=J.device)).cpu().numpy()
    dtype = np.float64 if J.dtype == torch.float64 else np.float32
    return LinearOperator(J.shape, numpy(J.along), numpy(J.back), dtype=dtype)


def stacked(y_onehot, centred=False):
    """Labels as one vector in the order of the Jacobian's rows: sample by sample, its classes one after the other.
    y_onehot [n, C] -> [n C], float64. centred: every class minus its mean over the samples."""
    need(y_onehot.dim() == 2, "shape of y_onehot", tuple(y_onehot.shape), "[n, C], a row per sample")
    y = y_onehot.double()
    return (y - y.mean(0) if centred else y).flatten()
