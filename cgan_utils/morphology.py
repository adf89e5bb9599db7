"""Slant, width and stroke of digits, measured on their images as Morpho-MNIST does."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from .checks import check_images

_ZOOM = 4  # pixels are cut into so many by so many before anything is counted
_CUT = 0.02  # share of the ink that may lie outside, on either side


class Morphology(NamedTuple):
    """What was measured of each of N images; in pixels of the image where it is a length.

    slant: the angle in degrees, positive where it leans right, whose shear sets the digit upright.
    width: of the upright digit, from where 2 % of its ink lie to the left to where 2 % lie to the
    right. stroke: the mean thickness along the middle of the stroke.
    """

    slant: np.ndarray
    width: np.ndarray
    stroke: np.ndarray


def measure_digits(images: np.ndarray) -> Morphology:
    """Measure images (N, H, W, 1) in [0, 1], white on black; each of the three is (N,).

    As in Castro et al. 2019, Morpho-MNIST, arXiv 1809.10780: slant from second moments, width of
    the bounding parallelogram, and the mean over the skeleton of twice the distance to the
    background, on the image enlarged four times and cut at half its brightness. An image without
    ink has NaN for all three, one with ink in a single row for slant and width. Raises ValueError
    for images of another shape, type or range.
    """
    images = check_images(images)
    if images.shape[3] != 1:
        raise ValueError(f"images have shape {images.shape}; give gray ones, (N, H, W, 1).")
    parts = [_measure(images[i : i + 250, ..., 0]) for i in range(0, len(images), 250)]
    return Morphology(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _measure(images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    height, width = images.shape[1:]
    with np.errstate(invalid="ignore"):  # 0 / 0 where there is no ink
        ink = images.astype(np.float64) / images.sum(axis=(1, 2), keepdims=True, dtype=np.float64)
        row, column = np.arange(height)[:, None], np.arange(width)
        down = row - (ink * row).sum(axis=(1, 2), keepdims=True)
        across = column - (ink * column).sum(axis=(1, 2), keepdims=True)
        spread = (ink * down**2).sum(axis=(1, 2))
        spread[spread < 1e-9] = np.nan  # ink in a single row leans nowhere
        shear = (ink * down * across).sum(axis=(1, 2)) / spread
        slant = -np.degrees(np.arctan(shear))
        upright = across - shear[:, None, None] * down
        big = tf.image.resize(images[..., None], (_ZOOM * height, _ZOOM * width), "bicubic")[..., 0]
        inside = big.numpy() >= images.max(axis=(1, 2), keepdims=True) / 2
        inside &= images.max(axis=(1, 2), keepdims=True) > 0
        skeleton = thinned(inside)
        thickness = 2 * _distances(inside) / _ZOOM
        stroke = (thickness * skeleton).sum(axis=(1, 2)) / skeleton.sum(axis=(1, 2))
    return slant, _extent(upright, ink), stroke


def _extent(places: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Give how far the places (N, H, W) of the ink reach, without _CUT of it at either end; (N,).

    The ink of a pixel is spread evenly over its width, so that thin strokes have a width too.
    """
    parts = (np.arange(_ZOOM) + 0.5) / _ZOOM - 0.5
    places = (places[..., None] + parts).reshape(len(places), -1)
    ink = np.repeat(ink.reshape(len(ink), -1), _ZOOM, axis=1) / _ZOOM
    order = places.argsort(axis=1)
    reached = np.take_along_axis(ink, order, axis=1).cumsum(axis=1)
    places = np.take_along_axis(places, order, axis=1)
    ends = [(reached < cut).sum(axis=1, keepdims=True) for cut in (_CUT, 1 - _CUT)]
    first, last = (np.take_along_axis(places, end, axis=1)[:, 0] for end in ends)
    return last - first


def thinned(inside: np.ndarray) -> np.ndarray:
    """Thin shapes (N, H, W), bool, to lines one pixel wide: Zhang and Suen 1984.

    From both sides in turn it takes away pixels of the edge, as long as nothing breaks apart and no
    line gets shorter. (doi 10.1145/357994.358023)
    """
    shape = np.pad(inside, ((0, 0), (1, 1), (1, 1))).astype(np.uint8)
    middle = shape[:, 1:-1, 1:-1]
    views = [
        shape[:, 1 + i : shape.shape[1] - 1 + i, 1 + j : shape.shape[2] - 1 + j] for i, j in _AROUND
    ]
    changed = True
    while changed:
        changed = False
        for taken in _TAKEN:
            around = sum(view << bit for bit, view in enumerate(views))
            taken_here = middle & taken[around]
            if taken_here.any():
                changed = True
                middle -= taken_here
    return middle.astype(bool)


# The eight neighbors, clockwise from above: bits 0 to 7 of a number
_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def _taken_by_neighbors() -> np.ndarray:
    """Say for each number of neighbors whether a pixel goes, from the one side and from the other.

    (2, 256) of 0 and 1: it goes if it is of the edge (two to six neighbors), holds nothing together
    (one run of neighbors around it), and lies on this side.
    """
    around = np.arange(256)[:, None] >> np.arange(8) & 1
    count = around.sum(axis=1)
    runs = (np.roll(around, -1, axis=1) > around).sum(axis=1)
    up, right, down, left = (around[:, bit] == 1 for bit in (0, 2, 4, 6))
    edge = (count >= 2) & (count <= 6) & (runs == 1)
    first = edge & ~(up & right & down) & ~(right & down & left)
    second = edge & ~(up & right & left) & ~(up & down & left)
    return np.array([first, second], np.uint8)


_TAKEN = _taken_by_neighbors()


def _distances(inside: np.ndarray) -> np.ndarray:
    """Give the distance from each pixel to the nearest one outside, (N, H, W), in pixels.

    What lies beyond the edge of the image counts as outside.
    """
    shape = np.pad(inside, ((0, 0), (1, 1), (1, 1)))
    rows = np.arange(shape.shape[1])[:, None]
    above = np.maximum.accumulate(np.where(shape, 0, rows), axis=1)
    below = np.minimum.accumulate(np.where(shape, len(rows), rows)[:, ::-1], axis=1)[:, ::-1]
    squares = np.minimum(rows - above, below - rows).astype(np.float32) ** 2
    found, reach = squares.copy(), int(np.sqrt(squares.max()))
    for step in range(1, reach + 1):
        for to, of in ((np.s_[step:], np.s_[:-step]), (np.s_[:-step], np.s_[step:])):
            np.minimum(found[..., to], squares[..., of] + step**2, out=found[..., to])
    return np.sqrt(found[:, 1:-1, 1:-1])
