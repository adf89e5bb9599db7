"""Writes what a judge sees in the real test images into the package, so that evaluation works offline.

    python benchmarks/build_reference.py mnist            # data from Keras's cache or download
    python benchmarks/build_reference.py mnist mnist.npz  # data from a file in Keras's layout

The judge is one of those of train_judge.py. Features go in as 8-bit numbers: that moves a Fréchet
distance by less than 0.0001.
"""

import sys

import numpy as np

import cgan_utils as cg
from cgan_utils.metrics import frechet_distance, moments
from cgan_utils.pretrained import save_arrays

SIZES, DRAWS = (1_000, 2_000, 5_000, 10_000), 5

name, source = (*sys.argv[1:], "full")[:2]
data = name.removesuffix("_second")
train = cg.load_images(data, "train", source=source)
test = cg.load_images(data, "test", source=source)
judge = cg.Judge(name)
features, _ = judge.look(test.images)
others, _ = judge.look(train.images)
real = moments(features)

rng = np.random.default_rng(0)


def with_labels_of_the_test(size):
    """Indices of `size` different training images whose labels are those of as many test images."""
    wanted = np.bincount(rng.choice(test.labels, size, replace=False), minlength=10)
    return np.concatenate(
        [rng.choice(np.flatnonzero(train.labels == c), wanted[c], replace=False) for c in range(10)]
    )


floors = [
    np.mean(
        [
            frechet_distance(real, moments(others[with_labels_of_the_test(size)]))
            for _ in range(DRAWS)
        ]
    )
    for size in SIZES
]
arrays = {
    "labels": test.labels.astype(np.uint8),
    "mean": real.mean.astype(np.float32),
    "covariance": real.covariance.astype(np.float32),
    "floor_sizes": np.array(SIZES),
    "floors": np.array(floors, np.float32),
}
if name == data:
    scale = features.max(axis=0) / 255
    arrays["features"] = np.round(features / np.maximum(scale, 1e-12)).astype(np.uint8)
    arrays["scale"] = scale.astype(np.float32)
path = save_arrays(
    arrays,
    f"reference_{name}",
    {
        "what": f"features of the 10,000 test images, by weights/judge_{name}.npz",
        "data": test.source.replace(str(source), data),
        "command": f"python benchmarks/build_reference.py {name}",
        "floors": f"mean of {DRAWS} draws",
        "license": "CC BY-SA 3.0" if data == "mnist" else "MIT",
    },
)
print(dict(zip(SIZES, np.round(floors, 4).tolist(), strict=True)), f"{path.stat().st_size:,} bytes")
