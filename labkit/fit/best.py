"""Keeps the weights of the epochs that are best by a criterion."""

from collections.abc import Sequence

import torch

from ..state import save_value
from .accuracy import TEST, VALIDATION

SCORES = {"best_val": VALIDATION, "oracle_best": TEST}  # criterion -> columns of the history: classes, regression


class Best:
    """The weights of the best epoch on the noisy validation split, and of the best one on the test set.

    epochs: criterion -> epoch, counted from 1; a criterion without a score is not in it. weights: epoch -> a state dict
    per network. An epoch that is best by both criteria is kept once. Of equal scores the first one counts.
    """

    def __init__(self) -> None:
        self.scores: dict[str, float] = {}
        self.epochs: dict[str, int] = {}
        self.weights: dict[int, list[dict]] = {}

    def add(self, epoch: int, row: dict, nets: Sequence[torch.nn.Module]) -> None:
        """Keep the weights of an epoch if its row of the history is better than all before."""
        for criterion, columns in SCORES.items():
            score = next((row[column] for column in columns if column in row), None)
            if score is None or not score > self.scores.get(criterion, -float("inf")):
                continue
            self.scores[criterion] = score
            self.epochs[criterion] = epoch
            if epoch not in self.weights:
                self.weights[epoch] = save_value([net.state_dict() for net in nets])
        kept = sorted(set(self.epochs.values()))
        self.weights = {epoch: self.weights[epoch] for epoch in kept}

    def state_dict(self) -> dict:
        """Return scores, epochs and weights."""
        return {"scores": self.scores, "epochs": self.epochs, "weights": self.weights}

    def load_state_dict(self, state: dict) -> None:
        """Take the state of `state_dict` back."""
        self.scores = state["scores"]
        self.epochs = state["epochs"]
        self.weights = state["weights"]
