"""G(z, y): noise and a one-hot row to an image. Also what a network costs, and sampling from one."""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from .data import one_hot


def build_generator(classes: int = 10, latent_dim: int = 64) -> keras.Model:
    """The quick generator: feature maps stay at 14×14 until the last layer writes the image.

    Takes [latents (B, latent_dim), one-hot rows (B, classes), mixed rows too], gives images
    (B, 28, 28, 1) in [0, 1]. The label enters through a learned 32-number embedding.
    """
    latent = keras.Input((latent_dim,), name="latent")
    label = keras.Input((classes,), name="label")
    embedding = layers.Dense(32, use_bias=False, name="label_embedding")(label)
    x = layers.Concatenate(name="latent_and_label")([latent, embedding])
    x = layers.Dense(7 * 7 * 64, use_bias=False, name="dense")(x)
    x = layers.Reshape((7, 7, 64), name="to_7x7")(x)
    x = layers.BatchNormalization(name="norm_1")(x)
    x = layers.ReLU(name="relu_1")(x)
    x = layers.Conv2DTranspose(64, 4, strides=2, padding="same", use_bias=False, name="to_14x14")(x)
    x = layers.BatchNormalization(name="norm_2")(x)
    x = layers.ReLU(name="relu_2")(x)
    image = layers.Conv2DTranspose(
        1, 6, strides=2, padding="same", activation="sigmoid", name="to_28x28"
    )(x)
    return keras.Model([latent, label], image, name="generator")


def build_pretrained_generator(classes: int = 10, latent_dim: int = 64) -> keras.Model:
    """The generator of `load_pretrained`: the quick one and a layer more, at 28×28, for finer strokes.

    Takes and gives what `build_generator` does. A step of training takes a fifth longer.
    """
    quick = build_generator(classes, latent_dim)
    x = quick.get_layer("relu_2").output
    x = layers.Conv2DTranspose(16, 4, strides=2, padding="same", use_bias=False, name="to_28x28")(x)
    x = layers.BatchNormalization(name="norm_3")(x)
    x = layers.ReLU(name="relu_3")(x)
    image = layers.Conv2D(1, 5, padding="same", activation="sigmoid", name="image")(x)
    return keras.Model(quick.inputs, image, name="pretrained_generator")


def build_published_generator(classes: int = 10, latent_dim: int = 128) -> keras.Model:
    """The published generator, layer by layer; LeakyReLU between the layers as in DCGAN.

    Takes [latents (B, latent_dim), one-hot rows (B, classes), mixed rows too], gives images
    (B, 28, 28, 1) in [0, 1].
    """
    latent = keras.Input((latent_dim,), name="latent")
    label = keras.Input((classes,), name="label")
    channels = latent_dim + classes
    x = layers.Concatenate(name="latent_and_label")([latent, label])
    x = layers.Dense(7 * 7 * channels, name="dense")(x)
    x = layers.LeakyReLU(0.2, name="leaky_relu_1")(x)
    x = layers.Reshape((7, 7, channels), name="to_7x7")(x)
    x = layers.Conv2DTranspose(128, 4, strides=2, padding="same", name="to_14x14")(x)
    x = layers.LeakyReLU(0.2, name="leaky_relu_2")(x)
    x = layers.Conv2DTranspose(128, 4, strides=2, padding="same", name="to_28x28")(x)
    x = layers.LeakyReLU(0.2, name="leaky_relu_3")(x)
    image = layers.Conv2D(1, 7, padding="same", activation="sigmoid", name="image")(x)
    return keras.Model([latent, label], image, name="published_generator")


def multiply_adds(network: keras.Model) -> dict[str, int]:
    """Multiply-adds for one image, layer by layer: dense layers and convolutions."""
    counts = {}
    for layer in network.layers:
        if isinstance(layer, layers.Dense):
            counts[layer.name] = math.prod(layer.kernel.shape)
        elif isinstance(layer, layers.Conv2DTranspose):  # each input pixel meets the whole kernel
            counts[layer.name] = math.prod(layer.kernel.shape) * math.prod(layer.input.shape[1:3])
        elif isinstance(layer, layers.Conv2D):  # each output pixel meets the whole kernel
            counts[layer.name] = math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:3])
    return counts


class Sampler:
    """Digits on demand from a generator network: class labels in, a NumPy array of images out."""

    def __init__(self, network: keras.Model):
        latent, label = network.inputs
        self.network = network
        self.latent_dim: int = latent.shape[1]
        self.classes: int = label.shape[1]
        # Compiled now, once for every batch size: `predict` would cost far more for a few digits.
        self._draw = tf.function(
            lambda latents, labels: network([latents, labels], training=False),
            input_signature=[
                tf.TensorSpec((None, n), tf.float32) for n in (self.latent_dim, self.classes)
            ],
        ).get_concrete_function()

    def draw_latents(self, count: int, seed: int = 0) -> np.ndarray:
        """`count` latents from the standard normal distribution, (count, latent_dim) float32."""
        return np.random.default_rng(seed).standard_normal(
            (count, self.latent_dim), dtype=np.float32
        )

    def generate(self, labels, seed: int = 0, latents: np.ndarray | None = None) -> np.ndarray:
        """Images of the labels asked for, (B, 28, 28, 1) float32 in [0, 1].

        labels: a class index, several, or rows (B, classes), which may mix classes.
        latents: (B, latent_dim), or one row (1, latent_dim) for all; drawn from `seed` if None.
        Raises ValueError on labels or latents that the generator cannot take.
        """
        rows = one_hot(labels, self.classes)
        if latents is None:
            latents = self.draw_latents(len(rows), seed)
        latents = np.asarray(latents, np.float32)
        if latents.shape not in {(len(rows), self.latent_dim), (1, self.latent_dim)}:
            raise ValueError(
                f"latents have shape {latents.shape}, but {len(rows)} labels need "
                f"({len(rows)}, {self.latent_dim}), or (1, {self.latent_dim}) to use one for all."
            )
        if not np.isfinite(latents).all():
            raise ValueError(
                "latents contain NaN or infinity; draw them with draw_latents(count, seed)."
            )
        latents = np.broadcast_to(latents, (len(rows), self.latent_dim))
        pieces = [
            slice(i, i + 1000) for i in range(0, len(rows), 1000)
        ]  # bounds the memory of big requests
        return np.concatenate(
            [self._draw(tf.constant(latents[p]), tf.constant(rows[p])).numpy() for p in pieces]
        )
