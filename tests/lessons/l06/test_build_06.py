"""Lesson 06, the cut as readers may write it: two right ways and the typical mistakes."""

import torch


def by_svd(J, y, C, k):
    U = torch.linalg.svd(J).U[:, :k]
    v = torch.eye(C, dtype=J.dtype)[y].flatten()
    return (U @ (U.T @ v)).view(-1, C)


def by_eigh(J, y, C, k):
    _, V = torch.linalg.eigh(J @ J.T)
    v = torch.nn.functional.one_hot(y, C).double().flatten()
    result = torch.zeros_like(v)
    for direction in range(len(v) - k, len(v)):
        result += (V[:, direction] @ v) * V[:, direction]
    return result.reshape(len(y), C)


def smallest(J, y, C, k):
    V = torch.linalg.eigh(J @ J.T).eigenvectors[:, :k]
    v = torch.eye(C, dtype=J.dtype)[y].flatten()
    return (V @ (V.T @ v)).view(-1, C)


def parameters(J, y, C, k):
    Vh = torch.linalg.svd(J).Vh[:k]
    v = torch.eye(C, dtype=J.dtype)[y].flatten()
    return (Vh.T @ (Vh @ v)).view(-1, C)


def by_class(J, y, C, k):
    U = torch.linalg.svd(J).U[:, :k]
    v = torch.eye(C, dtype=J.dtype)[y].T.flatten()
    return (U @ (U.T @ v)).view(C, -1).T


def coordinates(J, y, C, k):
    U = torch.linalg.svd(J).U[:, :k]
    return U.T @ torch.eye(C, dtype=J.dtype)[y].flatten()


RIGHT = [("06.build", by_svd), ("06.build", by_eigh)]
MISTAKES = [
    ("06.build", smallest, "*smallest* directions"),
    ("06.build", parameters, "directions of the parameters"),
    ("06.build", lambda J, y, C, k: torch.eye(C)[y] - by_svd(J, y, C, k), "nuisance part"),
    ("06.build", lambda J, y, C, k: (J @ J.T @ torch.eye(C).double()[y].flatten()).view(-1, C), "squared singular"),
    ("06.build", by_class, "class by class"),
    ("06.build", lambda J, y, C, k: by_svd(J, y, C, k * C), "for each class"),
    ("06.build", coordinates, "the shape of the result is ["),
]
