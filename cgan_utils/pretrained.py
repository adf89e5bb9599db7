"""Weights that come with the package: a generator to play with, and the judge's."""

import hashlib
import io
import json
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from .generator import Sampler, build_pretrained_generator

WEIGHTS = Path(__file__).parent / "weights"


def load_pretrained(name: str = "mnist") -> Sampler:
    """A trained generator that needs no download; its card is weights/generator_NAME.json.

    Raises ValueError if there is none of this name, or if its file is damaged.
    """
    return Sampler(load_weights(build_pretrained_generator(), f"generator_{_known(name)}"))


class Strip(NamedTuple):
    """What a generator drew while it was trained: every label once, always from the same noise.

    images: (T, classes, 28, 28, 1) float32 in [0, 1]. epochs: (T,) passes over the training images
    by then, the first 0.
    """

    images: np.ndarray
    epochs: np.ndarray


def load_strip(name: str = "mnist") -> Strip:
    """Snapshots of the training of the generator that `load_pretrained(name)` gives."""
    arrays = load_arrays(f"strip_{_known(name)}")
    return Strip(np.divide(arrays["images"], 255, dtype=np.float32), arrays["epochs"])


def _known(name: str) -> str:
    names = sorted(path.stem.removeprefix("generator_") for path in WEIGHTS.glob("generator_*.npz"))
    if name not in names:
        raise ValueError(
            f"there is no pretrained generator {name!r}; there is {', '.join(map(repr, names))}."
        )
    return name


def load_weights(network: keras.Model, name: str) -> keras.Model:
    """Gives the network the weights of WEIGHTS/name.npz; raises ValueError if they do not fit it."""
    arrays = load_arrays(name)
    try:
        network.set_weights(list(arrays.values()))
    except ValueError as error:
        raise ValueError(
            f"{name}.npz does not fit the network that Keras {keras.__version__} builds; "
            "install this package again, or the Keras of its constraints.txt."
        ) from error
    return network


def load_arrays(name: str) -> dict[str, np.ndarray]:
    """The plain arrays of WEIGHTS/name.npz, once they match the card's SHA-256.

    Raises ValueError if the file or its card is missing or damaged. Nothing in it is executed.
    """
    path = WEIGHTS / f"{name}.npz"
    try:
        content = path.read_bytes()
        expected = json.loads(path.with_suffix(".json").read_text("utf-8"))["sha256"]
    except (OSError, ValueError, KeyError):
        content, expected = b"", "missing"
    if hashlib.sha256(content).hexdigest() != expected:
        raise ValueError(f"{path.name} or its card is damaged; install this package again.")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)


def save_weights(network: keras.Model, name: str, card: dict) -> Path:
    """Writes the network's weights to WEIGHTS/name.npz, and their card beside them."""
    arrays = {f"arr_{i}": weights for i, weights in enumerate(network.get_weights())}
    return save_arrays(arrays, name, card)


def save_arrays(arrays: dict[str, np.ndarray], name: str, card: dict) -> Path:
    """Writes the arrays to WEIGHTS/name.npz and their card, with the SHA-256, beside them."""
    path = WEIGHTS / f"{name}.npz"
    np.savez_compressed(path, **arrays)
    card = {**card, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    return path
