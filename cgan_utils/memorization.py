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
    two, those in which the fake is nearer; 0.5 if they are alike, 1 if training images are copied.
    pairs: (K, 2, H, W, C), generated images beside their neighbors, the closest first.
    """

    fakes: np.ndarray
    held_out: np.ndarray
    share: float
    pairs: np.ndarray


def memorization(
    generator: Generator,
    train: LabeledImages,
    held_out: LabeledImages,
    seed: int = 0,
    pairs: int = 10,
) -> Memorization:
    """Say whether generated images are nearer to the training images than unseen real ones.

    train: the images that the generator was trained on. held_out: real images that it was not (the
    embedded sample's test split is none for the shipped generator, which has seen all of MNIST's
    training split); one image is generated for each of their labels. The share is the Mann-Whitney
    statistic that Meehan et al. 2020 test for data-copying (arXiv 2004.05675), on Euclidean
    distances of pixels. Plain images are nearer to all others, so look at the pairs before you call
    a share of 0.6 copying. pairs: how many to give, if there are as many held-out images. Raises
    ValueError if most of `held_out` is in `train`, or if the three differ in what can be asked for
    or in the size of an image.
    """
    pairs = check_whole("pairs", pairs, 1)
    check_condition("the held-out images", held_out, train)
    check_images(held_out.images, "held-out images", shape=train.image_shape)
    images = images_like(train, generator, held_out.labels, seed)
    real, _ = nearest(held_out.images, train.images)
    if np.median(real) == 0:
        raise ValueError(
            "most held-out images are training images themselves; give ones that training never "
            "saw."
        )
    fakes, neighbors = nearest(images, train.images)
    # How many of the real ones are nearer than each fake; equal ones count half.
    sides = [np.searchsorted(np.sort(real), fakes, side) for side in ("left", "right")]
    share = 1 - np.mean(sides) / len(real)
    closest = np.argsort(fakes)[:pairs]
    beside = np.stack([images[closest], train.images[neighbors[closest]]], axis=1)
    return Memorization(fakes, real, float(share), beside)
