"""The methods, one file each or one per family. ALL maps the papers' names to the classes, FAMILIES sorts them."""

from typing import Any

from ..errors import choose
from ..method import Method
from .auxiliary import AUX
from .cdr import CDR
from .cdr_aux import CDR_AUX
from .cdr_rdi import CDR_RDI
from .co_prl_l import CoPRL_L
from .co_teaching import CoTeaching
from .co_teaching_plus import CoTeachingPlus
from .confident import ConfidentLearning
from .cores2 import CORES2
from .correction import BCorrection, FCorrection
from .crowd_layer import CrowdLayer
from .crust import CRUST
from .d2l import D2L
from .decoupling import Decoupling
from .dividemix import DivideMix
from .elr import ELR
from .erm import ERM
from .fine_tuning import FineTuning
from .gjs import GJS
from .glc import GLC
from .ignormclip import Ignormclip
from .incv import INCV
from .jocor import JoCoR
from .l2rw import L2RW
from .l_dmi import L_DMI
from .losses import (
    GCE,
    JS,
    MAE,
    MSE,
    NCE_RCE,
    SCE,
    BootstrapHard,
    BootstrapSoft,
    CE_eps_MAE,
    Focal,
    Huber,
    LabelSmoothing,
)
from .mentornet import MentorNetDD, MentorNetPD
from .min_sgd import MinSGD
from .mixup import Mixup
from .mnw_net import MNWNet
from .mw_net import MWNet
from .normclip import NormClip
from .o2u_net import O2UNet
from .peer_loss import PeerLoss
from .pes import PES
from .prl_g import PRL_G
from .prl_l import PRL_L
from .rdi import RDI
from .rmnw_net import RMNWNet
from .s_model import SModel
from .sop import SOP
from .spl import SPL
from .t_revision import TRevision

FAMILIES = {
    "losses": {
        "ERM": ERM,
        "SGD": ERM,
        "MSE": MSE,
        "MAE": MAE,
        "Huber": Huber,
        "NormClip": NormClip,
        "Ignormclip": Ignormclip,
        "Bootstrap soft": BootstrapSoft,
        "Bootstrap hard": BootstrapHard,
        "Focal": Focal,
        "mixup": Mixup,
        "RDI": RDI,
        "AUX": AUX,
        "GCE": GCE,
        "SCE": SCE,
        "NCE+RCE": NCE_RCE,
        "JS": JS,
        "GJS": GJS,
        "Peer loss": PeerLoss,
        "CE_eps+MAE": CE_eps_MAE,
        "Label smoothing": LabelSmoothing,
    },
    "selection": {
        "SPL": SPL,
        "Min-SGD": MinSGD,
        "PRL(G)": PRL_G,
        "PRL(L)": PRL_L,
        "Co-PRL(L)": CoPRL_L,
        "Co-teaching": CoTeaching,
        "Decoupling": Decoupling,
        "INCV": INCV,
        "CRUST": CRUST,
        "MentorNet PD": MentorNetPD,
        "MentorNet DD": MentorNetDD,
        "O2U-Net": O2UNet,
    },
    "parameters": {"CDR": CDR, "CDR+AUX": CDR_AUX, "CDR+RDI": CDR_RDI},
    "transition": {
        "F-correction": FCorrection,
        "B-correction": BCorrection,
        "S-Model": SModel,
        "GLC": GLC,
        "T-Revision": TRevision,
        "L_DMI": L_DMI,
        "CrowdLayer": CrowdLayer,
    },
    "meta": {
        "D2L": D2L,
        "Fine-tuning": FineTuning,
        "L2RW": L2RW,
        "MW-Net": MWNet,
        "MNW-Net": MNWNet,
        "RMNW-Net": RMNWNet,
    },
    "today": {
        "ELR": ELR,
        "SOP": SOP,
        "JoCoR": JoCoR,
        "Co-teaching+": CoTeachingPlus,
        "DivideMix": DivideMix,
        "PES": PES,
        "CORES2": CORES2,
        "Confident learning": ConfidentLearning,
    },
}
ALL = {name: cls for family in FAMILIES.values() for name, cls in family.items()}

__all__ = ["ALL", "FAMILIES", "make", *dict.fromkeys(cls.__name__ for cls in ALL.values())]


def make(name: str, noise_rate: float | None = None, **settings: Any) -> Method:
    """Make a method by its name in ALL: make("Co-teaching", noise_rate=0.4, ramp=5).

    noise_rate: the hyperparameter `rate` of a method that assumes a noise rate, unless `settings` has one; other
    methods do without. settings: hyperparameters. Raises ValueError for an unknown name, and for a hyperparameter that
    the method does not take.
    """
    method = choose("method", name, ALL)
    if noise_rate is not None and method.assumes_rate():
        settings = {"rate": noise_rate} | settings
    return method(**settings)
