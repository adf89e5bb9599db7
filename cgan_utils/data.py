"""Images, what is true of each as rows of numbers, and shuffled batches of both."""

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from .checks import check_images, check_seed, check_whole
from .conditions import Condition
from .datasets import data_set, read_full, read_npz, read_sample

_SPLITS = {
    "train": (("train",), "training split"),
    "test": (("test",), "test split"),
    "all": (("train", "test"), "training and test splits together"),
}


@dataclass(frozen=True, eq=False)
class LabeledImages:
    """Images and what is true of each.

    images: (N, H, W, 1 or 3) float32 in [0, 1]. labels: for classes (N,) integers, the index of
    each image's class; for attributes (N, width) numbers. condition: what can be asked for, Classes
    or Attributes. source: which images these are, in words. Raises ValueError if these do not fit
    together.
    """

    images: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    condition: Condition
    source: str

    def __post_init__(self) -> None:
        if not isinstance(self.condition, Condition):
            raise ValueError(
                f"condition is {self.condition!r}; give Classes or Attributes, which say what the "
                "labels are."
            )
        object.__setattr__(self, "images", check_images(self.images))
        labels = self.condition.check_labels(self.labels, len(self.images))
        object.__setattr__(self, "labels", labels)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        return self.images.shape[1:]

    def subset(self, chosen: np.ndarray, source: str) -> "LabeledImages":
        """Give the images that an index array, a mask or a slice chooses; `source` says which."""
        return replace(self, images=self.images[chosen], labels=self.labels[chosen], source=source)

    def batches(self, batch_size: int, seed: int = 0, first_epoch: int = 0) -> tf.data.Dataset:
        """Give shuffled batches of images (B, H, W, C) and rows (B, width), both float32.

        Each pass over the dataset is an epoch with a new order of all images; the few that do not
        fill a last batch are dropped. The order depends on (seed, epoch) alone: with first_epoch=5,
        a resumed run sees what the uninterrupted one saw from its sixth epoch on. Raises ValueError
        unless batch_size is a whole number from 1 to the number of images, and the other two are
        whole numbers from 0 up.
        """
        count = len(self.labels)
        batch_size = check_whole("batch_size", batch_size, 1)
        seed, first_epoch = check_seed(seed), check_whole("first_epoch", first_epoch, 0)
        if batch_size > count:
            raise ValueError(
                f"batch_size {batch_size:,} is more than the {count:,} images: give more, or a "
                "smaller one."
            )
        steps = count // batch_size
        epochs = itertools.count(first_epoch)

        def index_batches() -> Iterator[np.ndarray]:
            order = np.random.default_rng([seed, next(epochs)]).permutation(count)
            yield from order[: steps * batch_size].reshape(steps, batch_size)

        with tf.device("CPU"):  # all images stay in main memory; only batches travel to a GPU
            images = tf.constant(self.images)
            rows = tf.constant(self.condition.rows(self.labels))
        signature = tf.TensorSpec((batch_size,), tf.int64)
        indices = tf.data.Dataset.from_generator(index_batches, output_signature=signature)
        batches = indices.map(lambda chosen: (tf.gather(images, chosen), tf.gather(rows, chosen)))
        options = tf.data.Options()
        # There is nothing to tune, and the tuner sleeps longer each time: where it is asked to stop
        # at the end of an epoch, it may sleep on for as long as that epoch has lasted.
        options.autotune.enabled = False
        batches = batches.prefetch(2).with_options(options)
        return batches.apply(tf.data.experimental.assert_cardinality(steps))


def load_images(
    name: str = "mnist", split: str = "train", source: str | os.PathLike[str] = "sample"
) -> LabeledImages:
    """Load labeled images, and print which and how many.

    name: "mnist", "fashion_mnist" or "faces". split: "train", "test", or "all", which is both.
    source: "sample", what the package holds, 5,000 MNIST digits, sorted by class, or all 10,000
    faces; "full", the whole data set, from Keras's cache or downloaded into it; or the path of an
    npz file in Keras's layout (x_train, y_train, x_test, y_test: pixels 0 to 255, uint8). One
    source never stands in for another. Raises ValueError for anything unknown or damaged,
    FileNotFoundError for a path that leads to no file, ConnectionError for a download that failed.
    """
    data = data_set(name)
    if not isinstance(split, str) or split not in _SPLITS:
        raise ValueError(f"Unknown split {split!r}: choose one of {', '.join(map(repr, _SPLITS))}.")
    parts, split_title = _SPLITS[split]
    if not isinstance(source, str | os.PathLike):
        raise ValueError(f'source is {source!r}; give "sample", "full" or an npz file\'s path.')
    if source == "sample":
        origin = f"the embedded sample of {data.title}"
        arrays = [read_sample(data, part) for part in parts]
    elif source == "full":
        origin = f"full {data.title}"
        arrays = [read_full(data, part) for part in parts]
    else:
        path = Path(source).expanduser()
        if not path.is_file():
            raise FileNotFoundError(
                f'source {str(source)!r} is neither "sample" nor "full" nor an npz file.'
            )
        origin = str(source)
        arrays = [read_npz(path.read_bytes(), data, part, origin) for part in parts]
    pixels = np.concatenate([pixels for pixels, _ in arrays])
    labels = np.concatenate([labels for _, labels in arrays])
    description = f"{origin}, {split_title}: {len(labels):,} images"
    images = np.divide(pixels, 255, dtype=np.float32)
    loaded = LabeledImages(images, labels, data.condition, description)
    print(f"Loaded {description}.")
    return loaded
