"""The judges: classifiers of real images, which say what they recognize in generated ones."""

from functools import cached_property
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from .attributes import Agreement
from .checks import check_images
from .conditions import Attributes, Classes, Condition
from .datasets import DATASETS
from .files import load_arrays, load_card, load_weights
from .metrics import frechet_distance, moments
from .sampler import Generator, generated_images
from .settings import plain_keras, seeded


@plain_keras()
def build_judge(classes: int, image_shape: tuple[int, int, int]) -> keras.Model:
    """Build a small convolutional classifier: images (B, *image_shape) to logits (B, classes)."""
    image = keras.Input(image_shape, name="image")
    x = image
    for i, filters in enumerate([32, 64, 128], 1):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"conv_{i}")(x)
        x = layers.BatchNormalization(name=f"norm_{i}")(x)
        x = layers.ReLU(name=f"relu_{i}")(x)
        if i < 3:
            x = layers.MaxPooling2D(name=f"pool_{i}")(x)
    features = layers.GlobalAveragePooling2D(name="features")(x)
    return keras.Model(image, layers.Dense(classes, name="logits")(features), name="judge")


@plain_keras()
def build_second_judge(classes: int, image_shape: tuple[int, int, int]) -> keras.Model:
    """Build a classifier otherwise: larger kernels, no batch normalization, a dense feature layer.

    It takes images (B, *image_shape) in [0, 1] and gives logits (B, classes). Where it agrees with
    the first judge, a figure does not hang on one network's taste.
    """
    image = keras.Input(image_shape, name="image")
    x = image
    for i, (filters, kernel) in enumerate([(32, 5), (32, 5), (64, 3)], 1):
        x = layers.Conv2D(filters, kernel, padding="same", activation="relu", name=f"conv_{i}")(x)
        x = layers.MaxPooling2D(name=f"pool_{i}")(x)
    x = layers.Dropout(0.4, name="dropout")(layers.Flatten(name="flatten")(x))
    features = layers.Dense(128, activation="relu", name="features")(x)
    return keras.Model(image, layers.Dense(classes, name="logits")(features), name="second_judge")


@plain_keras()
def build_faces_judge(width: int, image_shape: tuple[int, int, int]) -> keras.Model:
    """Build a small network that sees attributes: images (B, *image_shape) to logits (B, width).

    Every place keeps features of its own: what is a mouth or a lens lies where it lies.
    """
    image = keras.Input(image_shape, name="image")
    x = image
    for i, (filters, stride) in enumerate([(32, 1), (48, 2), (48, 2)], 1):
        x = layers.Conv2D(
            filters, 3, strides=stride, padding="same", use_bias=False, name=f"conv_{i}"
        )(x)
        x = layers.BatchNormalization(name=f"norm_{i}")(x)
        x = layers.ReLU(name=f"relu_{i}")(x)
    x = layers.Flatten(name="flatten")(x)
    features = layers.Dense(64, activation="relu", name="features")(x)
    return keras.Model(image, layers.Dense(width, name="logits")(features), name="faces_judge")


JUDGES = {
    "mnist": build_judge,
    "mnist_second": build_second_judge,
    "fashion_mnist": build_judge,
    "faces": build_faces_judge,
    "faces_second": build_second_judge,
}


class Reference(NamedTuple):
    """What a judge sees in the real test images.

    labels: of each, (N,) classes or (N, width) attributes. mean (d,) and covariance (d, d) of their
    features. floors: the Fréchet distance of so many real training images, with labels drawn from
    these, from all test images, by number of images. features: (N, d), or None where the package
    has no room for them.
    """

    labels: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    floors: dict[int, float]
    features: np.ndarray | None


class Score(NamedTuple):
    """What a judge says of generated images in two numbers, and what these come from.

    conditional_accuracy: share, in [0, 1], recognized as the class asked for, or with every binary
    attribute as asked for. frechet_distance: from all real test images. features: (N, d). rows: (N,
    width), as `Judge.probabilities` gives them. recognized: labels, (N,) or (N, width), as
    `Judge.recognize` gives them.
    """

    conditional_accuracy: float
    frechet_distance: float
    features: np.ndarray
    rows: np.ndarray
    recognized: np.ndarray


class Judge:
    """Recognizes images. It was trained on real training images and has never seen a generated one.

    name: "mnist" and "mnist_second", which confirms the first; "faces" and "faces_second"; or
    "fashion_mnist". `condition` and `image_shape` are those of its data set. Raises ValueError for
    another name.
    """

    def __init__(self, name: str = "mnist"):
        if not isinstance(name, str) or name not in JUDGES:
            raise ValueError(
                f"there is no judge {name!r}; there is {', '.join(map(repr, JUDGES))}."
            )
        self.name = name
        (data,) = (data for data in DATASETS.values() if name in data.judges)
        self.condition, self.image_shape = data.condition, data.image_shape
        with seeded(0):  # first weights, which the shipped ones replace
            network = JUDGES[name](self.condition.width, self.image_shape)
        load_weights(network, f"judge_{name}")
        outputs = network.get_layer("features").output, network.output
        network = keras.Model(network.input, outputs)
        self._network = tf.function(
            lambda images: network(images, training=False),
            input_signature=[tf.TensorSpec((None, *self.image_shape), tf.float32)],
        ).get_concrete_function()

    @classmethod
    def of(cls, generator: Generator) -> "Judge":
        """Give the judge of the data set that the generator draws, which its condition tells.

        Raises ValueError if no judge knows what this generator can be asked for.
        """
        condition = condition_of(generator)
        same = [data for data in DATASETS.values() if data.condition == condition]
        names = [data.judges[0] for data in same if data.judges]
        if len(names) != 1:
            count = "several judges know" if names else "no judge knows"
            raise ValueError(
                f"{count} what this generator draws ({', '.join(condition.names)}); name one with "
                f"judge=, of {', '.join(map(repr, names or JUDGES))}, or give the generator the "
                "condition of its data, such as digits.condition."
            )
        judge = cls(names[0])
        judge.check(generator)
        return judge

    def check(self, generator: Generator) -> None:
        """Raise ValueError unless the generator draws what this judge knows."""
        condition = condition_of(generator)
        if isinstance(condition, Classes) and isinstance(self.condition, Classes):
            if condition.width != self.condition.width:  # their names may be numbers alone
                raise ValueError(
                    f"the generator's number of classes is {condition.width}, but the judge "
                    f"{self.name!r} knows {self.condition.width}; evaluate a generator of these."
                )
        elif condition != self.condition:
            raise ValueError(
                f"the generator is asked for {', '.join(condition.names)}, but the judge "
                f"{self.name!r} knows {', '.join(self.condition.names)}; evaluate a generator of "
                "these."
            )
        shape = getattr(generator, "image_shape", self.image_shape)
        if shape != self.image_shape:
            raise ValueError(
                f"the generator draws images {shape}, but the judge {self.name!r} knows "
                f"{self.image_shape}; evaluate a generator of these."
            )
        same = [data for data in DATASETS.values() if data.condition == condition]
        names = [name for data in same for name in data.judges]
        if names and self.name not in names:
            raise ValueError(
                f"the generator draws {same[0].title}, which the judge {self.name!r} does not "
                f"know; leave judge out, or name one of {', '.join(map(repr, names))}."
            )

    def __reduce__(self):
        return Judge, (self.name,)  # for copies: a traced graph cannot be

    def look(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give features (N, d) and logits (N, width) of images (N, H, W, C) in [0, 1].

        Raises ValueError for images of another size, type or range than this judge knows.
        """
        images = check_images(images, shape=self.image_shape)
        pieces = [
            self._network(tf.constant(images[i : i + 500])) for i in range(0, len(images), 500)
        ]
        return tuple(np.concatenate(parts) for parts in zip(*pieces, strict=True))

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Give what is seen in images, as in `look`, as rows (N, width).

        For classes the probability of each; for attributes the probability of each binary one, and
        the value of each continuous one, in its own units.
        """
        return self.condition.read(self.look(images)[1])

    def recognize(self, images: np.ndarray) -> np.ndarray:
        """Give what is seen in images, as in `look`, as labels.

        For classes the most probable one, (N,) int; for attributes (N, width) numbers, of which the
        binary ones are 0 or 1.
        """
        return self.condition.recognized(self.probabilities(images))

    def score(self, generator: Generator, labels: np.ndarray, seed: int = 0) -> Score:
        """Ask the generator for images of these labels, (N,) or (N, width), and judge them.

        Raises ValueError for labels that are none, for fewer images than their features' covariance
        takes (129 for digits), and for images that this judge does not know.
        """
        self.check(generator)
        labels = self.condition.check_labels(labels, len(np.atleast_1d(labels)))
        features, logits = self.look(generated_images(generator, labels, seed, len(labels)))
        rows = self.condition.read(logits)
        recognized = self.condition.recognized(rows)
        accuracy = float(self.condition.obeyed(labels, recognized).mean())
        distance = frechet_distance(self.reference, moments(features))
        return Score(accuracy, distance, features, rows, recognized)

    @cached_property
    def test_accuracy(self) -> float:
        """The share, in [0, 1], of the real test images that this judge recognizes.

        Of attributes: those with every binary one right.
        """
        return load_card(f"judge_{self.name}")["test_accuracy"]

    @cached_property
    def test_agreement(self) -> Agreement:
        """How what this judge of attributes sees in the real test images agrees with the truth."""
        return Agreement(**load_card(f"judge_{self.name}")["test_agreement"])

    @cached_property
    def reference(self) -> Reference:
        """What this judge sees in the real test images."""
        arrays = load_arrays(f"reference_{self.name}")
        labels = arrays["labels"]
        if isinstance(self.condition, Classes):
            labels = labels.astype(np.int64)
        features = arrays.get("features")
        if features is not None:
            features = features * arrays["scale"]
        floors = zip(arrays["floor_sizes"].tolist(), arrays["floors"].tolist(), strict=True)
        # In single precision, the eigenvalues of a Fréchet distance would move its fourth digit.
        mean, covariance = (arrays[key].astype(np.float64) for key in ("mean", "covariance"))
        return Reference(labels, mean, covariance, dict(floors), features)


def classes_of(thing) -> Classes:
    """Give the classes that a generator can be asked for, or that images have.

    Raises ValueError for attributes, and for what has no condition at all.
    """
    condition = condition_of(thing)
    if isinstance(condition, Attributes):
        raise ValueError(
            f"here are attributes ({', '.join(condition.names)}), but this measures classes; give "
            "a generator, or images, of classes."
        )
    return condition


def condition_of(thing) -> Condition:
    """Give what a generator can be asked for, or what is true of images.

    Raises ValueError for what has no condition.
    """
    condition = getattr(thing, "condition", None)
    if not isinstance(condition, Condition):
        raise ValueError(
            f"a {type(thing).__name__} has no condition; give it one, such as digits.condition, or "
            "wrap a network in Sampler(network, condition)."
        )
    return condition
