"""Sweeps: a plan of many trainings or notebooks, and running it."""
