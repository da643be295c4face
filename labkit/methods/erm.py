"""Empirical risk minimisation: every given label is trusted alike.

The baseline of every table; "SGD" in CDR+AUX, "Standard" in PRL, "BaseModel" in RMNW-Net.
"""

from dataclasses import dataclass

from labkit.method import Method


@dataclass(kw_only=True, eq=False)
class ERM(Method):
    """Plain SGD on the mean loss of the batch. It answers no question differently."""
