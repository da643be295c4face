"""NUMBERS is raised by every change that can move a number by more than the rounding of its last digit, so that stored
runs of older code are not taken for new ones."""

NUMBERS = 1
