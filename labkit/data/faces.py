"""Drawn faces: a small set for regression that is always there. Five landmarks each: the eyes, the tip of the nose, the
corners of the mouth.

Every value comes from +, -, *, /, square roots and uniform draws, which IEEE 754 rounds alike everywhere: the same bits
on every machine.
"""

import numpy as np

SIDE, TRAIN, TEST = 24, 1600, 400
LANDMARKS = ("left eye", "right eye", "nose", "left corner of the mouth", "right corner of the mouth")


def draw(n=TRAIN + TEST, side=SIDE, seed=0):
    """n grey faces of random shape, pose, size, light and noise, and where their landmarks are.

    -> x uint8 [n, 1, side, side], y float32 [n, 10]: x and y of LANDMARKS in units of the image, [0, 1], from the upper
    left corner; "left" is left in the image
    """
    rng = np.random.default_rng(seed)
    draws = lambda low, high, *shape: (low + (high - low) * rng.random((*shape, n, 1, 1))).astype(np.float32)
    head = _Heads(draws)
    y = np.stack([np.stack(head.place(*point), -1) for point in head.landmarks()], 1)
    grid = ((np.arange(side) + 0.5) / side).astype(np.float32)
    image = _paint(draws, head, grid[None, None, :], grid[None, :, None])
    image += np.float32(0.03) * (rng.random((4, n, side, side), dtype=np.float32) - np.float32(0.5)).sum(0)
    x = (image.clip(0, 1) * 255).round().astype(np.uint8)[:, None]
    return x, y.reshape(n, -1).astype(np.float32)


class _Heads:
    """n heads: shape and pose as columns [n, 1, 1]. Own coordinates: the head is the ellipse u^2 + (v / long)^2 < 1."""

    def __init__(self, column):
        self.cx, self.cy, self.half = column(0.4, 0.6), column(0.42, 0.56), column(0.27, 0.35)
        lean = column(-0.14, 0.14)  # tangent of half the angle: cosine and sine without a library's rounding
        self.cos, self.sin = (1 - lean * lean) / (1 + lean * lean), 2 * lean / (1 + lean * lean)
        self.turn, self.nod = column(-0.25, 0.25), column(-0.06, 0.06)
        self.long, self.eyes, self.eye_v = column(1.15, 1.4), column(0.36, 0.47), column(-0.28, -0.16)
        self.nose_v, self.mouth_v = column(0.14, 0.26), column(0.52, 0.64)
        self.mouth, self.smile = column(0.27, 0.42), column(-0.08, 0.12)
        self.eye, self.brow, self.gap = column(0.13, 0.18), column(-0.05, 0.05), column(0, 0.05)
        self.skin, self.hair, self.back = column(0.55, 0.85), column(0.05, 0.3), column(0.3, 0.6)
        self.hairline, self.lips = column(-0.95, -0.6), column(0.15, 0.4)
        self.light, self.shade = column(-0.25, 0.25), column(-0.15, 0.15)

    def landmarks(self):
        """Own coordinates (u, v) of the landmarks; a head that is turned moves its features to a side."""
        t, d, up = self.turn, self.nod, self.smile
        eye, mouth, sides = self.eye_v + d, self.mouth_v + d - up, (-1, 1)
        eyes, corners = (
            [(t + side * wide, at) for side in sides] for wide, at in ((self.eyes, eye), (self.mouth, mouth))
        )
        return *eyes, (1.5 * t, self.nose_v + d), *corners

    def place(self, u, v):
        """Own coordinates -> x, y in the image, [n]"""
        x = self.cx + self.half * (u * self.cos - v * self.sin)
        y = self.cy + self.half * (u * self.sin + v * self.cos)
        return x[:, 0, 0], y[:, 0, 0]

    def own(self, x, y):
        """Places in the image -> own coordinates (u, v), [n, side, side]"""
        x, y = (x - self.cx) / self.half, (y - self.cy) / self.half
        return x * self.cos + y * self.sin, y * self.cos - x * self.sin


def _inside(distance, soft):
    """1 where distance < 0, 0 where > soft, smooth in between."""
    t = (1 - distance / soft).clip(0, 1)
    return t * t * (3 - 2 * t)


def _blob(u, v, at, a, b, soft=0.6):
    """A soft ellipse with half axes a and b around `at`."""
    return _inside(np.sqrt(((u - at[0]) / a) ** 2 + ((v - at[1]) / b) ** 2) - (1 - soft / 2), np.float32(soft))


def _paint(draws, head, x, y):
    """The image, from back to front. -> [n, side, side]"""
    u, v = head.own(x, y)
    left, right, nose, corner, _ = head.landmarks()
    image = head.back + head.light * (x - 0.5) + head.shade * (y - 0.5)
    for _ in range(2):  # things in the background
        image = image + draws(-0.15, 0.15) * _blob(u, v, draws(-1.6, 1.6, 2), 0.5, 0.7)

    def over(mask, grey):
        nonlocal image
        image = image + mask * (grey - image)

    over(_blob(u, v, (0, -0.12), 1.12, head.long, 0.15), head.hair)
    face = _blob(u, v, (0, 0), 0.98, 0.98 * head.long, 0.15)
    over(face * _inside(head.hairline - v + 0.3 * (u - head.turn) ** 2, 0.2), head.skin)
    for at in (left, right):
        over(_blob(u, v, at, 1.45 * head.eye, 0.75 * head.eye), head.skin + 0.15)
        over(_blob(u, v, at, 0.75 * head.eye, 0.75 * head.eye), 0.05)
        brow = (at[0], at[1] - 0.27 - head.gap + head.brow * (u - at[0]))
        over(0.8 * _blob(u, v, brow, 0.28, 0.07, 1.0), 0.7 * head.hair)
    bridge = (0.5 * (nose[0] + head.turn), 0.5 * (nose[1] + left[1]))
    over(0.5 * _blob(u, v, bridge, 0.07, 0.3, 1.0), head.skin + 0.2)
    over(0.7 * _blob(u, v, (nose[0], nose[1] + 0.08), 0.2, 0.07, 0.9), 0.5 * head.skin)
    over(0.6 * _blob(u, v, nose, 0.1, 0.09, 0.9), head.skin + 0.25)
    across = (u - head.turn) / head.mouth
    middle = corner[1] + head.smile * (1 - across * across)
    over(_blob(u, v, (head.turn, middle), 1.08 * head.mouth, 0.1, 0.5), head.lips * head.skin)
    return image * (1 + head.light * (u - 0.2 * v) * face)
