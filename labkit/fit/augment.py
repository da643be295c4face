"""Augmentation of a batch on its device: random crops after padding by four pixels, and flips."""

import torch

PAD = 4


class Augment:
    """x [B, channels, H, W] -> a random crop of x padded by 4, half of them mirrored; same shape.

    kind: "crop_flip" pads with black, "reflect_crop_flip" by reflection, None changes nothing. black: the value of
    black pixels, [1, channels, 1, 1]. rng: a generator on the device of x. Raises ValueError for what are not images.
    """

    def __init__(self, kind: str | None, black: torch.Tensor, rng: torch.Generator) -> None:
        self.kind = kind
        self.black = black
        self.rng = rng

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        if self.kind is None:
            return x
        if x.dim() != 4:
            raise ValueError(f"recipe's augment is {self.kind!r}; it must be None for samples of shape {x.shape[1:]}")
        rows, row_outside = self._indices(x.shape[2], self._draw(x, 2 * PAD + 1) - PAD)
        columns, column_outside = self._indices(x.shape[3], self._draw(x, 2 * PAD + 1) - PAD)
        mirrored = self._draw(x, 2).bool()
        columns = torch.where(mirrored, columns.flip(1), columns)
        column_outside = torch.where(mirrored, column_outside.flip(1), column_outside)
        batch = torch.arange(len(x), device=x.device)[:, None, None]
        pixels = x.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]]  # [B, H, W, channels]
        crop = pixels.permute(0, 3, 1, 2)
        if self.kind == "reflect_crop_flip":
            return crop
        outside = (row_outside[:, :, None] | column_outside[:, None, :])[:, None]
        return torch.where(outside, self.black, crop)

    def _draw(self, x, high):
        """Draw a whole number below `high` for every sample. -> [B, 1]"""
        return torch.randint(high, (len(x), 1), generator=self.rng, device=x.device)

    def _indices(self, size, offset):
        """Return the index of the pixel for each position of one axis, and whether it lies outside of the image.

        offset [B, 1] -> indices [B, size], bool [B, size]
        """
        index = torch.arange(size, device=offset.device) + offset
        reflected = (size - 1) - ((size - 1) - index.abs()).abs()
        return reflected, (index < 0) | (index >= size)
