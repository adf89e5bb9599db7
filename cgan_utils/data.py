"""Images, their labels as one-hot rows, and shuffled batches of both."""

import itertools
import os
import reprlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import tensorflow as tf

from .sources import TITLES, read_full, read_npz, read_sample

# fmt: off
_CLASS_NAMES = {
    "mnist": tuple("0123456789"),
    "fashion_mnist": ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                      "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
}
# fmt: on
_SPLITS = {
    "train": (("train",), "training split"),
    "test": (("test",), "test split"),
    "all": (("train", "test"), "training and test splits together"),
}


@dataclass(frozen=True, eq=False)
class LabeledImages:
    """Images and the class of each.

    images: (N, 28, 28, 1) float32 in [0, 1].
    labels: (N,) integers, the index of each image's class in class_names.
    class_names: one name a class.
    source: which images these are, in words.
    Raises ValueError if these do not fit together.
    """

    images: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    class_names: tuple[str, ...]
    source: str

    def __post_init__(self) -> None:
        shape, dtype = np.shape(self.images), np.asarray(self.images).dtype
        if shape[1:] != (28, 28, 1) or dtype != np.float32:
            raise ValueError(f"images must be (N, 28, 28, 1) float32; got {shape} {dtype}.")
        if np.shape(self.labels) != shape[:1]:
            raise ValueError(
                f"labels must be one index an image, {shape[:1]}; got {np.shape(self.labels)}."
            )
        one_hot(self.labels, len(self.class_names))  # raises where a label is no class
        low, high = np.min(self.images), np.max(self.images)
        if not (low >= 0 and high <= 1):  # NaN fails this as well
            raise ValueError(f"images must have pixels in [0, 1]; got {low:g} to {high:g}.")

    def batches(self, batch_size: int, seed: int = 0, first_epoch: int = 0) -> tf.data.Dataset:
        """Give shuffled batches of images (B, 28, 28, 1) and one-hot labels (B, classes), both float32.

        Each pass over the dataset is an epoch with a new order of all images; the few that do not
        fill a last batch are dropped. The order depends on (seed, epoch) alone: with first_epoch=5,
        a resumed run sees what the uninterrupted one saw from its sixth epoch on. Raises ValueError
        unless batch_size is a whole number from 1 to the number of images, and the other two are
        whole numbers from 0 up.
        """
        count = len(self.labels)
        _check_whole("batch_size", batch_size, least=1)
        _check_whole("seed", seed, least=0)
        _check_whole("first_epoch", first_epoch, least=0)
        if batch_size > count:
            raise ValueError(
                f"batch_size {batch_size:,} is more than the {count:,} images: choose fewer."
            )
        steps = count // batch_size
        epochs = itertools.count(first_epoch)

        def index_batches() -> Iterator[np.ndarray]:
            order = np.random.default_rng([seed, next(epochs)]).permutation(count)
            yield from order[: steps * batch_size].reshape(steps, batch_size)

        with tf.device("CPU"):  # all images stay in main memory; only batches travel to a GPU
            images = tf.constant(self.images)
            rows = tf.constant(one_hot(self.labels, len(self.class_names)))
        signature = tf.TensorSpec((batch_size,), tf.int64)
        indices = tf.data.Dataset.from_generator(index_batches, output_signature=signature)
        batches = indices.map(lambda chosen: (tf.gather(images, chosen), tf.gather(rows, chosen)))
        return batches.prefetch(2).apply(tf.data.experimental.assert_cardinality(steps))


def load_images(
    name: str = "mnist", split: str = "train", source: str | os.PathLike[str] = "sample"
) -> LabeledImages:
    """Load labeled 28×28 images, and print which and how many.

    name: "mnist" or "fashion_mnist".
    split: "train", "test", or "all", which is both.
    source: "sample", the 5,000 MNIST digits inside the package, sorted by class; "full", all 70,000
    images,
        from Keras's cache or downloaded into it; or the path of an npz file in Keras's layout
        (x_train, y_train, x_test, y_test: uint8, pixels 0 to 255). One source never stands in for
        another.
    Raises ValueError for anything unknown or damaged, FileNotFoundError for a path that leads to no
    file, ConnectionError for a download that failed.
    """
    if name not in tuple(TITLES):
        raise ValueError(f'Unknown data set {name!r}: choose "mnist" or "fashion_mnist".')
    if split not in tuple(_SPLITS):
        raise ValueError(f'Unknown split {split!r}: choose "train", "test" or "all".')
    parts, split_title = _SPLITS[split]
    if source == "sample":
        origin = f"the embedded sample of {TITLES[name]}"
        arrays = [read_sample(name, part) for part in parts]
    elif source == "full":
        origin = f"full {TITLES[name]}"
        arrays = [read_full(name, part) for part in parts]
    else:
        path = Path(source).expanduser()
        if not path.is_file():
            raise FileNotFoundError(
                f'source {str(source)!r} is neither "sample" nor "full" nor an npz file.'
            )
        origin = str(source)
        arrays = [read_npz(path.read_bytes(), part, origin) for part in parts]
    pixels = np.concatenate([pixels for pixels, _ in arrays])[..., None]
    labels = np.concatenate([labels for _, labels in arrays]).astype(np.int64)
    description = f"{origin}, {split_title}: {len(labels):,} images"
    loaded = LabeledImages(
        np.divide(pixels, 255, dtype=np.float32), labels, _CLASS_NAMES[name], description
    )
    print(f"Loaded {description}.")
    return loaded


def one_hot(labels: object, classes: int) -> np.ndarray:
    """Turn labels into one-hot rows, (B, classes) float32.

    labels: a class index or (B,) of them, whole numbers from 0 to classes - 1; or rows (B,
    classes), or one
        (classes,) float row, of non-negative shares with sum 1, such as half a 3 and half an 8.
    Raises ValueError for anything else.
    """
    allowed = (
        f"give whole numbers from 0 to {classes - 1}, or rows of {classes} shares that sum to 1"
    )
    try:
        array = np.asarray(labels)
    except ValueError:  # lists of unequal length
        array = np.asarray(None)
    if array.size == 0:
        raise ValueError(f"There are no labels in {reprlib.repr(labels)}: {allowed}.")
    if array.dtype.kind in "iu" and array.ndim < 2:
        indices = np.atleast_1d(array)
        unknown = indices[(indices < 0) | (indices >= classes)]
        if unknown.size:
            raise ValueError(f"Label {unknown[0]} is not a class: {allowed}.")
        return np.eye(classes, dtype=np.float32)[indices]
    if array.dtype.kind in "iuf" and array.ndim in (1, 2) and array.shape[-1] == classes:
        rows = np.atleast_2d(array).astype(np.float32)
        mixes = (rows >= 0).all(axis=1) & (
            abs(rows.sum(axis=1) - 1) <= 1e-3
        )  # False for NaN as well
        if not mixes.all():
            raise ValueError(
                f"Label row {rows[~mixes][0].tolist()} is not a mix of classes: {allowed}."
            )
        return rows
    raise ValueError(f"{reprlib.repr(labels)} is not a label: {allowed}.")


def mismatched_labels(labels: tf.Tensor, seed: tf.Tensor | tuple[int, int]) -> tf.Tensor:
    """Give each one-hot row a wrong class, drawn uniformly from the others; works in tf.function.

    labels: (B, classes) one-hot rows of at least two classes. seed: two integers that decide the
    draw.
    Returns (B, classes) one-hot rows of the same type. Real images with these labels are the
    mismatched pairs of matching-aware training, Reed et al. 2016, arXiv 1605.05396.
    """
    classes = labels.shape[-1]
    if classes < 2:
        raise ValueError(f"Mismatched labels need at least two classes; these rows have {classes}.")
    shift = tf.random.stateless_uniform(
        tf.shape(labels)[:1], seed, minval=1, maxval=classes, dtype=tf.int32
    )
    right = tf.argmax(labels, axis=-1, output_type=tf.int32)
    return tf.one_hot((right + shift) % classes, classes, dtype=labels.dtype)


def _check_whole(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} must be a whole number from {least} up; got {value!r}.")
