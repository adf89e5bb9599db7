"""Is a generator's work new, or does it hand out its training images?"""

from typing import NamedTuple

import numpy as np

from .checks import check_images, check_whole
from .data import LabeledImages
from .evaluation import check_condition, images_like
from .metrics import nearest
from .sampler import Generator


class Memorization(NamedTuple):
    """Distances, in pixels, to the nearest training image, and the generated images closest to one.

    fakes, held_out: (N,) for the generated and for the held-out images. share: of all pairs of the
    two, those in which the fake is nearer; 0.5 if they are alike, 1 if all training images are
    copied. near: the share of fakes that are nearer than all but one in a hundred held-out images;
    0.01 if they are alike, and it sees a few copies among many. pairs: (K, 2, H, W, C), generated
    images, as far moved as their neighbors want it, beside these, the closest first.
    """

    fakes: np.ndarray
    held_out: np.ndarray
    share: float
    near: float
    pairs: np.ndarray


def memorization(
    generator: Generator,
    train: LabeledImages,
    held_out: LabeledImages,
    seed: int = 0,
    pairs: int = 10,
    moved: int = 0,
) -> Memorization:
    """Say whether generated images are nearer to the training images than unseen real ones.

    train: the images that the generator was trained on. held_out: real images that it was not (the
    embedded sample's test split is none for the shipped generator, which has seen all of MNIST's
    training split); one image is generated for each of their labels. The share is the Mann-Whitney
    statistic that Meehan et al. 2020 test for data-copying (arXiv 2004.05675), on Euclidean
    distances of pixels; it misses a tenth of copies among new images, which `near` finds. Both miss
    copies that were moved by a pixel unless `moved`, how far an image may be moved both ways before
    it is compared, says so. Plain images are nearer to all others, so look at the pairs before you
    call a share of 0.6 copying. pairs: how many to give, if there are as many held-out images.
    Raises ValueError if most of `held_out` is in `train`, or if the three differ in what can be
    asked for or in the size of an image.
    """
    pairs = check_whole("pairs", pairs, 1)
    moved = check_whole("moved", moved, 0, 5)
    check_condition("the held-out images", held_out, train)
    check_images(held_out.images, "held-out images", shape=train.image_shape)
    images = images_like(train, generator, held_out.labels, seed)
    _, real, _ = _nearest_moved(held_out.images, train.images, moved)
    if np.median(real) == 0:
        raise ValueError(
            "most held-out images are training images themselves; give ones that training never "
            "saw."
        )
    images, fakes, neighbors = _nearest_moved(images, train.images, moved)
    # How many of the real ones are nearer than each fake; equal ones count half.
    sides = [np.searchsorted(np.sort(real), fakes, side) for side in ("left", "right")]
    share = 1 - np.mean(sides) / len(real)
    near = np.mean(fakes < np.quantile(real, 0.01))
    closest = np.argsort(fakes)[:pairs]
    beside = np.stack([images[closest], train.images[neighbors[closest]]], axis=1)
    return Memorization(fakes, real, float(share), float(near), beside)


def _nearest_moved(
    images: np.ndarray, pool: np.ndarray, moved: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give each image where it is nearest to one of the pool, its distance and that one's index."""
    steps = range(-moved, moved + 1)
    margins = [(0, 0), (moved, moved), (moved, moved), (0, 0)]
    _, height, width, _ = images.shape
    wide = np.pad(images, margins)  # what leaves on one side does not come back on the other
    places = np.stack(
        [
            wide[:, moved + down :, moved + right :][:, :height, :width]
            for down in steps
            for right in steps
        ]
    )
    found = [nearest(place, pool) for place in places]
    distances, indices = (np.stack(part) for part in zip(*found, strict=True))
    best, every = distances.argmin(axis=0), np.arange(len(images))
    return places[best, every], distances[best, every], indices[best, every]
