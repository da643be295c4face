"""Cases: methods that look at the lengths of gradients."""

from math import inf

from cases import Case

from labkit.methods.ignormclip import Ignormclip
from labkit.methods.normclip import NormClip
from labkit.methods.prl_g import PRL_G

OWN = {"stacked": "a sample's gradient belongs to one network: no logits from elsewhere enter it"}
EVEN = "return norms * 0 + 1 / len(norms)"
CASES = {
    PRL_G: Case({"rate": 0.4}, {"rate": 0.0}, atol=1e-6, core={"PRL_G": EVEN}, except_=OWN),
    Ignormclip: Case({"clip": 1.0}, {"clip": inf}, atol=1e-6, core={"Ignormclip": EVEN}, except_=OWN),
    NormClip: Case({"clip": 0.5}, {"clip": inf}, core={"NormClip": "pass"}),
}
