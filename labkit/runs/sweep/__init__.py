"""Sweeps: a plan of many trainings or notebooks, and running it."""

from .drive import Sweep, sweep
from .plan import Plan

__all__ = ["Plan", "Sweep", "sweep"]
