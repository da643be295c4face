"""The methods, one file each. ALL maps the papers' names to the classes (one method may have several names)."""

from .auxiliary import AUX
from .cdr import CDR
from .cdr_aux import CDR_AUX
from .cdr_rdi import CDR_RDI
from .erm import ERM
from .rdi import RDI

ALL = {"ERM": ERM, "SGD": ERM, "CDR": CDR, "AUX": AUX, "RDI": RDI, "CDR+AUX": CDR_AUX, "CDR+RDI": CDR_RDI}

__all__ = ["ALL", "AUX", "CDR", "CDR_AUX", "CDR_RDI", "ERM", "RDI"]
