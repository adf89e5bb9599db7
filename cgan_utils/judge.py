"""The judges: classifiers of real images, which say what they recognize in generated ones."""

import json
from functools import cached_property
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from .pretrained import WEIGHTS, load_arrays, load_weights


def build_judge(classes: int = 10) -> keras.Model:
    """A small convolutional classifier: images (B, 28, 28, 1) in [0, 1] to logits (B, classes)."""
    image = keras.Input((28, 28, 1), name="image")
    x = image
    for i, filters in enumerate([32, 64, 128], 1):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"conv_{i}")(x)
        x = layers.BatchNormalization(name=f"norm_{i}")(x)
        x = layers.ReLU(name=f"relu_{i}")(x)
        if i < 3:
            x = layers.MaxPooling2D(name=f"pool_{i}")(x)
    features = layers.GlobalAveragePooling2D(name="features")(x)
    return keras.Model(image, layers.Dense(classes, name="logits")(features), name="judge")


def build_second_judge(classes: int = 10) -> keras.Model:
    """A classifier built otherwise: larger kernels, no batch normalization, a dense feature layer.

    Takes images (B, 28, 28, 1) in [0, 1], gives logits (B, classes). Where it agrees with the first
    judge, a figure does not hang on one network's taste.
    """
    image = keras.Input((28, 28, 1), name="image")
    x = image
    for i, (filters, kernel) in enumerate([(32, 5), (32, 5), (64, 3)], 1):
        x = layers.Conv2D(filters, kernel, padding="same", activation="relu", name=f"conv_{i}")(x)
        x = layers.MaxPooling2D(name=f"pool_{i}")(x)
    x = layers.Dropout(0.4, name="dropout")(layers.Flatten(name="flatten")(x))
    features = layers.Dense(128, activation="relu", name="features")(x)
    return keras.Model(image, layers.Dense(classes, name="logits")(features), name="second_judge")


JUDGES = {
    "mnist": build_judge,
    "mnist_second": build_second_judge,
    "fashion_mnist": build_judge,
}


class Reference(NamedTuple):
    """What a judge sees in the 10,000 real test images.

    labels: (N,) class of each. mean (d,) and covariance (d, d) of their features. floors: the
    Fréchet distance of so many real training images, with labels drawn from these, from all test
    images, by number of images. features: (N, d), or None where the package has no room for them.
    """

    labels: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    floors: dict[int, float]
    features: np.ndarray | None


class Judge:
    """Recognizes images. It was trained on real training images and has never seen a generated one.

    name: "mnist"; "mnist_second", which confirms the first; or "fashion_mnist".
    """

    def __init__(self, name: str = "mnist"):
        if name not in JUDGES:
            raise ValueError(
                f"there is no judge {name!r}; there is {', '.join(map(repr, JUDGES))}."
            )
        self.name = name
        network = load_weights(JUDGES[name](), f"judge_{name}")
        outputs = network.get_layer("features").output, network.output
        network = keras.Model(network.input, outputs)
        self._network = tf.function(
            lambda images: network(images, training=False),
            input_signature=[tf.TensorSpec((None, 28, 28, 1), tf.float32)],
        ).get_concrete_function()

    def look(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Features (N, 128) and logits (N, 10) of images (N, 28, 28, 1) in [0, 1]."""
        pieces = [
            self._network(tf.constant(images[i : i + 500])) for i in range(0, len(images), 500)
        ]
        return tuple(np.concatenate(parts) for parts in zip(*pieces, strict=True))

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Probability of each class, (N, 10), for images (N, 28, 28, 1) in [0, 1]."""
        return tf.nn.softmax(self.look(images)[1]).numpy()

    def recognize(self, images: np.ndarray) -> np.ndarray:
        """The most probable class, (N,) int, of images (N, 28, 28, 1) in [0, 1]."""
        return self.look(images)[1].argmax(axis=1)

    @cached_property
    def test_accuracy(self) -> float:
        """The share, in [0, 1], of the 10,000 real test images that this judge recognizes."""
        card = (WEIGHTS / f"judge_{self.name}.json").read_text("utf-8")
        return json.loads(card)["test_accuracy"]

    @cached_property
    def reference(self) -> Reference:
        arrays = load_arrays(f"reference_{self.name}")
        features = arrays.get("features")
        if features is not None:
            features = features * arrays["scale"]
        floors = zip(arrays["floor_sizes"].tolist(), arrays["floors"].tolist(), strict=True)
        # In single precision, the eigenvalues of a Fréchet distance would move its fourth digit.
        mean, covariance = (arrays[key].astype(np.float64) for key in ("mean", "covariance"))
        return Reference(arrays["labels"], mean, covariance, dict(floors), features)


def conditional_accuracy(generator, per_class: int = 100, seed: int = 0) -> float:
    """The share, in [0, 1], of generated images that the judge recognizes as the class asked for.

    Asks `generator` for `per_class` images of every class.
    """
    labels = np.repeat(np.arange(generator.classes), per_class)
    return float((Judge().recognize(generator.generate(labels, seed)) == labels).mean())
