"""What panels draw, as plain data."""

import json
from base64 import b64decode
from io import BytesIO
from math import nan

import numpy as np
import torch
from PIL import Image

from labkit.panels import curve, sprite


def pixels(data):
    """The image in a data URL. -> array"""
    return np.asarray(Image.open(BytesIO(b64decode(data.split(",")[1]))))


def test_a_curve_is_valid_json_where_nothing_was_measured():
    made = curve("a", [1, 2], np.array([nan, 0.123456789]))
    assert made["y"] == [None, 0.12346]
    json.dumps(made, allow_nan=False)


def test_a_sprite_has_every_image_in_its_place():
    x = torch.arange(14, dtype=torch.uint8).view(14, 1, 1, 1).expand(14, 1, 2, 3) * 19
    sheet = pixels(sprite(x))
    assert sheet.shape == (4, 36)
    for k in range(14):
        there = sheet[2 * (k // 12) : 2 * (k // 12) + 2, 3 * (k % 12) : 3 * (k % 12) + 3]
        assert (np.abs(there - (255 - 255 * k / 13)) <= 1).all()
    colours = pixels(sprite(torch.eye(3).view(3, 3, 1, 1) * 255))
    assert (colours[0, :3] == 255 * np.eye(3)).all()


def test_a_sprite_of_no_images_is_an_image():
    assert pixels(sprite(torch.zeros(0, 1, 8, 8, dtype=torch.uint8))).shape == (8, 96)
