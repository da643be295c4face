"""One function per network: (shape of a sample, classes) -> module.

`classes` is the number of outputs: Q for regression. Layers have torch's default initial weights, unless a docstring
names others. Docstrings name networks with BatchNorm, where in training the output of a sample depends on the other
samples of its batch; the *_gn networks have GroupNorm instead.
"""

from .cnn import celeba_cnn, cnn9, cnn9_gn, lenet, small_cnn
from .dense import celeba_fc, mlp
from .inception import inception_resnet_v2
from .preact import preact_resnet18, wrn28_10, wrn40_2
from .resnet import resnet18, resnet32, resnet32_gn, resnet34, resnet50

_all = (
    *(mlp, lenet, small_cnn, cnn9, cnn9_gn, resnet32, resnet32_gn, wrn28_10, wrn40_2, preact_resnet18),
    *(resnet18, resnet34, resnet50, celeba_fc, celeba_cnn, inception_resnet_v2),
)
ALL = {net.__name__: net for net in _all}
