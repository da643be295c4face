"""Augmentation of a batch on its device: random crops after padding by four pixels, and flips."""

import torch

PAD = 4


class Augment:
    """x [B, channels, H, W] -> a random crop of x padded by 4, half of them mirrored; same shape.

    kind: "crop_flip" pads with black, "reflect_crop_flip" by reflection, None changes nothing. black: the value of
    black pixels, [1, channels, 1, 1]. rng: a generator on the device of x. Raises ValueError for what are not images.
    """

    def __init__(self, kind, black, rng):
        self.kind, self.black, self.rng = kind, black, rng

    def __call__(self, x):
        if self.kind is None:
            return x
        if x.dim() != 4:
            raise ValueError(f"recipe's augment is {self.kind!r}; it must be None for samples of shape {x.shape[1:]}")
        draw = lambda high: torch.randint(high, (len(x), 1), generator=self.rng, device=x.device)
        rows, row_out = self.places(x.shape[2], draw(2 * PAD + 1) - PAD)
        columns, column_out = self.places(x.shape[3], draw(2 * PAD + 1) - PAD)
        mirrored = draw(2).bool()
        columns, column_out = (torch.where(mirrored, c.flip(1), c) for c in (columns, column_out))
        batch = torch.arange(len(x), device=x.device)[:, None, None]
        crop = x.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
        outside = (row_out[:, :, None] | column_out[:, None, :])[:, None]
        return crop if self.kind == "reflect_crop_flip" else torch.where(outside, self.black, crop)

    def places(self, size, offset):
        """Which pixel comes to each place of one axis, and whether it lies outside. offset [B, 1] -> [B, size] twice"""
        at = torch.arange(size, device=offset.device) + offset
        reflected = (size - 1) - ((size - 1) - at.abs()).abs()
        return reflected, (at < 0) | (at >= size)
