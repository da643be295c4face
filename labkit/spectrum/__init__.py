"""The spectrum of a network's Jacobian, and its split into information and nuisance space.

    spectrum.singular_values(net, x)  # all of them, descending
    space = spectrum.split(net, x, energy=0.9)
    space.alignment(spectrum.stacked(y_onehot))  # the share of the labels in the information space

Definitions: CRUST (Mirzasoleiman, Cao, Leskovec, NeurIPS 2020), Eqs. (3) and (4). J = d f(W, X) / d W has a row per
sample where the network has one output: here one class, `outputs=c`. With `outputs="all"` it has a row per sample and
class. Row order, everywhere: sample by sample, its classes one after the other; row i C + c is output c of sample i.
`outputs="each"`: a spectrum per class.

`only`: a predicate on parameter names; the Jacobian is that of the parameters which it lets through. Networks are in
evaluation mode meanwhile, and as before afterwards.
"""

from .kernel import gram
from .rows import jacobian
from .space import Spectrum, singular_values, split, stacked, top

__all__ = ["Spectrum", "gram", "jacobian", "singular_values", "split", "stacked", "top"]
