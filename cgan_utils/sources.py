"""The raw images and labels: the embedded sample, Keras's cache and its downloads, npz files."""

import gzip
import hashlib
import http.client
import io
import os
import tempfile
import urllib.request
from pathlib import Path

import numpy as np

TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}
SAMPLE = Path(__file__).parent / "sample" / "mnist_sample.npz"
URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
SHA256 = {
    "mnist_sample.npz": "39cc46ad4afd7f72df73cf0a70b8e63bf503a23d9889054979adf8e5a4245d52",
    # The hash that Keras checks
    "mnist.npz": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    # Keras checks none for Fashion-MNIST: these are of files with the MD5 sums that its authors published
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}


def read_sample(name: str, part: str) -> tuple[np.ndarray, np.ndarray]:
    if name != "mnist":
        raise ValueError(
            f'{TITLES[name]} has no embedded sample: use source="full" or an npz file\'s path.'
        )
    content = SAMPLE.read_bytes()
    if not _is_intact(SAMPLE.name, content):
        raise ValueError(f"The embedded sample {SAMPLE} is damaged: install the package again.")
    return read_npz(content, part, SAMPLE.name)


def read_full(name: str, part: str) -> tuple[np.ndarray, np.ndarray]:
    if name == "mnist":
        return read_npz(_from_keras_cache("mnist.npz"), part, "mnist.npz")
    stem = {"train": "train", "test": "t10k"}[part]
    images = gzip.decompress(
        _from_keras_cache(f"{stem}-images-idx3-ubyte.gz", folder="fashion-mnist")
    )
    labels = gzip.decompress(
        _from_keras_cache(f"{stem}-labels-idx1-ubyte.gz", folder="fashion-mnist")
    )
    # An idx file is a header, 16 bytes for images and 8 for labels, and then the plain values
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28)
    return pixels, np.frombuffer(labels, np.uint8, offset=8)


def _from_keras_cache(name: str, folder: str = "") -> bytes:
    """Give the content of an intact file in Keras's cache, downloaded if need be.

    Keras itself downloads straight to the final path, so a killed download leaves a stump there.
    Here a file with the wrong hash counts as missing, and stays as it is until a good download
    replaces it in one step.
    """
    path = (
        Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets" / folder / name
    )
    if path.is_file():
        content = path.read_bytes()
        if _is_intact(name, content):
            return content
    print(f"Downloading {URL + name} to {path}.")
    advice = 'try again online, use source="sample" (MNIST only), or give the path of an npz file'
    try:
        with urllib.request.urlopen(URL + name, timeout=60) as response:
            content = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise ConnectionError(f"Could not download {name} ({error}): {advice}.") from None
    if not _is_intact(name, content):
        raise ConnectionError(f"The download of {name} came damaged (wrong SHA-256): {advice}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        Path(scratch, name).write_bytes(content)
        os.replace(Path(scratch, name), path)
    return content


def _is_intact(name: str, content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == SHA256[name]


def read_npz(content: bytes, part: str, origin: str) -> tuple[np.ndarray, np.ndarray]:
    """Give one split of an npz file in Keras's layout: pixels (N, 28, 28) uint8, labels (N,) from 0 to 9."""
    x, y = f"x_{part}", f"y_{part}"
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in (x, y) if key in archive}
    except Exception as error:  # NumPy, zipfile and zlib raise a dozen types for damaged files
        raise ValueError(f"{origin} is damaged or no npz file of plain arrays ({error}).") from None
    if len(arrays) < 2:
        raise ValueError(
            f"{origin} lacks {x} or {y}: Keras's layout is x_train, y_train, x_test, y_test."
        )
    pixels, labels = arrays[x], arrays[y]
    if pixels.dtype != np.uint8 or pixels.shape[1:] != (28, 28) or pixels.size == 0:
        raise ValueError(
            f"{x} in {origin} must be (N, 28, 28) uint8; got {pixels.shape} {pixels.dtype}."
        )
    if pixels.max() < 2:
        raise ValueError(
            f"{x} in {origin} must have pixels from 0 to 255; got 0 to {pixels.max()}."
        )
    if labels.dtype.kind not in "iu" or labels.shape != pixels.shape[:1]:
        raise ValueError(
            f"{y} in {origin} must be {len(pixels):,} integers; got {labels.shape} {labels.dtype}."
        )
    if labels.min() < 0 or labels.max() > 9:
        raise ValueError(
            f"{y} in {origin} must go from 0 to 9; got {labels.min()} to {labels.max()}."
        )
    return pixels, labels
