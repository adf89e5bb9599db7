"""Does the generator obey its label? A judge, trained on real digits alone, says what it recognizes."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from .pretrained import load_weights


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


class Judge:
    """Recognizes digits. It was trained on MNIST's training images and has never seen a generated one."""

    def __init__(self):
        network = load_weights(build_judge(), "judge_mnist")
        self._logits = tf.function(
            lambda images: network(images, training=False),
            input_signature=[tf.TensorSpec((None, 28, 28, 1), tf.float32)],
        ).get_concrete_function()

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Probability of each class, (N, 10), for images (N, 28, 28, 1) in [0, 1]."""
        pieces = [images[i : i + 500] for i in range(0, len(images), 500)]
        return np.concatenate(
            [tf.nn.softmax(self._logits(tf.constant(piece))).numpy() for piece in pieces]
        )

    def recognize(self, images: np.ndarray) -> np.ndarray:
        """The most probable class, (N,) int, of images (N, 28, 28, 1) in [0, 1]."""
        return self.probabilities(images).argmax(axis=1)


def conditional_accuracy(generator, per_class: int = 100, seed: int = 0) -> float:
    """The share, in [0, 1], of generated images that the judge recognizes as the class asked for.

    Asks `generator` for `per_class` images of every class.
    """
    labels = np.repeat(np.arange(generator.classes), per_class)
    return float((Judge().recognize(generator.generate(labels, seed)) == labels).mean())
