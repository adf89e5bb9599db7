"""Generators that come with the package, and snapshots of their training."""

from typing import NamedTuple

import numpy as np

from .datasets import data_set
from .files import SHIPPED, load_arrays, load_weights
from .patient import build_patient_generator
from .sampler import Sampler
from .settings import seeded


def load_pretrained(name: str = "mnist") -> Sampler:
    """Load a trained generator, which needs no download; its card is shipped/generator_NAME.json.

    Raises ValueError if there is none of this name, or if its file is damaged.
    """
    data = data_set(_known(name))
    with seeded(0):  # first weights, which the shipped ones replace
        network = build_patient_generator(data.condition.width, data.image_shape)
    return Sampler(load_weights(network, f"generator_{name}"), data.condition)


class Strip(NamedTuple):
    """What a generator drew while it was trained: every example once, always from the same noise.

    images: (T, examples, H, W, C) float32 in [0, 1]. epochs: (T,) passes over the training images
    by then, the first 0.
    """

    images: np.ndarray
    epochs: np.ndarray


def load_strip(name: str = "mnist") -> Strip:
    """Load snapshots of the training of the generator that `load_pretrained(name)` gives."""
    arrays = load_arrays(f"strip_{_known(name)}")
    return Strip(np.divide(arrays["images"], 255, dtype=np.float32), arrays["epochs"])


def _known(name: str) -> str:
    names = sorted(path.stem.removeprefix("generator_") for path in SHIPPED.glob("generator_*.npz"))
    if name not in names:
        raise ValueError(
            f"there is no pretrained generator {name!r}; there is {', '.join(map(repr, names))}."
        )
    return name
