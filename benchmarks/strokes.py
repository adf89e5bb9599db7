"""Do digits come as slanted, wide and thick as asked? Attributes that were measured on images.

    python benchmarks/strokes.py    # 3 runs of two minutes

The quick recipe on the 4,000 embedded digits, each with its digit (ten binary attributes) and with
slant, width and stroke, measured as Morpho-MNIST does; asked with those of the 1,000 test digits.
"""

import time
from functools import cache

import cgan_utils as cg  # first: it imports TensorFlow without its log

# isort: split
import keras
import numpy as np

import common
from attributes import rounded
from cgan_utils.files import SHIPPED

STEPS, SEEDS = 3_750, (0, 1, 2)
QUICK = cg.RECIPES["quick"]
MEASURED = ("slant", "width", "stroke")
DIGITS = cg.Attributes(tuple("0123456789"), dict.fromkeys(MEASURED, (0, 1)))
SAMPLES = 100  # test digits of which one attribute is moved, to each of the levels
LEVELS = np.linspace(0, 1, 11)


def measure(images: np.ndarray) -> np.ndarray:
    """Give slant, width and stroke of images, (N, 3), in degrees and pixels."""
    return np.stack(cg.measure_digits(images), axis=1)


def limits_of(measured: np.ndarray) -> np.ndarray:
    """Give what is 0 and what is 1, (2, 3): one digit in a hundred lies below, one above."""
    return np.percentile(measured, [1, 99], axis=0)


def rows_of(labels: np.ndarray, measured: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Give rows (N, 13) of digits with these labels and measures."""
    low, high = limits
    shares = np.clip((measured - low) / (high - low), 0, 1)
    return np.hstack([cg.one_hot(labels, 10), shares]).astype(np.float32)


@cache
def measured_digits() -> tuple[cg.LabeledImages, np.ndarray, np.ndarray]:
    """Give the training digits with their rows, the limits, and rows of the test digits."""
    train, test = (cg.load_images("mnist", split, "sample") for split in ("train", "test"))
    measured = measure(train.images)
    limits = limits_of(measured)
    rows = rows_of(train.labels, measured, limits)
    digits = cg.LabeledImages(train.images, rows, DIGITS, "measured digits")
    return digits, limits, rows_of(test.labels, measure(test.images), limits)


def train_and_measure(seed: int) -> dict:
    digits, limits, asked = measured_digits()
    gan = QUICK.build(digits, seed, STEPS)
    start = time.process_time()
    gan.fit(digits.batches(QUICK.batch_size, seed).repeat(), steps_per_epoch=STEPS, verbose=0)
    result = {"cpu_seconds": round(time.process_time() - start, 1), "limits": rounded(limits)}

    images = gan.generate(asked, seed)
    seen = shares(images, limits)
    labels = asked[:, :10].argmax(axis=1)
    binary = np.zeros_like(asked[:, :10])  # read by judges, below
    found = cg.agreement(DIGITS, asked, np.hstack([binary, seen]))
    result |= {"correlation": rounded(found.correlation), "mean_error": rounded(found.mean_error)}
    result["recognized"] = {
        name: rounded((common.judge(name).recognize(images) == labels).mean())
        for name in common.JUDGES
    }
    result["curves"] = {
        name: rounded(curves(gan, asked[:SAMPLES], 10 + i, limits, seed))
        for i, name in enumerate(MEASURED)
    }
    keras.backend.clear_session()
    return result


def shares(images: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Give slant, width and stroke as they are asked for, (N, 3), but not cut at 0 and 1.

    What has no ink, and so no measure, counts as 0.
    """
    low, high = limits
    return np.nan_to_num((measure(images) - low) / (high - low))


def curves(gan, rows: np.ndarray, column: int, limits: np.ndarray, seed: int) -> dict:
    """Give what is seen as one attribute goes through LEVELS and all others stay.

    seen: the means of slant, width and stroke, (11, 3). recognized: of the digits, by each judge.
    """
    labels, result = rows[:, :10].argmax(axis=1), {"seen": [], "recognized": []}
    for level in LEVELS:
        moved = np.where(np.arange(rows.shape[1]) == column, level, rows)
        images = gan.generate(moved, seed)
        result["seen"].append(shares(images, limits).mean(axis=0))
        result["recognized"].append(
            [(common.judge(name).recognize(images) == labels).mean() for name in common.JUDGES]
        )
    return result


def open_log() -> common.Log:
    return common.Log(
        "strokes",
        SHIPPED,
        command="python benchmarks/strokes.py",
        data="the 4,000 embedded training digits",
        samples=1_000,
        names=MEASURED,
        judges=common.JUDGES,
        levels=LEVELS.round(1).tolist(),
        settings={"recipe": "quick", "steps": STEPS},
    )


def main() -> None:
    common.parser(__doc__).parse_args()
    log = open_log()
    for seed in SEEDS:
        log.run("runs", {"seed": seed}, train_and_measure)


if __name__ == "__main__":
    main()
