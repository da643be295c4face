"""NUMBERS is raised by every change that can move a number by more than the rounding of its last digit.

So stored runs of older code are not taken for new ones. CHANGELOG.md has the tables of before and after.

2: variant="released" does what the authors' code does. A run's name covers its data's scale and truth, and the code of
networks, methods and noise models that are not labkit's. Methods at their defaults train to the same bits as under 1,
but for CDR, CDR+AUX and CDR+RDI on convolutional networks: there, a fused step gave gradients to the wrong weights.
"""

NUMBERS = 2
DEFAULTS_SINCE = 1  # from this number on, methods at their defaults have trained to the same bits, but for the above
