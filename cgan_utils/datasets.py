"""The data sets, one record each; raw images from the package, Keras's cache or a file."""

import gzip
import hashlib
import http.client
import io
import os
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .conditions import Attributes, Classes, Condition
from .files import load_arrays, written_whole

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


@dataclass(frozen=True)
class DataSet:
    """All that the package knows of a data set.

    title: its name in words. condition: what its labels are. image_shape: (H, W, C). judges: names
    of those that know it, the first one by default. license: of its images, with their authors.
    sample: the name of the shipped file with an embedded sample, if there is one. downloads: the
    SHA-256 of each file of the whole data set, by its path in Keras's cache; either one npz file in
    Keras's layout, or idx files as MNIST's authors made them.
    """

    title: str
    condition: Condition
    image_shape: tuple[int, int, int]
    license: str
    judges: tuple[str, ...] = ()
    sample: str | None = None
    downloads: Mapping[str, str] = field(default_factory=dict)


# fmt: off
DATASETS = {
    "mnist": DataSet(
        title="MNIST",
        condition=Classes(tuple("0123456789")),
        image_shape=(28, 28, 1),
        license="MNIST (LeCun, Cortes, Burges; CC BY-SA 3.0)",
        judges=("mnist", "mnist_second"),
        sample="mnist_sample",
        downloads={  # the hash that Keras checks
            "mnist.npz": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
        },
    ),
    "fashion_mnist": DataSet(
        title="Fashion-MNIST",
        condition=Classes(("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                           "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")),
        image_shape=(28, 28, 1),
        license="Fashion-MNIST (Zalando SE; MIT License)",
        judges=("fashion_mnist",),
        downloads={  # Keras checks none: these have the MD5 sums that the authors published
            "fashion-mnist/train-images-idx3-ubyte.gz":
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "fashion-mnist/train-labels-idx1-ubyte.gz":
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "fashion-mnist/t10k-images-idx3-ubyte.gz":
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "fashion-mnist/t10k-labels-idx1-ubyte.gz":
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
    ),
    "faces": DataSet(
        title="Faces",
        condition=Attributes(
            binary=("long hair", "glasses", "beard", "hat", "smile"),
            continuous={"skin": (0, 1), "gray": (0, 1)},
        ),
        image_shape=(16, 16, 3),
        license="Pixel Art (DiceBear; CC0 1.0)",
        judges=("faces", "faces_second"),
        sample="faces",
    ),
}
# fmt: on


def data_set(name: str) -> DataSet:
    """Give the record of the data set. Raises ValueError if there is none of this name."""
    if not isinstance(name, str) or name not in DATASETS:
        raise ValueError(
            f"Unknown data set {name!r}: choose one of {', '.join(map(repr, DATASETS))}."
        )
    return DATASETS[name]


def read_sample(data: DataSet, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Give pixels and labels of one part, "train" or "test", of the embedded sample."""
    if data.sample is None:
        raise ValueError(
            f'{data.title} has no embedded sample: use source="full" or an npz file\'s path.'
        )
    return _checked(load_arrays(data.sample), data, part, f"{data.sample}.npz")


def read_full(data: DataSet, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Give pixels and labels of one part of the whole data set, downloaded if need be."""
    if not data.downloads:
        raise ValueError(f"{data.title} is nowhere to be downloaded: give the path of an npz file.")
    if len(data.downloads) == 1:
        (name,) = data.downloads
        return read_npz(_from_keras_cache(name, data), data, part, name)
    stem = {"train": "/train-", "test": "/t10k-"}[part]
    images, labels = (
        gzip.decompress(_from_keras_cache(name, data)) for name in data.downloads if stem in name
    )
    # An idx file is a header, 16 bytes for images and 8 for labels, and then the plain values
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, *data.image_shape)
    return pixels, np.frombuffer(labels, np.uint8, offset=8)


def read_npz(
    content: bytes, data: DataSet, part: str, origin: str
) -> tuple[np.ndarray, np.ndarray]:
    """Give pixels (N, H, W, C) uint8 and labels of one part of an npz file in Keras's layout."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive}
    except Exception as error:  # NumPy, zipfile and zlib raise a dozen types for damaged files
        raise ValueError(f"{origin} is damaged or no npz file of plain arrays ({error}).") from None
    return _checked(arrays, data, part, origin)


def _checked(arrays: dict, data: DataSet, part: str, origin: str) -> tuple[np.ndarray, np.ndarray]:
    x, y = f"x_{part}", f"y_{part}"
    if x not in arrays or y not in arrays:
        raise ValueError(
            f"{origin} lacks {x} or {y}: Keras's layout is x_train, y_train, x_test, y_test."
        )
    pixels, labels = arrays[x], arrays[y]
    if pixels.ndim == 3 and data.image_shape[2] == 1:  # gray images come without a channel
        pixels = pixels[..., None]
    if pixels.dtype != np.uint8 or pixels.shape[1:] != data.image_shape or pixels.size == 0:
        wanted = ", ".join(map(str, data.image_shape))
        raise ValueError(
            f"{x} in {origin} must be (N, {wanted}) uint8; got {arrays[x].shape} {pixels.dtype}."
        )
    if pixels.max() < 2:
        raise ValueError(
            f"{x} in {origin} must have pixels from 0 to 255; got 0 to {pixels.max()}."
        )
    try:
        data.condition.check_labels(labels, len(pixels))
    except ValueError as error:
        raise ValueError(f"{y} in {origin} does not fit {data.title}: {error}") from None
    return pixels, labels


def _from_keras_cache(name: str, data: DataSet) -> bytes:
    """Give the content of an intact file in Keras's cache, downloaded if need be.

    Keras itself downloads straight to the final path, so a killed download leaves a stump there.
    Here a file with the wrong hash counts as missing, and stays as it is until a good download
    replaces it in one step.
    """

    def intact(content: bytes) -> bool:
        return hashlib.sha256(content).hexdigest() == data.downloads[name]

    home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    path = home / "datasets" / name
    if path.is_file():
        content = path.read_bytes()
        if intact(content):
            return content
    url = URL + path.name
    print(f"Downloading {url} to {path}.")
    advice = "try again online, or give the path of an npz file"
    if data.sample:
        advice = f'{advice}, or use source="sample"'
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            content = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise ConnectionError(f"Could not download {path.name} ({error}): {advice}.") from None
    if not intact(content):
        raise ConnectionError(f"The download of {path.name} came damaged (SHA-256): {advice}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as partial:
        partial.write_bytes(content)
    return content
