"""Drawn faces: a small set for regression that needs no file.

Five landmarks each: the eyes, the tip of the nose, the corners of the mouth. Every value comes from +, -, *, /, square
roots and uniform draws, which IEEE 754 rounds alike everywhere, so every machine draws the same bits.
"""

from collections.abc import Callable

import numpy as np

SIDE = 24
TRAIN = 1600
TEST = 400
LANDMARKS = ("left eye", "right eye", "nose", "left corner of the mouth", "right corner of the mouth")
SIDES = (-1, 1)  # left and right


def draw(n: int = TRAIN + TEST, side: int = SIDE, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw n grey faces of random shape, pose, size, light and noise, and their landmarks.

    -> x uint8 [n, 1, side, side], y float32 [n, 10]: x and y of LANDMARKS in units of the image, [0, 1], from the upper
    left corner; "left" is left in the image
    """
    rng = np.random.default_rng(seed)

    def uniform(low, high, *shape):
        draws = rng.random((*shape, n, 1, 1))
        return (low + (high - low) * draws).astype(np.float32)

    head = _Heads(uniform)
    points = []
    for u, v in head.landmarks():
        points.append(np.stack(head.to_image(u, v), -1))
    y = np.stack(points, 1)
    grid = ((np.arange(side) + 0.5) / side).astype(np.float32)
    image = _paint(uniform, head, grid[None, None, :], grid[None, :, None])
    noise = rng.random((4, n, side, side), dtype=np.float32) - np.float32(0.5)
    image += np.float32(0.03) * noise.sum(0)
    x = (image.clip(0, 1) * 255).round().astype(np.uint8)[:, None]
    return x, y.reshape(n, -1).astype(np.float32)


class _Heads:
    """n heads: shape and pose as columns [n, 1, 1].

    A head has coordinates (u, v), in which it is the ellipse u^2 + (v / long)^2 < 1. The order of the draws is part of
    the dataset.
    """

    def __init__(self, uniform: Callable[[float, float], np.ndarray]):
        self.center_x = uniform(0.4, 0.6)
        self.center_y = uniform(0.42, 0.56)
        self.half_width = uniform(0.27, 0.35)
        lean = uniform(-0.14, 0.14)  # tangent of half the angle: cosine and sine without a library's rounding
        self.cos = (1 - lean * lean) / (1 + lean * lean)
        self.sin = 2 * lean / (1 + lean * lean)
        self.turn = uniform(-0.25, 0.25)
        self.nod = uniform(-0.06, 0.06)
        self.long = uniform(1.15, 1.4)
        self.eye_u = uniform(0.36, 0.47)
        self.eye_v = uniform(-0.28, -0.16)
        self.nose_v = uniform(0.14, 0.26)
        self.mouth_v = uniform(0.52, 0.64)
        self.mouth_u = uniform(0.27, 0.42)
        self.smile = uniform(-0.08, 0.12)
        self.eye_size = uniform(0.13, 0.18)
        self.brow_slope = uniform(-0.05, 0.05)
        self.brow_gap = uniform(0, 0.05)
        self.skin = uniform(0.55, 0.85)
        self.hair = uniform(0.05, 0.3)
        self.background = uniform(0.3, 0.6)
        self.hairline = uniform(-0.95, -0.6)
        self.lips = uniform(0.15, 0.4)
        self.light = uniform(-0.25, 0.25)
        self.shade = uniform(-0.15, 0.15)

    def landmarks(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the coordinates (u, v) of LANDMARKS; a head that is turned moves its features to a side."""
        eye_v = self.eye_v + self.nod
        mouth_v = self.mouth_v + self.nod - self.smile
        eyes = [(self.turn + side * self.eye_u, eye_v) for side in SIDES]
        nose = (1.5 * self.turn, self.nose_v + self.nod)
        corners = [(self.turn + side * self.mouth_u, mouth_v) for side in SIDES]
        return [*eyes, nose, *corners]

    def to_image(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the place of (u, v) in the image. -> x, y [n]"""
        x = self.center_x + self.half_width * (u * self.cos - v * self.sin)
        y = self.center_y + self.half_width * (u * self.sin + v * self.cos)
        return x[:, 0, 0], y[:, 0, 0]

    def to_head(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the coordinates of places in the image. -> u, v [n, side, side]"""
        x = (x - self.center_x) / self.half_width
        y = (y - self.center_y) / self.half_width
        return x * self.cos + y * self.sin, y * self.cos - x * self.sin


def _inside(distance, soft):
    """Return 1 where distance < 0, 0 where > soft, smooth in between."""
    t = (1 - distance / soft).clip(0, 1)
    return t * t * (3 - 2 * t)


def _ellipse(u, v, center, a, b, soft=0.6):
    """Return the mask of a soft ellipse with half axes a and b. -> [n, side, side] in [0, 1]"""
    radius = np.sqrt(((u - center[0]) / a) ** 2 + ((v - center[1]) / b) ** 2)
    return _inside(radius - (1 - soft / 2), np.float32(soft))


def _over(image, mask, grey):
    """Return the image with a grey value painted over it where the mask is 1."""
    return image + mask * (grey - image)


def _paint(uniform, head, x, y):
    """Paint the image, from back to front. x, y: places of the pixels. -> [n, side, side]"""
    u, v = head.to_head(x, y)
    left_eye, right_eye, nose, corner, _ = head.landmarks()
    image = head.background + head.light * (x - 0.5) + head.shade * (y - 0.5)
    for _ in range(2):  # objects in the background
        grey = uniform(-0.15, 0.15)
        image = image + grey * _ellipse(u, v, uniform(-1.6, 1.6, 2), 0.5, 0.7)
    image = _over(image, _ellipse(u, v, (0, -0.12), 1.12, head.long, 0.15), head.hair)
    face = _ellipse(u, v, (0, 0), 0.98, 0.98 * head.long, 0.15)
    below_hairline = _inside(head.hairline - v + 0.3 * (u - head.turn) ** 2, 0.2)
    image = _over(image, face * below_hairline, head.skin)
    for eye in (left_eye, right_eye):
        image = _paint_eye(image, head, u, v, eye)
    image = _paint_nose(image, head, u, v, nose, left_eye)
    image = _paint_mouth(image, head, u, v, corner)
    return image * (1 + head.light * (u - 0.2 * v) * face)


def _paint_eye(image, head, u, v, eye):
    """Paint an eye, its pupil and its brow."""
    image = _over(image, _ellipse(u, v, eye, 1.45 * head.eye_size, 0.75 * head.eye_size), head.skin + 0.15)
    image = _over(image, _ellipse(u, v, eye, 0.75 * head.eye_size, 0.75 * head.eye_size), 0.05)
    brow = (eye[0], eye[1] - 0.27 - head.brow_gap + head.brow_slope * (u - eye[0]))
    return _over(image, 0.8 * _ellipse(u, v, brow, 0.28, 0.07, 1.0), 0.7 * head.hair)


def _paint_nose(image, head, u, v, nose, eye):
    """Paint the bridge, the shadow and the tip of the nose."""
    bridge = (0.5 * (nose[0] + head.turn), 0.5 * (nose[1] + eye[1]))
    shadow = (nose[0], nose[1] + 0.08)
    image = _over(image, 0.5 * _ellipse(u, v, bridge, 0.07, 0.3, 1.0), head.skin + 0.2)
    image = _over(image, 0.7 * _ellipse(u, v, shadow, 0.2, 0.07, 0.9), 0.5 * head.skin)
    return _over(image, 0.6 * _ellipse(u, v, nose, 0.1, 0.09, 0.9), head.skin + 0.25)


def _paint_mouth(image, head, u, v, corner):
    """Paint the mouth, bent by the smile."""
    across = (u - head.turn) / head.mouth_u
    middle = corner[1] + head.smile * (1 - across * across)
    mask = _ellipse(u, v, (head.turn, middle), 1.08 * head.mouth_u, 0.1, 0.5)
    return _over(image, mask, head.lips * head.skin)
