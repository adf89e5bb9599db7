"""G(z, y): noise and a row to an image. Also what a network costs."""

import math

import keras
import tensorflow as tf
from keras import layers

from .settings import plain_keras

IMAGE_SHAPE = (28, 28, 1)  # MNIST's; every builder takes another one


@keras.saving.register_keras_serializable("cgan_utils")
class DepthToSpace(layers.Layer):
    """Lays 4·C maps (B, H, W, 4·C) out as C of twice the size, (B, 2·H, 2·W, C).

    Every pixel becomes a square of 2×2. After a convolution of 3×3 this is a transposed one of 6×6
    with its numbers sorted, and faster (sub-pixel convolution, Shi et al. 2016, arXiv 1609.05158).
    """

    def call(self, maps):
        return tf.nn.depth_to_space(maps, 2)


@keras.saving.register_keras_serializable("cgan_utils")
class FusedBatchNormalization(layers.BatchNormalization):
    """Normalizes maps (B, H, W, C) as Keras's layer does, in training by one kernel for it all.

    The moving variance is that of a sample: over all pixels of a batch but one.
    """

    def call(self, maps, training=None):
        if not training or self.synchronized:  # the kernel knows one device alone
            return super().call(maps, training=training)
        maps, *statistics = tf.compat.v1.nn.fused_batch_norm(
            maps, self.gamma, self.beta, epsilon=self.epsilon
        )
        averages = self.moving_mean, self.moving_variance
        for average, now in zip(averages, statistics, strict=True):
            average.assign(self.momentum * average + (1 - self.momentum) * now)
        return maps


@plain_keras()
def build_generator(
    width: int = 10, image_shape: tuple[int, int, int] = IMAGE_SHAPE, latent_dim: int = 64
) -> keras.Model:
    """Build the quick generator: feature maps stay at half size until the last layer.

    It takes [latents (B, latent_dim), rows (B, width), mixed rows too] and gives images
    (B, *image_shape) in [0, 1]. The row enters through a learned 32-number embedding. Raises
    ValueError unless height and width of an image are multiples of 4.
    """
    rows, columns = quarter_size(image_shape)
    latent = keras.Input((latent_dim,), name="latent")
    label = keras.Input((width,), name="label")
    embedding = layers.Dense(32, use_bias=False, name="label_embedding")(label)
    x = layers.Concatenate(name="latent_and_label")([latent, embedding])
    x = layers.Dense(rows * columns * 64, use_bias=False, name="dense")(x)
    x = layers.Reshape((rows, columns, 64), name=f"to_{rows}x{columns}")(x)
    x = FusedBatchNormalization(name="norm_1")(x)
    x = layers.ReLU(name="relu_1")(x)
    x = layers.Conv2DTranspose(
        64, 4, strides=2, padding="same", use_bias=False, name=f"to_{2 * rows}x{2 * columns}"
    )(x)
    x = FusedBatchNormalization(name="norm_2")(x)
    x = layers.ReLU(name="relu_2")(x)
    x = layers.Conv2D(
        4 * image_shape[2], 3, padding="same", activation="sigmoid", name="four_maps"
    )(x)
    image = DepthToSpace(name=f"to_{4 * rows}x{4 * columns}")(x)
    return keras.Model([latent, label], image, name="generator")


@plain_keras()
def build_published_generator(
    width: int = 10, image_shape: tuple[int, int, int] = IMAGE_SHAPE, latent_dim: int = 128
) -> keras.Model:
    """Build the published generator: dense, two transposed convolutions, a last convolution.

    It takes [latents (B, latent_dim), rows (B, width), mixed rows too] and gives images
    (B, *image_shape) in [0, 1]. The tutorial that the series grew from prints the layers; the
    LeakyReLU between them are those of the Keras example that it follows (keras.io, "Conditional
    GAN"). Raises ValueError unless height and width of an image are multiples of 4.
    """
    rows, columns = quarter_size(image_shape)
    latent = keras.Input((latent_dim,), name="latent")
    label = keras.Input((width,), name="label")
    channels = latent_dim + width
    x = layers.Concatenate(name="latent_and_label")([latent, label])
    x = layers.Dense(rows * columns * channels, name="dense")(x)
    x = layers.LeakyReLU(0.2, name="leaky_relu_1")(x)
    x = layers.Reshape((rows, columns, channels), name=f"to_{rows}x{columns}")(x)
    for i in (2, 4):
        name = f"to_{i * rows}x{i * columns}"
        x = layers.Conv2DTranspose(128, 4, strides=2, padding="same", name=name)(x)
        x = layers.LeakyReLU(0.2, name=f"leaky_relu_{i // 2 + 1}")(x)
    image = layers.Conv2D(image_shape[2], 7, padding="same", activation="sigmoid", name="image")(x)
    return keras.Model([latent, label], image, name="published_generator")


def quarter_size(image_shape: tuple[int, int, int]) -> tuple[int, int]:
    """Give a quarter of height and width, where generators begin: 7 and 7 for MNIST.

    Raises ValueError unless both are multiples of 4.
    """
    if len(image_shape) != 3:
        raise ValueError(f"image_shape is {image_shape}; give (height, width, channels).")
    height, width, _ = image_shape
    if height % 4 or width % 4:
        raise ValueError(
            f"images are {height}×{width}; this generator doubles its maps twice, so give height "
            "and width that are multiples of 4."
        )
    return height // 4, width // 4


def multiply_adds(network: keras.Model) -> dict[str, int]:
    """Count multiply-adds for one image, layer by layer: dense layers and convolutions."""
    counts = {}
    for layer in network.layers:
        if isinstance(layer, layers.Dense):
            counts[layer.name] = math.prod(layer.kernel.shape)
        elif isinstance(layer, layers.Conv2DTranspose):  # each input pixel meets the whole kernel
            counts[layer.name] = math.prod(layer.kernel.shape) * math.prod(layer.input.shape[1:3])
        elif isinstance(layer, layers.Conv2D):  # each output pixel meets the whole kernel
            counts[layer.name] = math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:3])
    return counts
