"""Inception-ResNet-v2, from the package timm."""

from torch import nn

from ..arguments import checked
from .layers import Outputs, Shape, need_pixels


@checked
def inception_resnet_v2(shape: Shape = (3, 299, 299), classes: Outputs = 50) -> nn.Module:
    """Make Inception-ResNet-v2 with random weights, as for mini-WebVision. Szegedy, Ioffe, Vanhoucke, Alemi, AAAI 2017.
    54,383,314 parameters for 50 classes. BatchNorm. Raises ImportError without timm."""
    need_pixels("inception_resnet_v2", shape, 75)
    from timm import create_model

    return create_model("inception_resnet_v2", pretrained=False, num_classes=classes, in_chans=shape[0])
