"""What a generator can be asked for: one of several classes, or values of named attributes.

A condition knows how wide its rows are, turns what is asked into checked rows, draws rows that do
not belong to an image, and gives examples for a grid. What goes into the networks is always a row
(B, width) float32: one-hot for classes, numbers for attributes.
"""

import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from .checks import check_number, check_whole


@keras.saving.register_keras_serializable("cgan_utils")
@dataclass(frozen=True)
class Classes:
    """One of several classes. Rows are one-hot, or mix classes in shares that sum to 1.

    names: one a class, two or more, all different. Raises ValueError if they are not.
    """

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", _distinct(self.names))
        if self.width < 2:
            raise ValueError(f"classes are {self.names}; give two or more.")

    @classmethod
    def numbered(cls, width: int) -> "Classes":
        """Classes without names of their own: "class 0", "class 1" and so on."""
        return cls(tuple(f"class {i}" for i in range(width)))

    @property
    def width(self) -> int:
        """How many numbers a row has: one a class."""
        return len(self.names)

    def rows(self, asked: object) -> np.ndarray:
        """Give rows (B, width) for class indices, or for rows that mix classes: see `one_hot`."""
        return one_hot(asked, self.width)

    def check_labels(self, labels: object, count: int) -> np.ndarray:
        """Give the labels once they are known to be those of `count` images: class indices."""
        array = np.asarray(labels)
        if array.shape != (count,) or array.dtype.kind not in "iu":
            raise ValueError(
                f"labels have shape {array.shape} and type {array.dtype}; give one class index, a "
                f"whole number, an image: ({count},)."
            )
        one_hot(array, self.width)
        return array.astype(np.int64)

    def valid(self, rows: tf.Tensor) -> tf.Tensor:
        """Say of each of the rows (B, width) whether it is a mix of classes; (B,) bool."""
        sums = tf.reduce_sum(rows, axis=1)
        return tf.reduce_all(rows >= 0, axis=1) & (tf.abs(sums - 1) <= 1e-3)  # False for NaN

    def mismatched(self, rows: tf.Tensor, seed: tf.Tensor | tuple[int, int]) -> tf.Tensor:
        """Give each one-hot row a wrong class, drawn uniformly from the others.

        Works in tf.function. rows: (B, width). seed: two integers that decide the draw. Returns
        (B, width) one-hot rows of the same type. Real images with these rows are the mismatched
        pairs of matching-aware training, Reed et al. 2016, arXiv 1605.05396.
        """
        shift = tf.random.stateless_uniform(
            tf.shape(rows)[:1], seed, minval=1, maxval=self.width, dtype=tf.int32
        )
        right = tf.argmax(rows, axis=-1, output_type=tf.int32)
        return tf.one_hot((right + shift) % self.width, self.width, dtype=rows.dtype)

    def read(self, logits: np.ndarray) -> np.ndarray:
        """Give a judge's logits (N, width) as rows: the probability of each class."""
        return tf.nn.softmax(logits).numpy()

    def recognized(self, rows: np.ndarray) -> np.ndarray:
        """Give what a judge reads, rows (N, width), as labels (N,): the most probable class."""
        return rows.argmax(axis=1)

    def obeyed(self, labels: np.ndarray, recognized: np.ndarray) -> np.ndarray:
        """Say of each image whether what is recognized is what was asked for; (N,) bool."""
        return recognized == labels

    def examples(self) -> np.ndarray:
        """Give rows for a grid, (width, width): every class once."""
        return np.eye(self.width, dtype=np.float32)

    def describe(self, row: np.ndarray) -> str:
        """Say a row in words, the largest share first, such as "6: 80%, 1: 20%"."""
        order = np.argsort(-row, kind="stable")
        return ", ".join(f"{self.names[i]}: {row[i]:.0%}" for i in order if row[i] >= 0.005)

    def get_config(self) -> dict:
        return {"names": list(self.names)}

    @classmethod
    def from_config(cls, config: dict) -> "Classes":
        return cls(tuple(config["names"]))


@keras.saving.register_keras_serializable("cgan_utils")
@dataclass(frozen=True)
class Attributes:
    """Named attributes, several at once: some 0 or 1, others anywhere in a range.

    binary: names of those that an image has or has not. continuous: (low, high) by name, kept as
    pairs. Rows hold
    the binary ones first, then the continuous ones, each in its own units; networks learn best
    where ranges are about as long as 1. Raises ValueError for a name given twice or no name at all,
    or a range that is none.
    """

    binary: tuple[str, ...] = ()
    continuous: Mapping[str, tuple[float, float]] | tuple = ()

    def __post_init__(self) -> None:
        ranges = {}
        for name, limits in dict(self.continuous).items():
            if np.shape(limits) != (2,):
                raise ValueError(f"the range of {name!r} is {limits!r}; give (low, high).")
            low = check_number(f"the lower end of {name!r}", limits[0], -1e6)
            high = check_number(f"the upper end of {name!r}", limits[1], low, 1e6, ends="(]")
            ranges[name] = (low, high)
        object.__setattr__(self, "binary", _distinct(self.binary))
        object.__setattr__(self, "continuous", tuple(ranges.items()))
        _distinct(self.names)
        if not self.names:
            raise ValueError("there are no attributes; give at least one name.")

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in the order of the numbers in a row."""
        return (*self.binary, *(name for name, _ in self.continuous))

    @property
    def width(self) -> int:
        """How many numbers a row has: one an attribute."""
        return len(self.names)

    @property
    def limits(self) -> np.ndarray:
        """The lowest and the highest value of each attribute, (2, width) float32."""
        ranges = [limits for _, limits in self.continuous]
        return np.float32([(0, 1)] * len(self.binary) + ranges).T

    def rows(self, asked: object) -> np.ndarray:
        """Give rows (B, width) for what is asked.

        asked: a dictionary such as {"glasses": 1, "gray": 0.7}, where what is not named is at its
        lowest, and (B,) numbers ask for B images; several such dictionaries; or rows (B, width), or
        one (width,). Anything between 0 and 1 may be asked of a binary attribute too. Raises
        ValueError for an unknown name, a value outside the range, and anything else.
        """
        if isinstance(asked, Mapping):
            rows = self._named(asked)
        elif isinstance(asked, list | tuple) and asked and isinstance(asked[0], Mapping):
            rows = np.concatenate([self._named(one) for one in asked])
        else:
            rows = self._numbers(asked)
        low, high = self.limits
        outside = ~((rows >= low) & (rows <= high))  # True for NaN
        if outside.any():
            row, column = np.argwhere(outside)[0]
            raise ValueError(
                f"{self.names[column]} is {rows[row, column]:g}; give a number from "
                f"{low[column]:g} to {high[column]:g}."
            )
        return rows

    def _named(self, asked: Mapping) -> np.ndarray:
        unknown = [name for name in asked if name not in self.names]
        if unknown:
            raise ValueError(
                f"there is no attribute {unknown[0]!r}; there is "
                f"{', '.join(map(repr, self.names))}."
            )
        columns = [
            asked.get(name, low) for name, low in zip(self.names, self.limits[0], strict=True)
        ]
        try:
            columns = np.broadcast_arrays(*(np.atleast_1d(np.float32(c)) for c in columns))
            rows = np.stack(columns, axis=1)
        except (TypeError, ValueError):
            rows = np.empty(0)
        if rows.ndim != 2 or len(rows) == 0:
            raise ValueError(
                f"{reprlib.repr(dict(asked))} is no request; give each attribute a number, or all "
                "of them equally many."
            )
        return rows

    def _numbers(self, asked: object) -> np.ndarray:
        try:
            array = np.asarray(asked)
        except ValueError:  # lists of unequal length
            array = np.asarray(None)
        if array.dtype.kind == "b" or array.dtype.kind in "iuf":
            rows = np.atleast_1d(array)
            rows = rows[None] if rows.ndim == 1 and rows.shape == (self.width,) else rows
            if rows.ndim == 2 and rows.shape[1] == self.width and len(rows):
                return rows.astype(np.float32)
        raise ValueError(
            f"{reprlib.repr(asked)} is no request; give a dictionary of {', '.join(self.names)}, "
            f"or rows of {self.width} numbers in this order."
        )

    def check_labels(self, labels: object, count: int) -> np.ndarray:
        """Give the labels once they are known to be those of `count` images: (count, width)."""
        array = np.asarray(labels)
        if array.shape != (count, self.width):
            raise ValueError(
                f"labels have shape {array.shape}; give one number an image and attribute: "
                f"({count}, {self.width})."
            )
        rows = self.rows(array)
        switches = rows[:, : len(self.binary)]
        between = np.argwhere((switches != 0) & (switches != 1))
        if len(between):
            row, column = between[0]
            raise ValueError(
                f"{self.names[column]} of image {row} is {rows[row, column]:g}; of a binary "
                "attribute an image has 0 or 1."
            )
        return array

    def valid(self, rows: tf.Tensor) -> tf.Tensor:
        """Say of each of the rows (B, width) whether it lies in all ranges; (B,) bool."""
        low, high = self.limits
        return tf.reduce_all((rows >= low) & (rows <= high), axis=1)

    def mismatched(self, rows: tf.Tensor, seed: tf.Tensor | tuple[int, int]) -> tf.Tensor:
        """Give each row that of another image of the batch which differs; works in tf.function.

        rows: (B, width). seed: two integers that decide the draw, uniform among the rows that
        differ: so wrong rows are drawn like right ones, and D cannot tell them by themselves. Where
        none differs, the row is mirrored in the ranges. Returns (B, width) of the same type.
        """
        differs = tf.reduce_any(rows[:, None] != rows[None], axis=2)
        size = tf.shape(rows)[0]
        chances = tf.random.stateless_uniform(tf.stack([size, size]), seed)
        chosen = tf.gather(rows, tf.argmax(tf.where(differs, chances, -1.0), axis=1))
        mirrored = tf.cast(tf.reduce_sum(self.limits, axis=0), rows.dtype) - rows
        return tf.where(tf.reduce_any(differs, axis=1, keepdims=True), chosen, mirrored)

    def read(self, logits: np.ndarray) -> np.ndarray:
        """Give a judge's logits (N, width) as rows (N, width): probabilities, and values in ranges.

        The logistic function makes of a logit the probability of a binary attribute, or how far up
        its range a continuous one is.
        """
        low, high = self.limits
        return low + (high - low) * tf.sigmoid(logits).numpy()

    def recognized(self, rows: np.ndarray) -> np.ndarray:
        """Give what a judge reads, rows (N, width), as labels: binary ones rounded to 0 or 1."""
        binary = np.arange(self.width) < len(self.binary)
        return np.where(binary, np.rint(rows), rows)

    def obeyed(self, labels: np.ndarray, recognized: np.ndarray) -> np.ndarray:
        """Say of each image whether all binary attributes are as asked for; (N,) bool."""
        count = len(self.binary)
        return (recognized[:, :count] == labels[:, :count]).all(axis=1)

    def examples(self) -> np.ndarray:
        """Give rows for a grid, (1 + width, width): all lowest, then each at its highest."""
        low, high = self.limits
        return np.concatenate([low[None], np.where(np.eye(self.width, dtype=bool), high, low)])

    def describe(self, row: np.ndarray) -> str:
        """Say a row in words, such as "glasses 1, gray 0.7"."""
        return ", ".join(f"{name} {value:.3g}" for name, value in zip(self.names, row, strict=True))

    def get_config(self) -> dict:
        return {
            "binary": list(self.binary),
            "continuous": {name: list(limits) for name, limits in self.continuous},
        }

    @classmethod
    def from_config(cls, config: dict) -> "Attributes":
        ranges = {name: tuple(limits) for name, limits in config["continuous"].items()}
        return cls(tuple(config["binary"]), ranges)


Condition = Classes | Attributes


def one_hot(labels: object, classes: int) -> np.ndarray:
    """Turn labels into one-hot rows, (B, classes) float32.

    labels: a class index or (B,) of them, whole numbers from 0 to classes - 1; or rows (B,
    classes), or one (classes,) float row, of non-negative shares with sum 1, such as half a 3 and
    half an 8. Raises ValueError for anything else.
    """
    classes = check_whole("classes", classes, 1)
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
        sums = abs(rows.sum(axis=1) - 1) <= 1e-3
        mixes = (rows >= 0).all(axis=1) & sums  # False for NaN as well
        if not mixes.all():
            raise ValueError(
                f"Label row {rows[~mixes][0].tolist()} is not a mix of classes: {allowed}."
            )
        return rows
    raise ValueError(f"{reprlib.repr(labels)} is not a label: {allowed}.")


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ValueError(f"names are {names!r}; give a list or tuple of words.")
    names = tuple(names)
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise ValueError(f"names are {names}; give words that are all different.")
    return names
