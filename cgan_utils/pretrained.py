"""Weights that come with the package: a generator to play with, and the judge's."""

import hashlib
import io
import json
from pathlib import Path

import keras
import numpy as np

from .generator import Sampler, build_generator

WEIGHTS = Path(__file__).parent / "weights"


def load_pretrained(name: str = "mnist") -> Sampler:
    """A trained generator that needs no download; its card is weights/generator_NAME.json.

    Raises ValueError if there is none of this name, or if its file is damaged.
    """
    names = sorted(path.stem.removeprefix("generator_") for path in WEIGHTS.glob("generator_*.npz"))
    if name not in names:
        raise ValueError(
            f"there is no pretrained generator {name!r}; there is {', '.join(map(repr, names))}."
        )
    return Sampler(load_weights(build_generator(), f"generator_{name}"))


def load_weights(network: keras.Model, name: str) -> keras.Model:
    """Gives the network the weights of WEIGHTS/name.npz."""
    network.set_weights(list(load_arrays(name).values()))
    return network


def load_arrays(name: str) -> dict[str, np.ndarray]:
    """The plain arrays of WEIGHTS/name.npz, once they match the card's SHA-256."""
    path = WEIGHTS / f"{name}.npz"
    content = path.read_bytes()
    card = json.loads(path.with_suffix(".json").read_text("utf-8"))
    if hashlib.sha256(content).hexdigest() != card["sha256"]:
        raise ValueError(f"{path.name} is damaged; install this package again.")
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
