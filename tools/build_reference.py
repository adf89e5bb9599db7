"""Write what a judge sees in the real test images into the package: evaluation then works offline.

    python tools/build_reference.py mnist              # five minutes; data from Keras's cache
    python tools/build_reference.py mnist mnist.npz    # from a file in Keras's layout
    python tools/build_reference.py faces outputs/faces.npz

The judge is one of those of train_judge.py. Features go in as 8-bit numbers: that moves a Fréchet
distance by less than 0.0001.
"""

import numpy as np

import cgan_utils as cg
from cgan_utils.files import save_arrays
from cgan_utils.judge import JUDGES
from cgan_utils.metrics import frechet_distance, moments
from makers import ask, command

SIZES, DRAWS = (1_000, 2_000, 5_000, 10_000), 5


def alike(rng: np.random.Generator, size: int, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Give indices of `size` training images whose labels are those of as many test images.

    Attributes of both are drawn by the same dice: there, any training images will do.
    """
    if train.ndim > 1:
        return rng.choice(len(train), size, replace=False)
    wanted = np.bincount(rng.choice(test, size, replace=False))
    return np.concatenate(
        [
            rng.choice(np.flatnonzero(train == label), count, replace=False)
            for label, count in enumerate(wanted)
        ]
    )


def main() -> None:
    name, source = ask(__doc__, JUDGES)
    data = next(key for key, data in cg.DATASETS.items() if name in data.judges)
    train, test = (cg.load_images(data, split, source) for split in ("train", "test"))
    judge = cg.Judge(name)
    features, _ = judge.look(test.images)
    others, _ = judge.look(train.images)
    real, rng = moments(features), np.random.default_rng(0)

    def floor(size: int) -> float:
        draws = [others[alike(rng, size, train.labels, test.labels)] for _ in range(DRAWS)]
        return np.mean([frechet_distance(real, moments(draw)) for draw in draws])

    sizes = [size for size in SIZES if size <= len(test.labels)]
    classes = isinstance(test.condition, cg.Classes)
    arrays = {
        "labels": test.labels.astype(np.uint8 if classes else np.float32),
        "mean": real.mean.astype(np.float32),
        "covariance": real.covariance.astype(np.float32),
        "floor_sizes": np.array(sizes),
        "floors": np.array([floor(size) for size in sizes], np.float32),
    }
    if name == cg.DATASETS[data].judges[0]:  # the package has room for those of one judge each
        scale = features.max(axis=0) / 255
        arrays["features"] = np.round(features / np.maximum(scale, 1e-12)).astype(np.uint8)
        arrays["scale"] = scale.astype(np.float32)
    card = {
        "what": f"features of the {len(test.labels):,} test images, by judge_{name}.npz",
        "data": f"{cg.DATASETS[data].license}, test split, {len(test.labels):,} images",
        "command": command("build_reference", name, data),
        "floors": f"mean of {DRAWS} draws",
        "license": {"mnist": "CC BY-SA 3.0", "faces": "CC0 1.0"}.get(data, "MIT"),
    }
    path = save_arrays(arrays, f"reference_{name}", card)
    print(dict(zip(sizes, arrays["floors"].round(4).tolist(), strict=True)))
    print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
